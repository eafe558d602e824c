"""Training the desk's model: from the pack's samples, the taxonomy's own words, and corrections."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from district.pack import District
from triage import calibration, features, head
from triage.errors import UnreadableRow
from triage.evaluation import learnt_words
from triage.examples import Labelled
from triage.model import Model
from triage.words import Cutter

VOCABULARY = 60_000
"""Features at most: 420 classes of weights for each must fit into a small machine's memory."""


def pack_samples(folder: Path) -> list[Labelled]:
    """The labelled sample appeals of a pack (``samples/appeals.jsonl``); none where it ships none."""
    file = folder / "samples" / "appeals.jsonl"
    if not file.is_file():
        return []
    found = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
            found.append(Labelled(row["text"], row.get("title", ""), row["category"], row.get("request_type", "")))
        except (ValueError, KeyError) as problem:
            raise UnreadableRow(str(file), number, f"{type(problem).__name__}: {problem}") from problem
    return found


def told(district: District) -> list[Labelled]:
    """The taxonomy in words: each third-level category's name, description, keywords and examples as texts of it."""
    found = []
    for category in district.taxonomy.leaves:
        label = category.code
        found.append(Labelled(f"{category.name}，{category.description}", "", label))
        if category.keywords:
            found.append(Labelled("，".join(category.keywords), "", label))
        found += [Labelled(example, "", label) for example in category.examples]
    return found


def train(
    district: District, examples: Iterable[Labelled], *, version: str, cache: Path | None = None, seed: int = 0
) -> Model:
    """Fit a model on labelled texts and the taxonomy's words. Figures are measured on cross-fitted examples only.

    Examples of categories the taxonomy does not have are left out. Raises ``TooFewExamples``.
    """
    known = {category.code for category in district.taxonomy.leaves}
    rows = [row for row in examples if row.category in known]
    given = told(district)
    everything = [*rows, *given]
    texts = [features.prepared(row.title, row.text) for row in everything]
    lexicon = learnt_words(texts, Cutter(cache, district.gazetteer.names))
    vocabulary = features.build(texts, lexicon, at_most=VOCABULARY)
    table = features.table(texts, vocabulary)
    mark = np.array([False] * len(rows) + [True] * len(given))
    category, crossfit = head.train(table, [row.category for row in everything], given=mark, seed=seed)
    figures = {
        "n_train": len(rows),
        "n_told": len(given),
        "features": len(vocabulary),
        "accuracy": round(float(crossfit.right.mean()), 4) if len(crossfit.answers) else None,
        "ece": round(calibration.ece(crossfit.first, crossfit.right), 4) if len(crossfit.answers) else None,
    }
    return Model(version, vocabulary, category, _request_type(rows, vocabulary, seed), figures)


def _request_type(rows: Sequence[Labelled], vocabulary: features.Vocabulary, seed: int) -> head.Head | None:
    typed = [row for row in rows if row.request_type]
    if len({row.request_type for row in typed}) < 2:
        return None
    table = features.table([features.prepared(row.title, row.text) for row in typed], vocabulary)
    return head.train(table, [row.request_type for row in typed], seed=seed)[0]
