"""What the words of a time mean: an interval, seen from the moment of the message; or what recurs."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from district import numerals
from district.numerals import value as number_of

Value = dict[str, Any]
Days = tuple[date, date]
"""The first day, and the day after the last."""
Hours = tuple[float, float]
"""Hours from midnight; those of a night go beyond 24."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a time and what kind it is of; ``text[start:end]``."""

    kind: str
    text: str
    start: int
    end: int


_DAY = timedelta(days=1)
_AHEAD = timedelta(days=60)
"""How far ahead of the message a month without a year may lie: people speak of what was."""
_WEEKDAYS = {day: at % 7 for at, day in enumerate("一二三四五六日1234567")} | {"天": 6, "末": 5, "六日": 5}
_PARTS: tuple[tuple[str, Hours], ...] = (
    ("凌晨", (0, 6)),
    ("后半夜", (24, 30)),
    ("清|一大早", (5, 8)),
    ("早高峰", (7, 9)),
    ("晚高峰", (17, 19)),
    ("早", (6, 9)),
    ("上午", (8, 12)),
    ("中午|午间|正午|晌午", (11, 14)),
    ("下午|午后", (12, 18)),
    ("傍晚|黄昏", (17, 19)),
    ("半夜|深夜|午夜", (22, 30)),
    ("夜", (20, 30)),
    ("晚", (18, 24)),
)
_SEASONS: Mapping[str, tuple[int, int]] = {
    "初": (1, 2), "中": (6, 8), "底": (12, 13), "末": (12, 13), "上半年": (1, 7), "下半年": (7, 13),
    "春": (3, 6), "夏": (6, 9), "秋": (9, 12), "冬": (12, 15),
}  # fmt: skip
"""The first month, and the month after the last."""
_FEASTS = {"元旦": (1, 1, 1), "五一": (5, 1, 3), "劳动": (5, 1, 3), "国庆": (10, 1, 7)}
"""Feasts of the sun's calendar: month, day, days. Those of the moon's are named without a value."""
_CLOCK = re.compile(
    r"(\d+|[一二三四五六七八九十两零]+)[:点时](?:钟|整)?(半|一刻|三刻|零?(\d+|[一二三四五六七八九十]+))?"
)
_MINUTES = {"半": 30, "一刻": 15, "三刻": 45}


def value(left: Sequence[Word], right: Sequence[Word], at: datetime | None) -> Value:
    """The meaning of a time, or of a span between two; empty where it is left open."""
    if any(word.kind == "every" for word in left):
        return every_day(left, right)
    if right and _is_weekday(left[-1]) and _is_weekday(right[0]):
        return every_day(right, [])
    if not any(word.kind in _READINGS for word in (*left, *right)):
        return _of_the_day(left, right)
    return _between(left, right, at) if at is not None else {}


def _between(left: Sequence[Word], right: Sequence[Word], at: datetime) -> Value:
    first = _interval(left, at, None, None)
    last = _interval(right, at, _days(left, at), _hours(left, None)) if right else None
    if first is None or last is None:
        return _told(*first) if first is not None else {}
    end = last[0] if _is_clock(right) else last[1]
    if end <= first[0]:
        end += _DAY
    return _told(first[0], end) if end > first[0] else _told(*first)


def every_day(first: Sequence[Word], last: Sequence[Word]) -> Value:
    """The hours between two clocks, on each of some days."""
    return {"recurring": True} | _of_the_day(first, last)


def _is_weekday(word: Word) -> bool:
    """Whether it is one of any week: 周一, not 上周一."""
    return word.kind == "week" and word.text[0] in "周星礼"


def _told(start: datetime, end: datetime) -> Value:
    return {"start": start.isoformat(), "end": end.isoformat()}


def _interval(
    words: Sequence[Word], at: datetime, days: Days | None, before: Hours | None
) -> tuple[datetime, datetime] | None:
    """The interval; ``days`` and ``before`` are of the words before a link, where these do not say."""
    for word in words:
        if word.kind == "ago" and (hours_ago := _hours_ago(word.text)) is not None:
            moment = at - timedelta(hours=hours_ago)
            return moment, moment
    own = _days(words, at, days)
    if own is None and days is None:
        return None
    first, after = own or days or (at.date(), at.date())
    hours = _hours(words, None if own else before)
    if hours is None:
        return _midnight(first, at), _midnight(after, at)
    return _midnight(first, at) + timedelta(hours=hours[0]), _midnight(after - _DAY, at) + timedelta(hours=hours[1])


def _midnight(day: date, at: datetime) -> datetime:
    return datetime.combine(day, time(), at.tzinfo)


def _of_the_day(left: Sequence[Word], right: Sequence[Word]) -> Value:
    """The hours alone, of any day."""
    first = _hours(left, None)
    last = _hours(right, first) if right else first
    if first is None or last is None:
        return {}
    return {"from": _clock(first[0]), "to": _clock(last[0] if right and _is_clock(right) else last[1])}


def _is_clock(words: Sequence[Word]) -> bool:
    return words[-1].kind == "clock"


def _clock(hour: float) -> str:
    minutes = round(hour * 60) % (24 * 60)
    return f"{minutes // 60:02}:{minutes % 60:02}"


# --- days ---------------------------------------------------------------------------------------------------------


def _days(words: Sequence[Word], at: datetime, before: Days | None = None) -> Days | None:
    """The days the words name, the wider before the narrower; None if they name none."""
    today = at.date()
    found: Days | None = None
    for word in words:
        read = _READINGS.get(word.kind)
        if read is None:
            continue
        within = found or (before if word.kind == "monthday" else None)
        found = read(word.text, today, within)
        if found is None:
            return None
    return found


def _year(text: str, today: date, _within: Days | None) -> Days | None:
    step = {"今": 0, "本": 0, "去": -1, "前": -2, "明": 1}.get(text[0])
    digits = number_of(text[:-1]) if step is None else today.year + step
    if digits is None:
        return None
    year = digits + 2000 if digits < 100 else digits
    return (date(year, 1, 1), date(year + 1, 1, 1)) if 1900 < year < 2100 else None


def _season(text: str, today: date, within: Days | None) -> Days | None:
    year = within[0].year if within else today.year
    key = text if text.endswith("半年") else text.removeprefix("年")[0]
    first, after = _SEASONS[key]
    if within is None and _month_start(year, first) > today:
        year -= 1
    return _month_start(year, first), _month_start(year, after)


def _month_start(year: int, month: int) -> date:
    return date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)


def _month(text: str, today: date, within: Days | None) -> Days | None:
    name = re.match("(上上|上|这|本|当|下)个?月份?|(.*?)月份?", text)
    if name is None:
        return None
    if name[1] or not name[2]:
        step = {"上上": -2, "上": -1, "下": 1}.get(name[1] or "", 0)
        start = _month_start(today.year, today.month + step)
    elif (number := number_of(name[2])) is not None and 1 <= number <= 12:
        start = date(within[0].year, number, 1) if within else _recent(lambda year: date(year, number, 1), today)
    else:
        return None
    last = monthrange(start.year, start.month)[1]
    first, after = {"初": (1, 11), "上旬": (1, 11), "中": (11, 21), "底": (21, last + 1), "末": (21, last + 1)}.get(
        text[name.end() :].replace("中旬", "中").replace("下旬", "底"), (1, last + 1)
    )
    return start.replace(day=first), start + timedelta(days=after - 1)


def _recent(day: Callable[[int], date], today: date) -> date:
    """The day of this year, or of the last one if it would lie far ahead."""
    this = day(today.year)
    return this if this - today <= _AHEAD else day(today.year - 1)


def _monthday(text: str, today: date, within: Days | None) -> Days | None:
    number = number_of(text[:-1])
    start = within[0].replace(day=1) if within else today.replace(day=1)
    if within is None and number is not None and number > today.day:
        start = _month_start(today.year, today.month - 1)
    return _one(start.year, start.month, number)


def _one(year: int, month: int | None, day: int | None) -> Days | None:
    try:
        found = date(year, month or 0, day or 0)
    except ValueError:
        return None
    return found, found + _DAY


def _date(text: str, today: date, within: Days | None) -> Days | None:
    numbers = [number_of(each) for each in re.findall("[0-9一二三四五六七八九十廿]+", text)]
    if len(numbers) == 3:
        return _one(numbers[0] or 0, numbers[1], numbers[2])
    if within is not None:
        return _one(within[0].year, numbers[0], numbers[1])
    this = _one(today.year, numbers[0], numbers[1])
    return this if this is None or this[0] - today <= _AHEAD else _one(today.year - 1, numbers[0], numbers[1])


def _week(text: str, today: date, _within: Days | None) -> Days | None:
    name = re.match("(上上|上|这|本|下下|下)?个?(?:周|星期|礼拜)(六日|[一二三四五六日天末1-7])?", text)
    if name is None:
        return None
    monday = today - timedelta(days=today.weekday())
    monday += timedelta(weeks={"上上": -2, "上": -1, "下": 1, "下下": 2}.get(name[1] or "", 0))
    if name[2] is None:
        return monday, monday + timedelta(days=7)
    day = monday + timedelta(days=_WEEKDAYS[name[2]])
    if name[1] is None and day > today:
        day -= timedelta(days=7)
    return day, day + _DAY * (2 if name[2] in {"末", "六日"} else 1)


def _day(text: str, today: date, _within: Days | None) -> Days | None:
    steps = {"大前": -3, "前": -2, "昨": -1, "今": 0, "明": 1, "后": 2, "大后": 3}
    step = steps.get(text[:2], steps.get(text[:1]))
    return None if step is None else (today + step * _DAY, today + (step + 1) * _DAY)


def _ago(text: str, today: date, _within: Days | None) -> Days | None:
    found = re.match(r"(半|\d+|[一二三四五六七八九十两]+)(?:个)?(半)?(天|日|周|星期|礼拜|月|年)", text)
    if found is None:
        return None
    count = 0.5 if found[1] == "半" else (number_of(found[1]) or 0) + (0.5 if found[2] else 0)
    unit = found[3]
    if unit == "年" and count >= 1:
        return date(today.year - int(count), 1, 1), date(today.year - int(count) + 1, 1, 1)
    if unit == "月" and count >= 1:
        start = _month_start(today.year, today.month - int(count))
        return start, _month_start(start.year, start.month + 1)
    days = {"天": 1, "日": 1, "月": 30, "年": 365}.get(unit, 7)
    day = today - timedelta(days=round(count * days))
    return day, day + _DAY


def _hours_ago(text: str) -> float | None:
    found = re.match(r"(半|\d+|[一二三四五六七八九十两]+)个?(半)?(?:多)?(小时|钟头|分钟)", text)
    if found is None:
        return None
    count = 0.5 if found[1] == "半" else (number_of(found[1]) or 0) + (0.5 if found[2] else 0)
    return count / 60 if found[3] == "分钟" else count


def _lately(text: str, today: date, _within: Days | None) -> Days | None:
    count = {"两": 2, "三": 3}.get(text[1])
    if count is None or not text.endswith(("天", "日")):
        return None
    if text[0] == "前":
        return today - count * _DAY, today
    return today - (count - 1) * _DAY, today + _DAY


def _feast(text: str, today: date, within: Days | None) -> Days | None:
    found = _FEASTS.get(text[:2])
    if found is None:
        return None
    month, day, days = found
    start = date(within[0].year, month, day) if within else _recent(lambda year: date(year, month, day), today)
    return start, start + days * _DAY


def _nth(text: str, _today: date, within: Days | None) -> Days | None:
    if within is None:
        return None
    number = numerals.value(text[1:-1]) if text.startswith("第") else 1
    day = within[0] + _DAY * ((number or 1) - 1)
    return day, day + _DAY


def _around(text: str, _today: date, within: Days | None) -> Days | None:
    """Before and after are open."""
    return within if text in {"期间", "前后"} else None


_READINGS: Mapping[str, Callable[[str, date, Days | None], Days | None]] = {
    "year": _year,
    "season": _season,
    "month": _month,
    "monthday": _monthday,
    "date": _date,
    "week": _week,
    "day": _day,
    "ago": _ago,
    "recent": _lately,
    "feast": _feast,
    "nth": _nth,
    "around": _around,
}


# --- hours --------------------------------------------------------------------------------------------------------


def _hours(words: Sequence[Word], before: Hours | None) -> Hours | None:
    """The hours the words name; ``before`` are those of the other end, whose half of the day goes on."""
    part, name = None, ""
    for word in words:
        if word.kind in {"part", "day", "every"} and (found := _part(word)) is not None:
            part, name = found, word.text
    clock = next((word for word in words if word.kind == "clock"), None)
    return part if clock is None else _at_clock(clock.text, part, name, before)


def _part(word: Word) -> Hours | None:
    text = word.text if word.kind == "part" else word.text.rstrip("都的")[-1]
    if word.kind == "day" and text == "晨":
        text = "清晨"
    return next((hours for form, hours in _PARTS if re.search(form, text)), None)


def _at_clock(text: str, part: Hours | None, name: str, before: Hours | None) -> Hours | None:
    found = _CLOCK.match(text)
    hour = number_of(found[1]) if found else None
    if found is None or hour is None or hour > 24 or re.fullmatch("[一二三四五六七八九两]{2}", found[1]):
        return None  # 两三点
    minutes = _MINUTES.get(found[2] or "", number_of(found[3].lstrip("零")) if found[3] else 0) or 0
    length = 1 / 60 if found[2] or ":" in text else 1
    moment = hour + minutes / 60
    if part is not None and hour <= 12:
        moment = _in_half(moment, part, night="夜" in name)
    elif before is not None and hour <= 12:
        while moment <= before[0]:
            moment += 12
    return moment, moment + length


def _in_half(moment: float, part: Hours, *, night: bool) -> float:
    """The moment of a twelve-hour clock in a part of the day; those after midnight of a night lie beyond 24."""
    if part[1] <= 12:
        return moment - 12 if moment >= 12 and part[0] == 0 else moment
    if moment < (7 if night else 5) and part[1] >= 24:
        return moment + 24
    if moment >= 12:
        return moment + 12 if part[1] >= 24 else moment
    return moment if part[0] == 11 and moment >= 10 else moment + 12
