"""What ``Engine.assess`` promises: every field of ``suggest --json``, offsets of the text given, no text too odd."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.assess import Engine
from triage.assessment import ArticleCandidate, Assessment, Context, OpenCase

NOW = datetime(2026, 3, 24, tzinfo=UTC)
FIELDS = {
    "category", "request_type", "urgency", "unit", "co_units", "matters", "missing", "entities", "similar_cases",
    "articles", "reasons", "decision", "why", "model", "took_ms",
}  # fmt: skip
ODD = {
    "empty": "",
    "blank": " \n\t　",
    "nul": "\0路灯\0不亮",
    "lone surrogate": "路灯\ud83d不亮",
    "emoji": "路灯不亮😡👨‍👩‍👧🇨🇳",
    "right to left": "\u202e路灯不亮\u202c مرحبا",
    "full width": "１３８００１３８０００　Ａ座路灯不亮",
    "latin": "the street lamp is broken",
    "digits": "9" * 5000,
    "long": "路灯不亮，" * 20_000,
    "turns": "另外还有此外" * 17_000,
    "one run": "的" * 100_000,
    "surrogates": "\ud800" * 100_000,
    "numbers": "青溪路13800138000京A12345晚上十点，" * 4_000,
}


def seen(text: str) -> str:
    """The text as offsets count it: a lone surrogate is one character whatever becomes of it."""
    return text.encode("utf-8", "replace").decode("utf-8")


def assert_sound(text: str, found: Assessment) -> None:
    document = json.loads(json.dumps(found.as_json(), ensure_ascii=False))
    assert set(document) >= FIELDS
    for span in (*found.entities, *found.reasons):
        assert seen(text)[span.start : span.end] == span.text
    assert found.matters[0].start == 0
    assert found.matters[-1].end == len(text)
    assert len(found.category) == 3
    assert all(0 <= each.probability <= 1 for each in (*found.category, *found.unit, *found.co_units))
    assert [each.probability for each in found.category] == sorted(
        (each.probability for each in found.category), reverse=True
    )
    assert found.decision in {"auto", "review"}
    assert found.why


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
def test_no_text_is_too_odd_and_none_takes_two_seconds(engine: Engine, text: str) -> None:
    started = perf_counter()
    found = engine.assess(text, Context(title=text))
    assert perf_counter() - started < 2
    assert_sound(text, found)


@settings(max_examples=60, deadline=None)
@given(
    text=st.text(
        st.characters(categories=None) | st.sampled_from("路灯不亮青溪路号另外还有１①㎡…\u202e\0"), max_size=80
    )
)
def test_offsets_are_those_of_the_text_given(engine: Engine, text: str) -> None:
    assert_sound(text, engine.assess(text))


def test_category_unit_line_and_clause_of_a_plain_report(engine: Engine) -> None:
    found = engine.assess("青溪路12号门前的路灯不亮，晚上全黑")
    assert found.category[0].path == ("市政", "路灯", "路灯不亮")
    assert (found.unit[0].code, found.unit[0].directory_line, found.unit[0].clause) == ("U001", "DL-0001", "第1条")
    assert found.missing == ()
    assert found.decision == "auto"
    assert "DL-0001" in found.why
    assert "区城市管理委" in found.why
    assert (found.street, found.community) == ("U100", "U1001")
    assert found.model == "2026-01-01.1"


def test_the_place_decides_the_unit_where_the_directory_goes_by_area(engine: Engine) -> None:
    here = engine.assess("柳岸小区的垃圾三天没清了")
    there = engine.assess("望塔花园的垃圾三天没清了")
    assert (here.unit[0].code, there.unit[0].code) == ("U100", "U101")
    assert [each.code for each in here.co_units] == ["U002"]


def test_a_streets_own_line_goes_before_the_general_one(engine: Engine) -> None:
    assert engine.assess("望塔花园旁边的公厕太脏，厕所没人冲洗").unit[0].directory_line == "DL-0007"
    assert engine.assess("柳岸小区旁边的公厕太脏，厕所没人冲洗").unit[0].directory_line == "DL-0004"


def test_a_missing_place_is_asked_for_and_nothing_goes_out_without_it(engine: Engine) -> None:
    found = engine.assess("我们小区的垃圾三天没清了，垃圾桶都满了")
    assert found.missing == ("place",)
    assert found.decision == "review"
    assert "位置" in found.why


def test_the_title_tells_the_place_where_the_body_does_not(engine: Engine) -> None:
    found = engine.assess("垃圾三天没清了，垃圾桶都满了", Context(title="望塔花园的来信"))
    assert found.unit[0].code == "U101"
    assert found.missing == ()


def test_a_title_without_a_body_is_judged(engine: Engine) -> None:
    assert engine.assess("", Context(title="商家不给退款")).category[0].code == "040101"


def test_reasons_mark_the_words_that_spoke_for_the_category(engine: Engine) -> None:
    found = engine.assess("您好，请问一下，青溪路的公厕什么时候打扫")
    assert "厕" in found.reasons[0].text
    assert all(reason.weight > 0 for reason in found.reasons)


def test_reasons_of_a_long_text_point_into_its_end_too(engine: Engine) -> None:
    text = "今天天气很好。" * 400 + "就是公厕太脏了"
    found = engine.assess(text)
    assert any(reason.start > 2_500 and "厕" in reason.text for reason in found.reasons)


def test_an_emergency_is_always_looked_at_by_a_person(engine: Engine) -> None:
    found = engine.assess("青溪路12号楼道里燃气泄漏，路灯不亮")
    assert (found.urgency.level, found.urgency.advice) == ("emergency", "请拨打119")
    assert found.decision == "review"
    assert "燃气泄漏" in found.why


def test_a_text_without_content_is_reviewed_and_says_so(engine: Engine) -> None:
    found = engine.assess("😀😀")
    assert found.decision == "review"
    assert "没有可供研判的内容" in found.why


def test_two_matters_are_told_apart_and_reviewed(engine: Engine) -> None:
    text = "青溪路12号的路灯不亮，晚上全黑。另外商家不给退款，健身房关门不退费"
    found = engine.assess(text)
    assert [each.category.code for each in found.matters] == ["010101", "040101"]
    assert text[found.matters[1].start :].startswith("另外")
    assert found.decision == "review"
    assert "2 件事项" in found.why


def test_one_matter_told_in_two_breaths_stays_one(engine: Engine) -> None:
    found = engine.assess("青溪路12号的路灯不亮，路灯坏了没人修。另外那一排灯杆晚上全黑着，路灯不亮")
    assert len(found.matters) == 1


def test_a_probable_duplicate_is_shown_and_not_sent_out(engine: Engine) -> None:
    case = OpenCase("c1", "青溪路12号门口路灯不亮好几天", "010101", "U100", NOW - timedelta(days=1))
    other = OpenCase("c2", "望塔花园门口广场舞音响太响", "030101", "U101", NOW)
    found = engine.assess("青溪路12号的路灯不亮，请尽快修", Context(at=NOW, open_cases=(other, case)))
    assert [(each.case_id, each.same_matter) for each in found.similar_cases] == [("c1", True)]
    assert found.decision == "review"
    assert "并单" in found.why


def test_articles_handed_in_are_shown_three_at_most(engine: Engine) -> None:
    given = [ArticleCandidate(f"KB-{number}", "标题", 1.0) for number in range(5)]
    assert engine.assess("路灯不亮", Context(articles=given)).articles == tuple(given[:3])


def test_a_text_of_another_world_gets_no_confidence(engine: Engine) -> None:
    assert engine.assess("quantum chromodynamics lattice 格点规范场").category[0].probability < 0.5


def test_below_its_threshold_a_category_is_left_to_a_person(engine: Engine) -> None:
    head = engine.model.category
    strict = Engine(engine.district, replace(engine.model, category=replace(head, thresholds=head.thresholds + 1)))
    found = strict.assess("青溪路12号门前的路灯不亮，晚上全黑")
    assert found.decision == "review"
    assert "%" in found.why
    assert "路灯不亮" in found.why


def test_texts_assessed_together_are_assessed_as_each_alone(engine: Engine) -> None:
    asked = [
        ("青溪路12号的路灯不亮，请尽快修", Context(title="路灯")),
        ("", Context()),
        ("柳岸小区的垃圾三天没清了", Context(at=NOW)),
        ("青溪路12号楼道里燃气泄漏，路灯不亮", Context()),
    ]
    together = [replace(found, took_ms=0.0) for found in engine.assess_all(asked)]
    assert together == [replace(engine.assess(*each), took_ms=0.0) for each in asked]
    assert engine.assess_all([]) == []


def test_a_text_unlike_any_appeal_has_half_the_confidence(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "青溪路路灯不亮"
    before = engine.assess(text)
    monkeypatch.setattr(engine._urgency, "foreign", lambda _: True)
    after = engine.assess(text)
    assert before.category[0].code == after.category[0].code
    assert after.category[0].probability == pytest.approx(before.category[0].probability / 2, abs=0.1)
    assert after.decision == "review"
