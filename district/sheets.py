"""The words that a district's counters write over the columns of their sheets, for channels that read sheets."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Literal, get_args

from district.reading import Problems, Stated, build_document, read_document
from district.rule import Rule

FILE = "walk_in.yaml"

SheetField = Literal[
    "date", "time", "name", "phone", "text", "title", "place", "category", "request_type", "reply", "counter", "clerk",
    "number", "dropped",
]  # fmt: skip
FIELDS: frozenset[str] = frozenset(get_args(SheetField))

_DECORATION = re.compile(r"[\s*:：★☆●\u200b\ufeff\0]+")
_BRACKETED = re.compile(r"\([^()]{0,40}\)$|\[[^\[\]]{0,40}\]$")


class SheetHeadings(Rule):
    """表头: ``headings`` names for each field what may stand over its column, beside the words known by default."""

    headings: dict[SheetField, tuple[str, ...]]


def bare_heading(heading: str) -> str:
    """A heading without blanks, stars, colons and a remark in brackets: "* 联系 电话（必填）" is 联系电话."""
    bare = _DECORATION.sub("", unicodedata.normalize("NFKC", heading[:200])).lower()
    return _BRACKETED.sub("", bare)


def read_headings(folder: Path, problems: Problems) -> Stated[SheetHeadings] | None:
    """The pack's ``walk_in.yaml``; None where it has none, or after noting what is wrong with it."""
    if not (folder / FILE).exists():
        return None
    stated = build_document(SheetHeadings, read_document(folder, FILE, problems), problems)
    if stated is not None:
        _check_once(stated, problems)
    return stated


def _check_once(stated: Stated[SheetHeadings], problems: Problems) -> None:
    of: dict[str, str] = {}
    for field, words in stated.rule.headings.items():
        for at, word in enumerate(words):
            bare = bare_heading(word)
            if not bare:
                stated.note(problems, f"字段“{field}”有空的表头", "headings", field, at)
            elif bare in of:
                stated.note(problems, f"表头“{word}”已属于字段“{of[bare]}”", "headings", field, at)
            of.setdefault(bare, field)
