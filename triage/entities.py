"""What a text names: places by the gazetteer, the rest by its own form. Offsets are those of the text given."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from district.characters import simplified
from district.gazetteer import Gazetteer, PlaceMatch
from triage import addresses, amounts, organisations, persons, times
from triage.assessment import Entity, EntityKind
from triage.text import narrow

MOST = 40
"""Entities kept of one text."""
LOOKED_AT = 6_000
"""Characters looked at: an appeal names what it is about early."""
PERSONAL = frozenset({"person", "phone", "id_number", "plate"})
"""Kinds that always tell who somebody is."""

_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_GAP = r"[-—. ]?"
_ORDER = r"(?:(?:工单|订单|受理|诉求|案件|投诉|流水|回执|派单|来电|登记)(?:编号|单号|号码?)|单号)"
_FORMS: tuple[tuple[EntityKind, re.Pattern[str]], ...] = (
    ("id_number", re.compile(rf"(?<!\d)\d{{6}}{_GAP}\d{{4}}{_GAP}\d{{4}}{_GAP}\d{{3}}[\dXx](?![\dA-Za-z])")),
    ("order_number", re.compile(r"(?<![A-Za-z\d])(?:[A-Za-z]{1,4}-?)?\d{8}-\d{3,6}(?!\d)")),
    (
        "order_number",
        re.compile(rf"{_ORDER}(?:是|为|:|叫|尾号)?\s?(?P<name>(?=[A-Za-z\-]*\d)[A-Za-z\d][A-Za-z\d-]{{5,23}})"),
    ),
    (
        "phone",
        re.compile(
            rf"(?<![\d*A-Za-z-])(?:\+?86{_GAP})?(?:1[3-9]\d{_GAP}[\d*]{{4}}{_GAP}[\d*]{{4}}|\(?0\d{{2,3}}\)?{_GAP}\d{{4}}{_GAP}[\d*]{{3,4}}(?:转\d{{1,5}})?"
            rf"|[48]00{_GAP}\d{{3,4}}{_GAP}\d{{3,4}})(?![\d*])"
            r"|(?<=电话)(?:是|:|为|打)?\s?(?P<name>[2-8]\d{6,7}|9[56]\d{3})(?!\d)|[一二三四五六七八九零〇幺]{11}"
        ),
    ),
    (
        "plate",
        re.compile(
            rf"[{_PROVINCES}]\s?[A-Za-z]\s?[·.]?\s?(?:[A-Za-z\d]{{5,6}}|[A-Za-z\d]{{4}}[警学挂港澳])(?![A-Za-z\d])"
        ),
    ),
)
_FIGURES = str.maketrans("零〇一幺二三四五六七八九", "001123456789")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ENDINGS = "10X98765432"


def is_id_number(digits: str) -> bool:
    """Whether the check digit of GB 11643 fits."""
    if len(digits) != 18 or not digits[:17].isdecimal():
        return False
    total = sum(int(digit) * weight for digit, weight in zip(digits[:17], _WEIGHTS, strict=True))
    return _ENDINGS[total % 11] == digits[17].upper()


def places(text: str, gazetteer: Gazetteer) -> list[PlaceMatch]:
    """The places a text names, within the part that is looked at."""
    return gazetteer.find(narrow(text[:LOOKED_AT]))


def find(
    text: str, matches: Iterable[PlaceMatch], at: datetime | None = None, units: re.Pattern[str] = organisations.NONE
) -> tuple[Entity, ...]:
    """Entities in order of appearance; ``matches`` are what ``places`` found in the same text.

    Full-width digits and letters count as plain ones, traditional characters as simplified; ``Entity.text`` is what
    stands in the text given. Times are told in the zone of ``at``, the moment of the message; ``units`` are the
    organisations known by name (``organisations.known``).
    """
    looked = simplified(narrow(text[:LOOKED_AT]))
    found: list[Entity] = []
    for entity in _all(text, looked, matches, at, units):
        if not any(entity.start < other.end and other.start < entity.end for other in found):
            found.append(entity)
        if len(found) > MOST * len(_FORMS):
            break
    return tuple(sorted(found, key=lambda entity: entity.start)[:MOST])


def _all(
    text: str, looked: str, matches: Iterable[PlaceMatch], at: datetime | None, units: re.Pattern[str]
) -> Iterator[Entity]:
    """All of them, those first that go before where two overlap."""

    def made(kind: EntityKind, start: int, end: int, value: dict[str, Any] | None = None) -> Entity:
        return Entity(kind, text[start:end], start, end, value or {}, kind in PERSONAL)

    for kind, form in _FORMS:
        for one in form.finditer(looked):
            start, end = one.span("name") if form.groups and one["name"] else one.span()
            written = looked[start:end]
            if kind != "id_number" or is_id_number(re.sub(_GAP[:-1], "", written)):
                yield made(kind, start, end, _value(kind, written))
    located = addresses.find(text, looked, matches)
    yield from located
    yield from (made("money", start, end, dict(value)) for start, end, value in amounts.find(looked))
    yield from (made("person", start, end) for start, end in persons.find(looked))
    yield from (made("time", start, end, value) for start, end, value in times.find(looked, at))
    ends = {place.end: place for place in located}
    for start, end in organisations.find(looked, units):
        # the committee of a compound is named behind it: 枫桥家园业委会
        begin = next((each for each in range(end - 2, start, -1) if each in ends), start)
        if organisations.is_named(looked[begin:end]):
            yield made("organisation", begin, end)


def _value(kind: EntityKind, written: str) -> dict[str, Any]:
    if kind == "phone":
        return {"digits": re.sub(r"[^\d*]", "", written.partition("转")[0].translate(_FIGURES))}
    if kind == "plate":
        return {"plate": re.sub(r"[\s·.]", "", written).upper()}
    return {}
