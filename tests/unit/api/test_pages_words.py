"""What the pages say in words and figures: times, ranks, spreadsheets."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from api.web.board import sections
from api.web.exports import spreadsheet
from api.web.render import dialled, highlight, left, moment, when
from casework.deadlines import ClockView
from casework.rates import RateRow, RateTable

CHINA = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 24, 9, 30, tzinfo=CHINA)


def _clock(span: timedelta, level: str = "green") -> ClockView:
    due = NOW + span
    return ClockView(
        "sign",
        "签收",
        "running",
        due,
        span,
        level,
        provisional=False,
        sentence="",
        own_due_at=due,
        external_due_at=None,
    )


@pytest.mark.parametrize(
    ("span", "level", "words"),
    [
        (timedelta(hours=3, minutes=12), "green", "还剩 3 小时 12 分"),
        (timedelta(days=2, hours=5, minutes=9), "green", "还剩 2 天 5 小时"),
        (timedelta(days=1), "green", "还剩 1 天"),
        (timedelta(hours=4), "green", "还剩 4 小时"),
        (timedelta(seconds=59), "red", "马上到期"),
        (timedelta(0), "red", "马上到期"),
        (timedelta(0), "overdue", "已到期"),
        (timedelta(seconds=-59), "overdue", "已到期"),
        (timedelta(minutes=-75), "overdue", "已超 1 小时 15 分"),
    ],
)
def test_what_is_left_of_a_clock_is_said_without_needless_zeros(span: timedelta, level: str, words: str) -> None:
    assert left(_clock(span, level)) == words


def test_a_recent_time_is_relative_and_carries_the_exact_moment_for_fingers_and_paper() -> None:
    said = moment(NOW - timedelta(minutes=5), NOW, CHINA)
    assert ">5 分钟前<" in said
    assert 'title="2026年03月24日 09:25:00"' in said
    assert 'data-exact="03-24 09:25"' in said


def test_a_time_to_come_says_how_far_it_is() -> None:
    assert "03-25 08:30 · 23 小时后" in when(NOW + timedelta(hours=23), NOW, CHINA)
    assert ">3 天后<" in moment(NOW + timedelta(days=3), NOW, CHINA)
    assert ">刚刚<" in moment(NOW + timedelta(seconds=40), NOW, CHINA)


def test_a_time_long_ago_is_a_date_with_its_year_when_it_was_another() -> None:
    assert ">2025-11-01 08:00<" in moment(datetime(2025, 11, 1, tzinfo=UTC), NOW, CHINA)
    assert ">01-02 08:00<" in moment(datetime(2026, 1, 2, tzinfo=UTC), NOW, CHINA)
    assert "03-22 09:30 · 2 天前" in when(NOW - timedelta(days=2), NOW, CHINA)


def test_marks_never_let_a_residents_text_become_html() -> None:
    reasons = [{"start": 0, "end": 3}, {"start": 2, "end": 5}, {"start": 90, "end": 99}]
    assert highlight("<b>路灯", reasons) == "<mark>&lt;b&gt;</mark>路灯"


def _row(key: str, kind: str, composite: str | None) -> RateRow:
    return RateRow(key, key, kind, 1, {}, None if composite is None else Decimal(composite))


def test_streets_are_ranked_among_streets_and_equal_scores_share_a_rank() -> None:
    rows = [
        _row("城管委", "bureau", "99"),
        _row("甲街道", "street", "95"),
        _row("乙街道", "street", "95"),
        _row("丙街道", "street", "90"),
        _row("丁街道", "street", None),
        _row("", "", "80"),
    ]
    table = RateTable("1", NOW, NOW, "unit", rows, _row("", "", "90"), {}, 0)
    found = [(part.label, [(row.key, rank) for row, rank in part.rows]) for part in sections(table)]
    assert found == [
        ("街道", [("甲街道", 1), ("乙街道", 1), ("丙街道", 3), ("丁街道", 0)]),
        ("委办局", [("城管委", 1)]),
        ("其他", [("", 0)]),
    ]


def test_categories_stand_in_one_table_without_ranks() -> None:
    table = RateTable("1", NOW, NOW, "category", [_row("0304", "", "90")], _row("", "", "90"), {}, 0)
    [only] = sections(table)
    assert (only.label, only.ranked, [rank for _, rank in only.rows]) == ("", False, [0])


def test_a_spreadsheet_reads_chinese_and_runs_no_residents_formula() -> None:
    made = spreadsheet([("诉求",), ('=HYPERLINK("x")',), ("第一行\n第二行，带“引号”",), ("坏字\ud800",)])
    assert made.startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(io.StringIO(made.decode("utf-8-sig")))) == [
        ["诉求"],
        ['\'=HYPERLINK("x")'],
        ["第一行\n第二行，带“引号”"],
        ["坏字?"],
    ]


def test_telephone_numbers_are_dialled_by_a_tap_and_nothing_else_is_touched() -> None:
    assert dialled("拨打0999-5550-1035或12345。") == '拨打<a href="tel:0999-5550-1035">0999-5550-1035</a>或12345。'
    assert dialled("座机010-65551234") == '座机<a href="tel:010-65551234">010-65551234</a>'
    for text in ("2026-1201-0001", "C0999-5550-10351", "2026-11-30 09:00"):
        assert dialled(text) == text
    assert dialled("<b>0999-5550-1035</b>").startswith("&lt;b&gt;<a href=")
