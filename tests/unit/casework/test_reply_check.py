"""What an answer is warned of, rule by rule, and how often on answers written to try it (tests/sets/replies)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from casework.privacy import Person
from casework.reply_check import Known, ReplyWarning, check
from casework.reply_dates import moments
from casework.reply_matters import Asked, Part
from district.pack import District
from district.replies import ReplyRules

SETS = Path(__file__).parents[2] / "sets" / "replies"
TUESDAY = date(2026, 3, 24)
LAMP = Asked("光明路的路灯坏了三天没人修")
GOOD = "您好，光明路的路灯是控制箱跳闸，我委照明所3月23日已更换开关并恢复照明。电话0999-5550-1007。"


def found(
    district: District, answer: str, *asked: Asked, known: Known | None = None, rules: ReplyRules | None = None
) -> dict[str, ReplyWarning]:
    told = check(rules or district.replies, district, asked or (LAMP,), answer, known or Known(TUESDAY))
    return {each.kind: each for each in told}


def test_a_good_answer_is_warned_of_nothing(district: District) -> None:
    assert found(district, GOOD) == {}


def test_an_empty_answer_is_not_looked_over(district: District) -> None:
    assert found(district, "  \n") == {}


def test_an_answer_about_something_else_is_told(district: District) -> None:
    assert "off_topic" in found(district, "您好，您家水表已于3月23日更换，水压恢复正常。玉泉水务公司0999-5550-3001。")


def test_each_matter_that_triage_found_must_be_spoken_of(district: District) -> None:
    text = "路灯坏了三天，垃圾桶满得盖不上"
    asked = Asked(text, "", (Part(text[:6], "100201"), Part(text[7:], "010101")))
    told = found(district, GOOD, asked)
    assert "第 2 项诉求“垃圾桶满得盖不上”" in told["unanswered"].sentence
    assert "unanswered" not in found(district, f"{GOOD}垃圾桶已清空。", asked)


def test_points_that_the_resident_numbers_are_matters(district: District) -> None:
    asked = Asked("1、光明路的路灯坏了；2、幼儿园门口没有斑马线")
    assert "斑马线" in found(district, GOOD, asked)["unanswered"].sentence
    assert "unanswered" not in found(district, f"1、{GOOD}2、已施划行人过街标线。", asked)
    assert "unanswered" not in found(district, GOOD, Asked("光明路的路灯坏了，灯杆高1.5米，第三次坏了"))


@pytest.mark.parametrize(
    ("written", "what"),
    [
        ("联系电话13800004791", ""),
        ("该住户手机13800004791", "手机号"),
        ("身份证110101199003070134", "身份证号"),
        ("车辆京A7F85K", "车牌号"),
        ("住和平里3号楼2单元501室", "门牌"),
        ("和平里3号楼前的灯", ""),
        ("投诉人赵立新的诉求", "诉求人姓名"),
        ("电话0999-5550-1007", ""),
        ("业务大厅地址：春江街5号楼2单元301室", ""),
    ],
)
def test_personal_data_is_told_and_what_offices_give_out_is_not(district: District, written: str, what: str) -> None:
    told = found(district, f"{GOOD}{written}。")
    assert set(told) == ({"personal"} if what else set())
    assert all(what in each.sentence for each in told.values())


def test_the_residents_name_is_told_wherever_it_stands(district: District) -> None:
    known = Known(TUESDAY, people=(Person(frozenset({"欧阳明珠"}), frozenset({"wx-8842-aa"})),))
    answer = f"{GOOD}已告知欧阳明珠（wx-8842-aa）。"
    told = check(district.replies, district, (LAMP,), answer, known)
    assert [answer[each.start : each.end] for each in told if each.kind == "personal"] == ["欧阳明珠", "wx-8842-aa"]
    assert "personal" not in found(district, f"{GOOD}感谢欧阳女士。", known=known)


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("预计3月20日前完成", "past_date"),
        ("将于2月底前换完", "past_date"),
        ("已于3月20日完成", ""),
        ("我委3月20日将开关送检", ""),
        ("预计4月1日前完成", "late_date"),
        ("预计3月31日前完成", ""),
        ("承诺5个工作日内换完", ""),
        ("承诺6个工作日内换完", "late_date"),
        ("计划4月份换完", "late_date"),
        ("争取3月底前换完", ""),
    ],
)
def test_promises_are_held_against_the_day_and_the_deadline(district: District, written: str, kind: str) -> None:
    told = found(district, f"{GOOD}{written}。", known=Known(TUESDAY, due=date(2026, 3, 31)))
    assert set(told) == ({kind} if kind else set())


def test_a_promise_without_a_day_is_told_unless_its_sentence_names_one(district: District) -> None:
    assert "vague" in found(district, f"{GOOD}其余灯具会尽快更换。")
    assert "vague" not in found(district, f"{GOOD}其余灯具会尽快更换，4月2日前完成。")


def test_the_last_answer_is_compared_only_where_there_is_one(district: District) -> None:
    again = GOOD.replace("3月23日", "3月24日")
    assert "copied" not in found(district, again)
    assert "copied" in found(district, again, known=Known(TUESDAY, last=GOOD))
    other = "您好，光明路换了三盏灯泡，我委3月24日夜间再次巡查全部亮灯，灯杆已编号。电话0999-5550-1007。"
    assert "copied" not in found(district, other, known=Known(TUESDAY, last=GOOD))


def test_a_visit_to_no_place_is_told_where_the_resident_named_none(district: District) -> None:
    answer = "您好，我委已到现场检查路灯，更换开关并恢复照明。电话0999-5550-1007。"
    lost = replace(LAMP, missing=("place",))
    assert "unknown_place" in found(district, answer, lost)
    assert "unknown_place" not in found(district, answer, LAMP)
    assert "unknown_place" not in found(district, answer.replace("现场", "光明路现场"), lost)


def test_where_a_warning_points_at_are_the_words_it_is_about(district: District) -> None:
    answer = f"{GOOD}其余灯具会尽快更换。"
    warning = found(district, answer)["vague"]
    assert answer[warning.start : warning.end] == "尽快"


def test_without_a_file_of_rules_only_the_programs_own_checks_are_made(district: District) -> None:
    told = found(district, "路灯会尽快修", rules=ReplyRules())
    assert set(told) == {"too_short", "unsigned"}


def test_what_the_pack_switches_off_is_not_told(district: District) -> None:
    rules = district.replies.model_copy(update={"without": ("off_topic", "unsigned", "too_short"), "phrases": ()})
    assert found(district, "水表换了", rules=rules) == {}


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026年4月2日", (4, 2), (4, 2)),
        ("2026-04-02", (4, 2), (4, 2)),
        ("4月份", (4, 1), (4, 30)),
        ("5月上旬", (5, 1), (5, 10)),
        ("三个工作日内", (3, 27), (3, 27)),
        ("4个工作日内", (3, 30), (3, 30)),
        ("十五日内", (4, 8), (4, 8)),
    ],
)
def test_days_are_read_as_people_write_them(text: str, first: tuple[int, int], last: tuple[int, int]) -> None:
    moment = next(moments(text, TUESDAY))
    assert (moment.first, moment.last) == (date(2026, *first), date(2026, *last))


@pytest.mark.parametrize("text", ["2月30日", "13月2日", "下周三", "年底"])
def test_a_day_that_is_none_or_only_words_is_no_day(text: str) -> None:
    assert [moment.first for moment in moments(text, TUESDAY)] == [None]


def test_a_day_early_in_the_year_written_late_is_of_the_next() -> None:
    assert next(moments("1月5日", date(2026, 12, 20))).first == date(2027, 1, 5)


def _read(file: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SETS / file).read_text(encoding="utf-8").splitlines()]


def _kinds(district: District, row: dict[str, Any]) -> set[str]:
    parts = tuple(Part(row["asked"][start:end], code) for start, end, code in row.get("matters", ()))
    asked = Asked(row["asked"], row["category"], parts, tuple(row.get("missing", ())))
    due = date.fromisoformat(row["due"]) if "due" in row else None
    people = (Person(frozenset(row["names"])),) if "names" in row else ()
    return set(found(district, row["answer"], asked, known=Known(TUESDAY, due, row.get("last", ""), people)))


@pytest.mark.parametrize("file", ["develop.jsonl", "held.jsonl"])
def test_planted_faults_are_found_and_good_answers_left_alone(district: District, file: str) -> None:
    rows = _read(file)
    bad = [row for row in rows if row["faults"]]
    good = [row for row in rows if not row["faults"]]
    missed = [row["id"] for row in bad if not set(row["faults"]) <= _kinds(district, row)]
    wrong = [row["id"] for row in good if _kinds(district, row)]
    assert len(missed) <= 0.1 * len(bad), missed
    assert len(wrong) <= 0.1 * len(good), wrong
