"""``yingsheng evaluate triage``: learn from files, measure on another, the same code that serves the desk.

Nothing but title, text and day of a test row reaches the classifier; its label is looked at when all answers are given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from triage import calibration, cold_start, examples, features, handling_history, head, threads, words
from triage.calibration import NEVER, Shares
from triage.errors import TooFewExamples, UnknownLabels, UnknownTarget
from triage.examples import Heading, Labelled
from triage.features import Vocabulary
from triage.request_type import RequestTypes
from triage.text import Lexicon

WARM_UP = 20
_CUTTER = words.Cutter()
"""jieba with its own words only, loaded at the first file."""


class Answering(NamedTuple):
    """The way from a text to probabilities, and the probability from which the first is trusted."""

    probabilities: Callable[[Labelled], Shares]
    threshold: float


class Fitted(NamedTuple):
    """A classifier ready to be measured. A title alone says less, and errs otherwise, than a text with a body."""

    labels: tuple[str, ...]
    body: Answering
    title: Answering
    texts: int

    def answering(self, row: Labelled) -> Answering:
        """What answers a text of this kind."""
        return self.body if row.text else self.title


def evaluate_triage(
    train: Sequence[Path],
    test: Path,
    *,
    target: str = "category",
    taxonomy: Path | None = None,
    labels: Sequence[str] | None = None,
    unlabelled: Sequence[Path] = (),
    kinds: RequestTypes | None = None,
) -> dict[str, Any]:
    """The document of ``evaluate triage --json``: fitted on ``train`` (or cold, on ``taxonomy``), measured on ``test``.

    ``unlabelled`` texts teach what words mean; ``kinds`` are a pack's request types, of whose examples other kinds of
    request learn. Rows without the target's label are left out on both sides. Times are milliseconds for one text at a
    time, reading of files not counted. Raises ``UnreadableFile``, ``UnreadableRow`` (file and line),
    ``TooFewExamples``, ``UnknownTarget``, ``UnknownLabels``.
    """
    if target not in examples.FIELDS:
        raise UnknownTarget(target)
    asked = [row for row in examples.read(test, need=target) if not labels or _within(row.label(target), labels)]
    if not asked:
        raise TooFewExamples(f"测试文件 {test} 中没有带 {target} 标签的行")
    started = perf_counter()
    if taxonomy is not None:
        fitted = _cold(examples.read_taxonomy(taxonomy), labels, unlabelled)
    else:
        rows = [row for file in train for row in examples.read(file, need=target)]
        fitted = _learnt(rows, target, labels, unlabelled, kinds)
    seconds = perf_counter() - started
    with threads.one_each():
        answers, first, times = _answers(fitted, asked)
    truth = [_shown(row.label(target), fitted.labels) for row in asked]
    wanted = np.array([fitted.answering(row).threshold for row in asked])
    document = measures(fitted.labels, answers, first, truth, wanted)
    return {
        "target": target,
        "n_train": fitted.texts,
        "n_test": len(asked),
        **document,
        "fit_seconds": round(seconds, 3),
        "ms_per_text": {
            "p50": round(float(np.percentile(times, 50)), 3),
            "p99": round(float(np.percentile(times, 99)), 3),
        },
    }


def _within(label: str, labels: Sequence[str]) -> bool:
    return any(label == each or label.startswith(each + "/") for each in labels)


def _shown(label: str, known: Sequence[str]) -> str:
    """The label as the classifier names it: cut to the depth that it knows, else unchanged."""
    parts = label.split("/")
    return next((name for size in range(len(parts), 0, -1) if (name := "/".join(parts[:size])) in known), label)


def _learnt(
    rows: list[Labelled],
    target: str,
    labels: Sequence[str] | None,
    unlabelled: Sequence[Path],
    kinds: RequestTypes | None,
) -> Fitted:
    rows = [row for row in rows if not labels or _within(row.label(target), labels)]
    if not rows:
        raise TooFewExamples(f"训练文件中没有带 {target} 标签的行")
    if target != "category":
        history = handling_history.learn(rows, target, _CUTTER, kinds=kinds)
        answering = Answering(lambda row: history.probabilities(_words(row), row.day), history.threshold)
        return Fitted(history.labels, answering, answering, len(rows))
    texts = [_words(row) for row in rows]
    beside = _texts(unlabelled)
    vocabulary = features.build(texts, learnt_words([*texts, *beside], _CUTTER))
    vocabulary = features.with_meaning(vocabulary, [*texts, *beside])
    made, crossfit = head.train(features.table(texts, vocabulary), [row.label(target) for row in rows])
    full = np.array([bool(row.text) for row in rows])
    body, title = (_answering(made, vocabulary, crossfit, alike) for alike in (full, ~full))
    return Fitted(made.labels, body, title, len(rows))


def _answering(
    made: head.Head, vocabulary: Vocabulary, crossfit: head.Crossfit, alike: npt.NDArray[np.bool_]
) -> Answering:
    """The head as it answers texts like those marked: calibrated on them alone where they are many enough."""
    own = crossfit.among(alike)
    mine = made if own is None else replace(made, calibration=own.calibration)
    threshold = crossfit.threshold if own is None else own.threshold
    return Answering(lambda row: mine.probabilities(vocabulary.counts(_words(row))), threshold)


def _words(row: Labelled) -> features.Words:
    return features.prepared(row.title, row.text)


def _texts(files: Sequence[Path]) -> list[features.Words]:
    """Title, body and answer of each row: what words mean is learnt from all of them."""
    rows = [row for file in files for row in examples.read(file)]
    return [features.prepared(row.title, f"{row.text} {row.reply}".strip()) for row in rows]


def learnt_words(texts: Sequence[features.Words], cutter: words.Cutter) -> Lexicon:
    """The lexicon of titles and bodies."""
    return words.learn([part for text in texts for part in (text.title, text.body.text) if part], cutter)


def _cold(headings: list[Heading], labels: Sequence[str] | None, unlabelled: Sequence[Path]) -> Fitted:
    pairs = _labelled(headings, labels)
    made = cold_start.make(pairs, _texts(unlabelled), _CUTTER)
    answering = Answering(lambda row: made.probabilities(_words(row)), NEVER)
    return Fitted(made.labels, answering, answering, 0)


def _labelled(headings: list[Heading], labels: Sequence[str] | None) -> list[tuple[str, Heading]]:
    """Each line with the label it belongs to: a path joined by /, or a name of any level; first levels by default."""
    wanted = list(dict.fromkeys(labels or [heading.path[0] for heading in headings]))
    if len(wanted) < 2:
        raise TooFewExamples("分类表至少需要两个类别")
    pairs: list[tuple[str, Heading]] = []
    for heading in headings:
        starts = {"/".join(heading.path[:size]) for size in range(1, len(heading.path) + 1)}
        own = [label for label in wanted if label in starts] or [label for label in wanted if label in heading.path]
        if own:
            pairs.append((max(own, key=len), heading))
    if missing := [label for label in wanted if all(label != found for found, _ in pairs)]:
        raise UnknownLabels(missing)
    return pairs


def _answers(fitted: Fitted, asked: Sequence[Labelled]) -> tuple[npt.NDArray[np.intp], Shares, list[float]]:
    """The three best labels and the best one's probability of each text, and milliseconds taken."""
    for row in asked[:WARM_UP]:
        fitted.answering(row).probabilities(row)
    best, first, times = [], [], []
    for row in asked:
        started = perf_counter()
        shares = fitted.answering(row).probabilities(row)
        order = np.argsort(-shares, kind="stable")[:3]
        times.append((perf_counter() - started) * 1000)
        best.append(np.pad(order, (0, 3 - len(order)), constant_values=-1))
        first.append(float(shares[order[0]]))
    return np.array(best), np.array(first), times


def measures(
    labels: Sequence[str], best: npt.NDArray[np.intp], first: Shares, truth: Sequence[str], thresholds: Shares
) -> dict[str, Any]:
    """The figures of answers against the truth, ``thresholds`` one for each text.

    ``macro_f1`` is the plain mean over the labels of the test texts; ``threshold`` shows the lowest one in use.
    """
    chosen = [labels[number] for number in best[:, 0]]
    right = np.array([answer == wanted for answer, wanted in zip(chosen, truth, strict=True)], dtype=bool)
    among = [wanted in {labels[each] for each in three if each >= 0} for three, wanted in zip(best, truth, strict=True)]
    per_class = {label: _class_figures(label, chosen, truth) for label in sorted({*truth, *chosen})}
    present = [figures["f1"] for figures in per_class.values() if figures["n"]]
    sent = first >= thresholds
    lowest = float(thresholds.min())
    return {
        "accuracy": round(float(right.mean()), 4),
        "macro_f1": round(float(np.mean(present)), 4),
        "top3_accuracy": round(float(np.mean(among)), 4),
        "ece": round(calibration.ece(first, right), 4),
        "ece_floor": round(calibration.ece_floor(first), 4),
        "coverage_at_99": round(float(sent.mean()), 4),
        "precision_at_threshold": round(float(right[sent].mean()), 4) if sent.any() else None,
        "threshold": round(lowest, 4) if lowest <= 1 else None,
        "per_class": per_class,
    }


def _class_figures(label: str, chosen: Sequence[str], truth: Sequence[str]) -> dict[str, float]:
    hit = sum(answer == wanted == label for answer, wanted in zip(chosen, truth, strict=True))
    said, count = sum(answer == label for answer in chosen), sum(wanted == label for wanted in truth)
    precision, recall = hit / said if said else 0.0, hit / count if count else 0.0
    f1 = 2 * precision * recall / (precision + recall) if hit else 0.0
    return {"precision": round(precision, 4), "recall": round(recall, 4), "f1": round(f1, 4), "n": count}
