"""What the second stage sees of an article beside a question: a row of numbers for each candidate.

How much of the question the article covers, whether one sentence covers it, how the article's own questions compare,
how long it is. ``ranking`` weighs these.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import add
from typing import NamedTuple

from knowledge.analysis import fold, grams, is_bigram
from knowledge.index import Document

HEAD = 150
"""An office's reply repeats the question within its first so many characters."""
MAX_SENTENCES = 40
LONGEST_PIECED = 80
"""So much of a long query is pieced together; the rest would cost time and says the same."""

Weight = tuple[str, float]
Row = tuple[float, ...]

_GAP = re.compile(r"[^\w]+")
_SENTENCE = re.compile(r"[。；！？!?;\n]+")
_CODE = re.compile(r"[a-z0-9]{2,}")


class Term(NamedTuple):
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


class Outline(NamedTuple):
    """What a view is made of: all that takes folding or searching. Folded, punctuation as single spaces."""

    text: str
    head: int
    """So many of its first characters are the head: known questions, keywords and the first lines."""
    sentences: tuple[str, ...]
    questions: tuple[tuple[str, int], ...]
    """Title and similar questions, each with its number of bigrams."""

    @classmethod
    def of(cls, document: Document) -> Outline:
        body = fold(document.body)
        asked = [_GAP.sub(" ", fold(text)) for text in (document.title, *document.questions) if text]
        known = " ".join([*asked, *(fold(word) for word in document.keywords)])
        sentences = [plain for part in _SENTENCE.split(body) if (plain := _GAP.sub(" ", part).strip())]
        return cls(
            text=" ".join([known, *sentences]),  # where a sentence ends there is a gap
            head=len(known) + 1 + len(_GAP.sub(" ", body[:HEAD]).lstrip()),
            sentences=tuple(sentences[:MAX_SENTENCES]),
            questions=tuple((text, sum(map(is_bigram, grams(text)))) for text in asked),
        )


class View(NamedTuple):
    """An article as the features need it."""

    text: str
    head: str
    solid: str
    """``text`` without spaces."""
    solid_head: str
    length: float
    """Logarithm of the characters of ``text``."""
    sentences: tuple[str, ...]
    questions: tuple[tuple[str, int], ...]
    parts: frozenset[str] = frozenset()
    """Every character of ``solid`` and every two neighbours: most terms of a question are ruled out by one look at
    these. Interned: articles and questions share them, and equal ones are known by their place in memory.
    """

    @classmethod
    def of(cls, document: Document) -> View:
        return cls.seen(Outline.of(document)).whole()

    @classmethod
    def seen(cls, outline: Outline) -> View:
        """The view without ``parts``, which are ten times as large as the rest."""
        text, size, sentences, questions = outline
        head = text[:size]
        solid, solid_head = text.replace(" ", ""), head.replace(" ", "")
        return cls(text, head, solid, solid_head, math.log(len(text) + 1), sentences, questions)

    def whole(self) -> View:
        """The view with all ``parts``."""
        solid = self.solid
        return View(*self[:-1], frozenset(map(sys.intern, (*solid, *map(add, solid, solid[1:])))))

    def among(self, parts: Iterable[str]) -> View:
        """The view with those of these parts that it has, single characters or two together."""
        solid = self.solid
        return View(*self[:-1], frozenset([part for part in parts if part in solid]))


class Candidate(NamedTuple):
    """A first-stage hit. ``key`` is the engine's own number of the document, ``base`` its score there."""

    key: int
    base: float
    view: View


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


def features(question: Question, candidates: Sequence[Candidate], *, without: Container[str] = ()) -> list[Row]:
    """A row of ``FEATURES`` for each candidate; ``trigrams``, the dearest to count, are nought if in ``without``."""
    asked, top = Asked.of(question, trigrams="trigrams" not in without), top_base(candidates)
    return [(candidate.base / top - 1, *asked.compared(candidate)) for candidate in candidates]


def top_base(candidates: Iterable[Candidate]) -> float:
    """The best first-stage score, which the others are compared with; never 0."""
    return max((candidate.base for candidate in candidates), default=1.0) or 1.0


@dataclass(frozen=True, slots=True)
class Weighed:
    """Terms with their weights and the sum of these, under their first two characters (a single one under itself)."""

    terms: Mapping[str, Sequence[Weight]]
    parts: frozenset[str]
    total: float

    @classmethod
    def of(cls, terms: Iterable[Weight]) -> Weighed:
        under: dict[str, list[Weight]] = {}
        total = 0.0
        for pair in terms:
            total += pair[1]
            under.setdefault(sys.intern(pair[0][:2]), []).append(pair)
        return cls(under, frozenset(under), total)

    def found(self, text: str, parts: frozenset[str]) -> list[Weight]:
        """Those that stand in ``text``; ``parts`` are those of the article."""
        found = []
        for part in self.parts & parts:
            for pair in self.terms[part]:
                if pair[0] in text:
                    found.append(pair)  # noqa: PERF401  plain loops are what makes this quick
        return found

    def share(self, found: Sequence[Weight]) -> float:
        """Their share of the whole weight, 0…1."""
        reached = 0.0
        for _, weight in found:
            reached += weight
        return reached / self.total if reached else 0.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What of a question is the same for every candidate."""

    characters: Weighed
    bigrams: Weighed
    words: Weighed
    trigrams: Weighed
    codes: Weighed
    possible: float
    """First-stage score of an article that held every term as often as can be."""
    text: str
    solid: str
    places: Mapping[str, Sequence[int]]
    """Where in ``solid`` two characters stand together."""
    pairs: frozenset[str]
    """The keys of ``places``."""
    parts: frozenset[str]
    """The beginnings of all that is looked for in an article."""

    @classmethod
    def of(cls, question: Question, *, trigrams: bool) -> Asked:
        text = _GAP.sub(" ", question.text).strip()
        solid = text.replace(" ", "")[:LONGEST_PIECED]
        places: dict[str, list[int]] = {}
        for place in range(len(solid) - 1):
            places.setdefault(sys.intern(solid[place : place + 2]), []).append(place)
        runs = range(len(solid) - 2) if trigrams else ()
        single: list[Weight] = []
        pairs: list[Weight] = []
        for term in question.grams:
            (pairs if is_bigram(term.text) else single).append((term.text, term.idf))
        weighed = {
            "characters": Weighed.of(single),
            "bigrams": Weighed.of(pairs),
            "words": Weighed.of((term.text, term.idf) for term in question.words),
            "trigrams": Weighed.of((solid[place : place + 3], 1.0) for place in runs),
            "codes": Weighed.of((code, 1.0) for code in set(_CODE.findall(question.text))),
        }
        return cls(
            **weighed,
            possible=sum([term.idf * term.weight for term in (*question.grams, *question.words)]) or 1.0,
            text=text,
            solid=solid,
            places=places,
            pairs=frozenset(places),
            parts=frozenset(places).union(*(terms.parts for terms in weighed.values())),
        )

    def compared(self, candidate: Candidate) -> Row:
        """The features after the first, which alone depends on the other candidates.

        What stands in a part of an article stands in the whole as well, so the parts are searched only for what the
        whole has.
        """
        view = candidate.view
        here = self.bigrams.found(view.text, view.parts)
        ahead = _within(here, view.head)
        words = self.words.found(view.solid, view.parts)
        places = sorted([at for pair in self.pairs & view.parts for at in self.places[pair]])
        return (
            candidate.base,
            candidate.base / self.possible,
            self.characters.share(self.characters.found(view.text, view.parts)),
            self.bigrams.share(here),
            self.words.share(_within(words, view.text)),
            self.trigrams.share(self.trigrams.found(view.solid, view.parts)),
            self._repeated(words, view.solid),
            self.bigrams.share(ahead),
            self._best_sentence(here, view.sentences),
            self.codes.share(self.codes.found(view.text, view.parts)),
            view.length,
            max([self._likeness(ahead, known, count) for known, count in view.questions], default=0.0)
            if ahead
            else 0.0,
            self._exact(view.questions) if self.text in view.head else 0.0,
            *_pieced(self.solid, places, view.solid),
            *_pieced(self.solid, places, view.solid_head)[:2],
        )

    def _best_sentence(self, here: Sequence[Weight], sentences: Sequence[str]) -> float:
        best = 0.0
        for sentence in sentences:
            reached = 0.0
            for term, weight in here:
                if term in sentence:
                    reached += weight
            if reached > best:  # noqa: PLR1730  half the time of max
                best = reached
        return best / (self.bigrams.total or 1.0)

    def _exact(self, questions: Sequence[tuple[str, int]]) -> float:
        return float(len(self.text) > 1 and any(self.text in known for known, _ in questions))

    def _repeated(self, found: Sequence[Weight], text: str) -> float:
        reached = 0.0
        for word, weight in found:
            reached += weight * min(3, text.count(word))
        return reached / self.words.total if reached else 0.0

    def _likeness(self, ahead: Sequence[Weight], known: str, count: int) -> float:
        """Harmonic mean of how much of the query the known question covers and the reverse."""
        shared = _within(ahead, known)
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
