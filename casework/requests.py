"""Requests (申请): return, extension, suspension, exclusion, answer, arbitration, override, reopening.

One entity and one queue. Asking may pause clocks; approval may make a move of the case or extend a clock; the
workflow says which, and how often a case may ask.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import and_, false, or_, select
from sqlalchemy.orm import Session

from casework import (
    absences,
    answer_blanks,
    case_files,
    city_reports,
    deadlines,
    ended_units,
    facts,
    in_order,
    lifecycle,
    replies,
    telling,
)
from casework.actors import SYSTEM, UNIT_ROLES, Actor, Given
from casework.dispatch import find_unit
from casework.errors import (
    DeadlinePassed,
    NeedMissing,
    NotAllowed,
    RequestDecided,
    RequestLimit,
    RequestPending,
    ReviewDatePast,
    UnknownLine,
    UnknownMove,
    UnknownReason,
    UnknownRequest,
    WrongState,
)
from casework.lifecycle import in_unit, note
from casework.replies_errors import TextNotChangeable
from casework.rules import RuleBook, of, of_version
from casework.tables import Case, Request
from casework.tickets import seen_cases
from district.pack import District
from district.schemas import RequestKind, Workflow
from storage.database import is_id

ANSWER = "answer"
"""The move whose text goes out to residents."""


def kind_of(workflow: Workflow, name: str) -> RequestKind:
    """The kind by name. Raises ``UnknownMove``."""
    found = next((kind for kind in workflow.requests if kind.name == name), None)
    if found is None:
        raise UnknownMove(name)
    return found


def open_kinds(session: Session, district: District, case: Case, actor: Actor, *, now: datetime) -> list[RequestKind]:
    """Requests this actor may make now; for buttons."""
    workflow = of(session, district, case).workflow
    asked = workflow.requests if case.merged_into is None else ()
    return [kind for kind in asked if _refusal(district, case, kind, actor, now=now) is None]


def _refusal(district: District, case: Case, kind: RequestKind, actor: Actor, *, now: datetime) -> Exception | None:
    if actor.role not in kind.asked_by:
        return NotAllowed(kind.label, "您的角色不能提出这项申请")
    if kind.own_unit and actor.role in UNIT_ROLES and not in_unit(district, actor, case):
        return NotAllowed(kind.label, "该办件不由您的单位主办")
    if case.state not in kind.states:
        return WrongState(kind.label, case.state, district.workflow.case.states.get(case.state, case.state))
    return _too_late(case, kind, now=now) or _too_many(case, kind)


def _too_late(case: Case, kind: RequestKind, *, now: datetime) -> Exception | None:
    for name in (kind.extends if kind.before_due else None, kind.within):
        clock = deadlines.running(case, name) if name else None
        if clock is not None and clock.state == "running" and now > clock.due_at:
            return DeadlinePassed(kind.label, clock.label)
    return None


def _too_many(case: Case, kind: RequestKind) -> Exception | None:
    same = [request for request in case.requests if request.kind == kind.name]
    if any(request.state == "pending" for request in same):
        return RequestPending(kind.label)
    if kind.at_most and sum(request.state == "approved" for request in same) >= kind.at_most:
        return RequestLimit(kind.label, kind.at_most)
    return None


def ask(
    session: Session, district: District, case: Case, name: str, *, actor: Actor, now: datetime, given: Given
) -> Request:
    """Make a request.

    Raises ``NotAllowed``, ``WrongState``, ``RequestPending``, ``RequestLimit``, ``NeedMissing``, ``UnknownReason``,
    ``UnknownUnit``, ``UnknownLine``, ``UnknownCaseFile``, ``DeadlinePassed``, ``ReviewDatePast`` and ``BlanksLeft``.
    """
    lifecycle.hold(session, case)
    now = in_order.moment(session, case, now=now)
    lifecycle.check_not_merged(session, case)
    rules = of(session, district, case)
    kind = kind_of(rules.workflow, name)
    refusal = _refusal(district, case, kind, actor, now=now)
    if refusal is not None:
        raise refusal
    for need in kind.needs:
        if not getattr(given, need):
            raise NeedMissing(kind.label, need)
    if kind.reasons and given.reason not in kind.reasons:
        raise UnknownReason(kind.label, given.reason, kind.reasons)
    if kind.approved == ANSWER:
        answer_blanks.refuse(district, given.text)
    case_files.check(session, case, given.attachment, actor)
    request = _make(session, district, case, kind, actor=actor, now=now, given=_sound(district, given, now=now))
    case_files.give(session, given.attachment, request=request)
    return request


def _make(
    session: Session,
    district: District,
    case: Case,
    kind: RequestKind,
    *,
    actor: Actor,
    now: datetime,
    given: Given,
) -> Request:
    request = Request(
        case_id=case.id,
        kind=kind.name,
        state="pending",
        reason=given.reason,
        text=given.text,
        record=given.record,
        proposed_unit=given.proposed_unit,
        directory_line=given.directory_line,
        review_date=given.review_date,
        asked_by=actor.id,
        asked_by_unit=actor.unit,
        asked_at=now,
        dispatched_by=case.dispatched_by,
    )
    case.requests.append(request)
    for clock in kind.pauses:
        deadlines.pause(case, clock, now=now, why=f"{kind.label}申请待审批")
    note(
        session,
        f"ask_{kind.name}",
        f"申请{kind.label}",
        actor=actor,
        now=now,
        case=case,
        reason=kind.reasons.get(given.reason, given.reason),
        text=given.text,
        unit=actor.unit,
    )
    if kind.approved == ANSWER:
        warnings = replies.look_over(district, case, given.text, actor=actor, now=now)
        replies.note_despite(session, case, warnings, actor=actor, now=now)
    session.flush()
    telling.tell(
        session, district, kind.on_asked, purpose=request.id, now=now, case=case, fields=_fields(kind, request)
    )
    return request


def _sound(district: District, given: Given, *, now: datetime) -> Given:
    """What is given, with the unit as its code; refused where it names nothing or a day that is over."""
    if given.directory_line and given.directory_line not in {line.line for line in district.directory}:
        raise UnknownLine(given.directory_line)
    if given.review_date is not None and given.review_date <= now.astimezone(district.calendars.zone).date():
        raise ReviewDatePast(given.review_date.isoformat())
    if not given.proposed_unit:
        return given
    proposed = find_unit(district, given.proposed_unit, "建议承办单位")
    ended_units.check(district, proposed, now=now)
    return replace(given, proposed_unit=proposed)


def _fields(kind: RequestKind, request: Request) -> dict[str, str]:
    """The fields a request adds to what a template is offered (``district.templates.REQUEST_FIELDS``)."""
    reason = kind.reasons.get(request.reason, request.reason) or request.text
    return {"kind": kind.label, "reason": reason, "text": request.text}


def get(session: Session, key: str) -> Request:
    """The request. Raises ``UnknownRequest``."""
    request = session.get(Request, key) if is_id(key) else None
    if request is None:
        raise UnknownRequest(key)
    return request


def queue(session: Session, district: District, actor: Actor, *, now: datetime) -> Sequence[Request]:
    """Pending requests that this actor decides, each by the rules of its own case, oldest first.

    Those he decides as a stand-in (代) are among them.
    """
    pending = select(Request).join(Request.case).where(Request.state == "pending")
    versions = session.scalars(pending.with_only_columns(Case.rule_version).distinct()).all()
    his = []
    for version in versions:
        kinds = of_version(session, district, version).workflow.requests
        names = [kind.name for kind in kinds if _decider(session, kind, actor, now=now).role in kind.decided_by]
        his.append(and_(Case.rule_version == version, Request.kind.in_(names)))
    visible = seen_cases(district, actor).with_only_columns(Case.id)
    query = pending.where(or_(false(), *his), Request.case_id.in_(visible)).order_by(Request.asked_at)
    if actor.role in UNIT_ROLES:  # a co-handler sees the case; its requests are the lead's
        query = query.where(Case.lead_unit.in_(district.units.descendants(actor.unit)))
    return list(session.scalars(query))


def may_decide(
    session: Session, district: District, case: Case, kind: RequestKind, actor: Actor, *, now: datetime
) -> bool:
    """Whether the case's requests of this kind are the actor's to decide, by his role or as a stand-in; for buttons."""
    decider = _decider(session, kind, actor, now=now)
    return decider.role in kind.decided_by and (decider.role not in UNIT_ROLES or in_unit(district, decider, case))


def _decider(session: Session, kind: RequestKind, actor: Actor, *, now: datetime) -> Actor:
    return absences.acting(session, actor, kind.decided_by, now=now)


def decide(
    session: Session,
    district: District,
    request: Request,
    *,
    approve: bool,
    actor: Actor,
    now: datetime,
    text: str = "",
    unit: str = "",
    changed: str = "",
) -> Request:
    """Approve or refuse. Approval makes the move or extends the clock that the workflow names.

    ``unit`` goes before the proposed one: who decides a 会商 may give the case to a third. ``changed`` is an answer's
    text as its approver changed it: it goes out, the officer's stays beside it. Raises ``RequestDecided``,
    ``NotAllowed``, ``UnknownUnit``, ``TextNotChangeable`` and what the move raises.
    """
    case = request.case
    lifecycle.hold(session, case)
    now = in_order.moment(session, case, now=now)
    if request.state != "pending":
        raise RequestDecided(request.id, request.state)
    rules = of(session, district, case)
    kind = kind_of(rules.workflow, request.kind)
    actor = _decider(session, kind, actor, now=now)
    if actor.role not in kind.decided_by:
        raise NotAllowed(kind.label, "您的角色不能审批这项申请")
    if actor.role in UNIT_ROLES and not in_unit(district, actor, case):
        raise NotAllowed(kind.label, "该办件不由您的单位主办")
    if request.asked_by in (actor.id, actor.stands_for):
        raise NotAllowed(kind.label, "不能审批自己提出的申请")
    if changed and kind.approved != ANSWER:
        raise TextNotChangeable(kind.label)
    if approve and changed != request.text:
        request.changed_text = changed
    if unit:
        request.proposed_unit = find_unit(district, unit)
    fields = _close(session, district, rules, request, kind, approve=approve, text=text, actor=actor, now=now)
    if not approve:
        _tell_asker(session, district, request, fields, now=now)
    if approve:
        _take_effect(session, district, request, kind, actor=actor, now=now)
    session.flush()
    for ticket in case.tickets:
        facts.refresh(session, district, ticket, now=now)
    return request


def _tell_asker(
    session: Session, district: District, request: Request, fields: dict[str, str], *, now: datetime
) -> None:
    """A resident who asked himself hears that it was refused; what is approved he hears of by the move it makes."""
    for ticket in request.case.tickets:
        if ticket.resident_id == request.asked_by:
            purpose = f"reopening_refused:{request.id}:{ticket.id}"
            telling.say(session, district, ticket, "reopening_refused", purpose=purpose, now=now, fields=fields)


def _take_effect(
    session: Session, district: District, request: Request, kind: RequestKind, *, actor: Actor, now: datetime
) -> None:
    from casework import acts  # acts calls ask(): the two are halves of one door

    case = request.case
    if kind.extends:
        deadlines.extend(of(session, district, case), case, kind.extends, now=now)
        city_reports.ask_extension(session, district, case, request, kind, now=now)
        _tell_of_delay(session, district, request, now=now)
    if request.kind == "return":
        case.returns += 1
    if kind.approved:
        given = Given(
            reason=request.reason,
            text=request.changed_text or request.text,
            record=request.record,
            directory_line=request.directory_line,
            proposed_unit=request.proposed_unit,
            review_date=request.review_date,
            attachment=case_files.of_request(session, request),
        )
        acts.perform(session, district, case, kind.approved, actor=actor, now=now, given=given, approved=request)
    _go_on(session, district, request, kind, now=now)


def _tell_of_delay(session: Session, district: District, request: Request, *, now: datetime) -> None:
    """Every resident who waits hears the new date, and why in words of the pack: the unit's own stay inside."""
    fields = {"reason": district.notices.public_reason(request.reason)}
    final = district.workflow.ticket.final
    for ticket in telling.in_line(each for each in request.case.tickets if each.state not in final):
        purpose = f"delayed_notice:{request.id}:{ticket.id}"
        telling.say(session, district, ticket, "delayed_notice", purpose=purpose, now=now, fields=fields)


def _go_on(session: Session, district: District, request: Request, kind: RequestKind, *, now: datetime) -> None:
    """After the last return that a case may have (第二次退单), the desk itself asks for what follows: 会商."""
    case = request.case
    approved = sum(each.kind == kind.name and each.state == "approved" for each in case.requests)
    if not kind.then or approved < kind.at_most:
        return
    follows = kind_of(of(session, district, case).workflow, kind.then)
    if _too_many(case, follows) is None:
        text = f"{kind.label}已满 {kind.at_most} 次，转{follows.label}"
        given = Given(text=text, proposed_unit=request.proposed_unit)
        _make(session, district, case, follows, actor=SYSTEM, now=now, given=given)


def settle(
    session: Session, district: District, case: Case, name: str, *, actor: Actor, now: datetime, given: Given
) -> None:
    """Who needs no approval makes the move that somebody has asked for: the pending request is approved by it.

    Whom the workflow names is told as of any decision.
    """
    rules = of(session, district, case)
    for request in case.requests:
        if request.kind != name or request.state != "pending":
            continue
        kind = kind_of(rules.workflow, name)
        _close(session, district, rules, request, kind, approve=True, text=given.text, actor=actor, now=now)


def _close(
    session: Session,
    district: District,
    rules: RuleBook,
    request: Request,
    kind: RequestKind,
    *,
    approve: bool,
    text: str,
    actor: Actor,
    now: datetime,
) -> dict[str, str]:
    """The decision is put down and told, and the clocks go on. Return the fields that it was told with."""
    request.state = "approved" if approve else "refused"
    request.decided_by, request.decided_at, request.decision = actor.id, now, text
    verdict, case = "同意" if approve else "不同意", request.case
    note(session, f"decide_{kind.name}", f"{verdict}{kind.label}", actor=actor, now=now, case=case, text=text)
    fields = _fields(kind, request) | {"decision": verdict, "text": text}
    telling.tell(session, district, kind.on_decided, purpose=request.id, now=now, case=case, fields=fields)
    deadlines.release(rules, case, kind, now=now)
    return fields
