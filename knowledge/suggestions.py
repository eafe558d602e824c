"""What a person may be about to ask, as he types: known questions by their words, their pinyin or its initials.

All lines of a kind lie in one string, the most used first, and are found by ``str.find``: at 20,000 articles a
completion takes about a millisecond, where an index of all prefixes would take a hundred times the memory.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate, islice

from district.sounds import sounded
from district.synonyms import plain
from knowledge.index import Document
from knowledge.pinyin import readings, syllabled

MOST = 8
"""Suggestions at a time."""
LONGEST = 40
"""Characters of what was typed that are looked at."""
MOST_LOOKED = 400
"""Lines looked at for one way of matching; the most used are looked at first."""
MOST_OF_ONE = 2
"""Suggestions from the same article at a time: all of them have the same answer."""
AS_A_TITLE = 0.5
"""An article's own question goes before the other ways of asking it, as if it had been used half a time more."""
FREQUENT = 2
"""From so many articles on a keyword is a frequent phrase."""
LAST = "\U0010ffff"
"""Comes after every character."""
_GAP = re.compile(r"[\W_]+")
_HAN = re.compile(r"[\u3400-\u9fff]")
_LETTERS = re.compile(r"[a-z]+")
_MIXED = re.compile(r"(.*[\u3400-\u9fff])([a-z]+)")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question to ask. ``article`` is the number of the one it is known from, empty for a frequent phrase."""

    text: str
    article: str = ""
    valid_from: date | None = None
    valid_until: date | None = None

    def in_force(self, on: date) -> bool:
        """Whether its article is in force that day, first and last day included."""
        begun = self.valid_from is None or self.valid_from <= on
        return begun and (self.valid_until is None or on <= self.valid_until)


class _Lines:
    """Lines in one string, each with the number of its suggestion."""

    def __init__(self, lines: Sequence[tuple[int, str]]) -> None:
        self._text = "\n" + "\n".join(line for _, line in lines) + "\n"
        self._owners = [owner for owner, _ in lines]
        self._sorted = sorted((line, owner) for owner, line in lines)
        self._starts = list(accumulate((len(line) + 1 for _, line in lines), initial=1))[:-1]

    def beginning(self, part: str) -> Iterator[int]:
        """The owners of the lines that begin with ``part``."""
        low = bisect_left(self._sorted, (part, -1))
        high = bisect_left(self._sorted, (part + LAST, -1))
        if high - low <= MOST_LOOKED:
            yield from sorted(owner for _, owner in self._sorted[low:high])
            return
        at = self._text.find("\n" + part)  # many: the most used are met soon
        while at >= 0:
            line = bisect_right(self._starts, at + 1) - 1
            yield self._owners[line]
            at = self._text.find("\n" + part, at + 1)

    def holding(self, part: str) -> Iterator[int]:
        """The owners of the lines that hold ``part``."""
        at = self._text.find(part, 1)
        while at >= 0:
            line = bisect_right(self._starts, at) - 1
            yield self._owners[line]
            at = self._text.find(part, self._text.find("\n", at))


class Suggestions:
    """The known questions of published articles as one completes them. Never changes; for all threads."""

    def __init__(self, known: Mapping[Suggestion, float]) -> None:
        order = sorted(known, key=lambda one: (-known[one], len(one.text), one.text))
        self._known = order
        self._solid = [_GAP.sub("", plain(one.text)) for one in order]
        read = [readings(text) for text in self._solid]
        self._texts = _Lines(list(enumerate(self._solid)))
        self._sounds = _Lines([(at, sounded(text)) for at, text in enumerate(self._solid)])
        every = [(at, reading) for at, ways in enumerate(read) for reading in ways]
        self._initials = _Lines([(at, reading.initials) for at, reading in every])
        self._letters = _Lines([(at, reading.capitals) for at, reading in every])
        self._read = [[(reading.letters, reading.initials) for reading in ways] for ways in read]

    @classmethod
    def of(cls, documents: Iterable[Document], uses: Mapping[str, int] | None = None) -> Suggestions:
        """Titles, similar questions and frequent phrases of these articles. ``uses`` is how often an article was
        read; a phrase counts the articles that have it.
        """
        known: dict[Suggestion, float] = {}
        phrases: Counter[str] = Counter()
        taken: set[str] = set()
        for document in documents:
            phrases.update({word for word in document.keywords if len(word) > 1})
            for place, text in enumerate((document.title, *document.questions)):
                if text and plain(text) not in taken:
                    taken.add(plain(text))
                    one = Suggestion(text, document.id, document.valid_from, document.valid_until)
                    known[one] = (uses or {}).get(document.id, 0) + AS_A_TITLE * (not place)
        for phrase, count in phrases.items():
            if count >= FREQUENT and plain(phrase) not in taken:
                known[Suggestion(phrase)] = count
        return cls(known)

    def complete(self, typed: str, *, on: date, limit: int = MOST) -> list[Suggestion]:
        """At most ``limit`` suggestions in force on ``on``: by how well they match (as typed, by pinyin, by initials,
        by sound; at the beginning before within), then by use, ``MOST_OF_ONE`` of an article. Nothing for what has no
        letter, figure or character.
        """
        parts = [part for part in _GAP.split(plain(typed[:LONGEST]).replace("'", "")) if part]
        if not parts:
            return []
        first, *others = sorted(parts, key=len, reverse=True)
        found: dict[int, None] = {}
        of: Counter[str] = Counter()
        for way in self._ways(first):
            for at in islice(way, MOST_LOOKED):
                one = self._known[at]
                full = one.article and of[one.article] == MOST_OF_ONE
                if at not in found and not full and one.in_force(on) and all(self._has(at, part) for part in others):
                    found[at] = None
                    of[one.article] += 1
                    if len(found) == limit:
                        return [self._known[each] for each in found]
        return [self._known[each] for each in found]

    def _ways(self, part: str) -> Iterator[Iterator[int]]:
        """The ways in which lines match, the surest first."""
        yield self._texts.beginning(part)
        yield self._texts.holding(part)
        mixed = _MIXED.fullmatch(part)
        if _LETTERS.fullmatch(part):
            ways = syllabled(part)
            yield from map(self._letters.beginning, ways)
            yield from map(self._letters.holding, ways)
            if len(part) > 1:
                yield self._initials.beginning(part)
                yield self._initials.holding(part)
        elif mixed is not None:
            yield from self._half_typed(*mixed.groups())
        elif len(part) > 1 and _HAN.search(part):
            yield self._sounds.beginning(sounded(part))
            yield self._sounds.holding(sounded(part))

    def _half_typed(self, written: str, letters: str) -> Iterator[Iterator[int]]:
        """Characters, then the letters of those still in the keyboard's buffer: 公积金tiq, 公积金tq."""
        for lines in (self._texts.beginning, self._texts.holding):
            yield (at for at in lines(written) if self._goes_on(at, written, letters))

    def _goes_on(self, at: int, written: str, letters: str) -> bool:
        rest = self._solid[at].partition(written)[2]
        return any(way.letters.startswith(letters) or way.initials.startswith(letters) for way in readings(rest))

    def _has(self, at: int, part: str) -> bool:
        ways: Callable[[], Iterator[bool]] = lambda: (part in one for way in self._read[at] for one in way)  # noqa: E731
        return part in self._solid[at] or (part.isascii() and any(ways()))
