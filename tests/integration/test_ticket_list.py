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


@pytest.mark.parametrize("path", ["/tickets", "/cases"])
def test_who_finds_nothing_is_told_what_was_looked_in(world: World, path: str) -> None:
    by_agent = signed_in(world, "callback" if path == "/cases" else "agent").get(path, params={"q": "查无此事"}).text
    assert "查找的是编号、原文、姓名、电话；几个词要同时出现。" in by_agent
    masked = signed_in(world, "supervisor").get(path, params={"q": "查无此事"}).text
    assert "查找的是编号、原文；几个词要同时出现。" in masked
    assert "查找的是" not in signed_in(world, "agent").get("/tickets", params={"channel": "city"}).text
