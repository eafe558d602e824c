"""The sentence of a deadline is added up again, from its words alone, for every deadline worked out by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from importlib import util
from pathlib import Path
from typing import cast

import pytest

from casework import clock_history, deadlines
from casework.rules import RuleBook
from casework.tables import Case, Clock
from district.calendar import Calendar
from district.pack import District

_spec = util.spec_from_file_location("worked", Path(__file__).with_name("test_worked_deadlines.py"))
assert _spec
assert _spec.loader
worked = util.module_from_spec(_spec)
_spec.loader.exec_module(worked)

DAY = timedelta(days=1)
DATE = r"(?:(\d{4})年)?(\d\d)月(\d\d)日"
MOMENT = DATE + r"(?:（周.）)? (\d\d):(\d\d)"
RUN = DATE + r"(?:至(?:(?:(\d{4})年)?(\d\d)月)?(\d\d)日)?"
SPAN = r"(\d\d):(\d\d)–(\d\d):(\d\d)"


def clock_of(district: District, row: dict[str, str]) -> tuple[Case, Clock]:
    """The clock after all that befell it, as the desk's own acts put it on record."""
    calendars, given = district.calendars, worked.allowance(row["allowance"])
    began = worked.moment(calendars, row["start"])
    due = calendars.add(began, given)
    clock = Clock(
        name="sign",
        label="签收",
        state="running",
        amount=given.amount,
        unit=given.unit,
        calendar=given.calendar,
        extra=0,
        started_at=began,
        own_due_at=due.due_at,
        due_at=due.due_at,
        provisional=due.provisional,
        warned="",
        history=[],
    )
    case, rules = Case(clocks=[clock]), cast("RuleBook", district)
    if row["extension"]:
        clock_history.extend(clock, int(row["extension"]), now=began)
        counted = clock_history.counted(calendars, clock)
        clock.own_due_at = clock.due_at = counted.due_at
        clock.provisional = counted.provisional
    if row["paused_from"]:
        deadlines.pause(case, "sign", now=worked.moment(calendars, row["paused_from"]), why="退单申请待审批")
        deadlines.resume(rules, case, "sign", now=worked.moment(calendars, row["paused_to"]))
    return case, clock


@dataclass
class Adding:
    """Adds the parts of a sentence up, as a clerk with a calendar on the wall would."""

    calendar: Calendar
    year: int
    due: datetime
    """Where the part before ended; in the beginning, where the clock started."""
    seen: list[tuple[date, bool]] = field(default_factory=list)
    begins: datetime | None = None
    hours: timedelta = timedelta(0)
    number: int = 0
    ends: datetime | None = None
    total_days: int = 0
    total_hours: timedelta = timedelta(0)

    def day(self, year: str | None, month: str, day: str) -> date:
        return date(int(year or self.year), int(month), int(day))

    def moment(self, found: re.Match[str] | None) -> datetime:
        assert found
        year, month, day, hour, minute = found.groups()
        return datetime.combine(self.day(year, month, day), datetime.min.time()) + timedelta(
            hours=int(hour), minutes=int(minute)
        )

    def run(self, text: str) -> Iterator[date]:
        found = re.match(RUN, text)
        assert found, text
        first = self.day(*found.group(1, 2, 3))
        last = self.day(found[4] or str(first.year), found[5] or found[2], found[6]) if found[6] else first
        while first <= last:
            yield first
            first += DAY

    def part(self, text: str) -> None:
        if "届满" in text and text.startswith("至"):
            self.close(self.moment(re.fullmatch(f"至 {MOMENT} 届满", text)))
        elif text.endswith("不计"):
            for day in self.run(text):
                assert not self.calendar.is_open_on(day), text
                self.seen.append((day, False))
        elif text.endswith("开始计时"):
            self.begins = self.moment(re.match(MOMENT, text))
        elif numbers := re.search(r"计第(\d+)(?:至(\d+))?日$", text):
            days = list(self.run(text))
            assert [int(numbers[1]), int(numbers[2] or numbers[1])] == [self.number + 1, self.number + len(days)]
            assert all(self.calendar.is_open_on(day) for day in days), text
            self.number += len(days)
            self.seen += [(day, True) for day in days]
        elif stated := re.search(r" 计(?:(\d+)小时)?(?:(\d+)分)?$", text):
            self.count(text, timedelta(hours=int(stated[1] or 0), minutes=int(stated[2] or 0)))
        else:
            assert text.startswith("延期") or "顺延" in text or "尚未公布" in text, text

    def count(self, text: str, stated: timedelta) -> None:
        """A part that counts hours: what it states is what its intervals hold."""
        across = [re.match(MOMENT, each) for each in re.findall(r"\d[\d年月日]+ \d\d:\d\d", text)]
        if len(across) == 2:
            start, end = (self.moment(each) for each in across)
            assert end - start == stated
            assert start >= self.due
            self.ends = end
        else:
            days = list(self.run(text))
            spans = [tuple(map(int, each)) for each in re.findall(SPAN, text)]
            lengths = [timedelta(hours=c - a, minutes=d - b) for a, b, c, d in spans]
            assert sum(lengths, timedelta(0)) * len(days) == stated, text
            opening = {(each.start, each.end) for each in self.calendar.rule.hours}
            for a, b, c, d in spans:
                assert any(one <= a * 60 + b < c * 60 + d <= other for one, other in opening), text
            assert all(self.calendar.is_open_on(day) for day in days), text
            self.seen += [(day, True) for day in days]
            last = datetime.combine(days[-1], datetime.min.time())
            self.ends = last + timedelta(hours=spans[-1][2], minutes=spans[-1][3])
        self.hours += stated

    def close(self, due: datetime) -> None:
        """A part of the way is over: every day of it was told once, and it ends where what was counted ends."""
        told = [day for day, _ in self.seen]
        assert told == sorted(set(told))
        if self.number:
            begun = self.begins or self.due
            assert due == datetime.combine(told[-1], begun.time())
            whole = {self.due.date() + n * DAY for n in range((due.date() - self.due.date()).days + 1)}
            assert whole - set(told) <= {self.due.date(), begun.date()}
        else:
            assert self.ends == due
            if told:
                missing = {told[0] + n * DAY for n in range((told[-1] - told[0]).days)} - set(told)
                assert not missing
        self.total_days += self.number
        self.total_hours += self.hours
        self.due, self.seen, self.begins, self.number, self.hours = due, [], None, 0, timedelta(0)


def added_up(district: District, row: dict[str, str], sentence: str) -> Adding:
    head, *parts = sentence.split("；")
    found = re.search(f"自 {MOMENT} 起算$", head)
    start = datetime.fromisoformat(row["start"])
    adding = Adding(district.calendars.get(row["allowance"].split()[2]), start.year, start)
    assert adding.moment(found) == start
    for part in parts:
        adding.part(part)
    return adding


@pytest.mark.parametrize("row", worked.ROWS, ids=worked.name)
def test_the_intervals_told_add_up_to_the_deadline(district: District, row: dict[str, str]) -> None:
    case, clock = clock_of(district, row)
    sentence = deadlines.explain(cast("RuleBook", district), case, clock)
    adding = added_up(district, row, sentence)
    assert f"{adding.due:%Y-%m-%d %H:%M}" == row["due"], sentence
    amount = int(row["allowance"].split()[0]) + int(row["extension"] or 0)
    unit, calendar = row["allowance"].split()[1:]
    if unit == "wd":
        assert adding.total_days == amount, sentence
        granted = timedelta(0)
    else:
        granted = amount * timedelta(minutes=1 if unit == "min" else 60)
    lost = timedelta(0)
    if row["paused_from"] and "其间" in sentence:
        stood = [worked.moment(district.calendars, row[column]) for column in ("paused_from", "paused_to")]
        lost = district.calendars.elapsed(stood[0], stood[1], calendar)
        assert "（退单申请待审批）" in sentence
    assert adding.total_hours == granted + lost, sentence
    assert ("尚未公布" in sentence) == (row["provisional"] == "yes")


def sentence_of(district: District, **given: str) -> str:
    row = {"extension": "", "paused_from": "", "paused_to": ""} | given
    case, clock = clock_of(district, row)
    return deadlines.explain(cast("RuleBook", district), case, clock)


def test_days_are_told_by_number_and_days_off_by_their_name(district: District) -> None:
    told = sentence_of(district, start="2026-09-29 15:00", allowance="5 wd office")
    assert told == (
        "签收时限 5个工作日（工作时间）：自 09月29日（周二） 15:00 起算；09月30日 计第1日；10月01日至07日 国庆节放假不计；"
        "10月08日至09日 计第2至3日；10月10日（调休上班） 计第4日；10月11日 周末不计；10月12日 计第5日；"
        "至 10月12日（周一） 15:00 届满"
    )


def test_hours_are_told_without_noon_and_night(district: District) -> None:
    told = sentence_of(district, start="2026-03-24 11:00", allowance="10 wh office")
    assert told == (
        "签收时限 10个工作小时（工作时间）：自 03月24日（周二） 11:00 起算；03月24日 11:00–12:00、13:30–18:00 计5小时30分；"
        "03月25日 09:00–12:00、13:30–15:00 计4小时30分；至 03月25日（周三） 15:00 届满"
    )


def test_a_pause_is_told_with_its_reason_and_what_it_gave_back(district: District) -> None:
    told = sentence_of(
        district,
        start="2026-03-24 09:30",
        allowance="4 wh office",
        paused_from="2026-03-24 10:00",
        paused_to="2026-03-24 15:00",
    )
    assert told.endswith(
        "至 03月24日（周二） 15:00 届满；03月24日 10:00 至 03月24日 15:00 停表（退单申请待审批），其间 3小时30分 不计，"
        "自 03月24日 15:00 顺延；03月24日 15:00–18:00 计3小时；03月25日 09:00–09:30 计30分；至 03月25日（周三） 09:30 届满"
    )


def test_a_clock_that_stands_still_says_since_when_and_why(district: District) -> None:
    row = {"start": "2026-03-24 09:30", "allowance": "4 wh office", "extension": "", "paused_from": ""}
    case, clock = clock_of(district, row)
    deadlines.pause(case, "sign", now=worked.moment(district.calendars, "2026-03-24 10:00"), why="会商申请待审批")
    told = deadlines.explain(cast("RuleBook", district), case, clock)
    assert told.endswith("03月24日 10:00 起停表（会商申请待审批），恢复后按停表的时间顺延")


def test_a_clock_begun_anew_says_which_run_it_is(district: District) -> None:
    row = {"start": "2026-03-24 09:30", "allowance": "4 wh office", "extension": "", "paused_from": ""}
    case, clock = clock_of(district, row)
    _, again = clock_of(district, row | {"start": "2026-03-26 09:30"})
    case.clocks.append(again)
    rules = cast("RuleBook", district)
    assert "第2次起算" in deadlines.explain(rules, case, again)
    assert "次起算" not in deadlines.explain(rules, case, clock)
