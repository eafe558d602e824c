"""Shares of counts, and how sure they are: what figures of automatic dispatch and of quality have in common.

The interval is Wilson's score interval at 95 %: (p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n), z = 1.96.
E. B. Wilson, Probable inference, the law of succession, and statistical inference, J. Am. Stat. Assoc. 22 (1927),
209–212. Unlike the normal interval it holds for few decisions and for shares near one: 30 right of 30 give a lower
bound of 0.886, not of 1.
"""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

from sqlalchemy import ColumnElement, case, func

Z = NormalDist().inv_cdf(0.975)


def share(part: float, of: int) -> float | None:
    """None of nothing."""
    return part / of if of else None


def wilson(right: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share, (0, 1) where nothing is known (see the module's text)."""
    if of == 0:
        return 0.0, 1.0
    part, spread = right / of, Z * Z / of
    middle, half = part + spread / 2, Z * sqrt(part * (1 - part) / of + spread / (4 * of))
    lower, upper = (middle - half) / (1 + spread), (middle + half) / (1 + spread)
    return lower if right else 0.0, upper if right < of else 1.0


def how_many(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """Of a group's rows, those that meet the condition; 0 where there are none."""
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
