"""What a file gave: articles to be, and what could not be taken, each with its place."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

MAX_BYTES = 20_000_000
"""Of one file: as much as the channels take of an attachment."""
_COUNTED = {".docx": "段", ".pdf": "页"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands. ``row`` counts from 1: rows of a sheet, lines of a text, paragraphs of a Word document,
    pages of a PDF; 0 where the file has no such thing to show.
    """

    file: str
    sheet: str = ""
    row: int = 0
    column: str = ""

    @property
    def where(self) -> str:
        """The row as people find it in the file: 第 3 行, 第 3 页."""
        counted = _COUNTED.get(PurePath(self.file).suffix.lower(), "行")
        return f"第 {self.row} {counted}" if self.row else ""

    def __str__(self) -> str:
        parts = [
            self.file,
            f"工作表“{self.sheet}”" if self.sheet else "",
            self.where,
            f"“{self.column}”" if self.column else "",
        ]
        return " ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Fault:
    """What keeps something from being imported, as a Chinese sentence."""

    place: Place
    message: str

    def __str__(self) -> str:
        return f"{self.place}：{self.message}"


@dataclass(frozen=True, slots=True)
class Draft:
    """An article to be. ``fields`` are those of ``ArticleSource`` that the file states; its number is always there.

    ``whole``: the file states everything, so that what it leaves out is empty; else it says nothing of the rest.
    """

    fields: Mapping[str, Any]
    place: Place
    whole: bool = False
    hints: Sequence[str] = ()


@dataclass(slots=True)
class Reading:
    """What one file gave. ``series`` begins the numbers of a document's passages, and is empty for other files."""

    file: str
    drafts: list[Draft] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    title: str = ""
    series: str = ""

    def refuse(self, message: str, *, sheet: str = "", row: int = 0, column: str = "") -> None:
        """Note what could not be taken."""
        self.faults.append(Fault(Place(self.file, sheet, row, column), message))


def number_of_question(question: str) -> str:
    """The number of a question that has none of its own: the same question has the same, whatever its answer."""
    return f"Q-{_digest(question, 12)}"


def series_of(title: str) -> str:
    """How the numbers of a document's passages begin. A revision keeps its title, so its passages are brought up
    to date; a copy under another file name is the same document.
    """
    return f"D-{_digest(title, 10)}-"


def number_of_passage(series: str, path: Sequence[str]) -> str:
    """The number of the passage at this path of a document."""
    return series + _digest("\n".join(path), 10)


def _digest(text: str, length: int) -> str:
    folded = "".join(each for each in unicodedata.normalize("NFKC", text).lower() if each.isalnum() or each == "\n")
    written = hashlib.sha256((folded or text).encode("utf-8", "replace")).hexdigest()
    pieces = (written[at : at + length] for at in range(len(written) - length))
    return next((piece for piece in pieces if not piece.isalpha()), written[:length])  # a number has a digit


def stem(file: str) -> str:
    """The file's name without folders and ending, for a document without a title."""
    return PurePath(file.replace("\\", "/")).stem or file
