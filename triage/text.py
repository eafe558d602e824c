"""Text made comparable without moving a character.

Everything here keeps the length of the text: a full-width character is replaced by its half-width one, a digit by
``0``. So the offset of a feature, a reason or an entity is the offset in the text given, with no table between.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from operator import itemgetter

from district.characters import SIMPLIFIED

WINDOW_HEAD = 1000
WINDOW_TAIL = 500
"""What is classified of a long text: how it begins (what it is about) and how it ends (what is asked)."""


_FOLDED = ((0, 0x3400), (0xD800, 0xE000), (0xF900, 0x10000), (0x1D400, 0x1F300), (0x2F800, 0x2FA20))
"""Where characters with a plainer form lie; ideographs proper, most of Unicode, have none."""


@cache
def _narrowing() -> dict[int, int]:
    """Every character whose NFKC form is another single character; surrogates and controls are blanks."""
    table: dict[int, int] = {}
    for code in (code for start, end in _FOLDED for code in range(start, end)):
        char = chr(code)
        if 0xD800 <= code <= 0xDFFF or (unicodedata.category(char) in {"Cc", "Cf"} and char not in "\n\t"):
            table[code] = 0x20
        elif len(plain := unicodedata.normalize("NFKC", char)) == 1 and plain != char:
            table[code] = ord(plain)
    return table


@cache
def _folding() -> dict[int, int]:
    """The same, traditional characters to simplified, and upper case to lower where that is one character too."""
    table = _narrowing() | SIMPLIFIED
    for code in (code for start, end in _FOLDED for code in range(start, end)):
        plain = chr(table.get(code, code)).lower()
        if len(plain) == 1 and ord(plain) != code:
            table[code] = ord(plain)
    return table


def narrow(text: str) -> str:
    """Full-width to half-width, compatibility forms to plain ones, case kept; the same length.

    What NFKC would spell with several characters (``㎡``, ``…``) stays as it is. Controls, invisible marks of
    direction and lone surrogates become blanks.
    """
    return text.translate(_narrowing())


def fold(text: str) -> str:
    """``narrow``, traditional characters to simplified, and upper to lower case; the same length."""
    return text.lower() if text.isascii() else text.translate(_folding())


_PLACE_CODE = re.compile(r"(?<![a-z])[a-z]\d{0,3}(?=[省市县区镇乡村街路])")
_DIGIT = re.compile(r"\d")
_SILENT = re.compile(r"[^\w?!]|_")


def mask(text: str) -> str:
    """The folded text as features see it: digits are ``0``, place codes (``a3区``) ``某``, punctuation is blank.

    Question and exclamation marks stay: they tell a question from a complaint. Same length as the text.
    """
    plain = _PLACE_CODE.sub(lambda found: "某" * len(found[0]), fold(text))
    return _SILENT.sub(" ", _DIGIT.sub("0", plain))


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a text that is classified: masked, with the way back to the offsets of the text given."""

    text: str
    gap_at: int
    gap: int

    def offset(self, at: int) -> int:
        """The place in the text given of a place in the window."""
        return at + self.gap if at > self.gap_at else at


def window(text: str) -> Window:
    """The masked text, or the head and tail of a long one. Costs no more for a text of any length."""
    if len(text) <= WINDOW_HEAD + WINDOW_TAIL:
        return Window(mask(text), len(text), 0)
    head, tail = mask(text[:WINDOW_HEAD]), mask(text[-WINDOW_TAIL:])
    return Window(f"{head} {tail}", WINDOW_HEAD, len(text) - WINDOW_HEAD - WINDOW_TAIL - 1)


@dataclass(frozen=True, slots=True)
class Span:
    """``text[start:end]`` of the text given."""

    start: int
    end: int
    text: str


_SENTENCE = re.compile(r"[^。！？!?；;\n]+[。！？!?；;\n]*")
_CLAUSE = re.compile(r"[^。！？!?；;\n，,、：:]+")


def sentences(text: str, limit: int = 200) -> list[Span]:
    """The sentences with their end marks, at most ``limit`` of them."""
    return _spans(_SENTENCE, text, limit)


def clauses(text: str, limit: int = 600) -> list[Span]:
    """The parts between punctuation marks, commas included, at most ``limit`` of them."""
    return _spans(_CLAUSE, text, limit)


def _spans(pattern: re.Pattern[str], text: str, limit: int) -> list[Span]:
    spans: list[Span] = []
    for found in pattern.finditer(text):
        if found[0].strip():
            spans.append(Span(found.start(), found.end(), found[0]))
            if len(spans) == limit:
                break
    return spans


class Lexicon:
    """Words with their frequency, and the cutting of a text into the most likely ones.

    The words are learnt with jieba at training (``triage.words``); a stored model carries its own lexicon, so that
    neither loading nor asking it needs jieba's dictionary. Safe to share between threads.
    """

    def __init__(self, words: dict[str, int]) -> None:
        from math import log

        self.words = words
        total = log(sum(words.values()) + 1)
        self._cost = {word: log(count) - total for word, count in words.items() if count > 0}
        self._single = -total - 1
        self._prefixes = {word[:size] for word in words for size in range(1, len(word) + 1)}

    def cut(self, text: str) -> list[tuple[int, int]]:
        """Start and end of each word; a character that begins no word of the lexicon is a word by itself."""
        size = len(text)
        best = [0.0] * (size + 1)
        back = list(range(-1, size))
        back[0] = 0
        reached = [False] * (size + 1)
        cost, prefixes, single = self._cost, self._prefixes, self._single
        for start in range(size):
            here = best[start]
            score = here + cost.get(text[start], single)
            end = start + 1
            if not reached[end] or score > best[end]:
                best[end], back[end], reached[end] = score, start, True
            end += 1
            while end <= size and (word := text[start:end]) in prefixes:
                known = cost.get(word)
                if known is not None and (not reached[end] or here + known > best[end]):
                    best[end], back[end], reached[end] = here + known, start, True
                end += 1
        found: list[tuple[int, int]] = []
        while size > 0:
            found.append((back[size], size))
            size = back[size]
        found.reverse()
        return found

    def most_frequent(self) -> list[tuple[str, int]]:
        """Words and counts, the most frequent first: the order in which they are stored."""
        return sorted(sorted(self.words.items()), key=itemgetter(1), reverse=True)
