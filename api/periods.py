"""Periods of the rates, as days are asked for."""

from __future__ import annotations

from datetime import date, datetime

from api.desk import Desk
from casework.errors import BadPeriod
from district import formulas

YEARS = (1970, 2999)
"""No desk has figures of another year, and near the ends of the calendar a day has none before or after it."""


def span(desk: Desk, first: date | None, last: date | None) -> tuple[datetime, datetime]:
    """The moments of a period given by assessment days, both counted; without days the current assessment period.

    An assessment day (考核日) is called by the date it starts on, at the formula's cut-off hour. Raises ``BadPeriod``.
    """
    for each in (first, last):
        if each is not None and not YEARS[0] <= each.year <= YEARS[1]:
            raise BadPeriod(str(first), str(last))
    if first is not None and last is not None and last < first:
        raise BadPeriod(str(first), str(last))
    zone = desk.district.calendars.zone
    if first is None and last is None:
        return formulas.period(desk.now(), desk.district.formulas, zone)
    rules = desk.district.formulas
    today = formulas.assessment_day(desk.now(), rules, zone)
    return formulas.day_span(first or last or today, rules, zone)[0], formulas.day_span(last or today, rules, zone)[1]
