"""Rules of the duty roster: who may be on it, who keeps it, and who is called in which order."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from casework import absences, duty
from casework.actors import Actor
from casework.duty import Shift
from casework.errors import NotAllowed
from casework.people_errors import UnfitRoster, UnknownShift
from casework.people_tables import DutyShift
from district.schemas import Role
from storage.audit import AuditRow

from .conftest import AGENT, CALLER, DISPATCHER, NOW, SUPERVISOR, Bench
from .people_bench import staff

NIGHT = timedelta(hours=12)


@pytest.fixture
def bench(sqlite_bench: Bench) -> Bench:
    for login, role in (("a", Role.AGENT), ("b", Role.DISPATCHER), ("c", Role.SUPERVISOR)):
        staff(sqlite_bench, login, role, phone="0999-5550-0001")
    return sqlite_bench


def shift(login: str, position: int = 1, *, starts: datetime = NOW, ends: datetime | None = None) -> Shift:
    return Shift(starts, ends or starts + NIGHT, login, position)


def enter(bench: Bench, *shifts: Shift, actor: Actor = SUPERVISOR) -> list[DutyShift]:
    with bench.database.write.begin() as session:
        lines = [(f"第 {number} 行", each) for number, each in enumerate(shifts, 2)]
        return duty.enter(session, lines, actor=actor, now=NOW)


def called(bench: Bench, now: datetime) -> list[str]:
    return bench.look(lambda session: [each.name for each in duty.on_duty(session, now=now)])


def test_who_is_on_duty_is_called_by_position_from_the_first_moment_to_before_the_last(bench: Bench) -> None:
    enter(bench, shift("a", 2), shift("b", 1))
    assert called(bench, NOW) == ["员工b", "员工a"]
    assert called(bench, NOW + NIGHT - timedelta(seconds=1)) == ["员工b", "员工a"]
    assert called(bench, NOW + NIGHT) == []
    assert called(bench, NOW - timedelta(seconds=1)) == []


def test_the_phone_is_the_accounts_unless_the_roster_has_another(bench: Bench) -> None:
    (row,) = enter(bench, shift("a"))
    assert row.phone == "0999-5550-0001"


def test_for_who_is_away_his_stand_in_is_called(bench: Bench) -> None:
    other = staff(bench, "other", Role.AGENT)
    enter(bench, shift("a"))
    with bench.database.write.begin() as session:
        user = session.scalar(select(absences.User).where(absences.User.login == "a"))
        actor = Actor(user.id, user.name, Role.AGENT)
        absences.enter(session, bench.district, "a", "other", starts=NOW, ends=NOW + NIGHT, actor=actor, now=NOW)
    (one,) = bench.look(lambda session: duty.on_duty(session, now=NOW))
    assert (one.user.id, one.name) == (other.id, "员工other（代员工a）")


def test_a_disabled_account_is_not_called(bench: Bench) -> None:
    enter(bench, shift("a", 1), shift("b", 2))
    with bench.database.write.begin() as session:
        session.scalar(select(absences.User).where(absences.User.login == "a")).disabled = True
    assert called(bench, NOW) == ["员工b"]


@pytest.mark.parametrize(
    ("second", "told"),
    [
        (shift("nobody"), "没有用户“nobody”"),
        (shift("officer"), "不能值班"),
        (shift("b", ends=NOW), "结束时间"),
        (shift("b", ends=NOW + timedelta(hours=49)), "48 小时"),
        (shift("b", 0), "呼叫顺序"),
        (shift("b", 1), "已排有他人"),
        (shift("a", 2, starts=NOW + timedelta(hours=1)), "已有值班"),
    ],
)
def test_a_line_that_does_not_fit_is_told_with_its_row_and_nothing_is_entered(
    bench: Bench, second: Shift, told: str
) -> None:
    staff(bench, "officer", Role.UNIT_OFFICER, "U001")
    with pytest.raises(UnfitRoster) as refused:
        enter(bench, shift("a"), second)
    assert "第 3 行" in refused.value.why
    assert told in refused.value.why
    assert bench.look(lambda session: list(session.scalars(select(DutyShift)))) == []


def test_shifts_that_follow_one_another_fit(bench: Bench) -> None:
    enter(bench, shift("a"), shift("a", starts=NOW + NIGHT), shift("b", starts=NOW + NIGHT, position=2))
    assert called(bench, NOW + NIGHT) == ["员工a", "员工b"]


@pytest.mark.parametrize("actor", [AGENT, DISPATCHER, CALLER, Actor("u", "负责人", Role.UNIT_LEAD, "U001")])
def test_no_other_role_keeps_the_roster(bench: Bench, actor: Actor) -> None:
    with pytest.raises(NotAllowed):
        enter(bench, shift("a"), actor=actor)
    (row,) = enter(bench, shift("a"))
    with bench.database.write.begin() as session, pytest.raises(NotAllowed):
        duty.strike(session, row.id, actor=actor, now=NOW)


def test_a_shift_is_struck_off_once_and_both_are_on_record(bench: Bench) -> None:
    (row,) = enter(bench, shift("a"))
    with bench.database.write.begin() as session:
        duty.strike(session, row.id, actor=SUPERVISOR, now=NOW)
    assert called(bench, NOW) == []
    with bench.database.write.begin() as session, pytest.raises(UnknownShift):
        duty.strike(session, row.id, actor=SUPERVISOR, now=NOW)
    query = select(AuditRow.act).where(AuditRow.subject_id == row.id).order_by(AuditRow.id)
    assert bench.look(lambda session: list(session.scalars(query))) == ["enter_shift", "strike_shift"]
