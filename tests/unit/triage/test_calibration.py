"""Probabilities that hold, and the measures that say how well they do."""

from __future__ import annotations

import numpy as np
import pytest

from triage import calibration
from triage.calibration import NEVER, UNCALIBRATED, Calibration


def made(classes: int, texts: int, *, noise: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    answers = rng.integers(0, classes, texts)
    scores = rng.normal(0, noise, (texts, classes)).astype(np.float32) - 1
    scores[np.arange(texts), answers] += 1.5
    return scores, answers


@pytest.mark.parametrize("classes", [2, 7, 60, 200], ids="{} classes".format)
def test_calibrated_shares_hold_for_few_and_for_many_classes(classes: int) -> None:
    scores, answers = made(classes, 2_000, noise=0.6)
    fitted = calibration.fit(scores[:1_000], answers[:1_000])
    shares = fitted.probabilities(scores[1_000:])
    assert shares.sum(axis=1) == pytest.approx(np.ones(1_000))
    first, right = shares.max(axis=1), shares.argmax(axis=1) == answers[1_000:]
    assert calibration.ece(first, right) < calibration.ece_floor(first) + 0.03


def test_correcting_the_first_makes_no_other_greater() -> None:
    scores, _ = made(7, 600, noise=1.5)
    doubtful = Calibration(4.0, (), 1.0, 0.0, -6.0)
    shares = doubtful.probabilities(scores)
    assert (shares.argmax(axis=1) == scores.argmax(axis=1)).all()
    assert doubtful.probabilities(scores[0]) == pytest.approx(shares[0])


def test_too_few_texts_leave_the_scores_uncalibrated() -> None:
    assert calibration.fit(np.zeros((5, 3), np.float32), np.zeros(5, int)) is UNCALIBRATED


def test_the_floor_is_what_perfect_calibration_shows() -> None:
    rng = np.random.default_rng(1)
    chance = rng.uniform(0.3, 1, 3_000)
    honest = calibration.ece(chance, rng.random(3_000) < chance)
    assert honest == pytest.approx(calibration.ece_floor(chance), abs=0.01)
    assert calibration.ece(np.full(3_000, 0.99), rng.random(3_000) < 0.5) > 0.4


def test_ninety_nine_in_a_hundred_needs_ninety_nine_texts_without_an_error() -> None:
    chance = np.linspace(0.9, 1, 98)
    assert calibration.threshold(chance, np.ones(98, bool)) == NEVER
    chance = np.linspace(0.9, 1, 120)
    assert calibration.threshold(chance, np.ones(120, bool)) == pytest.approx(0.9)


def test_the_threshold_is_the_lowest_that_kept_its_promise() -> None:
    chance = np.linspace(0, 1, 1_000)
    right = chance > 0.5
    found = calibration.threshold(chance, right)
    assert right[chance >= found].mean() >= 0.99
    assert 0.48 < found < 0.51


def test_equal_probabilities_are_never_split_by_a_threshold() -> None:
    chance = np.full(400, 0.8)
    right = np.arange(400) < 300
    assert calibration.threshold(chance, right) == NEVER


def test_no_texts_no_error() -> None:
    assert calibration.ece(np.empty(0), np.empty(0, bool)) == 0
    assert calibration.threshold(np.empty(0), np.empty(0, bool)) == NEVER
