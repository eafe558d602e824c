"""The passage of an article that answers, as safe HTML: everything escaped, found terms in ``<mark>``."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import groupby

from knowledge.analysis import fold, keeps_places

LENGTH = 120
"""Characters of a passage."""


def mark(text: str, terms: Iterable[str], *, length: int = LENGTH) -> str:
    """The passage of at most ``length`` characters with the most marks; ``terms`` are folded.

    The text is folded character by character, because folding a whole text can change its length and with it
    every position.
    """
    folded, origin = _fold_with_origin(text)
    hits = [False] * len(text)
    for term in terms:
        start = folded.find(term) if term else -1
        while start >= 0:
            for place in origin[start : start + len(term)]:
                hits[place] = True
            start = folded.find(term, start + 1)
    start = _densest(hits, length)
    end = min(len(text), start + length)
    passage = _marked(text[start:end], hits[start:end])
    return f"{'…' if start else ''}{passage}{'…' if end < len(text) else ''}"


def _fold_with_origin(text: str) -> tuple[str, Sequence[int]]:
    if keeps_places(text):
        return fold(text), range(len(text))
    pieces = list(map(_folded, text))
    return "".join(pieces), [place for place, piece in enumerate(pieces) for _ in piece]


_folded = lru_cache(maxsize=20_000)(fold)


def _densest(hits: list[bool], length: int) -> int:
    """Start of the window with the most hits, moved back a little so that the first one has words before it."""
    places = [place for place, hit in enumerate(hits) if hit]
    best, start, first = sum(hits[:length]), 0, 0
    for number, place in enumerate(places):  # the window that ends with this hit
        while places[first] <= place - length:
            first += 1
        if place >= length and number - first + 1 > best:
            best, start = number - first + 1, place - length + 1
    if not start:
        return 0
    first = next((place for place in places if place >= start), start)
    return max(0, first - 10)


def _marked(text: str, hits: list[bool]) -> str:
    out = []
    start = 0
    for hit, run in groupby(hits):
        end = start + len(list(run))
        piece = html.escape(text[start:end])
        start = end
        out.append(f"<mark>{piece}</mark>" if hit else piece)
    return "".join(out)
