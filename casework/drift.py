"""Whether what is brought to the desk changes (漂移): suggested categories of the last weeks against those before.

Counted on all tickets that were judged by triage, decided or not, by when they came in: drift is seen before anybody
has corrected anything. ``RECENT`` weeks are held against the ``BASE`` weeks before them.

The mix is compared by the population stability index over the first-level categories:

    PSI = Σ (now − then) × ln(now / then)

with half a ticket added to each count, so that a category nobody wrote of before is not infinite. Its usual bounds are
0.1 and 0.25 (N. Siddiqi, Credit risk scorecards, Wiley 2006). Few tickets give a high index by chance alone: without
any drift it is about (1/n + 1/m) × χ² with one degree of freedom less than there are categories (B. Yurdakul,
Statistical properties of population stability index, Western Michigan University 2018). An index below the 95 %
quantile of that, ``chance``, says nothing. Third-level categories would be too many for the index: their shares are
listed beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log, sqrt

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from casework.tables import TicketFacts

RECENT, BASE = timedelta(weeks=4), timedelta(weeks=12)
MODERATE, STRONG = 0.1, 0.25
LESS_SURE = 0.02
"""A mean probability that fell by less is of no account, however many tickets say so."""
_Z95 = 1.6449
_Z975 = 1.96


@dataclass(frozen=True, slots=True)
class Window:
    """Tickets of one stretch of weeks by their suggested category; ``stated`` and ``squared`` are sums over them."""

    counts: Mapping[str, int]
    stated: float = 0.0
    squared: float = 0.0

    @property
    def tickets(self) -> int:
        """How many there are."""
        return sum(self.counts.values())

    @property
    def mean(self) -> float | None:
        """Mean probability of the first category; None without tickets."""
        return self.stated / self.tickets if self.tickets else None

    @property
    def spread(self) -> float:
        """Variance of that mean."""
        count, mean = self.tickets, self.mean
        return max(0.0, self.squared / count - mean * mean) / count if mean is not None else 0.0


@dataclass(frozen=True, slots=True)
class Drift:
    """``then`` lasts from ``since`` to ``turn``, ``now`` from there to ``until``. ``psi`` is None without tickets."""

    since: datetime
    turn: datetime
    until: datetime
    then: Window
    now: Window
    psi: float | None
    chance: float | None

    @property
    def verdict(self) -> str:
        """``stable``, ``moderate``, ``strong``; ``unsure`` where few tickets may be all there is to it; ``none``."""
        if self.psi is None or self.chance is None:
            return "none"
        if self.psi < MODERATE:
            return "stable"
        if self.psi <= self.chance:
            return "unsure"
        return "strong" if self.psi >= STRONG else "moderate"

    @property
    def is_less_sure(self) -> bool:
        """Whether the mean probability fell, by ``LESS_SURE`` or more and by more than chance explains (z 1.96)."""
        if self.now.mean is None or self.then.mean is None:
            return False
        fall = self.then.mean - self.now.mean
        return fall >= LESS_SURE and fall > _Z975 * sqrt(self.now.spread + self.then.spread)

    def shares(self) -> list[tuple[str, int, int, float, float]]:
        """Each category with its counts and shares then and now, the greatest change first; none without tickets."""
        if self.psi is None:
            return []
        rows = []
        for code in self.then.counts.keys() | self.now.counts.keys():
            then, now = self.then.counts.get(code, 0), self.now.counts.get(code, 0)
            rows.append((code, then, now, then / self.then.tickets, now / self.now.tickets))
        return sorted(rows, key=lambda row: (-abs(row[4] - row[3]), row[0]))


def stability(then: Mapping[str, int], now: Mapping[str, int]) -> float:
    """The population stability index of two counts, half a ticket added to each."""
    names = then.keys() | now.keys()
    of_then, of_now = (sum(each.values()) + len(names) / 2 for each in (then, now))
    total = 0.0
    for name in sorted(names):
        was, is_ = (then.get(name, 0) + 0.5) / of_then, (now.get(name, 0) + 0.5) / of_now
        total += (is_ - was) * log(is_ / was)
    return total


def by_chance(categories: int, then: int, now: int) -> float:
    """What the index stays below in 95 of 100 cases without any drift (χ² by Wilson and Hilferty's approximation)."""
    free = categories - 1
    if free <= 0:
        return 0.0
    part = 2 / (9 * free)
    return float(free * (1 - part + _Z95 * sqrt(part)) ** 3 * (1 / then + 1 / now))


def measure(session: Session, until: datetime) -> Drift:
    """The drift as of ``until``, from one grouped query."""
    turn = until - RECENT
    since = turn - BASE
    is_now = case((TicketFacts.opened_at >= turn, 1), else_=0)
    stated = TicketFacts.probability
    query = (
        select(TicketFacts.suggested, is_now, func.count(), func.sum(stated), func.sum(stated * stated))
        .where(TicketFacts.opened_at >= since, TicketFacts.opened_at < until, TicketFacts.suggested != "")
        .group_by(TicketFacts.suggested, is_now)
    )
    rows = [tuple(row) for row in session.execute(query)]
    then, now = (_window([row for row in rows if row[1] == side]) for side in (0, 1))
    if not then.tickets or not now.tickets:
        return Drift(since, turn, until, then, now, None, None)
    above = [_first_level(each.counts) for each in (then, now)]
    chance = by_chance(len(above[0].keys() | above[1].keys()), then.tickets, now.tickets)
    return Drift(since, turn, until, then, now, stability(*above), chance)


def _window(rows: list[tuple[str, int, int, float, float]]) -> Window:
    counts = {row[0]: int(row[2]) for row in rows}
    return Window(counts, sum(float(row[3]) for row in rows), sum(float(row[4]) for row in rows))


def _first_level(counts: Mapping[str, int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for code, count in counts.items():
        found[code[:2]] = found.get(code[:2], 0) + count
    return found
