"""Files of an article (附件): forms, guides. Each version has its own list, a new one that of the one before.

A change of the list is a version like a change of the text: so it is reviewed, comes out and is kept with its day.
What a file may be is checked where it comes in; names are clean when they come here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge.errors import TooManyAttachments
from knowledge.tables import Article, ArticleAttachment, ArticleVersion
from storage.database import is_id, new_id

MOST = 10
"""Files of one article."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A file of a version. ``file`` names these bytes at this article for good, ``blob`` is their digest."""

    name: str
    media_type: str
    size: int
    blob: str
    file: str = field(default_factory=new_id)


Attach = Callable[[Sequence[Attached]], Sequence[Attached]]
"""From the files as they are to those that are wanted, in their order."""


def of(version: ArticleVersion | None) -> tuple[Attached, ...]:
    """The files of a version in their order; none of None."""
    rows = version.attachments if version is not None else ()
    return tuple(Attached(row.name, row.media_type, row.size, row.blob, row.file) for row in rows)


def put(version: ArticleVersion, files: Sequence[Attached]) -> None:
    """Give a new version these files."""
    version.attachments = [
        ArticleAttachment(
            file=each.file, position=at, name=each.name, media_type=each.media_type, size=each.size, blob=each.blob
        )
        for at, each in enumerate(files, 1)
    ]


def sound(files: Sequence[Attached]) -> tuple[Attached, ...]:
    """The files with no two names the same in whatever case: a later one gets a number.

    Raises ``TooManyAttachments``.
    """
    if len(files) > MOST:
        raise TooManyAttachments(MOST)
    found: list[Attached] = []
    for each in files:
        taken = {other.name.casefold() for other in found}
        stem, dot, ending = each.name.rpartition(".")
        names = (each.name, *(f"{(stem or ending)[:100]}({again}){dot}{ending}" for again in range(2, MOST + 2)))
        found.append(replace(each, name=next(name for name in names if name.casefold() not in taken)))
    return tuple(found)


def told(before: Sequence[Attached], after: Sequence[Attached]) -> str:
    """What became of the files, as the history tells it; empty where nothing did."""
    old, new = ({each.file: each.name for each in files} for files in (before, after))
    said = [f"添加 {name}" for file, name in new.items() if file not in old]
    said += [f"删去 {name}" for file, name in old.items() if file not in new]
    said += [f"{old[file]} 改名为 {name}" for file, name in new.items() if old.get(file, name) != name]
    stayed = [file for file in old if file in new]
    if stayed != [file for file in new if file in old]:
        said.append("调整顺序")
    return "；".join(said)


def find(session: Session, versions: Iterable[ArticleVersion], file: str) -> ArticleAttachment | None:
    """The file as the newest of these versions has it; None if none of them does."""
    if not is_id(file):
        return None
    numbers = {version.id: version.version for version in versions}
    rows = session.scalars(select(ArticleAttachment).where(ArticleAttachment.file == file)).all()
    return max(
        (row for row in rows if row.version_id in numbers), key=lambda row: numbers[row.version_id], default=None
    )


def exported(session: Session) -> Sequence[tuple[str, ArticleAttachment]]:
    """The files that go with the text of each article's row, with its number, in their order."""
    of_text = (ArticleVersion.article_id == Article.id) & (ArticleVersion.version == Article.version)
    wanted = select(Article.number, ArticleAttachment).select_from(Article).join(ArticleVersion, of_text)
    wanted = wanted.join(ArticleAttachment, ArticleAttachment.version_id == ArticleVersion.id)
    kept = wanted.where(Article.status != "discarded").order_by(Article.number, ArticleAttachment.position)
    return [(number, row) for number, row in session.execute(kept)]


def blobs(session: Session) -> set[str]:
    """The digests that any version names."""
    return set(session.scalars(select(ArticleAttachment.blob)))
