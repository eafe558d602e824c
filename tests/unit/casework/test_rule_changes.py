"""A case keeps the rules it began with; going on by new ones is previewed, done, and on record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from casework import deadlines, requests, rule_changes, rules
from casework.actors import SYSTEM, Actor, Given
from casework.errors import NotAllowed
from casework.rule_change_errors import CannotMigrate, CaseIsOver, StateInUse, UnknownRuleVersion
from casework.rule_changes import Done, Plan
from casework.tables import Case, Clock, Step
from district.pack import District
from district.schemas import Role
from storage.audit import AuditRow
from tests.unit.casework.conftest import AUDITOR, DISPATCHER, NOW, SUPERVISOR, Bench
from tests.unit.casework.rule_bench import newer, without

ADMINISTRATOR = Actor("u-admin", "管理员", Role.ADMINISTRATOR)
LATER = NOW + timedelta(minutes=20)
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""For rules that say nothing of locks or of SQL."""


def plan(bench: Bench, new: District, **more: Any) -> Plan:
    with bench.database.read() as session:
        return rule_changes.preview(session, new, now=LATER, **more)


def migrate(bench: Bench, new: District, *keys: str, actor: Actor = SUPERVISOR, **more: Any) -> Done:
    with bench.database.write.begin() as session:
        return rule_changes.migrate(session, new, keys, actor=actor, now=LATER, **more)


def alone(bench: Bench, new: District, key: str, actor: Actor = SUPERVISOR) -> Done:
    with bench.database.write.begin() as session:
        return rule_changes.migrate_one(session, new, session.get_one(Case, key), actor=actor, now=LATER)


def ask(bench: Bench, key: str, kind: str, *, approve: bool | None = None, after: timedelta = timedelta(0)) -> None:
    """The lead asks, and after a while the dispatcher approves or refuses, if he does."""
    line = next(iter(bench.district.directory)).line
    reason = "not_my_duty" if kind == "return" else "等待配件"
    given = Given(reason=reason, proposed_unit="U002", directory_line=line)
    with bench.database.write.begin() as session:
        case = session.get_one(Case, key)
        request = requests.ask(session, bench.district, case, kind, actor=bench.lead(key), now=NOW, given=given)
        if approve is not None:
            now = NOW + after
            requests.decide(session, bench.district, request, approve=approve, actor=DISPATCHER, now=now)


def clock(bench: Bench, key: str, name: str) -> Clock:
    query = select(Clock).where(Clock.case_id == key, Clock.name == name).order_by(Clock.started_at.desc()).limit(1)
    with bench.database.read() as session:
        return session.scalars(query).one()


def version(bench: Bench, key: str) -> str:
    with bench.database.read() as session:
        return session.get_one(Case, key).rule_version


def steps(bench: Bench, key: str) -> list[Step]:
    with bench.database.read() as session:
        return list(session.scalars(select(Step).where(Step.case_id == key, Step.move == rule_changes.ACT)))


@ON_SQLITE
def test_the_preview_counts_by_old_version_and_state_and_changes_nothing(bench: Bench) -> None:
    waits, signed = bench.case(), bench.case()
    bench.do(signed, "sign", bench.lead(signed))
    new = newer(bench.district)
    made = plan(bench, new)
    assert [(each.label, each.count, each.movable, each.in_use) for each in made.groups] == [
        ("待签收", 1, 1, False),
        ("办理中", 1, 1, False),
    ]
    assert set(made.movable) == {waits, signed}
    assert (made.stays, made.deadlines, made.overdue) == ((), 0, 0)
    assert version(bench, waits) == bench.district.rule_version


@ON_SQLITE
def test_cases_of_the_rules_of_today_and_closed_ones_are_nothing_to_migrate(bench: Bench) -> None:
    key = bench.answered()
    bench.call_back(key, reached=True, contacted=True, resolved=True, satisfaction="satisfied")
    assert bench.state(key) == "closed"
    bench.case()
    assert plan(bench, bench.district).groups == ()
    assert key not in plan(bench, newer(bench.district)).movable
    with pytest.raises(CaseIsOver):
        alone(bench, newer(bench.district), key)


def test_a_migrated_case_goes_on_by_the_new_rules_with_the_deadlines_it_was_promised(bench: Bench) -> None:
    key = bench.case()
    before = clock(bench, key, "answer").due_at
    new = newer(bench.district, contact="1 h always", answer="1 wd office")
    done = migrate(bench, new, key)
    assert (len(done.moved), done.stays, done.deadlines) == (1, (), 0)
    assert version(bench, key) == new.rule_version
    assert clock(bench, key, "answer").due_at == before
    bench.district = new
    lead = bench.lead(key)
    bench.do(key, "sign", lead, now=LATER)
    bench.do(key, "answer", lead, text="您好，已修好。", now=LATER)
    bench.do(key, "rework", SYSTEM, text="居民不满意", now=LATER)
    assert clock(bench, key, "contact").due_at == LATER + timedelta(hours=1)


@ON_SQLITE
def test_the_change_is_on_record_on_the_case_and_as_a_whole(bench: Bench) -> None:
    key = bench.case()
    old = bench.district.rule_version
    new = newer(bench.district, answer="6 wd office")
    migrate(bench, new, key, recount=True)
    (step,) = steps(bench, key)
    assert (step.label, step.actor, step.at) == ("流程版本更新", SUPERVISOR.id, LATER)
    assert "更新为 新" in step.text
    assert "答复时限由 03月31日" in step.text
    of_case = select(AuditRow).where(AuditRow.act == rule_changes.ACT, AuditRow.subject_id == key)
    of_all = select(AuditRow).where(AuditRow.act == rule_changes.RUN)
    rows = bench.look(lambda session: [*session.scalars(of_case), *session.scalars(of_all)])
    assert [row.actor for row in rows] == [SUPERVISOR.id] * 2
    assert rows[1].subject_id == new.rule_version
    assert rows[1].details["from"] == [old]
    assert (rows[1].details["moved"], rows[1].details["deadlines"]) == (1, 1)


def test_a_second_run_does_nothing(bench: Bench) -> None:
    key = bench.case()
    new = newer(bench.district, answer="6 wd office")
    migrate(bench, new, key, recount=True)
    due = clock(bench, key, "answer").due_at
    assert migrate(bench, new, key, recount=True) == Done((), (), 0)
    assert alone(bench, new, key) == Done((), (), 0)
    assert plan(bench, new).movable == ()
    assert clock(bench, key, "answer").due_at == due
    assert len(steps(bench, key)) == 1
    runs = select(AuditRow).where(AuditRow.act == rule_changes.RUN)
    assert bench.look(lambda session: len(session.scalars(runs).all())) == 1


@ON_SQLITE
def test_a_recount_keeps_what_an_extension_granted(bench: Bench) -> None:
    """Dispatched on Tuesday 24 March 09:30: 5 working days and 5 more end on 8 April (6 April is 清明节), 3 and 3 on
    1 April.
    """
    key = bench.case()
    lead = bench.lead(key)
    bench.do(key, "sign", lead)
    ask(bench, key, "extension", approve=True)
    assert clock(bench, key, "answer").due_at == datetime(2026, 4, 8, 1, 30, tzinfo=UTC)
    new = newer(bench.district, answer="3 wd office")
    assert plan(bench, new).deadlines == 1
    assert migrate(bench, new, key, recount=True).deadlines == 1
    found = clock(bench, key, "answer")
    assert (found.amount, found.extra) == (3, 3)
    assert found.due_at == datetime(2026, 4, 1, 1, 30, tzinfo=UTC)


@ON_SQLITE
def test_a_recount_leaves_out_the_time_that_the_clock_stood_still(bench: Bench) -> None:
    """Signing stood still from 09:30 to 11:30 while a return was decided: 8 hours and those 2 end on Wednesday."""
    key = bench.case()
    ask(bench, key, "return", approve=False, after=timedelta(hours=2))
    new = newer(bench.district, sign="6 wh office")
    migrate(bench, new, key, recount=True)
    # 09:30–12:00 and 13:30–18:00 are 7 h; 6 h + 2 h end one hour into Wednesday: 10:00.
    assert clock(bench, key, "sign").due_at == datetime(2026, 3, 25, 2, 0, tzinfo=UTC)


@ON_SQLITE
def test_the_preview_counts_the_deadlines_that_a_recount_puts_into_the_past(bench: Bench) -> None:
    key = bench.case()
    new = newer(bench.district, sign="10 min always")
    made = plan(bench, new, recount=True)
    assert (made.deadlines, made.overdue) == (1, 1)
    migrate(bench, new, key, recount=True)
    assert clock(bench, key, "sign").due_at == NOW + timedelta(minutes=10)


@ON_SQLITE
def test_an_order_of_the_city_still_binds_after_a_recount(bench: Bench) -> None:
    key = bench.case()
    order = NOW + timedelta(hours=30)
    with bench.database.write.begin() as session:
        case = session.get_one(Case, key)
        deadlines.bind(rules.of(session, bench.district, case), case, external=order)
    migrate(bench, newer(bench.district, answer="9 wd office"), key, recount=True)
    found = clock(bench, key, "answer")
    assert found.due_at == order < found.own_due_at


def test_a_state_that_is_gone_keeps_its_cases_and_is_told(bench: Bench) -> None:
    gone, stays = bench.case(), bench.case()
    bench.do(stays, "sign", bench.lead(stays))
    new = newer(bench.district, without("dispatched"))
    made = plan(bench, new)
    assert made.movable == (stays,)
    assert [(each.label, each.movable, each.in_use) for each in made.groups if each.in_use] == [("待签收", 0, True)]
    assert [stay.reasons for stay in made.stays] == [("新流程没有办件状态“待签收”",)]
    (told,) = bench.look(lambda session: rule_changes.states_in_use(session, new))
    assert (told.state_label, told.count) == ("待签收", 1)
    with pytest.raises(StateInUse) as refused:
        alone(bench, new, gone)
    assert (refused.value.state_label, refused.value.count) == ("待签收", 1)
    assert len(migrate(bench, new, gone, stays).moved) == 1
    assert version(bench, gone) == bench.district.rule_version
    with bench.database.write.begin() as session:
        rules.keep(session, new, now=LATER)
    bench.do(gone, "sign", bench.lead(gone), now=LATER)
    assert bench.state(gone) == "in_progress"


@ON_SQLITE
def test_a_pack_that_keeps_the_states_has_none_in_use(bench: Bench) -> None:
    bench.case()
    assert bench.look(lambda session: rule_changes.states_in_use(session, newer(bench.district))) == []
    assert bench.look(lambda session: rule_changes.waiting(session, newer(bench.district))) == 1


def forget_clock(data: dict[str, Any]) -> None:
    for move in data["case"]["transitions"]:
        for key in ("starts", "stops"):
            move[key] = [name for name in move[key] if name != "sign"]
    for kind in data["requests"]:
        kind["pauses"] = []


def never_stop(data: dict[str, Any]) -> None:
    for move in data["case"]["transitions"]:
        if move["name"] == "close":
            move["stops"] = []


def end_at(state: str) -> Callable[[dict[str, Any]], None]:
    return lambda data: data["case"]["final"].append(state)


def no_returns(data: dict[str, Any]) -> None:
    data["requests"] = [kind for kind in data["requests"] if kind["name"] != "return"]


def returns_pause_nothing(data: dict[str, Any]) -> None:
    for kind in data["requests"]:
        kind["pauses"] = []


def returns_when_signed(data: dict[str, Any]) -> None:
    for kind in data["requests"]:
        kind["states"] = ["in_progress"] if kind["name"] == "return" else kind["states"]


def returns_need_text(data: dict[str, Any]) -> None:
    for kind in data["requests"]:
        kind["needs"] += ["text"] if kind["name"] == "return" else []


@ON_SQLITE
@pytest.mark.parametrize(
    ("change", "clocks", "why"),
    [
        (forget_clock, {"sign": ""}, "签收时限还没有结束，新规则没有这项时限"),
        (never_stop, {}, "时限还没有结束，按新流程办结时不会停止"),
        (end_at("dispatched"), {}, "办件状态“待签收”在新流程里是终止状态"),
        (no_returns, {}, "新流程没有这种申请“return”"),
        (returns_pause_nothing, {}, "签收时限正停表"),
        (returns_when_signed, {}, "新流程在“待签收”不能提出"),
        (returns_need_text, {}, "退单申请缺少新流程要求的文字内容"),
    ],
)
def test_what_the_new_rules_do_not_know_keeps_a_case_where_it_is(
    bench: Bench, change: Callable[[dict[str, Any]], None], clocks: dict[str, str], why: str
) -> None:
    key = bench.case()
    ask(bench, key, "return")
    new = newer(bench.district, change, **clocks)
    (stay,) = plan(bench, new).stays
    assert any(why in reason for reason in stay.reasons), stay.reasons
    with pytest.raises(CannotMigrate, match=why):
        alone(bench, new, key)
    assert migrate(bench, new, key).moved == ()
    assert version(bench, key) == bench.district.rule_version


def test_a_request_of_a_kind_that_is_gone_waits_in_the_queue_of_who_decides_it(bench: Bench) -> None:
    key = bench.case()
    ask(bench, key, "return")
    with bench.database.read() as session:
        for district in (bench.district, newer(bench.district, no_returns)):
            (waits,) = requests.queue(session, district, DISPATCHER, now=NOW)
            assert waits.case_id == key
            assert requests.queue(session, district, SUPERVISOR, now=NOW) == []


@ON_SQLITE
@pytest.mark.parametrize("actor", [DISPATCHER, AUDITOR, SYSTEM, Actor("u", "负责人", Role.UNIT_LEAD, "U001")], ids=str)
def test_only_supervisors_and_administrators_migrate(bench: Bench, actor: Actor) -> None:
    key = bench.case()
    new = newer(bench.district)
    for act in (migrate, alone):
        with pytest.raises(NotAllowed):
            act(bench, new, key, actor=actor)
    assert version(bench, key) == bench.district.rule_version
    assert len(migrate(bench, new, key, actor=ADMINISTRATOR).moved) == 1


def test_only_those_with_a_say_in_the_rules_see_the_preview() -> None:
    for role in Role:
        actor = Actor("u", "某人", role)
        if role in {Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR}:
            rule_changes.check_may_see(actor)
        else:
            with pytest.raises(NotAllowed):
                rule_changes.check_may_see(actor)


def test_one_old_version_can_be_chosen_by_its_first_characters(bench: Bench) -> None:
    first = bench.case()
    old, between = bench.district, newer(bench.district)
    with bench.database.write.begin() as session:
        rules.keep(session, between, now=NOW)
    bench.district = between
    second = bench.case()
    new = newer(between)
    found = bench.look(lambda session: rule_changes.find_version(session, old.rule_version[:8]))
    assert found == old.rule_version
    assert plan(bench, new, from_version=found).movable == (first,)
    assert set(plan(bench, new).movable) == {first, second}
    with bench.database.read() as session:
        for text in ("", "ffffffffffff", "%"):
            with pytest.raises(UnknownRuleVersion):
                rule_changes.find_version(session, text)
