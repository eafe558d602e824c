"""Merging an event (整体并单): every ticket of it that can be goes to one master case; each resident is answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from casework import desk_work, events
from casework.actors import DESK, Actor
from casework.desk_work import joinable
from casework.errors import CaseChanged, NoMasterCase, NotAllowed
from casework.event_tables import Event, EventTicket
from casework.holding import hold_all
from casework.tables import Case, Ticket
from casework.tickets import UNDECIDED_STATES
from district.pack import District


@dataclass(frozen=True, slots=True)
class Plan:
    """What merging would do: into ``case``, None where there is none; the tickets that can be merged, those that are on
    it already, and those that cannot be, each with the Chinese reason.
    """

    case: Case | None
    ready: Sequence[Ticket]
    there: Sequence[Ticket]
    refused: Sequence[tuple[Ticket, str]]


def plan(session: Session, district: District, event: Event) -> Plan:
    """What merging the event would do now. The master case is the joinable one that most of its tickets are on, of
    several the earliest; one that no unit has yet only where no other is.
    """
    query = (
        select(Ticket)
        .join(EventTicket, EventTicket.ticket_id == Ticket.id)
        .where(EventTicket.event_id == event.id)
        .options(selectinload(Ticket.case))
        .order_by(EventTicket.opened_at, EventTicket.ticket_id)
    )
    found = list(session.scalars(query))
    master = _master(district, found)
    there = [each for each in found if master is not None and each.case is master]
    others = [(each, _why_not(district, each)) for each in found if each.case is None or each.case is not master]
    return Plan(master, [each for each, why in others if not why], there, [pair for pair in others if pair[1]])


def _master(district: District, found: Sequence[Ticket]) -> Case | None:
    on_cases = [each.case for each in found if each.case is not None]
    cases = {case.id: case for case in on_cases if joinable(district.workflow, case)}
    on = Counter(each.case_id for each in found)
    ordered = sorted(cases.values(), key=lambda case: (case.state == "open", -on[case.id], case.opened_at, case.id))
    return ordered[0] if ordered else None


def _why_not(district: District, ticket: Ticket) -> str:
    """Why a ticket that is not on the master case cannot be merged into it; empty where it can."""
    case = ticket.case
    if ticket.state in district.workflow.ticket.final:
        return f"工单{district.workflow.ticket.states[ticket.state]}"
    if case is not None:
        label = district.workflow.case.states.get(case.state, case.state)
        return "" if case.state == "open" else f"已在办件 {case.number} 办理（{label}）"
    if ticket.state in UNDECIDED_STATES:
        return ""
    return f"工单{district.workflow.ticket.states.get(ticket.state, ticket.state)}"


def merge(session: Session, district: District, event: Event, *, actor: Actor, now: datetime) -> Plan:
    """Merge whatever can be, each by ``desk_work.merge``; return what was planned, ``ready`` being merged now.

    Raises ``NotAllowed`` for other roles than the desk's, ``NoMasterCase`` where no ticket is on a joinable case, and
    ``CaseChanged`` where somebody else works on them at this moment.
    """
    if actor.role not in DESK:
        raise NotAllowed("整体并单", "您的角色没有这项权限")
    seen = plan(session, district, event)
    master = seen.case
    if master is None:
        raise NoMasterCase(event.number or event.id)
    hold_all(session, (master,), seen.ready)
    found = _as_it_stands(session, district, event, master, seen.ready)
    for ticket in found.ready:
        desk_work.merge(session, district, ticket, master, actor=actor, now=now)
    if found.ready:
        merged = {"case": master.id, "tickets": len(found.ready), "refused": len(found.refused)}
        events.record(session, event, "event_merge", actor, now=now, details=merged)
    return found


def _as_it_stands(session: Session, district: District, event: Event, master: Case, held: Sequence[Ticket]) -> Plan:
    """The plan anew, now that all in it is held. What has come to it meanwhile is left for the next time."""
    found = plan(session, district, event)
    if found.case is not master:
        raise CaseChanged(master.number, ())
    known = {ticket.id for ticket in held}
    return replace(found, ready=[ticket for ticket in found.ready if ticket.id in known])
