"""Who is at a ticket of the desk's queue: who has claimed it (领单), and who has it open (在看).

Whoever begins to act on a ticket claims it; he keeps it while he gives signs of life, for ``claim_minutes`` each. Who
merely looks is shown to the others and hinders nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from casework import claims, recording
from casework.actors import DESK, Actor
from casework.desk_tables import TicketClaim, TicketViewer
from casework.errors import NotAllowed, WrongState
from casework.holding import hold_ticket
from casework.tables import Ticket
from casework.tickets import UNDECIDED_STATES
from district.pack import District
from district.schemas import Role
from storage import change_log

STAYS = timedelta(seconds=75)
"""So long after the last sign of an open page its reader counts as there; pages give one every 25 seconds."""
LONG_GONE = timedelta(minutes=10)
SEES = DESK | {Role.AUDITOR}
"""Who is told who else is at a ticket."""
RELEASES = frozenset({Role.SUPERVISOR})
"""Who may give back what another has claimed."""


@dataclass(frozen=True, slots=True)
class There:
    """Somebody who has a ticket open, since when."""

    name: str
    since: datetime


@dataclass(frozen=True, slots=True)
class AtDesk:
    """Who is at one ticket, as one reader is shown it."""

    others: Sequence[There]
    claim: TicketClaim | None
    mine: bool
    may_claim: bool
    may_release: bool


def waits(ticket: Ticket) -> bool:
    """Whether the ticket is still the desk's: undecided, or on a case that no unit has."""
    return ticket.state in UNDECIDED_STATES or (ticket.case is not None and ticket.case.state == "open")


def claim(session: Session, district: District, ticket: Ticket, *, actor: Actor, now: datetime) -> TicketClaim:
    """Have the ticket to oneself (领取). Raises ``NotAllowed``, ``WrongState``, ``ClaimedByOther``, ``CaseChanged``."""
    _check(actor, "领取")
    hold_ticket(session, ticket)
    if not waits(ticket):
        raise WrongState("领取", ticket.state, district.workflow.ticket.states.get(ticket.state, ticket.state))
    mine = claims.live(session, ticket, now=now)
    minutes = district.manifest.conversation.claim_minutes
    if mine is not None and claims.renew(session, ticket, minutes=minutes, actor=actor, now=now):
        return mine
    return claims.take(session, ticket, minutes=minutes, actor=actor, now=now)


def release(session: Session, ticket: Ticket, *, actor: Actor, now: datetime) -> bool:
    """Give the ticket back to the queue (放回); a supervisor gives back another's, on record.

    Return whether anybody had it. Raises ``NotAllowed``.
    """
    _check(actor, "放回")
    held = claims.live(session, ticket, now=now)
    if held is None:
        return False
    if held.by == actor.id:
        return claims.give_back(session, ticket, actor=actor, now=now)
    if actor.role not in RELEASES:
        raise NotAllowed("放回", f"这件由{held.by_name}领取，只有本人和督办可以放回")
    recording.record(
        session,
        actor,
        "release",
        "ticket",
        ticket.id,
        now=now,
        topic="tickets",
        change="released",
        details={"of": held.by},
    )
    claims.drop(session, ticket)
    return True


def seen(session: Session, district: District, ticket: Ticket, *, actor: Actor, acts: bool, now: datetime) -> None:
    """The actor has the ticket's page open; ``acts``: he did something to it since he was last seen.

    The others hear of it when he comes, not of every sign. Raises ``NotAllowed``.
    """
    _check(actor, "在看")
    session.execute(delete(TicketViewer).where(TicketViewer.seen_at < now - LONG_GONE))
    row = session.get(TicketViewer, (ticket.id, actor.id))
    if row is None:
        row = TicketViewer(ticket_id=ticket.id, viewer=actor.id, since=now, seen_at=now)
        session.add(row)
        change_log.record(session, "at_desk", ticket.id, "came", now=now)
    elif row.seen_at < now - STAYS:
        row.since = now
        change_log.record(session, "at_desk", ticket.id, "came", now=now)
    row.name, row.seen_at = actor.name, now
    if acts:
        claims.renew(session, ticket, minutes=district.manifest.conversation.claim_minutes, actor=actor, now=now)


def left(session: Session, ticket: Ticket, *, actor: Actor, now: datetime) -> None:
    """The actor closed the ticket's page: what he had claimed there goes back. Raises ``NotAllowed``."""
    _check(actor, "在看")
    row = session.get(TicketViewer, (ticket.id, actor.id))
    if row is not None:
        session.delete(row)
        change_log.record(session, "at_desk", ticket.id, "went", now=now)
    claims.give_back(session, ticket, actor=actor, now=now)


def signed_out(session: Session, user_id: str, *, now: datetime) -> None:
    """A user went: he is at no ticket any more, and what he had claimed, here or to call back, goes back."""
    for row in session.scalars(select(TicketViewer).where(TicketViewer.viewer == user_id)):
        session.delete(row)
        change_log.record(session, "at_desk", row.ticket_id, "went", now=now)
    claims.give_all_back(session, user_id, now=now)


def look(session: Session, ticket: Ticket, actor: Actor, *, now: datetime) -> AtDesk:
    """Who is at the ticket beside the actor, and who has claimed it."""
    there = select(TicketViewer).where(TicketViewer.ticket_id == ticket.id, TicketViewer.seen_at > now - STAYS)
    others = [
        There(row.name, row.since)
        for row in session.scalars(there.order_by(TicketViewer.since))
        if row.viewer != actor.id
    ]
    held = claims.live(session, ticket, now=now) if waits(ticket) else None
    mine = held is not None and held.by == actor.id
    works = actor.role in DESK
    return AtDesk(
        others=others,
        claim=held,
        mine=mine,
        may_claim=works and held is None and waits(ticket),
        may_release=held is not None and (mine or actor.role in RELEASES),
    )


def having(session: Session, tickets: Iterable[Ticket], *, now: datetime) -> dict[str, TicketClaim]:
    """Who has which of these tickets to himself, by their ids."""
    return claims.live_on(session, [ticket.id for ticket in tickets], now=now)


def of_others(session: Session, actor: Actor, *, now: datetime) -> Sequence[TicketClaim]:
    """All claims of others that are not over; a desk has one for each of its staff at most."""
    return list(session.scalars(select(TicketClaim).where(TicketClaim.until > now, TicketClaim.by != actor.id)))


def _check(actor: Actor, what: str) -> None:
    if actor.role not in DESK:
        raise NotAllowed(what, "由坐席、派单员或督办处理")
