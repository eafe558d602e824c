"""领单: one caller takes a resident from the callback queue and has him to himself for the pack's minutes.

A claim ends with the result, by being given back, by its caller's taking another one, or by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from casework.actors import Actor
from casework.calling_errors import ClaimedByOther
from casework.calling_tables import CallbackClaim
from casework.tables import Ticket
from district.pack import District
from district.schemas import Role
from storage import change_log


def live(session: Session, ticket: Ticket, *, now: datetime) -> CallbackClaim | None:
    """The claim on this ticket, unless it is over."""
    row = session.get(CallbackClaim, ticket.id)
    return row if row is not None and row.until > now else None


def live_on(session: Session, ticket_ids: Iterable[str], *, now: datetime) -> dict[str, CallbackClaim]:
    """The claims on these tickets that are not over."""
    query = select(CallbackClaim).where(CallbackClaim.ticket_id.in_(list(ticket_ids)), CallbackClaim.until > now)
    return {row.ticket_id: row for row in session.scalars(query)}


def check(session: Session, ticket: Ticket, actor: Actor, *, now: datetime) -> None:
    """Raises ``ClaimedByOther`` for a caller while another one has the resident; his own word always counts."""
    if actor.role in (Role.RESIDENT, Role.SYSTEM):
        return
    held = live(session, ticket, now=now)
    if held is not None and held.by != actor.id:
        raise ClaimedByOther(ticket.number, held.by_name, held.until)


def take(session: Session, district: District, ticket: Ticket, *, actor: Actor, now: datetime) -> CallbackClaim:
    """Have the resident to oneself. The ticket is locked by the caller of this. Raises ``ClaimedByOther``."""
    check(session, ticket, actor, now=now)
    session.execute(delete(CallbackClaim).where(CallbackClaim.by == actor.id, CallbackClaim.ticket_id != ticket.id))
    row = session.get(CallbackClaim, ticket.id)
    if row is None:
        row = CallbackClaim(ticket_id=ticket.id)
        session.add(row)
    row.by, row.by_name, row.at = actor.id, actor.name, now
    row.until = now + timedelta(minutes=district.callback.claim_minutes)
    session.flush()
    change_log.record(session, "tickets", ticket.id, "claimed", now=now)
    return row


def give_back(session: Session, ticket: Ticket, *, actor: Actor, now: datetime) -> bool:
    """Let the resident go; another's claim stays. Whether there was one of the actor's."""
    row = session.get(CallbackClaim, ticket.id)
    if row is None or row.by != actor.id:
        return False
    drop(session, ticket)
    change_log.record(session, "tickets", ticket.id, "released", now=now)
    return True


def drop(session: Session, ticket: Ticket) -> None:
    """There is a result: nobody has him any more."""
    row = session.get(CallbackClaim, ticket.id)
    if row is not None:
        session.delete(row)
        session.flush()
