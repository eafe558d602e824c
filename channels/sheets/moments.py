"""When a resident came, in the spellings of people and of spreadsheets. Everything is Asia/Shanghai time."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone

from channels.sheets.table import Formula, Unfit, Value, shown

CHINA = timezone(timedelta(hours=8))
_EARLIEST, _LATEST = 2000, 2100
_SERIAL_FROM, _SERIAL_TO = 36_526, 73_051  # 2000-01-01 and 2100-01-01 in days since 1899-12-30
_1904_LATER = 1_462  # days between the two ways in which Excel counts

_FULL = re.compile(r"(?P<year>\d{4}|\d{2})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*[日号]?")
_MONTH_DAY = re.compile(r"(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*[日号]?")
_YEAR_LAST = re.compile(r"(?P<one>\d{1,2})\s*[-/.]\s*(?P<two>\d{1,2})\s*[-/.]\s*(?P<year>\d{4})")
_COMPACT = re.compile(r"(?P<year>(?:19|20)\d\d)(?P<month>\d\d)(?P<day>\d\d)(?P<clock>\d{4}(?:\d\d)?)?")
_NUMBER = re.compile(r"\d{1,5}(?:\.\d{1,20})?")
_WEEKDAY = re.compile(r"\(?(?:星期|周|礼拜)[一二三四五六日天]\)?")
_HALVES = (
    "上午", "早上", "早晨", "清晨", "凌晨", "中午", "下午", "傍晚", "晚上", "晚间", "夜里", "夜间", "晚", "am", "pm",
)  # fmt: skip
_HALF_DAY = f"(?P<half>{'|'.join(_HALVES)})?"
_CLOCK = re.compile(
    _HALF_DAY + r"\s*(?P<hour>\d{1,2})\s*(?:[:时点]\s*(?P<minute>\d{1,2}|半|整)?\s*分?(?:\s*:?\s*(?P<second>\d{1,2})"
    r"(?:\.\d{1,6})?\s*秒?)?)\s*(?P<after>am|pm)?"
)
_LATER_HALF = frozenset({"下午", "傍晚", "晚上", "晚间", "夜里", "夜间", "晚", "pm"})
_YEAR_IN_TITLE = re.compile(r"(?<!\d)(20\d\d)\s*(?:年|[-/.]\s*\d)")


class MomentUnclear(Exception):
    """No one moment is meant; ``why`` is Chinese and tells what to write."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Moment:
    """A day, and the time of the day if it was written."""

    day: date
    clock: time | None = None

    @property
    def at(self) -> datetime:
        """Midnight in China where no time of day was written."""
        return datetime.combine(self.day, self.clock or time(), CHINA)


def year_of(texts: list[str]) -> int | None:
    """The one year that titles name; None if there is none or several."""
    years = {
        int(found) for text in texts for found in _YEAR_IN_TITLE.findall(unicodedata.normalize("NFKC", text[:500]))
    }
    return years.pop() if len(years) == 1 else None


def read(value: Value, *, year: int | None = None, epoch_1904: bool = False) -> Moment:
    """A cell as a moment. ``year`` completes a day without one. Raises ``MomentUnclear``."""
    if isinstance(value, datetime):
        rounded = value + timedelta(microseconds=500_000)
        clock = rounded.time().replace(microsecond=0)
        return _sound(rounded.date(), clock if clock != time() else None, shown(value))
    if isinstance(value, int | float):
        return _number(float(value), epoch_1904=epoch_1904)
    if isinstance(value, time | Formula | Unfit) or value is None:
        raise MomentUnclear(f"“{shown(value)[:40]}”不是日期")
    return _written(value, year, epoch_1904=epoch_1904)


def read_clock(value: Value) -> time | None:
    """A cell that holds a time of day only, else None: 14:30, 下午2点半, or the part of a day a sheet keeps."""
    if isinstance(value, time):
        return value.replace(microsecond=0)
    if isinstance(value, float) and 0 <= value < 1:
        return _part_of_day(value)
    if not isinstance(value, str):
        return None
    text = _folded(value)
    return _clock(text) if _CLOCK.fullmatch(text) else None


def _folded(text: str) -> str:
    folded = " ".join(unicodedata.normalize("NFKC", text[:200]).lower().replace("\0", "").split())
    return _WEEKDAY.sub(" ", folded).strip(" '")


def _written(given: str, year: int | None, *, epoch_1904: bool) -> Moment:
    text = _folded(given)
    if _NUMBER.fullmatch(text):
        return _number(float(text), epoch_1904=epoch_1904)
    if (compact := _COMPACT.fullmatch(text)) is not None:
        return _compact(compact, given)
    if (zoned := _iso(text)) is not None:
        return _sound(zoned.date(), zoned.time().replace(microsecond=0), given)
    if (last := _YEAR_LAST.match(text)) is not None:
        raise MomentUnclear(f"“{given[:40]}”分不清哪个是月、哪个是日，请写成 {last['year']}-月-日")
    if (full := _FULL.match(text)) is not None:
        years = int(full["year"]) + (2000 if len(full["year"]) == 2 else 0)
        return _day(years, full, text[full.end() :], given)
    if (short := _MONTH_DAY.match(text)) is not None:
        if year is None:
            raise MomentUnclear(f"“{given[:40]}”没有年份，标题里也没有，请写成 2026-3-5 这样")
        return _day(year, short, text[short.end() :], given)
    raise MomentUnclear(f"“{given[:40]}”不是认得出的日期，请写成 2026-3-5 14:30 这样")


def _iso(text: str) -> datetime | None:
    if "t" not in text or len(text) < 13:
        return None
    try:
        moment = datetime.fromisoformat(text.upper())
        return moment.replace(tzinfo=CHINA) if moment.tzinfo is None else moment.astimezone(CHINA)
    except (ValueError, OverflowError):
        return None


def _day(year: int, found: re.Match[str], rest: str, given: str) -> Moment:
    rest = rest.strip(" ,，")
    try:
        day = date(year, int(found["month"]), int(found["day"]))
    except ValueError:
        raise MomentUnclear(f"没有“{given[:40]}”这一天") from None
    if not rest or rest in _HALVES:
        return _sound(day, None, given)
    clock = _clock(rest)
    if clock is None:
        raise MomentUnclear(f"“{given[:40]}”后面的时刻认不出，请写成 2026-3-5 14:30 这样")
    return _sound(day, clock, given)


def _clock(text: str) -> time | None:
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        return None
    half = found["half"] or found["after"] or ""
    hour, minute = int(found["hour"]), found["minute"] or "0"
    minutes = {"半": 30, "整": 0}.get(minute) if minute in {"半", "整"} else int(minute)
    if (half in _LATER_HALF and hour < 12) or (half == "中午" and hour < 4):
        hour += 12
    elif half in {"凌晨", "am"} and hour == 12:
        hour = 0
    try:
        return time(hour, minutes or 0, int(found["second"] or 0))
    except ValueError:
        return None


def _compact(found: re.Match[str], given: str) -> Moment:
    clock = found["clock"] or ""
    try:
        day = date(int(found["year"]), int(found["month"]), int(found["day"]))
        at = time(int(clock[:2]), int(clock[2:4]), int(clock[4:] or 0)) if clock else None
    except ValueError:
        raise MomentUnclear(f"没有“{given[:40]}”这个时间") from None
    return _sound(day, at, given)


def _number(number: float, *, epoch_1904: bool) -> Moment:
    """The days that a sheet counts, or the digits of a date (20260305) that became a number."""
    if number.is_integer() and (compact := _COMPACT.fullmatch(str(int(number)))) is not None:
        return _compact(compact, str(int(number)))
    days = number + (_1904_LATER if epoch_1904 else 0)
    if not _SERIAL_FROM <= days < _SERIAL_TO:
        raise MomentUnclear(f"“{shown(number)[:40]}”不是日期，请写成 2026-3-5 这样")
    whole, part = int(days), days - int(days)
    day = date(1899, 12, 30) + timedelta(days=whole)
    if not part:
        return _sound(day, None, str(number))
    moment = datetime.combine(day, time()) + timedelta(seconds=round(part * 86_400))
    return _sound(moment.date(), moment.time(), str(number))


def _part_of_day(part: float) -> time:
    return (datetime(2000, 1, 1) + timedelta(seconds=min(86_399, round(part * 86_400)))).time()  # noqa: DTZ001


def _sound(day: date, clock: time | None, given: str) -> Moment:
    if not _EARLIEST <= day.year < _LATEST:
        raise MomentUnclear(f"“{given[:40]}”不在 {_EARLIEST} 到 {_LATEST - 1} 年之间")
    return Moment(day, clock)
