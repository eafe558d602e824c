"""Asks a workflow: which moves there are, and how it looks. Checks are in ``district.checks``."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from district.errors import UnknownName
from district.schemas import Life, RequestKind, Role, Transition, Workflow


def find(life: Life, name: str) -> Transition:
    """The transition of this name; raises ``UnknownName``."""
    for transition in life.transitions:
        if transition.name == name:
            return transition
    raise UnknownName("流转", name, (each.name for each in life.transitions))


def moves(life: Life, state: str, roles: Collection[Role | str]) -> tuple[Transition, ...]:
    """Moves that any of these roles may make from the state, in the order of the pack.

    Whether the actor's unit leads the case (``own_unit``) and whether an approval is there is for the caller to ask.
    """
    held = {str(role) for role in roles}
    return tuple(
        each for each in life.transitions if state in each.sources and held & {str(role) for role in each.roles}
    )


def request_kind(workflow: Workflow, name: str) -> RequestKind:
    """The kind of request (申请) of this name; raises ``UnknownName``."""
    for kind in workflow.requests:
        if kind.name == name:
            return kind
    raise UnknownName("申请种类", name, (each.name for each in workflow.requests))


def requests_open_to(workflow: Workflow, state: str, roles: Collection[Role | str]) -> tuple[RequestKind, ...]:
    """Kinds of request that any of these roles may file while the case is in the state."""
    held = {str(role) for role in roles}
    return tuple(
        each for each in workflow.requests if state in each.states and held & {str(role) for role in each.asked_by}
    )


def needs_approval(transition: Transition, role: Role | str) -> bool:
    """Whether the role must have the transition's request approved before it makes the move."""
    return transition.approval is not None and str(role) not in {str(each) for each in transition.exempt}


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
