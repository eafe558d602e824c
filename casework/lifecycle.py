"""Moves of tickets and cases: the one place that checks role, unit, needs and state, and records what happened.

``move_case`` and ``move_ticket`` do what the pack's transition says: state, clocks, who is told, a step for the
pages, an audit row, a change-log entry. What a verb does beside that (a dispatch sets the lead unit, an answer
tells the residents) is in the verb's own module, which calls these.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from casework import deadlines, facts, in_order, recording, telling
from casework.actors import NOTHING, UNIT_ROLES, Actor, Given
from casework.errors import (
    AlreadyOver,
    CaseChanged,
    CoUnitsSilent,
    MergedAway,
    NeedMissing,
    NeedsApproval,
    NotAllowed,
    RequestPending,
    UnknownMove,
    UnknownReason,
    WrongState,
)
from casework.rules import RuleBook, of, today
from casework.tables import Case, CaseUnit, Clock, Request, Step, Ticket
from district.pack import District
from district.schemas import Life, RequestKind, Role, Transition, Workflow
from storage.database import is_id, new_id
from storage.gathered import Appended

_STEPS = Appended(Step)
RECALL = "recall"
"""撤回派单: the move that takes a dispatch back, with the clocks that it started."""
HELD = {"key_share": True}
"""FOR NO KEY UPDATE: others still put rows on record that refer to what is held, and do not wait for it to do so."""


def _find(life: Life, name: str, state: str) -> Transition:
    """The transition of this name that starts from the state; names may repeat for different sources."""
    named = [transition for transition in life.transitions if transition.name == name]
    if not named:
        raise UnknownMove(name)
    fitting = next((transition for transition in named if state in transition.sources), None)
    if fitting is None:
        raise (AlreadyOver if state in life.final else WrongState)(named[0].label, state, life.states.get(state, state))
    return fitting


def _check_needs(transition: Transition, given: Given) -> None:
    for need in transition.needs:
        if not getattr(given, need):
            raise NeedMissing(transition.label, need)
    if transition.reasons and given.reason and given.reason not in transition.reasons:
        raise UnknownReason(transition.label, given.reason, transition.reasons)


def in_unit(district: District, actor: Actor, case: Case) -> bool:
    """Whether the actor's unit leads the case or stands above its lead in the tree."""
    return bool(actor.unit and case.lead_unit) and case.lead_unit in district.units.descendants(actor.unit)


def co_parts(district: District, actor: Actor, case: Case) -> list[CaseUnit]:
    """The co-handling parts (协办) that the actor's unit, or one below it, has in the case."""
    below = district.units.descendants(actor.unit) if actor.unit else frozenset()
    return [part for part in case.units if part.part == "co" and part.unit in below]


def check_co_units(district: District, transition: Transition, case: Case, given: Given) -> None:
    """Raises ``CoUnitsSilent`` where the lead should wait for co-handlers and gives no reason why it does not."""
    if not transition.after_co_units or given.reason:
        return
    silent = [part.unit for part in case.units if part.part == "co" and part.answered_at is None]
    if silent:
        raise CoUnitsSilent(transition.label, [district.units.get(code).name for code in sorted(silent)])


def seen_as(session: Session, case: Case) -> str:
    """What a reader has seen of the case, to be handed in with his move: it is refused when more has happened."""
    last = session.scalar(select(Step.id).where(Step.case_id == case.id).order_by(Step.id.desc()).limit(1))
    return f"{case.version}.{last or ''}"


def check_seen(session: Session, case: Case, seen: str) -> None:
    """Raises ``CaseChanged`` with what happened when the case moved on since ``seen`` (``seen_as``); empty: unasked."""
    version, _, last = seen.partition(".")
    if not seen or version == str(case.version):
        return
    later = (Step.case_id == case.id, Step.id > last) if is_id(last) else (Step.case_id == case.id,)
    raise CaseChanged(case.number, last_words(session, *later))


def last_words(session: Session, *wanted: ColumnElement[bool]) -> list[str]:
    """The last three of these steps, in words that are told, oldest first."""
    last = session.scalars(select(Step).where(*wanted).order_by(Step.id.desc()).limit(3)).all()
    return [f"{step.actor_name}已{step.label}" for step in reversed(last)]


def hold(session: Session, case: Case) -> None:
    """Lock the case for this transaction and see it as it now stands: acts on one case take turns.

    On SQLite a write transaction has the whole database; there is nothing more to lock.
    """
    if session.get_bind().dialect.name == "sqlite":
        return
    session.flush()
    session.refresh(case, with_for_update=HELD)
    for table in (Ticket, Clock, Request):
        rows = select(table).where(table.case_id == case.id).execution_options(populate_existing=True)
        session.scalars(rows).all()
    session.expire(case, ["tickets", "clocks", "units", "requests"])


def check_ticket_move(session: Session, district: District, ticket: Ticket, name: str, actor: Actor) -> None:
    """Refuse before anything is written. Raises ``UnknownMove``, ``WrongState``, ``NotAllowed``."""
    life = (of(session, district, ticket.case) if ticket.case is not None else today(district)).workflow.ticket
    _check_actor(_find(life, name, ticket.state), district, actor, ticket.case)


def check_not_merged(session: Session, case: Case) -> None:
    """Raises ``MergedAway`` for a case that went into a master case."""
    if case.merged_into is not None:
        raise MergedAway(case.number, session.get_one(Case, case.merged_into).number)


def transition_of(session: Session, district: District, case: Case, name: str) -> Transition:
    """The case's transition of this name from where it stands, by its own rules.

    Raises ``UnknownMove`` and ``WrongState``; what an actor may not do is refused by the move or the request.
    """
    return _find(of(session, district, case).workflow.case, name, case.state)


def _check_actor(transition: Transition, district: District, actor: Actor, case: Case | None) -> None:
    if actor.role not in transition.roles:
        raise NotAllowed(transition.label, "您的角色没有这项权限")
    if actor.role not in UNIT_ROLES or case is None:
        return
    if transition.co_unit and not co_parts(district, actor, case):
        raise NotAllowed(transition.label, "该办件不由您的单位协办")
    if not transition.co_unit and not in_unit(district, actor, case):
        raise NotAllowed(transition.label, "该办件不由您的单位主办")


def _check_held(workflow: Workflow, case: Case, transition: Transition, approved: Request | None) -> None:
    """Raises ``RequestPending`` while a request waits whose kind holds this move back (会商未决时不派单)."""
    kinds = {kind.name: kind for kind in workflow.requests}
    for request in case.requests:
        kind = kinds.get(request.kind)
        if request.state == "pending" and kind and request is not approved and transition.name in kind.holds:
            raise RequestPending(kind.label)


def moves(life: Life, state: str, actor: Actor) -> list[Transition]:
    """The moves this role may make from this state, in the workflow's order; for buttons."""
    return [
        transition
        for transition in life.transitions
        if state in transition.sources and actor.role in transition.roles and actor.role is not Role.SYSTEM
    ]


def case_moves(session: Session, district: District, case: Case, actor: Actor) -> list[Transition]:
    """The moves of a case that are open to this actor now."""
    workflow = of(session, district, case).workflow
    leads = actor.role not in UNIT_ROLES or in_unit(district, actor, case)
    helps = bool(co_parts(district, actor, case))
    may_ask = {kind.name for kind in workflow.requests if actor.role in kind.asked_by}
    return [
        move
        for move in moves(workflow.case, case.state, actor)
        if (helps if move.co_unit else leads) and (not asks_first(move, actor) or move.approval in may_ask)
    ]


def asks_first(transition: Transition, actor: Actor) -> bool:
    """Whether this actor's move becomes a request that somebody approves."""
    return transition.approval is not None and actor.role not in transition.exempt


def move_case(
    session: Session,
    district: District,
    case: Case,
    name: str,
    *,
    actor: Actor,
    now: datetime,
    given: Given = NOTHING,
    approved: Request | None = None,
) -> Step:
    """Make one move of a case. ``approved`` is the request that entitles to it.

    Raises ``UnknownMove``, ``WrongState``, ``NotAllowed``, ``NeedMissing``, ``UnknownReason``, ``NeedsApproval``,
    ``RequestPending``, ``CoUnitsSilent`` and ``ClockBackwards``.
    """
    now = in_order.moment(session, case, now=now)
    rules = of(session, district, case)
    transition = _find(rules.workflow.case, name, case.state)
    if approved is None:
        _check_actor(transition, district, actor, case)
    _check_needs(transition, given)
    if approved is None and transition.approval and asks_first(transition, actor):
        raise NeedsApproval(transition.label, transition.approval)
    _check_held(rules.workflow, case, transition, approved)
    check_co_units(district, transition, case, given)
    source, case.state = case.state, transition.target
    _run_clocks(rules, transition, case, now=now)
    _lapse(session, rules, case, transition, actor=actor, now=now)
    if transition.target in rules.workflow.case.final:
        case.closed_at = now
    elif source in rules.workflow.case.final:
        case.closed_at = None
    step = _record(session, transition, source, actor=actor, given=given, now=now, case=case)
    _tell(session, district, transition, step, now=now, case=case)
    for ticket in case.tickets:
        facts.refresh(session, district, ticket, now=now)
    return step


def move_ticket(
    session: Session,
    district: District,
    ticket: Ticket,
    name: str,
    *,
    actor: Actor,
    now: datetime,
    given: Given = NOTHING,
    refresh: bool = True,
) -> Step:
    """Make one move of a ticket. Raises as ``move_case`` does.

    Without ``refresh`` the facts are left to a caller who does more to the ticket and refreshes them once, at the end.
    """
    rules = of(session, district, ticket.case) if ticket.case is not None else today(district)
    transition = _find(rules.workflow.ticket, name, ticket.state)
    _check_actor(transition, district, actor, ticket.case)
    _check_needs(transition, given)
    source, ticket.state = ticket.state, transition.target
    if transition.target in rules.workflow.ticket.final:
        ticket.closed_at = now
        ticket.close_reason = ticket.close_reason or name
    elif source in rules.workflow.ticket.final:
        ticket.closed_at, ticket.close_reason = None, ""
    step = _record(session, transition, source, actor=actor, given=given, now=now, ticket=ticket)
    _tell(session, district, transition, step, now=now, ticket=ticket)
    if refresh:
        facts.refresh(session, district, ticket, now=now)
    return step


def _run_clocks(rules: RuleBook, transition: Transition, case: Case, *, now: datetime) -> None:
    end = deadlines.withdraw if transition.name == RECALL else deadlines.stop
    for name in transition.stops:
        end(rules, case, name, now=now)
    for name in transition.pauses:
        deadlines.pause(case, name, now=now, why=transition.label)
    for name in transition.resumes:
        deadlines.resume(rules, case, name, now=now)
    for name in transition.starts:
        deadlines.start(rules, case, name, now=now)


def _lapse(
    session: Session, rules: RuleBook, case: Case, transition: Transition, *, actor: Actor, now: datetime
) -> None:
    """Pending requests whose matter is over: they could not be asked in the state the case has come to, or the clock
    they are about begins anew (a return, when the case is given to another unit meanwhile).
    """
    kinds = {kind.name: kind for kind in rules.workflow.requests}
    for request in case.requests:
        kind = kinds.get(request.kind)
        if request.state != "pending" or kind is None:
            continue
        if ends(transition, kind):
            lapse(session, rules, case, request, kind, actor=actor, now=now)


def ends(transition: Transition, kind: RequestKind) -> bool:
    """Whether a pending request of this kind lapses by the transition."""
    return transition.target not in kind.states or bool({kind.within, kind.extends} & set(transition.starts))


def lapse(
    session: Session, rules: RuleBook, case: Case, request: Request, kind: RequestKind, *, actor: Actor, now: datetime
) -> None:
    """A pending request ends undecided (失效): its matter is over; the clocks it held go on."""
    request.state, request.decided_at = "lapsed", now
    deadlines.release(rules, case, kind, now=now)
    note(session, f"lapse_{kind.name}", f"{kind.label}申请失效", actor=actor, now=now, case=case)


def _tell(
    session: Session,
    district: District,
    transition: Transition,
    step: Step,
    *,
    now: datetime,
    case: Case | None = None,
    ticket: Ticket | None = None,
) -> None:
    fields = {"text": step.text, "reason": transition.reasons.get(step.reason, step.reason)}
    telling.tell(session, district, transition.tells, purpose=step.id, now=now, case=case, ticket=ticket, fields=fields)


def _record(
    session: Session,
    transition: Transition,
    source: str,
    *,
    actor: Actor,
    given: Given,
    now: datetime,
    case: Case | None = None,
    ticket: Ticket | None = None,
) -> Step:
    return note(
        session,
        transition.name,
        transition.label,
        actor=actor,
        now=now,
        case=case,
        ticket=ticket,
        reason=given.reason,
        text=given.text,
        unit=given.unit or (case.lead_unit if case else ""),
        source=source,
        target=transition.target,
    )


def note(
    session: Session,
    move: str,
    label: str,
    *,
    actor: Actor,
    now: datetime,
    case: Case | None = None,
    ticket: Ticket | None = None,
    reason: str = "",
    text: str = "",
    unit: str = "",
    source: str = "",
    target: str = "",
) -> Step:
    """Record an act on the pages' timeline, in the audit and in the change log; states stay as they are."""
    values = dict(  # noqa: C408  (as the columns are named)
        id=new_id(),
        at=now,
        ticket_id=ticket.id if ticket else None,
        case_id=case.id if case else None,
        actor=actor.id,
        actor_name=actor.name,
        role=str(actor.role),
        move=move,
        label=label,
        source=source,
        target=target,
        unit=unit,
        reason=reason,
        text=text,
    )
    _STEPS.add(session, **values)
    for subject, thing in (("case", case), ("ticket", ticket)):
        if thing is None:
            continue
        details = {"from": source, "to": target, "reason": reason, "unit": unit}
        recording.record(
            session,
            actor,
            move,
            subject,
            thing.id,
            now=now,
            topic=f"{subject}s",
            details={key: value for key, value in details.items() if value},
        )
    return Step(**values)  # beside the session: a value for the caller; its row is written at the commit
