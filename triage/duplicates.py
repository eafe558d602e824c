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
MOST = 3
TOLD = 0.25
"""The least a sign must weigh to be told as a reason."""

WEIGHTS: Mapping[str, float] = {
    "same_place": 1.82,
    "near_place": 0.04,
    "same_number": 0.0,
    "same_code": 2.72,
    "same_line": 0.48,
    "same_name": 0.7,
    "same_sum": 2.27,
    "topic": 1.36,
    "category": 1.75,
    "same_object": 0.15,
    "same_trouble": 0.82,
    "wording": 0.0,
    "inside": 0.0,
    "urged": 2.46,
    "other_place": -2.02,
    "other_number": -5.65,
    "other_name": -0.7,
    "unanchored": -3.24,
    "other_object": -1.72,
    "other_trouble": -0.72,
    "asked": -2.34,
    "opposed": -4.61,
    "mended": -2.54,
    "apart": -1.31,
    "long_apart": -1.83,
    "bias": -2.46,
}
"""Fitted by ``triage.pair_fitting`` on the demo pack's judged pairs and the first part of ``tests/sets/duplicates``; a
pack's ``duplicates.yaml`` may have its own."""

_WORDS = ("topic", "category", "same_object", "same_trouble", "wording", "inside")
"""Signs that only the words give: they are looked at last."""
_TOLD = {
    "same_place": "同一地点：{places}",
    "near_place": "地点在同一社区",
    "same_number": "同一门牌或楼号",
    "same_code": "同一编号：{codes}",
    "same_line": "同一线路：{lines}路",
    "same_name": "提到同一名称",
    "same_sum": "金额相同",
    "topic": "内容相近",
    "category": "分类相近",
    "same_object": "同一对象：{objects}",
    "same_trouble": "同类问题：{troubles}",
    "wording": "措辞相近",
    "inside": "措辞相近",
    "urged": "是对前一诉求的催办",
    "other_place": "地点不同",
    "other_number": "门牌、楼号或编号不同",
    "other_name": "名称不同",
    "unanchored": "没有共同的地点、编号或名称",
    "other_object": "对象不同",
    "other_trouble": "问题不同",
    "asked": "一件是咨询，一件不是",
    "opposed": "一件反对，一件不反对",
    "mended": "前一问题已解决，又有新情况",
    "apart": "相隔较久",
    "long_apart": "相隔一个半月以上",
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
        self._most = sum(max(0.0, self._weights[name]) for name in _WORDS)

    def compare(self, one: Side, other: Side) -> Comparison:
        """Compare two sides; symmetric. Nothing is like a text without content."""
        if not one.text.strip() or not other.text.strip():
            return Comparison(0.0, ())
        found = pair_likeness.signs(one, other)
        return Comparison(self._probability(found), tuple(dict.fromkeys(self._reasons(one, other, found))))

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
        words = {
            "places": one.places.names & other.places.names or one.places.names | other.places.names,
            "codes": one.traits.codes & other.traits.codes or one.traits.codes,
            "lines": one.traits.lines & other.traits.lines,
            "objects": one.objects & other.objects,
            "troubles": one.troubles & other.troubles,
        }
        told = {name: "、".join(sorted(each)) for name, each in words.items()}
        for name in sorted(weighed, key=lambda each: -abs(weighed[each])):
            if abs(weighed[name]) >= TOLD:
                yield _TOLD[name].format(**told)


_SHOWN_FROM = math.log(SHOWN / (1 - SHOWN))
"""The evidence that makes a probability of ``SHOWN``."""
