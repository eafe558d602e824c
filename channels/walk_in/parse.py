"""A counter's sheet or record made into messages, one a row; what cannot be taken is refused row by row."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from channels.cleaning import clean_line
from channels.errors import UnreadableMessage
from channels.message import Account, Ignored, InboundMessage, Parsed, Refused, Sender
from channels.sheets import heading, opening
from channels.sheets.heading import Heading, Words
from channels.sheets.table import MAX_BYTES, MAX_ROWS, MAX_TEXT, Table
from channels.walk_in import entries, headings, screen
from channels.walk_in.entries import Entry
from channels.walk_in.headings import HeadingsUnfit

CHANNEL_NAME = "walk_in"
_ID_NUMBER = re.compile(r"(?<!\d)(\d{6})\d{8}(\d{3}[\dXx])(?![\dXx])")
_MASKED = r"\1********\2"
"""Nobody handles a matter by it: it is whole in the payload alone."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet with its heading, its entries with their delivery ids, and the fingerprint of the values it holds."""

    table: Table
    heading: Heading
    entries: Sequence[tuple[Entry, str]]
    fingerprint: str


def parse(payload: bytes, account: Account) -> list[Parsed]:
    """Make a sheet or record into messages and refusals, in the order of its rows. Raises ``UnreadableMessage`` only,
    and only if no row could be looked at.
    """
    sheets = sheets_of(payload, account)
    return [each for sheet in sheets for each in _results(sheet, account, many=len(sheets) > 1)]


def sheets_of(payload: bytes, account: Account) -> list[Sheet]:
    """The sheets of a payload, told apart by content: workbook, JSON or delimited text. Raises ``UnreadableMessage``.

    Sheets without a heading (instructions, lists of choices) are left out, and so is one that repeats another.
    """
    if len(payload) > MAX_BYTES:
        raise UnreadableMessage("size", f"超过 {MAX_BYTES // 1_000_000} MB，请分成几个文件")
    try:
        words = headings.words_of(account)
    except HeadingsUnfit as problem:
        raise UnreadableMessage("headings", f"渠道账号的设置不对：{problem.why}") from problem
    found: dict[str, Sheet] = {}
    for table in _tables(payload, words):
        if (sheet := _sheet(table, words)) is not None:
            found.setdefault(sheet.fingerprint, sheet)
    if not found:
        raise UnreadableMessage("", "找不到“诉求内容”这样的表头，或表头下面没有一行")
    if sum(len(sheet.entries) for sheet in found.values()) > MAX_ROWS:
        raise UnreadableMessage("", f"超过 {MAX_ROWS} 行，请分成几个文件")
    return list(found.values())


def _tables(payload: bytes, words: Words) -> Sequence[Table]:
    if opening.is_json(payload):
        return [screen.read(payload.removeprefix(b"\xef\xbb\xbf"))]
    return opening.tables(payload, words)


def _sheet(table: Table, words: Words) -> Sheet | None:
    if sum(len(cell) for row in table.rows for cell in row.cells if isinstance(cell, str)) > MAX_TEXT:
        raise UnreadableMessage("", f"内容超过 {MAX_TEXT} 字，请分成几个文件")
    found = heading.find(table.rows, words, keyed=table.keyed)
    if found is None:
        return None
    at, over = found
    read = list(entries.read(table, at, over))
    if not read:
        return None
    digests = [hashlib.sha256(json.dumps(entry.values).encode()).hexdigest()[:32] for entry in read]
    fingerprint = hashlib.sha256("".join(digests).encode()).hexdigest()[:32]
    return Sheet(table, over, list(zip(read, _delivery_ids(read, digests, fingerprint), strict=True)), fingerprint)


def _delivery_ids(read: Sequence[Entry], digests: Sequence[str], fingerprint: str) -> Iterator[str]:
    """The row's own values where they name one visit, else the sheet's fingerprint and the row's number.

    Counters go on with one sheet all month and send it every day, and mend a row and send the whole again: rows that
    stood there before must be known. A row that says little ("路灯不亮" and nothing else) may be another
    resident's in another sheet. The same sheet again, saved by whatever program, gives the same ids either way; of
    equal rows each has its own.
    """
    times: Counter[str] = Counter()
    for entry, digest in zip(read, digests, strict=True):
        if entry.faults or not entry.names_itself:
            yield f"sheet:{fingerprint}:{entry.row.number}"
            continue
        times[digest] += 1
        yield f"row:{digest}" if times[digest] == 1 else f"row:{digest}:{times[digest]}"


def _results(sheet: Sheet, account: Account, *, many: bool) -> Iterator[Parsed]:
    """``settings["equal_rows"]`` "one": of rows that say the same only the first is a message."""
    one = account.settings.get("equal_rows") == "one"
    seen: dict[str, int] = {}
    for entry, identifier in sheet.entries:
        if entry.faults:
            yield _refused(sheet, entry, identifier, account, many=many)
            continue
        number = entry.row.number
        first = seen.setdefault(json.dumps(entry.values), number) if one else number
        if first == number:
            yield _message(entry, identifier, account)
        else:
            reason = f"第 {number} 行与第 {first} 行完全相同，只算一件"
            yield Ignored(CHANNEL_NAME, account.name, identifier, reason)


def _refused(sheet: Sheet, entry: Entry, identifier: str, account: Account, *, many: bool) -> Refused:
    """All that is wrong with a row at once: the counter mends it in one go."""
    columns = "、".join(dict.fromkeys(where for where, _ in entry.faults if where))
    reasons = "；".join(dict.fromkeys(why for _, why in entry.faults))
    where = f"表“{sheet.table.name}” {columns}".rstrip() if many else columns
    return Refused(
        CHANNEL_NAME,
        account.name,
        identifier,
        entry.row.number,
        clean_line(where, 200),
        clean_line(reasons, 1000),
    )


def _message(entry: Entry, identifier: str, account: Account) -> InboundMessage:
    words = entry.words
    phone = words.get(headings.PHONE, "")
    return InboundMessage(
        channel=CHANNEL_NAME,
        account=account.name,
        delivery_id=identifier,
        kind="text",
        sender=Sender(phone or f"counter:{identifier}", name=words.get(headings.NAME, ""), phone=phone),
        external_id=words.get(headings.NUMBER, ""),
        title=words.get(headings.TITLE, ""),
        text=_text(words),
        sent_at=entry.moment.at if entry.moment else None,
        notes=(*_told(entry), *entry.notes),
    )


def _text(words: Mapping[str, str]) -> str:
    """What the resident said, and the place on a line of its own, for triage looks for places in the text."""
    text, place = words.get(headings.TEXT, ""), words.get(headings.PLACE, "")
    if not place or place in text:
        return text
    return f"{text}\n地点：{place}".lstrip()


_TOLD = {
    headings.REQUEST_TYPE: "登记的诉求类型",
    headings.CATEGORY: "登记的类别",
    headings.REPLY: "希望的答复方式",
    headings.COUNTER: "窗口",
    headings.CLERK: "经办人",
    headings.NUMBER: "登记编号",
}


def _told(entry: Entry) -> Iterator[str]:
    """What has no place of its own on a message: the counter's view of it, and columns nobody foresaw."""
    for field, label in _TOLD.items():
        if entry.words.get(field):
            yield f"{label}：{entry.words[field]}"
    for name, text in entry.beside:
        yield f"{name}：{_ID_NUMBER.sub(_MASKED, text)}"
