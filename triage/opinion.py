"""A second opinion on urgency, learnt from the pack's example sentences.

Signs are exact and short-sighted: they miss what nobody wrote a pattern for (喊他没声) and take a word for a deed
(溺水急救班). Here a text is compared with sentences of the three levels, written by many hands. Signs and sets of words
as further features helped on the sentences they had been made from, and on those of other hands they did harm.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from district.schemas import UrgencyExamples
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

    def __init__(self, examples: UrgencyExamples, *, plain: Callable[[str], str]) -> None:
        told = (*examples.emergency, *examples.urgent, *examples.normal, *examples.foreign)
        at, appeals, grave = np.arange(len(told)), len(told) - len(examples.foreign), len(examples.emergency)
        self._likeness = Likeness(
            [plain(text) for text in told],
            [(at < grave)[:appeals], (at < grave + len(examples.urgent))[:appeals], at >= appeals],
        )

    def of(self, text: str) -> Judgement:
        """Compare a folded text of at most a few sentences."""
        return Judgement(*self._likeness.of(text).tolist())
