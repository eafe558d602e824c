"""What was asked for, part by part, and whether an answer speaks of it: shared words, the category's, its object's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from district.matters import MatterRules
from district.pack import District
from district.replies import ReplyRules

_NUMBERED = re.compile(
    r"(?:^|(?<=[。；;，,！!？?：:\s]))\s{0,3}(?:[1-9][.、．)）](?!\d)|[（(][1-9一二三四五][)）]|[一二三四五]、|[①-⑨]|[一二三四五]是|"
    r"第[一二三四五](?:[,，、点件项]|个问题))|"
    r"(?<=[。；;！!？?\n])\s{0,3}(?:另外|此外|还有(?:就是|一件|个事)?|其次|再就是|同时(?:反映|还))"
)
_FIGURE = re.compile(r"(?<!\d)(?!20\d\d(?!\d))\d{3,6}(?!\d)")
_HAN = re.compile("[\u4e00-\u9fff]{2,}")
_SILENT = re.compile(
    "[的了是在我你您他她它们有没不也都就还又和与及或把被让给从到对向为着过"
    "吗呢吧啊呀很太这那哪个么什怎请要能可会去来上下里外前后]"
)
SHORTEST_PART = 6
MATTER_SHOWN = 20
FEW, SHARED, MORE = 6, 2, 60
"""An answer about a matter shares one pair of characters (or object) with it that has fewer than ``FEW``, else
``SHARED`` and one more for each ``MORE``: a long letter meets the pairs of any answer somewhere."""


@dataclass(frozen=True, slots=True)
class Part:
    """One matter of an appeal: its words, and the code of its category where triage found one."""

    text: str
    category: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What one ticket asks for, in the words its reader may read.

    ``category`` is the ticket's; ``parts`` are triage's matters, empty where there is but one; ``missing`` is what
    triage would have asked for (``place``, ``time``, ``contact``, ``object``).
    """

    text: str
    category: str = ""
    parts: tuple[Part, ...] = ()
    missing: tuple[str, ...] = ()


def parts_of(asked: Asked) -> tuple[Part, ...]:
    """The matters: triage's, else what the resident numbered himself, else the whole."""
    if len(asked.parts) > 1:
        return asked.parts
    starts = [found.start() for found in _NUMBERED.finditer(asked.text)]
    if not starts:
        return (Part(asked.text, asked.category),)
    cuts = [0, *starts, len(asked.text)]
    pieces = (asked.text[start:end].strip() for start, end in pairwise(cuts))
    found = [_NUMBERED.sub("", piece, count=1).strip() for piece in pieces]
    long_enough = [Part(piece) for piece in found if len(piece) >= SHORTEST_PART]
    return tuple(long_enough) if len(long_enough) > 1 else (Part(asked.text, asked.category),)


class Speaker:
    """Tells whether an answer speaks of a matter, with one district's words."""

    def __init__(self, rules: ReplyRules, district: District, answer: str) -> None:
        self._rules = rules
        self._district = district
        self._answer = answer
        self.numbered = len(_NUMBERED.findall(answer))
        """How many points the answer itself counts off."""
        self._pairs = pairs(answer, rules.common)
        self._objects = objects(district.matters, answer)

    def speaks_of(self, part: Part, others: Sequence[Part] = ()) -> bool:
        """Whether anything of the matter is in the answer that is not of the ``others`` as well."""
        taken = {other.category for other in others}
        if self._named(part.category, taken):
            return True
        own = pairs(part.text, self._rules.common) | self._words(part.category, taken, wide=not others)
        things = objects(self._district.matters, part.text)
        for other in others:
            own -= pairs(other.text, self._rules.common)
            things -= objects(self._district.matters, other.text)
        if not own and not things:
            return True  # nothing in it can be told from what was answered
        shared = len(own & self._pairs) + len(things & self._objects)
        return shared >= (1 if others or len(own) < FEW else SHARED + len(pairs(part.text, self._rules.common)) // MORE)

    def _named(self, category: str, others: Iterable[str]) -> bool:
        if category not in self._district.taxonomy or category in others:
            return False
        found = self._district.taxonomy.get(category)
        return any(len(word) > 1 and word in self._answer for word in (found.name, *found.keywords))

    def _words(self, category: str, others: Iterable[str], *, wide: bool) -> set[str]:
        """Pairs of the category's own words and, ``wide``, of the group it is in."""
        codes = [category, category[:4]] if wide else [category]
        known = [self._district.taxonomy.get(code) for code in codes if code in self._district.taxonomy]
        if category in others:
            return set()
        return {
            pair
            for each in known
            for words in (each.name, each.description, *each.keywords)
            for pair in pairs(words, self._rules.common)
        }


def objects(rules: MatterRules, text: str) -> set[str]:
    """Names of the objects (``duplicates.yaml``) that a text speaks of."""
    return {name for name, form in _objects(tuple(rules.objects.items())) if form.search(text)}


@cache
def _objects(given: tuple[tuple[str, str], ...]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((name, re.compile(pattern)) for name, pattern in given)


def pairs(text: str, common: tuple[str, ...]) -> set[str]:
    """Pairs of neighbouring characters that carry meaning, without common words and the grammar's; and figures."""
    plain = _SILENT.sub(" ", _common(common).sub(" ", text) if common else text)
    return {run[at : at + 2] for run in _runs(plain) for at in range(len(run) - 1)} | set(_FIGURE.findall(text))


def _runs(text: str) -> Iterator[str]:
    for found in _HAN.finditer(text):
        yield found[0]


@cache
def _common(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)))


def shown(part: Part) -> str:
    """The matter in a few words."""
    words = " ".join(part.text.split())
    return words if len(words) <= MATTER_SHOWN else words[: MATTER_SHOWN - 1] + "…"
