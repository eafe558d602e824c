"""A served desk whose jobs and thinking have processes of their own: it works as one, and comes back from a kill."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from api.desk import Desk
from api.settings import Settings
from api.standins.telegram import TelegramServer
from casework.message_tables import Message
from casework.tables import Ticket
from drills.served import Served
from tests.conftest import SmallDesk
from tests.integration.test_storing import update
from tests.integration.test_thinking_apart import until

TOKEN = "700000001:apart"
SECRET = {"X-Telegram-Bot-Api-Secret-Token": "s-1"}


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    with TelegramServer() as server:
        yield server


def children(pid: int) -> set[int]:
    """The processes that a process has started, but for Python's own tracker of resources."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            command = (stat.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if parent == pid and b"spawn_main" in command:
            found.add(int(stat.parent.name))
    return found


def test_a_desk_in_three_processes_answers_and_is_there_again_after_a_kill(
    small_desk: SmallDesk, tmp_path: Path, telegram: TelegramServer
) -> None:
    home = Path(shutil.copytree(small_desk.home, tmp_path / "home"))
    accounts = {"telegram": {"main": {"token": TOKEN, "secret_token": "s-1", "base_url": telegram.url}}}
    server = Served(home, accounts, YINGSHENG_PACK=str(small_desk.pack), YINGSHENG_THINK_APART="1")
    desk = Desk(Settings(home=home, pack=str(small_desk.pack), _env_file=None))  # type: ignore[call-arg]

    def answered() -> int:
        return sum(bool(telegram.sent(700 + number)) for number in (1, 2, 3))

    try:
        server.start()
        first = server.process
        assert first is not None
        until(lambda: len(children(first.pid)) == 2)
        httpx.post(f"{server.url}/channels/telegram/main", content=update(1), headers=SECRET).raise_for_status()
        until(lambda: answered() == 1)

        beside = children(first.pid)
        server.kill()
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in beside), 20)
        server.start()
        second = server.process
        assert second is not None
        httpx.post(f"{server.url}/channels/telegram/main", content=update(2), headers=SECRET).raise_for_status()
        until(lambda: answered() == 2)

        (jobs, *_) = sorted(children(second.pid))
        os.kill(jobs, signal.SIGKILL)  # one of those beside dies: it is started anew
        until(lambda: len(children(second.pid)) == 2 and jobs not in children(second.pid))
        httpx.post(f"{server.url}/channels/telegram/main", content=update(3), headers=SECRET).raise_for_status()
        until(lambda: answered() == 3)

        beside = children(second.pid)
        server.stop()
        assert not any(Path(f"/proc/{pid}").exists() for pid in beside)
        with desk.database.read() as session:
            assert len(session.scalars(select(Message.id)).all()) == 3
            assert all(session.scalars(select(Ticket.assessed_at)).all())
    finally:
        server.kill()
        desk.close()
