"""Knowledge's tables: an article as it is out, every version with its files, every act, and what readers say of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.database import Base, Key, new_id


class Article(Base):
    """知识条目. ``number`` is for people (``KB-0001``). The row holds the text that is out, never one being written.

    ``status``: draft (no version was ever out; the row shows the latest text), discarded (nor ever will be, unless it
    is restored), published, expired, withdrawn. Only what is published may answer. The version being written stands in
    ``article_versions`` alone. ``street`` is the code of the street it is for, empty for everywhere.
    """

    __tablename__ = "articles"

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(64), unique=True)
    question: Mapped[str] = mapped_column(Text)
    similar: Mapped[list[Any]]
    category: Mapped[str] = mapped_column(String(6), default="", index=True)
    unit: Mapped[str] = mapped_column(String(10), default="")
    street: Mapped[str] = mapped_column(String(10), default="")
    audience: Mapped[str] = mapped_column(String(60), default="")
    keywords: Mapped[list[Any]]
    materials: Mapped[list[Any]]
    steps: Mapped[list[Any]]
    fee: Mapped[str] = mapped_column(Text, default="")
    basis: Mapped[list[Any]]
    short_answer: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text, default="")
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    status: Mapped[str] = mapped_column(String(12), default="draft")
    version: Mapped[int] = mapped_column(Integer, default=1, doc="the version whose text the row holds")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    updated_by: Mapped[str] = mapped_column(String(80))
    published_at: Mapped[datetime | None] = mapped_column(doc="when this version came out")
    reviewed_at: Mapped[datetime | None] = mapped_column(doc="when somebody last said that it is right")
    review_due: Mapped[date | None] = mapped_column(doc="the day from which it has to be looked at again")
    review_asked_at: Mapped[datetime | None] = mapped_column(doc="待复核 since; it still answers")
    reminded: Mapped[int | None] = mapped_column(Integer, doc="days before the expiry of which was last reminded")

    @property
    def state(self) -> str:
        """The status as people are told it: ``due`` (待复核) is published and past its review."""
        return "due" if self.status == "published" and self.review_asked_at is not None else self.status


class ArticleVersion(Base):
    """One version of an article, whole: what it said on a day can always be shown.

    ``status``: draft, review (待审), approved (waits for ``publish_at``), published, replaced (by a later version),
    expired, withdrawn, discarded (at ``discarded_at``; a draft again when it is restored). ``editors`` are all who
    wrote at it since the version that was out: none of them publishes it.
    """

    __tablename__ = "article_versions"
    __table_args__ = (UniqueConstraint("article_id", "version"), Index("ix_article_versions_status", "status"))

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    article_id: Mapped[str] = mapped_column(Key, ForeignKey("articles.id"))
    version: Mapped[int] = mapped_column(Integer)
    content: Mapped[dict[str, Any]]
    status: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(80))
    editors: Mapped[list[Any]]
    publish_at: Mapped[datetime | None]
    discarded_at: Mapped[datetime | None]
    attachments: Mapped[list[ArticleAttachment]] = relationship(order_by="ArticleAttachment.position")


class ArticleAttachment(Base):
    """附件 of one version: bytes in the blob store under ``blob``.

    ``file`` names it for good: the next version's row of the same file has it too, whatever it is called there.
    """

    __tablename__ = "article_attachments"
    __table_args__ = (Index("ix_article_attachments_file", "file"), Index("ix_article_attachments_blob", "blob"))

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    version_id: Mapped[str] = mapped_column(Key, ForeignKey("article_versions.id"), index=True)
    file: Mapped[str] = mapped_column(Key, default=new_id)
    position: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(120))
    media_type: Mapped[str] = mapped_column(String(120))
    size: Mapped[int] = mapped_column(Integer)
    blob: Mapped[str] = mapped_column(String(64))


class ArticleAct(Base):
    """Who did what to which version of an article, when and why. The standing text of any day follows from these."""

    __tablename__ = "article_acts"
    __table_args__ = (Index("ix_article_acts_article_id_at", "article_id", "at"),)

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    article_id: Mapped[str] = mapped_column(Key, ForeignKey("articles.id"))
    version: Mapped[int] = mapped_column(Integer)
    act: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(80))
    by_name: Mapped[str] = mapped_column(String(120))
    role: Mapped[str] = mapped_column(String(30))
    reason: Mapped[str] = mapped_column(Text, default="")


class ArticleFeedback(Base):
    """What a reader thinks of an article: useful, wrong or outdated. It says nothing of who he is.

    ``source`` is agent or public; an agent may name the ticket he was at.
    """

    __tablename__ = "article_feedback"
    __table_args__ = (
        Index("ix_article_feedback_article_id", "article_id"),
        Index("ix_article_feedback_outcome_kind", "outcome", "kind"),
    )

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    article_id: Mapped[str] = mapped_column(Key, ForeignKey("articles.id"))
    version: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(10))
    source: Mapped[str] = mapped_column(String(10))
    ticket: Mapped[str] = mapped_column(String(30), default="", doc="the ticket's number")
    at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(10), default="", doc="empty while open; fixed or kept")
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[str] = mapped_column(String(80), default="")
