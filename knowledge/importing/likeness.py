"""Questions that are asked already, in nearly the same words."""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz import fuzz, process

from knowledge.importing.cleaning import same_words

NEARLY = 88.0
"""Of a hundred: two questions of twelve characters that differ in one or two."""
_MOST_COMPARISONS = 30_000_000
"""Beyond so many pairs (ten seconds) only equal words are found."""


class Questions:
    """The questions there are, those of an import added one by one."""

    def __init__(self, known: Iterable[tuple[str, str]], *, but: frozenset[str] = frozenset()) -> None:
        self._words: list[str] = []
        self._shown: list[tuple[str, str]] = []
        self._exact: dict[str, int] = {}
        self._compared = 0
        for number, question in known:
            if number not in but:
                self.add(number, question)

    def add(self, number: str, question: str) -> None:
        """One more that later ones may be like."""
        words = same_words(question)
        self._exact.setdefault(words, len(self._words))
        self._words.append(words)
        self._shown.append((number, question))

    def like(self, question: str, *, loosely: bool = True) -> str:
        """A sentence that names the question most like this one; empty where none is."""
        words = same_words(question)
        at = self._exact.get(words)
        if at is not None:
            return f"与 {self._shown[at][0]} 的问题相同"
        self._compared += len(self._words)
        if not loosely or self._compared > _MOST_COMPARISONS:
            return ""
        found = process.extractOne(words, self._words, scorer=fuzz.ratio, score_cutoff=NEARLY)
        if found is None:
            return ""
        number, other = self._shown[found[2]]
        return f"与 {number}“{other[:40]}”相近，请看是否重复"
