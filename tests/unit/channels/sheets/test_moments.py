"""When a resident came: every spelling that means one moment is read, and no other."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from channels.sheets import moments
from channels.sheets.moments import MomentUnclear

DAY = date(2026, 3, 5)

SPELLINGS = [
    ("2026-3-5", None),
    ("2026/03/05", None),
    ("2026.3.5", None),
    ("26-3-5", None),
    ("2026年3月5日", None),
    ("2026年3月5日上午", None),
    ("２０２６年３月５日", None),
    ("2026年3月5号（星期四）", None),
    ("20260305", None),
    (20260305, None),
    (20260305.0, None),
    (46086, None),
    ("46086", None),
    (datetime(2026, 3, 5), None),
    ("2026/3/5 14:30", time(14, 30)),
    ("2026-03-05 14:30:20", time(14, 30, 20)),
    ("2026-03-05T14:30", time(14, 30)),
    ("2026-03-05T06:30:00Z", time(14, 30)),
    ("2026-03-05T14:30:00+08:00", time(14, 30)),
    ("2026年3月5日 下午2点", time(14)),
    ("2026年3月5日下午2点半", time(14, 30)),
    ("2026年3月5日14时30分", time(14, 30)),
    ("2026年3月5日 中午12点", time(12)),
    ("2026年3月5日 中午1点", time(13)),
    ("2026年3月5日 晚上8点05分", time(20, 5)),
    ("2026年3月5日 凌晨12点", time(0)),
    ("2026-3-5 9:15 AM", time(9, 15)),
    ("2026-3-5 2:15 PM", time(14, 15)),
    ("202603051430", time(14, 30)),
    (202603051430, time(14, 30)),
    (46086.604166666664, time(14, 30)),
    (datetime(2026, 3, 5, 14, 29, 59, 999_990), time(14, 30)),
]


@pytest.mark.parametrize(("written", "clock"), SPELLINGS)
def test_a_spelling_of_one_moment_is_read(written, clock):
    found = moments.read(written)
    assert (found.day, found.clock) == (DAY, clock)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("3月5日", "没有年份"),
        ("3/5", "没有年份"),
        ("03/05/2026", "分不清"),
        ("2026-2-30", "没有"),
        ("2026-13-1", "没有"),
        ("20261301", "没有"),
        ("2026-3-5 25:00", "时刻认不出"),
        ("2026-3-5 什么时候", "时刻认不出"),
        ("1899-1-1", "年之间"),
        ("2326-1-1", "年之间"),
        ("昨天", "不是认得出的日期"),
        ("13900000101", "不是认得出的日期"),
        (13900000101, "不是日期"),
        (3, "不是日期"),
        (time(9, 0), "不是日期"),
        ("2026\u00a03\u3000", "不是认得出的日期"),
    ],
)
def test_what_means_no_one_moment_is_refused_with_a_sentence(written, told):
    with pytest.raises(MomentUnclear, match=told):
        moments.read(written)


def test_a_day_without_a_year_has_that_of_the_title():
    year = moments.year_of(["玉泉区现场登记表（2026年3月）", "填表人"])
    assert moments.read("3月5日 下午2点", year=year).at == datetime(2026, 3, 5, 14, 0, tzinfo=moments.CHINA)


def test_a_title_of_two_years_gives_none():
    assert moments.year_of(["2025年12月至2026年1月登记表"]) is None


def test_old_macs_count_the_days_from_1904():
    assert moments.read(46086 - 1462, epoch_1904=True).day == DAY


@pytest.mark.parametrize(
    ("written", "clock"),
    [
        ("下午2点半", time(14, 30)),
        ("9:05", time(9, 5)),
        (0.375, time(9)),
        (time(9, 5), time(9, 5)),
        ("九点", None),
        (3, None),
    ],
)
def test_a_time_of_day_is_told_from_a_day(written, clock):
    assert moments.read_clock(written) == clock
