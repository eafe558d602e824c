"""The second stage: the order people see, and what pairs teach it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.features import FEATURES, Candidate, Question, Term, View, features
from knowledge.index import Document
from knowledge.learning import ENOUGH, Lesson, fit
from knowledge.ranking import DEFAULT_WEIGHTS, Both, Ranking, meet
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
    whole=st.one_of(st.none(), TEXTS),
    articles=st.lists(st.tuples(TEXTS, TEXTS, TEXTS, st.floats(0.1, 20)), min_size=1, max_size=12),
    weights=st.one_of(st.just(dict(DEFAULT_WEIGHTS)), WEIGHTS),
    limit=st.integers(0, 5),
    behind=st.one_of(st.just(math.inf), st.floats(0, 10)),
)
def test_what_is_not_compared_would_not_have_been_among_the_best(
    asked: str,
    whole: str | None,
    articles: list[tuple[str, str, str, float]],
    weights: dict[str, float],
    limit: int,
    behind: float,
) -> None:
    candidates = [
        candidate(key, title, body, known, base=base) for key, (title, body, known, base) in enumerate(articles)
    ]
    parts = [worded(text) for text in (asked, whole) if text is not None]
    found = [candidates, candidates[1::2]][: len(parts)]
    comparison = Ranking(weights, both=Both(weights, DEFAULT_WEIGHTS)).comparison(*parts)
    every = comparison.rank(found)
    assert [one.key for one in sorted(every, key=lambda one: one.key)] == list(range(len(candidates)))
    best = [one for one in every[:limit] if one.score >= every[0].score - behind]
    assert comparison.rank(found, limit=limit, behind=behind) == best


def worded(text: str) -> Question:
    words = tuple(Term(word, 1.0, 1.5) for word in WORDS if word in text and word.isalnum())
    return Question(text, question(text).grams, words)


def test_an_article_that_one_part_did_not_find_counts_there_as_the_last_that_was() -> None:
    first, second, third = (candidate(key, "路灯", "路灯不亮", base=9.0 - key) for key in range(3))
    met = meet([[first, second], [third, second]])
    assert [[(face.key, face.base) for face in one.faces] for one in met] == [
        [(0, 9.0), (0, 7.0)],
        [(1, 8.0), (1, 8.0)],
        [(2, 8.0), (2, 7.0)],
    ]
    assert [one.faces[1].base for one in meet([[first], []])] == [0.0]


def test_what_title_and_text_say_together_decides(empty: WhooshIndex) -> None:
    empty.rebuild(
        [
            Document("park", "", "停车位划线由区城市管理委负责"),
            Document("school", "", "停车和接送由学校门口的协管员负责"),
        ],
        cursor=1,
    )
    assert empty.search("停车问题")[0].id == "park"
    assert empty.search("停车问题", text="孩子放学时学校门口协管员不在，接送的人乱停车")[0].id == "school"
    (alone,) = empty.search("停车问题", text="停车位划线", limit=1)
    assert alone.id == "park"


def test_pairs_with_titles_teach_what_a_title_and_what_the_text_counts(empty: WhooshIndex) -> None:
    things = [f"{one}{two}" for one in "灯水电气暖路桥树车房" for two in "管线杆井箱盖门"]
    empty.rebuild([Document(thing, "", f"关于{thing}的答复：{thing}已处理") for thing in things], cursor=1)
    lessons = [Lesson("来信反映", thing, f"关于{thing}的答复：{thing}已处理", f"{thing}坏了") for thing in things]
    assert fit(lessons, empty).both == Both.default()  # a title that finds nothing teaches nothing about titles
    telling = [Lesson(f"{one.article}的来信", one.article, one.answer, one.more) for one in lessons]
    taught = fit(telling, empty)
    assert taught.both != Both.default()
    assert Ranking.from_json(taught.to_json()).both == taught.both


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
