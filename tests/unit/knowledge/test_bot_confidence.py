"""Weights of the answer bot: fitted, cross-fitted, refitted, and read back."""

from __future__ import annotations

import json

import numpy as np
import pytest

from knowledge.confidence import ENOUGH, Confidence, Record, fit, refit, threshold_of
from knowledge.errors import UnusableConfidence
from knowledge.evidence import FEATURES

SIZE = len(FEATURES)


def made(number: int, *, seed: int = 1, sign: float = 1.0, weight: float = 1.0) -> list[Record]:
    """Records in which the first feature decides, with chance."""
    random = np.random.default_rng(seed)
    rows = random.normal(size=(number, SIZE))
    accepted = random.random(number) < 1 / (1 + np.exp(-3 * sign * rows[:, 0]))
    return [Record(tuple(map(float, row)), bool(one), weight) for row, one in zip(rows, accepted, strict=True)]


def row(first: float) -> tuple[float, ...]:
    return (first, *[0.0] * (SIZE - 1))


def test_fitted_weights_follow_the_feature_that_decides() -> None:
    found = fit(made(400), threshold=0.9)
    assert found.probability(row(2)) > 0.95
    assert found.probability(row(-2)) < 0.05
    assert abs(found.weights[0]) > 3 * max(map(abs, found.weights[1:]))


def test_fitted_probabilities_hold_on_records_not_seen() -> None:
    found, others = fit(made(600), threshold=0.9), made(600, seed=2)
    said = found.probabilities(np.array([record.evidence for record in others]))
    right = np.array([record.accepted for record in others])
    for low, high in ((0.0, 0.3), (0.3, 0.7), (0.7, 1.0)):
        there = (said >= low) & (said <= high)
        assert said[there].mean() == pytest.approx(right[there].mean(), abs=0.08)


def test_what_counts_nothing_changes_nothing() -> None:
    with_noise = fit([*made(300), *made(300, seed=5, sign=-1, weight=1e-9)], threshold=0.9)
    assert with_noise.weights == pytest.approx(fit(made(300), threshold=0.9).weights, abs=1e-4)


def test_the_threshold_is_the_lowest_from_which_enough_is_right() -> None:
    probabilities = np.array([0.95, 0.9, 0.85, 0.8, 0.7])
    assert threshold_of(probabilities, [True, True, True, False, True], least=0.9) == 0.81
    assert threshold_of(probabilities, [True] * 5, least=0.9) == 0.01
    assert threshold_of(probabilities, [False, True, True, True, True], least=0.9) == 0.96


def test_refused_answers_make_the_bot_less_sure_of_their_like() -> None:
    known = fit(made(400), threshold=0.9)
    refused = [Record(row(2.0), accepted=False)] * 60
    after = refit(known, [*made(100, seed=3), *refused])
    assert after.probability(row(2.0)) < known.probability(row(2.0)) - 0.1
    assert after.threshold == known.threshold


def test_accepted_answers_make_the_bot_surer_of_their_like() -> None:
    known = fit(made(400), threshold=0.9)
    accepted = [Record(row(0.5), accepted=True)] * 60
    assert refit(known, [*made(100, seed=3), *accepted]).probability(row(0.5)) > known.probability(row(0.5)) + 0.02


def test_a_handful_of_records_changes_nothing() -> None:
    known = fit(made(400), threshold=0.9)
    few = [Record(row(2.0), accepted=False)] * (ENOUGH - 1) + [Record(row(1.0), accepted=True)] * 100
    assert refit(known, few) == known
    assert refit(known, []) == known


def test_refitting_on_records_like_the_old_ones_changes_little() -> None:
    known = fit(made(400), threshold=0.9)
    after = refit(known, made(200, seed=4))
    assert after.probability(row(1.0)) == pytest.approx(known.probability(row(1.0)), abs=0.05)


def test_weights_are_read_back_as_written() -> None:
    known = fit(made(100), threshold=0.87)
    again = Confidence.from_json(known.to_json())
    assert again.probability(row(1.0)) == pytest.approx(known.probability(row(1.0)), abs=1e-4)
    assert again.threshold == 0.87


def broken(change: str) -> str:
    values = json.loads(Confidence.default().to_json())
    if change == "missing":
        values["features"].pop("score")
    elif change == "unknown":
        values["features"]["mood"] = [0, 1, 1]
    elif change == "nan":
        values["bias"] = float("nan")
    elif change == "no spread":
        values["features"]["score"][1] = 0
    return json.dumps(values)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "null", *(broken(change) for change in ("missing", "unknown", "nan", "no spread"))]
)
def test_weights_of_other_features_or_no_numbers_are_refused(text: str) -> None:
    with pytest.raises(UnusableConfidence):
        Confidence.from_json(text)


def test_the_shipped_weights_are_those_of_the_features_and_trust_what_they_should() -> None:
    shipped = Confidence.default()
    weights = dict(zip(FEATURES, shipped.weights, strict=True))
    assert 0.5 < shipped.threshold < 1
    assert weights["known"] > 0 > weights["missing"]
    assert weights["grieves"] < 0
    assert weights["grievance"] < 0
