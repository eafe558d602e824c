"""Alerts of emergencies: raised where one is found, in its transaction; once for a matter that somebody has in hand."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session, aliased

from casework import alerts
from casework.actors import Actor
from casework.people_tables import Alert
from casework.reading import Reader
from casework.tables import Case, Ticket
from casework.telling import matter
from district.pack import District
from district.schemas import Role

EMERGENCY = "emergency"
FRESH = timedelta(hours=24)
"""An emergency of before is known to somebody, or was before there were alerts; who acknowledged has it so long."""
WAITING = ("received", "assessed", "on_case")
AT_ONCE = 100


def raise_for(session: Session, district: District, ticket: Ticket, *, now: datetime) -> Alert | None:
    """Raise the alert of an emergency just found on the ticket.

    None where the matter's alert is open, or somebody acknowledged one within ``FRESH``. Found again after that, or
    after the matter was answered, it is another emergency.
    """
    session.flush()
    earlier = list(session.scalars(select(Alert).join(Ticket, Ticket.id == ticket.id).where(_of_the_matter())))
    if any(each.state == "open" for each in earlier):
        return None
    if any(each.state == "acknowledged" and each.ended_at and each.ended_at > now - FRESH for each in earlier):
        return None
    return _raise(session, district, ticket, len(earlier), now=now)


def raise_overlooked(session: Session, district: District, *, now: datetime) -> list[Alert]:
    """The net: emergencies that wait and of whose matter no alert was ever raised. Return those raised."""
    query = (
        select(Ticket)
        .where(
            Ticket.urgency == EMERGENCY,
            Ticket.state.in_(WAITING),
            Ticket.told_at.is_(None),
            Ticket.last_message_at > now - FRESH,
            ~exists().where(_of_the_matter()),
        )
        .order_by(Ticket.last_message_at)
        .limit(AT_ONCE)
    )
    made, seen = [], set()
    for ticket in session.scalars(query):
        about = ticket.case_id or ticket.id
        if about not in seen:
            seen.add(about)
            made.append(_raise(session, district, ticket, 0, now=now))
    return [each for each in made if each is not None]


def _of_the_matter() -> ColumnElement[bool]:
    """An alert of the ticket, of its case, or of another reporter on that case."""
    beside = aliased(Ticket)
    return (Alert.kind == EMERGENCY) & or_(
        Alert.ticket_id == Ticket.id,
        Alert.case_id == Ticket.case_id,
        exists().where(beside.id == Alert.ticket_id, beside.case_id == Ticket.case_id),
    )


def _raise(session: Session, district: District, ticket: Ticket, earlier: int, *, now: datetime) -> Alert | None:
    # The key counts the matter's alerts: whoever finds the same emergency at the same moment makes the same key.
    key = f"emergency:{ticket.case_id or ticket.id}" + (f":{earlier}" if earlier else "")
    text = f"{about(district, ticket.case, ticket)}，请立即处置。"
    return alerts.raise_alert(session, district, "emergency", key, text, now=now, case=ticket.case, ticket=ticket)


def is_over(session: Session, district: District, alert: Alert) -> bool:
    """Whether what the alert is about was answered after it was raised, or has ended."""
    ticket = session.get(Ticket, alert.ticket_id) if alert.ticket_id else None
    if ticket is None or ticket.state in district.workflow.ticket.final:
        return True
    return ticket.told_at is not None and ticket.told_at >= alert.raised_at


def about(district: District, case: Case | None, ticket: Ticket | None) -> str:
    """The number and the matter in words that name nobody: whoever is on duty reads them on any screen."""
    reader = Reader(district, Actor("", "", Role.SUPERVISOR))
    if case is not None:
        return f"办件 {case.number}（{matter(reader.title(case)) or '附件内容'}）"
    if ticket is None:
        return ""
    veil = reader.record(None, ticket)
    return f"工单 {ticket.number}（{matter(veil.text(ticket.title or ticket.text)) or '附件内容'}）"
