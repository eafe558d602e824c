"""Files that a platform drops after three days: wanted, leased to one, kept, or gone with a reason."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from casework import media
from casework.media import LEASE, Wanted
from casework.message_tables import AttachedFile
from channels.base import Fetched
from channels.message import Attachment, InboundMessage, Sender
from storage.change_log import Change

from .conftest import NOW, Bench

PNG = b"\x89PNG\r\n\x1a\n and the rest of a picture"
KEEPS = timedelta(days=3)
PICTURE = Attachment("图片-1.jpg", "image/jpeg", reference="media-1")


def arrive(bench: Bench, *files: Attachment) -> str:
    """A message with these files; the id of the first."""
    bench.receive(InboundMessage("wechat", "main", "1", "image", Sender("o-1"), attachments=files or (PICTURE,)))
    return bench.look(lambda session: session.scalars(select(AttachedFile.id).order_by(AttachedFile.position)).first())


def row(bench: Bench, key: str) -> AttachedFile:
    return bench.look(lambda session: session.get_one(AttachedFile, key))


def due(bench: Bench, now: datetime = NOW) -> list[str]:
    return bench.look(lambda session: list(media.due(session, now=now, limit=10)))


def lease(bench: Bench, key: str, now: datetime = NOW) -> Wanted | None:
    with bench.database.write.begin() as session:
        return media.lease(session, key, now=now)


def leased(bench: Bench, key: str, now: datetime = NOW) -> Wanted:
    wanted = lease(bench, key, now)
    assert wanted is not None
    return wanted


def keep(
    bench: Bench, wanted: Wanted, content: bytes = PNG, media_type: str = "image/png", blob: str = "a" * 64
) -> bool:
    with bench.database.write.begin() as session:
        return media.keep(session, wanted, Fetched(content, "", media_type), blob=blob, now=NOW)


def delay(bench: Bench, wanted: Wanted, now: datetime = NOW, *, retry_after: float = 1.0) -> bool:
    with bench.database.write.begin() as session:
        return media.delay(session, wanted, "微信系统繁忙", retry_after=retry_after, keeps=KEEPS, now=now)


def test_what_the_platform_keeps_is_wanted_and_what_came_along_is_not(bench: Bench) -> None:
    wanted = arrive(bench, PICTURE, Attachment("a.txt", "text/plain", b"text"), Attachment("b.txt", "text/plain"))
    assert due(bench) == [wanted]
    assert due(bench, NOW - timedelta(seconds=1)) == []


def test_a_file_is_leased_to_one_of_many_who_come_at_once(bench: Bench) -> None:
    key = arrive(bench)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: lease(bench, key), range(8)))
    (wanted,) = (each for each in taken if each is not None)
    assert (wanted.channel, wanted.account, wanted.reference, wanted.attempt) == ("wechat", "main", "media-1", 1)
    assert due(bench) == []


def test_a_file_whose_fetcher_died_is_due_again_when_the_lease_is_over(bench: Bench) -> None:
    key = arrive(bench)
    leased(bench, key)
    assert due(bench, NOW + LEASE - timedelta(seconds=1)) == []
    assert leased(bench, key, NOW + LEASE).attempt == 2


def test_a_kept_file_names_its_bytes_and_is_told_to_followers(bench: Bench) -> None:
    key = arrive(bench)
    assert keep(bench, leased(bench, key))
    found = row(bench, key)
    assert (found.fetch_state, found.blob, found.size, found.fetch_note) == ("kept", "a" * 64, len(PNG), "")
    assert due(bench, NOW + KEEPS) == []
    assert "media_kept" in bench.look(lambda session: set(session.scalars(select(Change.what))))


@pytest.mark.parametrize(
    ("declared", "content", "proven", "kept_as"),
    [
        (PICTURE, PNG, "image/png", ("图片-1.png", "image/png", False)),
        (PICTURE, b"\xff\xd8\xff", "image/jpeg", ("图片-1.jpg", "image/jpeg", False)),
        (PICTURE, b"MZ\x90", "application/vnd.microsoft.portable-executable",
         ("图片-1.bin", "application/vnd.microsoft.portable-executable", True)),
        (PICTURE, b"<script>", "application/octet-stream", ("图片-1.bin", "application/octet-stream", True)),
        (Attachment("语音-1.speex", "audio/x-speex", reference="m"), b"\x01\x02", "application/octet-stream",
         ("语音-1.speex", "audio/x-speex", False)),
        (Attachment("表.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", reference="m"),
         b"PK\x03\x04", "application/zip",
         ("表.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", False)),
    ],
    ids=["png called jpeg", "jpeg", "program called jpeg", "page called jpeg", "sound without a mark", "paper in a zip"],
)  # fmt: skip
def test_a_kept_file_is_what_its_bytes_are(
    bench: Bench, declared: Attachment, content: bytes, proven: str, kept_as: tuple[Any, ...]
) -> None:
    key = arrive(bench, declared)
    keep(bench, leased(bench, key), content, proven)
    found = row(bench, key)
    assert (found.name, found.media_type, bool(found.fetch_note)) == kept_as


def test_a_file_is_put_off_ever_longer_and_never_beyond_its_end(bench: Bench) -> None:
    key, now, waits = arrive(bench), NOW, []
    while now < NOW + KEEPS:
        assert delay(bench, leased(bench, key, now), now)
        found = row(bench, key).fetch_due_at
        assert found is not None
        waits.append(found - now)
        now = found
    assert waits[:4] == [timedelta(seconds=30 * 2**number) for number in range(4)]
    assert max(waits) == timedelta(hours=1)
    assert now == NOW + KEEPS


def test_a_platform_that_asks_for_patience_gets_it(bench: Bench) -> None:
    key = arrive(bench)
    delay(bench, leased(bench, key), retry_after=7200)
    found = row(bench, key)
    assert (found.fetch_due_at, found.fetch_note) == (NOW + timedelta(hours=2), "微信系统繁忙")


def test_the_try_at_the_end_is_the_last(bench: Bench) -> None:
    key, end = arrive(bench), NOW + KEEPS
    assert not delay(bench, leased(bench, key, end), end)
    found = row(bench, key)
    assert found.fetch_state == "gone"
    assert "微信系统繁忙" in found.fetch_note
    assert lease(bench, key, end + KEEPS) is None


def test_a_file_that_cannot_be_had_says_why(bench: Bench) -> None:
    key = arrive(bench)
    wanted = leased(bench, key)
    with bench.database.write.begin() as session:
        media.give_up(session, wanted, "微信已清除这个文件", now=NOW)
    found = row(bench, key)
    assert (found.fetch_state, found.fetch_note, found.blob) == ("gone", "微信已清除这个文件", "")


def test_a_fetcher_that_lost_its_lease_puts_nothing_off_and_its_bytes_are_welcome(bench: Bench) -> None:
    key = arrive(bench)
    slow = leased(bench, key)
    quick = leased(bench, key, NOW + LEASE)
    before = row(bench, key).fetch_due_at
    delay(bench, slow, NOW + LEASE)
    assert row(bench, key).fetch_due_at == before
    assert keep(bench, slow)
    assert not keep(bench, quick, blob="b" * 64)
    assert row(bench, key).blob == "a" * 64
