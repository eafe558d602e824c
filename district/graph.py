"""The workflow as a graph (流程图): what is told of each transition and request, and the whole as Mermaid text.

``district.graph_svg`` draws the same as a picture.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from district.schemas import Life, RequestKind, Role, Transition, Workflow

ROLES: Mapping[Role, str] = {
    Role.AGENT: "坐席",
    Role.DISPATCHER: "派单员",
    Role.UNIT_OFFICER: "承办人",
    Role.UNIT_LEAD: "承办单位负责人",
    Role.CALLBACK_AGENT: "回访员",
    Role.KNOWLEDGE_EDITOR: "知识管理员",
    Role.SUPERVISOR: "督办",
    Role.ADMINISTRATOR: "管理员",
    Role.AUDITOR: "审计员",
    Role.RESIDENT: "居民",
    Role.SYSTEM: "系统",
}
LIVES = (("ticket", "诉求工单"), ("case", "办件"))
CLOCK_SIGNS = (("starts", "▶"), ("stops", "■"), ("pauses", "Ⅱ"), ("resumes", "↻"))
LEGEND = "▶ 启动时限　■ 停止时限　Ⅱ 停表　↻ 恢复计时　虚线：回到前面的状态"


@dataclass(frozen=True, slots=True)
class Words:
    """What is told of one transition: title, who, what must come first (approvals; or empty), and the clocks."""

    name: str
    label: str
    roles: str
    approval: str
    clocks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Flow:
    """Transitions with the same sources and the same target: drawn as one box between the states."""

    sources: tuple[str, ...]
    target: str
    moves: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class Asking:
    """What is told of one kind of request; each field is a Chinese phrase, empty where there is nothing to say."""

    name: str
    label: str
    asked_by: str
    decided_by: str
    states: str
    effect: str


@dataclass(frozen=True, slots=True)
class LifeGraph:
    """One life: its states with their labels, the boxes between them, and the boxes that stay in one state."""

    name: str
    label: str
    initial: str
    final: tuple[str, ...]
    states: Mapping[str, str]
    flows: tuple[Flow, ...]
    loops: Mapping[str, tuple[Words, ...]]
    starts: str
    """The clocks that run from the first moment, or empty."""


@dataclass(frozen=True, slots=True)
class Graph:
    """Both lives and the requests of one version of the workflow."""

    version: str
    lives: tuple[LifeGraph, ...]
    requests: tuple[Asking, ...]


def graph(workflow: Workflow, clocks: Mapping[str, str]) -> Graph:
    """The graph of a workflow; ``clocks`` gives the labels of the clocks by name."""
    kinds = {kind.name: kind.label for kind in workflow.requests}
    lives = tuple(_life(name, label, getattr(workflow, name), kinds, clocks) for name, label in LIVES)
    asking = tuple(_asking(kind, workflow.case, kinds, clocks) for kind in workflow.requests)
    return Graph(workflow.version, lives, asking)


def _life(name: str, label: str, life: Life, kinds: Mapping[str, str], clocks: Mapping[str, str]) -> LifeGraph:
    flows: dict[tuple[tuple[str, ...], str], list[Words]] = {}
    loops: dict[str, list[Words]] = {}
    for each in life.transitions:
        words = _words(each, kinds, clocks)
        sources = tuple(state for state in life.states if state in each.sources and state != each.target)
        if sources:
            flows.setdefault((sources, each.target), []).append(words)
        if each.target in each.sources:
            loops.setdefault(each.target, []).append(words)
    return LifeGraph(
        name,
        label,
        life.initial,
        life.final,
        life.states,
        tuple(Flow(sources, target, tuple(moves)) for (sources, target), moves in flows.items()),
        {state: tuple(moves) for state, moves in loops.items()},
        f"▶ {'、'.join(clocks.get(each, each) for each in life.starts)}：一开始就计时" if life.starts else "",
    )


def _words(each: Transition, kinds: Mapping[str, str], clocks: Mapping[str, str]) -> Words:
    approval = ""
    if each.approval is not None:
        free = f"（{_roles(each.exempt)}免）" if each.exempt else ""
        approval = f"须批准：{kinds.get(each.approval, each.approval)}{free}"
    signs = tuple(
        f"{sign} {'、'.join(clocks.get(name, name) for name in getattr(each, key))}"
        for key, sign in CLOCK_SIGNS
        if getattr(each, key)
    )
    roles = ("协办单位：" if each.co_unit else "") + _roles(each.roles)
    if each.after_co_units:
        approval = "；".join(part for part in (approval, "协办单位反馈后，或写明理由") if part)
    return Words(each.name, each.label, roles, approval, signs)


def _roles(roles: Iterable[Role]) -> str:
    return "、".join(ROLES[role] for role in roles)


def _asking(kind: RequestKind, case: Life, labels: Mapping[str, str], clocks: Mapping[str, str]) -> Asking:
    effects = [f"审批期间 Ⅱ {'、'.join(clocks.get(name, name) for name in kind.pauses)}"] if kind.pauses else []
    if kind.approved is not None:
        label = next((each.label for each in case.transitions if each.name == kind.approved), kind.approved)
        effects.append(f"批准后：{label}")
    if kind.extends is not None:
        when = "，须在届满前提出" if kind.before_due else ""
        effects.append(f"批准后：延长{clocks.get(kind.extends, kind.extends)}时限{when}")
    if kind.within is not None:
        effects.append(f"须在{clocks.get(kind.within, kind.within)}时限内提出")
    if kind.holds:
        held = [next((each.label for each in case.transitions if each.name == name), name) for name in kind.holds]
        effects.append(f"审批期间不能{'、'.join(held)}")
    if kind.at_most:
        after = f"，用完后转{labels.get(kind.then, kind.then)}" if kind.then is not None else ""
        effects.append(f"每件最多 {kind.at_most} 次{after}")
    states = "、".join(case.states.get(state, state) for state in kind.states)
    return Asking(kind.name, kind.label, _roles(kind.asked_by), _roles(kind.decided_by), states, "；".join(effects))


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
