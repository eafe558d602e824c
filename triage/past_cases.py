"""Past cases: what became of matters like this one, and which units gave such matters back.

Only the columns of a text are kept, never its words. A past case is looked at where its category is of the kind (second
level) of one that the text may be of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from triage.features import Floats, Ints

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

KIND = 4
"""Characters of a category's code that name its kind, the second level."""
ALIKE = 0.1
"""Cosine from which a past case is like a text."""
SHOWN = 3
CAUTION = 0.5
"""What speaks for a unit before anything is known, as so many cosines of cases it kept: one return is no rule."""


@dataclass(frozen=True, slots=True)
class PastCase:
    """A case that a unit answered. ``returned_by`` are the units that had given it back before."""

    case_id: str
    category: str
    unit: str
    returned_by: tuple[str, ...] = ()
    title: str = ""
    text: str = ""
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Like:
    """A past case that is like a text, by the cosine of their features."""

    case_id: str
    unit: str
    returned_by: tuple[str, ...]
    score: float


@dataclass(frozen=True, slots=True)
class Doubt:
    """What speaks against a unit: the share that it would give a text back, the cases, and who answered those."""

    share: float
    case_ids: tuple[str, ...]
    answered_by: Mapping[str, float]


class PastCases:
    """Past cases by their features. Read only, safe to share between threads."""

    def __init__(self, cases: Sequence[PastCase], matrix: csr_matrix) -> None:
        """``matrix`` has a row for each case, of length one, over the vocabulary's columns."""
        self.cases = tuple(cases)
        self.matrix = matrix
        rows: defaultdict[str, list[int]] = defaultdict(list)
        for at, case in enumerate(cases):
            rows[case.category[:KIND]].append(at)
        self._kinds = {kind: (np.array(at), matrix[at]) for kind, at in rows.items()}

    def like(self, columns: Ints, values: Floats, categories: Iterable[str]) -> list[Like]:
        """Those like a text of these features that may be of one of the categories; the most alike first."""
        text = np.zeros(self.matrix.shape[1], dtype=np.float32)
        np.add.at(text, columns, values)
        length = float(np.sqrt(text @ text))
        found = []
        for kind in dict.fromkeys(category[:KIND] for category in categories):
            at, rows = self._kinds.get(kind, (None, None))
            if at is None or rows is None or not length:
                continue
            scores = rows @ text / length
            found += [self._like(int(at[near]), float(scores[near])) for near in np.flatnonzero(scores >= ALIKE)]
        return sorted(found, key=lambda each: (-each.score, each.case_id))

    def _like(self, at: int, score: float) -> Like:
        case = self.cases[at]
        return Like(case.case_id, case.unit, case.returned_by, round(min(score, 1.0), 3))


def doubt(unit: str, likes: Sequence[Like]) -> Doubt | None:
    """What cases like a text say against a unit; None where it gave none of them back that another then answered.

    The share is that of those it gave back among those it had, each by how much alike it is, with ``CAUTION`` for it.
    """
    returned = [each for each in likes if unit in each.returned_by and each.unit != unit]
    if not returned:
        return None
    against, kept = sum(each.score for each in returned), sum(each.score for each in likes if each.unit == unit)
    elsewhere: defaultdict[str, float] = defaultdict(float)
    for each in returned:
        elsewhere[each.unit] += each.score / against
    return Doubt(against / (against + kept + CAUTION), tuple(each.case_id for each in returned[:SHOWN]), elsewhere)


def known(cases: Iterable[PastCase], units: Iterable[str], categories: Iterable[str]) -> Iterator[PastCase]:
    """Cases of units and categories that there still are."""
    there, filed = {*units}, {*categories}
    return (case for case in cases if case.unit in there and case.category in filed)
