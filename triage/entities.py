"""What a text names: places by the gazetteer, numbers by their own form. Offsets are those of the text given."""

from __future__ import annotations

import re
from collections.abc import Iterable

from district.gazetteer import Gazetteer, PlaceMatch
from triage.assessment import Entity, EntityKind
from triage.text import narrow

MOST = 40
"""Entities kept of one text."""
LOOKED_AT = 6_000
"""Characters looked at: an appeal names what it is about early."""

_PROVINCE = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_HAN = "[\u4e00-\u9fff]"
_NUMBER = "[0-9一二三四五六七八九十两]{1,3}"
_DAY = r"(?:凌晨|早上|早晨|上午|中午|下午|傍晚|晚上|夜里|夜间|半夜|深夜)"
_CLOCK = rf"{_NUMBER}[点时](?:{_NUMBER}分|半|多|左右)?|\d{{1,2}}:\d{{2}}"
_PLANT = "有限公司|物业公司|公司|派出所|居委会|业委会|医院|学校|小学|中学|幼儿园|超市|饭店|餐厅|酒店"

_FORMS: tuple[tuple[EntityKind, re.Pattern[str]], ...] = (
    ("id_number", re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")),
    ("order_number", re.compile(r"(?<!\d)C?\d{8}-\d{4,6}(?!\d)")),
    ("phone", re.compile(r"(?<![\d*])(?:1[3-9][\d*]{9}|0\d{2,3}-?[\d*]{7,8})(?![\d*])")),
    ("plate", re.compile(rf"[{_PROVINCE}][A-Za-z][A-Za-z0-9]{{5,6}}(?![A-Za-z0-9])")),
    ("money", re.compile(r"(?<![\d.])\d+(?:\.\d+)?\s?(?:万元|千元|元|万块|块钱?|万(?=[,。;!]))(?!米)")),
    (
        "time",
        re.compile(
            r"\d{4}年\d{1,2}月(?:\d{1,2}[日号])?|\d{1,2}月\d{1,2}[日号]|\d{4}-\d{1,2}-\d{1,2}(?!\d)"
            rf"|(?:昨|今|前|明)[天晚早](?:{_DAY})?(?:{_CLOCK})?|(?:上|这|本)(?:周|个?月|星期)[一二三四五六日天]?"
            rf"|{_DAY}(?:{_CLOCK})?|(?<![0-9一二三四五六七八九十两])(?:{_CLOCK})"
        ),
    ),
    ("organisation", re.compile(rf"{_HAN}{{2,12}}?(?:{_PLANT})")),
    (
        "person",
        re.compile(rf"(?<=我叫){_HAN}{{2,3}}(?=[,.。\s])|(?<=姓名[:是]){_HAN}{{2,4}}|(?<=我是){_HAN}{{2,3}}(?=,电话)"),
    ),
)
_LEADING = re.compile(r".*(?:[在到给向被是的和找去了说让从跟由对把叫问有个家]|反映|投诉|举报|咨询|附近|旁边|对面)")
"""What stands before the name of an organisation in a running sentence."""
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ENDINGS = "10X98765432"


def is_id_number(digits: str) -> bool:
    """Whether the check digit of GB 11643 fits."""
    if len(digits) != 18 or not digits[:17].isdecimal():
        return False
    total = sum(int(digit) * weight for digit, weight in zip(digits[:17], _WEIGHTS, strict=True))
    return _ENDINGS[total % 11] == digits[17].upper()


def find(text: str, matches: Iterable[PlaceMatch]) -> tuple[Entity, ...]:
    """Entities in order of appearance; ``matches`` are what ``places`` found in the same text.

    Full-width digits and letters count as plain ones; ``Entity.text`` is what stands in the text given.
    """
    looked = narrow(text[:LOOKED_AT])
    found = [_place(text, match) for match in matches]
    for kind, form in _FORMS:
        for one in form.finditer(looked):
            start, end = _named(kind, one)
            if end - start < 2 or (kind == "id_number" and not is_id_number(one.group())):
                continue
            if not any(start < other.end and other.start < end for other in found):
                found.append(Entity(kind, text[start:end], start, end, _value(kind, looked[start:end])))
        if len(found) > MOST * len(_FORMS):
            break
    return tuple(sorted(found, key=lambda entity: entity.start)[:MOST])


def _named(kind: str, found: re.Match[str]) -> tuple[int, int]:
    """The span; of an organisation without the words of the sentence before its name."""
    start, end = found.span()
    if kind == "organisation" and (before := _LEADING.match(found[0][:-2])):
        start += before.end()
    return start, end


def places(text: str, gazetteer: Gazetteer) -> list[PlaceMatch]:
    """The places a text names, within the part that is looked at."""
    return gazetteer.find(narrow(text[:LOOKED_AT]))


def _place(text: str, match: PlaceMatch) -> Entity:
    streets = {place.street for place in match.places}
    communities = {place.community for place in match.places}
    value: dict[str, object] = {"name": match.places[0].name if match.places else match.text}
    if len(streets) == 1:
        value["street"] = streets.pop()
    if len(communities) == 1 and None not in communities:
        value["community"] = communities.pop()
    if match.number is not None:
        value["number"] = match.number
    kind: EntityKind = "address" if match.number is not None else "place"
    return Entity(kind, text[match.start : match.end], match.start, match.end, value)


def _value(kind: str, text: str) -> dict[str, object]:
    if kind == "phone":
        return {"digits": text.replace("-", "")}
    if kind == "plate":
        return {"plate": text.upper()}
    if kind == "money" and (number := re.match(r"\d+(?:\.\d+)?", text)):
        return {"yuan": float(number[0]) * (10_000 if "万" in text else 1_000 if "千" in text else 1)}
    return {}
