"""What a member of staff may read of the knowledge base: what is or was out, everybody; what never was, few.

Drafts, versions in review and such as wait for their moment are read by knowledge editors, supervisors,
administrators, auditors, and the lead of the unit that answers for the article or of one above it. To others they do
not exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from district.pack import District
from district.process import Role
from knowledge import articles, attachments, versions, writing
from knowledge.acts import Acting
from knowledge.errors import ArticleNotFound, AttachmentNotFound, VersionNotFound
from knowledge.tables import Article, ArticleAct, ArticleAttachment, ArticleVersion

READS_ALL = frozenset({Role.KNOWLEDGE_EDITOR, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR})
NEVER_OUT = frozenset({"draft", "discarded"})
"""States of articles that only few read."""
_WERE_OUT = frozenset({"published", "expired", "withdrawn"})
_OF_WHAT_IS_OUT = frozenset({"published", "confirmed", "due", "expired", "withdrawn"})


@dataclass(frozen=True, slots=True)
class ArticleReader:
    """One reader's view of all articles."""

    district: District
    actor: Acting

    @property
    def units(self) -> frozenset[str] | None:
        """The units whose unpublished articles he may read; None for all."""
        if self.actor.role in READS_ALL:
            return None
        return self.district.units.descendants(self.actor.unit) if self.actor.role is Role.UNIT_LEAD else frozenset()

    def reads_drafts(self, article: Article) -> bool:
        """Whether he may read what is not out of this article."""
        return self.units is None or article.unit in self.units

    def article(self, session: Session, key: str) -> Article:
        """The article by id or number. Raises ``ArticleNotFound``, also for one that he may not read."""
        found = articles.get(session, key)
        if found.status in NEVER_OUT and not self.reads_drafts(found):
            raise ArticleNotFound(key)
        return found

    def being_written(self, session: Session, article: Article) -> ArticleVersion | None:
        """The version being written, if there is one and he may read it."""
        return writing.open_version(session, article) if self.reads_drafts(article) else None

    def versions(self, session: Session, key: str) -> Sequence[ArticleVersion]:
        """The versions that he may read, the newest first. Raises ``ArticleNotFound``."""
        article = self.article(session, key)
        listed = versions.listed(session, key)
        if self.reads_drafts(article):
            return listed
        out = _versions_out(session, article)
        return [each for each in listed if each.status in _WERE_OUT or each.version in out]

    def version(self, session: Session, key: str, number: int) -> ArticleVersion:
        """A version by its number. Raises ``ArticleNotFound``, ``VersionNotFound``, also for what he may not read."""
        article = self.article(session, key)
        found = versions.one(session, key, number)
        hidden = found.status not in _WERE_OUT and number not in _versions_out(session, article)
        if hidden and not self.reads_drafts(article):
            raise VersionNotFound(article.number, number)
        return found

    def attachment(self, session: Session, key: str, file: str) -> ArticleAttachment:
        """A file of any version that he may read, by the name it has in the newest of them.

        Raises ``ArticleNotFound``, ``AttachmentNotFound``.
        """
        found = attachments.find(session, self.versions(session, key), file)
        if found is None:
            raise AttachmentNotFound(self.article(session, key).number, file)
        return found

    def history(self, session: Session, key: str) -> Sequence[ArticleAct]:
        """What was done to the article, the latest first; of who wrote and sent back only whoever may read that.

        Raises ``ArticleNotFound``.
        """
        article = self.article(session, key)
        acts = versions.history(session, key)
        return acts if self.reads_drafts(article) else [each for each in acts if each.act in _OF_WHAT_IS_OUT]


def _versions_out(session: Session, article: Article) -> frozenset[int]:
    """The versions that came out once."""
    wanted = select(ArticleAct.version).where(ArticleAct.article_id == article.id, ArticleAct.act == "published")
    return frozenset(session.scalars(wanted))
