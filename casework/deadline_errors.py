"""What casework refuses of times: acts before what is on record, periods not begun, reports on days not published."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from casework.errors import CaseworkError


class ClockBackwards(CaseworkError):
    """An act would stand before the last thing that happened to the case: a machine's clock is wrong."""

    def __init__(self, number: str, now: datetime, last: datetime) -> None:
        super().__init__(f"case {number}: {now.isoformat()} lies before {last.isoformat()}")
        self.number = number
        self.now = now
        self.last = last


class PeriodNotStarted(CaseworkError):
    """A period of the rates that begins in the future."""

    def __init__(self, start: str) -> None:
        super().__init__(f"the period begins on {start}")
        self.start = start


class ProvisionalDays(CaseworkError):
    """A report would rest on days of years whose notice on days off is not loaded."""

    def __init__(self, years: Sequence[int]) -> None:
        super().__init__(f"days off of {', '.join(map(str, years))} are not published")
        self.years = tuple(years)
