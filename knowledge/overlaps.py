"""What is wrong within the articles: repeats, other numbers for one thing, regulations that were replaced."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from knowledge.analysis import fold, grams, is_bigram
from knowledge.evidence import Source, without_function_words

REPEATED = 0.6
"""Likeness of two articles' questions and answers from which they are nearly the same."""
SAME_QUESTION = 0.4
"""Likeness of two questions from which their articles are held against each other."""
SAME_STATEMENT = 0.6
"""Likeness of two sentences, their numbers left out, from which they speak of the same."""

COMMON = 250
"""A pair of characters that more texts share brings no two of them together."""
COMPARED = 100
"""Texts that one is compared with at most, those that can be most alike."""
NEAREST = 20
"""Articles that one is said to repeat, or is held against, at most."""
Statement = tuple[str, dict[str, set[str]], frozenset[str]]
"""A sentence with amounts: its words, the amounts under their unit, its pairs of characters without numbers."""

_SENTENCE = re.compile(r"[^。！？!?；;\n|]+")
_AMOUNT = re.compile(
    r"(\d+(?:\.\d+)?)\s*(万元|元|%|％|个?工作日|个?自然日|天|日|个?月|年|周岁|岁|个?小时|分钟|倍|平方米|℃|度|米|次|人|户)"
)
_DATE = re.compile(r"(\d{1,2}月\d{1,2}日)")
_PHONE = re.compile(r"\d[\d\-]{6,}")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Repeated:
    """Two articles that say nearly the same."""

    one: str
    other: str
    likeness: float


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two articles on one question with other numbers, dates or fees: both sentences, and what differs."""

    one: str
    other: str
    sentence: str
    against: str
    differs: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Outdated:
    """An article that cites a regulation which another has replaced."""

    number: str
    basis: str
    replaced_by: str


def repeats(articles: Sequence[Source]) -> list[Repeated]:
    """Pairs of articles whose questions and short answers are nearly the same, the most alike first."""
    known = sorted(articles, key=lambda each: each.number)
    texts = [_pairs(f"{each.question} {each.short_answer}") for each in known]
    alike = {(one, other): likeness for one, other, likeness in _meeting(texts, REPEATED)}
    found = [
        Repeated(known[one].number, known[other].number, round(alike[one, other], 3)) for one, other in _nearest(alike)
    ]
    return sorted(found, key=lambda each: (-each.likeness, each.one, each.other))


def contradictions(articles: Sequence[Source]) -> list[Contradiction]:
    """Sentences of two articles on one question that speak of the same with other numbers of the same unit.

    An article is held against the ``NEAREST`` whose questions are most like one of its own.
    """
    known = sorted(articles, key=lambda each: each.number)
    owners = [(at, text) for at, each in enumerate(known) for text in (each.question, *each.similar)]
    alike: dict[tuple[int, int], float] = defaultdict(float)
    for one, other, likeness in _meeting([_pairs(text) for _, text in owners], SAME_QUESTION):
        pair = owners[one][0], owners[other][0]
        if pair[0] != pair[1]:
            alike[pair] = max(alike[pair], likeness)
    statements = lru_cache(maxsize=None)(lambda at: list(_statements(known[at])))
    found: list[Contradiction] = []
    for one, other in _nearest(alike):
        numbers = known[one].number, known[other].number
        found += _between(numbers, statements(one), statements(other))
    return found


def _nearest(alike: Mapping[tuple[int, int], float]) -> list[tuple[int, int]]:
    """The pairs in their order, of each one no more than ``NEAREST``, the most alike."""
    taken: Counter[int] = Counter()
    kept = []
    for pair in sorted(alike, key=lambda pair: (-alike[pair], pair)):
        if max(taken[pair[0]], taken[pair[1]]) < NEAREST:
            taken.update(pair)
            kept.append(pair)
    return sorted(kept)


def replaced(articles: Sequence[Source], replacements: Mapping[str, str]) -> list[Outdated]:
    """Articles that cite what was replaced (old name → new name, with or without 《》) and not what replaced it."""
    names = {_bare(old): new for old, new in replacements.items()}
    found = []
    for article in articles:
        cited = [_bare(basis) for basis in article.basis]
        for basis, bare in zip(article.basis, cited, strict=True):
            for old, new in names.items():
                if _cites(bare, old) and not any(_cites(each, _bare(new)) for each in cited):
                    found.append(Outdated(article.number, basis, new))
    return found


def _between(
    numbers: tuple[str, str], mine: Sequence[Statement], theirs: Sequence[Statement]
) -> Iterator[Contradiction]:
    for sentence, said, words in mine:
        for against, others, their_words in theirs:
            if _alike(words, their_words) < SAME_STATEMENT:
                continue
            for unit in sorted(said.keys() & others.keys()):
                if not said[unit] & others[unit]:
                    differs = ("、".join(sorted(said[unit])), "、".join(sorted(others[unit])))
                    yield Contradiction(*numbers, sentence, against, differs)


def _statements(article: Source) -> Iterator[Statement]:
    """Sentences with numbers: the amounts under their unit, and the pairs of characters without numbers."""
    for found in _SENTENCE.finditer(f"{article.fee}\n{article.short_answer}\n{article.body}"):
        sentence = found[0].strip()
        plain = _PHONE.sub("", fold(sentence))
        amounts: dict[str, set[str]] = defaultdict(set)
        for date in _DATE.findall(plain):
            amounts["日期"].add(date)
        for number, unit in _AMOUNT.findall(_DATE.sub("", plain)):
            amounts[unit.removeprefix("个")].add(number + unit)
        if amounts:
            yield sentence, dict(amounts), _pairs(_NUMBER.sub(" ", plain))


def _meeting(texts: Sequence[frozenset[str]], least: float) -> Iterator[tuple[int, int, float]]:
    """Places of two texts that share a rare pair of characters, and their likeness, from ``least`` on.

    Rare is what no more than ``COMMON`` texts share. What two have in common of rare pairs is counted by posting lists,
    and of the others they can share no more than either has: few are left to be compared.
    """
    holding: dict[str, list[int]] = defaultdict(list)
    for place, text in enumerate(texts):
        for pair in text:
            holding[pair].append(place)
    most = min(COMMON, max(8, len(texts) // 20))
    rare = {pair: np.array(places) for pair, places in holding.items() if 1 < len(places) <= most}
    sizes = np.array([len(text) for text in texts])
    others = np.array([sum(len(holding[pair]) > most for pair in text) for text in texts])
    for place, text in enumerate(texts):
        lists = [rare[pair] for pair in text if pair in rare]
        if not lists:
            continue
        shared = np.bincount(np.concatenate(lists), minlength=len(texts))
        at_best = 2 * (shared + np.minimum(others, others[place])) / np.maximum(sizes + sizes[place], 1)
        fitting = np.flatnonzero((shared > 0) & (at_best >= least))
        fitting = fitting[fitting > place]
        for other in fitting[np.argsort(-at_best[fitting], kind="stable")][:COMPARED]:
            if (alike := _alike(text, texts[other])) >= least:
                yield place, int(other), alike


def _pairs(text: str) -> frozenset[str]:
    return frozenset(filter(is_bigram, grams(without_function_words(text))))


def _alike(one: frozenset[str], other: frozenset[str]) -> float:
    """Dice's coefficient."""
    return 2 * len(one & other) / (len(one) + len(other)) if one and other else 0.0


def _bare(name: str) -> str:
    return fold(name).replace("《", "").replace("》", "").strip()


def _cites(basis: str, name: str) -> bool:
    """Whether a basis begins with the name: 《条例》 is not 《条例实施细则》."""
    rest = basis.removeprefix(name)
    return rest != basis and (not rest or rest[0] in "第〔[(（ ,，;；")
