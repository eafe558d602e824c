"""Appended rows are written with their transaction, in their order, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select

from storage import audit, change_log, gathered
from storage.audit import AuditRow
from storage.change_log import Change
from storage.database import Database

NOW = datetime(2026, 3, 24, 1, 30, tzinfo=UTC)


def keys(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(Change.key).order_by(Change.id)))


def test_rows_come_in_the_order_in_which_they_were_appended(database: Database) -> None:
    with database.write.begin() as session:
        for key in ("a", "b"):
            change_log.record(session, "t", key, "made", now=NOW)
        gathered.write(session)
        change_log.record(session, "t", "c", "made", now=NOW)
    assert keys(database) == ["a", "b", "c"]


def test_a_rollback_forgets_them(database: Database) -> None:
    with database.write() as session:
        change_log.record(session, "t", "undone", "made", now=NOW)
        session.connection()
        session.rollback()
        change_log.record(session, "t", "done", "made", now=NOW)
        session.commit()
    assert keys(database) == ["done"]


def test_who_reads_the_log_in_the_same_transaction_finds_them(database: Database) -> None:
    with database.write.begin() as session:
        change_log.record(session, "t", "one", "made", now=NOW)
        assert change_log.keys_after(session, 0, "t") == {"one"}


def test_an_audit_row_keeps_what_was_given(database: Database) -> None:
    with database.write.begin() as session:
        audit.record(
            session, actor="u", role="r", act="a", subject="case", subject_id="1", now=NOW, details={"unit": "U001"}
        )
    with database.read() as session:
        row = session.scalars(select(AuditRow)).one()
    assert (row.at, row.actor, row.details, row.seal) == (NOW, "u", {"unit": "U001"}, None)
