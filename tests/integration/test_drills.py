"""A small sample of ``make drill``."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from api.settings import Settings
from drills import dovecot, kill, redelivery
from storage.database import Database
from tests.conftest import missing

MESSAGES = 40


def test_redelivery_by_many_threads_opens_no_second_ticket(database: Database, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", database_url=SecretStr(database.url))
    redelivery.check(database.url.partition(":")[0], settings, messages=MESSAGES)


@pytest.mark.dovecot
def test_a_killed_server_loses_no_message_and_tells_nobody_twice(home: Path) -> None:
    if not dovecot.BINARY.exists():
        missing("dovecot-imapd", "Dovecot")
    kill.drill(home, 60, kills=2, wait=False)
