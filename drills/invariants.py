"""What must hold of a case at every moment, whatever was done to it. ``breaches`` names what does not, in words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
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
    on_record = _Record.of(session, case)
    found = list(_of_clocks(case, district, now=now))
    found += _of_requests(case, district)
    found += _of_steps(on_record.steps[case.id])
    found += _of_records(on_record, case.id, "case")
    for ticket in case.tickets:
        found += _of_steps(on_record.steps[ticket.id])
        found += _of_ticket(district, ticket, on_record)
        found += _of_records(on_record, ticket.id, "ticket")
    found += _of_case(district, case, on_record)
    return [f"{case.number}: {each}" for each in found]


class _Step(NamedTuple):
    move: str
    source: str
    target: str
    actor: str


@dataclass(frozen=True)
class _Record:
    """What is on record of a case and its tickets, by the id of either: each kind by one query, for it is asked for
    after every act.
    """

    steps: Mapping[str, Sequence[_Step]]
    """In the order in which they were made."""
    audited: Mapping[tuple[str, str], Sequence[str]]
    """The acts, by subject and id."""
    answers: Mapping[str, int]
    callbacks: Mapping[str, Sequence[Callback]]

    @classmethod
    def of(cls, session: Session, case: Case) -> _Record:
        tickets = [ticket.id for ticket in case.tickets]
        steps: dict[str, list[_Step]] = defaultdict(list)
        audited: dict[tuple[str, str], list[str]] = defaultdict(list)
        callbacks: dict[str, list[Callback]] = defaultdict(list)
        whose = or_(Step.case_id == case.id, Step.ticket_id.in_(tickets))
        moved = select(Step.case_id, Step.ticket_id, Step.move, Step.source, Step.target, Step.actor).where(whose)
        for case_id, ticket_id, *move in session.execute(moved.order_by(Step.id)):
            for thing in (case_id, ticket_id):
                if thing is not None:
                    steps[thing].append(_Step(*move))
        acts = select(AuditRow.subject, AuditRow.subject_id, AuditRow.act)
        for subject, thing, act in session.execute(acts.where(AuditRow.subject_id.in_([case.id, *tickets]))):
            audited[subject, thing].append(act)
        tries = select(Callback).where(Callback.ticket_id.in_(tickets)).order_by(Callback.at)
        for each in session.scalars(tries):
            callbacks[each.ticket_id].append(each)
        told = select(Delivery.ticket_id).where(Delivery.ticket_id.in_(tickets), Delivery.template.in_(ANSWERS))
        return cls(steps, audited, Counter(session.scalars(told)), callbacks)


def _of_clocks(case: Case, district: District, *, now: datetime) -> Iterator[str]:
    alive = Counter(clock.name for clock in case.clocks if not clock.ended)
    yield from (f"{number} open clocks of {name}" for name, number in alive.items() if number > 1)
    if case.state in district.workflow.case.final and alive:
        yield f"closed with open clocks {sorted(alive)}"
    for clock in case.clocks:
        yield from (f"clock {clock.name}: {each}" for each in _of_clock(clock, case, district, now=now))


def _of_clock(clock: Clock, case: Case, district: District, *, now: datetime) -> Iterator[str]:
    if clock.due_at < clock.started_at and case.external_due_at is None:
        yield f"due {clock.due_at} before its start {clock.started_at}"
    if clock.ended != (clock.stopped_at is not None):
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


def _of_case(district: District, case: Case, on_record: _Record) -> Iterator[str]:
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
    moved = on_record.steps[case.id]
    reopened = sum(step.move == "reopen" for step in moved)
    by_supervisor = sum(step.move == "rework" and step.actor != "system" for step in moved)
    if case.reworks > district.workflow.rework_at_most + reopened + by_supervisor:
        yield f"{case.reworks} reworks"


def _of_ticket(district: District, ticket: Ticket, on_record: _Record) -> Iterator[str]:
    answered = bool(ticket.answer) and on_record.answers[ticket.id] > 0
    if ticket.state in ("told", "closed") and ticket.case_id is not None and not answered:
        yield f"{ticket.number} is {ticket.state} and was never answered"
    if ticket.state == "closed" and not _closed_lawfully(district, ticket, on_record.callbacks[ticket.id]):
        yield f"{ticket.number} is closed ({ticket.close_reason}) without a callback's result"
    if ticket.state in LAWFUL and not ticket.close_reason:
        yield f"{ticket.number} is {ticket.state} without a reason"
    if (ticket.state in district.workflow.ticket.final) != (ticket.closed_at is not None):
        yield f"{ticket.number} is {ticket.state}, closed at {ticket.closed_at}"


def _closed_lawfully(district: District, ticket: Ticket, tries: Sequence[Callback]) -> bool:
    """By what the resident said in a callback, after the tries that make him unreachable, or answered on the spot."""
    if ticket.case_id is None and ticket.answer and not tries:
        return True
    if ticket.close_reason == "unreachable":
        last = [each for each in tries if each.round == tries[-1].round and not each.reached]
        return len(_hours(last, district.calendars.zone)) >= district.workflow.callback_attempts
    return bool(tries) and tries[-1].reached and tries[-1].resolved is not None


def _hours(tries: list[Callback], zone: ZoneInfo) -> set[str]:
    return {f"{each.at.astimezone(zone):%Y%m%d%H}" for each in tries}


def _of_steps(steps: Sequence[_Step]) -> Iterator[str]:
    """Every move starts where the one before has ended, in the order in which they were made.

    That is the order of their ids: who waited for another has read the clock before him.
    """
    here = ""
    for step in steps:
        if not step.target:
            continue
        if step.source and here and step.source != here:
            yield f"{step.move} started from {step.source}, it was {here}"
        here = step.target


def _of_records(on_record: _Record, thing: str, subject: str) -> Iterator[str]:
    """No act without its row in the audit, and none there that did not happen."""
    steps = Counter(step.move for step in on_record.steps[thing])
    rows = Counter(on_record.audited[subject, thing])
    if missing := steps - rows:
        yield f"{subject} acts without audit rows: {dict(missing)}"
    if beyond := rows - steps:
        yield f"{subject} audit rows without acts: {dict(beyond)}"
