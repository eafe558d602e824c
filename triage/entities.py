"""What a text names: places by the gazetteer, numbers by their own form. Offsets are those of the text given."""

from __future__ import annotations

import re
from collections.abc import Iterable

from district.gazetteer import Gazetteer, PlaceMatch
from triage.assessment import Entity, EntityKind

MOST = 40
"""Entities kept of one text."""
LOOKED_AT = 6_000
"""Characters looked at: an appeal names what it is about early."""

_FORMS: tuple[tuple[EntityKind, re.Pattern[str]], ...] = (
    ("id_number", re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")),
    ("order_number", re.compile(r"(?<!\d)C?\d{8}-\d{4,6}(?!\d)")),
    ("phone", re.compile(r"(?<!\d)(?:1[3-9][\d*]{9}|0\d{2,3}-?[\d*]{7,8})(?![\d*])")),
    (
        "plate",
        re.compile(r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][A-Z0-9]{5,6}(?![A-Z0-9])"),
    ),
    ("money", re.compile(r"(?<!\d)\d+(?:\.\d+)?\s?(?:元|块钱?|万元?|千元?)(?![米])")),
    (
        "time",
        re.compile(
            r"\d{4}年\d{1,2}月(?:\d{1,2}[日号])?|\d{1,2}月\d{1,2}[日号]|(?:昨|今|前|明)[天晚早]|(?:上|这|本)(?:周|个?月|星期)[一二三四五六日天]?"
            r"|(?:凌晨|早上|上午|中午|下午|傍晚|晚上|夜里|半夜)(?:\d{1,2}[点时:：](?:\d{1,2}分?|半)?)?|\d{1,2}[点时](?:\d{1,2}分|半)?"
        ),
    ),
    (
        "organisation",
        re.compile(r"[\u4e00-\u9fff]{2,12}(?:有限公司|物业公司|公司|派出所|居委会|业委会|医院|学校|小学|中学|幼儿园)"),
    ),
    ("person", re.compile(r"(?<=我叫)[\u4e00-\u9fff]{2,3}(?=[,，。\s])|(?<=我是)[\u4e00-\u9fff]{2,3}(?=[,，]电话)")),
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ENDINGS = "10X98765432"


def is_id_number(digits: str) -> bool:
    """Whether the check digit of GB 11643 fits."""
    if len(digits) != 18 or not digits[:17].isdecimal():
        return False
    return (
        _ENDINGS[sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=False)) % 11]
        == digits[17].upper()
    )


def find(text: str, matches: Iterable[PlaceMatch]) -> tuple[Entity, ...]:
    """Entities in order of appearance; ``matches`` are the gazetteer's finds in the same text."""
    looked = text[:LOOKED_AT]
    found = [_place(match) for match in matches]
    for kind, form in _FORMS:
        for one in form.finditer(looked):
            if kind == "id_number" and not is_id_number(one.group()):
                continue
            if not any(one.start() < other.end and other.start < one.end() for other in found):
                found.append(Entity(kind, one.group(), one.start(), one.end(), _value(kind, one.group())))
    return tuple(sorted(found, key=lambda entity: entity.start)[:MOST])


def places(text: str, gazetteer: Gazetteer) -> list[PlaceMatch]:
    """The places a text names, within the part that is looked at."""
    return gazetteer.find(text[:LOOKED_AT])


def _place(match: PlaceMatch) -> Entity:
    streets = {place.street for place in match.places}
    communities = {place.community for place in match.places}
    value: dict[str, object] = {"name": match.places[0].name if match.places else match.text}
    if len(streets) == 1:
        value["street"] = streets.pop()
    if len(communities) == 1 and None not in communities:
        value["community"] = communities.pop()
    if match.number is not None:
        value["number"] = match.number
    return Entity("address" if match.number is not None else "place", match.text, match.start, match.end, value)


def _value(kind: str, text: str) -> dict[str, object]:
    if kind == "phone":
        return {"digits": text.replace("-", "")}
    if kind == "money":
        number = float(re.match(r"\d+(?:\.\d+)?", text).group())  # type: ignore[union-attr]
        return {"yuan": number * (10_000 if "万" in text else 1_000 if "千" in text else 1)}
    return {}
