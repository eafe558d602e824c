"""What is wrong within the articles: repeats, other numbers for one thing, regulations that were replaced."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from knowledge.analysis import fold, grams, is_bigram
from knowledge.evidence import Source, without_function_words

REPEATED = 0.6
"""Likeness of two articles' questions and answers from which they are nearly the same."""
SAME_QUESTION = 0.4
"""Likeness of two questions from which their articles are held against each other."""
SAME_STATEMENT = 0.6
"""Likeness of two sentences, their numbers left out, from which they speak of the same."""

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
    texts = {each.number: _pairs(f"{each.question} {each.short_answer}") for each in articles}
    found = [
        Repeated(one, other, round(_alike(texts[one], texts[other]), 3))
        for one, other in _meeting(texts)
        if _alike(texts[one], texts[other]) >= REPEATED
    ]
    return sorted(found, key=lambda each: (-each.likeness, each.one, each.other))


def contradictions(articles: Sequence[Source]) -> list[Contradiction]:
    """Sentences of two articles on one question that speak of the same with other numbers of the same unit."""
    by_number = {each.number: each for each in articles}
    questions = {each.number: [_pairs(text) for text in (each.question, *each.similar)] for each in articles}
    joined = {number: frozenset().union(*pairs) for number, pairs in questions.items()}
    found: list[Contradiction] = []
    for one, other in _meeting(joined):
        alike = max(_alike(mine, theirs) for mine in questions[one] for theirs in questions[other])
        if alike >= SAME_QUESTION:
            found += _between(by_number[one], by_number[other])
    return found


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


def _between(one: Source, other: Source) -> Iterator[Contradiction]:
    theirs = list(_statements(other))
    for sentence, mine, words in _statements(one):
        for against, said, others in theirs:
            if _alike(words, others) < SAME_STATEMENT:
                continue
            for unit in mine.keys() & said.keys():
                if not mine[unit] & said[unit]:
                    differs = ("、".join(sorted(mine[unit])), "、".join(sorted(said[unit])))
                    yield Contradiction(one.number, other.number, sentence, against, differs)


def _statements(article: Source) -> Iterator[tuple[str, dict[str, set[str]], frozenset[str]]]:
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


def _meeting(texts: Mapping[str, frozenset[str]]) -> list[tuple[str, str]]:
    """Pairs that share anything, without holding all against all where few do."""
    holding: dict[str, list[str]] = defaultdict(list)
    for number in sorted(texts):
        for pair in texts[number]:
            holding[pair].append(number)
    rare = [numbers for numbers in holding.values() if 1 < len(numbers) <= max(8, len(texts) // 20)]
    return sorted({pair for numbers in rare for pair in combinations(numbers, 2)})


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
