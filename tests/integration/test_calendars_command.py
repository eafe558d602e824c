"""``yingsheng calendars``, on a home whose package of days off has grown a year."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select, update

from api import clock
from api.desk import Desk
from api.jobs import upkeep
from api.settings import Settings
from casework.tables import Clock, Step
from tests.integration.commands import Command, alone, look, run, worked_home

__all__ = ["alone", "run", "worked_home"]

AFTER = datetime(2026, 12, 30, 10, tzinfo=UTC)
STALE = datetime(2026, 11, 1, 2, tzinfo=UTC)


@pytest.fixture
def stale(alone: Command) -> Command:
    """The answer clock has a deadline that its start and its calendar do not give, as before a notice came."""
    desk = Desk(Settings(home=alone.home, _env_file=None))  # type: ignore[call-arg]
    with desk.database.write.begin() as session:
        session.execute(update(Clock).where(Clock.name == "answer").values(own_due_at=STALE, due_at=STALE))
    desk.close()
    return alone


def test_calendars_are_listed_with_the_years_they_know(run: Command) -> None:
    found = {row["name"]: row for row in run("calendars", "list", "--json").document}
    assert found["office"]["holidays"] is True
    assert date(2026, 1, 1).year in found["office"]["published_years"]
    assert found["always"]["published_years"] == []


def test_a_dry_run_shows_what_would_move_and_moves_nothing(stale: Command) -> None:
    shown = stale("calendars", "recount", "--dry-run", "--json").document
    assert [(each["clock"], each["before"]) for each in shown["moved"]] == [("答复", STALE.isoformat())]
    assert shown["done"] is False
    assert look(stale, select(Clock.own_due_at).where(Clock.name == "answer")) == STALE


def test_a_recount_is_done_once_in_the_name_of_a_user(stale: Command) -> None:
    done = stale("calendars", "recount", "--as", "supervisor", "--json").document
    assert [each["clock"] for each in done["moved"]] == ["答复"]
    assert stale("calendars", "recount", "--as", "supervisor", "--json").document["moved"] == []
    assert look(stale, select(Step.role).where(Step.move == "recount")) == "supervisor"


def test_a_recount_wants_a_user_who_may(stale: Command) -> None:
    assert "--as" in stale("calendars", "recount").refused()
    for login in ("agent", "dispatcher", "lead-U001", "officer-U001", "auditor"):
        assert "不能按放假安排重算时限" in stale("calendars", "recount", "--as", login).refused()
    assert look(stale, select(Clock.own_due_at).where(Clock.name == "answer")) == STALE


def test_the_job_counts_anew_at_the_start_and_finds_nothing_the_second_time(
    stale: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: AFTER)
    desk = Desk(Settings(home=stale.home, _env_file=None))  # type: ignore[call-arg]
    try:
        assert [upkeep.recount_calendars(desk) for _ in range(2)] == [1, 0]
    finally:
        desk.close()
    assert look(stale, select(Step.actor).where(Step.move == "recount")) == "system"
