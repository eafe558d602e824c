"""Features of a text: runs of one to three characters, the title's once more by itself; and what the text means.

A vocabulary maps each to a column. The hot path (one text, no scikit-learn) builds n-grams with ``map`` over shifted
strings, which runs in C; what the vocabulary does not know counts as unknown mass, so that a text of mostly unknown
features gets weak scores instead of loud ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from operator import add
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from triage import meaning
from triage.meaning import NOTHING, Meaning
from triage.text import Lexicon, Window, window

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

BLOCKS = 2
"""Characters of title and body together, characters of the title."""
BLOCK_WEIGHTS = np.array([1.0, 0.5], dtype=np.float32)
NGRAM = 3
TITLE = "\t"
TITLE_SEEN = 200
"""Characters of a title that are looked at; nobody writes more."""


@dataclass(frozen=True, slots=True)
class Words:
    """A text to classify: title and body apart, both masked and cut to the window."""

    title: str
    body: Window

    @property
    def whole(self) -> str:
        """Title and body as one text: what a title alone teaches counts for bodies too, and the other way round."""
        return f"{self.title} {self.body.text}" if self.title else self.body.text


def prepared(title: str, body: str) -> Words:
    """Title and body as the vocabulary counts them. Length does not matter: long bodies are windowed."""
    return Words(window(title[:TITLE_SEEN]).text, window(body))


def ngrams(masked: str, prefix: str = "") -> list[list[str]]:
    """Runs of 1 … 3 characters; ``result[k - 1][i]`` begins at ``i``. Runs with a blank are no features."""
    grams: list[str] = list(masked)
    runs = [[prefix + gram for gram in grams] if prefix else grams]
    for size in range(1, NGRAM):
        runs.append(list(map(add, runs[-1], masked[size:])))
    return runs


@dataclass(frozen=True, slots=True)
class Counts:
    """Known features of one text by block: columns, how often, and how many were unknown; and what the text means."""

    columns: tuple[Ints, ...]
    times: tuple[Floats, ...]
    unknown: tuple[int, ...]
    meaning: Floats = field(default_factory=lambda: np.zeros(1, dtype=np.float32))

    @property
    def known(self) -> int:
        return sum(map(len, self.columns))


class Vocabulary:
    """Columns of features, the lexicon and the meaning of words. Read only, safe to share between threads."""

    def __init__(self, features: Sequence[str], lexicon: Lexicon, meaning: Meaning = NOTHING) -> None:
        self.features = features
        self.lexicon = lexicon
        self.meaning = meaning
        self.column = {feature: number for number, feature in enumerate(features)}

    def __len__(self) -> int:
        return len(self.features)

    def counts(self, words: Words) -> Counts:
        """The features of a text, block by block."""
        body = words.whole
        blocks = (
            _found(self.column, chain.from_iterable(ngrams(body))),
            _found(self.column, chain.from_iterable(ngrams(words.title, TITLE))),
        )
        columns, times, unknown = zip(*blocks, strict=True)
        return Counts(columns, times, unknown, self.meaning.of(cut_words(body, self.lexicon)))  # type: ignore[arg-type]


def cut_words(masked: str, lexicon: Lexicon) -> Iterator[str]:
    """The words of a masked text, blanks left out; it is cut when the first is asked for."""
    yield from (masked[start:end] for start, end in lexicon.cut(masked) if masked[start] != " ")


def _found(column: dict[str, int], features: Iterable[str]) -> tuple[Ints, Floats, int]:
    """Columns, times and how many different ones are unknown; those with a blank are no features."""
    seen = Counter(features)
    numbers = list(map(column.get, seen))
    times = [often for number, often in zip(numbers, seen.values(), strict=True) if number is not None]
    strange = [feature for number, feature in zip(numbers, seen, strict=True) if number is None]
    columns = np.array([number for number in numbers if number is not None], dtype=np.int32)
    unknown = sum([" " not in feature for feature in strange])
    return columns, 1 + np.log(np.array(times, dtype=np.float32)), unknown


def features_of(words: Words) -> set[str]:
    """Every feature of a text: for building a vocabulary."""
    grams = chain(chain.from_iterable(ngrams(words.whole)), chain.from_iterable(ngrams(words.title, TITLE)))
    return {gram for gram in grams if " " not in gram}


def build(texts: Sequence[Words], lexicon: Lexicon, *, at_least: int = 2, at_most: int = 400_000) -> Vocabulary:
    """The vocabulary of texts: features of at least two of them, the most widespread ``at_most``."""
    spread: Counter[str] = Counter()
    for text in texts:
        spread.update(features_of(text))
    kept = [(feature, count) for feature, count in spread.items() if count >= at_least]
    kept.sort(key=lambda pair: (-pair[1], pair[0]))
    return Vocabulary(sorted(feature for feature, _ in kept[:at_most]), lexicon)


def with_meaning(vocabulary: Vocabulary, texts: Iterable[Words]) -> Vocabulary:
    """The same vocabulary that also knows what words mean, learnt from texts; none of them needs a label."""
    learnt = meaning.learn([list(cut_words(text.whole, vocabulary.lexicon)) for text in texts])
    return Vocabulary(vocabulary.features, vocabulary.lexicon, learnt)


@dataclass(frozen=True, slots=True)
class Table:
    """Counts of many texts: one sparse matrix a block, the unknown mass of each text and block, and the meanings."""

    blocks: tuple[csr_matrix, ...]
    unknown: Floats
    meanings: Floats

    def rows(self, which: npt.NDArray[np.intp]) -> Table:
        """The same for some texts."""
        return Table(tuple(block[which] for block in self.blocks), self.unknown[which], self.meanings[which])

    def __len__(self) -> int:
        return len(self.unknown)


def table(texts: Iterable[Words], vocabulary: Vocabulary) -> Table:
    """The counts of texts as matrices (texts × columns)."""
    from scipy.sparse import csr_matrix

    counted = [vocabulary.counts(text) for text in texts]
    blocks = []
    for block in range(BLOCKS):
        sizes = [len(each.columns[block]) for each in counted]
        columns = np.concatenate([each.columns[block] for each in counted] or [np.empty(0, np.int32)])
        times = np.concatenate([each.times[block] for each in counted] or [np.empty(0, np.float32)])
        starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        blocks.append(csr_matrix((times, columns, starts), shape=(len(counted), len(vocabulary))))
    unknown = np.array([each.unknown for each in counted], dtype=np.float32).reshape(-1, BLOCKS)
    size = vocabulary.meaning.points.shape[1]
    meanings = np.array([each.meaning for each in counted], dtype=np.float32).reshape(-1, size)
    return Table(tuple(blocks), unknown, meanings)
