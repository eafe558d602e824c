"""jieba's cut for searching, by its own dictionary and model and with the same words, in about half the time.

jieba builds a dictionary of lists for every run of text and takes a logarithm for every possible word; here one pass
from the end finds the same best path. Offices repeat their phrases: runs of text that were cut before are remembered.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

REMEMBERED = 30_000
"""So many runs of text are remembered, about 20 MB."""
LONGEST_REMEMBERED = 24
"""Longer runs do not come again."""


class Segmenter:
    """Made of a loaded jieba ``Tokenizer``, to which no words are added any more. Safe for several threads."""

    def __init__(self, tokenizer: Any) -> None:
        # Loaded with jieba, which warns: whoever has a tokenizer has imported it already.
        from jieba import re_han_default

        self._frequency: dict[str, int] = tokenizer.FREQ
        whole = math.log(tokenizer.total)
        self._costs = {often: math.log(often or 1) - whole for often in {0, *self._frequency.values()}}
        self._split: Callable[[str], list[str]] = re_han_default.split
        self._guess = Guesser()
        self._known = lru_cache(maxsize=REMEMBERED)(self._cut)

    def cut_for_search(self, text: str) -> list[str]:
        """The words in order, before each long one the words within it; what is no word character by character."""
        found: list[str] = []
        for at, block in enumerate(self._split(text)):
            if at % 2 == 0:
                found += block
                continue
            found += self._known(block) if len(block) <= LONGEST_REMEMBERED else self._cut(block)
        return found

    def _cut(self, block: str) -> tuple[str, ...]:
        found: list[str] = []
        for word in self._words(block):
            if len(word) > 2:
                found += self._parts(word)
            found.append(word)
        return tuple(found)

    def _words(self, block: str) -> list[str]:
        words: list[str] = []
        ends = self._ends(block)
        place = begun = 0
        while place < len(block):
            end = ends[place]
            if end - place > 1:
                if begun < place:
                    self._singles(block[begun:place], words)
                words.append(block[place:end])
                begun = end
            place = end
        if begun < place:
            self._singles(block[begun:], words)
        return words

    def _ends(self, block: str) -> list[int]:
        """Where the word ends that begins at each place, on the likeliest way from there to the end."""
        frequency, costs = self._frequency.get, self._costs
        size = len(block)
        unknown = costs[0]
        scores, ends = [0.0] * (size + 1), [0] * size
        for place in range(size - 1, -1, -1):
            best, to, end = -math.inf, place + 1, place + 1
            often = frequency(block[place])
            while often is not None:
                if often:
                    score = costs[often] + scores[end]
                    if score >= best:  # of equals the longer word, as jieba decides
                        best, to = score, end
                end += 1
                if end > size:
                    break
                often = frequency(block[place:end])
            scores[place] = best if best > -math.inf else unknown + scores[to]
            ends[place] = to
        return ends

    def _singles(self, run: str, words: list[str]) -> None:
        """Characters that no word of the dictionary took: the model says which of them make words."""
        if len(run) == 1 or self._frequency.get(run):
            words += run
        else:
            words += self._guess.cut(run)

    def _parts(self, word: str) -> list[str]:
        """The dictionary's words of two and three characters within a longer one."""
        known, size = self._frequency.get, len(word)
        pairs = [word[at : at + 2] for at in range(size - 1)]
        triples = [word[at : at + 3] for at in range(size - 2)] if size > 3 else []
        return [part for part in (*pairs, *triples) if known(part)]


class Guesser:
    """jieba's hidden Markov model of words that no dictionary has: a character begins (B), goes on in (M), ends (E) or
    is (S) a word.
    """

    def __init__(self) -> None:
        from jieba import finalseg

        self._blocks: Callable[[str], list[str]] = finalseg.re_han.split
        self._rest: Callable[[str], list[str]] = finalseg.re_skip.split
        self._kept_apart: set[str] = finalseg.Force_Split_Words
        self._least: float = finalseg.MIN_FLOAT
        self._start: dict[str, float] = finalseg.start_P
        self._next: dict[str, dict[str, float]] = finalseg.trans_P
        self._shown: dict[str, dict[str, float]] = finalseg.emit_P

    def cut(self, run: str) -> tuple[str, ...]:
        """The run in words; letters and figures stay together."""
        words: list[str] = []
        for at, block in enumerate(self._blocks(run)):
            if at % 2 == 0:
                words += [part for part in self._rest(block) if part]
                continue
            for word in self._words(block):
                if word in self._kept_apart:
                    words += word
                else:
                    words.append(word)
        return tuple(words)

    def _words(self, block: str) -> list[str]:
        words = []
        begun = 0
        for place, state in enumerate(self._states(block)):
            if state in "ES":
                words.append(block[begun : place + 1])
                begun = place + 1
        return words

    def _states(self, block: str) -> list[str]:
        """The likeliest state of each character (Viterbi); of equals the later letter, as jieba decides."""
        least, shown, after = self._least, self._shown, self._next
        begins, middles, ends, singles = (shown[state].get for state in "BMES")
        first = {state: self._start[state] + shown[state].get(block[0], least) for state in "BMES"}
        b, m, e, s = (first[state] for state in "BMES")
        b_e, b_m, m_e, m_m = after["B"]["E"], after["B"]["M"], after["M"]["E"], after["M"]["M"]
        e_b, e_s, s_b, s_s = after["E"]["B"], after["E"]["S"], after["S"]["B"], after["S"]["S"]
        before: list[dict[str, str]] = []
        for character in block[1:]:
            shows_b, shows_m = begins(character, least), middles(character, least)
            shows_e, shows_s = ends(character, least), singles(character, least)
            to_b = (e + e_b + shows_b, "E"), (s + s_b + shows_b, "S")
            to_m = (b + b_m + shows_m, "B"), (m + m_m + shows_m, "M")
            to_e = (b + b_e + shows_e, "B"), (m + m_e + shows_e, "M")
            to_s = (e + e_s + shows_s, "E"), (s + s_s + shows_s, "S")
            (b, from_b), (m, from_m), (e, from_e), (s, from_s) = max(to_b), max(to_m), max(to_e), max(to_s)
            before.append({"B": from_b, "M": from_m, "E": from_e, "S": from_s})
        state = "E" if e > s else "S"
        states = [state]
        for came in reversed(before):
            state = came[state]
            states.append(state)
        return states[::-1]
