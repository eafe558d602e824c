"""What pairs teach beyond shared words."""

from __future__ import annotations

import pytest

from knowledge.affinity import plain
from knowledge.index import Document
from knowledge.learning import Lesson, fit
from knowledge.ranking import Ranking
from knowledge.whoosh_index import WhooshIndex

TOPICS = {
    "宝宝入园报名": "幼儿园招生由教育局安排，学前儿童按片区登记",
    "挂号看牙": "医院口腔科门诊，持社保卡就诊",
    "公交不来": "客运线路班次由交通运输局核定",
    "工钱拖着": "劳动监察大队受理欠薪投诉，追讨报酬",
}
STREETS = [f"{one}{two}路" for one in "东西南北中长新" for two in "安宁和平顺"]


@pytest.fixture
def taught(empty: WhooshIndex) -> Ranking:
    """Learnt from questions that share no word with what their answers are about, only the street."""
    pairs = [(f"{street}{asked}", f"{street}{told}") for street in STREETS for asked, told in TOPICS.items()]
    empty.rebuild([Document(question, "", answer) for question, answer in pairs], cursor=1)
    lessons = [Lesson(question, question, answer) for question, answer in pairs]
    return fit(lessons, empty, [answer for _, answer in pairs])


def test_a_question_points_to_answers_that_share_no_word_with_it(taught: Ranking) -> None:
    affinity = taught.affinity
    assert affinity is not None
    assert affinity.alone > 0
    for asked, told in TOPICS.items():
        pointed = affinity.questions.read(plain(asked))
        liked = {topic: affinity.of(pointed, plain(answer)) for topic, answer in TOPICS.items()}
        assert max(liked, key=lambda topic: liked[topic]) == asked, told


def test_what_was_learnt_decides_between_articles_that_share_equally_much(taught: Ranking, empty: WhooshIndex) -> None:
    new = [Document(topic, "", f"光明路{answer}") for topic, answer in TOPICS.items()]
    empty.rebuild(new, cursor=2)
    empty.ranking = taught
    for topic in TOPICS:
        first = empty.search(f"光明路{topic}")[0]
        assert first.id == topic
        assert first.why["affinity"] > 0


def test_an_affinity_survives_being_kept(taught: Ranking) -> None:
    kept = Ranking.from_json(taught.to_json())
    assert kept.affinity is not None
    assert taught.affinity is not None
    assert (kept.affinity.alone, kept.affinity.whole) == (taught.affinity.alone, taught.affinity.whole)
    for text in (*TOPICS, "", "没有见过的字：鼂鼄"):
        pointed = taught.affinity.questions.read(plain(text))
        assert kept.affinity.of(pointed, "幼儿园") == pytest.approx(taught.affinity.of(pointed, "幼儿园"), abs=1e-5)


def test_the_best_are_the_same_whether_all_are_compared_or_not(taught: Ranking, empty: WhooshIndex) -> None:
    empty.ranking = taught
    for asked in ("东安路工钱拖着", "中和路公交不来", "西宁路"):
        every = [hit.id for hit in empty.search(asked, limit=1000)][:3]
        assert [hit.id for hit in empty.search(asked, limit=3)] == every
