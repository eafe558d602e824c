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
    if not reports_up(ticket.channel):
        return
    session.flush()
    over = district.workflow.ticket.final
    earliest = (
        select(func.min(CityOrder.deadline_at))
        .join(Ticket, Ticket.id == CityOrder.ticket_id)
        .where(Ticket.case_id == case.id, Ticket.state.not_in(over), CityOrder.state == "open")
    )
    deadlines.bind(of(session, district, case), case, external=session.scalar(earliest))
