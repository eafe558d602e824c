"""Periods of the rates, as days are asked for."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from api.desk import Desk
from district import formulas


def span(desk: Desk, first: date | None, last: date | None) -> tuple[datetime, datetime]:
    """The moments of a period given by assessment days, both counted; without days the current assessment period.

    An assessment day ends at the formula's cut-off hour (考核日 noon to noon), so a period begins at that hour on the
    day before its first.
    """
    zone = desk.district.calendars.zone
    if first is None and last is None:
        return formulas.period(desk.now(), desk.district.formulas, zone)
    hour = time(desk.district.formulas.cut_off_hour)
    today = desk.now().astimezone(zone).date()
    start = datetime.combine((first or last or today) - timedelta(days=1), hour, zone)
    return start, datetime.combine(last or today, hour, zone)
