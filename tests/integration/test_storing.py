"""What a platform sent is on disk before it hears so, and in the database soon after, whatever happens in between."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from api import pipeline, storing
from api.app import create_app
from api.desk import Desk
from api.settings import Settings
from api.standins.background import BackgroundServer
from api.storing import Storer
from casework.message_tables import Message
from casework.tables import Ticket
from channels.message import Account
from storage.quarantine import Quarantined
from tests.conftest import SmallDesk

ACCOUNT = Account("telegram", "main")
SECRET = {"X-Telegram-Bot-Api-Secret-Token": "s-1"}
PATH = "/channels/telegram/main"


def update(number: int, text: str = "小区门口的路灯坏了三天没有人修") -> bytes:
    person = {"id": 700 + number, "is_bot": False, "first_name": "居民"}
    chat = {"id": 700 + number, "type": "private"}
    message = {"message_id": 1, "date": 1_790_000_000, "from": person, "chat": chat, "text": text}
    return json.dumps({"update_id": number, "message": message}, ensure_ascii=False).encode()


Opening = Callable[..., Desk]


@pytest.fixture
def opening(small_desk: SmallDesk, tmp_path: Path) -> Iterator[Opening]:
    """Opens desks on one home, one after the other."""
    home = shutil.copytree(small_desk.home, tmp_path / "home")
    made: list[Desk] = []

    def opened(**settings: object) -> Desk:
        accounts = {"telegram": {"main": {"token": "1:t", "secret_token": "s-1"}}}
        given = {"home": home, "pack": str(small_desk.pack), "accounts": accounts, "_env_file": None}
        made.append(Desk(Settings(**(given | settings))))  # type: ignore[arg-type]
        return made[-1]

    yield opened
    for desk in made:
        desk.close()


@pytest.fixture
def desk(opening: Opening) -> Desk:
    return opening()


def stored(desk: Desk) -> list[str]:
    """The names under which messages were delivered, in the order in which they were stored."""
    with desk.database.read() as session:
        return list(session.scalars(select(Message.delivery_id).order_by(Message.id)))


def until(true: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


def busy(monkeypatch: pytest.MonkeyPatch, times: int) -> list[int]:
    """From now on the database refuses so often. Returns how often it was asked."""
    asked: list[int] = []
    real = pipeline.store_as_of

    def refusing(*given: object) -> object:
        asked.append(len(asked))
        if len(asked) <= times:
            raise OperationalError("BEGIN", {}, Exception("database is locked"))
        return real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(pipeline, "store_as_of", refusing)
    monkeypatch.setattr(storing, "PAUSE", 0.05)
    return asked


def test_what_was_taken_is_stored_in_its_order_and_leaves_the_disk(desk: Desk) -> None:
    taken = [desk.storer.take(ACCOUNT, update(number)) for number in range(30)]
    outcomes = [each.result(timeout=30).receipts[0].outcome for each in taken]
    assert outcomes == ["accepted"] * 30
    assert len(stored(desk)) == 30
    assert [str(number) in name for number, name in enumerate(stored(desk))] == [True] * 30
    assert list((desk.home / "spool").glob("*/*.in")) == []
    assert desk.storer.waiting() == 0


def test_a_platform_hears_that_its_message_arrived_while_the_database_is_busy(opening: Opening) -> None:
    desk = opening(acknowledge_within=0)
    with BackgroundServer(create_app(desk), lifespan="on") as served:
        with desk.database.write.begin() as held:
            held.connection()
            answer = httpx.post(f"{served.url}{PATH}", content=update(1), headers=SECRET)
            assert answer.status_code == 200
            assert stored(desk) == []
        until(lambda: len(stored(desk)) == 1)


def test_a_busy_database_is_asked_again_and_nothing_is_lost(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = busy(monkeypatch, times=4)
    taken = [desk.storer.take(ACCOUNT, update(number)) for number in range(3)]
    assert all(each.result(timeout=30).receipts for each in taken)
    assert len(asked) > 4
    assert len(stored(desk)) == 3


def test_what_a_process_that_died_had_kept_is_stored_by_the_next_one(
    opening: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        busy(patch, times=1_000_000)
        patch.setattr(storing, "LAST", 0.0)  # as one that has no time left
        first = opening()
        moment = first.now()
        for number in range(5):
            first.storer.take(ACCOUNT, update(number))
        first.close()
        assert stored(first) == []
    second = opening()
    assert second.storer.resume() == 5
    until(lambda: len(stored(second)) == 5)
    with second.database.read() as session:
        opened = session.scalars(select(Ticket.opened_at)).all()
    assert len(opened) == 5
    assert all(abs((at - moment).total_seconds()) < 5 for at in opened)  # when they came, and not when they were stored


def test_closing_waits_for_the_message_that_is_just_being_stored(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, real = threading.Event(), pipeline.store_as_of

    def slow(*given: object) -> object:
        begun.set()
        time.sleep(0.5)
        return real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(pipeline, "store_as_of", slow)
    monkeypatch.setattr(storing, "LAST", 0.0)  # as one that has no time left
    taken = desk.storer.take(ACCOUNT, update(1))
    assert begun.wait(20)
    desk.storer.close()
    assert taken.done()
    assert len(stored(desk)) == 1


def test_a_message_sent_again_after_that_opens_no_second_ticket(opening: Opening) -> None:
    first = opening()
    with BackgroundServer(create_app(first), lifespan="on") as served:
        for _ in range(3):
            assert httpx.post(f"{served.url}{PATH}", content=update(1), headers=SECRET).status_code == 200
        until(lambda: not first.storer.waiting())
        assert len(stored(first)) == 1


def test_what_cannot_be_read_goes_to_quarantine_and_its_neighbours_are_stored(desk: Desk) -> None:
    taken = [desk.storer.take(ACCOUNT, payload) for payload in (update(1), b'{"update_id": []}', update(3))]
    held = [each.result(timeout=30).held is not None for each in taken]
    assert held == [False, True, False]
    assert len(stored(desk)) == 2


def test_what_our_own_fault_keeps_from_being_stored_is_kept_in_quarantine_with_its_bytes(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = pipeline.store_as_of

    def faulty(desk: Desk, readings: list[tuple[pipeline.Reading, object]]) -> object:
        if any(getattr(message, "text", "") == "坏的" for reading, _ in readings for message in reading.messages):
            raise ZeroDivisionError
        return real(desk, readings)  # type: ignore[arg-type]

    monkeypatch.setattr(pipeline, "store_as_of", faulty)
    bad = update(2, "坏的")
    taken = [desk.storer.take(ACCOUNT, payload) for payload in (update(1), bad, update(3))]
    outcomes = [each.result(timeout=30) for each in taken]
    assert [bool(each.receipts) for each in outcomes] == [True, False, True]
    with desk.database.read() as session:
        (row,) = session.scalars(select(Quarantined)).all()
    assert "ZeroDivisionError" in row.why
    assert desk.blobs.get(row.blob) == bad


def test_nothing_stops_the_storing_of_what_waits_behind(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Not a disk that is full for a while, nor somebody who no longer waits for what becomes of his message."""
    real, refusals = desk.blobs.put_many, iter(range(3))

    def full(contents: Iterable[bytes]) -> list[str]:
        if next(refusals, None) is not None:
            raise OSError(28, "No space left on device")
        return real(contents)

    monkeypatch.setattr(desk.blobs, "put_many", full)
    monkeypatch.setattr(storing, "PAUSE", 0.05)
    taken = [desk.storer.take(ACCOUNT, update(number)) for number in range(3)]
    assert not taken[0].cancel()
    assert all(each.result(timeout=30).receipts for each in taken)
    assert len(stored(desk)) == 3
    assert "No space left" in caplog.text


def test_where_it_cannot_be_kept_the_platform_is_told_so(opening: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = opening()

    def full(*_given: object) -> object:
        raise OSError(28, "No space left on device")

    with BackgroundServer(create_app(desk), lifespan="on") as served:
        monkeypatch.setattr(Storer, "take", full)
        assert httpx.post(f"{served.url}{PATH}", content=update(1), headers=SECRET).status_code >= 500
    assert stored(desk) == []


def test_closing_stores_what_waits(opening: Opening) -> None:
    desk = opening()
    for number in range(20):
        desk.storer.take(ACCOUNT, update(number))
    desk.close()
    assert len(stored(opening())) == 20
