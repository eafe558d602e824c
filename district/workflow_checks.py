"""What must hold in the workflow (流程): lives that begin, go on and end, clocks that stop, approvals that lead on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from district import ways
from district.draft import Draft
from district.reading import Document, PathKey, Problems
from district.schemas import Life, RequestKind, Role, Transition, Workflow
from district.workflow import CODE_MOVES, CODE_STATES, SYSTEM_MOVES

LIVES = {"ticket": "工单", "case": "办件"}
CARRIED = frozenset({"reason", "text", "directory_line", "proposed_unit", "review_date", "attachment"})
"""What a request hands on to the transition that its approval makes."""


@dataclass(frozen=True, slots=True)
class _Notes:
    """Notes breaches of the one document."""

    document: Document
    problems: Problems

    def __call__(self, message: str, *path: str | int) -> None:
        self.problems.add(self.document.file, self.document.line(*path), message)


def check_workflow(draft: Draft, problems: Problems) -> None:
    """Note every breach in both lives and the requests."""
    if draft.workflow is None:
        return
    workflow, note = draft.workflow.rule, _Notes(draft.workflow.document, problems)
    for name, life in (("ticket", workflow.ticket), ("case", workflow.case)):
        _check_life(name, life, note)
        _check_counted_on(name, life, note)
        for at, transition in enumerate(life.transitions):
            _check_transition(life, transition, (name, "transitions", at), note)
    _check_ticket(workflow.ticket, note)
    _check_requests(workflow, note)
    if "clocks.yaml" not in draft.broken:
        known = {clock.rule.name for clock in draft.clocks}
        _check_clock_names(workflow, known, note)
        for clock in draft.clocks:
            if clock.rule.name not in {name for name, _ in _started(workflow.case)}:
                clock.note(problems, f"时限“{clock.rule.name}”没有任何流转启动", "name")
    _check_clock_ends(workflow.case, note)
    _check_clocks_run(workflow, note)


def _check_life(name: str, life: Life, note: _Notes) -> None:
    what = LIVES[name]
    if life.initial not in life.states:
        note(f"{what}的初始状态“{life.initial}”没有定义", name, "initial")
    if not life.final:
        note(f"{what}没有终止状态", name, "final")
    for at, state in enumerate(life.final):
        if state not in life.states:
            note(f"{what}的终止状态“{state}”没有定义", name, "final", at)
    come_to, leaving = (
        ways.reachable(life, life.initial),
        {state for each in life.transitions for state in each.sources},
    )
    for state, label in life.states.items():
        if state not in come_to:
            note(f"{what}状态“{state}”({label})无法到达", name, "states", state)
        if state not in leaving and state not in life.final:
            note(f"{what}状态“{state}”({label})不是终止状态，却没有流转离开它", name, "states", state)
    for state in ways.dead_ends(life):
        note(f"{what}状态“{state}”({life.states[state]})离开后也到不了任何终止状态", name, "states", state)
    made = Counter((each.name, source) for each in life.transitions for source in set(each.sources))
    for at, each in enumerate(life.transitions):
        for twice in sorted({source for source in each.sources if made[each.name, source] > 1}):
            note(f"流转“{each.name}”从“{twice}”出发的不止一条", name, "transitions", at, "name")


def _check_counted_on(name: str, life: Life, note: _Notes) -> None:
    """What the desk's own code asks for by name is there."""
    what = LIVES[name]
    for state in sorted(CODE_STATES[name] - life.states.keys()):
        note(f"{what}缺少状态“{state}”，程序要用到", name, "states")
    for move in sorted(CODE_MOVES[name] - {each.name for each in life.transitions}):
        note(f"{what}缺少流转“{move}”，程序要用到", name, "transitions")
    for at, each in enumerate(life.transitions):
        if each.name in SYSTEM_MOVES[name] and Role.SYSTEM not in each.roles:
            note(f"流转“{each.name}”由程序自动进行，roles 须含 system", name, "transitions", at, "roles")


def _check_transition(life: Life, each: Transition, path: PathKey, note: _Notes) -> None:
    for at, source in enumerate(each.sources):
        if source not in life.states:
            note(f"流转“{each.name}”的出发状态“{source}”没有定义", *path, "from", at)
        if source in life.final and each.approval is None and set(each.roles) != {Role.SYSTEM}:
            note(f"流转“{each.name}”从终止状态“{source}”出发，须经审批或由程序进行", *path, "from", at)
    if each.target not in life.states:
        note(f"流转“{each.name}”的到达状态“{each.target}”没有定义", *path, "to")
    _check_actors(f"流转“{each.name}”", each.roles, (*path, "roles"), note)
    for at, role in enumerate(each.exempt):
        if each.approval is None or role not in each.roles:
            note(f"流转“{each.name}”免审批的角色“{role}”本来就不需要或不能做", *path, "exempt", at)


def _check_actors(what: str, roles: Collection[Role], path: PathKey, note: _Notes) -> None:
    if not roles:
        note(f"{what}没有任何角色可以做", *path)
    if Role.AUDITOR in roles:
        note(f"{what}列了审计员：审计员只能查看", *path)


def _check_ticket(life: Life, note: _Notes) -> None:
    """Clocks, approvals and files belong to cases: the code looks for them nowhere else."""
    for at, each in enumerate(life.transitions):
        path = ("ticket", "transitions", at)
        if each.starts or each.stops or each.pauses or each.resumes:
            note(f"工单流转“{each.name}”不能起停时限，时限只属于办件", *path)
        if each.approval is not None:
            note(f"工单流转“{each.name}”不能设审批，审批只属于办件", *path, "approval")
        if "attachment" in each.needs:
            note(f"工单流转“{each.name}”不能要求附件，附件只属于办件", *path, "needs")
    if life.starts:
        note("工单不能启动时限，时限只属于办件", "ticket", "starts")


def _check_requests(workflow: Workflow, note: _Notes) -> None:
    names = Counter(kind.name for kind in workflow.requests)
    for at, kind in enumerate(workflow.requests):
        path: PathKey = ("requests", at)
        if names[kind.name] > 1:
            note(f"申请“{kind.name}”重复", *path, "name")
        _check_actors(f"提出申请“{kind.name}”", kind.asked_by, (*path, "asked_by"), note)
        _check_actors(f"审批申请“{kind.name}”", kind.decided_by, (*path, "decided_by"), note)
        for number, state in enumerate(kind.states):
            if state not in workflow.case.states:
                note(f"申请“{kind.name}”的状态“{state}”没有定义", *path, "states", number)
        for number, move in enumerate(kind.holds):
            if move not in {each.name for each in workflow.case.transitions}:
                note(f"申请“{kind.name}”待批时不许的流转“{move}”不存在", *path, "holds", number)
        if kind.then is not None and (kind.then not in names or not kind.at_most):
            note(f"申请“{kind.name}”用完后的“{kind.then}”不是任何申请，或没有规定 at_most", *path, "then")
        if kind.approved is not None:
            _check_approved(workflow, kind, path, note)
    for at, each in enumerate(workflow.case.transitions):
        _check_approval(workflow, each, ("case", "transitions", at, "approval"), note)


def _check_approved(workflow: Workflow, kind: RequestKind, path: PathKey, note: _Notes) -> None:
    """The transition is there, can start where the request may be asked, and gets what it needs."""
    made = [each for each in workflow.case.transitions if each.name == kind.approved]
    if not made:
        note(f"申请“{kind.name}”批准后的流转“{kind.approved}”不存在", *path, "approved")
        return
    sources = {source for each in made for source in each.sources}
    for number, state in enumerate(kind.states):
        if state in workflow.case.states and state not in sources:
            note(
                f"申请“{kind.name}”可在“{state}”提出，批准后的“{kind.approved}”却不能从它出发", *path, "states", number
            )
    given = (CARRIED & set(kind.needs)) | ({"unit"} if "proposed_unit" in kind.needs else set())
    lacking = {need for each in made for need in each.needs} - given
    if lacking:
        note(f"批准后的“{kind.approved}”需要 {'、'.join(sorted(lacking))}，申请“{kind.name}”没有提供", *path, "needs")


def _check_approval(workflow: Workflow, each: Transition, path: PathKey, note: _Notes) -> None:
    """The request a transition waits for is there, and its approval makes this transition and no other."""
    if each.approval is None:
        return
    kinds = {kind.name: kind for kind in workflow.requests}
    if each.approval not in kinds:
        note(f"流转“{each.name}”的审批“{each.approval}”不是任何申请", *path)
    elif _leads_back(workflow, each.approval):
        note(f"流转“{each.name}”的审批绕了一圈又回到“{each.approval}”，永远批不完", *path)
    elif kinds[each.approval].approved != each.name:
        note(f"流转“{each.name}”要申请“{each.approval}”，但后者批准后并不执行它", *path)
    for kind in workflow.requests:
        if kind.approved == each.name and kind.name != each.approval:
            note(f"申请“{kind.name}”批准后执行“{each.name}”，而它另需“{each.approval}”批准", *path)


def _leads_back(workflow: Workflow, start: str) -> bool:
    """Whether approving this kind makes a transition that waits for another kind, and so on back to this one."""
    approved = {kind.name: kind.approved for kind in workflow.requests}
    approval = {each.name: each.approval for each in workflow.case.transitions if each.approval}
    seen: list[str] = []
    kind: str | None = start
    while kind is not None and kind not in seen:
        seen.append(kind)
        kind = approval.get(approved.get(kind) or "")
    return kind == start and len(seen) > 1


def _named_clocks(life: Life, name: str) -> Iterator[tuple[str, PathKey]]:
    for at, clock in enumerate(life.starts):
        yield clock, (name, "starts", at)
    for at, each in enumerate(life.transitions):
        for key in ("starts", "stops", "pauses", "resumes"):
            for number, clock in enumerate(getattr(each, key)):
                yield clock, (name, "transitions", at, key, number)


def _check_clock_names(workflow: Workflow, known: Collection[str], note: _Notes) -> None:
    named = list(_named_clocks(workflow.case, "case"))
    for at, kind in enumerate(workflow.requests):
        named += [(clock, ("requests", at, "pauses", number)) for number, clock in enumerate(kind.pauses)]
        for key in ("extends", "within"):
            if (clock := getattr(kind, key)) is not None:
                named.append((clock, ("requests", at, key)))
    for clock, path in named:
        if clock not in known:
            note(f"没有时限“{clock}”", *path)


def _started(life: Life) -> Iterator[tuple[str, PathKey]]:
    return ((clock, path) for clock, path in _named_clocks(life, "case") if "starts" in path)


def _check_clock_ends(life: Life, note: _Notes) -> None:
    """A clock that starts is stopped, on every way to the end; one that stands still goes on."""
    stopped = {clock for each in life.transitions for clock in each.stops}
    resumed = {clock for each in life.transitions for clock in each.resumes}
    for clock, path in _started(life):
        if clock not in stopped:
            note(f"时限“{clock}”启动后没有流转停止它", *path)
    for at, each in enumerate(life.transitions):
        for number, clock in enumerate(each.pauses):
            if clock not in resumed:
                note(f"时限“{clock}”暂停后没有流转恢复它", "case", "transitions", at, "pauses", number)
    running = ways.running(life)
    for at, each in enumerate(life.transitions):
        if each.target in life.final:
            left = {clock for source in each.sources for clock in running.get(source, ())} - set(each.stops)
            for clock in sorted(left & stopped):
                note(f"流转“{each.name}”到达终止状态时，时限“{clock}”可能还在走", "case", "transitions", at)


def _check_clocks_run(workflow: Workflow, note: _Notes) -> None:
    """What is to stand still or to be extended runs where that is done; else the pause or the extension is nothing."""
    running = ways.running(workflow.case)

    def never(clock: str, states: Iterable[str]) -> bool:
        return not any(clock in running.get(state, ()) for state in states)

    for at, each in enumerate(workflow.case.transitions):
        for number, clock in enumerate(each.pauses):
            if never(clock, each.sources):
                note(
                    f"流转“{each.name}”暂停时限“{clock}”，它在出发状态里从来不走",
                    "case",
                    "transitions",
                    at,
                    "pauses",
                    number,
                )
    for at, kind in enumerate(workflow.requests):
        for number, clock in enumerate(kind.pauses):
            if never(clock, kind.states):
                note(
                    f"申请“{kind.name}”暂停时限“{clock}”，它在可提出的状态里从来不走", "requests", at, "pauses", number
                )
        if kind.extends is not None and never(kind.extends, kind.states):
            note(f"申请“{kind.name}”延长时限“{kind.extends}”，它在可提出的状态里从来不走", "requests", at, "extends")
