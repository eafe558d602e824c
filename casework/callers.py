"""Who calls from a number: the residents who are known by it and their tickets, for whoever takes the call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from casework.actors import Actor
from casework.errors import NotAllowed
from casework.reading import WORK_WITH_PEOPLE
from casework.resident_tables import Identity, Resident
from casework.residents import written_as
from casework.tables import Ticket
from casework.tickets import OPEN_TICKETS

AT_MOST = 12
"""Tickets that are looked at, the latest first: who calls for the thirteenth time is looked up on his own page."""
PEOPLE = 5

Line = tuple[str, str]
"""A channel and an account of it."""


@dataclass(frozen=True, slots=True)
class Caller:
    """What is on record of a number. ``open`` are his tickets in hand, ``past`` those that are over, latest first."""

    residents: Sequence[Resident]
    open: Sequence[Ticket]
    past: Sequence[Ticket]
    count: int


def by_phone(session: Session, actor: Actor, phone: str, lines: Sequence[Line]) -> Caller:
    """Who stated this number, has it verified, or called or wrote from it by one of the ``lines``.

    Raises ``NotAllowed`` for who does not speak with residents.
    """
    if actor.role not in WORK_WITH_PEOPLE:
        raise NotAllowed("按号码查询来电人", "由坐席、派单员和回访员查询")
    forms = written_as(phone)
    if not forms:
        return Caller((), (), (), 0)
    residents = _known_by(session, forms, lines)
    if not residents:
        return Caller((), (), (), 0)
    his = Ticket.resident_id.in_([each.id for each in residents])
    latest = select(Ticket).where(his)
    tickets = list(session.scalars(latest.order_by(Ticket.opened_at.desc(), Ticket.id.desc()).limit(AT_MOST)))
    return Caller(
        residents,
        [each for each in tickets if each.state in OPEN_TICKETS],
        [each for each in tickets if each.state not in OPEN_TICKETS],
        session.scalar(select(func.count(Ticket.id)).where(his)) or 0,
    )


def _known_by(session: Session, forms: frozenset[str], lines: Sequence[Line]) -> list[Resident]:
    """Asked way by way, each by its own index: one question for all of them would be answered by reading everybody."""
    ways: list[ColumnElement[bool]] = [Resident.phone.in_(forms), Resident.verified_phone.in_(forms)]
    for channel, account in lines:
        named = select(Identity.resident_id).where(
            Identity.channel == channel, Identity.account == account, Identity.external.in_(forms)
        )
        ways.append(Resident.id.in_(named))
    found: dict[str, Resident] = {}
    for way in ways:
        known = select(Resident).where(way, Resident.merged_into.is_(None), Resident.erased_at.is_(None))
        found |= {each.id: each for each in session.scalars(known.limit(PEOPLE))}
    return sorted(found.values(), key=lambda each: each.id, reverse=True)[:PEOPLE]
