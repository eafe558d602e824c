"""Words for one thing (``synonyms.yaml``): what residents call it and what articles call it, as a district tunes it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from pydantic import Field

from district.characters import simplified
from district.reading import Problems, Stated, build_document, read_document
from district.rule import Rule

FILE = "synonyms.yaml"
SHORTEST, LONGEST = 2, 20
"""Characters of a word. A single character stands in too many words that mean something else."""
MOST = 12
"""Words of a group."""
_WORD = re.compile(r"[\u3400-\u9fff\U00020000-\U0003134fa-z0-9]+")


def plain(text: str) -> str:
    """The text as words are compared: NFKC (full-width forms), lower case, traditional characters simplified."""
    return simplified(unicodedata.normalize("NFKC", text).lower())


class OneWay(Rule):
    """Who says one of ``said`` also looks for each of ``find``; whoever says these does not look for ``said``."""

    said: tuple[str, ...] = Field(min_length=1, max_length=MOST)
    find: tuple[str, ...] = Field(min_length=1, max_length=MOST)
    weight: float | None = Field(None, gt=0, le=1)


class SynonymRules(Rule):
    """``same`` are groups of words for one thing, each of which also finds the others; ``one_way`` go from the narrow
    word, or the resident's, to the wide one, or the office's.

    ``weight`` is how much an added word counts beside one that was typed.
    """

    weight: float = Field(0.5, gt=0, le=1)
    same: tuple[tuple[str, ...], ...] = ()
    one_way: tuple[OneWay, ...] = ()


def read_synonyms(folder: Path, problems: Problems) -> Stated[SynonymRules] | None:
    """The pack's file; None where it has none, or after noting what is wrong with it."""
    if not (folder / FILE).exists():
        return None
    stated = build_document(SynonymRules, read_document(folder, FILE, problems), problems)
    if stated is not None:
        _check(stated, problems)
    return stated


def _check(stated: Stated[SynonymRules], problems: Problems) -> None:
    """A word is long enough to mean one thing, and stands in one group: two groups that share one would be one."""
    seen: dict[str, str] = {}
    for at, group in enumerate(stated.rule.same):
        if not 2 <= len(group) <= MOST:
            stated.note(problems, f"“{'、'.join(group)}”：一组应有 2 至 {MOST} 个说法", "same", at)
        _check_words(stated, group, problems, "same", at)
        for word in dict.fromkeys(map(plain, group)):
            if word in seen:
                stated.note(problems, f"“{word}”已在“{seen[word]}”一组里，请并作一组或改为 one_way", "same", at)
            seen.setdefault(word, group[0])
    for at, rule in enumerate(stated.rule.one_way):
        _check_words(stated, (*rule.said, *rule.find), problems, "one_way", at)


def _check_words(stated: Stated[SynonymRules], words: tuple[str, ...], problems: Problems, key: str, at: int) -> None:
    for fault in _faults(words):
        stated.note(problems, fault, key, at)


def _faults(words: tuple[str, ...]) -> Iterator[str]:
    seen = set()
    for word in words:
        told = plain(word)
        if not SHORTEST <= len(told) <= LONGEST or not _WORD.fullmatch(told):
            yield f"“{word}”应是 {SHORTEST} 至 {LONGEST} 个汉字、字母或数字，不含空格和标点"
        elif told in seen:
            yield f"“{word}”在一组里写了两次"
        seen.add(told)
