"""Which reports are one matter. The pairs here hold the weights, which were set by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from district.pack import District
from triage import duplicates, entities
from triage.duplicates import SAME, Side, compare, similar, whereabouts

NOW = datetime(2026, 3, 24, tzinfo=UTC)
LAMP, ROAD, DANCE = "010101", "010201", "030101"


def side(district: District, text: str, category: str, *, days: int = 0) -> Side:
    matches = entities.places(text, district.gazetteer)
    street = district.gazetteer.locate_matches(matches).street or ""
    return Side(text, category, street, NOW - timedelta(days=days), whereabouts(matches))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("青溪路12号门口路灯不亮", "青溪路12号的路灯坏了不亮，请来修"),
        ("望塔花园广场舞音响太响，晚上睡不着", "望塔花园门口每天跳广场舞，音响声音太大，老人睡不着"),
        ("塔影路路面有个大坑，差点摔了", "塔影路上有一个大坑，骑车摔倒了，赶紧补"),
    ],
)
def test_two_reports_of_one_place_and_kind_are_one_matter(district: District, one: str, other: str) -> None:
    kind = LAMP if "灯" in one else ROAD if "坑" in one else DANCE
    assert compare(side(district, one, kind), side(district, other, kind, days=1)).probability >= SAME


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("青溪路12号门口路灯不亮", "塔影路12号门口路灯不亮"),
        ("柳岸小区路灯不亮三天了，请尽快处理", "望塔花园路灯不亮三天了，请尽快处理"),
        ("青溪路5号路灯不亮", "青溪路88号路灯不亮"),
    ],
)
def test_the_same_words_of_another_place_are_another_matter(district: District, one: str, other: str) -> None:
    verdict = compare(side(district, one, LAMP), side(district, other, LAMP))
    assert verdict.probability < SAME
    assert any("不同" in reason for reason in verdict.reasons)


def test_another_matter_at_the_same_place_is_another_matter(district: District) -> None:
    lamp = side(district, "望塔花园门口的路灯一直不亮", LAMP)
    assert compare(lamp, side(district, "望塔花园门口跳舞的音乐太吵", DANCE)).probability < SAME


def test_comparing_is_symmetric_and_an_empty_text_is_like_nothing(district: District) -> None:
    one, other = side(district, "青溪路12号路灯不亮", LAMP), side(district, "青溪路路面有坑", ROAD)
    assert compare(one, other) == compare(other, one)
    assert compare(one, Side("  ")).probability == 0


def test_an_old_report_speaks_less_than_a_fresh_one(district: District) -> None:
    new, fresh, old = (side(district, "青溪路路灯不亮", LAMP, days=days) for days in (0, 1, 90))
    assert compare(new, old).probability < compare(new, fresh).probability


def test_the_three_most_alike_are_shown_the_best_first(district: District) -> None:
    cases = [(f"c{number}", side(district, "青溪路12号路灯不亮" + "了" * number * 6, LAMP)) for number in range(5)]
    shown = similar(side(district, "青溪路12号路灯不亮", LAMP), cases)
    assert [each.case_id for each in shown] == ["c0", "c1", "c2"]
    assert all(each.score >= duplicates.SHOWN for each in shown)
