"""The workflow's graph (流程图) as Mermaid text, in Chinese: a file for documents, not a page."""

from __future__ import annotations

import re
from collections.abc import Mapping

from district.graph import Asking, Graph, LifeGraph, Words

_PLAIN = re.compile(r"[\w 、。，（）“”▶■Ⅱ↻·.\-\u3000-\u9fff\uff00-\uffef]")


def _text(words: str) -> str:
    """Words as Mermaid takes them for words: whatever may be a sign of its own is written as an entity code."""
    return "".join(sign if _PLAIN.fullmatch(sign) else f"#{ord(sign)};" for sign in " ".join(words.split()))


def mermaid(found: Graph) -> str:
    """The graph as a Mermaid ``stateDiagram-v2``: both lives, with the requests as a note beside the case's."""
    lines = ["stateDiagram-v2", f"  %% 流程 {_text(found.version)}", "  direction TB"]
    for life in found.lives:
        ids = {state: f"{life.name}_{at}" for at, state in enumerate(life.states)}
        lines += [f'  state "{life.label}" as {life.name} {{', "    direction TB"]
        lines += [f'    state "{_text(label)} {_text(state)}" as {ids[state]}' for state, label in life.states.items()]
        lines.append(f"    [*] --> {ids[life.initial]}")
        lines += [f"    {line}" for line in _arrows(life, ids)]
        lines += [f"    {ids[state]} --> [*]" for state in life.final]
        lines.append("  }")
    if found.requests:
        lines += ["  note right of case", *(f"    {_request_line(each)}" for each in found.requests), "  end note"]
    return "\n".join(lines) + "\n"


def _arrows(life: LifeGraph, ids: Mapping[str, str]) -> list[str]:
    found = [
        f"{ids[source]} --> {ids[flow.target]} : {_move_line(move)}"
        for flow in life.flows
        for source in flow.sources
        for move in flow.moves
    ]
    loops = [(state, move) for state, moves in life.loops.items() for move in moves]
    return found + [f"{ids[state]} --> {ids[state]} : {_move_line(move)}" for state, move in loops]


def _move_line(move: Words) -> str:
    parts = (f"{move.label}（{move.roles}）", move.approval, *move.clocks)
    return "<br/>".join(_text(part) for part in parts if part)


def _request_line(each: Asking) -> str:
    effect = f"，{each.effect}" if each.effect else ""
    return _text(f"申请“{each.label}” {each.asked_by}提出，{each.decided_by}审批{effect}")
