"""Residents' files: whole, within the limit, and never from this machine's own disk."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.standins.telegram import TelegramServer
from channels.base import Fetched
from channels.errors import ChannelMisconfigured, MediaDelayed, MediaGone
from channels.message import Account
from channels.telegram import CHANNEL
from tests.contract.faults_telegram import TOKEN
from tests.contract.memory_state import MemoryState

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(5000)


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    with TelegramServer() as server:
        yield server


def fetch(server: TelegramServer, file_id: str, **settings: object) -> Fetched:
    given = {"token": TOKEN, "base_url": server.url, "timeout_seconds": 2}
    return asyncio.run(CHANNEL.fetch(file_id, Account("telegram", "unit", given | settings), MemoryState(), now=NOW))


@pytest.mark.parametrize(
    ("content", "media_type"),
    [(PNG, "image/png"), (b"OggS" + bytes(90), "audio/ogg"), (b"<html><script>", "application/octet-stream")],
)
def test_a_file_arrives_whole_and_is_what_its_bytes_are(
    telegram: TelegramServer, content: bytes, media_type: str
) -> None:
    telegram.keep("file-1", content)
    assert fetch(telegram, "file-1") == Fetched(content, "", media_type)


def test_a_file_above_the_limit_is_gone_also_when_the_platform_understated_it(telegram: TelegramServer) -> None:
    telegram.keep("file-1", PNG)
    assert fetch(telegram, "file-1", max_media_bytes=len(PNG)).content == PNG
    with pytest.raises(MediaGone, match="MB"):
        fetch(telegram, "file-1", max_media_bytes=len(PNG) - 1)
    telegram.platform.file = lambda token, file_id: {  # type: ignore[method-assign]
        "file_id": file_id, "file_unique_id": "u", "file_path": "kept/file-1", "file_size": 3,
    }  # fmt: skip
    with pytest.raises(MediaGone, match="MB"):
        fetch(telegram, "file-1", max_media_bytes=len(PNG) - 1)


def test_a_file_that_is_unknown_is_gone_and_an_empty_one_is_asked_for_again(telegram: TelegramServer) -> None:
    with pytest.raises(MediaGone):
        fetch(telegram, "file-unknown")
    with pytest.raises(MediaGone):
        fetch(telegram, "")
    telegram.keep("file-empty", b"")
    with pytest.raises(MediaDelayed):
        fetch(telegram, "file-empty")


def test_a_path_of_the_server_s_own_disk_is_never_read_from_ours(telegram: TelegramServer, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(PNG)
    telegram.platform.file = lambda token, file_id: {  # type: ignore[method-assign]
        "file_id": file_id, "file_unique_id": "u", "file_path": str(secret),
    }  # fmt: skip
    with pytest.raises(ChannelMisconfigured, match="本地模式"):
        fetch(telegram, "file-1")
