"""Articles of a desk that is brought up to date keep their text, their state and what was done to them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from alembic import command
from sqlalchemy import insert, text

from knowledge import articles, versions, writing
from storage import migrate
from storage.audit import AuditRow
from storage.database import Database, new_id

THEN = datetime(2026, 3, 1, 2, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def old(database: Database) -> Database:
    """A database as it was before articles had a life."""
    with database.writer.begin() as connection:
        command.downgrade(migrate._config(connection), "0011")
    return database


def put(database: Database, table: str, **values: Any) -> None:
    names, places = ", ".join(f'"{name}"' for name in values), ", ".join(f":{name}" for name in values)
    with database.writer.begin() as connection:
        connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({places})"), values)


def stamp(database: Database, at: datetime) -> Any:
    return at.replace(tzinfo=None).isoformat(" ") + ".000000" if database.is_sqlite else at


def article(database: Database, number: str, status: str, version: int) -> str:
    key = new_id().replace("-", "") if database.is_sqlite else new_id()
    lists = dict.fromkeys(("similar", "keywords", "materials", "steps", "basis"), "[]")
    texts = dict.fromkeys(("category", "unit", "audience", "fee", "body"), "") | {
        "short_answer": "答",
        "question": "问",
    }
    at = stamp(database, THEN)
    put(
        database, "articles", id=key, number=number, **lists, **texts,
        status=status, version=version, created_at=at, updated_at=at, updated_by="author",
    )  # fmt: skip
    return key


def version(database: Database, key: str, number: int, status: str, days: int) -> None:
    made = new_id().replace("-", "") if database.is_sqlite else new_id()
    at = stamp(database, THEN + timedelta(days=days))
    content = f'{{"question": "问{number}", "short_answer": "答"}}'
    put(
        database, "article_versions",
        id=made, article_id=key, version=number, content=content, status=status, at=at, by="author",
    )  # fmt: skip


def turned(database: Database, key: str, act: str, number: int, days: int) -> None:
    with database.writer.begin() as connection:
        row = {"id": new_id(), "at": THEN + timedelta(days=days), "actor": "editor", "role": "knowledge_editor"}
        subject = {"subject": "article", "subject_id": str_id(key), "details": {"number": "KB", "version": number}}
        connection.execute(insert(AuditRow).values(**row, act=f"article.{act}", **subject, seal=None))


def str_id(key: str) -> str:
    return key if "-" in key else f"{key[:8]}-{key[8:12]}-{key[12:16]}-{key[16:20]}-{key[20:]}"


def test_what_was_published_stays_out_and_stood_on_the_days_it_did(old: Database) -> None:
    key = article(old, "KB-1", "published", 2)
    version(old, key, 1, "published", 0)
    version(old, key, 2, "published", 10)
    turned(old, key, "published", 2, 12)
    migrate.upgrade(old)
    with old.read() as session:
        found = articles.get(session, "KB-1")
        assert (found.status, found.version, found.street) == ("published", 2, "")
        assert found.published_at == THEN + timedelta(days=12)
        assert found.review_due == date(2027, 3, 13)
        assert [(each.version, each.status, each.editors) for each in versions.listed(session, "KB-1")] == [
            (2, "published", ["author"]),
            (1, "replaced", ["author"]),
        ]
        stood = [
            versions.as_of(session, "KB-1", (THEN + timedelta(days=day)).date(), zone=ZONE) for day in (-1, 0, 11, 12)
        ]
        assert [each.version if each else None for each in stood] == [None, 1, 1, 2]


def test_what_was_withdrawn_and_what_was_a_draft_stay_so(old: Database) -> None:
    gone = article(old, "KB-1", "withdrawn", 1)
    version(old, gone, 1, "withdrawn", 0)
    turned(old, gone, "withdrawn", 1, 5)
    draft = article(old, "KB-2", "draft", 1)
    version(old, draft, 1, "draft", 0)
    migrate.upgrade(old)
    with old.read() as session:
        assert [articles.get(session, number).status for number in ("KB-1", "KB-2")] == ["withdrawn", "draft"]
        assert [act.act for act in versions.history(session, "KB-1")] == ["withdrawn", "published", "imported"]
        being_written = writing.open_version(session, articles.get(session, "KB-2"))
        assert being_written is not None
        assert being_written.status == "draft"
        assert articles.get(session, "KB-2").review_due is None
