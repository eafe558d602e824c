"""Articles on their way out: JSON Lines and Markdown without loss, sheets for people who work in a spreadsheet."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import yaml

from channels.cleaning import clean_text
from channels.plain_cells import write_csv, write_workbook
from channels.sheets.table import MAX_CELL
from district.schemas import ArticleSource
from knowledge.articles import CONTENT
from knowledge.errors import KnowledgeError
from knowledge.importing.columns import HEADINGS
from knowledge.importing.plan import label_of
from knowledge.tables import Article

_FIELDS = tuple(name for name in ArticleSource.model_fields if name in CONTENT and name != "body")


class TooLongForACell(KnowledgeError):
    """A sheet would cut this article's text; ``number`` names it."""

    def __init__(self, number: str, field: str) -> None:
        super().__init__(f"{number} 的“{label_of(field)}”超过一格能写的 {MAX_CELL} 字，请导出为 jsonl 或 md")
        self.number = number


def as_record(article: Article) -> dict[str, Any]:
    """An article as a line of JSON Lines states it."""
    return {"id": article.number, **{name: getattr(article, name) for name in CONTENT}}


def as_markdown(article: Article) -> str:
    """An article as a pack states it: front matter and body."""
    front = {"id": article.number, **{name: getattr(article, name) for name in _FIELDS}}
    stated = yaml.safe_dump(front, allow_unicode=True, sort_keys=False, width=1_000_000)
    return f"---\n{stated}---\n\n{article.body.strip()}\n"


LONGEST_NAME = 180
"""Bytes of a file's name before its ending: every file system takes them."""


def file_names(numbers: Iterable[str]) -> dict[str, str]:
    """A file's name for each number, no two the same in whatever case; what no file system takes is as in an address.

    A name that would be too long, or that another has, ends in a mark of the number's own.
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for number in numbers:
        stem = quote(number, safe="")
        if len(stem) > LONGEST_NAME or stem.lower() in taken or stem.startswith("."):
            stem = f"{stem[:LONGEST_NAME].lstrip('.')}-{sha256(number.encode()).hexdigest()[:16]}"
        taken.add(stem.lower())
        names[number] = f"{stem}.md"
    return names


def as_csv(articles: Iterable[Article]) -> str:
    """A sheet as text, guarded against what a spreadsheet takes for a formula. Raises ``TooLongForACell``."""
    out = io.StringIO()
    write_csv(out, _rows(articles))
    return out.getvalue()


def as_workbook(articles: Iterable[Article]) -> bytes:
    """A sheet as XLSX, every cell of it text. Raises ``TooLongForACell``."""
    return write_workbook("问答", list(_rows(articles)))  # a list: all of them sound before the book is begun


def _rows(articles: Iterable[Article]) -> Iterator[Sequence[str]]:
    yield [words[0] for words in HEADINGS.values()]
    for article in articles:
        row = [_cell(getattr(article, "number" if name == "id" else name)) for name in HEADINGS]
        for name, text in zip(HEADINGS, row, strict=True):
            if len(text) > MAX_CELL:
                raise TooLongForACell(article.number, name)
        yield row


def _cell(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "\n".join(clean_text(str(each)) for each in value)
    if isinstance(value, date):
        return value.isoformat()
    return clean_text(value or "")
