"""Whatever is done to a payload, a channel gives messages or ``UnreadableMessage``, in bounded time and memory.

Channels and their samples are found, not named: a new one is covered with its first sample. Payloads are parsed in a
process of their own, for a regular expression that hangs cannot be interrupted from within. ``make drill`` does the
same for minutes, with other wounds every time.
"""

from __future__ import annotations

import pytest

from channels.registry import CHANNELS
from drills import hostile
from drills.parsing import Watched
from tests.contract.conftest import registered

EXAMPLES = 80
EVERY = 40
"""Of the payloads grown of one sample and one unit, each so-many-th; the drill takes all."""


@pytest.fixture(params=CHANNELS)
def channel(request):
    return registered(request.param)


@pytest.fixture
def parser(channel):
    with Watched(channel.account) as watched:
        yield watched


def test_a_damaged_sample_gives_messages_or_is_unreadable_in_bounded_time_and_memory(channel, parser):
    counted = hostile.damaged(parser, channel, examples=EXAMPLES)
    assert counted["unreadable"]
    assert counted["taken"], "wounds that leave nothing to take try the readers of nothing"


def test_a_megabyte_made_to_be_slow_gives_messages_or_is_unreadable_in_bounded_time_and_memory(channel, parser):
    broken, _ = hostile.bulk(parser, channel, every=EVERY)
    assert not broken
