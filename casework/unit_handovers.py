"""Carrying out the pack's changes of units (机构变更): open cases and staff go to the unit that has the work now.

It is done again without harm: what was handed over is no longer the old unit's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import ended_units, hand_over, recording
from casework.actors import Actor
from casework.errors import NotAllowed
from casework.people_tables import HandOver
from casework.tables import Ticket
from casework.tickets import OPEN_TICKETS
from district.pack import District
from district.unit_changes import UnitChange
from storage.identity import User


@dataclass(frozen=True, slots=True)
class Due:
    """What one unit that ended still has: open cases by their heir, tickets without a case, staff.

    Under the empty heir stand the cases that nobody has inherited: a person must dispatch them anew.
    """

    source: str
    change: UnitChange
    cases: dict[str, list[str]] = field(default_factory=dict)
    tickets: list[str] = field(default_factory=list)
    staff: list[str] = field(default_factory=list)
    staff_to: str = ""

    @property
    def settled(self) -> bool:
        """Whether nothing is left that can be handed to anybody."""
        cases = any(numbers for heir, numbers in self.cases.items() if heir)
        return not (cases or self.tickets or (self.staff and self.staff_to))


def due(session: Session, district: District, *, now: datetime) -> list[Due]:
    """What every unit that has ended by now still has; units that have nothing are left out."""
    return [found for found in _each(session, district, now=now) if any((found.cases, found.tickets, found.staff))]


def _each(session: Session, district: District, *, now: datetime) -> Iterator[Due]:
    day = now.astimezone(district.calendars.zone).date()
    for source in dict.fromkeys(change.source for change in district.unit_changes.all):
        if not district.unit_changes.ended(source, day):
            continue
        found = Due(source, district.unit_changes.changes_of(source)[0])
        for case in hand_over.open_work(session, district, source):
            heir = ended_units.heir(district, source, case, now=now)
            found.cases.setdefault(heir, []).append(case.number)
        found.tickets.extend(ticket.number for ticket in _tickets(session, source))
        staff = select(User.login).where(User.unit == source, User.disabled.is_(False)).order_by(User.login)
        found.staff.extend(session.scalars(staff))
        yield Due(source, found.change, found.cases, found.tickets, found.staff, _one(district, source, now))


def _one(district: District, source: str, now: datetime) -> str:
    return ended_units.standing(district, source, now=now)


def _tickets(session: Session, source: str) -> list[Ticket]:
    query = select(Ticket).where(Ticket.unit == source, Ticket.case_id.is_(None), Ticket.state.in_(OPEN_TICKETS))
    return list(session.scalars(query.order_by(Ticket.id)))


def apply(session: Session, district: District, *, actor: Actor, now: datetime) -> list[HandOver]:
    """Hand over what every ended unit still has; staff follow where there is one successor. Raises ``NotAllowed``."""
    if actor.role not in hand_over.HANDS_OVER:
        raise NotAllowed("执行机构变更", "由督办或管理员办理")
    made = []
    for each in due(session, district, now=now):
        reason = f"机构{each.change.label}（{each.change.day}）" + (f"：{each.change.note}" if each.change.note else "")
        for heir, numbers in each.cases.items():
            if heir:
                one = hand_over.hand_over(
                    session,
                    district,
                    each.source,
                    heir,
                    actor=actor,
                    now=now,
                    reason=reason,
                    numbers=numbers,
                    kind="unit_change",
                )
                made.append(one)
        for ticket in _tickets(session, each.source):
            ticket.unit = ended_units.heir(district, each.source, ticket, now=now)
        if each.staff_to:
            _move_staff(session, each, actor, now=now)
    session.flush()
    return made


def _move_staff(session: Session, each: Due, actor: Actor, *, now: datetime) -> None:
    for user in session.scalars(select(User).where(User.login.in_(each.staff))):
        user.unit = each.staff_to
        recording.record(
            session, actor, "move_user", "user", user.id, now=now, details={"from": each.source, "to": each.staff_to}
        )
