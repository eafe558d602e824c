"""Who is told of a clock that runs low: by the ladder of the pack, each rung once, the highest where several are due."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from casework import deadlines, notices, requests, supervision
from casework.actors import Actor, Given
from casework.deadline_tables import ClockWarning
from casework.tables import Case, Clock, Notice, RuleVersion, TicketFacts
from district.clocks import Clocks
from district.schemas import ClockRule, Ladder, Role

from .conftest import DISPATCHER, NOW, Bench

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

ANSWER = "answer"


def at(bench: Bench, text: str) -> datetime:
    return bench.district.calendars.utc(datetime.fromisoformat(text))


def check(bench: Bench, now: datetime) -> int:
    with bench.database.write.begin() as session:
        return supervision.check_clocks(session, bench.district, now=now)


def told(bench: Bench, case_id: str, clock: str = "答复") -> list[tuple[str, str]]:
    """Audience and template of the warnings of one clock, in order."""
    query = select(Notice).where(Notice.case_id == case_id, Notice.text.contains(clock)).order_by(Notice.id)
    rows = bench.look(lambda session: list(session.scalars(query)))
    return [(row.audience, row.template) for row in rows if row.template.startswith("clock_")]


def on_record(bench: Bench, case_id: str, name: str = ANSWER) -> list[tuple[str, str]]:
    query = (
        select(ClockWarning.rung, ClockWarning.told)
        .join(Clock, Clock.id == ClockWarning.clock_id)
        .where(Clock.case_id == case_id, Clock.name == name)
        .order_by(ClockWarning.id)
    )
    return bench.look(lambda session: [tuple(row) for row in session.execute(query)])


@pytest.fixture
def signed(bench: Bench) -> str:
    """A case in the hands of its unit: answer due on 31 March at 09:30, five working days on."""
    case_id = bench.case()
    bench.do(case_id, "sign", bench.lead(case_id))
    bench.do(case_id, "contact", bench.lead(case_id), text="已与居民联系")
    return case_id


def test_the_handler_is_told_first_then_his_lead_then_the_supervisors(bench: Bench, signed: str) -> None:
    moments = ("2026-03-30 10:00", "2026-03-30 17:00", "2026-03-31 09:31", "2026-04-01 09:31")
    for moment in moments:
        assert check(bench, at(bench, moment)) == 1
        assert check(bench, at(bench, moment)) == 0
    assert told(bench, signed) == [
        ("unit", "clock_yellow"),
        ("unit_lead", "clock_red"),
        ("unit", "clock_overdue"),
        ("supervisor", "clock_overdue"),
        ("unit_lead", "clock_still_overdue"),
        ("supervisor", "clock_still_overdue"),
    ]


def test_a_check_that_comes_late_tells_the_highest_rung_alone_and_the_others_are_on_record(
    bench: Bench, signed: str
) -> None:
    assert check(bench, at(bench, "2026-03-31 10:00")) == 1
    assert told(bench, signed) == [("unit", "clock_overdue"), ("supervisor", "clock_overdue")]
    assert on_record(bench, signed) == [("yellow", ""), ("red", ""), ("overdue", "unit,supervisor")]


def test_after_the_last_rung_nothing_is_told_any_more(bench: Bench, signed: str) -> None:
    assert check(bench, at(bench, "2026-04-20 10:00")) == 1
    assert check(bench, at(bench, "2026-06-20 10:00")) == 0
    assert on_record(bench, signed)[-1] == ("overdue+1", "unit_lead,supervisor")
    assert bench.look(deadlines.running_clocks) == []


def test_after_an_extension_the_ladder_starts_anew(bench: Bench, signed: str) -> None:
    check(bench, at(bench, "2026-03-30 10:00"))
    lead = bench.lead(signed)
    now = at(bench, "2026-03-30 10:30")
    with bench.database.write.begin() as session:
        case = session.get_one(Case, signed)
        request = requests.ask(
            session, bench.district, case, "extension", actor=lead, now=now, given=Given(reason="采购配件")
        )
        requests.decide(session, bench.district, request, approve=True, actor=DISPATCHER, now=now)
    assert check(bench, now) == 0
    assert check(bench, at(bench, "2026-04-03 12:00")) == 1  # due on 8 April: the 6th is 清明
    assert [rung for rung, _ in on_record(bench, signed)] == ["yellow", "yellow"]


def test_a_clock_of_the_desk_is_told_to_the_desk_at_every_rung(bench: Bench) -> None:
    case_id = bench.answered()
    for hours in (34, 38, 49):
        check(bench, NOW + timedelta(hours=hours))
    audiences = {audience for audience, _ in told(bench, case_id, "回访")}
    assert audiences == {"desk", "supervisor"}


def test_what_leads_are_told_only_leads_read(bench: Bench, signed: str) -> None:
    check(bench, at(bench, "2026-03-30 17:00"))

    def templates(role: Role, unit: str) -> set[str]:
        actor = Actor("u-x", "某人", role, unit)
        with bench.database.read() as session:
            rows, _, _ = notices.listed(session, bench.district, actor)
            return {row.template for row in rows}

    unit = bench.lead(signed).unit
    other = next(each.code for each in bench.district.units if each.kind == "bureau" and each.code != unit)
    assert "clock_red" in templates(Role.UNIT_LEAD, unit)
    assert "clock_red" not in templates(Role.UNIT_OFFICER, unit)
    assert "clock_red" not in templates(Role.UNIT_LEAD, other)
    assert "clock_red" not in templates(Role.AGENT, "")


def test_a_ticket_is_overdue_in_the_figures_once_its_clock_ran_out(bench: Bench, signed: str) -> None:
    check(bench, at(bench, "2026-03-31 10:00"))
    assert bench.look(lambda session: list(session.scalars(select(TicketFacts.overdue)))) == [1]


def test_a_pack_that_states_another_ladder_is_followed(bench: Bench, signed: str) -> None:
    ladder = Ladder.model_validate([{"at": "red", "tell": ["desk"]}])
    plain = [rule.model_copy(update={"ladder": None}) for rule in bench.district.clocks.rules]
    bench.district = replace(bench.district, clocks=Clocks(plain, bench.district.request_types, ladder))
    assert check(bench, at(bench, "2026-03-30 10:00")) == 0
    assert check(bench, at(bench, "2026-04-20 10:00")) == 1
    assert told(bench, signed) == [("desk", "clock_red")]


def test_the_ladder_is_kept_with_the_rules_a_case_started_with(bench: Bench, signed: str) -> None:
    with bench.database.read() as session:
        kept = session.get_one(RuleVersion, session.get_one(Case, signed).rule_version)
        revived = Clocks([ClockRule.model_validate(each) for each in kept.rules["clocks"]])
    assert revived.ladder(ANSWER) == bench.district.clocks.ladder(ANSWER)
