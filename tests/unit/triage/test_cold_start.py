"""A start without labels: what is told decides, unlabelled texts carry it to words that nobody told."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from triage import cold_start
from triage.cold_start import Sayings
from triage.examples import Heading
from triage.features import prepared
from triage.words import Cutter

CUTTER = Cutter()
HEADINGS = [
    ("灯", Heading(("灯", "路灯不亮"), keywords=("灯杆", "照明"))),
    ("水", Heading(("水", "水管爆裂"), keywords=("停水", "水压"))),
]
TOLD = {"灯": ("路灯不亮", "灯杆歪了", "没有照明"), "水": ("水管爆裂", "停水三天", "水压很低")}
UNTOLD = {"灯": "夜里漆黑一片", "水": "龙头滴答不出"}
WHERE = ("桥头", "校门口", "菜场边", "楼后", "巷子里", "河边")


def unlabelled() -> list[tuple[str, str]]:
    """Texts in which words told stand with words that nobody told."""
    return [
        (f"{where}{said}", f"{UNTOLD[of]}，{where}")
        for of, sayings in TOLD.items()
        for said, where in product(sayings, WHERE)
    ]


@pytest.fixture(scope="module")
def taught() -> cold_start.ColdStart:
    return cold_start.make(HEADINGS, [prepared(*text) for text in unlabelled()], CUTTER)


@pytest.fixture(scope="module")
def untaught() -> cold_start.ColdStart:
    return cold_start.make(HEADINGS, [], CUTTER)


@pytest.mark.parametrize("of", ["灯", "水"])
def test_told_words_decide_with_and_without_unlabelled_texts(
    of: str, taught: cold_start.ColdStart, untaught: cold_start.ColdStart
) -> None:
    for made in (taught, untaught):
        for said in TOLD[of]:
            shares = made.probabilities(prepared(said, ""))
            assert made.labels[int(shares.argmax())] == of
            assert shares.sum() == pytest.approx(1)


@pytest.mark.parametrize("of", ["灯", "水"])
def test_unlabelled_texts_teach_words_that_nobody_told(
    of: str, taught: cold_start.ColdStart, untaught: cold_start.ColdStart
) -> None:
    text = prepared("", UNTOLD[of])
    at = taught.labels.index(of)
    assert taught.probabilities(text)[at] > max(0.6, untaught.probabilities(text)[at])


@pytest.mark.parametrize("text", ["", "？", "😀😀", "hello world", "字" * 100_000])
def test_texts_that_say_nothing_get_an_answer_and_no_certainty(text: str, taught: cold_start.ColdStart) -> None:
    shares = taught.probabilities(prepared("", text))
    assert np.isfinite(shares).all()
    assert shares.sum() == pytest.approx(1)
    assert shares.max() < 0.9


def test_one_unlabelled_text_is_enough_not_to_fail() -> None:
    made = cold_start.make(HEADINGS, [prepared("路灯不亮", "")], CUTTER)
    assert made.labels[int(made.probabilities(prepared("停水", "")).argmax())] == "水"


def test_the_longest_saying_is_found_and_its_parts_are_not() -> None:
    sayings = Sayings([(0, ["公交", "车"]), (1, ["公交车站"])], 2, [])
    assert sayings.reading("公交车站旁边")[0] == 0
    assert sayings.reading("公交车来了")[1] == 0


def test_a_saying_of_several_classes_counts_less_for_each() -> None:
    sayings = Sayings([(0, ["补贴", "种粮"]), (1, ["补贴"])], 2, [])
    both, own = sayings.reading("补贴"), sayings.reading("种粮")
    assert both[0] == both[1]
    assert 0 < both[0] < own[0]


def test_a_saying_in_every_text_says_nothing() -> None:
    sayings = Sayings([(0, ["领导"]), (1, ["路灯"])], 2, ["领导好", "领导您好"])
    assert sayings.reading("领导")[0] == pytest.approx(0)
    assert sayings.reading("路灯")[1] > 0


def test_a_decisive_word_outweighs_a_word_of_another_class() -> None:
    lines = [(0, ["小区"]), (1, ["电梯"])]
    plain, decided = (Sayings(lines, 2, ["小区电梯", "小区", "电梯"], decisive) for decisive in ((), {"电梯"}))
    one, other = plain.reading("小区电梯"), decided.reading("小区电梯")
    assert one[0] == one[1]
    assert other[1] > other[0]
