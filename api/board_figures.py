"""The board's figures as this process keeps them: computed once for all readers, in a thread of their own.

What is open now is counted anew when the change log has moved; a period, which reads thousands of rows, no more often
than costs a twentieth of a processor. A reader waits a moment for fresh figures, then takes those of before: each
carries the moment it was computed at, and the page says it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Generic, TypeVar

from casework import board_figures, event_list, publication
from casework.actors import SYSTEM, Actor
from casework.board_figures import Now, Period
from casework.event_list import Summary
from casework.publication import Missing
from district.pack import District
from district.schemas import Role

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from api.desk import Desk

Figures = TypeVar("Figures")

AT_LEAST = timedelta(seconds=3)
"""Figures are computed anew no more often."""
AT_MOST = timedelta(seconds=60)
"""Figures are computed anew after so long even where nothing was written: clocks run out by themselves."""
SHARE = 20
"""Figures that took a second to compute hold for at least so many seconds, but not longer than ``HELD``."""
HELD = timedelta(seconds=30)
TOO_OLD = timedelta(minutes=10)
"""Older figures are not shown while newer ones are computed."""
PATIENCE = 0.1
"""Seconds that a page waits for fresh figures."""
PERIODS_KEPT = 24
EVENTS = 6
"""Mass events shown beside the charts."""


@dataclass(frozen=True, slots=True)
class MassEvent:
    """A mass event as the board shows it: by its number, with nobody's words."""

    key: str
    reporters: int
    tickets: int
    last_at: datetime
    about: Summary


@dataclass(frozen=True, slots=True)
class Moment:
    """What is now, the mass events that go on, and the notice on days off that the desk waits for."""

    figures: Now
    events: tuple[MassEvent, ...]
    missing: Missing | None


@dataclass(frozen=True, slots=True)
class Computed(Generic[Figures]):
    """Figures, with the moment and the place in the change log that they are of, and the seconds that they took."""

    figures: Figures
    at: datetime
    tip: int
    took: float

    def is_fresh(self, tip: int, now: datetime) -> bool:
        """Whether nobody needs newer ones yet."""
        age = now - self.at
        least = max(AT_LEAST, min(timedelta(seconds=SHARE * self.took), HELD))
        return timedelta(0) <= age < (max(AT_MOST, least) if tip == self.tip else least)


class Kept(Generic[Figures]):
    """One computation and its last result; at most one thread computes it at a time."""

    def __init__(self, compute: Callable[[], Computed[Figures]], pool: ThreadPoolExecutor) -> None:
        self._compute = compute
        self._pool = pool
        self._lock = threading.Lock()
        self._last: Computed[Figures] | None = None
        self._running: Future[Computed[Figures]] | None = None

    def get(self, tip: int, now: datetime, patience: float) -> Computed[Figures] | None:
        """The last figures where they are fresh; else newer ones if they come in time, or the last if not too old.

        What the computation raises is raised to whoever waits for it.
        """
        with self._lock:
            last = self._last
            if last is not None and last.is_fresh(tip, now):
                return last
            if self._running is None:
                self._running = self._pool.submit(self._run)
            running = self._running
        try:
            return running.result(patience)
        except TimeoutError:
            return last if last is not None and abs(now - last.at) < TOO_OLD else None

    def _run(self) -> Computed[Figures]:
        try:
            found = self._compute()
            with self._lock:
                self._last = found
            return found
        finally:
            with self._lock:
                self._running = None


class BoardFigures:
    """The figures of one desk. For all threads."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="board")
        self._moment: Kept[Moment] = Kept(lambda: self._computed(_moment), self._pool)
        self._periods: dict[tuple[tuple[int, int], bool], Kept[Period]] = {}
        self._lock = threading.Lock()

    def moment(self, *, patience: float = PATIENCE) -> Computed[Moment] | None:
        """What is now; None while it is computed for the first time."""
        return self._moment.get(self._desk.feed.tip(), self._desk.now(), patience)

    def period(
        self, month: tuple[int, int], *, with_excluded: bool, patience: float = PATIENCE
    ) -> Computed[Period] | None:
        """The period called by this month; None while it is computed for the first time."""
        key = (month, with_excluded)

        def read(session: Session, district: District, now: datetime) -> Period:
            return board_figures.period_figures(session, district, month, now=now, with_excluded=with_excluded)

        with self._lock:
            kept = self._periods.pop(key, None) or Kept(lambda: self._computed(read), self._pool)
            self._periods[key] = kept  # the one asked for last stands last
            while len(self._periods) > PERIODS_KEPT:
                self._periods.pop(next(iter(self._periods)))
        return kept.get(self._desk.feed.tip(), self._desk.now(), patience)

    def _computed(self, read: Callable[[Session, District, datetime], Figures]) -> Computed[Figures]:
        district, tip, now = self._desk.district, self._desk.feed.tip(), self._desk.now()
        began = time.monotonic()
        with self._desk.database.read() as session:
            figures = read(session, district, now)
        return Computed(figures, now, tip, time.monotonic() - began)

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(cancel_futures=True)


READER = Actor(SYSTEM.id, SYSTEM.name, Role.SUPERVISOR)
"""In whose place mass events are read for all who may see them."""


def _moment(session: Session, district: District, now: datetime) -> Moment:
    figures = board_figures.now_figures(session, district, now=now)
    found, _ = event_list.mass_events(session, district, READER, now=now, show="open", limit=EVENTS)
    about = event_list.summaries(session, district, found)
    events = tuple(
        MassEvent(each.number or each.id, each.reporters, each.tickets, each.last_at, about[each.id]) for each in found
    )
    return Moment(figures, events, publication.missing_notice(session, district, now=now))
