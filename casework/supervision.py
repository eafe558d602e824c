"""Watching the clocks: yellow, red and overdue are told once each, to the unit first and then to the supervisors."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from casework import deadlines, facts
from casework.rules import of
from casework.telling import notify
from district.pack import District

LEVELS = ("yellow", "red", "overdue")
DESK_CLOCKS = frozenset({"dispatch", "callback"})
"""Clocks the desk itself answers for; the others are the unit's."""


def check_clocks(session: Session, district: District, *, now: datetime) -> int:
    """Tell of every clock that reached a new level, never twice of the same. Return how many were told."""
    told = 0
    for clock, case in deadlines.running_clocks(session):
        level = deadlines.level(of(session, district, case), clock, now=now)
        if level not in LEVELS or (clock.warned and LEVELS.index(level) <= LEVELS.index(clock.warned)):
            continue
        clock.warned = level
        told += 1
        fields = {
            "clock": clock.label,
            "deadline": f"{clock.due_at.astimezone(district.calendars.zone):%m月%d日 %H:%M}",
        }
        unit = "" if clock.name in DESK_CLOCKS else case.lead_unit
        audience = "unit" if unit else "desk"
        notify(session, district, audience, f"clock_{level}", now=now, case=case, unit=unit, fields=fields)
        if level == "overdue":
            notify(session, district, "supervisor", "clock_overdue", now=now, case=case, fields=fields)
            for ticket in case.tickets:
                facts.refresh(session, district, ticket, now=now)
    return told
