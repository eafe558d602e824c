"""Bodies of a running call: each read when it comes, all of them put together when the call is over."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from channels.base import Piece
from channels.cleaning import clean_line
from channels.errors import UnreadableMessage
from channels.hotline.documents import STATED, as_text, named, since, turn_of
from channels.hotline.reading import Reading, default, rules_of
from channels.hotline.segments import Segment, joined
from channels.hotline.transcript import Turn
from channels.json_payload import read_json
from channels.message import Account

MOST_BYTES = 100_000
"""Of a body; a turn is a few hundred."""

LONGEST_ID = 128
HIGHEST = 1_000_000_000
_OF_PIECES = ("sequence", "final", "ended", "revision")
_FROM_THE_START = ("phone", "started")
"""Who called and when is settled while the call runs: a later word would make another caller's matter of it."""

_ANY_TIME = ("name", "mark", "remark", "recording")


@dataclass(frozen=True, slots=True)
class _Body:
    """One body: a turn with its place in the call, or none; what it says of the call; whether it ends it."""

    turn: Turn | None
    sequence: int
    final: bool
    revision: int
    at: str
    facts: Mapping[str, str]
    ended: bool


def read(payload: bytes, call_id: str, account: Account) -> Piece:
    """What the desk must know of it. Raises ``UnreadableMessage``."""
    if not call_id or len(call_id) > LONGEST_ID or clean_line(call_id, LONGEST_ID) != call_id:
        raise UnreadableMessage("呼叫编号", f"应为 1 到 {LONGEST_ID} 个可见字符，首尾没有空格")
    if len(payload) > MOST_BYTES:
        raise UnreadableMessage("", f"一段超过 {MOST_BYTES // 1000} KB")
    return Piece(ended=_body(payload, call_id, _reading(account)).ended)


@dataclass(frozen=True, slots=True)
class Pieces:
    """All pieces of a call, read: what they say of the call, and its turns as segments in the order they came.

    The segments from ``late_from`` on came after the call was over.
    """

    reading: Reading
    facts: Mapping[str, str]
    segments: Sequence[Segment]
    late_from: int


def read_all(call_id: str, pieces: Sequence[bytes], late: Sequence[bytes], account: Account) -> Pieces:
    """Raises ``UnreadableMessage``."""
    reading = _reading(account)
    early = [_body(each, call_id, reading) for each in pieces]
    bodies = [*early, *(_body(each, call_id, reading) for each in late)]
    facts = {name: next(_said(name, early), "") for name in _FROM_THE_START}
    facts |= {name: next(_said(name, reversed(bodies)), "") for name in _ANY_TIME}
    return Pieces(
        reading,
        facts,
        [_segment(each, each.turn, facts["started"]) for each in bodies if each.turn is not None],
        sum(each.turn is not None for each in early),
    )


def put_together(
    call_id: str, pieces: Sequence[bytes], late: Sequence[bytes], account: Account, *, stated: Sequence[str] = ()
) -> bytes:
    """One transcript as ``parse`` takes it, in the words of the account's rules. Raises ``UnreadableMessage``."""
    given = read_all(call_id, pieces, late, account)
    reading, facts = given.reading, given.facts
    found = joined(given.segments)
    document: dict[str, Any] = {_word(reading, name): value for name, value in facts.items() if value}
    document |= {
        _word(reading, "call_id"): call_id,
        _word(reading, "turns"): [_turn(each, reading) for each in found["turns"]],
        "missing_segments": found["missing_segments"],
    }
    if stated:
        document[STATED] = list(stated)
    digest = hashlib.sha256(_bytes(document)).hexdigest()[:16]
    return _bytes(document | {_word(reading, "revision"): f"live-{digest}"})


def _bytes(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, sort_keys=True).encode("utf-8")


def _reading(account: Account) -> Reading:
    try:
        return rules_of(account)
    except ValueError as problem:
        raise UnreadableMessage("layouts", "账号的 layouts 设置有误，不是 hotline.yaml 的内容") from problem


def _body(payload: bytes, call_id: str, reading: Reading) -> _Body:
    given = read_json(payload)
    if not isinstance(given, dict):
        raise UnreadableMessage("", "应为一个 JSON 对象，一段一个")
    told = named(given, reading) | _of_pieces(given, reading)
    whose = as_text(told, "call_id", "")
    if whose and whose != call_id:
        raise UnreadableMessage("call_id", "与地址中的呼叫编号不同")
    ended = _truth(told, "ended", default=False)
    facts = {name: as_text(told, name, "") for name in (*_FROM_THE_START, *_ANY_TIME)}
    turn = None
    if told.get("text") is not None or told.get("sequence") is not None:
        turn = turn_of(given, 1, "", reading)
    elif not ended and not any(facts.values()):
        raise UnreadableMessage("text", "没有话，也没有说通话结束")
    return _Body(
        turn=turn,
        sequence=_count(told, "sequence") if turn is not None else 0,
        final=_truth(told, "final", default=True),
        revision=_count(told, "revision") if told.get("revision") is not None else 0,
        at=as_text(told, "at", ""),
        facts=facts,
        ended=ended,
    )


def _of_pieces(given: Mapping[str, Any], reading: Reading) -> dict[str, Any]:
    """What only pieces have. Rules that do not name it take the adapter's own words for it."""
    lower = {key.lower(): value for key, value in given.items()}
    found: dict[str, Any] = {}
    for name in _OF_PIECES:
        values = (lower.get(word.lower()) for word in _words(reading, name))
        found[name] = next((value for value in values if value is not None), None)
    return found


def _words(reading: Reading, name: str) -> tuple[str, ...]:
    return reading.rules.fields.get(name) or default().rules.fields[name]


def _word(reading: Reading, name: str) -> str:
    return _words(reading, name)[0]


def _truth(told: Mapping[str, Any], name: str, *, default: bool) -> bool:
    value = told.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise UnreadableMessage(name, "应为 true 或 false")
    return value


def _count(told: Mapping[str, Any], name: str) -> int:
    value = told.get(name)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= HIGHEST:
        raise UnreadableMessage(name, "缺少序号" if value is None else f"应为 0 到 {HIGHEST} 的整数")
    return value


def _said(name: str, bodies: Iterable[_Body]) -> Iterator[str]:
    return (each.facts[name] for each in bodies if each.facts[name])


def _segment(body: _Body, turn: Turn, started: str) -> Segment:
    start = turn.start if turn.start is not None else since(started, body.at)
    return Segment(body.sequence, turn.speaker, turn.text, start, turn.end, body.final, body.revision)


_NAMES = {"speaker": "speaker", "text": "text", "start": "start_seconds", "end": "end_seconds"}


def _turn(turn: Mapping[str, Any], reading: Reading) -> dict[str, Any]:
    return {_word(reading, _NAMES[name]): value for name, value in turn.items()}
