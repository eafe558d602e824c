"""What the sealed chain shows: rows altered, lost, put in, and an end cut off."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, func, select

from storage import audit, change_log
from storage.audit import AuditRow, Seal
from storage.change_log import Cursor
from storage.database import Database
from storage.errors import AuditBroken

NOW = datetime(2026, 3, 24, 1, 30, tzinfo=UTC)


def record(database: Database, *, count: int = 1) -> None:
    for number in range(count):
        with database.write.begin() as session:
            audit.record(session, actor="u", role="agent", act="sign", subject="case", subject_id=str(number), now=NOW)


def seal(database: Database) -> int:
    with database.write.begin() as session:
        return audit.seal(session, now=NOW)


def verify(database: Database, *, noted: str = "") -> tuple[int, int]:
    with database.read() as session:
        return audit.verify(session, noted=noted)


def head(database: Database) -> str:
    with database.read() as session:
        return audit.head(session)


@pytest.fixture
def sealed(database: Database) -> Database:
    """Two seals over three rows."""
    record(database, count=2)
    seal(database)
    record(database)
    seal(database)
    assert verify(database) == (2, 3)
    return database


def cut(database: Database) -> None:
    """Take the last seal away, and its rows."""
    with database.write.begin() as session:
        last = session.scalar(select(func.max(Seal.number)))
        session.execute(delete(AuditRow).where(AuditRow.seal == last))
        session.execute(delete(Seal).where(Seal.number == last))


def test_an_end_cut_off_is_missed(sealed: Database) -> None:
    cut(sealed)
    with pytest.raises(AuditBroken, match="missing") as broken:
        verify(sealed)
    assert broken.value.seal == 2


def test_a_head_noted_elsewhere_shows_an_end_cut_off_with_the_sealers_place(sealed: Database) -> None:
    noted = head(sealed)
    record(sealed)
    seal(sealed)
    assert verify(sealed, noted=noted) == (3, 4)
    cut(sealed)
    cut(sealed)
    with sealed.write.begin() as session:
        session.get_one(Cursor, audit.FOLLOWER).position = session.get_one(Seal, 1).position
        session.execute(delete(change_log.Change).where(change_log.Change.id > 2))
    assert verify(sealed) == (1, 2)
    with pytest.raises(AuditBroken, match="noted"):
        verify(sealed, noted=noted)


def test_a_row_put_in_behind_the_sealers_back_is_found(sealed: Database) -> None:
    with sealed.write.begin() as session:
        session.add(
            AuditRow(
                at=NOW, actor="x", role="admin", act="forged", subject="case", subject_id="1", details={}, seal=None
            )
        )
    with pytest.raises(AuditBroken, match="put in"):
        verify(sealed)


def test_a_row_lost_before_it_was_sealed_is_missed_before_and_after(sealed: Database) -> None:
    record(sealed, count=2)
    with sealed.write.begin() as session:
        lost = session.scalars(select(AuditRow).where(AuditRow.seal.is_(None))).first()
        session.delete(lost)
    with pytest.raises(AuditBroken, match="gone"):
        verify(sealed)
    seal(sealed)
    with pytest.raises(AuditBroken, match="2 rows were sealed, 1 are there"):
        verify(sealed)


def test_a_seal_given_another_time_or_place_breaks_the_chain(sealed: Database) -> None:
    with sealed.write.begin() as session:
        session.get_one(Seal, 1).position += 1
    with pytest.raises(AuditBroken) as broken:
        verify(sealed)
    assert broken.value.seal == 1


def test_rows_that_wait_for_the_sealer_break_nothing(sealed: Database) -> None:
    record(sealed)
    assert verify(sealed) == (2, 3)
    assert seal(sealed) == 1
    assert seal(sealed) == 0
    assert verify(sealed) == (3, 4)
