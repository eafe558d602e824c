"""Slips of the keyboard in a query: words that no article has, held against the words the articles are asked by.

By sound first, because most slips of a pinyin keyboard and of voice recognition keep it (公鸡金), then pinyin that was
never turned into characters (gongjijin, gjj), then one wrong, missing or surplus character.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import OSA

from district.sounds import sounded
from district.synonyms import plain
from knowledge.analysis import Terms
from knowledge.index import Document
from knowledge.pinyin import readings
from knowledge.synonyms import Addition

LONGEST = 100
"""Characters of a query that are looked at; whoever writes more has said it in other words, too."""
WEIGHT = 0.8
"""Weight of the word that was meant beside one that was typed."""
MOST = 8
"""Slips looked for in one query."""
LONGEST_WORD = 10
SHORTEST_INITIALS = 3
"""Two letters are the initials of too many words."""
SURE_FROM = 3
"""So many characters that sound alike are surely a slip."""
SHORTEST_CHANGED = 3
"""With one character of two changed nothing is left to know a word by;"""
SHORTEST_MISSED = 4
"""and with one of three missing there is as little left."""

_HAN = re.compile(r"[\u3400-\u9fff]{2,}")
_LETTERS = re.compile(r"[a-z][a-z']{2,39}")


class Run(NamedTuple):
    """Characters of a text without a break: ``text[start:end]``."""

    start: int
    end: int


class Slip(NamedTuple):
    """``text[start:end]`` of the query as ``plain`` has it, and the word that was meant.

    ``sure``: three characters or more sound alike, or it was typed in pinyin. Two characters sound like many words.
    """

    start: int
    end: int
    meant: str
    sure: bool


class Spelling:
    """The words of all titles, similar questions and keywords, by sound and letters. Never changes."""

    def __init__(self, words: Counter[str], keywords: Iterable[str], pairs: Iterable[str]) -> None:
        self._words = {word for word in words if _HAN.fullmatch(word) and len(word) <= LONGEST_WORD}
        self._codes = {word for word in words if word.isascii()}
        self._pairs = frozenset(pairs)
        self._sounds: dict[str, str] = {}
        self._letters: dict[str, str] = {}
        self._initials: dict[str, str] = {}
        for word in sorted(self._words, key=lambda word: (-words[word], word)):
            self._sounds.setdefault(sounded(word), word)
            for reading in readings(word):
                self._letters.setdefault(reading.letters, word)
                if len(word) >= SHORTEST_INITIALS:
                    self._initials.setdefault(reading.initials, word)
        self._by_length: dict[int, list[str]] = {}
        for word in sorted(self._words.intersection(keywords)):
            self._by_length.setdefault(len(word), []).append(word)

    @classmethod
    def of(cls, documents: Iterable[Document], cut: Callable[[str], Terms], known: Iterable[str] = ()) -> Spelling:
        """The words of these articles, each counted once an article. ``cut`` is the analyzer's; ``known`` are words
        that are right as they are though no article has them (a district's synonyms).
        """
        words: Counter[str] = Counter()
        chosen: set[str] = set()
        pairs = {pair for word in known for pair in map("".join, pairwise(word))}
        for document in documents:
            asked = "\n".join((document.title, *document.questions))
            keywords = {plain(word) for word in document.keywords}
            words.update({*cut(plain(asked)).words, *keywords})
            chosen |= keywords
            for text in (plain(asked), *keywords, plain(document.body)):
                pairs.update(map("".join, pairwise(text)))
        return cls(words, chosen, pairs)

    def slips(self, query: str) -> list[Slip]:
        """The slips in the query, from left to right, at most ``MOST``; none where all its words are known."""
        text = plain(query[:LONGEST])
        found = list(self._typed(text))
        for run, strange in self._strange(text):
            alike = self._sounding(text, run, strange)
            found += alike
            found += self._changed(text, run, strange, alike)
        return sorted(found)[:MOST]

    def additions(self, query: str) -> list[Addition]:
        """The words that were meant, where that is sure, for the search itself."""
        text = plain(query[:LONGEST])
        found = list(self._typed(text))
        for run, strange in self._strange(text):
            found += self._sounding(text, run, strange)
        sure = [slip for slip in sorted(found) if slip.sure]
        return [Addition(slip.meant, WEIGHT, text[slip.start : slip.end]) for slip in sure[:MOST]]

    def mended(self, query: str) -> str:
        """The query with every slip mended, as ``plain`` has it; empty where there is none."""
        text, slips = plain(query[:LONGEST]), self.slips(query)
        for slip in reversed(slips):
            text = text[: slip.start] + slip.meant + text[slip.end :]
        return text if slips else ""

    def _typed(self, text: str) -> Iterator[Slip]:
        """Runs of letters that are pinyin or initials and no word of the articles."""
        for run in _LETTERS.finditer(text):
            if run[0] not in self._codes:
                meant = self._read(run[0].replace("'", ""))
                if meant:
                    yield Slip(run.start(), run.end(), meant, sure=True)

    def _read(self, letters: str) -> str:
        """The words whose pinyin the letters are, as few as can be; else the word whose initials they are."""
        best: list[list[str] | None] = [[], *[None] * len(letters)]
        for end in range(1, len(letters) + 1):
            for start in range(end - 1, -1, -1):
                before, word = best[start], self._letters.get(letters[start:end])
                if before is not None and word is not None:
                    so_far = best[end]
                    if so_far is None or len(before) + 1 < len(so_far):
                        best[end] = [*before, word]
        whole = best[-1]
        return "".join(whole) if whole else self._initials.get(letters, "")

    def _strange(self, text: str) -> Iterator[tuple[Run, list[int]]]:
        """Runs of Chinese characters, and where in them two stand together that do so in no article."""
        for found in _HAN.finditer(text):
            run = Run(found.start(), found.end())
            strange = [at for at in range(run.start, run.end - 1) if text[at : at + 2] not in self._pairs]
            if strange:
                yield run, strange

    def _sounding(self, text: str, run: Run, strange: list[int]) -> list[Slip]:
        """Slips that sound like what was meant, the longest where they overlap."""
        chosen: list[Slip] = []
        for slip in sorted(self._alike(text, run, strange), key=lambda slip: (slip.start - slip.end, slip.start)):
            if not _overlaps(slip, chosen):
                chosen.append(slip)
        return chosen

    def _changed(self, text: str, run: Run, strange: list[int], alike: list[Slip]) -> list[Slip]:
        """Slips by one character, where none was told by its sound."""
        chosen: list[Slip] = []
        left = [at for at in strange if not any(slip.start <= at + 1 and at < slip.end for slip in alike)]
        for at in left[:MOST]:
            edited = self._edited(text, run, at)
            if edited and not _overlaps(edited, [*alike, *chosen]):
                chosen.append(edited)
        return chosen

    def _alike(self, text: str, run: Run, strange: list[int]) -> Iterator[Slip]:
        sound = sounded(text)
        for first in range(run.start, run.end - 1):
            for last in range(first + 2, min(run.end, first + LONGEST_WORD) + 1):
                meant = self._sounds.get(sound[first:last])
                if (
                    meant is None
                    or text[first:last] in self._words
                    or not any(first <= at < last - 1 for at in strange)
                ):
                    continue
                sure = last - first >= SURE_FROM
                if sure or not self._reaches_over(text, first, last):
                    yield Slip(first, last, meant, sure)

    def _reaches_over(self, text: str, first: int, last: int) -> bool:
        """Whether one of two characters belongs to what stands beside them: 家公 in 我家公积金 is no slip for 加工."""
        return text[max(0, first - 1) : first + 1] in self._pairs or text[last - 1 : last + 1] in self._pairs

    def _edited(self, text: str, run: Run, at: int) -> Slip | None:
        """The keyword nearest to what stands around the strange pair at ``at``, with one character wrong, two in each
        other's place, or one inside it missing or too many; the longest there is.
        """
        best: Slip | None = None
        for first in range(max(run.start, at - LONGEST_WORD + 2), at + 1):
            for last in range(max(at + 2, first + SHORTEST_CHANGED), min(run.end, first + LONGEST_WORD) + 1):
                meant = self._nearest(text[first:last])
                if meant and (best is None or len(meant) > len(best.meant)):
                    best = Slip(first, last, meant, sure=False)
        return best

    def _nearest(self, typed: str) -> str:
        size = len(typed)
        near = process.extractOne(typed, self._by_length.get(size, ()), scorer=OSA.distance, score_cutoff=1)
        if near is not None:
            return near[0]
        for length in (size - 1, size + 1):
            words = self._by_length.get(length, ()) if length >= SHORTEST_MISSED else ()
            near = process.extractOne(typed, words, scorer=OSA.distance, score_cutoff=1)
            if near is not None and near[0][0] == typed[0] and near[0][-1] == typed[-1]:
                return near[0]
        return ""


def _overlaps(slip: Slip, others: Iterable[Slip]) -> bool:
    return any(slip.start < other.end and other.start < slip.end for other in others)
