"""Quality inspection: who is drawn, who scores, who is told, who objects and who decides; figures with their n."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select

from casework import desk_work, inspection, inspection_draw, inspection_figures, notices
from casework.actors import Actor, Given
from casework.errors import BadPeriod, NeedMissing, NotAllowed
from casework.inspection import Chosen, Marks
from casework.inspection_draw import Work, sample
from casework.inspection_tables import Inspection
from casework.supervision_errors import (
    BadScore,
    InspectionStands,
    ObjectionLate,
    OwnInspection,
    UnknownInspection,
)
from casework.tables import Ticket
from casework.tickets import timeline
from district.inspection import InspectionRules
from district.schemas import Role
from storage.audit import AuditRow

from .conftest import AGENT, AUDITOR, CALLER, DISPATCHER, NOW, SUPERVISOR, Bench

SECOND = Actor("u-supervisor-2", "督办二", Role.SUPERVISOR)
OTHER_AGENT = Actor("u-agent-2", "坐席二", Role.AGENT)
NEXT_WEEK = NOW + timedelta(days=7)
STRANGERS = (
    Actor("u-lead", "单位", Role.UNIT_LEAD, "U001"),
    Actor("u-officer", "单位", Role.UNIT_OFFICER, "U001"),
    Actor("u-editor", "编辑", Role.KNOWLEDGE_EDITOR),
    Actor("u-admin", "管理员", Role.ADMINISTRATOR),
)
FULL: Mapping[str, int] = {"A1": 40, "A2": 25, "A3": 20, "A4": 15}


def answer(bench: Bench, actor: Actor = AGENT, *, now: datetime = NOW) -> str:
    """A ticket that the actor answered on the spot; its id."""
    ticket_id = bench.ticket()
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, ticket_id)
        given = Given(text="请持身份证到街道大厅办理")
        desk_work.move(session, bench.district, ticket, "answer_directly", actor=actor, now=now, given=given)
    return ticket_id


def draw(bench: Bench, *, now: datetime = NEXT_WEEK) -> int:
    with bench.database.write.begin() as session:
        return inspection_draw.draw_due(session, bench.district, now=now)


def drawn(bench: Bench) -> list[Inspection]:
    found: list[Inspection] = bench.look(
        lambda session: list(session.scalars(select(Inspection).order_by(Inspection.id)))
    )
    return found


def one(bench: Bench) -> str:
    """A drawn answer of the agent's; its id."""
    answer(bench)
    assert draw(bench) == 1
    return drawn(bench)[0].id


def act(bench: Bench, name: str, key: str, actor: Actor, *args: Any, now: datetime = NEXT_WEEK, **given: Any) -> None:
    with bench.database.write.begin() as session:
        row = inspection.get(session, key, actor)
        getattr(inspection, name)(session, bench.district, row, *args, actor=actor, now=now, **given)


def score(
    bench: Bench, key: str, actor: Actor = SUPERVISOR, *, comment: str = "没有说明所需材料", **points: int
) -> None:
    act(bench, "score", key, actor, Marks({**FULL, **points}), comment=comment)


def row(bench: Bench, key: str) -> Inspection:
    found: Inspection = bench.look(lambda session: session.get_one(Inspection, key))
    return found


def told(bench: Bench, actor: Actor) -> list[str]:
    return [each.text for each in bench.look(lambda session: notices.listed(session, bench.district, actor)[0])]


# Drawing


def test_work_is_drawn_when_its_week_is_over_and_once(bench: Bench) -> None:
    ticket_id = answer(bench)
    assert draw(bench, now=datetime(2026, 3, 29, 15, 59, tzinfo=UTC)) == 0  # Sunday 23:59 in China
    assert draw(bench, now=datetime(2026, 3, 29, 16, 0, tzinfo=UTC)) == 1
    (found,) = drawn(bench)
    assert (found.kind, found.ticket_id, found.worker) == ("answer", ticket_id, AGENT.id)
    assert (found.week, found.state, found.score) == (date(2026, 3, 23), "drawn", None)
    assert draw(bench, now=NEXT_WEEK + timedelta(days=1)) == 0


def test_answers_records_and_callbacks_are_drawn_to_who_made_them(bench: Bench) -> None:
    answer(bench)
    case_id = bench.answered(text="二号楼电梯停运无人维修")
    bench.call_back(case_id, reached=False)
    bench.call_back(case_id, reached=True, contacted=True, resolved=False, satisfaction="dissatisfied")
    draw(bench)
    found = sorted((each.kind, each.worker) for each in drawn(bench))
    assert found == [
        ("answer", AGENT.id),
        ("callback", CALLER.id),
        ("callback", CALLER.id),
        ("record", DISPATCHER.id),
    ]


def test_what_the_desk_did_by_itself_and_what_supervisors_did_is_not_drawn(bench: Bench) -> None:
    ticket_id = bench.ticket()  # judged by triage
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, ticket_id)
        desk_work.accept(session, bench.district, ticket, actor=SUPERVISOR, now=NOW)
    assert draw(bench) == 0


def pieces(number: int) -> list[Work]:
    return [Work("answer", f"k{each}", "t", AGENT.id, AGENT.name, NOW) for each in range(number)]


@pytest.mark.parametrize(("done", "expected"), [(0, 0), (1, 1), (2, 2), (40, 2), (41, 3), (100, 5), (101, 6)])
def test_a_share_is_drawn_but_at_least_so_many(done: int, expected: int) -> None:
    rules = InspectionRules(share=Decimal("0.05"), minimum=2)
    assert len(sample(rules, pieces(done))) == expected


def test_the_sample_does_not_depend_on_the_order_work_is_found_in() -> None:
    rules = InspectionRules(share=Decimal("0.1"), minimum=1)
    work = pieces(50)
    assert set(sample(rules, work)) == set(sample(rules, work[::-1]))
    assert sample(rules, work) != work[:5]


def test_without_sheets_nothing_is_drawn(bench: Bench) -> None:
    answer(bench)
    bench.district = replace(bench.district, inspection=InspectionRules())
    assert draw(bench) == 0


# Scoring


def test_a_score_is_the_sum_and_goes_to_the_person_alone(bench: Bench) -> None:
    key = one(bench)
    score(bench, key, A2=10)
    found = row(bench, key)
    assert (found.state, found.score, found.scored_by) == ("scored", 85, SUPERVISOR.id)
    assert any("85 分" in text and "没有说明所需材料" in text for text in told(bench, AGENT))
    assert not any("质检" in text for actor in (OTHER_AGENT, CALLER, DISPATCHER) for text in told(bench, actor))


def test_a_critical_fault_makes_the_sum_nought(bench: Bench) -> None:
    key = one(bench)
    act(bench, "score", key, SUPERVISOR, Marks(FULL, ["AX1"]), comment="说出了邻居的电话")
    assert row(bench, key).score == 0


@pytest.mark.parametrize(
    "marks",
    [
        Marks({"A1": 40, "A2": 25, "A3": 20}),
        Marks({**FULL, "A1": 41}),
        Marks({**FULL, "A1": -1}),
        Marks({**FULL, "B1": 1}),
        Marks(FULL, ["BX1"]),
    ],
    ids=["item missing", "too much", "too little", "another sheet's item", "another sheet's fault"],
)
def test_points_must_fit_the_sheet(bench: Bench, marks: Marks) -> None:
    key = one(bench)
    with pytest.raises(BadScore):
        act(bench, "score", key, SUPERVISOR, marks, comment="x")
    assert row(bench, key).state == "drawn"


def test_lost_points_need_a_comment_and_full_ones_none(bench: Bench) -> None:
    key = one(bench)
    with pytest.raises(NeedMissing):
        score(bench, key, comment=" ", A1=39)
    score(bench, key, comment="")
    assert row(bench, key).score == 100


def test_nobody_inspects_his_own_work(bench: Bench) -> None:
    key = one(bench)
    promoted = Actor(AGENT.id, AGENT.name, Role.SUPERVISOR)
    with pytest.raises(OwnInspection):
        score(bench, key, promoted)


def test_work_is_scored_once(bench: Bench) -> None:
    key = one(bench)
    score(bench, key)
    with pytest.raises(InspectionStands):
        score(bench, key, SECOND)


def test_a_sheet_changed_later_does_not_change_what_is_scored(bench: Bench) -> None:
    key = one(bench)
    bench.district = replace(bench.district, inspection=InspectionRules())
    score(bench, key, A1=30)
    assert row(bench, key).score == 90


def test_an_inspection_leaves_no_step_on_the_ticket_but_an_audit_row(bench: Bench) -> None:
    key = one(bench)
    ticket_id = row(bench, key).ticket_id
    before = bench.look(lambda s: len(timeline(s, ticket=s.get_one(Ticket, ticket_id))))
    score(bench, key)
    assert bench.look(lambda s: len(timeline(s, ticket=s.get_one(Ticket, ticket_id)))) == before
    acts = select(AuditRow.act).where(AuditRow.subject == "inspection").order_by(AuditRow.id)
    assert bench.look(lambda s: list(s.scalars(acts))) == ["inspection_draw", "inspection_score"]


# Objection


def test_an_objection_is_decided_by_a_second_supervisor(bench: Bench) -> None:
    key = one(bench)
    score(bench, key, A1=10)
    act(bench, "object_to", key, AGENT, text="录音中已说明材料")
    assert any("录音中已说明材料" in text for text in told(bench, SECOND))
    with pytest.raises(OwnInspection):
        act(bench, "decide", key, SUPERVISOR, text="维持")
    act(bench, "decide", key, SECOND, text="异议成立", marks=Marks({**FULL, "A1": 40}))
    found = row(bench, key)
    assert (found.state, found.first_score, found.score, found.decided_by) == ("decided", 70, 100, SECOND.id)
    assert any("复核" in text and "100 分" in text for text in told(bench, AGENT))


def test_a_result_may_stand(bench: Bench) -> None:
    key = one(bench)
    score(bench, key, A1=10)
    act(bench, "object_to", key, AGENT, text="不同意")
    with pytest.raises(NeedMissing):
        act(bench, "decide", key, SECOND, text="")
    act(bench, "decide", key, SECOND, text="录音中没有说明")
    assert (row(bench, key).first_score, row(bench, key).score) == (70, 70)


def test_one_objects_once_with_a_reason_and_in_time(bench: Bench) -> None:
    key = one(bench)
    score(bench, key)
    with pytest.raises(NeedMissing):
        act(bench, "object_to", key, AGENT, text=" ")
    late = datetime(2026, 4, 8, 1, 31, tzinfo=UTC)  # five working days after 31 March, Qingming on 6 April between
    with pytest.raises(ObjectionLate):
        act(bench, "object_to", key, AGENT, text="不同意", now=late)
    act(bench, "object_to", key, AGENT, text="不同意", now=late - timedelta(minutes=1))
    with pytest.raises(InspectionStands):
        act(bench, "object_to", key, AGENT, text="还是不同意")
    act(bench, "decide", key, SECOND, text="维持")
    with pytest.raises(InspectionStands):
        act(bench, "object_to", key, AGENT, text="再次不同意")


def test_only_the_person_himself_objects(bench: Bench) -> None:
    key = one(bench)
    score(bench, key)
    for actor in (SUPERVISOR, AUDITOR):
        with pytest.raises(NotAllowed):
            act(bench, "object_to", key, actor, text="不同意")


# Who sees what


def test_one_sees_his_own_results_and_not_before_they_are_scored(bench: Bench) -> None:
    key = one(bench)

    def seen(actor: Actor, **more: Any) -> list[str]:
        rows, _ = bench.look(lambda session: inspection.listing(session, actor, Chosen(), **more))
        return [each.id for each in rows]

    assert (seen(AGENT), seen(SUPERVISOR), seen(AUDITOR)) == ([], [key], [key])
    with bench.database.read() as session, pytest.raises(UnknownInspection):
        inspection.get(session, key, AGENT)
    score(bench, key)
    assert seen(AGENT) == [key]
    for actor in (OTHER_AGENT, CALLER, DISPATCHER):
        assert seen(actor) == []
        with bench.database.read() as session, pytest.raises(UnknownInspection):
            inspection.get(session, key, actor)
    assert seen(SUPERVISOR, mine=True) == []


@pytest.mark.parametrize("actor", STRANGERS, ids=lambda actor: actor.role)
def test_other_roles_see_nothing(bench: Bench, actor: Actor) -> None:
    key = one(bench)
    with bench.database.read() as session:
        for read in (
            lambda: inspection.get(session, key, actor),
            lambda: inspection.listing(session, actor, Chosen()),
            lambda: inspection_figures.figures(session, actor, NOW, NEXT_WEEK),
        ):
            with pytest.raises(NotAllowed):
                read()


def test_only_supervisors_score_and_decide(bench: Bench) -> None:
    key = one(bench)
    with pytest.raises(NotAllowed):
        score(bench, key, AUDITOR)
    score(bench, key)
    act(bench, "object_to", key, AGENT, text="不同意")
    for actor in (AUDITOR, AGENT):
        with pytest.raises((NotAllowed, OwnInspection)):
            act(bench, "decide", key, actor, text="维持")


# Figures


def test_figures_show_the_mean_the_number_and_the_faults_by_item(bench: Bench) -> None:
    for _ in range(2):
        answer(bench)
    answer(bench, OTHER_AGENT)
    draw(bench)
    mine = [each.id for each in drawn(bench) if each.worker == AGENT.id]
    score(bench, mine[0], A1=30, A2=20)
    act(bench, "score", mine[1], SUPERVISOR, Marks(FULL, ["AX1"]), comment="泄露电话")

    def figures(actor: Actor) -> Any:
        return bench.look(lambda session: inspection_figures.figures(session, actor, NOW, NEXT_WEEK))

    everybody, each = figures(SUPERVISOR)
    assert (everybody.drawn, everybody.scored, everybody.mean) == (3, 2, Decimal("42.5"))
    assert [(one.worker, one.scored, one.mean) for one in each] == [
        (AGENT.id, 2, Decimal("42.5")),
        (OTHER_AGENT.id, 0, None),
    ]
    faults = {fault.code: (fault.times, fault.of, fault.lost) for fault in each[0].faults}
    assert faults == {"A1": (1, 2, 10), "A2": (1, 2, 5), "AX1": (1, 2, 0)}
    assert each[0].zero == 1
    _, own = figures(AGENT)
    assert [one.worker for one in own] == [AGENT.id]
    assert figures(OTHER_AGENT)[1] == []


def test_a_period_ends_after_it_begins(bench: Bench) -> None:
    with bench.database.read() as session, pytest.raises(BadPeriod):
        inspection_figures.figures(session, SUPERVISOR, NOW, NOW)


def test_of_two_inspectors_at_once_one_scores_and_the_other_is_told(bench: Bench) -> None:
    key = one(bench)
    together = Barrier(2)

    def scored(actor: Actor) -> str:
        together.wait(10)
        try:
            score(bench, key, actor)
        except InspectionStands:
            return "refused"
        return actor.id

    with ThreadPoolExecutor(2) as pool:
        done = set(pool.map(scored, (SUPERVISOR, SECOND)))
    assert done == {"refused", row(bench, key).scored_by}
