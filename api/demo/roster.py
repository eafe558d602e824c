"""The demo's duty roster (值班): yesterday and two weeks, entered before the play, so that an alert finds somebody."""

from __future__ import annotations

from datetime import timedelta

from api.demo.cast import SUPERVISOR
from api.desk import Desk
from casework import duty
from casework.duty import Shift

DAYS = 14
CALLED = ("dispatcher", "supervisor")
"""Logins in the order in which they are called."""


def fill(desk: Desk) -> None:
    """Enter the shifts where the coming days have none yet."""
    now = desk.now()
    today = now.astimezone(desk.district.calendars.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    with desk.database.write.begin() as session:
        if duty.roster(session, start=now, end=now + timedelta(days=DAYS)):
            return
        shifts = [
            ("", Shift(today + timedelta(days=day), today + timedelta(days=day + 1), login, position))
            for day in range(-1, DAYS)
            for position, login in enumerate(CALLED, 1)
        ]
        duty.enter(session, shifts, actor=SUPERVISOR, now=now)
