"""领单: one member of staff takes a ticket from a queue and has it to himself for the pack's minutes.

A caller takes a resident from the callback queue, the desk takes a ticket that waits to be decided. A claim ends with
the result, by being given back, by its holder's taking another one, or by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from casework.actors import Actor
from casework.calling_errors import ClaimedByOther
from casework.desk_tables import TicketClaim
from casework.tables import Ticket
from district.schemas import Role
from storage import change_log


def live(session: Session, ticket: Ticket, *, now: datetime) -> TicketClaim | None:
    """The claim on this ticket, unless it is over."""
    row = session.get(TicketClaim, ticket.id)
    return row if row is not None and row.until > now else None


def of_another(actor: Actor, *, now: datetime) -> ColumnElement[bool]:
    """Whether somebody else has a ticket to himself."""
    return exists().where(TicketClaim.ticket_id == Ticket.id, TicketClaim.by != actor.id, TicketClaim.until > now)


def live_on(session: Session, ticket_ids: Iterable[str], *, now: datetime) -> dict[str, TicketClaim]:
    """The claims on these tickets that are not over."""
    query = select(TicketClaim).where(TicketClaim.ticket_id.in_(list(ticket_ids)), TicketClaim.until > now)
    return {row.ticket_id: row for row in session.scalars(query)}


def check(session: Session, ticket: Ticket, actor: Actor, *, now: datetime) -> None:
    """Raises ``ClaimedByOther`` while another one has the ticket to himself; the resident's own word always counts."""
    if actor.role in (Role.RESIDENT, Role.SYSTEM):
        return
    held = live(session, ticket, now=now)
    if held is not None and held.by != actor.id:
        raise ClaimedByOther(ticket.number, held.by_name, held.until, ticket.state)


def take(session: Session, ticket: Ticket, *, minutes: int, actor: Actor, now: datetime) -> TicketClaim:
    """Have the ticket to oneself. It is locked by the caller of this. Raises ``ClaimedByOther``."""
    check(session, ticket, actor, now=now)
    give_all_back(session, actor.id, but=ticket.id, now=now)
    row = session.get(TicketClaim, ticket.id)
    if row is None:
        row = TicketClaim(ticket_id=ticket.id)
        session.add(row)
    row.by, row.by_name, row.at = actor.id, actor.name, now
    row.until = now + timedelta(minutes=minutes)
    session.flush()
    change_log.record(session, "tickets", ticket.id, "claimed", now=now)
    return row


def renew(session: Session, ticket: Ticket, *, minutes: int, actor: Actor, now: datetime) -> bool:
    """A sign of life: what the actor has he keeps for so many minutes more. Whether he has it."""
    row = live(session, ticket, now=now)
    if row is None or row.by != actor.id:
        return False
    row.until = now + timedelta(minutes=minutes)
    return True


def give_back(session: Session, ticket: Ticket, *, actor: Actor, now: datetime) -> bool:
    """Let the ticket go; another's claim stays. Whether there was one of the actor's."""
    row = session.get(TicketClaim, ticket.id)
    if row is None or row.by != actor.id:
        return False
    drop(session, ticket)
    change_log.record(session, "tickets", ticket.id, "released", now=now)
    return True


def give_all_back(session: Session, user_id: str, *, but: str | None = None, now: datetime) -> None:
    """Let go of what this user has, ``but`` one ticket by its id; whoever has such a one open hears of it."""
    his = select(TicketClaim).where(TicketClaim.by == user_id, TicketClaim.ticket_id.is_distinct_from(but))
    for row in session.scalars(his):
        change_log.record(session, "tickets", row.ticket_id, "released", now=now)
        session.delete(row)


def drop(session: Session, ticket: Ticket) -> None:
    """There is a result: nobody has it to himself any more."""
    row = session.get(TicketClaim, ticket.id)
    if row is not None:
        session.delete(row)
        session.flush()
