"""Rules of the database, on SQLite and on PostgreSQL."""

from __future__ import annotations

import inspect as inspect_code
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from argon2 import extract_parameters
from sqlalchemy import inspect, make_url, select, text
from sqlalchemy.exc import StatementError

import knowledge.bot_tables
import knowledge.gap_tables
import knowledge.tables  # noqa: F401  (these tables belong to the schema)
import storage.database
from storage import audit, change_log, deliveries, gathered, identity, migrate, quarantine
from storage.audit import AuditRow, Seal
from storage.blobs import BlobStore
from storage.change_log import Change
from storage.channel_state import DatabaseChannelState
from storage.database import Base, Database
from storage.errors import AuditBroken, BlobCorrupt, BlobMissing, LoginTaken, UnknownRow
from storage.locks import try_lock
from storage.numbers import next_number

NOW = datetime(2026, 3, 24, 1, 30, tzinfo=UTC)


def test_migrations_make_every_table_and_column_the_code_knows(database: Database) -> None:
    found = inspect(database.reader)
    for table in Base.metadata.sorted_tables:
        columns = {column["name"] for column in found.get_columns(table.name)}
        assert columns == {column.name for column in table.columns}, table.name
        indexes = {index["name"] for index in found.get_indexes(table.name)}
        assert {str(index.name) for index in table.indexes} <= indexes, table.name


def test_a_schema_that_is_up_to_date_is_left_alone(database: Database) -> None:
    migrate.upgrade(database)
    current, newest = migrate.revision(database)
    assert current == newest


@pytest.mark.parametrize(("pragma", "value"), [("synchronous", 2), ("journal_mode", "wal"), ("foreign_keys", 1)])
def test_sqlite_is_opened_so_that_a_commit_outlives_a_power_cut(tmp_path: Path, pragma: str, value: object) -> None:
    as_shipped = inspect_code.unwrap(storage.database._open_sqlite)
    engine = as_shipped(make_url(f"sqlite:///{tmp_path / 'a.sqlite'}"), begin="BEGIN", pool_size=1, overflow=0)
    with engine.connect() as connection:
        assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value
    engine.dispose()


@pytest.mark.parametrize("database", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
@pytest.mark.parametrize(("name", "value"), [("jit", "off"), ("random_page_cost", "1.1"), ("TimeZone", "UTC")])
def test_a_session_of_postgresql_compiles_no_query_and_prefers_an_index(
    database: Database, name: str, value: str
) -> None:
    with database.read() as session:
        assert session.scalar(text("SELECT current_setting(:name)"), {"name": name}) == value


def test_times_come_back_in_utc_whatever_zone_they_went_in_with(database: Database) -> None:
    china = timezone(timedelta(hours=8))
    with database.write.begin() as session:
        change_log.record(session, "t", "k", "made", now=NOW.astimezone(china))
    with database.read() as session:
        stored = session.scalars(select(Change)).one()
    assert stored.at == NOW
    assert stored.at.utcoffset() == timedelta(0)


def test_a_naive_time_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="naive"), database.write.begin() as session:
        change_log.record(session, "t", "k", "made", now=datetime(2026, 3, 24, 9, 30))


def test_numbers_are_never_given_twice_nor_skipped(database: Database) -> None:
    def take(_: int) -> list[int]:
        numbers = []
        for _ in range(10):
            with database.write.begin() as session:
                numbers.append(next_number(session, "ticket:20260324"))
        return numbers

    with ThreadPoolExecutor(8) as pool:
        given = [number for numbers in pool.map(take, range(8)) for number in numbers]
    assert sorted(given) == list(range(1, 81))


def test_a_rolled_back_number_leaves_no_gap(database: Database) -> None:
    def fail() -> None:
        with database.write.begin() as session:
            next_number(session, "n")
            raise ValueError

    with pytest.raises(ValueError):
        fail()
    with database.write.begin() as session:
        assert next_number(session, "n") == 1


def test_a_follower_never_passes_over_a_change_that_commits_late(database: Database) -> None:
    """Two writers overlap; the first to take an id is the last to commit. SQLite lets only one write at a time."""
    if database.is_sqlite:
        with database.write.begin() as session:
            change_log.record(session, "t", "one", "made", now=NOW)
        with database.read() as session:
            assert [change.key for change in change_log.read(session, 0)] == ["one"]
        return
    slow = database.write()
    slow.begin()
    change_log.record(slow, "t", "slow", "made", now=NOW)
    gathered.write(slow)
    with database.write.begin() as quick:
        change_log.record(quick, "t", "quick", "made", now=NOW)
    with database.read() as session:
        assert change_log.read(session, 0) == []
        assert change_log.tip(session) == 0
    slow.commit()
    slow.close()
    with database.read() as session:
        assert [change.key for change in change_log.read(session, 0)] == ["slow", "quick"]


def test_a_follower_reads_on_from_its_cursor_and_only_its_topics(database: Database) -> None:
    for key, topic in (("a", "articles"), ("b", "articles"), ("c", "articles"), ("x", "cases")):
        with database.write.begin() as session:
            change_log.record(session, topic, key, "made", now=NOW)
    with database.write.begin() as session:
        first = change_log.read(session, change_log.position(session, "me"), topics=["articles"], limit=2)
        change_log.advance(session, "me", first[-1].position)
    with database.read() as session:
        rest = change_log.read(session, change_log.position(session, "me"), topics=["articles"])
    assert [change.key for change in first] == ["a", "b"]
    assert [change.key for change in rest] == ["c"]


def test_compare_and_set_lets_one_of_many_win(database: Database) -> None:
    barrier = threading.Barrier(6)

    def refresh(number: int) -> bool:
        state = DatabaseChannelState(database, "wechat", "main")
        barrier.wait()
        return state.compare_and_set("token", None, str(number))

    with ThreadPoolExecutor(6) as pool:
        won = list(pool.map(refresh, range(6)))
    assert won.count(True) == 1
    state = DatabaseChannelState(database, "wechat", "main")
    assert state.get("token") == str(won.index(True))
    assert not state.compare_and_set("token", "other", "x")
    assert state.compare_and_set("token", state.get("token"), "y")


def queue(database: Database, purpose: str, recipient: str = "o1", text: str = "您好") -> str:
    with database.write.begin() as session:
        return deliveries.queue(
            session, purpose=purpose, channel="wechat", account="main", recipient=recipient, text=text, now=NOW
        ).id


def test_a_purpose_is_queued_once(database: Database) -> None:
    assert queue(database, "received:1") == queue(database, "received:1", text="又一次")


def test_a_delivery_waits_for_the_one_before_it_to_the_same_resident(database: Database) -> None:
    first, second, other = queue(database, "1"), queue(database, "2"), queue(database, "3", recipient="o2")
    with database.read() as session:
        assert {each.id for each in deliveries.due(session, now=NOW)} == {first, other}
    with database.write.begin() as session:
        deliveries.lease(session, first, by="me", now=NOW)
        deliveries.mark_sent(session, first, by="me", platform_id="p", now=NOW)
    with database.read() as session:
        assert {each.id for each in deliveries.due(session, now=NOW)} == {second, other}


def test_a_lease_is_taken_by_one_of_many(database: Database) -> None:
    key = queue(database, "1")
    barrier = threading.Barrier(6)

    def take(number: int) -> bool:
        barrier.wait()
        with database.write.begin() as session:
            return deliveries.lease(session, key, by=str(number), now=NOW) is not None

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(take, range(6))).count(True) == 1


def test_a_delivery_is_dead_after_its_last_attempt_and_a_person_can_revive_it(database: Database) -> None:
    key = queue(database, "1")
    at = NOW
    for _ in range(deliveries.MAX_ATTEMPTS):
        with database.write.begin() as session:
            assert deliveries.lease(session, key, by="me", now=at) is not None
            deliveries.mark_delayed(session, key, by="me", reason="忙", retry_after=60, now=at)
        at += timedelta(seconds=61)
    with database.read() as session:
        assert deliveries.get(session, key).state == "dead"
    with database.write.begin() as session:
        deliveries.retry(session, key, now=at)
    with database.read() as session:
        assert [each.id for each in deliveries.due(session, now=at)] == [key]


def test_a_sender_that_died_leaves_a_chat_message_to_a_person_and_sends_mail_again(database: Database) -> None:
    chat = queue(database, "1")
    with database.write.begin() as session:
        mail = deliveries.queue(
            session, purpose="2", channel="mailbox", account="m", recipient="a@example.com", text="x", now=NOW
        ).id
        deliveries.lease(session, chat, by="slot-0", now=NOW)
        deliveries.lease(session, mail, by="slot-0", now=NOW)
    later = NOW + deliveries.LEASE + timedelta(seconds=1)
    with database.write.begin() as session:
        assert deliveries.expire_leases(session, safe_channels={"mailbox"}, now=later) == 2
    with database.read() as session:
        assert deliveries.get(session, chat).state == "perhaps_sent"
        assert deliveries.get(session, mail).state == "queued"


def test_a_webhook_that_died_has_answered_nothing_so_its_delivery_is_queued_again(database: Database) -> None:
    key = queue(database, "1")
    with database.write.begin() as session:
        deliveries.lease(session, key, by=f"{deliveries.WEBHOOK}m1", now=NOW)
    later = NOW + deliveries.LEASE + timedelta(seconds=1)
    with database.write.begin() as session:
        deliveries.expire_leases(session, safe_channels=set(), now=later)
    with database.read() as session:
        assert deliveries.get(session, key).state == "queued"


def test_an_altered_audit_row_breaks_the_chain_at_its_seal(database: Database) -> None:
    for number in range(3):
        with database.write.begin() as session:
            audit.record(session, actor="u", role="agent", act="sign", subject="case", subject_id=str(number), now=NOW)
        with database.write.begin() as session:
            assert audit.seal(session, now=NOW) == 1
    with database.read() as session:
        assert audit.verify(session) == (3, 3)
    with database.write.begin() as session:
        session.scalars(select(AuditRow).where(AuditRow.seal == 2)).one().actor = "somebody"
    with database.read() as session, pytest.raises(AuditBroken) as broken:
        audit.verify(session)
    assert broken.value.seal == 2


def test_a_removed_audit_row_or_seal_breaks_the_chain(database: Database) -> None:
    with database.write.begin() as session:
        for number in range(2):
            audit.record(session, actor="u", role="agent", act="sign", subject="case", subject_id=str(number), now=NOW)
    with database.write.begin() as session:
        audit.seal(session, now=NOW)
    with database.write.begin() as session:
        session.delete(session.scalars(select(AuditRow)).first())
    with database.read() as session, pytest.raises(AuditBroken, match="2 rows were sealed"):
        audit.verify(session)
    with database.write.begin() as session:
        audit.record(session, actor="u", role="agent", act="x", subject="case", subject_id="3", now=NOW)
    with database.write.begin() as session:
        audit.seal(session, now=NOW)
        session.delete(session.get_one(Seal, 1))
    with database.read() as session, pytest.raises(AuditBroken, match="missing"):
        audit.verify(session)


def test_a_login_nobody_has_is_checked_at_the_same_cost(database: Database) -> None:
    with database.write.begin() as session:
        user = identity.add_user(session, login="li", name="李", role="agent", password="correct horse", now=NOW)
    assert extract_parameters(identity.HASH_OF_NOBODY) == extract_parameters(user.password_hash)


def test_demo_users_that_are_there_are_kept_and_the_missing_added(database: Database) -> None:
    li, wang = ("li", "李", "agent", ""), ("wang", "王", "agent", "")
    for users in ([li], [li, wang], [li, wang]):
        with database.write.begin() as session:
            identity.add_demo_users(session, users, password="known to all", now=NOW)
    with database.read() as session:
        assert [user.login for user in identity.list_users(session) if user.demo] == ["li", "wang"]
        assert identity.fits(identity.known(session, "wang"), "known to all")


def test_a_password_is_checked_and_a_disabled_user_is_out_at_once(database: Database) -> None:
    with database.write.begin() as session:
        user = identity.add_user(session, login="li", name="李", role="agent", password="correct horse", now=NOW)
        token = identity.open_session(session, user, now=NOW)
        assert token is not None
    with database.write.begin() as session:
        assert identity.known(session, "nobody") is None
        assert not identity.fits(None, "correct horse")
        assert not identity.fits(identity.known(session, "li"), "wrong")
        assert identity.fits(identity.known(session, "li"), "correct horse")
        assert identity.resume_session(session, token, now=NOW) is not None
        assert identity.resume_session(session, token, now=NOW + identity.SESSION_LENGTH) is None
    with database.write.begin() as session:
        identity.disable(session, "li")
    with database.write.begin() as session:
        assert identity.resume_session(session, token, now=NOW) is None
        assert identity.open_session(session, user, now=NOW) is None
    with database.write.begin() as session, pytest.raises(LoginTaken):
        identity.add_user(session, login="li", name="李", role="agent", password="x", now=NOW)


def test_a_password_changed_while_the_old_one_was_verified_opens_no_session(database: Database) -> None:
    with database.write.begin() as session:
        user = identity.add_user(session, login="li", name="李", role="agent", password="correct horse", now=NOW)
    with database.write.begin() as session:
        identity.set_password(session, "li", "another horse")
    with database.write.begin() as session:
        assert identity.open_session(session, user, now=NOW) is None


def test_sessions_that_are_over_are_dropped(database: Database) -> None:
    with database.write.begin() as session:
        user = identity.add_user(session, login="li", name="李", role="agent", password="correct horse", now=NOW)
        identity.open_session(session, user, now=NOW)
        young = identity.open_session(session, user, now=NOW + timedelta(hours=1))
        assert young is not None
    with database.write.begin() as session:
        assert identity.forget_sessions(session, now=NOW + identity.SESSION_LENGTH) == 1
    with database.read() as session:
        assert identity.resume_session(session, young, now=NOW) is not None


def test_the_same_unreadable_payload_is_held_once_and_counted(database: Database) -> None:
    for _ in range(2):
        with database.write.begin() as session:
            quarantine.hold(
                session,
                channel="mailbox",
                account="m",
                delivery_id="INBOX:1:7",
                blob="b",
                size=3,
                where="From",
                why="没有发件人",
                now=NOW,
            )
    with database.read() as session:
        (row,) = quarantine.held(session)
        assert row.attempts == 2
        with pytest.raises(UnknownRow):
            quarantine.get(session, "01900000-0000-7000-8000-000000000000")


def test_a_lock_is_held_by_one_and_free_after_release(database: Database, tmp_path: object) -> None:
    folder = tmp_path  # type: ignore[assignment]
    first = try_lock(database, folder, "jobs-0")  # type: ignore[arg-type]
    assert first is not None
    assert try_lock(database, folder, "jobs-0") is None  # type: ignore[arg-type]
    first.release()
    again = try_lock(database, folder, "jobs-0")  # type: ignore[arg-type]
    assert again is not None
    again.release()


def test_blobs_are_found_by_their_digest_and_checked_when_read(tmp_path) -> None:  # type: ignore[no-untyped-def]
    store = BlobStore(tmp_path)
    first, second = store.put_many([b"letter", b"picture"])
    assert store.put(b"letter") == first
    assert store.get(second) == b"picture"
    store.path(first).write_bytes(b"other")
    with pytest.raises(BlobCorrupt):
        store.get(first)
    with pytest.raises(BlobMissing):
        store.get("0" * 64)


def test_the_sweep_takes_old_orphans_only(tmp_path) -> None:  # type: ignore[no-untyped-def]
    store = BlobStore(tmp_path)
    named, orphan = store.put_many([b"named", b"orphan"])
    assert store.sweep({named}, older_than=0) == 0
    assert store.sweep({named}, older_than=store.path(orphan).stat().st_mtime + 1) == 1
    assert store.get(named) == b"named"


def test_bytes_stored_again_are_safe_from_the_sweep_that_took_them_for_an_orphan(tmp_path) -> None:  # type: ignore[no-untyped-def]
    store = BlobStore(tmp_path)
    orphan = store.put(b"letter")
    os.utime(store.path(orphan), (1, 1))
    assert store.put(b"letter") == orphan
    assert store.sweep(set(), older_than=1_000_000) == 0
    assert store.get(orphan) == b"letter"


def test_a_folder_of_blobs_that_was_taken_away_is_made_again(tmp_path) -> None:  # type: ignore[no-untyped-def]
    store = BlobStore(tmp_path / "blobs")
    store.put(b"before")
    (tmp_path / "blobs").rename(tmp_path / "elsewhere")
    assert store.get(store.put(b"after")) == b"after"
