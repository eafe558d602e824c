from __future__ import annotations

import numpy as np
import pytest

from triage import classifier, kernel, meaning
from triage.kernel import Nearness

WORLDS = ("路灯", "社保", "垃圾", "公交")


def _texts(seed: int = 0) -> list[list[str]]:
    """Texts of four worlds: words of one stand beside each other, never beside those of another."""
    rng = np.random.default_rng(seed)
    return [[f"{WORLDS[number % 4]}{at}" for at in rng.integers(0, 120, 40)] for number in range(400)]


@pytest.fixture(scope="module")
def learnt() -> meaning.Meaning:
    return meaning.learn(_texts())


def test_texts_without_a_word_in_common_are_near_where_their_words_keep_company(learnt: meaning.Meaning) -> None:
    one, same, other = (
        learnt.of([f"{head}{at}" for at in range(start, start + 20)])
        for head, start in (("路灯", 0), ("路灯", 90), ("社保", 0))
    )
    assert one @ same > 0.5 > one @ other


def test_a_point_has_length_one_and_unknown_words_have_none(learnt: meaning.Meaning) -> None:
    assert np.linalg.norm(learnt.of(["路灯1", "社保2"])) == pytest.approx(1, abs=1e-5)
    assert not learnt.of(["从未见过"]).any()
    assert not learnt.of([]).any()


def test_too_little_text_teaches_no_meaning() -> None:
    learnt = meaning.learn([["路灯", "不亮"], ["社保", "缴费"]])
    assert learnt is meaning.NOTHING
    assert not learnt.of(["路灯"]).any()


def test_nearness_learns_what_no_sum_of_features_can() -> None:
    """Exclusive or: texts at opposite corners belong together."""
    corners = np.array([[1, 1], [-1, -1], [1, -1], [-1, 1]], dtype=np.float32) / np.sqrt(2, dtype=np.float32)
    answers = np.array([0, 0, 1, 1])
    from scipy.sparse import csr_matrix

    spanned = kernel.span(corners)
    _, inner = classifier.fit(
        csr_matrix(corners), classifier.targets(answers, 2), coordinates=spanned.coordinates, direct=True
    )
    assert (spanned.nearness(inner).scores(corners).argmax(axis=1) == answers).all()


def test_coordinates_and_landmarks_give_the_same_scores(learnt: meaning.Meaning) -> None:
    meanings = np.array([learnt.of(words) for words in _texts(1)[:60]])
    spanned = kernel.span(meanings)
    weights = np.random.default_rng(0).random((spanned.coordinates.shape[1], 3)).astype(np.float32)
    assert spanned.nearness(weights).scores(meanings) == pytest.approx(spanned.coordinates @ weights, abs=1e-2)


def test_without_meanings_nearness_says_nothing() -> None:
    spanned = kernel.span(np.zeros((5, 7), np.float32))
    assert spanned.coordinates.shape == (5, 0)
    nearness: Nearness = spanned.nearness(np.zeros((0, 3), np.float32))
    assert not nearness.scores(np.zeros(7, np.float32)).any()
