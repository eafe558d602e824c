"""Fits the second stage on pairs of a question and its known article. Needs scikit-learn; takes seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from knowledge import affinity
from knowledge.affinity import plain
from knowledge.analysis import fold
from knowledge.features import FEATURES, Candidate, Question, features
from knowledge.index import Message, parts
from knowledge.ranking import DEFAULT_WEIGHTS, Both, Ranking, meet
from knowledge.term_weights import KINDS, Experience, TermWeights, describe, placed

Row = tuple[NDArray[np.float64], int]
"""Features of a question's candidates, their affinity as the last, and which of them is right."""
Near = Callable[[str], float]
"""The affinity of an article (plain text) to a lesson."""

ENOUGH = 50
"""Below so many usable pairs nothing is learned: the default weights stay."""
HELD_TO_DEFAULT = 10.0
"""Strength of the pull towards the default weights, in units of a standardised feature."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """A question with its known answer. ``article`` is the answer's id, empty when it is not in the collection."""

    text: str
    article: str
    answer: str
    more: str = ""
    """What stands below the question where that is a title."""


class Study(Protocol):
    """An engine that lets the second stage look over its shoulder."""

    def question(self, text: str) -> Question:
        """The text as a question, with the terms the engine would ask for."""
        ...

    def first_stage(self, question: Question) -> Sequence[tuple[str, Candidate]]:
        """The candidates in the engine's order, each with its article's id."""
        ...


def fit(lessons: Sequence[Lesson], engine: Study, collection: Sequence[str] = ()) -> Ranking:
    """The ranking that puts the right articles first most surely; the default when there is too little to learn.

    Terms and affinities are learned on one half of the lessons and used in the other half's searches, in turn, so that
    the weights are fitted on evidence as good as a new question will have; what is kept is learned on all.
    ``collection`` are texts of all articles, without it affinities are learnt from the answers alone.
    """
    if sum(bool(lesson.article) for lesson in lessons) < ENOUGH:
        return Ranking.default()
    # Lessons often stand in an order of their own, so every second one would be no fair half.
    lessons = [lessons[at] for at in np.random.default_rng(0).permutation(len(lessons))]
    asked = [(engine.question(lesson.text), lesson) for lesson in lessons]
    liking = _learn_affinity(lessons, collection)
    rows: list[Row] = []
    both: list[Row] = []
    for half in (0, 1):
        terms = learn_terms(asked[1 - half :: 2])
        for at in range(half, len(asked), 2):
            question, lesson = asked[at]
            if not lesson.article:
                continue
            title, *whole = [terms.reweigh(question), *map(engine.question, _whole(lesson))]
            rows += _row([title], lesson, engine, partial(liking.affinity.of, liking.alone[at]))
            both += (
                _row([title, *whole], lesson, engine, partial(liking.affinity.of, liking.whole[at])) if whole else []
            )
    if len(rows) < ENOUGH:
        return Ranking.default()
    (weights,), alone = _fit_weights(rows, [DEFAULT_WEIGHTS])
    learnt, together = _fit_weights(both, Both.default()) if len(both) >= ENOUGH else (Both.default(), alone)
    return Ranking(weights, learn_terms(asked), Both(*learnt), liking.affinity.weighing(alone, together))


def _whole(lesson: Lesson) -> list[str]:
    return parts(Message(lesson.text, lesson.more))[1:]


def _learn_affinity(lessons: Sequence[Lesson], collection: Sequence[str]) -> affinity.Learnt:
    questions = [plain(lesson.text) for lesson in lessons]
    messages = [plain("".join(_whole(lesson)) or lesson.text) for lesson in lessons]
    answers = [plain(lesson.answer) for lesson in lessons]
    return affinity.learn(questions, messages, answers, [plain(text) for text in collection] or answers)


def _row(questions: Sequence[Question], lesson: Lesson, engine: Study, near: Near) -> list[Row]:
    """The features of all that the questions find, side by side; nothing where the right article is not found."""
    found = [engine.first_stage(question) for question in questions]
    ids = {one.key: id_ for candidates in found for id_, one in candidates}
    met = meet([[one for _, one in candidates] for candidates in found])
    right = next((place for place, one in enumerate(met) if ids[one.faces[0].key] == lesson.article), None)
    if right is None:
        return []
    sides = zip(questions, zip(*(one.faces for one in met), strict=True), strict=True)
    liked = [[near(one.faces[0].view.text)] for one in met]
    return [(np.hstack([*(features(question, side) for question, side in sides), liked]), right)]


def learn_terms(asked: Sequence[tuple[Question, Lesson]]) -> TermWeights:
    """Experience with every term, and for each kind a logistic estimate of the chance of being repeated."""
    folded = [(question, fold(lesson.answer)) for question, lesson in asked]
    experience, estimators = {}, {}
    for kind in KINDS:
        known = Experience()
        for question, answer in folded:
            known.add([term.text for term, _ in placed(kind, question)], answer)
        experience[kind] = known
        estimators[kind] = _fit_chance(kind, folded, known)
    return TermWeights(experience, estimators)


def _fit_chance(kind: str, asked: Iterable[tuple[Question, str]], known: Experience) -> list[float]:
    from sklearn.linear_model import LogisticRegression

    rows, outcomes = [], []
    for question, answer in asked:
        for term, place in placed(kind, question):
            repeated = term.text in answer
            # The lesson's own outcome is taken out of the experience it is described by.
            rows.append(describe(term, place, known.asked[term.text] - 1, known.repeated[term.text] - repeated))
            outcomes.append(repeated)
    if len(set(outcomes)) < 2:
        return [0.0] * (len(rows[0]) + 1 if rows else 10)
    values = np.array(rows)
    mean, spread = values.mean(0), values.std(0) + 1e-9
    model: Any = LogisticRegression(C=1.0, max_iter=300).fit((values - mean) / spread, outcomes)
    slopes = model.coef_[0] / spread
    return [float(model.intercept_[0] - slopes @ mean), *map(float, slopes)]


def _fit_weights(rows: Sequence[Row], defaults: Sequence[Mapping[str, float]]) -> tuple[list[dict[str, float]], float]:
    """Listwise softmax over each question's candidates, drawn towards the default weights: one set of weights for each
    part of a message, and the weight of an affinity.
    """
    from scipy.optimize import minimize

    spread = np.vstack([values for values, _ in rows]).std(0)
    varied = spread > 1e-9
    default = np.array([*(weights.get(name, 0.0) for weights in defaults for name in FEATURES), 0.0])
    spread = np.where(varied, spread, 1.0)
    start = default * spread * varied
    scaled = [(values / spread * varied, right) for values, right in rows]
    fitted = minimize(_loss(scaled, start), start, jac=True, method="L-BFGS-B", options={"maxiter": 200}).x
    # A feature that never varied (no article has a title here) keeps its default: nothing was learned about it.
    *weights, liked = map(float, np.where(varied, fitted / spread, default))
    each = [weights[at : at + len(FEATURES)] for at in range(0, len(weights), len(FEATURES))]
    named = [{name: round(weight, 6) for name, weight in zip(FEATURES, one, strict=True)} for one in each]
    return named, round(liked, 6)


def _loss(
    rows: Sequence[Row], start: NDArray[np.float64]
) -> Callable[[NDArray[np.float64]], tuple[float, NDArray[np.float64]]]:
    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        away = weights - start
        value, slope = HELD_TO_DEFAULT * float(away @ away) / 2, HELD_TO_DEFAULT * away
        for values, right in rows:
            scores = values @ weights
            scores -= scores.max()
            chances = np.exp(scores)
            chances /= chances.sum()
            value -= float(np.log(chances[right] + 1e-12))
            slope = slope + chances @ values - values[right]
        return value, slope

    return loss
