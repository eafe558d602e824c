"""The contract of every channel whose platform keeps residents' files for a while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from channels.base import MediaSource
from channels.errors import ChannelError, MediaDelayed

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40


def test_a_channel_that_fetches_says_for_how_long_and_has_a_table_of_faults(subject):
    fetches = isinstance(subject.channel, MediaSource)
    assert fetches is hasattr(subject.faults, "MEDIA_FAULTS")
    if fetches:
        assert subject.channel.keeps > timedelta()
        assert MediaDelayed in {error for _, error in subject.faults.MEDIA_FAULTS}


async def test_a_fault_where_media_are_fetched_is_told_apart_and_mended_the_file_arrives(subject, media_fault):
    name, expected = media_fault
    async with subject.faults.bench() as bench:
        reference = await bench.keep(PNG, "image/png")
        await bench.inject_media(name)
        with pytest.raises(ChannelError) as raised:
            await subject.channel.fetch(reference, bench.account, bench.state, now=NOW)
        assert type(raised.value) is expected, raised.value
        assert any("\u4e00" <= character <= "\u9fff" for character in str(raised.value))
        assert getattr(raised.value, "retry_after", 1) > 0
        await bench.inject_media("")
        fetched = await subject.channel.fetch(reference, bench.account, bench.state, now=NOW)
    assert (fetched.content, fetched.media_type) == (PNG, "image/png")
