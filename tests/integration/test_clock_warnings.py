"""A case shows who was told of its clocks, on its page and in its JSON, and why each deadline is what it is."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import func, select

from api import auth, clock
from api.app import create_app
from api.auth import Visitor
from api.desk import Desk
from api.jobs import upkeep
from api.settings import Settings
from casework.actors import Actor
from casework.tables import Case, Clock
from district.schemas import Role
from tests.integration.commands import Command, alone, look, worked_home

__all__ = ["alone", "worked_home"]


@pytest.fixture
def late(alone: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Its clocks have run out by an hour, and were looked at then for the first time."""
    now = look(alone, select(func.max(Clock.due_at))) + timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: now)
    desk = Desk(Settings(home=alone.home, _env_file=None))  # type: ignore[call-arg]
    assert upkeep.check_clocks(desk) >= 1
    desk.close()
    return alone


def page(command: Command, role: Role, unit: str = "") -> httpx.Response:
    number = look(command, select(Case.number))
    desk = Desk(Settings(home=command.home, _env_file=None))  # type: ignore[call-arg]
    app = create_app(desk)
    who = Visitor(Actor("u-1", "某人", role, unit), "someone", "token")
    app.dependency_overrides[auth.visitor] = lambda: who

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.get(f"/cases/{number}")

    try:
        return asyncio.run(ask())
    finally:
        desk.close()


def test_the_page_tells_the_rungs_passed_and_whom_they_told(late: Command) -> None:
    told = page(late, Role.SUPERVISOR).text
    assert "时限提醒" in told
    assert "答复 · 逾期" in told
    assert "已提醒承办单位、督办" in told
    assert "检查时已到更高一级，未单独提醒" in told
    assert "计第1" in told


def test_another_unit_sees_nothing_of_it(late: Command) -> None:
    assert page(late, Role.UNIT_LEAD, "U002").status_code == 404


def test_the_json_has_the_same(late: Command) -> None:
    shown = late("cases", "show", look(late, select(Case.number)), "--json").document
    answer = [(each["rung"], each["told"]) for each in shown["clock_warnings"] if each["clock"] == "answer"]
    assert answer == [("yellow", []), ("red", []), ("overdue", ["unit", "supervisor"])]
    why = next(each["why"] for each in shown["clocks"] if each["name"] == "answer")
    assert "计第1" in why
    assert datetime.fromisoformat(shown["clock_warnings"][0]["at"]) > datetime(2026, 1, 1, tzinfo=UTC)
