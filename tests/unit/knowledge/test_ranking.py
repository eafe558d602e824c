"""The second stage: the order people see, and what pairs teach it."""

from __future__ import annotations

import pytest

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
