"""What stands under a number before an import brings a text for it, and what would become of that text.

A plan and the landing ask the same function, so that a preview tells what will happen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from knowledge import content
from knowledge.errors import ArticleStateRefused
from knowledge.lifecycle import STATES
from knowledge.tables import Article, ArticleVersion
from knowledge.writing import OPEN

Change = Literal["added", "changed", "unchanged", "left", "refused"]
"""``left``: whoever brings it brought this very text before, or it is out already, and editors made something else of
it since. ``refused``: a version is in review or waits for its moment.
"""
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Standing:
    """An article, the version of it that is open, and the text that one actor brought last."""

    article: Article
    open: ArticleVersion | None
    brought: Mapping[str, Any] | None

    def says(self) -> dict[str, Any]:
        """The newest text: what is being written, else what the row holds."""
        return content.of_article(self.article) if self.open is None else content.of_version(self.open.content)

    def takes(
        self, given: Mapping[str, Any], *, stated: Iterable[str] = content.CONTENT, reviewed: bool = False
    ) -> Change:
        """What becomes of a text. ``stated`` are the fields of it that the file states, the others are as they were;
        ``reviewed`` ones come out at once and leave what is being written alone.
        """
        out = content.of_article(self.article)
        newest = out if reviewed else self.says()
        if given == newest:
            return "unchanged"
        if given == out or (self.brought is not None and all(given[name] == self.brought[name] for name in stated)):
            return "left"
        return "changed" if reviewed or self.held() is None else "refused"

    def held(self) -> ArticleStateRefused | None:
        """Why no text is taken on top of the open version now."""
        if self.open is None or self.open.status == "draft":
            return None
        return ArticleStateRefused(self.article.number, STATES[self.open.status], "更新，请先由知识管理员退回")


def find(session: Session, numbers: Sequence[str], *, actor: str, hold: bool = False) -> dict[str, Standing]:
    """What stands under these numbers; nothing else is read. ``hold`` keeps others off until the transaction ends.

    Under the number of an article that was thrown away nothing does.
    """
    found: dict[str, Standing] = {}
    for at in range(0, len(numbers), _CHUNK):
        named = Article.number.in_(numbers[at : at + _CHUNK])
        wanted = select(Article).where(named, Article.status != "discarded").order_by(Article.number)
        there = list(session.scalars(wanted.with_for_update() if hold else wanted))
        keys = [article.id for article in there]
        being_written = {version.article_id: version for version in _open(session, keys)}
        brought = dict(_brought(session, keys, actor))
        found |= {each.number: Standing(each, being_written.get(each.id), brought.get(each.id)) for each in there}
    return found


def thrown_away(session: Session, numbers: Sequence[str]) -> dict[str, Article]:
    """The articles of these numbers that were thrown away, held until the transaction ends."""
    found: dict[str, Article] = {}
    for at in range(0, len(numbers), _CHUNK):
        named = Article.number.in_(numbers[at : at + _CHUNK])
        wanted = select(Article).where(named, Article.status == "discarded").order_by(Article.number)
        found |= {each.number: each for each in session.scalars(wanted.with_for_update())}
    return found


def _open(session: Session, keys: Sequence[str]) -> Iterator[ArticleVersion]:
    wanted = select(ArticleVersion).where(ArticleVersion.article_id.in_(keys), ArticleVersion.status.in_(OPEN))
    yield from session.scalars(wanted.order_by(ArticleVersion.version))


def _brought(session: Session, keys: Sequence[str], actor: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """By article the last text of the actor."""
    his = select(ArticleVersion.article_id, func.max(ArticleVersion.version).label("version"))
    last = his.where(ArticleVersion.article_id.in_(keys), ArticleVersion.by == actor)
    newest = last.group_by(ArticleVersion.article_id).subquery()
    wanted = select(ArticleVersion.article_id, ArticleVersion.content).join(
        newest,
        (ArticleVersion.article_id == newest.c.article_id) & (ArticleVersion.version == newest.c.version),
    )
    for key, kept in session.execute(wanted):
        yield key, content.of_version(kept)
