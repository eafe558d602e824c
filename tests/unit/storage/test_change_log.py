"""Followers see every entry of the change log once, however the writers of PostgreSQL overlap."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from storage import audit, change_log, gathered
from storage.database import Database
from storage.numbers import next_number

NOW = datetime(2026, 3, 24, 1, 30, tzinfo=UTC)


def write(database: Database, *keys: str) -> None:
    with database.write.begin() as session:
        for key in keys:
            change_log.record(session, "articles", key, "made", now=NOW)


def follow(database: Database, *, limit: int = 500) -> list[str]:
    with database.write.begin() as session:
        found = change_log.read(session, change_log.position(session, "me"), limit=limit)
        if found:
            change_log.advance(session, "me", found[-1].position)
        return [change.key for change in found]


@pytest.fixture
def overlapping(postgres_url: str) -> Database:
    from storage import migrate

    made = Database(postgres_url)
    migrate.upgrade(made)
    return made


def begun(database: Database, name: str) -> Session:
    """A transaction that has its number already and has written no entry yet."""
    session = database.write()
    session.begin()
    next_number(session, name)
    return session


@pytest.mark.postgres
def test_an_entry_is_not_lost_whose_writer_began_later_took_the_lower_id_and_committed_last(
    overlapping: Database,
) -> None:
    first, second = begun(overlapping, "first"), begun(overlapping, "second")
    change_log.record(second, "t", "low id", "made", now=NOW)
    gathered.write(second)
    change_log.record(first, "t", "high id", "made", now=NOW)
    first.commit()
    before = follow(overlapping)
    second.commit()
    first.close()
    second.close()
    assert before + follow(overlapping) == ["high id", "low id"]
    assert follow(overlapping) == []
    overlapping.dispose()


@pytest.mark.postgres
def test_every_audit_row_is_sealed_whose_writers_overlapped(overlapping: Database) -> None:
    first, second = begun(overlapping, "first"), begun(overlapping, "second")
    for session in (second, first):
        audit.record(session, actor="u", role="agent", act="sign", subject="case", subject_id="1", now=NOW)
        gathered.write(session)
    first.commit()
    with overlapping.write.begin() as session:
        audit.seal(session, now=NOW)
    second.commit()
    first.close()
    second.close()
    with overlapping.write.begin() as session:
        audit.seal(session, now=NOW)
    with overlapping.read() as session:
        assert audit.verify(session) == (2, 2)
    overlapping.dispose()


def test_a_follower_that_reads_a_few_at_a_time_reads_all_of_them_once(database: Database) -> None:
    write(database, "a", "b", "c")
    write(database, "d")
    write(database, "e", "f")
    seen = []
    while found := follow(database, limit=2):
        seen += found
    assert seen == list("abcdef")


def test_the_tip_is_where_a_follower_stands_that_has_read_all(database: Database) -> None:
    write(database, "a", "b")
    write(database, "c")
    with database.read() as session:
        tip = change_log.tip(session)
        assert change_log.read(session, tip) == []
        assert change_log.read(session, 0)[-1].position == tip
