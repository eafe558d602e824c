"""Addresses: a place of the gazetteer with what follows it, down to the door."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from district import numerals
from district.gazetteer import PlaceMatch
from district.roles import is_office
from district.schemas import PlaceKind
from triage.assessment import Entity, EntityKind

_N = r"(?:\d{1,4}|[一二三四五六七八九十百零〇]{1,5})"
_PIECE = re.compile(
    rf"\s?(?:第|[甲乙丙丁](?=\s?\d))?\s?(?P<number>[A-Za-z]?{_N}(?:[-—之]\d{{1,4}}){{0,2}}|[A-Za-z])\s?[甲乙丙丁]?\s?"
    r"(?P<what>号楼(?!梯|道|顶)|号院(?![墙子门])|号门(?![口前外])|号|弄|院|栋|幢|座|单元|门(?!口)|室|户|房间|房)"
)
_ROAD_NUMBER = re.compile(rf"\s{{0,2}}(?:[路街]?[东西南北](?:[里侧边]|段)?|门牌)?(?=\s?[甲乙丙丁]?\s?{_N})")
_ROOM = re.compile(r"[-—\s]?(?P<number>\d{3,4})(?:室|号|房|户)?(?![\d.年元米个次平块路])")
_DASHED = re.compile(r"\s?(?P<building>\d{1,3})[-—](?P<unit>\d{1,2})[-—](?P<room>\d{2,4})(?!\d)")
_WORDS = {"building": "号楼 栋 幢 座", "unit": "单元 门 号门", "room": "室 户 房 房间"}
_PARTS = {word: part for part, words in _WORDS.items() for word in words.split()}
_NUMBERED = re.compile(r"[路街巷道同][\d一二三四五六七八九十]{1,3}号(?:院|大院)$")
_INSTITUTION = re.compile(
    "(?:医院|小学|中学|学校|幼儿园|大学|保健院|卫生服务中心|卫生站|养老院|诊所|总店|图书馆|博物馆|急救站)$"
)
_BEYOND = frozenset("下上前后道门里内顶")
_MOST_PIECES = 5
_TO_THE_DOOR = frozenset({"unit", "room"})
_BARE = re.compile(
    rf"(?<![\d\-—]){_N}\s?(?:号楼|栋|幢|座)\s?(?=[A-Za-z]?{_N}\s?(?:单元|门|层|楼|室|户|\d))"
    rf"|(?<![\d\-—]){_N}单元(?=\s?{_N})"
)
"""A door without a place: 3号楼2单元501."""


def find(text: str, looked: str, matches: Iterable[PlaceMatch]) -> list[Entity]:
    """The places of a text as entities; what has a number, a building or a door is an address.

    ``looked`` is the text in plain characters, of the same length. An address down to the door is personal.
    """
    made: list[Entity] = []
    end = 0
    for match in matches:
        end, value = _details(looked, match.end)
        if match.number is not None:
            if value.get("building") == match.number and looked[end : end + 1] in _BEYOND:
                del value["building"]  # 118号楼下 is below number 118
                end -= 1
            value["number"] = match.number
        made.append(_entity(text, match, end, value))
    taken = [(each.start, each.end) for each in made]
    for bare in _BARE.finditer(looked):
        if not any(start <= bare.start() < end for start, end in taken):
            end, value = _details(looked, bare.start())
            made.append(_made("address", text, bare.start(), bare.start(), end, value))
    return made


def _entity(text: str, match: PlaceMatch, end: int, details: dict[str, Any]) -> Entity:
    streets = {place.street for place in match.places}
    communities = {place.community for place in match.places}
    value: dict[str, Any] = {"name": match.places[0].name if match.places else match.text}
    if len(streets) == 1:
        value["street"] = streets.pop()
    if len(communities) == 1 and None not in communities:
        value["community"] = communities.pop()
    if any(place.kind == PlaceKind.ROAD for place in match.places):
        value["road"] = value["name"]
    kind: EntityKind = "address" if details else _kind(text, match)
    return _made(kind, text, match.start, match.end, end if details else match.end, value | details)


def _kind(text: str, match: PlaceMatch) -> EntityKind:
    """A school or a hospital is an organisation, but where it names a stop; 石榴胡同七号院 is an address."""
    if _NUMBERED.search(match.text):
        return "address"
    institution = (
        any(_INSTITUTION.search(place.name) for place in match.places) and text[match.end : match.end + 1] != "站"
    )
    return "organisation" if is_office(match.text) or institution else "place"


def _made(kind: EntityKind, text: str, start: int, door: int, end: int, value: dict[str, Any]) -> Entity:
    """``door`` is where the place ends and what follows it begins."""
    personal = not _TO_THE_DOOR.isdisjoint(value)
    told = value | {"door": text[door:end].strip()} if personal else value
    return Entity(kind, text[start:end], start, end, told, personal)


def _details(text: str, at: int) -> tuple[int, dict[str, Any]]:
    """Where the address ends that begins or goes on here, and its number, building, unit, floor and room."""
    told: dict[str, Any] = {}
    before = _ROAD_NUMBER.match(text, at)
    if before and _PIECE.match(text, before.end()):
        at = before.end()
    for _ in range(_MOST_PIECES):
        if dashed := _DASHED.match(text, at):
            return dashed.end(), told | {name: _plain(each) for name, each in dashed.groupdict().items()}
        piece = _PIECE.match(text, at)
        if piece is None:
            break
        told.setdefault(_PARTS.get(piece["what"], "number"), _plain(piece["number"]))
        at = piece.end()
    if {"unit", "building"} & told.keys() and "room" not in told and (room := _ROOM.match(text, at)):
        told["room"] = _plain(room["number"])
        at = room.end()
    return at, told


def _plain(number: str) -> int | str:
    value = numerals.value(number)
    return number if value is None else value
