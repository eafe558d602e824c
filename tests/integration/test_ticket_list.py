"""The list of tickets as a page: what it can be narrowed to."""

from __future__ import annotations

import pytest

from channels.registry import CHANNELS
from tests.integration.interface import World, signed_in, world

__all__ = ["world"]
pytestmark = pytest.mark.parametrize("world", ["sqlite"], indirect=True)


@pytest.mark.parametrize("channel", CHANNELS)
def test_it_is_narrowed_to_any_channel_there_is(world: World, channel: str) -> None:
    assert f'<option value="{channel}"' in signed_in(world, "agent").get("/tickets").text
