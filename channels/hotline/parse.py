"""Finished calls made into messages: one JSON object, JSON Lines, or a call platform's plain text.

Told apart by content. An identity of a call is the platform's number of it; which wording of a call this is, is told
without memory (``_delivery``).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace

from channels import recordings
from channels.cleaning import clean_line, clean_text
from channels.errors import UnreadableMessage
from channels.hotline.decoding import decoded
from channels.hotline.documents import from_document
from channels.hotline.exports import from_text
from channels.hotline.numbers import normalised
from channels.hotline.reading import Reading, rules_of
from channels.hotline.speakers import roles
from channels.hotline.transcript import Transcript, in_order, moment
from channels.hotline.words import by_side, dialogue, nothing_in_it, words_of
from channels.json_payload import read_json
from channels.message import Account, Ignored, InboundMessage, Parsed, Refused, Sender

CHANNEL_NAME = "hotline"
MOST_BYTES = 32_000_000
"""Of a payload: a day's calls of a district in JSON Lines."""

MOST_OF_A_CALL = 2_000_000
"""Characters of one call; three hours of talk are under 100,000."""

MOST_CALLS = 20_000
_LONGEST_ID = 128
_JSON = re.compile(r"\s*(?:\{|\[\s*(?:[{\[\]\"]|$))")
_FIRST = re.compile(r"[vV]?0*1(?:\.0)?|首版|初版|第1版|第一版")


def parse(payload: bytes, account: Account) -> list[Parsed]:
    """All calls of a payload. In JSON Lines a broken line is ``Refused`` with its row; else ``UnreadableMessage``."""
    try:
        reading = rules_of(account)
    except ValueError as problem:
        raise UnreadableMessage("layouts", "账号的 layouts 设置有误，不是 hotline.yaml 的内容") from problem
    if len(payload) > MOST_BYTES:
        raise UnreadableMessage("", f"超过 {MOST_BYTES // 1_000_000} MB")
    text, notes = decoded(payload)
    if not text.strip():
        raise UnreadableMessage("", "空文件")
    if not _JSON.match(text):
        if len(text) > MOST_OF_A_CALL:
            raise UnreadableMessage("", f"一通电话超过 {MOST_OF_A_CALL} 字")
        return [_parsed(from_text(text, reading), reading, account, notes)]
    lines = [(row, line) for row, line in enumerate(text.split("\n"), start=1) if line.strip()]
    try:
        call = from_document(_json(text), reading)
    except UnreadableMessage:
        if not _is_lines(lines, reading):
            raise
        return [_row(line, row, reading, account, notes) for row, line in lines]
    return [_parsed(call, reading, account, notes)]


def _json(text: str) -> object:
    if len(text) > MOST_OF_A_CALL:
        raise UnreadableMessage("第 1 行", f"一通电话超过 {MOST_OF_A_CALL} 字")
    return read_json(text.encode("utf-8"))


def _is_lines(lines: list[tuple[int, str]], reading: Reading) -> bool:
    """Whether this is JSON Lines: several lines, and one of them is an object that names a call."""
    if len(lines) < 2:
        return False
    if len(lines) > MOST_CALLS:
        raise UnreadableMessage(f"第 {MOST_CALLS} 行", f"超过 {MOST_CALLS} 行")
    return any(line.lstrip().startswith("{") and _names_a_call(line, reading) for _, line in lines)


def _names_a_call(line: str, reading: Reading) -> bool:
    try:
        given = _json(line)
    except UnreadableMessage:
        return False
    return isinstance(given, dict) and any(reading.names.get(key.lower()) == "call_id" for key in given)


def _row(line: str, row: int, reading: Reading, account: Account, notes: tuple[str, ...]) -> Parsed:
    try:
        return _parsed(from_document(_json(line), reading), reading, account, notes)
    except UnreadableMessage as problem:
        digest = hashlib.sha256(line.strip().encode("utf-8")).hexdigest()[:32]
        where = problem.where.removeprefix("第 1 行")
        return Refused(CHANNEL_NAME, account.name, f"line:{digest}", row, where, problem.why)


def _parsed(given: Transcript, reading: Reading, account: Account, notes: tuple[str, ...]) -> Parsed:
    call = in_order(sound(given))
    identity, revises = _delivery(call)
    sides, inferred = roles(call, reading)
    said = by_side(call, sides)
    reason, doubt = nothing_in_it(call, said, reading)
    if reason and not call.stated:
        return Ignored(CHANNEL_NAME, account.name, identity, reason)
    phone, about_phone = phone_of(call, reading)
    sent_at = moment(call.started)
    unsure = ("通话没有可用的开始时间",) if sent_at is None else ()
    words = words_of(said, reading)
    mute = () if words else ("来电人没有说话，文字取自坐席",)
    return InboundMessage(
        channel=CHANNEL_NAME,
        account=account.name,
        delivery_id=identity,
        kind="text",
        sender=Sender(phone or f"call:{call.call_id}", call.name, phone),
        external_id=call.call_id,
        text="\n".join(filter(None, (words or "\n".join((*said.agent, call.remark)).strip(), *call.stated))),
        full_text=dialogue(call, sides),
        sent_at=sent_at,
        revises=revises,
        recording=recordings.kept(call.recording),
        notes=(*notes, *call.notes, *inferred, *about_phone, *unsure, *mute, *doubt),
    )


def _delivery(call: Transcript) -> tuple[str, str]:
    """The delivery's id, and the call it words anew.

    A platform that numbers its wordings says which is the first: that one is ``call:<id>``, a later one
    ``call:<id>:<revision>``. One that does not number them cannot be asked: the id then holds a digest of the content,
    so the same transcript has the same id at every redelivery and a changed one another. Were it ``call:<id>`` alone,
    a correction would be taken for a redelivery and its words lost. Even a first transcript is said to revise its call:
    the pieces of the running call may have opened its ticket, and where the desk knows no earlier wording it is news.
    """
    base = f"call:{call.call_id}"
    if _FIRST.fullmatch(call.revision) and not call.corrected:
        return base, call.call_id
    if call.revision and not _FIRST.fullmatch(call.revision) and call.revision.strip("0"):
        return f"{base}:{call.revision}", call.call_id
    return f"{base}:{call.digest}", call.call_id


def sound(call: Transcript) -> Transcript:
    """With words a database can hold. Raises ``UnreadableMessage`` where the call has no identity."""
    identity = clean_line(call.call_id, _LONGEST_ID + 1)
    if not identity:
        raise UnreadableMessage("呼叫编号", "缺少呼叫编号，无法分辨是不是同一通电话")
    if len(identity) > _LONGEST_ID:
        raise UnreadableMessage("呼叫编号", f"超过 {_LONGEST_ID} 字")
    turns = tuple(
        replace(each, speaker=clean_line(each.speaker, 60), text=clean_text(each.text).strip()) for each in call.turns
    )
    strange = any("\0" in each.text or "\0" in each.speaker for each in call.turns)
    return replace(
        call,
        call_id=identity,
        turns=turns,
        phone=clean_line(call.phone, 60),
        name=clean_line(call.name, 60),
        started=clean_line(call.started, 60),
        revision=clean_line(call.revision, 40),
        mark=clean_line(call.mark, 200),
        remark=clean_text(call.remark).strip(),
        others=tuple(map(clean_text, call.others)),
        stated=tuple(filter(None, (clean_text(each).strip() for each in call.stated))),
        notes=(*call.notes, *(("文字中有空字符，已去掉",) if strange else ())),
    )


def phone_of(call: Transcript, reading: Reading) -> tuple[str, tuple[str, ...]]:
    """The number that the caller can be called back at, "" if none, and a note where one was shown in vain."""
    phone = normalised(call.phone, reading.no_number)
    if phone:
        return phone, ()
    shown = call.phone.lower() in reading.no_number or not call.phone
    return "", (("来电没有显示号码" if shown else f"主叫号码“{call.phone[:20]}”无法回拨，未采用"),)
