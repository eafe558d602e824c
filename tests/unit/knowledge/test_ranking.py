"""The second stage: the order people see, and what pairs teach it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.features import FEATURES, Candidate, Question, Term, View, features
from knowledge.index import Document
from knowledge.learning import ENOUGH, Lesson, fit
from knowledge.ranking import DEFAULT_WEIGHTS, Ranking
from knowledge.whoosh_index import WhooshIndex


def question(text: str) -> Question:
    pairs = [text[at : at + 2] for at in range(len(text) - 1)]
    return Question(text, tuple(Term(pair, 1.0, 2.0) for pair in pairs), ())


def candidate(key: int, title: str, body: str, *questions: str, base: float = 1.0) -> Candidate:
    return Candidate(key, base, View.of(Document(str(key), title, body, questions=questions)))


def test_every_feature_has_a_weight_and_a_value() -> None:
    assert set(DEFAULT_WEIGHTS) == set(FEATURES)
    (row,) = features(question("路灯不亮"), [candidate(1, "路灯", "路灯不亮找谁")])
    assert len(row) == len(FEATURES)
    assert features(question("路灯"), []) == []


def test_an_article_that_asks_the_same_goes_first() -> None:
    ranked = Ranking.default().rank(
        question("路灯不亮找谁"),
        [candidate(1, "停电怎么办", "路灯不亮找谁都行"), candidate(2, "照明维修", "说明", "路灯不亮找谁")],
    )
    assert ranked[0].key == 2
    assert "exact" in ranked[0].why


def test_equals_keep_the_engines_order() -> None:
    same = [candidate(key, "路灯", "路灯不亮") for key in (3, 1, 2)]
    assert [one.key for one in Ranking.default().rank(question("路灯"), same)] == [3, 1, 2]


WORDS = ("路灯", "不亮", "找谁", "报修", "晚上", "a3", "12号", "，", " ", "。")
TEXTS = st.lists(st.sampled_from(WORDS), max_size=8).map("".join)
WEIGHTS = st.fixed_dictionaries({name: st.floats(-5, 5) for name in FEATURES})


@given(
    asked=TEXTS,
    articles=st.lists(st.tuples(TEXTS, TEXTS, TEXTS, st.floats(0.1, 20)), min_size=1, max_size=12),
    weights=st.one_of(st.just(dict(DEFAULT_WEIGHTS)), WEIGHTS),
    limit=st.integers(0, 5),
    behind=st.one_of(st.just(math.inf), st.floats(0, 10)),
)
def test_what_is_not_compared_would_not_have_been_among_the_best(
    asked: str,
    articles: list[tuple[str, str, str, float]],
    weights: dict[str, float],
    limit: int,
    behind: float,
) -> None:
    candidates = [
        candidate(key, title, body, known, base=base) for key, (title, body, known, base) in enumerate(articles)
    ]
    words = tuple(Term(word, 1.0, 1.5) for word in WORDS if word in asked and word.isalnum())
    comparison = Ranking(weights).comparison(Question(asked, question(asked).grams, words))
    every = comparison.rank(candidates)
    best = [one for one in every[:limit] if one.score >= every[0].score - behind]
    assert comparison.rank(candidates, limit=limit, behind=behind) == best


def test_too_few_pairs_teach_nothing(index: WhooshIndex) -> None:
    lessons = [Lesson("路灯坏了", "KB-0002", "路灯由区城市管理委维护")] * (ENOUGH - 1)
    assert fit(lessons, index).weights == DEFAULT_WEIGHTS


def test_pairs_teach_which_words_the_answer_repeats(empty: WhooshIndex) -> None:
    things = [f"{one}{two}" for one in "灯水电气暖路桥树车房" for two in "管线杆井箱盖门"]
    empty.rebuild([Document(thing, "", f"关于{thing}的答复：{thing}已处理") for thing in things], cursor=1)
    lessons = [Lesson(f"着急得很{thing}", thing, f"关于{thing}的答复：{thing}已处理") for thing in things]
    taught = fit(lessons, empty)
    assert taught.terms is not None
    asked = empty.question("着急得很灯管")
    weights = {term.text: term.weight for term in taught.prepare(asked).grams}
    assert weights["灯管"] > weights["着急"]
    assert Ranking.from_json(taught.to_json()).weights == taught.weights
    again = Ranking.from_json(taught.to_json()).prepare(asked)
    assert [term.text for term in again.grams] == [term.text for term in asked.grams]


def test_a_default_ranking_survives_being_kept() -> None:
    kept = Ranking.from_json(Ranking.default().to_json())
    assert dict(kept.weights) == pytest.approx(dict(DEFAULT_WEIGHTS))
    assert kept.terms is None
