"""The second stage, one for all engines: what the engine found first is put into the order people see.

The engine's score says how well the terms fit; here it is seen beside how much of the question an article covers,
whether one sentence covers it, how the article's own questions compare, and how long it is. Weights were fitted
on two collections of question and answer and averaged, and checked on two others, where a negative weight of
``trigrams`` did harm and was dropped; those of the features of titles were set by hand (docs/knowledge.md).
``knowledge.learning`` fits them anew on a district's own pairs.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import mul
from typing import Any

from knowledge.analysis import fold, grams, is_bigram
from knowledge.index import Document
from knowledge.term_weights import TermWeights

HEAD = 150
"""An office's reply repeats the question within its first so many characters."""
MAX_SENTENCES = 40
LONGEST_PIECED = 80
"""So much of a long query is pieced together; the rest would cost time and says the same."""

Weight = tuple[str, float]
Row = tuple[float, ...]

ROUNDING = 0.01
"""More than two scores can change places by rounding their parts to four digits."""

_GAP = re.compile(r"[^\w]+")
_SENTENCE = re.compile(r"[。；！？!?;\n]+")
_CODE = re.compile(r"[a-z0-9]{2,}")


@dataclass(frozen=True, slots=True)
class Term:
    """A term of the query, its weight in the query (1 when it occurs once) and its inverse document frequency."""

    text: str
    weight: float
    idf: float


@dataclass(frozen=True, slots=True)
class Question:
    """The query as engine and second stage see it; ``text`` is folded."""

    text: str
    grams: tuple[Term, ...]
    words: tuple[Term, ...]

    def marks(self) -> list[str]:
        """What to mark in a passage: bigrams and words, single characters only when there is nothing else."""
        long = {term.text for term in (*self.grams, *self.words) if len(term.text) > 1}
        return sorted(long or {term.text for term in self.grams})


@dataclass(frozen=True, slots=True)
class View:
    """An article as the features need it: folded, punctuation as single spaces."""

    text: str
    head: str
    solid: str
    """``text`` without spaces."""
    solid_head: str
    pairs: frozenset[str]
    """Every two neighbouring characters of ``solid``: most terms of a question are ruled out by one look at these."""
    sentences: tuple[str, ...]
    questions: tuple[tuple[str, int], ...]
    """Title and similar questions, each with its number of bigrams."""

    @classmethod
    def of(cls, document: Document) -> View:
        body = fold(document.body)
        asked = [_GAP.sub(" ", fold(text)) for text in (document.title, *document.questions) if text]
        known = " ".join([*asked, *(fold(word) for word in document.keywords)])
        text = f"{known} {_GAP.sub(' ', body)}"
        head = f"{known} {_GAP.sub(' ', body[:HEAD])}"
        solid = text.replace(" ", "")
        return cls(
            text=text,
            head=head,
            solid=solid,
            pairs=frozenset(solid[at : at + 2] for at in range(len(solid) - 1)),
            solid_head=head.replace(" ", ""),
            sentences=tuple(_GAP.sub(" ", part) for part in _SENTENCE.split(body)[:MAX_SENTENCES] if part),
            questions=tuple((text, sum(map(is_bigram, grams(text)))) for text in asked),
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """A first-stage hit. ``key`` is the engine's own number of the document, ``base`` its score there."""

    key: int
    base: float
    view: View


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate in its final place; ``why`` holds the share of each feature in the score."""

    key: int
    score: float
    why: dict[str, float]
    relevance: float


FEATURES = (
    "relative",  # first-stage score compared with the best candidate's, -1…0
    "base",  # first-stage score itself
    "density",  # first-stage score as a share of what the query's terms could give
    "characters",  # share of the query's characters found, weighted by idf
    "bigrams",
    "words",
    "trigrams",  # share of the query's runs of three characters found, unweighted
    "repeated",  # words found, each counted up to three times
    "head",  # bigrams found in the known questions or the first lines
    "sentence",  # bigrams found in the best single sentence
    "codes",  # numbers and letters found: order numbers, bus lines, house numbers
    "length",  # logarithm of the characters of the article
    "question",  # likeness to the most similar known question, 0…1
    "exact",  # the query is one of the known questions, or inside one
    "pieced",  # share of the query that can be pieced together from passages of the article
    "pieces",  # how many pieces that takes, as a share of the query's length
    "longest",  # the longest piece, as a share of the query's length
    "longest_log",
    "head_pieced",
    "head_pieces",
)

_BIGRAMS, _QUESTION = FEATURES.index("bigrams"), FEATURES.index("question")

DEFAULT_WEIGHTS: Mapping[str, float] = {
    "relative": 6.71,
    "base": 0.01,
    "density": -5.85,
    "characters": 3.48,
    "bigrams": 5.53,
    "words": 1.64,
    "trigrams": 0.0,
    "repeated": 0.5,
    "head": 2.53,
    "sentence": 1.54,
    "codes": 1.13,
    "length": -0.99,
    "question": 4.0,
    "exact": 2.0,
    "pieced": -0.61,
    "pieces": -5.1,
    "longest": -0.44,
    "longest_log": -0.45,
    "head_pieced": -1.0,
    "head_pieces": 1.3,
}


@dataclass(frozen=True)
class Ranking:
    """Weights of the features, and what pairs taught about single terms (None: nothing)."""

    weights: Mapping[str, float] = field(default_factory=lambda: DEFAULT_WEIGHTS)
    terms: TermWeights | None = None

    @classmethod
    def default(cls) -> Ranking:
        return cls()

    def prepare(self, question: Question) -> Question:
        """The question with its terms weighted by what pairs taught, before the engine is asked."""
        return self.terms.reweigh(question) if self.terms else question

    def comparison(self, question: Question) -> Comparison:
        """The prepared question made ready for ``rank_by``; it may serve several searches of one state of an index."""
        return Comparison(question, without=[name for name in FEATURES if not self.weights.get(name)])

    def rank(self, question: Question, candidates: Sequence[Candidate], *, limit: int | None = None) -> list[Ranked]:
        """The best first, at most ``limit``; the engine's order decides between equals."""
        return self.rank_by(self.comparison(question), candidates, limit=limit)

    def rank_by(
        self, comparison: Comparison, candidates: Sequence[Candidate], *, limit: int | None = None
    ) -> list[Ranked]:
        """The same for a question that was compared before."""
        rows = comparison.rows(candidates)
        weights = [self.weights.get(name, 0.0) for name in FEATURES]
        pairs = list(zip(candidates, rows, strict=True))
        if limit is not None and limit < len(pairs):
            totals = [sum(map(mul, row, weights)) for row in rows]
            least = sorted(totals, reverse=True)[limit - 1] - ROUNDING if limit else math.inf
            pairs = [pair for pair, total in zip(pairs, totals, strict=True) if total >= least]
        ranked = []
        for candidate, row in pairs:
            why = {
                name: round(value * weight, 4)
                for name, value, weight in zip(FEATURES, row, weights, strict=True)
                if value and weight
            }
            relevance = max(row[_BIGRAMS], row[_QUESTION])
            ranked.append(Ranked(candidate.key, round(sum(why.values()), 4), why, relevance))
        return sorted(ranked, key=lambda one: -one.score)[:limit]

    def to_json(self) -> str:
        """The fitted ranking as text, for keeping with the models."""
        terms = self.terms.to_values() if self.terms else None
        return json.dumps({"weights": dict(self.weights), "terms": terms}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Ranking:
        """The way back from ``to_json``."""
        values: dict[str, Any] = json.loads(text)
        terms = TermWeights.from_values(values["terms"]) if values["terms"] else None
        return cls(weights=values["weights"], terms=terms)


class Comparison:
    """A question held against articles. Each article is compared once, however often it is a candidate: the same is
    often asked within a category and then in all. Safe for several threads.
    """

    def __init__(self, question: Question, *, without: Container[str] = ()) -> None:
        self._asked = _Asked.of(question, trigrams="trigrams" not in without)
        self._rows: dict[tuple[int, float], Row] = {}

    def rows(self, candidates: Sequence[Candidate]) -> list[Row]:
        """A row of ``FEATURES`` for each candidate; all must be of the same state of the index."""
        top = max((candidate.base for candidate in candidates), default=1.0) or 1.0
        return [(candidate.base / top - 1, candidate.base, *self._row(candidate)) for candidate in candidates]

    def _row(self, candidate: Candidate) -> Row:
        key = (candidate.key, candidate.base)
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = self._asked.compared(candidate)
        return row


def features(question: Question, candidates: Sequence[Candidate], *, without: Container[str] = ()) -> list[Row]:
    """A row of ``FEATURES`` for each candidate; ``trigrams``, the dearest to count, are nought if in ``without``."""
    return Comparison(question, without=without).rows(candidates)


@dataclass(frozen=True, slots=True)
class _Weighed:
    """Terms with their weights and the sum of these. Long ones lie under their first two characters."""

    long: Mapping[str, Sequence[Weight]]
    short: Sequence[Weight]
    total: float

    @classmethod
    def of(cls, terms: Iterable[Weight]) -> _Weighed:
        long: dict[str, list[Weight]] = {}
        short, total = [], 0.0
        for pair in terms:
            total += pair[1]
            if len(pair[0]) > 1:
                long.setdefault(pair[0][:2], []).append(pair)
            else:
                short.append(pair)
        return cls(long, short, total)

    def found(self, text: str, pairs: Iterable[str]) -> list[Weight]:
        """Those that stand in ``text``; a long one only if its first two characters are among ``pairs``."""
        found = [pair for pair in self.short if pair[0] in text]
        for start in pairs:
            for pair in self.long.get(start, ()):
                if pair[0] in text:
                    found.append(pair)  # noqa: PERF401  plain loops are what makes this quick
        return found

    def share(self, found: Sequence[Weight]) -> float:
        """Their share of the whole weight, 0…1."""
        return sum([weight for _, weight in found]) / self.total if found and self.total else 0.0


@dataclass(frozen=True, slots=True)
class _Asked:
    """What of a question is the same for every candidate."""

    characters: _Weighed
    bigrams: _Weighed
    words: _Weighed
    trigrams: _Weighed
    codes: _Weighed
    possible: float
    text: str
    solid: str
    places: Mapping[str, Sequence[int]]
    """Where in ``solid`` two characters stand together."""
    pairs: frozenset[str]

    @classmethod
    def of(cls, question: Question, *, trigrams: bool) -> _Asked:
        text = _GAP.sub(" ", question.text).strip()
        solid = text.replace(" ", "")[:LONGEST_PIECED]
        places: dict[str, list[int]] = {}
        for place in range(len(solid) - 1):
            places.setdefault(solid[place : place + 2], []).append(place)
        runs = range(len(solid) - 2) if trigrams else ()
        weighed = {
            "characters": _Weighed.of((term.text, term.idf) for term in question.grams if not is_bigram(term.text)),
            "bigrams": _Weighed.of((term.text, term.idf) for term in question.grams if is_bigram(term.text)),
            "words": _Weighed.of((term.text, term.idf) for term in question.words),
            "trigrams": _Weighed.of((solid[place : place + 3], 1.0) for place in runs),
            "codes": _Weighed.of((code, 1.0) for code in set(_CODE.findall(question.text))),
        }
        return cls(
            **weighed,
            possible=sum(term.idf * term.weight for term in (*question.grams, *question.words)) or 1.0,
            text=text,
            solid=solid,
            places=places,
            pairs=frozenset(places).union(*(terms.long for terms in weighed.values())),
        )

    def compared(self, candidate: Candidate) -> Row:
        """The features after the first two. What stands in a part of an article stands in the whole as well, so the
        parts are searched only for what the whole has.
        """
        view = candidate.view
        pairs = self.pairs & view.pairs
        here = self.bigrams.found(view.text, pairs)
        words = self.words.found(view.solid, pairs)
        places = sorted([at for pair in pairs for at in self.places.get(pair, ())])
        return (
            candidate.base / self.possible,
            self.characters.share(self.characters.found(view.text, pairs)),
            self.bigrams.share(here),
            self.words.share(_within(words, view.text)),
            self.trigrams.share(self.trigrams.found(view.solid, pairs)),
            self._repeated(words, view.solid),
            self.bigrams.share(_within(here, view.head)),
            self._best_sentence(here, view.sentences),
            self.codes.share(self.codes.found(view.text, pairs)),
            math.log(len(view.text) + 1),
            max([self._likeness(here, known, count) for known, count in view.questions], default=0.0) if here else 0.0,
            float(len(self.text) > 1 and any(self.text in known for known, _ in view.questions)),
            *_pieced(self.solid, places, view.solid),
            *_pieced(self.solid, places, view.solid_head)[:2],
        )

    def _best_sentence(self, here: Sequence[Weight], sentences: Sequence[str]) -> float:
        best: list[Weight] = []
        weight = 0.0
        most = len(here)
        for sentence in sentences:
            found = [pair for pair in here if pair[0] in sentence]
            if found and (total := sum([each for _, each in found])) > weight:
                best, weight = found, total
                if len(found) == most:
                    break  # no sentence can hold more
        return self.bigrams.share(best)

    def _repeated(self, found: Sequence[Weight], text: str) -> float:
        total = self.words.total
        return sum(weight * min(3, text.count(word)) for word, weight in found) / total if total else 0.0

    def _likeness(self, here: Sequence[Weight], known: str, count: int) -> float:
        """Harmonic mean of how much of the query the known question covers and the reverse."""
        shared = _within(here, known)
        if not shared:
            return 0.0
        there, back = self.bigrams.share(shared), min(1.0, len(shared) / max(1, count))
        return 2 * there * back / (there + back) if there + back else 0.0


def _within(terms: Sequence[Weight], text: str) -> list[Weight]:
    return [pair for pair in terms if pair[0] in text]


def _pieced(asked: str, places: Sequence[int], text: str) -> tuple[float, float, float, float]:
    """Cut the query greedily into the longest pieces that stand in ``text``: covered, pieces, longest, its log.

    ``places`` are where two characters of the query stand together in the article: no piece begins elsewhere.
    """
    end = covered = pieces = longest = 0
    for place in places:
        if place < end or asked[place : place + 2] not in text:
            continue
        length = 2
        while place + length < len(asked) and asked[place : place + length + 1] in text:
            length += 1
        covered, pieces, longest, end = covered + length, pieces + 1, max(longest, length), place + length
    size = max(1, len(asked))
    return covered / size, pieces / size, longest / size, math.log1p(longest)
