"""Slips of the keyboard: told by sound, by letters, by one character; and what is right is left alone."""

from __future__ import annotations

from itertools import pairwise

import pytest

from district.sounds import syllable
from knowledge.analysis import Analyzer
from knowledge.index import Document
from knowledge.pinyin import readings, syllabled
from knowledge.spelling import MOST, Spelling

ARTICLES = (
    ("租房怎么提取住房公积金", ("公积金能付房租吗",), ("公积金", "租房提取"), "带租房合同到窗口办理。"),
    ("居住证怎么办理", (), ("居住证", "签注"), "十五个工作日领取。"),
    ("低保怎么申请", ("低保每月多少钱",), ("低保", "最低生活保障"), "向街道提出。"),
    ("公租房怎么申请", (), ("公租房",), "轮候三年，住户要自己打扫。"),
    ("银行卡怎么换", (), ("银行卡", "工资卡"), "到银行办理。"),
)


@pytest.fixture(scope="module")
def spelling(analyzer: Analyzer) -> Spelling:
    documents = [
        Document(id=f"KB-{number}", title=title, questions=questions, keywords=keywords, body=body)
        for number, (title, questions, keywords, body) in enumerate(ARTICLES)
    ]
    return Spelling.of(documents, analyzer.terms, ["廉租房"])


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("公鸡金提取", "公积金提取"),
        ("工积斤怎么提", "公积金怎么提"),
        ("居住正办理", "居住证办理"),
        ("公雞金提取", "公积金提取"),
        ("低宝申请", "低保申请"),
        ("gongjijin", "公积金"),
        ("gong'ji'jin", "公积金"),
        ("gongjijintiqu", "公积金提取"),
        ("ＧＪＪ", "公积金"),
        ("gjj提取", "公积金提取"),
        ("yinhangka", "银行卡"),
        ("公织金", "公积金"),
    ],
)
def test_a_slip_is_mended(spelling: Spelling, typed: str, meant: str) -> None:
    assert spelling.mended(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "公积金提取",
        "居住证",
        "廉租房申请",
        "公积金 网上办",
        "",
        "?",
        "ab",
        "wifi",
        "qqqqqqqq",
        "\x00\ud800",
        "打扫",
        "12345",
    ],
)
def test_what_is_right_or_unknown_stays(spelling: Spelling, typed: str) -> None:
    assert spelling.mended(typed) == ""
    assert spelling.additions(typed) == []


def test_only_what_is_sure_is_looked_for_at_once(spelling: Spelling) -> None:
    assert [(each.text, each.because) for each in spelling.additions("公鸡金提取")] == [("公积金", "公鸡金")]
    assert [each.text for each in spelling.additions("gjj")] == ["公积金"]
    assert spelling.additions("低宝申请") == []
    assert spelling.additions("公织金") == []


def test_two_characters_that_belong_to_their_neighbours_are_no_slip(analyzer: Analyzer) -> None:
    documents = [Document(id="A", title="我家公积金", keywords=("加工",), body="")]
    assert Spelling.of(documents, analyzer.terms).mended("我家公积金") == ""


def test_slips_in_one_query_do_not_overlap_and_are_bounded(spelling: Spelling) -> None:
    slips = spelling.slips("公鸡金，" * 50)
    assert len(slips) == MOST
    assert all(one.end <= other.start for one, other in pairwise(slips))


def test_no_articles_know_no_slips(analyzer: Analyzer) -> None:
    assert Spelling.of([], analyzer.terms).mended("公鸡金gongjijin") == ""


def test_a_character_has_its_syllable() -> None:
    assert [syllable(each) for each in "公女长a,"] == ["gong", "nv", "zhang", "", ""]


def test_a_character_of_two_readings_is_read_both_ways() -> None:
    assert {each.letters for each in readings("银行")} == {"yinxing", "yinhang"}
    assert [each.initials for each in readings("办a1")] == ["ba1"]


@pytest.mark.parametrize(
    ("letters", "cuts"),
    [
        ("gong", ["Gong"]),
        ("gongj", ["GongJ"]),
        ("fangan", ["FangAn", "FangAN", "FanGan", "FanGaN"]),
        ("gz", []),
        ("zzz" * 30, []),
    ],
)
def test_letters_are_cut_into_syllables(letters: str, cuts: list[str]) -> None:
    assert syllabled(letters) == cuts
