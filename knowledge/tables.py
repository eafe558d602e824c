"""Knowledge's tables: an article as it stands, and every version it had."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, Key, new_id


class Article(Base):
    """知识条目. ``number`` is for people (``KB-0001``); ``status`` is draft, published or withdrawn."""

    __tablename__ = "articles"

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(64), unique=True)
    question: Mapped[str] = mapped_column(Text)
    similar: Mapped[list[Any]]
    category: Mapped[str] = mapped_column(String(6), default="", index=True)
    unit: Mapped[str] = mapped_column(String(10), default="")
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
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    updated_by: Mapped[str] = mapped_column(String(80))


class ArticleVersion(Base):
    """One version of an article, whole: what it said on a day can always be shown."""

    __tablename__ = "article_versions"
    __table_args__ = (UniqueConstraint("article_id", "version"),)

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    article_id: Mapped[str] = mapped_column(Key, ForeignKey("articles.id"))
    version: Mapped[int] = mapped_column(Integer)
    content: Mapped[dict[str, Any]]
    status: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(80))
