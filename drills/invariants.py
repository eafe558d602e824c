"""What must hold of a case at every moment, whatever was done to it. ``breaches`` names what does not, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework.tables import Callback, Case, Clock, Step, Ticket
from district.pack import District
from storage.audit import AuditRow
from storage.deliveries import Delivery

ANSWERS = ("answered",)
"""Templates by which a case's answer reaches a resident."""
LAWFUL = ("rejected", "withdrawn")
"""Final states of a ticket that end it with a lawful reason or by the resident's own word."""


def breaches(session: Session, district: District, case: Case, *, now: datetime) -> list[str]:
    """Everything that does not hold of the case and its tickets."""
    found = list(_of_clocks(case, district, now=now))
    found += _of_requests(case, district)
    found += _of_steps(session, case_id=case.id)
    found += _of_records(session, case.id, "case")
    for ticket in case.tickets:
        found += _of_ticket(session, district, ticket)
        found += _of_records(session, ticket.id, "ticket")
    found += _of_case(session, district, case)
    return [f"{case.number}: {each}" for each in found]


def _of_clocks(case: Case, district: District, *, now: datetime) -> Iterator[str]:
    alive = Counter(clock.name for clock in case.clocks if clock.state != "stopped")
    yield from (f"{number} open clocks of {name}" for name, number in alive.items() if number > 1)
    if case.state in district.workflow.case.final and alive:
        yield f"closed with open clocks {sorted(alive)}"
    for clock in case.clocks:
        yield from (f"clock {clock.name}: {each}" for each in _of_clock(clock, case, district, now=now))


def _of_clock(clock: Clock, case: Case, district: District, *, now: datetime) -> Iterator[str]:
    if clock.due_at < clock.started_at and case.external_due_at is None:
        yield f"due {clock.due_at} before its start {clock.started_at}"
    if (clock.state == "stopped") != (clock.stopped_at is not None):
        yield f"is {clock.state} and stopped at {clock.stopped_at}"
    if clock.stopped_at is not None and not clock.started_at <= clock.stopped_at <= now:
        yield f"stopped at {clock.stopped_at}, started {clock.started_at}"
    if clock.state == "paused" and not _something_pauses(clock, case, district):
        yield "stands still, and nothing is waited for"


def _something_pauses(clock: Clock, case: Case, district: District) -> bool:
    kinds = {kind.name: kind for kind in district.workflow.requests}
    asked = any(each.state == "pending" and clock.name in kinds[each.kind].pauses for each in case.requests)
    return asked or case.state == "suspended"


def _of_requests(case: Case, district: District) -> Iterator[str]:
    waiting = Counter(request.kind for request in case.requests if request.state == "pending")
    yield from (f"{number} requests of {kind} wait" for kind, number in waiting.items() if number > 1)
    approved = Counter(request.kind for request in case.requests if request.state == "approved")
    for kind in district.workflow.requests:
        if kind.at_most and approved[kind.name] > kind.at_most:
            yield f"{approved[kind.name]} approved requests of {kind.name}, at most {kind.at_most}"
        if waiting[kind.name] and case.state not in kind.states:
            yield f"a request of {kind.name} waits in {case.state}"
    if case.returns != approved["return"]:
        yield f"{case.returns} returns, {approved['return']} approved"


def _of_case(session: Session, district: District, case: Case) -> Iterator[str]:
    final = district.workflow.ticket.final
    open_tickets = [ticket.number for ticket in case.tickets if ticket.state not in final]
    if case.state in district.workflow.case.final and open_tickets:
        yield f"closed with open tickets {open_tickets}"
    if not case.lead_unit and case.state not in ("open", "closed"):
        yield f"{case.state} without a lead"
    if case.state == "answered":
        untold = [ticket.number for ticket in case.tickets if ticket.state == "on_case"]
        if untold:
            yield f"answered, and {untold} were not told"
    reopened = session.scalar(select(func.count()).where(Step.case_id == case.id, Step.move == "reopen")) or 0
    by_supervisor = select(func.count()).where(Step.case_id == case.id, Step.move == "rework", Step.actor != "system")
    if case.reworks > district.workflow.rework_at_most + reopened + (session.scalar(by_supervisor) or 0):
        yield f"{case.reworks} reworks"


def _of_ticket(session: Session, district: District, ticket: Ticket) -> Iterator[str]:
    yield from _of_steps(session, ticket_id=ticket.id)
    if ticket.state in ("told", "closed") and ticket.case_id is not None and not _was_answered(session, ticket):
        yield f"{ticket.number} is {ticket.state} and was never answered"
    if ticket.state == "closed" and not _closed_lawfully(session, district, ticket):
        yield f"{ticket.number} is closed ({ticket.close_reason}) without a callback's result"
    if ticket.state in LAWFUL and not ticket.close_reason:
        yield f"{ticket.number} is {ticket.state} without a reason"
    if (ticket.state in district.workflow.ticket.final) != (ticket.closed_at is not None):
        yield f"{ticket.number} is {ticket.state}, closed at {ticket.closed_at}"


def _was_answered(session: Session, ticket: Ticket) -> bool:
    query = select(func.count()).where(Delivery.ticket_id == ticket.id, Delivery.template.in_(ANSWERS))
    return bool(ticket.answer) and (session.scalar(query) or 0) > 0


def _closed_lawfully(session: Session, district: District, ticket: Ticket) -> bool:
    """By what the resident said in a callback, after the tries that make him unreachable, or answered on the spot."""
    tries = list(session.scalars(select(Callback).where(Callback.ticket_id == ticket.id).order_by(Callback.at)))
    if ticket.case_id is None and ticket.answer and not tries:
        return True
    if ticket.close_reason == "unreachable":
        last = [each for each in tries if each.round == tries[-1].round and not each.reached]
        return len(_hours(last, district.calendars.zone)) >= district.workflow.callback_attempts
    return bool(tries) and tries[-1].reached and tries[-1].resolved is not None


def _hours(tries: list[Callback], zone: ZoneInfo) -> set[str]:
    return {f"{each.at.astimezone(zone):%Y%m%d%H}" for each in tries}


def _of_steps(session: Session, *, case_id: str = "", ticket_id: str = "") -> Iterator[str]:
    """Every move starts where the one before has ended, in the order in which they were made.

    That is the order of their ids: who waited for another has read the clock before him.
    """
    whose = Step.ticket_id == ticket_id if ticket_id else Step.case_id == case_id
    query = select(Step).where(whose, Step.target != "").order_by(Step.id)
    here = ""
    for step in session.scalars(query):
        if step.source and here and step.source != here:
            yield f"{step.move} started from {step.source}, it was {here}"
        here = step.target


def _of_records(session: Session, thing: str, subject: str) -> Iterator[str]:
    """No act without its row in the audit, and none there that did not happen."""
    whose = Step.ticket_id == thing if subject == "ticket" else Step.case_id == thing
    steps = Counter(session.scalars(select(Step.move).where(whose)))
    rows = Counter(
        session.scalars(select(AuditRow.act).where(AuditRow.subject == subject, AuditRow.subject_id == thing))
    )
    if missing := steps - rows:
        yield f"{subject} acts without audit rows: {dict(missing)}"
    if beyond := rows - steps:
        yield f"{subject} audit rows without acts: {dict(beyond)}"
