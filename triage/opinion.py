"""A second opinion on urgency, learnt from the pack's example sentences.

Signs are exact and short-sighted: they miss what nobody wrote a pattern for (喊他没声) and take a word for a deed
(溺水急救班). Here a text is compared with sentences of the three levels, written by many hands. Signs and sets of words
as further features helped on the sentences they had been made from, and on those of other hands they did harm.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from district.examples import FOREIGN, LEVELS, Examples
from triage.likeness import Likeness


@dataclass(frozen=True, slots=True)
class Judgement:
    """How like the examples a text is: about 1 for that, about -1 for its contrary."""

    emergency: float
    pressing: float
    """Urgent or an emergency, against normal."""
    foreign: float
    """Nothing that a desk could act on: chatter, advertising, verse, code."""


class Opinion:
    """Weights fitted on examples; ``plain`` is how texts are folded. Read only, safe to share between threads."""

    def __init__(self, examples: Examples, *, plain: Callable[[str], str]) -> None:
        told = sorted((row for row in examples.rows if row.urgency), key=lambda row: LEVELS.index(row.urgency))
        level = np.array([LEVELS.index(row.urgency) for row in told])
        appeals = level[level < LEVELS.index(FOREIGN)]
        self._likeness = Likeness(
            [plain(row.text) for row in told],
            [appeals == LEVELS.index("emergency"), appeals <= LEVELS.index("urgent"), level == LEVELS.index(FOREIGN)],
        )

    def of(self, text: str) -> Judgement:
        """Compare a folded text of at most a few sentences."""
        return Judgement(*self._likeness.of(text).tolist())
