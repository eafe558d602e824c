"""A call as every platform's writing of it is read: who, when, and what was said in which order."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")
"""Platforms write wall clock times without a zone; calls come from one."""

_DAY_AND_TIME = re.compile(
    r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?[ T]{0,4}([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?"
    r"(?:[.,]([0-9]{1,6}))?(Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_OFFSET = re.compile(r"(?:([0-9]{1,3}):)?([0-9]{1,3}):([0-9]{2})(?:[.,]([0-9]{1,3}))?")
_YEARS = range(2000, 2100)


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing said. ``start`` and ``end`` are seconds from the call's start; ``number`` counts from 1 as given."""

    number: int
    speaker: str
    text: str
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True, slots=True)
class Transcript:
    """A call as handed in. ``revision`` is the platform's number of this wording ("" if it gives none)."""

    call_id: str
    turns: tuple[Turn, ...]
    phone: str = ""
    name: str = ""
    started: str = ""
    revision: str = ""
    corrected: bool = False
    mark: str = ""
    remark: str = ""
    recording: str = ""
    """Where it is heard, as the platform says."""
    others: tuple[str, ...] = ()
    """Lines of the header that have no place of their own; shown with the dialogue."""
    stated: tuple[str, ...] = ()
    """What the agent put down during the call, a line each."""
    notes: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Of what was said, by whom, when, and what the platform and the agent made of it; not of the file's bytes."""
        said = [[each.speaker, each.text, None if each.start is None else round(each.start)] for each in self.turns]
        content: list[object] = [said, self.phone, self.mark, self.remark]
        content += [self.stated] if self.stated else []
        content += [self.recording] if self.recording else []
        return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")).hexdigest()[:16]


def moment(written: str) -> datetime | None:
    """A day and a time, or seconds or milliseconds since 1970, in UTC; None if it is no time from 2000 to 2099."""
    written = written.strip()
    if re.fullmatch(r"[0-9]{10}|[0-9]{13}", written):
        return datetime.fromtimestamp(int(written[:10]), tz=UTC)
    found = _DAY_AND_TIME.fullmatch(written)
    if not found:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    if year not in _YEARS:
        return None
    fraction = int((found[7] or "").ljust(6, "0"))
    try:
        at = datetime(year, month, day, hour, minute, second, fraction, tzinfo=CHINA)
        if found[8]:
            at = at.replace(tzinfo=datetime.strptime(found[8], "%z").tzinfo)
        return at.astimezone(UTC)
    except ValueError:
        return None


def offset(written: str) -> float | None:
    """Seconds in ``1:02:03.5`` or ``02:03``; None if it is no such thing."""
    found = _OFFSET.fullmatch(written.strip())
    if not found:
        return None
    hours, minutes, seconds = (int(part or 0) for part in found.groups()[:3])
    return hours * 3600 + minutes * 60 + seconds + int((found[4] or "0").ljust(3, "0")) / 1000


def clock(seconds: float | None) -> str:
    """As it is shown beside a turn: ``02:03``, ``1:02:03.120``; "" where no time was given."""
    if seconds is None:
        return ""
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{thousandths:03}" if thousandths else ""
    return f"{f'{hours}:' if hours else ''}{minutes:02}:{rest:02}{fraction}"


def in_order(call: Transcript) -> Transcript:
    """Turns in the order in which they began, where that can be known, with a note on times that do not fit.

    A platform that writes one side after the other has sound times on each side: those are merged. Where one speaker's
    own times run backwards the clock is wrong and the order as given is the better witness: the call is taken as it
    stands, for a clock is no reason to keep a resident waiting. Turns that overlap are two people talking at once.
    """
    notes = [f"第 {each.number} 句的结束时间早于开始时间" for each in call.turns if _ends_early(each)][:3]
    late = _first_backwards(call.turns)
    if late is None:
        return replace(call, notes=(*call.notes, *notes))
    sides = {each.speaker for each in call.turns}
    timed = all(each.start is not None for each in call.turns)
    if timed and len(sides) > 1 and all(_first_backwards(_side(call, side)) is None for side in sides):
        ordered = tuple(sorted(call.turns, key=lambda each: each.start or 0.0))
        return replace(call, turns=ordered, notes=(*call.notes, *notes, "两方的话分开记录，已按时间排列"))
    notes.append(f"第 {late} 句的时间早于前一句，顺序以平台给出的为准")
    return replace(call, notes=(*call.notes, *notes))


def _side(call: Transcript, speaker: str) -> tuple[Turn, ...]:
    return tuple(each for each in call.turns if each.speaker == speaker)


def _first_backwards(turns: tuple[Turn, ...]) -> int | None:
    latest = float("-inf")
    for each in turns:
        if each.start is None:
            continue
        if each.start < latest:
            return each.number
        latest = each.start
    return None


def _ends_early(turn: Turn) -> bool:
    return turn.start is not None and turn.end is not None and turn.end < turn.start
