"""A second opinion on urgency, learnt from the pack's example sentences.

Signs are exact and short-sighted: they miss what nobody wrote a pattern for (喊他没声) and take a word for a deed
(溺水急救班). Here a text is compared with sentences of the three levels by its runs of characters, the sets of words
that occur in it, pairs of these sets, and the signs that were found. Two thousand sentences are too few to learn pairs
of words: the sets carry what is meant to sentences nobody has written yet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from district.schemas import UrgencyExamples, WordSet
from triage.likeness import Features, Likeness, Runs

SETS, PAIRS, SIGN = 0.4, 0.2, 0.4
"""Weight of a set of words, of a pair of sets and of a sign beside the unit vector of character runs."""
SHORT, LONG = 8, 60
"""A text below ``SHORT`` has a feature of its own: 火 alone is a cry, in a letter a word. ``LONG`` is long enough."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """How like the examples a text is: about 1 for that, about -1 for its contrary."""

    emergency: float
    pressing: float
    """Urgent or an emergency, against normal."""
    foreign: float
    """Nothing that a desk could act on: chatter, advertising, verse, code."""


class Opinion:
    """Weights fitted on examples. Read only, safe to share between threads.

    ``signs`` names the signs that a pack's rules find in an example; ``plain`` is how texts are folded.
    """

    def __init__(
        self,
        examples: UrgencyExamples,
        words: Sequence[WordSet],
        *,
        plain: Callable[[str], str],
        signs: Callable[[str], Iterable[str]],
    ) -> None:
        self._sets = [(word.name, re.compile(word.pattern)) for word in words]
        told = (*examples.emergency, *examples.urgent, *examples.normal, *examples.foreign)
        texts = [plain(text) for text in told]
        self._runs = Runs(texts)
        at, appeals, grave = np.arange(len(texts)), len(texts) - len(examples.foreign), len(examples.emergency)
        self._likeness = Likeness(
            [self._features(text, signs(text)) for text in texts],
            [(at < grave)[:appeals], (at < grave + len(examples.urgent))[:appeals], at >= appeals],
        )

    def of(self, text: str, signs: Iterable[str] = ()) -> Judgement:
        """Compare a folded text of at most a few sentences, in which these signs stand."""
        return Judgement(*self._likeness.of(self._features(text, signs)))

    def _features(self, text: str, signs: Iterable[str]) -> Features:
        found = self._runs.of(text)
        sets = [f"<{name}>" for name, pattern in self._sets if pattern.search(text)]
        found |= dict.fromkeys(sets, SETS)
        found |= dict.fromkeys(map("".join, combinations(sets, 2)), PAIRS)
        found |= dict.fromkeys((f"<sign {name}>" for name in signs), SIGN)
        found["<length>"] = SETS * min(len(text), LONG) / LONG
        if len(text) < SHORT:
            found["<short>"] = SETS
        return found
