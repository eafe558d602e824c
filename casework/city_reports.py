"""What the district asks of the city about its orders (退回、延期); orders and categories the desk looks after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework import deadlines, rules
from casework.actors import Actor
from casework.city_tables import CityOrder, order_of
from casework.errors import (
    CityKeepsOut,
    DeadlinePassed,
    NeedMissing,
    NotAllowed,
    NotFromCity,
    RequestPending,
    WrongState,
)
from casework.lifecycle import hold, note
from casework.tables import Case, Request, Step, Ticket
from casework.telling import report
from district.pack import District
from district.schemas import RequestKind

ASK_RETURN = "退回市平台"
_AT_THE_DESK = ("received", "assessed")


def ask_return(session: Session, district: District, ticket: Ticket, *, actor: Actor, text: str, now: datetime) -> Step:
    """Ask the city to take its order back; the ticket goes on until it agrees.

    Raises ``NotFromCity``, ``NotAllowed``, ``NeedMissing``, ``RequestPending``, ``CityKeepsOut``, ``DeadlinePassed``,
    and ``WrongState`` while a unit has the case: it is recalled first.
    """
    if ticket.case is not None:
        hold(session, ticket.case)
    if actor.role not in district.city.rules.returned_by:
        raise NotAllowed(ASK_RETURN, "由派单人员或督办人员申请")
    order = order_of(session, ticket)
    if order is None:
        raise NotFromCity(ticket.number)
    if not text.strip():
        raise NeedMissing(ASK_RETURN, "text")
    _check_order(district, order, ticket, now=now)
    order.return_state = "asked"
    step = note(
        session, "ask_city_return", "申请退回市平台", actor=actor, now=now, ticket=ticket, case=ticket.case, text=text
    )
    report(session, district, ticket, "return", text=text.strip(), purpose=f"return:{step.id}", now=now)
    return step


def _check_order(district: District, order: CityOrder, ticket: Ticket, *, now: datetime) -> None:
    if order.return_state == "asked":
        raise RequestPending(ASK_RETURN)
    undispatched = ticket.state == "on_case" and ticket.case is not None and ticket.case.state == "open"
    if order.state != "open" or not (ticket.state in _AT_THE_DESK or undispatched):
        raise WrongState(ASK_RETURN, ticket.state, district.workflow.ticket.states.get(ticket.state, ticket.state))
    if not order.may_return:
        raise CityKeepsOut(order.number)
    if order.return_until is not None and now > order.return_until:
        raise DeadlinePassed(ASK_RETURN, "市平台退单")


def may_ask_return(district: District, order: CityOrder, ticket: Ticket, actor: Actor, *, now: datetime) -> bool:
    """Whether ``ask_return`` would be heard; for buttons."""
    if actor.role not in district.city.rules.returned_by:
        return False
    try:
        _check_order(district, order, ticket, now=now)
    except (RequestPending, WrongState, CityKeepsOut, DeadlinePassed):
        return False
    return True


def ask_extension(
    session: Session, district: District, case: Case, request: Request, kind: RequestKind, *, now: datetime
) -> None:
    """An approved extension of a clock that orders bind goes on to the city; until it agrees its deadline binds."""
    book = rules.of(session, district, case)
    clock = deadlines.running(case, kind.extends) if kind.extends else None
    if clock is None or case.external_due_at is None or not book.clocks.get(clock.name).external:
        return
    wanted = clock.own_due_at.astimezone(district.calendars.zone).isoformat(timespec="seconds")
    reason = kind.reasons.get(request.reason, request.reason)
    for ticket in case.tickets:
        order = order_of(session, ticket)
        if order is None or order.state != "open" or ticket.state in district.workflow.ticket.final:
            continue
        order.extension_state = "asked"
        details = {"deadline": wanted, "reason": reason}
        said = request.text or reason
        purpose = f"extension:{request.id}:{ticket.id}"
        report(session, district, ticket, "extension", text=said, details=details, purpose=purpose, now=now)


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A category of the city's without one of ours, how many orders had it, and when the last came."""

    category: str
    orders: int
    last: datetime


def unmapped(session: Session, *, limit: int = 500) -> list[Unmapped]:
    """The city's categories that the pack's map does not know, those of most orders first."""
    count, last = func.count(CityOrder.id), func.max(CityOrder.received_at)
    query = (
        select(CityOrder.category, count, last)
        .where(CityOrder.mapped == "", CityOrder.category != "")
        .group_by(CityOrder.category)
        .order_by(count.desc(), CityOrder.category)
    )
    return [Unmapped(*row) for row in session.execute(query.limit(limit))]


def map_anew(session: Session, district: District) -> int:
    """Look the categories up again, after the pack's map has changed. How many orders found theirs."""
    waiting = session.scalars(select(CityOrder).where(CityOrder.mapped == "", CityOrder.category != ""))
    found = 0
    for order in waiting:
        order.mapped = district.city.category(order.category)
        found += bool(order.mapped)
    return found


def open_orders(session: Session, *, limit: int = 500) -> Sequence[CityOrder]:
    """Orders that are the district's, the nearest deadline first; those without one behind."""
    query = (
        select(CityOrder)
        .join(Ticket, Ticket.id == CityOrder.ticket_id)
        .where(CityOrder.state == "open", Ticket.closed_at.is_(None))
        .order_by(CityOrder.deadline_at.is_(None), CityOrder.deadline_at, CityOrder.id)
    )
    return list(session.scalars(query.limit(limit)))
