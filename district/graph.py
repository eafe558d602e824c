"""The workflow as a graph (流程图): what is told of each transition and request.

``district.graph_svg`` draws it as a picture, ``district.graph_text`` writes it as Mermaid text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

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
    labels = _labels(life.starts, clocks)
    return LifeGraph(
        name,
        label,
        life.initial,
        life.final,
        life.states,
        tuple(Flow(sources, target, tuple(moves)) for (sources, target), moves in flows.items()),
        {state: tuple(moves) for state, moves in loops.items()},
        f"▶ {labels}：一开始就计时" if life.starts else "",
    )


def _labels(names: Iterable[str], labels: Mapping[str, str]) -> str:
    return "、".join(labels.get(name, name) for name in names)


def _words(each: Transition, kinds: Mapping[str, str], clocks: Mapping[str, str]) -> Words:
    approval = ""
    if each.approval is not None:
        label = kinds.get(each.approval, each.approval)
        approval = f"须批准：{label}（{_roles(each.exempt)}免）" if each.exempt else f"须批准：{label}"
    signs = tuple(f"{sign} {_labels(getattr(each, key), clocks)}" for key, sign in CLOCK_SIGNS if getattr(each, key))
    roles = f"协办单位：{_roles(each.roles)}" if each.co_unit else _roles(each.roles)
    if each.after_co_units:
        approval = "；".join(part for part in (approval, "协办单位反馈后，或写明理由") if part)
    return Words(each.name, each.label, roles, approval, signs)


def _roles(roles: Iterable[Role]) -> str:
    return "、".join(ROLES[role] for role in roles)


def _asking(kind: RequestKind, case: Life, labels: Mapping[str, str], clocks: Mapping[str, str]) -> Asking:
    moves = {each.name: each.label for each in case.transitions}
    effects = [f"审批期间 Ⅱ {_labels(kind.pauses, clocks)}"] if kind.pauses else []
    if kind.approved is not None:
        label = moves.get(kind.approved, kind.approved)
        effects.append(f"批准后：{label}")
    if kind.extends is not None:
        label = clocks.get(kind.extends, kind.extends)
        effects.append(f"批准后：延长{label}时限，须在届满前提出" if kind.before_due else f"批准后：延长{label}时限")
    if kind.within is not None:
        label = clocks.get(kind.within, kind.within)
        effects.append(f"须在{label}时限内提出")
    if kind.holds:
        effects.append(f"审批期间不能{_labels(kind.holds, moves)}")
    if kind.at_most:
        label = labels.get(kind.then, kind.then) if kind.then is not None else ""
        most = f"每件最多 {kind.at_most} 次，用完后转{label}" if label else f"每件最多 {kind.at_most} 次"
        effects.append(most)
    states = _labels(kind.states, case.states)
    return Asking(kind.name, kind.label, _roles(kind.asked_by), _roles(kind.decided_by), states, "；".join(effects))


def worded(found: Graph, say: Callable[[str], str]) -> Graph:
    """The graph with each of its words as ``say`` has it; names and codes stay."""

    def moves(told: Iterable[Words]) -> tuple[Words, ...]:
        return tuple(
            replace(
                each,
                label=say(each.label),
                roles=say(each.roles),
                approval=say(each.approval),
                clocks=tuple(
                    f"{sign} {say(labels)}" for sign, labels in (clock.split(" ", 1) for clock in each.clocks)
                ),
            )
            for each in told
        )

    lives = tuple(
        replace(
            life,
            label=say(life.label),
            states={state: say(label) for state, label in life.states.items()},
            flows=tuple(replace(flow, moves=moves(flow.moves)) for flow in life.flows),
            loops={state: moves(told) for state, told in life.loops.items()},
            starts=say(life.starts),
        )
        for life in found.lives
    )
    requests = tuple(
        Asking(each.name, *map(say, (each.label, each.asked_by, each.decided_by, each.states, each.effect)))
        for each in found.requests
    )
    return replace(found, lives=lives, requests=requests)
