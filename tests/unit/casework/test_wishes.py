"""When a resident may be called, and who writes his wishes down."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from casework import wishes
from casework.actors import Actor
from casework.errors import NotAllowed
from casework.resident_errors import BadWish
from casework.resident_tables import Resident
from district.schemas import Role

from .conftest import AGENT, NOW, Bench
from .on_one import bench
from .test_joining import met

__all__ = ["bench"]

CHINA = ZoneInfo("Asia/Shanghai")
NIGHT = {"no_calls": {"from": "22:00", "until": "08:00"}}
NOON = {"no_calls": {"from": "12:00", "until": "14:00"}}


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=CHINA)


@pytest.mark.parametrize(
    ("wished", "now", "since"),
    [
        ({}, at(24, 3), None),
        (NIGHT, at(24, 9), None),
        (NIGHT, at(24, 21, 59), None),
        (NIGHT, at(24, 22), at(25, 8)),
        (NIGHT, at(24, 23, 59), at(25, 8)),
        (NIGHT, at(25, 0), at(25, 8)),
        (NIGHT, at(25, 7, 59), at(25, 8)),
        (NIGHT, at(25, 8), None),
        (NOON, at(24, 11, 59), None),
        (NOON, at(24, 12), at(24, 14)),
        (NOON, at(24, 14), None),
    ],
)
def test_from_when_he_may_be_called(wished: dict[str, Any], now: datetime, since: datetime | None) -> None:
    assert wishes.may_call(wished, now) == since


@pytest.mark.parametrize(
    "given",
    [
        {"no_calls": {"from": "22:00"}},
        {"no_calls": {"from": "25:00", "until": "08:00"}},
        {"no_calls": {"from": "08:00", "until": "08:00"}},
        {"no_calls": "晚上"},
        {"channel": "city"},
        {"channel": "fax"},
        {"language": "话" * 31},
        {"colour": "red"},
    ],
)
def test_a_wish_that_cannot_be_kept_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(BadWish):
        wishes.read(given)


def test_empty_wishes_are_not_kept() -> None:
    assert wishes.read({"no_calls": None, "channel": "", "language": " ", "hearing": False}) == {}


def test_who_speaks_with_residents_writes_their_wishes_down_and_nobody_else(bench: Bench) -> None:
    who = met(bench, "o-1")
    given = NIGHT | {"channel": "wechat", "language": "粤语", "hearing": True}
    with bench.database.write.begin() as session:
        found = session.get_one(Resident, who)
        for role in set(Role) - wishes.SETS:
            with pytest.raises(NotAllowed):
                wishes.keep(session, found, given, actor=Actor("u", "某人", role, "U001"), now=NOW)
        wishes.keep(session, found, given, actor=AGENT, now=NOW)
    assert bench.look(lambda session: session.get_one(Resident, who).wishes) == given
