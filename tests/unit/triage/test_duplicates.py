"""Which reports are one matter, on the small district: places, doors, codes, stances and time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from triage.assess import Engine
from triage.duplicates import SAME, SHOWN, Comparison
from triage.pair_likeness import words
from triage.sides import Side

NOW = datetime(2026, 3, 24, tzinfo=UTC)


@pytest.fixture
def side(engine: Engine):  # type: ignore[no-untyped-def]
    return lambda text, days=0: engine.sides.read(text, NOW - timedelta(days=days))


@pytest.fixture
def compare(engine: Engine, side):  # type: ignore[no-untyped-def]
    def asked(one: str, other: str, days: int = 0) -> Comparison:
        return engine.comparer.compare(side(one), side(other, days))

    return asked


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("青溪路12号门口路灯不亮", "青溪路12号的路灯坏了不亮，请来修"),
        ("望塔花园广场舞音响太响，晚上睡不着", "望塔花园门口每天跳广场舞，音响声音太大，老人睡不着"),
        ("塔影路路面有个大坑，差点摔了", "塔影路上有一个大坑，骑车摔倒了，赶紧补"),
        ("望塔花园的公厕太脏了", "望塔小区公厕没人冲洗，臭得进不去"),
        ("健身房关门不退费，合同尾号7731", "合同尾号 7731 的健身房办卡跑路了钱不退"),
        ("玺悦嘉园门口路灯不亮", "玺悦小区那边的路灯坏了，一片黑不亮"),  # a compound that no gazetteer knows
    ],
)
def test_two_reports_of_one_place_and_kind_are_one_matter(compare, one: str, other: str) -> None:  # type: ignore[no-untyped-def]
    assert compare(one, other, days=1).probability >= SAME


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ("青溪路12号门口路灯不亮", "塔影路12号门口路灯不亮", "地点不同"),
        ("柳岸小区路灯不亮三天了", "望塔花园路灯不亮三天了", "地点不同"),
        ("青溪路5号路灯不亮", "青溪路88号路灯不亮", "门牌、楼号或编号不同"),
        ("望塔花园3号楼门口垃圾三天没清", "望塔花园九号楼门口垃圾三天没清", "门牌、楼号或编号不同"),
        ("路灯不亮了", "路灯坏了没人修", "没有共同的地点、编号或名称"),
        ("望塔花园的垃圾桶满了，请增设", "反对在望塔花园增设垃圾桶", "两件的要求相反"),
        ("买的东西是假货不退钱，单号尾4410", "买的东西是假货不退钱，单号尾9983", "门牌、楼号或编号不同"),
        ("鹤鸣路66号的路灯不亮", "鹤鸣路99号的路灯不亮", "门牌、楼号或编号不同"),  # a road that no gazetteer knows
        ("望塔花园一期的路灯不亮", "望塔花园三期的路灯不亮", "门牌、楼号或编号不同"),
        ("长安里市场门口的垃圾没清", "长庆里市场门口的垃圾没清", "文字相仿，但名称或号码换了"),
        ("望塔花园的保洁天天打扫，表扬一下", "望塔花园的垃圾没人打扫", "一件是表扬，一件不是"),
        ("建议在望塔花园增设垃圾桶", "望塔花园门口的垃圾桶太臭，要求移走", "两件的要求相反"),
    ],
)
def test_what_sets_two_reports_apart_is_told(compare, one: str, other: str, why: str) -> None:  # type: ignore[no-untyped-def]
    verdict = compare(one, other)
    assert verdict.probability < SAME
    assert why in verdict.reasons


def test_a_question_about_a_rule_speaks_against_a_complaint(compare) -> None:  # type: ignore[no-untyped-def]
    complaint = "望塔花园健身房关门不退费"
    asked = compare("咨询望塔花园健身房退费需要什么材料", complaint)
    assert "一件是咨询，一件不是" in asked.reasons
    assert asked.probability < compare("望塔花园健身房不退费", complaint).probability


def test_another_matter_at_the_same_place_is_another_matter(compare) -> None:  # type: ignore[no-untyped-def]
    assert not compare("望塔花园门口的路灯一直不亮", "望塔花园健身房关门不退费").same_matter


def test_a_compound_is_known_by_its_head_only_where_the_other_text_names_it(compare) -> None:  # type: ignore[no-untyped-def]
    assert "同一地点：望塔花园" in compare("望塔花园路灯不亮", "望塔这边路灯坏了").reasons


def test_the_same_words_sent_again_are_one_matter(compare) -> None:  # type: ignore[no-untyped-def]
    text = "青溪路12号门口的路灯不亮三天了"
    again = compare(text, text + "，请尽快处理", days=1)
    assert again.same_matter
    assert "文字相仿，但名称或号码换了" not in again.reasons


def test_a_number_both_tell_ties_two_texts_without_a_place(compare) -> None:  # type: ignore[no-untyped-def]
    told, untold = compare("健身房收了398不退钱", "健身房要398元"), compare("健身房收了398不退钱", "健身房要钱")
    assert "提到同一数目：398" in told.reasons
    assert told.probability > untold.probability


def test_storeys_may_differ_where_houses_may_not(compare) -> None:  # type: ignore[no-untyped-def]
    storeys = compare("望塔花园3号楼2层路灯不亮", "望塔花园3号楼5层路灯不亮")
    houses = compare("望塔花园3号楼路灯不亮", "望塔花园5号楼路灯不亮")
    assert "门牌、楼号或编号不同" not in storeys.reasons
    assert "门牌、楼号或编号不同" in houses.reasons


def test_comparing_is_symmetric_and_an_empty_text_is_like_nothing(compare) -> None:  # type: ignore[no-untyped-def]
    one, other = "青溪路12号路灯不亮", "青溪路路面有坑"
    assert compare(one, other) == compare(other, one)
    assert compare(one, "  ") == Comparison(0.0, ())


def test_an_old_report_speaks_less_than_a_fresh_one(compare) -> None:  # type: ignore[no-untyped-def]
    text = "青溪路路灯不亮"
    assert compare(text, text, days=90).probability < compare(text, text, days=1).probability


def test_the_three_most_alike_are_shown_the_best_first(engine: Engine, side) -> None:  # type: ignore[no-untyped-def]
    cases = [(f"c{days}", side("青溪路12号路灯不亮", days)) for days in (9, 1, 30, 0, 3)]
    shown = engine.comparer.similar(side("青溪路12号的路灯坏了不亮"), cases)
    assert [each.case_id for each in shown] == ["c0", "c1", "c3"]
    assert all(each.score >= SHOWN for each in shown)


def test_the_quick_way_shows_what_the_thorough_one_would(engine: Engine, side) -> None:  # type: ignore[no-untyped-def]
    texts = ["青溪路路灯不亮", "青溪路88号路灯不亮", "望塔花园路灯不亮", "垃圾没清", "青溪路垃圾桶满了", "路灯坏了"]
    asked: Side = side("青溪路5号路灯不亮")
    thorough = {text: engine.comparer.compare(asked, side(text)).probability for text in texts}
    quick = {each.case_id for each in engine.comparer.similar(asked, [(text, side(text)) for text in texts])}
    assert quick == set(sorted((text for text in texts if thorough[text] >= SHOWN), key=lambda t: -thorough[t])[:3])


def test_a_shared_setting_says_less_than_a_shared_thing() -> None:
    thing = Side("甲", objects=frozenset({"路灯"}))
    setting = Side("甲", objects=frozenset({"学校"}), settings=frozenset({"学校"}))
    assert 0 < words(setting, setting)["shared"] < words(thing, thing)["shared"] <= 1
    assert words(thing, setting)["shared"] == 0
