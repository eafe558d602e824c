"""Rules of absence: who may be entered with whom, and what a stand-in decides in the place of an only lead."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from casework import absences, notices, requests
from casework.actors import Actor
from casework.errors import NotAllowed
from casework.people_errors import AbsenceOver, UnfitAbsence, UnknownAbsence
from casework.people_tables import Absence
from casework.tables import Case, Request, Step
from district.schemas import Role
from storage.audit import AuditRow
from storage.errors import UnknownRow

from .conftest import NOW, SUPERVISOR, Bench
from .people_bench import staff

WEEK = timedelta(days=7)


class Unit:
    """The unit of a signed case: its only lead, two officers, and an answer that waits for approval."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.case_id = bench.case()
        code = bench.lead(self.case_id).unit
        self.code = code
        self.lead = staff(bench, "lead", Role.UNIT_LEAD, code)
        self.officer = staff(bench, "officer", Role.UNIT_OFFICER, code)
        self.second = staff(bench, "second", Role.UNIT_OFFICER, code)
        bench.do(self.case_id, "sign", self.officer)

    def ask(self, actor: Actor) -> str:
        asked = self.bench.do(self.case_id, "answer", actor, text="路灯已修好。")
        assert isinstance(asked, Request)
        return asked.id

    def away(self, login: str = "lead", stand_in: str = "second", actor: Actor | None = None, **times: Any) -> str:
        with self.bench.database.write.begin() as session:
            made = absences.enter(
                session,
                self.bench.district,
                login,
                stand_in,
                starts=times.get("starts", NOW - timedelta(hours=1)),
                ends=times.get("ends", NOW + WEEK),
                actor=actor or self.lead,
                now=NOW,
            )
            return made.id

    def decide(self, request_id: str, actor: Actor, *, now: Any = NOW) -> None:
        with self.bench.database.write.begin() as session:
            found = session.get_one(Request, request_id)
            requests.decide(session, self.bench.district, found, approve=True, actor=actor, now=now)

    def queue(self, actor: Actor, *, now: Any = NOW) -> list[str]:
        return self.bench.look(
            lambda session: [each.id for each in requests.queue(session, self.bench.district, actor, now=now)]
        )


@pytest.fixture
def unit(bench: Bench) -> Unit:
    return Unit(bench)


def test_an_officer_decides_in_the_place_of_the_only_lead_and_it_is_recorded_as_his(unit: Unit) -> None:
    asked = unit.ask(unit.officer)
    assert unit.queue(unit.second) == []
    unit.away()
    assert unit.queue(unit.second) == [asked]
    unit.decide(asked, unit.second)
    assert unit.bench.state(unit.case_id) == "answered"
    step = unit.bench.look(lambda session: session.scalar(select(Step).where(Step.move == "decide_answer")))
    assert step is not None
    assert (step.actor, step.actor_name) == (unit.second.id, "员工second（代员工lead）")
    answered_by = unit.bench.look(lambda session: session.get_one(Case, unit.case_id).answered_by)
    assert answered_by == unit.officer.id


def test_nobody_decides_in_the_place_of_a_lead_who_is_at_work(unit: Unit) -> None:
    asked = unit.ask(unit.officer)
    with pytest.raises(NotAllowed):
        unit.decide(asked, unit.second)


def test_a_stand_in_never_decides_what_he_asked_himself(unit: Unit) -> None:
    asked = unit.ask(unit.second)
    unit.away()
    with pytest.raises(NotAllowed, match="自己提出"):
        unit.decide(asked, unit.second)


def test_an_officer_who_is_not_the_stand_in_decides_nothing(unit: Unit) -> None:
    asked = unit.ask(unit.second)
    unit.away()
    with pytest.raises(NotAllowed):
        unit.decide(asked, unit.officer)


def test_with_a_second_lead_at_work_the_stand_in_is_not_needed(unit: Unit) -> None:
    asked = unit.ask(unit.officer)
    staff(unit.bench, "deputy", Role.UNIT_LEAD, unit.code)
    unit.away()
    assert unit.queue(unit.second) == []
    with pytest.raises(NotAllowed):
        unit.decide(asked, unit.second)


@pytest.mark.parametrize(
    ("moment", "decides"),
    [(timedelta(0), True), (WEEK - timedelta(seconds=1), True), (WEEK, False), (timedelta(hours=-2), False)],
)
def test_the_stand_in_acts_from_the_first_moment_to_before_the_last(
    unit: Unit, moment: timedelta, decides: bool
) -> None:
    asked = unit.ask(unit.officer)
    unit.away()
    assert (unit.queue(unit.second, now=NOW + moment) == [asked]) is decides


def test_after_the_return_of_the_absent_the_stand_in_decides_no_more(unit: Unit) -> None:
    asked = unit.ask(unit.officer)
    key = unit.away()
    with unit.bench.database.write.begin() as session:
        absences.end(session, unit.bench.district, key, actor=unit.lead, now=NOW)
    with pytest.raises(NotAllowed):
        unit.decide(asked, unit.second)
    with unit.bench.database.write.begin() as session, pytest.raises(AbsenceOver):
        absences.end(session, unit.bench.district, key, actor=unit.lead, now=NOW)


def test_a_stand_in_of_another_unit_or_role_or_himself_is_refused(unit: Unit) -> None:
    staff(unit.bench, "elsewhere", Role.UNIT_OFFICER, "U099")
    staff(unit.bench, "agent", Role.AGENT)
    staff(unit.bench, "caller", Role.CALLBACK_AGENT)
    for stand_in in ("elsewhere", "agent", "lead"):
        with pytest.raises(UnfitAbsence):
            unit.away("lead", stand_in)
    admin = staff(unit.bench, "admin", Role.ADMINISTRATOR)
    with pytest.raises(UnfitAbsence):
        unit.away("agent", "caller", admin)
    with pytest.raises(UnknownRow):
        unit.away("lead", "nobody")


def test_a_disabled_stand_in_is_refused(unit: Unit) -> None:
    with unit.bench.database.write.begin() as session:
        session.get_one(absences.User, unit.second.id).disabled = True
    with pytest.raises(UnfitAbsence, match="停用"):
        unit.away()


def test_times_that_end_before_they_begin_or_lie_behind_are_refused(unit: Unit) -> None:
    for starts, ends in ((NOW + WEEK, NOW), (NOW - WEEK, NOW), (NOW, NOW + timedelta(days=400))):
        with pytest.raises(UnfitAbsence):
            unit.away(starts=starts, ends=ends)


def test_two_absences_of_one_and_stand_ins_in_a_chain_are_refused(unit: Unit) -> None:
    unit.away()
    with pytest.raises(UnfitAbsence, match="已有请假"):
        unit.away("lead", "officer")
    with pytest.raises(UnfitAbsence, match="代理他人"):
        unit.away("second", "officer")
    with pytest.raises(UnfitAbsence, match="自己也请假"):
        unit.away("officer", "lead")
    unit.away("lead", "officer", starts=NOW + WEEK, ends=NOW + 2 * WEEK)


def test_who_may_enter_an_absence(unit: Unit) -> None:
    other_lead = staff(unit.bench, "other", Role.UNIT_LEAD, "U099")
    for actor in (unit.second, other_lead, SUPERVISOR):
        with pytest.raises(NotAllowed):
            unit.away("officer", "second", actor)
    admin = staff(unit.bench, "admin", Role.ADMINISTRATOR)
    key = unit.away("officer", "second", admin)
    for actor, refused in ((unit.second, NotAllowed), (other_lead, UnknownAbsence), (SUPERVISOR, NotAllowed)):
        with unit.bench.database.write.begin() as session, pytest.raises(refused):
            absences.end(session, unit.bench.district, key, actor=actor, now=NOW)
    with unit.bench.database.write.begin() as session, pytest.raises(UnknownAbsence):
        absences.end(session, unit.bench.district, "no-key", actor=admin, now=NOW)


def test_an_absence_and_its_end_are_on_record(unit: Unit) -> None:
    key = unit.away()
    with unit.bench.database.write.begin() as session:
        absences.end(session, unit.bench.district, key, actor=unit.lead, now=NOW)
    acts = unit.bench.look(
        lambda session: list(
            session.scalars(select(AuditRow.act).where(AuditRow.subject_id == key).order_by(AuditRow.id))
        )
    )
    assert acts == ["enter_absence", "end_absence"]
    assert unit.bench.look(lambda session: session.get_one(Absence, key).ended_at) == NOW


def test_each_reads_the_absences_that_concern_him(unit: Unit) -> None:
    unit.away()
    seen = lambda actor: unit.bench.look(  # noqa: E731
        lambda session: [each.user.login for each in absences.listed(session, unit.bench.district, actor, now=NOW)]
    )
    assert (seen(unit.lead), seen(unit.second), seen(unit.officer)) == (["lead"], ["lead"], [])


def test_a_stand_in_reads_what_is_addressed_to_the_lead_and_keeps_his_own_place_in_it(unit: Unit) -> None:
    with unit.bench.database.write.begin() as session:
        notices.leave(session, "unit_lead", "clock_red", "时限将到", now=NOW, unit=unit.code)

    def texts(actor: Actor) -> list[str]:
        def read(session: Any) -> list[str]:
            reader = notices.reader(session, actor, now=NOW)
            assert reader.id == actor.id
            return [row.text for row in notices.listed(session, unit.bench.district, reader)[0]]

        return unit.bench.look(read)

    assert ("时限将到" in texts(unit.lead), "时限将到" in texts(unit.second)) == (True, False)
    unit.away()
    assert ("时限将到" in texts(unit.second), "时限将到" in texts(unit.officer)) == (True, False)
