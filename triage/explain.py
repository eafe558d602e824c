"""Why a category: the features that spoke for it, mapped back to spans of the text given."""

from __future__ import annotations

import numpy as np

from triage.assessment import Reason
from triage.features import Floats, Ints, Vocabulary
from triage.head import Head
from triage.text import Window

Weighed = tuple[Ints, Floats]

FEATURES = 24
MOST = 5


def reasons(
    text: str, body: Window, weighed: Weighed, head: Head, vocabulary: Vocabulary, label: int
) -> tuple[Reason, ...]:
    """The spans with the greatest weight for ``label``, at most five, in order of weight; offsets are of ``text``.

    ``weighed`` are the text's columns and values, ``head.scorer.weighting.vector`` of its counts.
    """
    columns, values = weighed
    if not len(columns):
        return ()
    spoken = values * head.scorer.linear.weights[columns, label]
    weight = np.zeros(len(body.text), dtype=np.float32)
    for at in np.argsort(spoken)[::-1][:FEATURES]:
        if spoken[at] <= 0:
            break
        run = vocabulary.features[columns[at]]
        start = body.text.find(run)  # a title's run is not found: it begins with a mark no body has
        if start >= 0:
            weight[start : start + len(run)] += spoken[at] / len(run)
    return _spans(text, body, weight)


def _spans(text: str, body: Window, weight: np.ndarray[tuple[int], np.dtype[np.float32]]) -> tuple[Reason, ...]:
    if not weight.any():
        return ()
    enough = weight >= weight.max() * 0.25
    edges = np.flatnonzero(np.diff(np.concatenate([[False], enough, [False]])))
    found = []
    for begin, stop in zip(edges[::2], edges[1::2], strict=True):
        start, end = body.offset(int(begin)), body.offset(int(stop) - 1) + 1
        if 0 <= start < end <= len(text):
            found.append(Reason(text[start:end], round(float(weight[begin:stop].sum()), 4), start, end))
    return tuple(sorted(found, key=lambda reason: -reason.weight)[:MOST])
