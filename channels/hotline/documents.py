"""One call as JSON. Keys go by the names in ``fields`` of ``hotline.yaml``, whatever the platform calls them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from channels.errors import UnreadableMessage
from channels.hotline.reading import Reading
from channels.hotline.transcript import Transcript, Turn, moment, offset

MOST_TURNS = 5_000
LONGEST_TURN = 20_000
_LONGEST = 2_000
_DIGITS = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,6})?")
STATED = "stated_by_agent"
"""What the agent put down while people talked, a line each; only our own pieces bring it."""
_MOST_STATED = 20
_NO = {"", "0", "false", "no", "否"}


def from_document(given: Any, reading: Reading) -> Transcript:
    """Raises ``UnreadableMessage`` naming the field or the turn."""
    if not isinstance(given, dict):
        raise UnreadableMessage("", "应为一个 JSON 对象，一通电话一个")
    given = _unwrapped(given, reading)
    call = named(given, reading)
    turns = call.get("turns")
    if not isinstance(turns, list):
        raise UnreadableMessage("turns", "缺少对话各句" if turns is None else "应为一个列表")
    if len(turns) > MOST_TURNS:
        raise UnreadableMessage("turns", f"超过 {MOST_TURNS} 句")
    started = as_text(call, "started", "")
    missing = given.get("missing_segments")
    stated = given.get(STATED)
    notes = (f"实时转写缺少 {len(missing)} 段",) if isinstance(missing, list) and missing else ()
    return Transcript(
        call_id=as_text(call, "call_id", ""),
        turns=tuple(turn_of(each, number, started, reading) for number, each in enumerate(turns, start=1)),
        phone=as_text(call, "phone", ""),
        name=as_text(call, "name", ""),
        started=started,
        revision=as_text(call, "revision", ""),
        corrected=as_text(call, "corrected", "").lower() not in _NO,
        mark=as_text(call, "mark", ""),
        remark=as_text(call, "remark", ""),
        recording=as_text(call, "recording", ""),
        stated=tuple(str(each)[:_LONGEST] for each in stated[:_MOST_STATED]) if isinstance(stated, list) else (),
        notes=notes,
    )


_WRAPPERS = ("data", "result", "body", "payload")


def _unwrapped(given: dict[str, Any], reading: Reading) -> dict[str, Any]:
    """The call inside ``{"code": 0, "data": {…}}``, as interfaces hand it out; an object with turns is the call."""
    if named(given, reading)["turns"] is not None:
        return given
    inner = next((given[key] for key in _WRAPPERS if isinstance(given.get(key), dict)), given)
    return given if named(inner, reading)["turns"] is None else inner


def turn_of(given: Any, number: int, started: str, reading: Reading) -> Turn:
    """One turn, the ``number``th of its call. Raises ``UnreadableMessage`` naming it and the field."""
    where = f"第 {number} 句"
    if not isinstance(given, dict):
        raise UnreadableMessage(where, "应为一个 JSON 对象")
    turn = named(given, reading)
    if not isinstance(turn.get("text"), str):
        raise UnreadableMessage(f"{where} text", "缺少这一句的文字" if turn.get("text") is None else "应为文字")
    if len(turn["text"]) > LONGEST_TURN:
        raise UnreadableMessage(f"{where} text", f"超过 {LONGEST_TURN} 字")
    start, end = (_seconds(turn, side, where) for side in ("start", "end"))
    if start is None:
        start = since(started, as_text(turn, "at", where))
    return Turn(number, as_text(turn, "speaker", where), turn["text"], start, end)


def since(started: str, at: str) -> float | None:
    """Seconds between two times of day; None where one is missing or the second lies more than a day off."""
    begun, then = moment(started), moment(at)
    if begun is None or then is None:
        return None
    seconds = (then - begun).total_seconds()
    return seconds if -60 <= seconds <= 86_400 else None


def named(given: Mapping[str, Any], reading: Reading) -> dict[str, Any]:
    """By our names. Where a platform gives one thing under two names, the first listed in ``fields`` holds."""
    found: dict[str, Any] = dict.fromkeys(reading.rules.fields)
    places: dict[str, int] = {}
    for key, value in given.items():
        for name, place in reading.listed.get(key.lower(), ()) if value is not None else ():
            if place <= places.get(name, place):
                found[name], places[name] = value, place
    return found


def as_text(given: Mapping[str, Any], name: str, where: str) -> str:
    """A text; numbers and truths are written out, as platforms give ids and channels either way."""
    value = given.get(name)
    place = f"{where} {name}".strip()
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        raise UnreadableMessage(place, "应为文字")
    written = str(value)
    if len(written) > _LONGEST:
        raise UnreadableMessage(place, f"超过 {_LONGEST} 字")
    return written


def _seconds(turn: Mapping[str, Any], side: str, where: str) -> float | None:
    """From a number of seconds or milliseconds, or from a written offset."""
    for name, unit in ((f"{side}_ms", 1000.0), (f"{side}_seconds", 1.0)):
        value = turn.get(name)
        if isinstance(value, str):
            written = offset(value)
            if written is not None:
                return written
            value = float(value) if _DIGITS.fullmatch(value) else None
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise UnreadableMessage(f"{where} {side}", "应为秒数或毫秒数")
        if not 0 <= value <= 1e9:
            raise UnreadableMessage(f"{where} {side}", "时间不在合理范围内")
        return value / unit
    return None
