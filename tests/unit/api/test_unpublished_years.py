"""A year whose days off are not loaded: the board says so, and rates that rest on its days are not exported."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from api import auth, periods
from api.app import create_app
from api.auth import Visitor
from api.cli import doctor
from api.desk import Desk
from api.settings import Settings
from casework.actors import Actor
from casework.deadline_errors import PeriodNotStarted
from district.schemas import Role
from storage import migrate

OCTOBER = datetime(2026, 10, 8, 2, tzinfo=UTC)
SEPTEMBER = datetime(2026, 9, 8, 2, tzinfo=UTC)
JANUARY = datetime(2027, 1, 6, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    made = Desk(Settings(home=Path(tmp_path_factory.mktemp("years")), _env_file=None))  # type: ignore[call-arg]
    migrate.upgrade(made.database)
    yield made
    made.close()


def get(desk: Desk, path: str, now: datetime, accept: str = "text/html") -> httpx.Response:
    """The answer to a supervisor, as of now."""
    desk.now = lambda: now
    app = create_app(desk)
    who = Visitor(Actor("u-1", "督办", Role.SUPERVISOR), "supervisor", "token")
    app.dependency_overrides[auth.visitor] = lambda: who

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.get(path, headers={"accept": accept})

    return asyncio.run(ask())


def test_the_board_says_from_october_on_that_next_years_notice_is_missing(desk: Desk) -> None:
    assert "2027 年放假安排尚未载入，目前没有时限落在该年" in get(desk, "/rates", OCTOBER).text
    assert "放假安排" not in get(desk, "/rates", SEPTEMBER).text


def test_the_doctor_says_so_too_and_how_to_mend_it(desk: Desk) -> None:
    desk.now = lambda: OCTOBER
    (found,) = doctor._calendar(desk)
    assert (found.level, found.words) == ("warning", "2027 年放假安排尚未载入，目前没有时限落在该年")
    assert "calendars.yaml" in found.mend
    desk.now = lambda: SEPTEMBER
    assert [each.level for each in doctor._calendar(desk)] == ["ok"]


def test_rates_of_days_without_their_notice_are_shown_and_not_exported(desk: Desk) -> None:
    period = "from=2026-12-19&to=2027-01-18"
    assert get(desk, f"/rates?{period}", JANUARY).status_code == 200
    refused = get(desk, f"/export/rates.csv?{period}", JANUARY)
    assert refused.status_code == 409
    assert "2027 年放假安排尚未载入" in refused.text
    assert get(desk, "/export/rates.csv?from=2026-11-19&to=2026-12-18", JANUARY).status_code == 200


@pytest.mark.parametrize("path", ["/rates?from=2026-10-10", "/api/v1/rates?from=2026-10-10&to=2026-10-12"])
def test_a_period_that_has_not_begun_is_refused_with_a_sentence(desk: Desk, path: str) -> None:
    refused = get(desk, path, OCTOBER, "application/json" if "api" in path else "text/html")
    assert refused.status_code == 422
    assert "2026-10-10 开始，还没有到" in refused.text


def test_the_day_that_runs_is_a_period_begun(desk: Desk) -> None:
    desk.now = lambda: OCTOBER
    today = OCTOBER.date().replace(day=7)  # an assessment day begins at noon: at 10:00 it is still the day before's
    assert periods.span(desk, today, today)
    with pytest.raises(PeriodNotStarted):
        periods.span(desk, OCTOBER.date(), None)
