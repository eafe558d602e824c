"""Why a category: the features that spoke for it, mapped back to spans of the text given."""

from __future__ import annotations

import numpy as np

from triage.assessment import Reason
from triage.features import Floats, Ints, Vocabulary
from triage.head import Head
from triage.text import Lexicon, Window

Weighed = tuple[Ints, Floats]

Weights = np.ndarray[tuple[int], np.dtype[np.float32]]
Marks = np.ndarray[tuple[int], np.dtype[np.bool_]]

FEATURES = 24
MOST = 5
ENOUGH = 0.25
"""The share of the greatest weight from which on a character is marked."""
LONGEST = 4
"""Characters of a word to which a mark grows: of a longer name the part that spoke is told."""
AROUND = 8
"""Characters about a mark that are cut into words."""


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
    return _spans(text, body, weight, vocabulary.lexicon) if weight.any() else ()


def _spans(text: str, body: Window, weight: Weights, lexicon: Lexicon) -> tuple[Reason, ...]:
    found = []
    for begin, stop in in_whole_words(body.text, weight >= weight.max() * ENOUGH, lexicon):
        start, end = body.offset(begin), body.offset(stop - 1) + 1
        if 0 <= start < end <= len(text):
            found.append(Reason(text[start:end], round(float(weight[begin:stop].sum()), 4), start, end))
    return tuple(sorted(found, key=lambda reason: -reason.weight)[:MOST])


def in_whole_words(text: str, marked: Marks, lexicon: Lexicon) -> list[tuple[int, int]]:
    """Where the marks are, each run of them grown to the words that it cuts: nobody reads half a word as a reason."""
    whole = marked.copy()
    for begin, stop in _runs(marked):
        left = max(0, begin - AROUND)
        for start, end in lexicon.cut(text[left : stop + AROUND]):
            if left + start < stop and left + end > begin and end - start <= LONGEST:
                whole[left + start : left + end] = True
    return _runs(whole)


def _runs(marked: Marks) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], marked, [False]]))).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))
