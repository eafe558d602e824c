"""Versions of articles: the one being written, the one that is out, all that were, and how two differ."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from html import escape
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge import attachments, content
from knowledge.articles import get
from knowledge.attachments import Attached
from knowledge.errors import VersionNotFound
from knowledge.tables import ArticleAct, ArticleVersion

MOST_VERSIONS = 2**31 - 1
"""What a column of numbers can hold."""
FILES = "attachments"
"""What a difference of files is called among the fields."""
ENDED = frozenset({"withdrawn", "expired"})
LONGEST = 2000
"""Pieces between the first and the last change that are still matched with one another: time grows with their square.
What is longer is shown as taken out whole and put in whole."""
_PIECE = re.compile(r"[^。！？!?；;\n]*(?:[。！？!?；;]+|\n|$)")


def listed(session: Session, key: str) -> Sequence[ArticleVersion]:
    """All versions, the newest first. Raises ``ArticleNotFound``."""
    article = get(session, key)
    wanted = select(ArticleVersion).where(ArticleVersion.article_id == article.id)
    return session.scalars(wanted.order_by(ArticleVersion.version.desc())).all()


def one(session: Session, key: str, number: int) -> ArticleVersion:
    """A version by its number. Raises ``ArticleNotFound``, ``VersionNotFound``."""
    article = get(session, key)
    wanted = select(ArticleVersion).where(ArticleVersion.article_id == article.id, ArticleVersion.version == number)
    found = session.scalar(wanted) if 0 < number <= MOST_VERSIONS else None
    if found is None:
        raise VersionNotFound(article.number, number)
    return found


def history(session: Session, key: str) -> Sequence[ArticleAct]:
    """What was done to the article, the latest first. Raises ``ArticleNotFound``."""
    article = get(session, key)
    wanted = select(ArticleAct).where(ArticleAct.article_id == article.id)
    return session.scalars(wanted.order_by(ArticleAct.at.desc(), ArticleAct.id.desc())).all()


def as_of(session: Session, key: str, day: date, *, zone: tzinfo) -> ArticleVersion | None:
    """The version that was out at the end of that day and in force on it; None if there was none.

    The day ends at midnight in ``zone``. Raises ``ArticleNotFound``.
    """
    article = get(session, key)
    day = min(day, LAST_DAY)
    end = datetime.combine(day + timedelta(days=1), time(), zone)
    turns = select(ArticleAct).where(ArticleAct.article_id == article.id, ArticleAct.at < end)
    last = session.scalar(
        turns.where(ArticleAct.act.in_(("published", *ENDED))).order_by(ArticleAct.at.desc(), ArticleAct.id.desc())
    )
    if last is None or last.act != "published":
        return None
    found = one(session, article.id, last.version)
    return found if content.in_force(content.of_version(found.content), day) else None


LAST_DAY = date(9998, 12, 31)
"""Beyond it there is no next day to reckon with; no text is asked for so far ahead."""

Kind = Literal["same", "added", "removed"]
_TAGS: Mapping[Kind, tuple[str, str]] = {"same": ("", ""), "added": ("<ins>", "</ins>"), "removed": ("<del>", "</del>")}


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence, a line, or an item of a list, and what became of it."""

    kind: Kind
    text: str

    @property
    def html(self) -> str:
        """The piece escaped; <ins> and <del> are the only tags."""
        before, after = _TAGS[self.kind]
        return f"{before}{escape(self.text)}{after}"


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed in one field."""

    field: str
    label: str
    pieces: tuple[Piece, ...]

    @property
    def html(self) -> str:
        """The field with its changes marked, escaped; items of a list stand on lines of their own."""
        return ("\n" if self.field in (*content.LISTS, FILES) else "").join(piece.html for piece in self.pieces)


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """The fields in which two versions' contents differ, in the order in which they are shown."""
    old, new = content.plain(content.of_version(before)), content.plain(content.of_version(after))
    return [
        Difference(name, label, tuple(_pieces(_cut(old[name]), _cut(new[name]))))
        for name, label in content.LABELS.items()
        if old[name] != new[name]
    ]


def differences(before: ArticleVersion, after: ArticleVersion) -> list[Difference]:
    """How two versions differ: the fields in which their texts do, then their files."""
    found = compare(before.content, after.content)
    pieces = tuple(_of_files(attachments.of(before), attachments.of(after)))
    return [*found, Difference(FILES, "附件", pieces)] if any(each.kind != "same" for each in pieces) else found


def _of_files(old: Sequence[Attached], new: Sequence[Attached]) -> Iterator[Piece]:
    """Files by name and bytes: one that was replaced under its name is told as such."""
    matcher = difflib.SequenceMatcher(a=[(e.name, e.blob) for e in old], b=[(e.name, e.blob) for e in new])
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag == "equal":
            yield from (Piece("same", each.name) for each in old[i:j])
        else:
            yield from (Piece("removed", each.name) for each in old[i:j])
            gone = {each.name for each in old[i:j]}
            yield from (Piece("added", f"{e.name}{'（内容已更换）' if e.name in gone else ''}") for e in new[k:m])


def _cut(value: Any) -> list[str]:
    """Items of a list as they are; text into sentences and lines, which joined give the text again."""
    if isinstance(value, list):
        return [str(item) for item in value]
    return [piece for piece in _PIECE.findall(value or "") if piece]


def _pieces(old: Sequence[str], new: Sequence[str]) -> Iterator[Piece]:
    first = _alike(old, new)
    last = _alike(old[first:][::-1], new[first:][::-1])
    yield from (Piece("same", text) for text in old[:first])
    yield from _aligned(old[first : len(old) - last], new[first : len(new) - last])
    yield from (Piece("same", text) for text in old[len(old) - last :])


def _alike(old: Sequence[str], new: Sequence[str]) -> int:
    """How many pieces the two have in common from their beginning."""
    pairs = enumerate(zip(old, new, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(old), len(new)))


def _aligned(old: Sequence[str], new: Sequence[str]) -> Iterator[Piece]:
    aligned = len(old) <= LONGEST and len(new) <= LONGEST
    whole = [("replace", 0, len(old), 0, len(new))]
    for tag, i, j, k, m in difflib.SequenceMatcher(a=old, b=new).get_opcodes() if aligned else whole:
        if tag == "equal":
            yield from (Piece("same", text) for text in old[i:j])
        else:
            yield from (Piece("removed", text) for text in old[i:j])
            yield from (Piece("added", text) for text in new[k:m])
