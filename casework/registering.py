"""登记: what a member of the desk writes down of a call or a visit, and what he decides of it while he does.

The words go the way of every message (``casework.intake``). What he chose is kept beside the ticket in the same
transaction and taken over when the ticket is filed, whichever process files it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import alarms, confidential, dispatch, recording
from casework.actors import Actor
from casework.errors import NotAllowed
from casework.registration_tables import Registration
from casework.tables import Correction, Ticket
from district.pack import District
from district.schemas import Role
from triage.assessment import Urgency

REGISTERS = frozenset({Role.AGENT, Role.DISPATCHER})
"""Who answers the telephone and stands at the counter."""
CHANNELS = frozenset({"hotline", "walk_in"})
"""Where somebody of the desk writes down what he hears."""
BY_THE_AGENT = Urgency("emergency", ("登记时定为突发",))


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the member of the desk decided himself; what is empty is left to triage."""

    category: str = ""
    request_type: str = ""
    urgency: Literal["", "normal", "urgent", "emergency"] = ""
    confidential: bool = False


def check_registrar(actor: Actor) -> None:
    """Raises ``NotAllowed`` for who neither answers the telephone nor stands at the counter."""
    if actor.role not in REGISTERS:
        raise NotAllowed("登记", "由坐席和派单员登记来电、来访")


def check(district: District, chosen: Chosen) -> None:
    """Raises ``UnknownCategory`` and ``UnknownRequestType``."""
    if chosen.category:
        dispatch.check_category(district, chosen.category)
    if chosen.request_type:
        dispatch.check_request_type(district, chosen.request_type)


def keep(
    session: Session, district: District, ticket_id: str, chosen: Chosen, *, channel: str, actor: Actor, now: datetime
) -> bool:
    """Put down who registered the ticket and what he chose, on record; the first word stands. Whether this was it.

    Raises as ``check_registrar`` and ``check`` do.
    """
    check_registrar(actor)
    check(district, chosen)
    if session.get(Registration, ticket_id) is not None:
        return False
    session.add(
        Registration(
            ticket_id=ticket_id,
            at=now,
            by=actor.id,
            by_name=actor.name,
            role=str(actor.role),
            category=chosen.category,
            request_type=chosen.request_type,
            urgency=chosen.urgency,
        )
    )
    if chosen.confidential:
        confidential.ask(session, district, session.get_one(Ticket, ticket_id), actor=actor, now=now)
    recording.record(session, actor, "register", "ticket", ticket_id, now=now, details={"channel": channel})
    return True


def take(session: Session, district: District, ticket: Ticket, *, now: datetime) -> bool:
    """Put on the ticket what was chosen for it, as that person's corrections. Whether he chose a category.

    A later judgement of more words takes none of it back; what a person corrected since stands.
    """
    if ticket.channel not in CHANNELS:
        return False
    row = session.get(Registration, ticket.id)
    if row is None:
        return False
    wanted = {
        "category": row.category if row.category in district.taxonomy else "",
        "request_type": row.request_type,
        "urgency": row.urgency,
    }
    if row.taken_at is not None:
        since = set(session.scalars(select(Correction.field).where(Correction.ticket_id == ticket.id)))
        wanted = {name: value for name, value in wanted.items() if name not in since}
    first = row.taken_at is None
    wanted = {name: value for name, value in wanted.items() if value and (first or value != getattr(ticket, name))}
    if wanted:
        _accept(session, district, ticket, row, wanted, now=now)
    row.taken_at = now
    return bool(row.category)


def _accept(
    session: Session, district: District, ticket: Ticket, row: Registration, wanted: dict[str, str], *, now: datetime
) -> None:
    was, doubtful = ticket.urgency, ticket.needs_review
    person = Actor(row.by, row.by_name, Role(row.role))
    dispatch.accept(session, district, ticket, actor=person, now=now, **wanted)
    ticket.needs_review = doubtful and "category" not in wanted
    if ticket.urgency == alarms.EMERGENCY and was != alarms.EMERGENCY:
        alarms.sound(session, district, ticket, BY_THE_AGENT, purpose=f"emergency:{ticket.id}", now=now)
