"""What the desk's own code counts on in a workflow (流程), and how a life looks as a diagram."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from district.schemas import Life

CODE_STATES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "ticket": frozenset({"received", "assessed", "on_case", "told", "answered_directly", "closed", "rejected"}),
        "case": frozenset({"open", "answered"}),
    }
)
"""States that the desk's own code asks for, by life; the pack may have more."""

CODE_MOVES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "ticket": frozenset({"assess", "file", "tell", "call_back", "reopen"}),
        "case": frozenset({"dispatch", "answer", "rework", "close"}),
    }
)
"""Transitions that the desk's own code makes, by life; the pack may have more."""

SYSTEM_MOVES: Mapping[str, frozenset[str]] = MappingProxyType(
    {"ticket": frozenset({"assess", "tell", "reopen"}), "case": frozenset({"rework", "close"})}
)
"""Those of them that nobody's word is waited for: the role ``system`` makes them."""

CODE_CLOCKS = frozenset({"dispatch"})
"""Clocks that the desk's own code starts: when a case is opened, its dispatch clock, counted from the intake."""


def reachable(life: Life, start: str) -> frozenset[str]:
    """States that can be come to from ``start``, itself included."""
    seen, waiting = {start}, [start]
    while waiting:
        here = waiting.pop()
        for each in life.transitions:
            if here in each.sources and each.target not in seen:
                seen.add(each.target)
                waiting.append(each.target)
    return frozenset(seen)


def mermaid(life: Life) -> str:
    """The life as a Mermaid state diagram, states and moves by their Chinese labels."""
    return "\n".join(_diagram(life)) + "\n"


def _diagram(life: Life) -> Iterator[str]:
    yield "stateDiagram-v2"
    for state, label in life.states.items():
        yield f'    state "{label}" as {state}'
    yield f"    [*] --> {life.initial}"
    for each in life.transitions:
        for source in each.sources:
            yield f"    {source} --> {each.target}: {each.label}"
    for state in life.final:
        yield f"    {state} --> [*]"
