"""Whether two texts speak of one matter: signs for and against, weighed by what judged pairs taught."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from triage import pair_likeness
from triage.assessment import SimilarCase
from triage.sides import Side

SHOWN = 0.25
SAME = 0.5
NEGLIGIBLE = 0.02
MOST = 3
NAMED = 4
"""The most things named in one reason."""
TOLD = 0.25
"""The least a sign must weigh to be told as a reason."""

WEIGHTS: Mapping[str, float] = {
    "same_place": 0.0,
    "same_number": 0.54,
    "same_code": 1.2,
    "same_line": 0.0,
    "same_sum": 0.77,
    "category": 5.84,
    "shared": 5.68,
    "meaning": 1.32,
    "urged": 0.56,
    "other_place": -2.27,
    "other_number": -4.26,
    "other_name": -1.9,
    "unanchored": -2.2,
    "swapped": -6.25,
    "asked": -1.14,
    "opposed": -2.07,
    "praised": -2.96,
    "apart": -0.8,
    "long_apart": -6.02,
    "unshared": -0.73,
    "elsewhere": -1.0,
    "bias": -3.86,
}
"""Fitted by ``triage.pair_fitting`` on the demo pack's judged pairs and tellings and ``tests/sets/duplicates``, the
tellings of one half of the hands read by a model that had learnt from the others'; a pack's ``duplicates.yaml`` may
have its own."""

_WORDS = ("category", "shared")
"""Signs that only the words give: looked at last. One takes from the other, so the larger weight bounds both."""
_MEANING = "meaning"
"""Looked at with them, and added to either."""
_TOLD = {
    "same_place": "同一地点：{places}",
    "same_number": "同一门牌或楼号",
    "same_code": "同一编号：{codes}",
    "same_line": "同一线路：{lines}路",
    "same_sum": "提到同一数目：{figures}",
    "category": "分类相近",
    "shared": "都说到：{things}",
    "meaning": "意思相近",
    "urged": "是对前一诉求的催办",
    "other_place": "地点不同",
    "other_number": "门牌、楼号或编号不同",
    "other_name": "名称不同",
    "unanchored": "没有共同的地点、编号或名称",
    "swapped": "文字相仿，但名称或号码换了",
    "asked": "一件是咨询，一件不是",
    "opposed": "两件的要求相反",
    "praised": "一件是表扬，一件不是",
    "apart": "相隔较久",
    "long_apart": "相隔一个半月以上",
    "unshared": "说的不是同样的东西",
    "elsewhere": "各说各的地方",
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """``probability`` that both are one matter, with Chinese reasons, the weightiest first."""

    probability: float
    reasons: tuple[str, ...]

    @property
    def same_matter(self) -> bool:
        """Likelier than not."""
        return self.probability >= SAME


class Comparer:
    """Weighs the signs of pairs. Read only, safe to share between threads."""

    def __init__(self, weights: Mapping[str, float] = WEIGHTS) -> None:
        self._weights = {name: weights.get(name, 0.0) for name in pair_likeness.SIGNS}
        self._bias = weights.get("bias", 0.0)
        self._most = max(0.0, *(self._weights[name] for name in _WORDS)) + self._weights[_MEANING]

    def compare(self, one: Side, other: Side) -> Comparison:
        """Compare two sides; symmetric. Nothing is like a text without content."""
        if not one.text.strip() or not other.text.strip():
            return Comparison(0.0, ())
        found = pair_likeness.signs(one, other)
        return Comparison(self._probability(found), tuple(dict.fromkeys(self._reasons(one, other, found))))

    def probability(self, one: Side, other: Side) -> float:
        """The probability alone, in less time: 0 where the words could not bring it to ``NEGLIGIBLE``."""
        if not one.text.strip() or not other.text.strip():
            return 0.0
        around = pair_likeness.circumstances(one, other)
        if self._sum(around) + self._most < _COUNTED_FROM:
            return 0.0
        return self._probability(around | pair_likeness.words(one, other))

    def similar(self, side: Side, others: Iterable[tuple[str, Side]]) -> tuple[SimilarCase, ...]:
        """The cases (id, side) most like a text, at most three, the likeliest first."""
        found = []
        for case_id, other in others:
            around = pair_likeness.circumstances(side, other)
            if self._sum(around) + self._most < _SHOWN_FROM:
                continue  # the words alone cannot bring it there: most open cases end here
            probability = self._probability(around | pair_likeness.words(side, other))
            if probability >= SHOWN:
                found.append(SimilarCase(case_id, round(probability, 4), probability >= SAME))
        return tuple(sorted(found, key=lambda each: -each.score)[:MOST])

    def _sum(self, signs: Mapping[str, float]) -> float:
        return self._bias + sum(self._weights[name] * value for name, value in signs.items() if value)

    def _probability(self, signs: Mapping[str, float]) -> float:
        return 1 / (1 + math.exp(-self._sum(signs)))

    def _reasons(self, one: Side, other: Side, signs: Mapping[str, float]) -> Iterator[str]:
        weighed = {name: self._weights[name] * value for name, value in signs.items()}
        if signs["same_place"]:
            weighed["same_place"] -= self._weights["unanchored"]  # what the lack of it would have cost
        words = {
            "places": _places(one, other),
            "codes": one.traits.codes & other.traits.codes or one.traits.codes,
            "lines": one.traits.lines & other.traits.lines,
            "figures": one.traits.figures & other.traits.figures,
            "things": _things(one, other),
        }
        told = {name: "、".join(sorted(each)) for name, each in words.items()}
        for name in sorted(weighed, key=lambda each: -abs(weighed[each])):
            if abs(weighed[name]) >= TOLD:
                yield _TOLD[name].format(**told)


def _things(one: Side, other: Side) -> frozenset[str]:
    """What both speak of, at most ``NAMED`` of it: the settings only where there is nothing else."""
    both = (one.objects & other.objects) | (one.troubles & other.troubles)
    return frozenset(sorted(both - one.settings or both)[:NAMED])


def _places(one: Side, other: Side) -> frozenset[str]:
    """What to call the common place; a name read by its ending where the gazetteer has none."""
    known = one.places.names & other.places.names or one.places.names | other.places.names
    return known or frozenset(name for _, name in one.names | other.names if name in one.text and name in other.text)


_SHOWN_FROM = math.log(SHOWN / (1 - SHOWN))
_COUNTED_FROM = math.log(NEGLIGIBLE / (1 - NEGLIGIBLE))
"""The evidence that makes a probability of ``SHOWN``, and one of ``NEGLIGIBLE``."""
