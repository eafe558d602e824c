"""A file too large for its channel is not on the disk, and its message is on a ticket that says so."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from api import pipeline
from api.desk import Desk
from api.jobs import fetching
from api.settings import Settings
from casework.message_tables import AttachedFile, Message
from channels.base import ChannelState, Fetched
from channels.message import Account, Attachment, InboundMessage, Parsed, Sender
from channels.registry import CHANNELS
from storage.blobs import digest_of

LARGE, SMALL = b"%PDF-1.7\n" + bytes(3000), b"%PDF-1.7\n" + bytes(10)


@pytest.fixture
def desk(home: Path) -> Iterator[Desk]:
    accounts = {"mailbox": {"mayor": {"max_media_bytes": 2000}}, "endless": {"x": {"max_media_bytes": 2000}}}
    made = Desk(Settings(home=home, accounts=accounts, _env_file=None))  # type: ignore[call-arg]
    yield made
    made.close()


def letter() -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "li@example.com", "mayor@example.com", "路灯"
    mail["Message-ID"] = "<limits-1@example.com>"
    mail.set_content("槐安里3号楼门口路灯不亮")
    for name, content in (("大.pdf", LARGE), ("小.pdf", SMALL)):
        mail.add_attachment(content, maintype="application", subtype="pdf", filename=name)
    return mail.as_bytes()


def files_of(desk: Desk) -> tuple[Message, list[AttachedFile]]:
    with desk.database.read() as session:
        (message,) = session.scalars(select(Message))
        return message, list(session.scalars(select(AttachedFile).order_by(AttachedFile.position)))


def test_a_letter_is_taken_without_the_file_that_is_too_large(desk: Desk) -> None:
    account = desk.account("mailbox", "mayor")
    assert account is not None
    (receipt,) = pipeline.receive(desk, account, letter()).receipts
    assert receipt.outcome == "accepted"
    message, (large, small) = files_of(desk)
    assert message.notes[-1] == "附件 大.pdf：文件 3 KB，超过上限 2 KB，没有保存"
    assert (large.blob, large.size, large.fetch_state) == ("", len(LARGE), "")
    assert small.blob == digest_of(SMALL)
    assert not desk.blobs.path(digest_of(LARGE)).exists()


class Endless:
    """A platform whose adapter looks at no limit."""

    name, label = "endless", "无尽"
    keeps = timedelta(days=3)

    def parse(self, payload: bytes, account: Account) -> list[Parsed]:
        files = (Attachment("a.pdf", "application/pdf", reference="r"),)
        return [InboundMessage("endless", account.name, "1", "file", Sender("u"), attachments=files)]

    async def fetch(self, reference: str, account: Account, state: ChannelState, *, now: datetime) -> Fetched:
        await asyncio.sleep(0)
        return Fetched(LARGE, "", "application/pdf")


def test_a_fetched_file_that_is_too_large_is_gone_with_the_reason(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    channel: Any = Endless()
    monkeypatch.setitem(CHANNELS, "endless", channel)
    account = desk.account("endless", "x")
    assert account is not None
    pipeline.receive(desk, account, b"{}")
    assert fetching.fetch_due(desk) == 0
    _, (file,) = files_of(desk)
    assert (file.fetch_state, file.blob) == ("gone", "")
    assert "超过上限" in file.fetch_note
    assert not desk.blobs.path(digest_of(LARGE)).exists()
