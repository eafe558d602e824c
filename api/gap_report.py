"""The report of what the knowledge base lacks: computed by the daily job or when asked for, kept, and read by pages.

It takes a minute or two on a large desk, so it is always computed in a thread of its own, one at a time over all
processes.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from api import knowledge_gaps
from knowledge import gaps, overlaps
from knowledge.gap_tables import GapReport
from knowledge.gaps import Asked
from storage.locks import try_lock

if TYPE_CHECKING:
    from api.desk import Desk

log = logging.getLogger(__name__)

WEEKS = 13
MOST_TICKETS = 5_000
"""The newest tickets that ask; each is searched for once."""
MOST_GAPS, MOST_PAIRS = 500, 200
GIVEN_UP = timedelta(minutes=30)
"""A computation begun so long ago died with its process."""
NAME = "latest"


def document(desk: Desk, since: datetime, more: Sequence[Asked] = (), *, tickets: int | None = None) -> dict[str, Any]:
    """Everything that was found, as JSON has it. ``more`` are questions beside tickets and searches."""
    desk.follower.catch_up()
    there = knowledge_gaps.published(desk)
    known = [
        *knowledge_gaps.asked(desk, since=since, limit=tickets),
        *knowledge_gaps.searched(desk, since=since),
        *more,
    ]
    return {
        "asked": len(known),
        "served": sum(one.served for one in known),
        "gaps": [asdict(gap) for gap in gaps.without_article(known, desk.words)],
        "unused": gaps.unused([article.number for article in there], known),
        "repeats": [asdict(each) for each in overlaps.repeats(there)],
        "contradictions": [asdict(each) for each in overlaps.contradictions(there)],
    }


def kept(desk: Desk, now: datetime) -> dict[str, Any]:
    """The same of the last ``WEEKS``, cut to what a page can show."""
    today = now.astimezone(desk.district.calendars.zone)
    found = document(desk, now - timedelta(weeks=WEEKS), tickets=MOST_TICKETS)
    found["gaps"] = found["gaps"][:MOST_GAPS]
    for name in ("repeats", "contradictions"):
        found[name] = found[name][:MOST_PAIRS]
    return found | {"day": today.date().isoformat()}


class GapReports:
    """The report of one desk. For all threads."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Have it computed beside, unless it is being computed somewhere."""
        if self._thread is None or not self._thread.is_alive():
            self._note(begun_at=self._desk.now())
            self._thread = threading.Thread(target=self._run, name="gaps", daemon=True)
            self._thread.start()

    def settle(self) -> None:
        """Wait for what ``begin`` began."""
        if self._thread is not None:
            self._thread.join()

    def compute(self) -> int:
        """Compute and keep it. Return the number of gaps; none while it is computed elsewhere."""
        lock = try_lock(self._desk.database, self._desk.home, "gaps")
        if lock is None:
            return 0
        try:
            now = self._desk.now()
            self._note(begun_at=now)
            found = kept(self._desk, now)
            self._note(begun_at=None, computed_at=now, document=found)
            return len(found["gaps"])
        except Exception:
            self._note(begun_at=None)
            raise
        finally:
            lock.release()

    def is_under_way(self, report: GapReport | None) -> bool:
        """Whether one is being computed, by what its row says."""
        begun = report.begun_at if report is not None else None
        return begun is not None and self._desk.now() - begun < GIVEN_UP

    def _run(self) -> None:
        try:
            self.compute()
        except Exception:
            log.exception("the gaps could not be computed")

    def _note(self, **values: Any) -> None:
        with self._desk.database.write.begin() as session:
            row = session.get(GapReport, NAME)
            if row is None:
                row = GapReport(name=NAME, begun_at=None, computed_at=None, document={})
                session.add(row)
            for name, value in values.items():
                setattr(row, name, value)
