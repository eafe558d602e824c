"""Words and pairs of neighbouring words as features, for a start without labels.

Where labels teach, runs of characters say all that words say; where nothing but names and lists of words is told, cut
words keep a told word from being found across the bounds of two others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from triage.features import Floats, Ints, Words, cut_words
from triage.text import Lexicon

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


@dataclass(frozen=True, slots=True)
class WordColumns:
    """Columns of words and pairs, weighted by rarity. Read only, safe to share between threads."""

    column: dict[str, int]
    lexicon: Lexicon
    rarity: Floats

    def __len__(self) -> int:
        return len(self.column)

    def vector(self, words: Words) -> tuple[Ints, Floats]:
        """Columns and values of a text, of length one; none where no word of it is known."""
        found = [
            (self.column[each], often) for each, often in _counted(words, self.lexicon).items() if each in self.column
        ]
        columns = np.array([column for column, _ in found], dtype=np.int32)
        values = (1 + np.log(np.array([often for _, often in found], dtype=np.float32))) * self.rarity[columns]
        length = float(np.sqrt(values @ values))
        return columns, values / np.float32(length) if length else values

    def matrix(self, texts: Sequence[Words]) -> csr_matrix:
        """The same for many texts: a row a text."""
        from scipy.sparse import csr_matrix

        rows = [self.vector(words) for words in texts]
        starts = np.cumsum([0, *(len(columns) for columns, _ in rows)])
        columns = np.concatenate([np.empty(0, np.int32), *(columns for columns, _ in rows)])
        values = np.concatenate([np.empty(0, np.float32), *(values for _, values in rows)])
        return csr_matrix((values, columns, starts), shape=(len(rows), len(self)))


def _counted(words: Words, lexicon: Lexicon) -> Counter[str]:
    """Words, and pairs with a blank between, of a text."""
    cut = list(cut_words(words.whole, lexicon))
    return Counter([*cut, *map("{} {}".format, cut, cut[1:])])


def build(told: Sequence[Words], seen: Sequence[Words], lexicon: Lexicon) -> WordColumns:
    """Columns for what two texts seen, or one told, hold; its rarity is that among the texts seen."""
    spread = Counter(each for words in seen for each in set(_counted(words, lexicon)))
    kept = {each for each, often in spread.items() if often > 1}
    kept.update(each for words in told for each in _counted(words, lexicon))
    column = {each: at for at, each in enumerate(sorted(kept))}
    often = np.array([spread[each] for each in column], dtype=np.float32)
    return WordColumns(column, lexicon, (np.log((1 + len(seen)) / (1 + often)) + 1).astype(np.float32))
