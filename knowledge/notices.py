"""Notices of the day (停水停电通告): what is off, where and until when; they go before every article.

They are handed in; ``day_notices`` keeps those that a district enters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from knowledge.analysis import fold

SUBJECTS = {
    "水": r"停水|断水|没水|没有水|无水|来水|供水|水管抢修",
    "电": r"停电|断电|没电|没有电|来电|供电|跳闸",
    "气": r"停气|断气|没气|没有气|供气|停燃气|停天然气|停煤气",
    "热": r"停暖|停热|供暖|供热|暖气",
    "路": r"封路|断路|封闭|绕行|改道|停运|通车",
    "网": r"断网|没网|没有网|没信号",
}
"""What is off, by the words of residents and of notices."""
_SUBJECTS = {subject: re.compile(pattern) for subject, pattern in SUBJECTS.items()}
_BETWEEN = re.compile(r"[、，,；;\s]+")


@dataclass(frozen=True, slots=True)
class Notice:
    """通告. ``area`` names places, divided by 、 or comma; empty is everywhere. Both times carry their zone.

    ``subject`` is what is off (a key of ``SUBJECTS``) beside what the text says; ``number`` is that of a stored one.
    """

    text: str
    area: str
    begins: datetime
    ends: datetime
    subject: str = ""
    number: str = ""

    @property
    def subjects(self) -> frozenset[str]:
        """What it says is off."""
        return subjects_of(self.text) | frozenset(filter(None, [self.subject]))

    def in_force(self, now: datetime) -> bool:
        """From its beginning to its end, both included."""
        return self.begins <= now <= self.ends

    def covers(self, message: str, places: Sequence[str]) -> bool:
        """Whether it may be about where the message is: that names the area or no place at all, or it is everywhere."""
        names = [fold(name) for name in parts_of(self.area)]
        if not names or (not places and not any(name in fold(message) for name in names)):
            return True
        said = [fold(message), *map(fold, places)]
        return any(name in one or (len(one) > 1 and one in name) for name in names for one in said)

    def said(self) -> str:
        """The notice as it is told, with its area and its end in the notice's own zone."""
        where = f"（{self.area}）" if self.area else ""
        return f"【通告】{self.text.strip()}{where} 预计{self.ends:%m月%d日 %H:%M}结束。"


def parts_of(area: str) -> list[str]:
    """The places that an area names."""
    return [name for name in _BETWEEN.split(area) if name]


def subjects_of(text: str) -> frozenset[str]:
    """What the text says is off."""
    plain = fold(text)
    return frozenset(subject for subject, pattern in _SUBJECTS.items() if pattern.search(plain))


def about(message: str, places: Sequence[str], notices: Sequence[Notice], now: datetime) -> tuple[Notice, ...]:
    """Those in force that are about what the message is about, the first to end first."""
    subjects = subjects_of(message)
    fitting = [
        notice
        for notice in notices
        if notice.in_force(now) and subjects & notice.subjects and notice.covers(message, places)
    ]
    return tuple(sorted(fitting, key=lambda notice: notice.ends))
