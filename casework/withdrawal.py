"""撤诉 by the resident himself: he says so, is asked whether he means this one, and confirms.

On his page the button is the confirmation; by message he confirms in words. The desk's own withdrawal on his word is a
move as any (``desk_work.move``). The unit hears of it by the workflow.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from casework import desk_work
from casework.actors import SYSTEM, Actor, Given
from casework.lifecycle import note
from casework.tables import Step, Ticket
from casework.tickets import OPEN_TICKETS
from district.pack import District
from district.schemas import Role

ASKED = "withdraw_asked"
STANDS = timedelta(hours=24)
"""How long the question whether he means it waits for his answer."""


def find(session: Session, resident_id: str, *, channel: str, account: str, number: str = "") -> Ticket | None:
    """His open ticket that he means: the one he names, else the one of this channel that he wrote to last."""
    his = select(Ticket).where(Ticket.resident_id == resident_id, Ticket.state.in_(OPEN_TICKETS))
    if number:
        return session.scalar(his.where(Ticket.number == number))
    his = his.where(Ticket.channel == channel, Ticket.account == account)
    return session.scalar(his.order_by(Ticket.last_message_at.desc()).limit(1))


def ask(session: Session, ticket: Ticket, *, now: datetime) -> None:
    """Put on record that he was asked whether he means it."""
    note(session, ASKED, "居民提出撤诉，待其确认", actor=SYSTEM, now=now, ticket=ticket, case=ticket.case)


def asked(session: Session, resident_id: str, *, now: datetime, number: str = "") -> Ticket | None:
    """The open ticket of his of which he was asked last, within ``STANDS``."""
    his = select(Ticket).where(Ticket.resident_id == resident_id, Ticket.state.in_(OPEN_TICKETS))
    if number:
        his = his.where(Ticket.number == number)
    recently = (Step.ticket_id == Ticket.id, Step.move == ASKED, Step.at > now - STANDS)
    latest = select(Step.at).where(*recently).order_by(Step.at.desc()).limit(1).scalar_subquery()
    return session.scalar(his.where(exists().where(*recently)).order_by(latest.desc()).limit(1))


def withdraw(session: Session, district: District, ticket: Ticket, *, now: datetime, given: Given) -> Step:
    """He confirmed: the ticket is withdrawn. Raises ``WrongState`` when it is over already."""
    actor = Actor(ticket.resident_id, "居民本人", Role.RESIDENT)
    return desk_work.move(session, district, ticket, "withdraw", actor=actor, now=now, given=given)
