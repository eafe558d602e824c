"""Supervision orders and leaders' notes: who issues, what a level needs, the unit's answer, and telling once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select

from casework import leaders_notes, supervision_orders, tickets
from casework.actors import Actor
from casework.errors import NeedMissing, NotAllowed, WrongState
from casework.leaders_notes import Written
from casework.supervision_errors import (
    HighestLevel,
    NobodyToOrder,
    NotedInFuture,
    NoteStands,
    OrderOpen,
    OrderStands,
    UnknownLevel,
    UnknownNote,
    UnknownOrder,
)
from casework.supervision_tables import LeadersNote, SupervisionOrder
from casework.tables import Case, CaseUnit, Notice
from casework.tickets import timeline
from district.schemas import Role
from storage.audit import AuditRow

from .conftest import AGENT, AUDITOR, CALLER, DISPATCHER, NOW, SUPERVISOR, Bench

EDITOR = Actor("u-editor", "编辑", Role.KNOWLEDGE_EDITOR)
ADMINISTRATOR = Actor("u-admin", "管理员", Role.ADMINISTRATOR)
OTHERS = (AGENT, DISPATCHER, CALLER, AUDITOR, EDITOR, ADMINISTRATOR)
STRANGER = Actor("u-stranger", "别的单位", Role.UNIT_LEAD, "U040")


def issue(
    bench: Bench, case_id: str, level: str = "yellow", *, actor: Actor = SUPERVISOR, now: datetime = NOW, **more: Any
) -> str:
    with bench.database.write.begin() as session:
        case = session.get_one(Case, case_id)
        made = supervision_orders.issue(
            session,
            bench.district,
            case,
            level=level,
            text=more.pop("text", "请三日内修复并书面答复"),
            actor=actor,
            now=now,
            **more,
        )
        return made.id


def act(bench: Bench, name: str, order_id: str, actor: Actor, *, now: Any = NOW, **given: Any) -> str:
    """Do something to an order as the actor sees it; the id of the order that comes of it."""
    verb: Callable[..., SupervisionOrder] = getattr(supervision_orders, name)
    with bench.database.write.begin() as session:
        order = supervision_orders.get(session, bench.district, order_id, actor)
        return verb(session, bench.district, order, actor=actor, now=now, **given).id


def order(bench: Bench, order_id: str) -> SupervisionOrder:
    found: SupervisionOrder = bench.look(lambda session: session.get_one(SupervisionOrder, order_id))
    return found


def notices(bench: Bench, template: str) -> list[tuple[str, str]]:
    query = select(Notice.audience, Notice.unit).where(Notice.template == template).order_by(Notice.id)
    return [tuple(row) for row in bench.look(lambda session: session.execute(query).all())]


def test_an_order_is_answered_and_accepted_and_everybody_concerned_is_told(bench: Bench) -> None:
    case_id = bench.case()
    lead = bench.lead(case_id)
    with bench.database.write.begin() as session:
        session.add(CaseUnit(case_id=case_id, unit="U040", part="co"))
    order_id = issue(bench, case_id)
    assert order(bench, order_id).due_at == datetime(2026, 3, 26, 1, 30, tzinfo=UTC)  # two working days, Thursday
    assert set(notices(bench, "order_issued")) == {("unit", lead.unit), ("unit", "U040")}
    act(bench, "acknowledge", order_id, lead)
    act(bench, "answer", order_id, lead, text="已更换灯头")
    assert notices(bench, "order_answered") == [("supervisor", "")]
    act(bench, "accept", order_id, SUPERVISOR, text="同意")
    found = order(bench, order_id)
    assert (found.state, found.answer, found.decision) == ("accepted", "已更换灯头", "同意")
    moves = bench.look(lambda session: [s.move for s in timeline(session, case=session.get_one(Case, case_id))])
    assert moves[-4:] == ["order", "order_acknowledge", "order_answer", "order_accept"]
    audited = select(func.count()).where(AuditRow.subject_id == case_id, AuditRow.act.startswith("order"))
    assert bench.look(lambda session: session.scalar(audited)) == 4


def test_the_term_may_be_set_and_is_counted_in_the_levels_unit(bench: Bench) -> None:
    order_id = issue(bench, bench.case(), term=4)
    assert order(bench, order_id).due_at == datetime(2026, 3, 30, 1, 30, tzinfo=UTC)  # over a weekend
    assert order(bench, order_id).term == "4 wd office"


def test_red_comes_after_yellow_or_with_a_reason(bench: Bench) -> None:
    case_id = bench.case()
    with pytest.raises(NeedMissing) as refused:
        issue(bench, case_id, "red")
    assert refused.value.need == "reason"
    assert order(bench, issue(bench, case_id, "red", reason="已造成人员受伤")).reason == "已造成人员受伤"
    after_yellow = bench.case("新街口的井盖坏了没人管，晚上很危险")
    first = issue(bench, after_yellow)
    act(bench, "answer", first, bench.lead(after_yellow), text="已修")
    act(bench, "accept", first, SUPERVISOR)
    assert order(bench, issue(bench, after_yellow, "red")).level == "red"


def test_a_withdrawn_yellow_order_is_none(bench: Bench) -> None:
    case_id = bench.case()
    act(bench, "withdraw", issue(bench, case_id), SUPERVISOR, reason="误发")
    with pytest.raises(NeedMissing):
        issue(bench, case_id, "red")


def test_upgrading_puts_the_next_level_in_place_of_the_order(bench: Bench) -> None:
    case_id = bench.case()
    first = issue(bench, case_id)
    second = act(bench, "upgrade", first, SUPERVISOR, text="仍未修复，明日上午到区里说明")
    assert order(bench, first).state == "upgraded"
    assert (order(bench, second).level, order(bench, second).follows) == ("red", first)
    with pytest.raises(HighestLevel):
        act(bench, "upgrade", second, SUPERVISOR, text="再升级")
    with pytest.raises(OrderStands):
        act(bench, "answer", first, bench.lead(case_id), text="已修")


def test_one_order_stands_at_a_time(bench: Bench) -> None:
    case_id = bench.case()
    issue(bench, case_id)
    with pytest.raises(OrderOpen):
        issue(bench, case_id, "red", reason="紧急")


def test_an_answer_that_does_not_do_is_sent_back_with_the_term_anew(bench: Bench) -> None:
    case_id = bench.case()
    order_id = issue(bench, case_id)
    act(bench, "answer", order_id, bench.lead(case_id), text="正在研究")
    later = NOW + timedelta(days=1)
    with pytest.raises(NeedMissing):
        act(bench, "send_back", order_id, SUPERVISOR, text=" ", now=later)
    act(bench, "send_back", order_id, SUPERVISOR, text="没有说明何时修好", now=later)
    assert order(bench, order_id).state == "acknowledged"
    assert order(bench, order_id).due_at == datetime(2026, 3, 27, 1, 30, tzinfo=UTC)
    act(bench, "answer", order_id, bench.lead(case_id), text="今日已修好", now=later)
    assert order(bench, order_id).answer == "今日已修好"


def test_an_overdue_order_is_told_to_the_supervisor_once(bench: Bench) -> None:
    case_id = bench.case()
    order_id = issue(bench, case_id)
    due = order(bench, order_id).due_at
    for now, told in ((due, 0), (due + timedelta(minutes=1), 1), (due + timedelta(days=1), 0)):
        with bench.database.write.begin() as session:
            assert supervision_orders.check_overdue(session, bench.district, now=now) == told
    assert notices(bench, "order_overdue") == [("supervisor", "")]


def test_an_answered_order_is_not_overdue(bench: Bench) -> None:
    case_id = bench.case()
    order_id = issue(bench, case_id)
    act(bench, "answer", order_id, bench.lead(case_id), text="已修")
    with bench.database.write.begin() as session:
        assert supervision_orders.check_overdue(session, bench.district, now=NOW + timedelta(days=30)) == 0


@pytest.mark.parametrize("actor", OTHERS, ids=lambda actor: actor.role)
def test_roles_that_may_not_are_refused(bench: Bench, actor: Actor) -> None:
    case_id = bench.case()
    with pytest.raises(NotAllowed):
        issue(bench, case_id, actor=actor)
    order_id = issue(bench, case_id)
    acts: tuple[tuple[str, dict[str, str]], ...] = (
        ("acknowledge", {}),
        ("answer", {"text": "已修"}),
        ("accept", {}),
        ("send_back", {"text": "不行"}),
        ("upgrade", {"text": "升级"}),
        ("withdraw", {"reason": "误发"}),
    )
    for name, given in acts:
        with pytest.raises(NotAllowed):
            act(bench, name, order_id, actor, **given)
    assert order(bench, order_id).state == "issued"


def test_the_unit_answers_by_its_lead_and_decides_nothing(bench: Bench) -> None:
    case_id = bench.case()
    order_id = issue(bench, case_id)
    lead, officer = bench.lead(case_id), bench.lead(case_id, Role.UNIT_OFFICER)
    for name, given in (("answer", {"text": "已修"}), ("acknowledge", {})):
        with pytest.raises(NotAllowed):
            act(bench, name, order_id, officer, **given)
    act(bench, "answer", order_id, lead, text="已修")
    for name, given in (("accept", {}), ("send_back", {"text": "x"}), ("withdraw", {"reason": "x"})):
        with pytest.raises(NotAllowed):
            act(bench, name, order_id, lead, **given)
    with pytest.raises(NotAllowed):
        issue(bench, bench.case("南街的树倒了压住了电线"), actor=lead)


def test_a_unit_finds_no_orders_and_notes_of_others_cases(bench: Bench) -> None:
    case_id = bench.case()
    order_id, note_id = issue(bench, case_id), enter(bench, case_id)
    with bench.database.read() as session:
        with pytest.raises(UnknownOrder):
            supervision_orders.get(session, bench.district, order_id, STRANGER)
        with pytest.raises(UnknownNote):
            leaders_notes.get(session, bench.district, note_id, STRANGER)
        with pytest.raises(UnknownOrder):
            supervision_orders.get(session, bench.district, "no-id", SUPERVISOR)
        assert supervision_orders.get(session, bench.district, order_id, AUDITOR).id == order_id


def test_a_co_handler_sees_the_order_and_answers_nothing(bench: Bench) -> None:
    case_id = bench.case()
    with bench.database.write.begin() as session:
        session.add(CaseUnit(case_id=case_id, unit=STRANGER.unit, part="co"))
    order_id = issue(bench, case_id)
    with pytest.raises(NotAllowed):
        act(bench, "answer", order_id, STRANGER, text="不归我们")


def test_an_order_needs_a_known_level_a_text_and_a_case_under_way_with_a_unit(bench: Bench) -> None:
    case_id = bench.case()
    with pytest.raises(UnknownLevel):
        issue(bench, case_id, "blue")
    with pytest.raises(NeedMissing):
        issue(bench, case_id, text="  ")
    undispatched = bench.case("西街的下水道堵了污水横流")
    bench.do(undispatched, "recall", DISPATCHER, text="派错了")
    with pytest.raises(NobodyToOrder):
        issue(bench, undispatched)
    over = bench.answered(text="北街的信号灯不亮了")
    bench.call_back(over, reached=True, contacted=True, resolved=True, satisfaction="satisfied")
    with pytest.raises(WrongState):
        issue(bench, over)


def test_who_leads_the_case_now_answers_the_order(bench: Bench) -> None:
    case_id = bench.case()
    before = bench.lead(case_id)
    order_id = issue(bench, case_id)
    with bench.database.write.begin() as session:
        case = tickets.get_case(session, bench.district, case_id, SUPERVISOR)
        case.units.append(CaseUnit(unit=STRANGER.unit, part="lead"))
        case.lead_unit = STRANGER.unit
    with pytest.raises(NotAllowed):
        act(bench, "answer", order_id, before, text="已修")
    act(bench, "answer", order_id, STRANGER, text="已修")
    assert order(bench, order_id).state == "answered"


# Leaders' notes


def enter(bench: Bench, case_id: str, *, actor: Any = SUPERVISOR, asks: Any = True, **changes: Any) -> str:
    values = {"leader": "周明远", "office": "副区长", "noted_on": date(2026, 3, 23), "text": "请限期整改", **changes}
    with bench.database.write.begin() as session:
        case = session.get_one(Case, case_id)
        written = Written(**values, asks_answer=asks)
        return leaders_notes.enter(session, bench.district, case, written, actor=actor, now=NOW).id


def on_note(bench: Bench, name: str, note_id: str, actor: Actor, **given: str) -> LeadersNote:
    verb: Callable[..., LeadersNote] = getattr(leaders_notes, name)
    with bench.database.write.begin() as session:
        found = leaders_notes.get(session, bench.district, note_id, actor)
        return verb(session, bench.district, found, actor=actor, now=NOW, **given)


def test_a_note_reaches_the_unit_and_its_answer_the_supervisor(bench: Bench) -> None:
    case_id = bench.case()
    lead = bench.lead(case_id)
    note_id = enter(bench, case_id)
    assert notices(bench, "leaders_note") == [("unit", lead.unit)]
    assert on_note(bench, "answer", note_id, lead, text="已整改").state == "answered"
    assert notices(bench, "leaders_note_answered") == [("supervisor", "")]
    with pytest.raises(NoteStands):
        on_note(bench, "answer", note_id, lead, text="再答复")


def test_a_note_that_asks_for_no_answer_takes_none(bench: Bench) -> None:
    case_id = bench.case()
    note_id = enter(bench, case_id, asks=False)
    with pytest.raises(NoteStands):
        on_note(bench, "answer", note_id, bench.lead(case_id), text="已阅")


def test_a_note_is_of_a_day_that_has_come_and_says_who_wrote_what(bench: Bench) -> None:
    case_id = bench.case()
    with pytest.raises(NotedInFuture):
        enter(bench, case_id, noted_on=date(2026, 3, 25))
    for field in ("leader", "office", "text"):
        with pytest.raises(NeedMissing):
            enter(bench, case_id, **{field: " "})


def test_a_note_is_withdrawn_with_a_reason_once(bench: Bench) -> None:
    note_id = enter(bench, bench.case())
    with pytest.raises(NeedMissing):
        on_note(bench, "withdraw", note_id, SUPERVISOR, reason="")
    assert on_note(bench, "withdraw", note_id, SUPERVISOR, reason="录错办件").withdrawn_for == "录错办件"
    with pytest.raises(NoteStands):
        on_note(bench, "withdraw", note_id, SUPERVISOR, reason="录错办件")


@pytest.mark.parametrize("actor", OTHERS, ids=lambda actor: actor.role)
def test_notes_are_entered_by_supervisors_and_answered_by_unit_leads_alone(bench: Bench, actor: Actor) -> None:
    case_id = bench.case()
    with pytest.raises(NotAllowed):
        enter(bench, case_id, actor=actor)
    note_id = enter(bench, case_id)
    for name, given in (("answer", {"text": "已整改"}), ("withdraw", {"reason": "误录"})):
        with pytest.raises(NotAllowed):
            on_note(bench, name, note_id, actor, **given)


def test_of_two_supervisors_at_once_one_decides_and_the_other_is_told(bench: Bench) -> None:
    case_id = bench.case()
    order_id = issue(bench, case_id)
    act(bench, "answer", order_id, bench.lead(case_id), text="已修")
    together = Barrier(2)

    def decide(name: str, given: dict[str, str]) -> str:
        together.wait(10)
        try:
            act(bench, name, order_id, SUPERVISOR, **given)
        except OrderStands:
            return "refused"
        return name

    with ThreadPoolExecutor(2) as pool:
        made = {pool.submit(decide, "accept", {}), pool.submit(decide, "withdraw", {"reason": "误发"})}
        done = sorted(each.result() for each in made)
    assert "refused" in done
    (won,) = set(done) - {"refused"}
    assert order(bench, order_id).state == {"accept": "accepted", "withdraw": "withdrawn"}[won]
