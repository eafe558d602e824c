"""正在输入: shown to the resident by his channel while the one who has the conversation types; never in the way."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest

from api import typing_signs
from channels.errors import SendFailed
from channels.message import Account
from channels.registry import CHANNELS
from tests.integration.interface import MAIN, World, problem, world

__all__ = ["world"]
pytestmark = pytest.mark.parametrize("world", ["sqlite"], indirect=True)

REAL = CHANNELS["wechat"]


@dataclass
class Showing:
    """A channel that can show that somebody types, and keeps to whom it did; ``fails``: the platform does not."""

    fails: bool = False
    slow: bool = False
    shown: list[str] = field(default_factory=list)
    name: str = "wechat"
    label: str = "微信"
    capabilities: Any = REAL.capabilities  # type: ignore[attr-defined]

    def parse(self, payload: bytes, account: Account) -> list[Any]:
        return list(REAL.parse(payload, account))

    async def send(self, message: Any, account: Account, state: Any, *, now: datetime) -> str:
        return "1"

    async def typing(self, recipient: str, account: Account, state: Any, *, now: datetime) -> None:
        if self.slow:
            await asyncio.sleep(60)
        if self.fails:
            raise SendFailed("不行")
        self.shown.append(recipient)


@pytest.fixture
def channel(world: World, monkeypatch: pytest.MonkeyPatch) -> Showing:
    showing = Showing()
    monkeypatch.setitem(CHANNELS, "wechat", showing)  # type: ignore[arg-type]
    monkeypatch.setattr(world.desk, "account", lambda channel, name: replace(MAIN, channel=channel, name=name))
    return showing


def typed(world: World, ticket: str, login: str = "agent") -> bool:
    answer = world.as_(login).post(f"/tickets/{ticket}/typing")
    assert answer.status_code == 200, answer.text
    return bool(answer.json()["shown"])


def test_it_is_shown_while_one_has_the_conversation_and_to_nobody_else(world: World, channel: Showing) -> None:
    ticket = world.ticket()
    assert not typed(world, ticket)
    world.as_("agent").post(f"/tickets/{ticket}/take", json={}).raise_for_status()
    assert not typed(world, ticket, "dispatcher")
    assert typed(world, ticket)
    assert len(channel.shown) == 1


@pytest.mark.parametrize("how", ["fails", "slow"])
def test_a_platform_that_cannot_show_it_disturbs_nobody(
    world: World, channel: Showing, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typing_signs, "WITHIN_SECONDS", 0.2)
    ticket = world.ticket()
    world.as_("agent").post(f"/tickets/{ticket}/take", json={}).raise_for_status()
    setattr(channel, how, True)
    assert not typed(world, ticket)


def test_a_unit_shows_nobody_that_it_types(world: World, channel: Showing) -> None:
    problem(world.as_("lead-U001").post(f"/tickets/{world.ticket()}/typing"), 403, "not-allowed")
