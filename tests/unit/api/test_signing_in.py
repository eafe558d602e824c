"""Guessing is slowed down, and slows nobody else down."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi import Request

from api import signing_in
from api.auth import COOKIE
from api.brake import WINDOW, Brake
from api.desk import Desk
from api.errors import BadCredentials, Forbidden, TooMany
from api.settings import Settings
from api.signing_in import AT_MOST, Turns
from casework import at_desk
from storage import identity
from storage.database import new_id

NOW = datetime(2026, 3, 24, 1, 30, tzinfo=UTC)
PASSWORD = "correct horse"
LOGIN = "li"


@pytest.fixture
def desk(tmp_path: Path, migrated_sqlite_url: str) -> Iterator[Desk]:
    made = Desk(Settings(home=tmp_path, database_url=migrated_sqlite_url, _env_file=None))  # type: ignore[call-arg]
    with made.database.write.begin() as session:
        identity.add_user(session, login=LOGIN, name="李", role="agent", password=PASSWORD, now=made.now())
    yield made
    made.close()


@pytest.fixture
def address() -> str:
    """A place nobody came from before: the brake is the process's."""
    return new_id()


def test_ten_wrong_tries_from_elsewhere_lock_nobody_out(desk: Desk, address: str) -> None:
    for _ in range(AT_MOST):
        with pytest.raises(BadCredentials):
            signing_in.sign_in(desk, LOGIN, "wrong", address)
    with pytest.raises(Forbidden):
        signing_in.sign_in(desk, LOGIN, PASSWORD, address)
    assert signing_in.sign_in(desk, LOGIN, PASSWORD, new_id())


def test_who_gives_the_right_password_is_not_counted(desk: Desk, address: str) -> None:
    for _ in range(AT_MOST + 1):
        assert signing_in.sign_in(desk, LOGIN, PASSWORD, address)


def test_a_password_is_verified_without_waiting_for_a_writer_or_keeping_one_waiting(desk: Desk, address: str) -> None:
    outcome: list[str] = []

    def guess() -> None:
        try:
            signing_in.sign_in(desk, LOGIN, "wrong", address)
        except BadCredentials as problem:
            outcome.append(type(problem).__name__)

    guesser = threading.Thread(target=guess, daemon=True)
    with desk.database.write.begin():
        guesser.start()
        guesser.join(20)
    assert outcome == ["BadCredentials"]


def test_a_try_counts_before_its_outcome_is_known() -> None:
    brake = Brake()
    assert [brake.count({"a": 2}, now=NOW) for _ in range(3)] == [True, True, False]
    brake.forgive({"a": 2}, at=NOW)
    assert brake.count({"a": 2}, now=NOW)


def test_the_brake_holds_no_key_longer_than_its_window() -> None:
    brake = Brake()
    for number in range(100):
        brake.count({f"guessed-{number}": 1}, now=NOW)
    assert brake.is_on({"guessed-1": 1}, now=NOW)
    brake.count({"other": 1}, now=NOW + WINDOW + timedelta(seconds=1))
    assert not brake.is_on({"guessed-1": 1}, now=NOW + WINDOW + timedelta(seconds=1))
    assert brake.size() == 1


def test_who_comes_beyond_those_waiting_is_told_at_once() -> None:
    turns = Turns(at_once=1, waiting=0, seconds=0.01)
    with turns.take(), pytest.raises(TooMany):
        turns.take().__enter__()
    with turns.take():
        pass


def request(**headers: str) -> Request:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "POST", "path": "/logout", "headers": raw})


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer {token}"},
        {"authorization": "bearer {token}"},
        {"cookie": COOKIE + "={token}"},
        {"authorization": "Basic dXNlcjpwYXNz", "cookie": COOKIE + "={token}"},
    ],
)
def test_signing_out_ends_the_session_however_its_token_came(desk: Desk, address: str, headers: dict[str, str]) -> None:
    token = signing_in.sign_in(desk, LOGIN, PASSWORD, address)
    signing_in.sign_out(desk, request(**{name: value.format(token=token) for name, value in headers.items()}))
    with desk.database.read() as session:
        assert identity.resume_session(session, token, now=desk.now()) is None


@pytest.mark.parametrize(("minutes", "is_gone"), [(1, False), (3, True)])
def test_who_signs_out_leaves_his_tickets_unless_he_is_here_by_another_session(
    desk: Desk, address: str, monkeypatch: pytest.MonkeyPatch, minutes: int, is_gone: bool
) -> None:
    now = desk.now()
    signing_in.sign_in(desk, LOGIN, PASSWORD, address)
    token = signing_in.sign_in(desk, LOGIN, PASSWORD, address)
    left: list[str] = []
    monkeypatch.setattr(at_desk, "signed_out", lambda _session, user_id, **_: left.append(user_id))
    monkeypatch.setattr(desk, "now", lambda: now + timedelta(minutes=minutes))
    signing_in.sign_out(desk, request(authorization=f"Bearer {token}"))
    with desk.database.read() as session:
        assert left == ([identity.find_user(session, LOGIN).id] if is_gone else [])
