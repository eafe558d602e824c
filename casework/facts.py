"""``ticket_facts``: one typed row for each ticket, from which every rate is a ratio of sums.

The columns are what the pack's formulas may name (``district.formulas.COLUMNS``); each is 0 or 1. Beside them stands
what triage guessed: in the suggestion itself it would be read out of a document for each ticket that is counted.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import deadlines
from casework.city_tables import order_of
from casework.people_tables import HandedCase, HandOver
from casework.tables import Callback, Case, Request, Ticket, TicketFacts
from casework.telling import reports_up
from district.pack import District
from triage.decision import NO_CATEGORY


def refresh(session: Session, district: District, ticket: Ticket, *, now: datetime) -> TicketFacts:
    """Write the ticket's facts anew from what is on record. Called by every move, in its transaction."""
    if ticket.case is not None:
        session.flush()  # the case and its clocks are read from the database
    row = ticket.facts
    if row is None:
        row = ticket.facts = TicketFacts(ticket_id=ticket.id, opened_at=ticket.opened_at, channel=ticket.channel)
    case = ticket.case
    was_closed = row.closed == 1 and ticket.state == "closed"
    if was_closed:  # a closed ticket's figures stand, whatever another reporter sets going on the same case
        row.excluded = int(ticket.case_id is not None and _excluded(session, ticket.case_id))
        _from_the_city(session, row, ticket)
        return row
    row.unit = (case.lead_unit or case.proposed_unit) if case else ticket.unit
    row.unit_kind = str(district.units.get(row.unit).kind) if row.unit else ""
    row.street, row.category = ticket.street, ticket.category
    row.accepted = int(ticket.state not in ("received", "rejected"))
    row.closed = int(ticket.state == "closed")
    row.direct_answer = int(case is None and bool(ticket.answer))
    if case is not None:
        _from_case(session, row, district, case, now=now)
    _from_callbacks(session, row, ticket)
    _from_the_city(session, row, ticket)
    _from_triage(row, ticket)
    return row


def _from_triage(row: TicketFacts, ticket: Ticket) -> None:
    guesses = (ticket.suggestion.get("category") or [])[:3]
    row.suggested, row.second, row.third = ([each["code"] for each in guesses] + [""] * 3)[:3]
    first, second = ([float(each["probability"]) for each in guesses] + [0.0] * 2)[:2]
    row.probability = first
    row.lead = first - second if guesses and ticket.suggestion.get("why") not in NO_CATEGORY else None


def _from_case(session: Session, row: TicketFacts, district: District, case: Case, *, now: datetime) -> None:
    row.first_unit = case.first_unit
    row.dispatched = int(case.dispatched_at is not None)
    row.returned = int(case.returns > 0)
    row.reworked = int(case.reworks > 0)
    stayed = case.lead_unit in district.units.descendants(case.first_unit)  # handing down one's own tree is no mistake
    stayed = stayed or (bool(case.first_unit) and _inherited(session, district, case))
    row.first_dispatch_right = int(case.dispatched_at is not None and case.returns == 0 and stayed)
    clock = deadlines.latest(case, "answer")
    stopped = clock.stopped_at if clock else None
    row.answered = int(case.answered_at is not None)
    row.ever_answered = int(case.answered_at is not None or case.reworks > 0)
    row.overdue = int(clock is not None and (stopped or now) > clock.due_at and clock.state != "paused")
    row.on_time = int(row.answered == 1 and row.overdue == 0)


def _inherited(session: Session, district: District, case: Case) -> bool:
    """Whether it came from the first unit's tree to its lead by hand-overs alone (移交): no mistake either."""
    query = (
        select(HandOver.source, HandOver.target)
        .join(HandedCase, HandedCase.hand_over_id == HandOver.id)
        .where(HandedCase.case_id == case.id, HandedCase.part == "lead", HandedCase.undone.is_(False))
        .order_by(HandOver.at, HandOver.id)
    )
    unit = case.first_unit
    for source, target in session.execute(query):
        if source in district.units.descendants(unit):
            unit = target
    return case.lead_unit in district.units.descendants(unit)


def _from_callbacks(session: Session, row: TicketFacts, ticket: Ticket) -> None:
    last = _last_callback(session, ticket) if ticket.state == "closed" else None
    row.counted_at = last.at if last is not None else None
    effective = last if last is not None and last.reached and last.resolved is not None else None
    row.effective_callback = int(effective is not None)
    row.contacted_in_time = int(effective is not None and bool(effective.contacted))
    row.resolved = int(effective is not None and bool(effective.resolved))
    row.satisfied = int(effective is not None and effective.satisfaction == "satisfied")
    row.basically_satisfied = int(effective is not None and effective.satisfaction == "basically_satisfied")
    row.excluded = int(ticket.case_id is not None and _excluded(session, ticket.case_id))


def _from_the_city(session: Session, row: TicketFacts, ticket: Ticket) -> None:
    """The city's own verdict, beside our callback: it may come when the ticket is long closed."""
    if not reports_up(ticket.channel):
        return
    order = order_of(session, ticket)
    if order is None:  # it came again and is on the ticket that follows: what was said of this one stands
        return
    verdict = order if order.reached and order.resolved is not None else None
    row.city_verdict = int(verdict is not None)
    row.city_contacted = int(verdict is not None and bool(verdict.contacted))
    row.city_resolved = int(verdict is not None and bool(verdict.resolved))
    row.city_satisfied = int(verdict is not None and verdict.satisfaction == "satisfied")
    row.city_basically_satisfied = int(verdict is not None and verdict.satisfaction == "basically_satisfied")


def _last_callback(session: Session, ticket: Ticket) -> Callback | None:
    attempts = select(Callback).where(Callback.ticket_id == ticket.id)
    return session.scalar(attempts.order_by(Callback.at.desc(), Callback.id.desc()).limit(1))


def _excluded(session: Session, case_id: str) -> bool:
    # All of the case, few as they are: asked for the approved ones, SQLite goes through all that were ever approved.
    asked = select(Request.kind, Request.state).where(Request.case_id == case_id)
    return any((kind, state) == ("exclusion", "approved") for kind, state in session.execute(asked))
