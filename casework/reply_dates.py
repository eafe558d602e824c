"""Times in an answer: the days it names and the terms it gives, counted from the day it is written."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

_NUMBER = r"(?<![\d月年])(\d{1,3}|[一二两三四五六七八九十]{1,3})"
_DAY = re.compile(
    r"(?<!\d)(?:(20\d\d)\s?年)?\s?(\d{1,2})\s?月\s?(\d{1,2})\s?[日号]|(?<!\d)(20\d\d)[./-](\d{1,2})[./-](\d{1,2})(?!\d)|"
    r"(?<!\d)(?:(20\d\d)\s?年)?\s?(\d{1,2})\s?月(初|上旬|中旬|下旬|底|末|份)?(?!\s?\d{1,2}\s?[日号])"
)
_TERM = re.compile(_NUMBER + r"\s?个?(工作日|天|日|周|星期|小时|分钟|个月|月)(?:之?内|以内|左右|后|之后|前)")
_SPOKEN = re.compile(
    r"今[天日晚]|明[天日晚]|后天|次日|当[天日晚]|[本这下]周[一二三四五六日末内底]?|[本这下]个?月[初中底末]?|年[底末]|年内|[上下]半年|"
    r"(?:第?[一二三四]|\d)季度|(?:春节|国庆|五一|汛期|供暖季?)[前后]|20\d\d年"
)
_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_PART = {"初": (1, 10), "上旬": (1, 10), "中旬": (11, 20), "下旬": (21, 31), "底": (28, 31), "末": (28, 31)}
_DAYS = {"天": 1, "日": 1, "周": 7, "星期": 7, "个月": 30, "月": 30}
HALF_A_YEAR = 183
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Moment:
    """A time that a text names, from its ``first`` to its ``last`` day; None where only its words are known (下周)."""

    start: int
    end: int
    first: date | None = None
    last: date | None = None


def moments(text: str, today: date) -> Iterator[Moment]:
    """The times in a text. A term counts from ``today``, working days without the weekends between them."""
    for found in _DAY.finditer(text):
        yield Moment(*found.span(), *_days_of(found, today))
    for found in _TERM.finditer(text):
        day = _after(today, _figure(found[1]), found[2])
        yield Moment(*found.span(), day, day)
    for found in _SPOKEN.finditer(text):
        yield Moment(*found.span())


def _days_of(found: re.Match[str], today: date) -> tuple[date | None, date | None]:
    year, month, day, *rest = found.groups()
    if month is None:
        year, month, day = rest[:3]
    if month is None:
        year, month = rest[3:5]
    of, at, part = int(month), int(year) if year else today.year, rest[5]
    if not 1 <= of <= 12:
        return None, None
    end = calendar.monthrange(at, of)[1]
    first, last = (int(day),) * 2 if day else _PART.get(part or "", (1, end))
    if not 1 <= first <= end:
        return None, None
    span = date(at, of, first), date(at, of, min(last, end))
    if not year and (today - span[1]).days > HALF_A_YEAR:
        return span[0].replace(year=at + 1, day=min(first, 28)), span[1].replace(year=at + 1, day=min(last, 28))
    return span


def _figure(words: str) -> int:
    if words.isdecimal():
        return int(words)
    tens, _, ones = words.rpartition("十")
    if "十" in words:
        return 10 * _DIGITS.get(tens, 1) + _DIGITS.get(ones, 0)
    return _DIGITS.get(words, 1)


def _after(today: date, amount: int, unit: str) -> date:
    """The last day of a term. Working days are plain weekdays here: a holiday in the term is in the writer's favour."""
    if unit != "工作日":
        return today + timedelta(days=amount * _DAYS.get(unit, 0))
    weeks, rest = divmod(amount, 5)
    day = today + timedelta(weeks=weeks)
    while rest:
        day += timedelta(days=1)
        rest -= day.weekday() < SATURDAY
    return day
