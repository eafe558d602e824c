"""What times mean, told on Tuesday 24 March 2026 at 10:30."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage import times

AT = datetime(2026, 3, 24, 10, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


def meant(text: str) -> list[tuple[str, dict[str, object]]]:
    return [(text[start:end], value) for start, end, value in times.find(text, AT)]


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("昨天", "03-23T00:00", "03-24T00:00"),
        ("大前天下午", "03-21T12:00", "03-21T18:00"),
        ("昨晚", "03-23T18:00", "03-24T00:00"),
        ("今早7点", "03-24T07:00", "03-24T08:00"),
        ("昨天半夜两点", "03-24T02:00", "03-24T03:00"),
        ("昨天凌晨两点", "03-23T02:00", "03-23T03:00"),
        ("上周三晚上", "03-18T18:00", "03-19T00:00"),
        ("上周三晚上十点半", "03-18T22:30", "03-18T22:31"),
        ("上星期", "03-16T00:00", "03-23T00:00"),
        ("周五", "03-20T00:00", "03-21T00:00"),
        ("本周五", "03-27T00:00", "03-28T00:00"),
        ("上周末", "03-21T00:00", "03-23T00:00"),
        ("3月5号上午九点十五", "03-05T09:15", "03-05T09:16"),
        ("三月五日", "03-05T00:00", "03-06T00:00"),
        ("2026/3/5", "03-05T00:00", "03-06T00:00"),
        ("这个月10号", "03-10T00:00", "03-11T00:00"),
        ("本月15日前后", "03-15T00:00", "03-16T00:00"),
        ("上个月底", "02-21T00:00", "03-01T00:00"),
        ("2月中旬", "02-11T00:00", "02-21T00:00"),
        ("三天前", "03-21T00:00", "03-22T00:00"),
        ("两小时前", "03-24T08:30", "03-24T08:30"),
        ("前两天", "03-22T00:00", "03-24T00:00"),
        ("3月1日到15日", "03-01T00:00", "03-16T00:00"),
        ("昨晚十一点到今天凌晨三点", "03-23T23:00", "03-24T03:00"),
        ("昨天下午两点到五点", "03-23T14:00", "03-23T17:00"),
        ("昨天晚上八点到十二点", "03-23T20:00", "03-24T00:00"),
        ("昨晚10点到凌晨1点", "03-23T22:00", "03-24T01:00"),
        ("3月20日晚10点15分", "03-20T22:15", "03-20T22:16"),
        ("3月20日14时许", "03-20T14:00", "03-20T15:00"),
    ],
)
def test_a_time_is_an_interval_seen_from_the_message(text: str, start: str, end: str) -> None:
    value = {"start": f"2026-{start}:00+08:00", "end": f"2026-{end}:00+08:00"}
    assert meant(f"路灯{text}，没人修") == [(text, value)]


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("去年", "2025-01-01", "2026-01-01"),
        ("去年冬天", "2025-12-01", "2026-03-01"),
        ("去年底", "2025-12-01", "2026-01-01"),
        ("去年十一月", "2025-11-01", "2025-12-01"),
        ("11月", "2025-11-01", "2025-12-01"),
        ("2024年5月6日", "2024-05-06", "2024-05-07"),
        ("二〇二四年五月", "2024-05-01", "2024-06-01"),
        ("国庆节", "2025-10-01", "2025-10-08"),
        ("国庆期间", "2025-10-01", "2025-10-08"),
        ("国庆节那天", "2025-10-01", "2025-10-02"),
        ("国庆第二天", "2025-10-02", "2025-10-03"),
        ("两年前", "2024-01-01", "2025-01-01"),
        ("12月30日", "2025-12-30", "2025-12-31"),
        ("4月5日", "2026-04-05", "2026-04-06"),
    ],
)
def test_a_date_without_a_year_is_the_latest_that_was_or_soon_will_be(text: str, start: str, end: str) -> None:
    value = {"start": f"{start}T00:00:00+08:00", "end": f"{end}T00:00:00+08:00"}
    assert meant(f"从{text}起") == [(text, value)]


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("每天早上5点到7点", ("05:00", "07:00")),
        ("天天半夜", ("22:00", "06:00")),
        ("每晚十点多", ("22:00", "23:00")),
        ("每周三下午", ("12:00", "18:00")),
        ("每晚11点至次日凌晨4点", ("23:00", "04:00")),
        ("周一到周五早上7:30-8:30", ("07:30", "08:30")),
    ],
)
def test_what_comes_again_is_marked(text: str, hours: tuple[str, str]) -> None:
    assert meant(f"楼下{text}放歌") == [(text, {"recurring": True, "from": hours[0], "to": hours[1]})]


def test_hours_alone_are_of_no_day() -> None:
    assert meant("晚上8点到凌晨2点一直响") == [("晚上8点到凌晨2点", {"from": "20:00", "to": "02:00"})]
    assert meant("春节前") == [("春节前", {})]


def test_without_the_moment_of_the_message_nothing_is_resolved() -> None:
    assert times.find("昨天晚上", None) == [(0, 4, {})]


@pytest.mark.parametrize(
    "text",
    [
        "12号楼3单元",
        "第3点意见",
        "反映三点要求",
        "一点都不好",
        "坐15号线",
        "面积3.5平米",
        "差一点就撞上了",
        "今年七十岁",
        "每天都堵",
        "五个工作日",
    ],
)
def test_what_only_looks_like_a_time_is_none(text: str) -> None:
    assert meant(text) == []


WORDS = "大前昨今明后天上下这个周星期礼拜一二三四五六日末年月初底号点半刻分到至每凌晨早晚夜前0123456789:-/. 的"


@settings(max_examples=300, deadline=None)
@given(text=st.text(st.sampled_from(WORDS), max_size=24))
def test_no_run_of_time_words_is_too_odd(text: str) -> None:
    for start, end, value in times.find(text, AT):
        assert 0 <= start < end <= len(text)
        assert str(value.get("start", "")) <= str(value.get("end", ""))
