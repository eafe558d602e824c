"""The deadlines that the city's orders set to the cases their tickets hang on: the earliest open one binds."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework import deadlines
from casework.city_tables import CityOrder
from casework.rules import of
from casework.tables import Case, Ticket
from casework.telling import reports_up
from district.pack import District


def rebind(session: Session, district: District, case: Case, ticket: Ticket) -> None:
    """After a ticket came to the case or left it, or its order's deadline moved. Other channels' tickets have none."""
    if reports_up(ticket.channel):
        _bind(session, district, case)


def renew(session: Session, district: District, case: Case) -> None:
    """After the case went back to its unit: what was due before that was the first answer, and binds no second."""
    _bind(session, district, case)


def _bind(session: Session, district: District, case: Case) -> None:
    session.flush()
    book = of(session, district, case)
    over = district.workflow.ticket.final
    earliest = (
        select(func.min(CityOrder.deadline_at))
        .join(Ticket, Ticket.id == CityOrder.ticket_id)
        .where(Ticket.case_id == case.id, Ticket.state.not_in(over), CityOrder.state == "open")
    )
    if case.reworks and (clocks := deadlines.bound(book, case)):
        earliest = earliest.where(CityOrder.deadline_at > min(clock.started_at for clock in clocks))
    deadlines.bind(book, case, external=session.scalar(earliest))
