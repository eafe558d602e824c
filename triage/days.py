"""When a letter came, as features: offices are founded, merged and renamed, and duties move from one to another.

The days from the first letter to the last are covered by bells of half a year, each overlapping with the next. A text's
features say how near each is; two texts have a likeness of one on the same day and of next to nothing after a year.
What comes after the last letter counts as coming with it: whoever handles such matters today still will tomorrow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from triage.features import Floats

WIDTH = 127.0
"""Days of a bell's standard deviation: the likeness of two days then falls off with one of 180 days."""
APART = 90.0
"""Days from one bell to the next."""


@dataclass(frozen=True, slots=True)
class Days:
    """The middles of the bells, as ordinals of days; none where fewer than two days are known."""

    middles: Floats

    def of(self, day: date | None) -> Floats:
        """One number a bell; zeros where the day is not known."""
        if day is None or not len(self.middles):
            return np.zeros(len(self.middles), dtype=np.float32)
        at = min(max(day.toordinal(), self.middles[0]), self.middles[-1])
        near = np.exp(-(((at - self.middles) / WIDTH) ** 2) / 2)
        return np.asarray(near / np.sqrt(near @ near), dtype=np.float32)


def spanning(days: Sequence[date | None]) -> Days:
    """Bells over the days of letters."""
    known = [day.toordinal() for day in days if day is not None]
    if len(set(known)) < 2:
        return Days(np.empty(0, dtype=np.float32))
    first, last = min(known), max(known)
    return Days(np.linspace(first, last, max(2, round((last - first) / APART) + 1), dtype=np.float32))
