"""Whether an open case can go on by other rules than it began with, and if not, why: facts that people can check."""

from __future__ import annotations

from collections.abc import Iterator

from casework.rules import RuleBook
from casework.tables import Case, Clock, Request
from district import ways
from district.schemas import Life, RequestKind

CARRIED = {
    "reason": "原因",
    "text": "文字内容",
    "proposed_unit": "建议承办单位",
    "directory_line": "派单目录条目",
    "review_date": "复核日期",
}
"""What a request holds, and what it is called."""


def state_is_gone(new: RuleBook, case: Case) -> bool:
    """Whether the new workflow has no such state of a case."""
    return case.state not in new.workflow.case.states


def obstacles(old: RuleBook, new: RuleBook, case: Case, *, recount: bool) -> tuple[str, ...]:
    """What the new rules do not know of the case, each as a Chinese sentence; none where it can go on by them.

    With ``recount`` the calendars of the clocks that run are the new ones, so the old ones need not be there.
    """
    if state_is_gone(new, case):
        return (f"新流程没有办件状态“{old.workflow.case.states.get(case.state, case.state)}”",)
    return (
        *_of_states(old.workflow.case, new.workflow.case, case.state, "办件"),
        *_of_tickets(old, new, case),
        *_of_requests(new, case),
        *_of_clocks(new, case, recount=recount),
    )


def _of_states(old: Life, new: Life, state: str, what: str) -> Iterator[str]:
    if (state in old.final) is not (state in new.final):
        be = "是" if state in new.final else "不再是"
        yield f"{what}状态“{old.states.get(state, state)}”在新流程里{be}终止状态"


def _of_tickets(old: RuleBook, new: RuleBook, case: Case) -> Iterator[str]:
    for state in sorted({ticket.state for ticket in case.tickets}):
        if state not in new.workflow.ticket.states:
            yield f"新流程没有工单状态“{old.workflow.ticket.states.get(state, state)}”"
        else:
            yield from _of_states(old.workflow.ticket, new.workflow.ticket, state, "工单")


def _of_requests(new: RuleBook, case: Case) -> Iterator[str]:
    kinds = {kind.name: kind for kind in new.workflow.requests}
    for request in case.requests:
        if request.state != "pending":
            continue
        kind = kinds.get(request.kind)
        if kind is None:
            yield f"有待审批的申请，新流程没有这种申请“{request.kind}”"
        elif case.state not in kind.states:
            state = new.workflow.case.states[case.state]
            yield f"有待审批的{kind.label}申请，新流程在“{state}”不能提出"
        else:
            yield from _of_request(new, kind, request, case)


def _of_request(new: RuleBook, kind: RequestKind, request: Request, case: Case) -> Iterator[str]:
    """The move that an approval makes gets what it needs from what was asked."""
    moves = [each for each in new.workflow.case.transitions if each.name == kind.approved]
    needs = set(kind.needs) | {need for each in moves if case.state in each.sources for need in each.needs}
    lacks = [label for need, label in CARRIED.items() if need in needs and not getattr(request, need)]
    if lacks:
        yield f"待审批的{kind.label}申请缺少新流程要求的{'、'.join(lacks)}"
    reasons = {code for each in moves for code in each.reasons} | set(kind.reasons)
    if reasons and request.reason and request.reason not in reasons:
        yield f"待审批的{kind.label}申请的原因“{request.reason}”不在新流程的列表中"


def _of_clocks(new: RuleBook, case: Case, *, recount: bool) -> Iterator[str]:
    for clock in case.clocks:
        if clock.calendar not in new.calendars and (clock.ended or not recount):
            yield f"{clock.label}时限按日历“{clock.calendar}”计算，新规则没有这个日历"
        if clock.ended:
            continue
        if clock.name not in new.clocks:
            yield f"{clock.label}时限还没有结束，新规则没有这项时限"
            continue
        if ways.may_outlast(new.workflow.case, case.state, clock.name):
            yield f"{clock.label}时限还没有结束，按新流程办结时不会停止"
        if clock.state == "paused" and not _goes_on(new, case, clock):
            yield f"{clock.label}时限正停表，新流程没有恢复它的流转或申请"


def _goes_on(new: RuleBook, case: Case, clock: Clock) -> bool:
    asked = {request.kind for request in case.requests if request.state == "pending"}
    by_decision = any(kind.name in asked and clock.name in kind.pauses for kind in new.workflow.requests)
    return by_decision or ways.may_resume(new.workflow.case, case.state, clock.name)
