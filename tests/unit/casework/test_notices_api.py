"""Rules of ``/api/v1/notices``: everybody reads his own, and what he has read stays read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from api import errors
from api.auth import Visitor, desk_of, visitor
from api.routes import notices as routes
from casework import notices
from casework.actors import Actor
from casework.tables import Notice, Ticket
from casework.telling import notify
from district.pack import District
from storage.database import Database
from storage.errors import UnknownRow

from .conftest import AGENT, AUDITOR, NOW, SUPERVISOR, Bench


@dataclass
class SmallDesk:
    """As much of a desk as these routes ask for."""

    database: Database
    district: District

    def now(self) -> datetime:
        return NOW


def client(bench: Bench, actor: Actor) -> httpx.AsyncClient:
    app = FastAPI()
    errors.install(app)
    app.include_router(routes.router)
    app.dependency_overrides[desk_of] = lambda: SmallDesk(bench.database, bench.district)
    app.dependency_overrides[visitor] = lambda: Visitor(actor, actor.id, "")
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk")


def leave(bench: Bench, number: int, audience: str = "desk") -> list[str]:
    """So many notices about one ticket; their ids, oldest first."""
    ticket_id = bench.ticket()
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, ticket_id)
        return [
            notify(session, bench.district, audience, "resident_replied", now=NOW, ticket=ticket).id
            for _ in range(number)
        ]


async def test_notices_come_newest_first_page_by_page_with_the_number_unread(bench: Bench) -> None:
    left = leave(bench, 3)
    async with client(bench, AGENT) as desk:
        first: dict[str, Any] = (await desk.get("/api/v1/notices", params={"limit": 2})).json()
        second = (await desk.get("/api/v1/notices", params={"limit": 2, "after": first["next"]})).json()
    assert [each["id"] for each in first["items"] + second["items"]] == left[::-1]
    assert (first["unread"], second["next"]) == (3, None)
    assert not any(each["read"] for each in first["items"])


async def test_reading_a_notice_reads_those_before_it_and_is_never_taken_back(bench: Bench) -> None:
    left = leave(bench, 3)
    async with client(bench, AGENT) as desk:
        read = (await desk.post(f"/api/v1/notices/{left[1]}/read")).json()
        again = (await desk.post(f"/api/v1/notices/{left[0]}/read")).json()
        items = (await desk.get("/api/v1/notices")).json()["items"]
    assert (read["unread"], again["unread"]) == (1, 1)
    assert [each["read"] for each in items] == [False, True, True]


async def test_one_reader_reads_for_himself_alone(bench: Bench) -> None:
    leave(bench, 2)
    with bench.database.write.begin() as session:
        notices.mark_read(session, bench.district, AGENT)
    async with client(bench, SUPERVISOR) as desk:
        assert (await desk.get("/api/v1/notices")).json()["unread"] == 2


@pytest.mark.parametrize("actor", [AGENT, AUDITOR], ids=["agent", "auditor"])
async def test_a_notice_of_others_is_neither_shown_nor_found(bench: Bench, actor: Actor) -> None:
    (for_supervisors,) = leave(bench, 1, "supervisor")
    async with client(bench, actor) as desk:
        assert (await desk.get("/api/v1/notices")).json()["items"] == []
        refused = await desk.post(f"/api/v1/notices/{for_supervisors}/read")
    assert refused.status_code == 404


def test_what_is_no_notice_at_all_is_refused(bench: Bench) -> None:
    with bench.database.write.begin() as session, pytest.raises(UnknownRow):
        notices.mark_read(session, bench.district, AGENT, up_to="not-a-notice")
    assert bench.look(lambda session: list(session.scalars(select(Notice)))) == []
