"""What editors and agents may write in a query besides words: phrases, exclusions and fields.

``"短语"`` must stand in the article as it is (also 「」 and “”), ``-词`` must not, and ``单位:`` ``分类:`` ``编号:``
``街道:`` ``状态:`` narrow. Everything else is plain text: a quote that is not closed, a minus within a word or before a
figure, ``*`` and ``?``, brackets, AND.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from district.synonyms import plain
from knowledge.analysis import STOP_WORDS

LONGEST = 500
"""Characters of a query that are read; the rest is not looked for."""
MOST = 10
"""Phrases, and exclusions; further ones are not heeded."""


class Field(StrEnum):
    """What a query can narrow by, as it is written."""

    UNIT = "单位"
    CATEGORY = "分类"
    NUMBER = "编号"
    STREET = "街道"
    STATE = "状态"


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """A query taken apart. ``text`` is what is searched for: plain words and phrases in their order.

    ``phrases`` and ``without`` are as ``plain`` has them. ``notes`` are Chinese sentences on what was not heeded.
    """

    text: str = ""
    phrases: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    fields: tuple[tuple[Field, str], ...] = ()
    notes: tuple[str, ...] = ()

    def field(self, field: Field) -> str:
        """What the query says of this field; empty where it says nothing."""
        return dict(self.fields).get(field, "")

    @property
    def narrows(self) -> bool:
        """Whether found articles have to be looked at once more."""
        return bool(self.phrases or self.without or self.fields)

    def admits(self, text: str) -> bool:
        """Whether an article of this text has every phrase and nothing that is excluded. Case, width and traditional
        characters make no difference.
        """
        told = plain(text)
        return all(phrase in told for phrase in self.phrases) and not any(word in told for word in self.without)


_QUOTED = r"\"([^\"]*)\"|“([^“”]*)”|「([^「」]*)」|『([^『』]*)』"
_PART = re.compile(
    rf"(?:(?<=\s)|^)(?P<minus>[-－])(?![\s0-9０-９])(?:(?P<not_phrase>{_QUOTED})|(?P<not_word>[^\s\"“”「」『』]+))"
    rf"|(?:(?<=\s)|^)(?P<field>{'|'.join(Field)})[:：](?:(?P<value_phrase>{_QUOTED})|(?P<value>[^\s\"“”「」『』]+))"
    rf"|(?P<phrase>{_QUOTED})"
)
_QUOTES = re.compile(r"[\"“”「」『』]")
_SPACES = re.compile(r"\s+")
_SEARCHABLE = re.compile(r"[\u3400-\u9fff\U00020000-\U0003134fa-z0-9]")


def parse(query: str) -> ParsedQuery:
    """Take a query apart. Every string is allowed, in time that grows with its length up to ``LONGEST``."""
    notes: list[str] = []
    if len(query) > LONGEST:
        notes.append(f"输入过长，只按前 {LONGEST} 个字查找")
        query = query[:LONGEST]
    phrases: list[str] = []
    without: list[str] = []
    fields: dict[Field, str] = {}
    words: list[str] = []
    at = 0
    for part in _PART.finditer(query):
        words.append(query[at : part.start()])
        at = part.end()
        told = _SPACES.sub(" ", _QUOTES.sub(" ", part["not_word"] or part["value"] or _inner(part))).strip()
        if part["field"]:
            fields[Field(part["field"])] = told
        elif part["minus"]:
            without.append(plain(told))
        else:
            phrases.append(plain(told))
            words.append(f" {told} ")
    words.append(query[at:])
    rest = "".join(words)
    if _QUOTES.search(rest):
        notes.append("引号没有成对，已按普通文字查找")
    text = _SPACES.sub(" ", _QUOTES.sub(" ", rest)).strip()
    if len(phrases) > MOST or len(without) > MOST:
        notes.append(f"短语和排除的词各最多 {MOST} 个，其余没有采用")
    if _says_nothing(text) and query.strip():
        notes.append(NOTHING if text or not (fields or without) else "")
    return ParsedQuery(
        text,
        tuple(filter(_SEARCHABLE.search, dict.fromkeys(phrases[:MOST]))),
        tuple(filter(_SEARCHABLE.search, dict.fromkeys(without[:MOST]))),
        tuple((field, value) for field, value in fields.items() if value),
        tuple(note for note in notes if note),
    )


def _inner(part: re.Match[str]) -> str:
    return part["not_phrase"] or part["value_phrase"] or part["phrase"] or ""


NOTHING = "没有可以查找的词，请写上具体的事，例如“公积金提取”"


def _says_nothing(text: str) -> bool:
    told = plain(text)
    return not _SEARCHABLE.search(told) or _SPACES.sub("", told) in STOP_WORDS or _only_stop_words(told)


def _only_stop_words(told: str) -> bool:
    return all(word in STOP_WORDS for word in re.findall(r"\w+", told))
