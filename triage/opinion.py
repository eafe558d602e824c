"""A second opinion on urgency, learnt from the pack's example sentences.

Signs are exact and short-sighted: they miss what nobody wrote a pattern for (喊他没声) and take a word for a deed
(溺水急救班). Here a text is compared with sentences of the three levels, written by many hands. Signs and sets of words
as further features helped on the sentences they had been made from, and on those of other hands they did harm.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from district.examples import Examples
from triage.likeness import Likeness

APPEALS = ("emergency", "urgent", "normal")


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
        grave, pressing, all_appeals = (
            len(examples.by_urgency(*levels)) for levels in (APPEALS[:1], APPEALS[:2], APPEALS)
        )
        told = [plain(text) for text in examples.by_urgency(*APPEALS, "foreign")]
        at = np.arange(len(told))
        self._likeness = Likeness(told, [(at < grave)[:all_appeals], (at < pressing)[:all_appeals], at >= all_appeals])

    def of(self, text: str) -> Judgement:
        """Compare a folded text of at most a few sentences."""
        return Judgement(*self._likeness.of(text).tolist())
