"""Training the desk's model: from the pack's samples, the taxonomy's own words, and corrections.

What people wrote (chats, letters, corrections) is natural; the rest is made. Made texts are all alike: a model is
nearly always right on them and learns that it may be sure. So probabilities, thresholds and figures are fitted on
natural texts alone, each answered by a model that has not read it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from district.examples import FOREIGN
from district.pack import District
from triage import calibration, features, handling_history, head, past_cases
from triage.calibration import Calibration
from triage.evaluation import learnt_words
from triage.examples import Labelled
from triage.features import Vocabulary
from triage.handling_history import History
from triage.model import Model
from triage.past_cases import PastCase, PastCases
from triage.samples import pack_samples, told
from triage.words import Cutter

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = ["pack_samples", "train"]

VOCABULARY = 60_000
"""Features at most: 420 classes of weights for each must fit into a small machine's memory."""
MADE_EACH = 2
"""Sample appeals of one category that are learnt from: more of the same mould taught nothing about natural texts."""
ENOUGH_PAST = 50
"""Answered cases below which nothing is learnt of units but from the ones that are like a text."""
MEASURABLE = 100
"""Natural texts below which nothing is measured."""
GUESSED = Calibration(22.0, (), 0.23, 0.2, -0.45)
"""What then stands in for a calibration: the one that held for natural texts and a model that had read none."""


def _kin(code: str) -> str:
    """The second-level category of a third-level one."""
    return code[:4]


MANNER = head.Manner(penalty=2.0, kin=_kin, least=MEASURABLE, guess=GUESSED)


def train(
    district: District,
    examples: Iterable[Labelled],
    *,
    version: str,
    past: Sequence[PastCase] = (),
    cache: Path | None = None,
    seed: int = 0,
) -> Model:
    """Fit a model on labelled texts and the taxonomy's words. Figures are measured on cross-fitted natural texts.

    ``past`` cases teach which unit answers what, and what words mean; of their categories nothing is learnt. Likewise
    the pack's example sentences teach what words mean. Examples and past cases of categories (or units) that there are
    no more are left out. Raises ``TooFewExamples``.
    """
    known = {category.code for category in district.taxonomy.leaves}
    rows = _thinned(row for row in examples if row.category in known)
    given = told(district)
    rows += given
    texts = [features.prepared(row.title, row.text) for row in rows]
    cases = list(past_cases.known(past, (unit.code for unit in district.units), known))
    letters = [Labelled(case.text, case.title, unit=case.unit, day=case.day) for case in cases]
    read = [text for text, row in zip(texts, rows, strict=True) if row.use != "kept"]
    answered = [features.prepared(row.title, row.text) for row in letters]
    read += answered
    read += [features.prepared("", each.text) for each in district.examples.rows if each.urgency != FOREIGN]
    lexicon = learnt_words(read, Cutter(cache, district.gazetteer.names))
    vocabulary = features.with_meaning(features.build(read, lexicon, at_most=VOCABULARY), read)
    table = features.table(texts, vocabulary)
    given_only, kept = np.array([not row.measures for row in rows]), np.array([row.use == "kept" for row in rows])
    labels = [row.category for row in rows]
    category, crossfit = head.train(table, labels, given=given_only, kept=kept, manner=MANNER, seed=seed)
    figures = {
        "n_train": int((~kept).sum()) - len(given),
        "n_told": len(given),
        "features": len(vocabulary),
        "n_natural": int((~given_only).sum()),
        **_natural(crossfit),
    }
    typed = _request_type(rows, table, seed)
    if not cases:
        return Model(version, vocabulary, category, typed, figures)
    units = _units(district, letters, vocabulary, seed)
    figures |= {"n_past": len(cases), "unit_accuracy": round(units.accuracy, 4) if units else None}
    remembered = PastCases(cases, _rows(features.table(answered, vocabulary), category))
    return Model(version, vocabulary, category, typed, figures, remembered, units)


def _units(district: District, letters: Sequence[Labelled], vocabulary: Vocabulary, seed: int) -> History | None:
    """What past cases teach of units; nothing where they are few, or all of one unit."""
    if len(letters) < ENOUGH_PAST or len({row.unit for row in letters}) < 2:
        return None
    return handling_history.learn(
        letters, "unit", Cutter(), vocabulary=vocabulary, named=lambda code: district.units.get(code).name, seed=seed
    )


def _rows(table: features.Table, category: head.Head) -> csr_matrix:
    """Texts as the category's features, each of length one."""
    from sklearn.preprocessing import normalize

    return normalize(category.scorer.weighting.matrix(table))


def _thinned(rows: Iterable[Labelled]) -> list[Labelled]:
    """All natural texts, and the first made ones of each category."""
    made: Counter[str] = Counter()
    found = []
    for row in rows:
        made[row.category] += row.use == "made"
        if row.use != "made" or made[row.category] <= MADE_EACH:
            found.append(row)
    return found


def _natural(crossfit: head.Crossfit) -> dict[str, Any]:
    """Figures on natural texts; None where they are too few."""
    names = ("natural_accuracy", "natural_top3", "natural_ece", "natural_ece_floor")
    if not len(crossfit.answers):
        return dict.fromkeys(names)
    best = np.argsort(-crossfit.probabilities, axis=1, kind="stable")[:, :3]
    values = (
        crossfit.right.mean(),
        (best == crossfit.answers[:, None]).any(axis=1).mean(),
        calibration.ece(crossfit.first, crossfit.right),
        calibration.ece_floor(crossfit.first),
    )
    return {name: round(float(value), 4) for name, value in zip(names, values, strict=True)}


def _request_type(rows: Sequence[Labelled], table: features.Table, seed: int) -> head.Head | None:
    typed = [at for at, row in enumerate(rows) if row.request_type and row.use != "kept"]
    if len({rows[at].request_type for at in typed}) < 2:
        return None
    return head.train(table.rows(np.array(typed)), [rows[at].request_type for at in typed], seed=seed)[0]
