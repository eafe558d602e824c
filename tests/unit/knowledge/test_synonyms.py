"""What a query also means: the district's words for one thing, numbers, and what they become for an engine."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

import packs
from district.pack import load
from district.synonyms import OneWay, SynonymRules
from knowledge.analysis import Terms
from knowledge.features import Question, Term
from knowledge.index import Document
from knowledge.synonyms import MOST, Addition, Synonyms, numbers, widened
from knowledge.whoosh_index import WhooshIndex

DOCS = Path(__file__).parents[3] / "docs" / "searching.md"
RULES = SynonymRules(
    weight=0.5,
    same=(("公积金", "住房公积金"), ("落户", "入户", "迁户口"), ("KTV", "歌厅"), ("社区医院", "卫生院")),
    one_way=(OneWay(said=("小孩上学",), find=("义务教育", "入学"), weight=0.3),),
)


class State:
    """An index of these texts."""

    rarest = 5.0

    def __init__(self, *held: str) -> None:
        self.held = held

    def idf(self, terms: Sequence[str]) -> list[float]:
        return [2.0 if any(term in text for text in self.held) else self.rarest for term in terms]


def cut(text: str) -> Terms:
    return Terms(words=(text,), grams=(*text, *map("".join, pairwise(text))))


def added(query: str) -> set[str]:
    return {each.text for each in Synonyms(RULES).widen(query)}


def test_each_word_of_a_group_finds_the_others() -> None:
    assert Synonyms(RULES).widen("怎么入户") == [Addition("落户", 0.5, "入户"), Addition("迁户口", 0.5, "入户")]


def test_a_one_way_pair_goes_one_way_with_its_own_weight() -> None:
    assert Synonyms(RULES).widen("小孩上学要什么") == [
        Addition("义务教育", 0.3, "小孩上学"),
        Addition("入学", 0.3, "小孩上学"),
    ]
    assert added("义务教育法") == set()


def test_a_word_is_not_found_inside_a_longer_one_of_the_groups() -> None:
    assert added("住房公积金") == set()
    assert added("公积金") == {"住房公积金"}


def test_the_longest_of_overlapping_words_counts() -> None:
    rules = SynonymRules(same=(("社区", "小区域"), ("区医院", "县医院"), ("社区医院", "卫生院")))
    assert [each.text for each in Synonyms(rules).widen("社区医院")] == ["卫生院"]


def test_what_the_query_says_already_is_not_added() -> None:
    assert added("落户和入户") == {"迁户口"}


@pytest.mark.parametrize("query", ["ＫＴＶ太吵", "ktv太吵", "KTV太吵"])
def test_width_and_capitals_make_no_difference(query: str) -> None:
    assert added(query) == {"歌厅"}


def test_traditional_characters_make_no_difference() -> None:
    assert added("住房公積金和遷戶口") == {"落户", "入户"}


def test_letters_are_not_found_inside_a_longer_word() -> None:
    assert added("oktv店") == set()
    assert added("ktvs") == set()


@pytest.mark.parametrize("query", ["", "?", "\x00\ud800", "公" * 10_000])
def test_any_text_may_be_widened(query: str) -> None:
    assert added(query) == set()


def test_additions_are_bounded() -> None:
    groups = tuple((f"甲{chr(0x5000 + n)}词", f"乙{chr(0x5000 + n)}词") for n in range(100))
    query = "".join(group[0] for group in groups)
    assert len(Synonyms(SynonymRules(same=groups)).widen(query)) == MOST


def test_a_district_without_synonyms_adds_nothing() -> None:
    assert Synonyms().widen("公积金") == []


@pytest.mark.parametrize(
    ("query", "other"), [("七十岁老人", "70岁"), ("满70周岁", "七十周岁"), ("三楼漏水", "3楼"), ("十二路公交", "12路")]
)
def test_a_number_before_a_unit_is_found_in_its_other_writing(query: str, other: str) -> None:
    assert [each.text for each in numbers(query)] == [other]


@pytest.mark.parametrize("query", ["一下", "12345", "三心二意", "2026年", "一百二十天", "3.5元"])
def test_other_numbers_stay(query: str) -> None:
    assert numbers(query) == []


def test_additions_become_weaker_terms_of_the_question() -> None:
    question = Question("公积金", (Term("公积", 1.0, 2.0),), (Term("公积金", 1.0, 2.0),))
    state = State("住房公积金")
    wide = widened(question, [Addition("住房公积金", 0.5, "公积金")], cut, state)
    assert wide.text == "公积金"
    assert wide.grams == (Term("公积", 1.0, 2.0), *(Term(text, 0.5, 1.0) for text in ("住房", "房公", "积金")))
    assert wide.words == (Term("公积金", 1.0, 2.0), Term("住房公积金", 0.5, 1.0))


def test_terms_that_no_article_has_are_left_out() -> None:
    question = Question("入户", (Term("入户", 1.0, 2.0),), ())
    assert widened(question, [Addition("落户", 0.5, "入户")], cut, State()) == question


def test_a_term_of_several_additions_has_the_highest_weight() -> None:
    question = Question("题", (), ())
    additions = [Addition("落户", 0.3, "甲"), Addition("落户", 0.7, "乙"), Addition("落户", 0.2, "丙")]
    assert widened(question, additions, cut, State("落户")).words == (Term("落户", 0.7, 1.4),)


def test_a_question_without_additions_stays_as_it_is() -> None:
    question = Question("入户", (Term("入户", 1.0, 2.0),), ())
    assert widened(question, [], cut, State("入户")) is question


def test_an_index_finds_an_article_by_a_word_it_does_not_have(index: WhooshIndex) -> None:
    assert index.search("太吵") == []
    index.widen = Synonyms(SynonymRules(same=(("噪声", "太吵"),))).widen
    assert [hit.id for hit in index.search("太吵")] == ["KB-0004"]


def test_what_was_typed_counts_more_than_what_was_added(empty: WhooshIndex) -> None:
    texts = {"A": "入户办理指南", "B": "落户办理指南"}
    empty.rebuild([Document(id=key, title=text, body="") for key, text in texts.items()], cursor=1)
    empty.widen = Synonyms(RULES).widen
    assert [hit.id for hit in empty.search("入户办理")] == ["A", "B"]
    assert [hit.id for hit in empty.search("落户办理")] == ["B", "A"]


def test_the_demo_knows_what_residents_call_things() -> None:
    synonyms = Synonyms(load(Path(packs.__file__).parent / "demo").synonyms)
    for said, found in {
        "公积金": "住房公积金",
        "小孩上学": "入学",
        "房产证": "不动产权证书",
        "吃低保": "最低生活保障",
        "路灯": "照明设施",
        "迁户口": "落户",
    }.items():
        assert found in {each.text for each in synonyms.widen(f"{said}怎么办")}


def test_the_example_of_the_documentation_does_what_is_said() -> None:
    written = DOCS.read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", written, re.DOTALL)
    rows = re.findall(r"^\| `(.+?)` \| (.+?) \|$", written, re.MULTILINE)
    assert len(rows) >= 3
    synonyms = Synonyms(SynonymRules.model_validate(yaml.safe_load(example)))
    for query, told in rows:
        expected = [] if told == "nothing" else told.split(", ")
        assert [f"{each.text} {each.weight:g}" for each in synonyms.widen(query)] == expected
