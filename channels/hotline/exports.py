"""One call as plain text in a layout of ``hotline.yaml``: a header, then turns, a line or a paragraph each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from channels.errors import UnreadableMessage
from channels.hotline.documents import LONGEST_TURN, MOST_TURNS, since
from channels.hotline.reading import Reading
from channels.hotline.transcript import Transcript, Turn, offset
from district.transcripts import Layout, line_pattern

MOST_LINES = 20_000


@dataclass(slots=True)
class _Open:
    """A turn whose words may go on in the next lines."""

    line: int
    speaker: str
    start: float | None
    end: float | None
    at: str
    words: list[str] = field(default_factory=list)


def from_text(text: str, reading: Reading) -> Transcript:
    """Raises ``UnreadableMessage`` naming the line, counted from 1."""
    lines = text.split("\n")
    if len(lines) > MOST_LINES:
        raise UnreadableMessage(f"第 {MOST_LINES} 行", f"超过 {MOST_LINES} 行，请一通电话一个文件")
    for number, line in enumerate(lines, start=1):
        if len(line) > LONGEST_TURN:
            raise UnreadableMessage(f"第 {number} 行", f"这一行超过 {LONGEST_TURN} 字")
    layout = _layout(lines, reading)
    if layout is None:
        known = "、".join(each.label for each in reading.rules.layouts)
        raise UnreadableMessage("第 1 行", f"不是 JSON，也不是已知的转写格式（{known}）")
    return _read(lines, layout, reading)


def _layout(lines: Sequence[str], reading: Reading) -> Layout | None:
    """The layout that most lines are turns of; the first listed where two fit alike."""
    layouts = reading.rules.layouts
    counted = [(sum(_begins(line, layout, reading) is not None for line in lines[:400]), layout) for layout in layouts]
    most = max((count for count, _ in counted), default=0)
    return next((layout for count, layout in counted if count == most), None) if most else None


def _begins(line: str, layout: Layout, reading: Reading) -> re.Match[str] | None:
    """The turn that begins in this line. A 开始时间 2026-03-05 10:02 of the header is no speaker at that time."""
    for template in layout.turns:
        found = line_pattern(template).fullmatch(line)
        if found and _key(found.groupdict().get("speaker") or "", reading) not in _OF_A_CALL:
            return found
    return None


def _read(lines: Sequence[str], layout: Layout, reading: Reading) -> Transcript:
    header: dict[str, str] = {}
    others: list[str] = []
    turns: list[_Open] = []
    for number, line in enumerate(lines, start=1):
        if found := _begins(line, layout, reading):
            turns.append(_opened(found, number))
            continue
        key, value = _header(line, layout, reading)
        if turns:
            if key == "call_id":
                raise UnreadableMessage(f"第 {number} 行", "一个文件里有两通电话，请一通电话一个文件")
            if line.strip():
                turns[-1].words.append(line.strip())
        elif key:
            if header.get(key, value) != value:
                raise UnreadableMessage(f"第 {number} 行", "抬头里同一项写了两次，内容不同")
            header[key] = value
        elif line.strip():
            others.append(line.strip())
    if len(turns) > MOST_TURNS:
        raise UnreadableMessage(f"第 {turns[MOST_TURNS].line} 行", f"超过 {MOST_TURNS} 句")
    return _transcript(header, others, turns)


def _opened(found: re.Match[str], line: int) -> _Open:
    given = {name: value.strip() for name, value in found.groupdict(default="").items()}
    words = [given["text"]] if given.get("text") else []
    start, end = offset(given.get("offset", "")), offset(given.get("end", ""))
    return _Open(line, given.get("speaker", ""), start, end, given.get("at", ""), words)


def _header(line: str, layout: Layout, reading: Reading) -> tuple[str, str]:
    """A line of the header under our name for it, or two empty words. Keys are looked up without the blanks in them."""
    found = line_pattern(layout.header).fullmatch(line)
    if not found:
        return "", ""
    name = _key(found["key"], reading)
    return (name, found["value"].strip()) if name in _OF_A_CALL else ("", "")


def _key(written: str, reading: Reading) -> str:
    return reading.names.get("".join(written.split()).lower(), "")


_OF_A_CALL = frozenset({"call_id", "phone", "name", "started", "revision", "corrected", "mark", "remark", "recording"})


def _transcript(header: dict[str, str], others: Sequence[str], turns: Sequence[_Open]) -> Transcript:
    started = header.get("started") or next((each.at for each in turns if each.at), "")
    said = tuple(
        Turn(
            number,
            each.speaker,
            "\n".join(each.words),
            since(started, each.at) if each.start is None else each.start,
            each.end,
        )
        for number, each in enumerate(turns, start=1)
    )
    for turn, each in zip(said, turns, strict=True):
        if len(turn.text) > LONGEST_TURN:
            raise UnreadableMessage(f"第 {each.line} 行起", f"一句超过 {LONGEST_TURN} 字")
    return Transcript(
        call_id=header.get("call_id", ""),
        turns=said,
        phone=header.get("phone", ""),
        name=header.get("name", ""),
        started=started,
        revision=header.get("revision", ""),
        corrected=header.get("corrected", "").lower() not in {"", "0", "false", "no", "否"},
        mark=header.get("mark", ""),
        remark=header.get("remark", ""),
        recording=header.get("recording", ""),
        others=tuple(others),
    )
