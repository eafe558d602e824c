"""The desk's words in the language a reader has chosen: catalogues, and what code has put into sentences.

Chinese needs no catalogue. A catalogue of another language is the ``.po`` file of ``locale``, read when somebody first
asks for it. Its keys are what templates say (``api.web.translating``) and what the code behind pages says; the latter
have holes where the code puts something in, and a finished sentence is recognised by what stands around them. What is
put in is a message itself where its name says so (``PUT_IN``); days, hours and lengths of time are figures anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from babel.messages.pofile import read_po

from api.web.translating import HAN, PUNCTUATION, SPOKEN

LOCALE = Path(__file__).parent / "locale"
OTHERS = ("en",)
"""Languages beside Chinese."""
HTML_NAMES = {"zh": "zh-CN", "en": "en"}
HOLE = re.compile(r"\{(\w*)\}")
PUT_IN = SPOKEN | {
    "allowed",
    "be",
    "changed",
    "clock",
    "decode",
    "ends",
    "firm",
    "get",
    "join",
    "kind",
    "lacks",
    "meant",
    "move",
    "run",
    "signs",
    "since",
    "stood",
    "told",
    "wanted",
    "what",
}
"""Variables of code that hold messages, or lists of them, which it puts into another; so does ``said_…``."""


def file_of(language: str) -> Path:
    """The catalogue's file."""
    return LOCALE / language / "LC_MESSAGES" / "pages.po"


class Catalogue:
    """The words of one other language."""

    def __init__(self, messages: dict[str, str]) -> None:
        self.messages = messages
        self._patterns = [
            (max(HOLE.sub("\n", key).split("\n"), key=len), _pattern(key), HOLE.findall(key), words)
            for key, words in sorted(messages.items(), key=lambda each: -len(HOLE.sub("", each[0])))
            if HOLE.search(key) and _tells(HOLE.sub("", key))
        ]
        self.said = lru_cache(maxsize=4096)(self._said)

    def translate(self, message: str) -> str | None:
        """The words of a message of a template."""
        return self.messages.get(message) or None

    def _said(self, sentence: str) -> str:
        """A sentence of our own code; unchanged where it is none; of one in parts, each."""
        core = sentence.strip()
        found = self.messages.get(core) or figures(core) or self._each(core, "；") or self._put_together(core)
        found = found or self._each(core, "、") or self._each(core, "；", some=True)
        return sentence.replace(core, found) if found else sentence

    def _put_together(self, core: str) -> str:
        """A sentence with something put in; empty where none is known. Of several, that which says the most of it."""
        found = []
        for literal, pattern, names, words in self._patterns:
            match = pattern.fullmatch(core) if literal in core else None
            if match:
                shown = {name: self._hole(name, each) for name, each in zip(names, match.groups(), strict=True)}
                found.append(_filled(words, shown))
        return min(found, key=lambda each: len(HAN.findall(each)), default="")

    def _hole(self, name: str, given: str) -> str:
        """What stands in a hole is kept, unless the code has put a message there, or figures."""
        is_message = name.startswith("said") or name.strip("_").rstrip("0123456789") in PUT_IN
        return self.said(given) if is_message else figures(given) or given

    def _each(self, core: str, between: str, *, some: bool = False) -> str:
        """The parts of what is told one after the other; empty where not all of them are known, or ``some``."""
        parts = core.split(between)
        if len(parts) == 1:
            return ""
        told = [self.said(part) for part in parts]
        known = [part != words or not HAN.search(part) for part, words in zip(parts, told, strict=True)]
        return PUNCTUATION[between].join(told) if some or all(known) else ""


def _filled(words: str, shown: dict[str, str]) -> str:
    return HOLE.sub(lambda hole: shown[hole[1]], words)


def _tells(around: str) -> bool:
    """Whether what stands around holes tells a sentence from others: one sign at an end (``{count} 件``) does not."""
    return len(around.strip()) > 1 or len(around) > len(" 件")


def _pattern(key: str) -> re.Pattern[str]:
    pieces = HOLE.split(key)
    written = "".join("(.*?)" if number % 2 else re.escape(each) for number, each in enumerate(pieces))
    return re.compile(written, re.DOTALL)


@lru_cache(maxsize=len(OTHERS))
def catalogue(language: str) -> Catalogue:
    """The words of a language other than Chinese."""
    with file_of(language).open("rb") as file:
        read = read_po(file)
    return Catalogue({str(each.id): str(each.string) for each in read if each.id and each.string})


class TimeWords(Protocol):
    """How a language says how far off a moment is, and how long something lasts."""

    def ago(self, gone: timedelta) -> str: ...

    def left(self, rest: timedelta, *, overdue: bool, basis: str = "") -> str: ...

    def exact(self, at: datetime) -> str: ...


class ChineseTimes:
    """3 分钟前, 2 小时前, 5 天前; of what is still to come 21 小时后. 还剩 3 小时 12 分, 已超 2 天."""

    def ago(self, gone: timedelta) -> str:
        number, unit = _far(abs(gone.total_seconds()))
        if not unit:
            return "刚刚"
        return f"{number} {('分钟', '小时', '天')[unit - 1]}{'后' if gone < timedelta(0) else '前'}"

    def left(self, rest: timedelta, *, overdue: bool, basis: str = "") -> str:
        words = _two_units(rest, (" 天", " 小时", " 分"), in_days=not basis)
        if not words:
            return "已到期" if overdue else "马上到期"
        return f"{'已超' if overdue else '还剩'} {words}{f'（{basis}）' if basis else ''}"

    def exact(self, at: datetime) -> str:
        return f"{at:%Y年%m月%d日 %H:%M:%S}"


class EnglishTimes:
    """3 min ago, in 21 h, 5 days ago; 3 h 12 min left, 2 days over."""

    def ago(self, gone: timedelta) -> str:
        number, unit = _far(abs(gone.total_seconds()))
        if not unit:
            return "just now"
        words = f"{number} {('min', 'h', 'day' if number == 1 else 'days')[unit - 1]}"
        return f"in {words}" if gone < timedelta(0) else f"{words} ago"

    def left(self, rest: timedelta, *, overdue: bool, basis: str = "") -> str:
        words = _two_units(rest, (" d", " h", " min"), in_days=not basis)
        if not words:
            return "due now" if overdue else "due in a moment"
        counted = f" ({catalogue('en').said(basis)})" if basis else ""
        return f"{words} {'over' if overdue else 'left'}{counted}"

    def exact(self, at: datetime) -> str:
        return f"{at:%Y-%m-%d %H:%M:%S}"


_UNITS = {
    "个工作日": "working day",
    "个工作小时": "working hour",
    "小时": "hour",
    "分钟": "minute",
    "分": "minute",
    "天": "day",
}
_WEEKDAYS = dict(zip("一二三四五六日", ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), strict=True))
_FIGURES: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (r"(\d{4})年(\d\d?)月(\d\d?)日", r"\1-\2-\3"),
    (r"(\d\d?)月(\d\d?)日", r"\1-\2"),
    (r"(\d{4})年", r"\1"),
    (r"至(\d\d?)日", r"至\1"),
    (r"（周([一二三四五六日])）", lambda found: f" ({_WEEKDAYS[found[1]]})"),
    (rf"(\d+) ?({'|'.join(_UNITS)})(?=(\d?))", lambda found: _length(int(found[1]), found[2]) + " " * bool(found[3])),
    (r" ?至 ?", " to "),
    (r"、", ", "),
)


def figures(text: str) -> str:
    """Days, hours and lengths of time, and lists of them, as English writes them; empty where there is anything else.

    ``10月08日至09日`` is 10-08 to 09, ``6小时30分`` is 6 hours 30 minutes.
    """
    if not HAN.search(text) and "、" not in text:
        return ""
    for pattern, words in _FIGURES:
        text = re.sub(pattern, words, text)
    return "" if HAN.search(text) else text


def _length(number: int, unit: str) -> str:
    return f"{number} {_UNITS[unit]}{'s' * (number != 1)}"


def _far(seconds: float) -> tuple[int, int]:
    """How many of which unit: 1 minutes, 2 hours, 3 days; 0 for less than a minute."""
    for unit, length in ((3, 86400), (2, 3600), (1, 60)):
        if seconds >= length:
            return int(seconds // length), unit
    return 0, 0


def _two_units(rest: timedelta, units: tuple[str, str, str], *, in_days: bool) -> str:
    """Days and hours, or hours and minutes; empty for less than a minute."""
    whole = int(abs(rest).total_seconds()) // 60
    days, left = divmod(whole, 1440) if in_days else (0, whole)
    hours, minutes = divmod(left, 60)
    parts = zip((days, hours, 0 if days else minutes), units, strict=True)
    return " ".join(f"{number}{unit}" for number, unit in parts if number)


TIMES: dict[str, TimeWords] = {"zh": ChineseTimes(), "en": EnglishTimes()}
