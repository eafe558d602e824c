"""What places are called: the names of the file, and the ways of writing and saying that follow from their kind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from district.numerals import spelt
from district.schemas import Place, PlaceKind, Unit, UnitKind

_OFFICES = (
    "办事处",
    "街道办事处",
    "街道办",
    "街办",
    "办",
    "派出所",
    "司法所",
    "城管队",
    "城管执法队",
    "社保所",
    "市场监管所",
)
_ESTATE = re.compile(
    r"(?:家园|花园|佳园|嘉园|雅园|雅苑|嘉苑|佳苑|新苑|苑|新居|名邸|公寓|小区|新村|[东西南北][里区院]|[一二三四五六七八九十]区)$"
)
_KIND = re.compile("(?:医院|小学|中学|公园|市场|商场|广场|图书馆|汽车站|幼儿园)$")
"""A landmark is said in short with this: 新钢医院 for 新钢职工医院."""
_LIVING = re.compile("(?:宿舍|家属[院区楼]|单身楼|大院)$")
_SHORTEST_LIVING = 5
_DIGITS = re.compile(r"\d{1,3}|[一二三四五六七八九十百]{1,5}")
_SHORTEST_HEAD = 2


def place_of(unit: Unit) -> Place | None:
    """A street or community of the units as a place; None for other units."""
    if unit.kind is UnitKind.STREET:
        return Place(name=unit.name, kind=PlaceKind.STREET, street=unit.code)
    if unit.kind is UnitKind.COMMUNITY and unit.parent:
        return Place(name=unit.name, kind=PlaceKind.COMMUNITY, street=unit.parent, community=unit.code)
    return None


def given(place: Place) -> Iterator[str]:
    """The names of the file."""
    yield place.name
    yield from place.aliases


def derived(place: Place, street: str) -> Iterator[str]:
    """Names that follow from those of the file; where one of them is given to another place, that one has it.

    ``street`` is the name of its street: without it before them, 书院师范家属院 is 师范家属院.
    """
    for name in given(place):
        yield from _numbered(name)
    name = place.name
    if place.kind is PlaceKind.STREET and (head := name.removesuffix("街道")) != name:
        yield from (head + office for office in (*_OFFICES, "地区", "辖区", "片区"))
    elif place.kind is PlaceKind.COMMUNITY and (head := name.removesuffix("社区")) != name:
        yield from (head + office for office in ("居委会", "社区居委会", "居民委员会", "社区服务站", "居委"))
    elif place.kind is PlaceKind.LANDMARK:
        yield from _landmark(name)
    elif place.kind is PlaceKind.COMPOUND:
        if head := estate(place):
            yield head + "小区"
        short = name.removeprefix(street.removesuffix("街道"))
        if _LIVING.search(short) and len(short) >= _SHORTEST_LIVING:
            yield short


def _landmark(name: str) -> Iterator[str]:
    if (head := name.removesuffix("地铁站")) != name:
        yield from (f"{head}站", f"地铁{head}站", f"{head}地铁口", f"{head}地铁")
    if (kind := _KIND.search(name)) and len(name) > len(kind[0]) + 2:
        yield name[:2] + kind[0]


def estate(place: Place) -> str:
    """What a compound is called without the word for its kind: 康泽 of 康泽佳园; empty where that is too short."""
    if place.kind is not PlaceKind.COMPOUND:
        return ""
    head = _ESTATE.sub("", place.name)
    return head if head != place.name and len(head) >= _SHORTEST_HEAD else ""


def _numbered(name: str) -> Iterable[str]:
    """一号院 as 1号院, and the other way."""
    other = _DIGITS.sub(lambda found: spelt(found[0]), name)
    return (other,) if other != name else ()
