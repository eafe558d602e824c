"""Lead and co-handlers (主办、协办), and two officers who act on one case at once."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from casework import acts, lifecycle, requests
from casework.actors import Actor, Given
from casework.errors import AlreadyOver, CaseChanged, CoUnitsSilent, NotAllowed, UnknownMove
from casework.tables import Case, Notice
from district.schemas import Role

from .conftest import AGENT, CALLER, DISPATCHER, SUPERVISOR, Bench

SOLVED = {"reached": True, "contacted": True, "resolved": True, "satisfaction": "satisfied"}


def with_helpers(bench: Bench, number: int = 2) -> tuple[str, list[Actor]]:
    """A signed case with so many co-handlers, and an officer of each."""
    case_id = bench.case()
    lead = bench.lead(case_id)
    codes = [each.code for each in bench.district.units if each.kind == "bureau" and each.code != lead.unit][:number]
    bench.do(case_id, "recall", DISPATCHER, text="补充协办")
    bench.do(case_id, "dispatch", DISPATCHER, unit=lead.unit, co_units=tuple(codes))
    bench.do(case_id, "sign", bench.lead(case_id))
    return case_id, [Actor(f"u-{code}", "协办经办", Role.UNIT_OFFICER, code) for code in codes]


def test_the_lead_answers_when_every_co_handler_has(bench: Bench) -> None:
    case_id, helpers = with_helpers(bench)
    lead = bench.lead(case_id)
    bench.do(case_id, "co_answer", helpers[0], text="路面已由我局修补")
    with pytest.raises(CoUnitsSilent) as refused:
        bench.do(case_id, "answer", lead, text="您好，已办结。")
    assert refused.value.units == (bench.district.units.get(helpers[1].unit).name,)
    bench.do(case_id, "co_answer", helpers[1], text="管线已查，无异常")
    bench.do(case_id, "answer", lead, text="您好，已办结。")
    assert bench.state(case_id) == "answered"


def test_the_lead_answers_by_its_own_word_with_a_reason_when_a_co_handler_is_silent(bench: Bench) -> None:
    case_id, _ = with_helpers(bench, 1)
    bench.do(case_id, "answer", bench.lead(case_id), text="您好，已办结。", reason="协办单位两次催促未反馈")
    assert bench.state(case_id) == "answered"


def test_an_officers_answer_waits_for_co_handlers_before_it_is_asked(bench: Bench) -> None:
    case_id, helpers = with_helpers(bench, 1)
    officer = bench.lead(case_id, Role.UNIT_OFFICER)
    with pytest.raises(CoUnitsSilent):
        bench.do(case_id, "answer", officer, text="您好，已办结。")
    asked = bench.do(case_id, "answer", officer, text="您好，已办结。", reason="协办未反馈")
    with bench.database.write.begin() as session:
        found = requests.get(session, asked.id)
        requests.decide(session, bench.district, found, approve=True, actor=bench.lead(case_id), now=bench.now)
    assert bench.state(case_id) == "answered"
    assert helpers


def test_what_a_co_handler_says_is_kept_and_told_to_the_lead_alone(bench: Bench) -> None:
    case_id, (helper,) = with_helpers(bench, 1)
    bench.do(case_id, "co_answer", helper, text="树枝已修剪")
    case = bench.look(lambda session: [(part.unit, part.answer) for part in session.get_one(Case, case_id).units])
    assert (helper.unit, "树枝已修剪") in case
    query = select(Notice).where(Notice.template == "co_answered")
    (notice,) = bench.look(lambda session: list(session.scalars(query)))
    assert (notice.audience, notice.unit) == ("unit", bench.lead(case_id).unit)
    assert bench.state(case_id) == "in_progress"


def test_only_a_co_handler_gives_co_handling_words_and_it_answers_nobody_itself(bench: Bench) -> None:
    case_id, (helper,) = with_helpers(bench, 1)
    stranger = Actor("u-x", "外单位", Role.UNIT_LEAD, [e.code for e in bench.district.units if e.kind == "bureau"][-1])
    for actor in (bench.lead(case_id), stranger, AGENT, DISPATCHER, SUPERVISOR, CALLER):
        with pytest.raises(NotAllowed):
            bench.do(case_id, "co_answer", actor, text="协办意见")
    with pytest.raises(NotAllowed):
        bench.do(case_id, "answer", Actor("u-h", "协办", Role.UNIT_LEAD, helper.unit), text="答复")
    offered = bench.look(
        lambda session: [
            move.name for move in lifecycle.case_moves(session, bench.district, session.get_one(Case, case_id), helper)
        ]
    )
    assert offered == ["co_answer"]


def test_after_a_rework_co_handlers_are_asked_anew(bench: Bench) -> None:
    case_id, (helper,) = with_helpers(bench, 1)
    bench.do(case_id, "co_answer", helper, text="已修剪")
    bench.do(case_id, "answer", bench.lead(case_id), text="您好，已办结。")
    bench.call_back(case_id, reached=True, contacted=True, resolved=False, satisfaction="dissatisfied", text="没修")
    with pytest.raises(CoUnitsSilent):
        bench.do(case_id, "answer", bench.lead(case_id), text="您好，再次办结。")


def seen(bench: Bench, case_id: str) -> str:
    return bench.look(lambda session: lifecycle.seen_as(session, session.get_one(Case, case_id)))


def act(bench: Bench, case_id: str, name: str, actor: Actor, saw: str, **given: Any) -> None:
    with bench.database.write.begin() as session:
        case = session.get_one(Case, case_id)
        acts.perform(session, bench.district, case, name, actor=actor, now=bench.now, given=Given(**given), seen=saw)


def test_of_two_officers_at_once_one_wins_and_the_other_is_told_what_changed(bench: Bench) -> None:
    case_id = bench.case()
    first, second = bench.lead(case_id), bench.lead(case_id, Role.UNIT_OFFICER)
    saw = seen(bench, case_id)
    act(bench, case_id, "sign", first, saw)
    with pytest.raises(CaseChanged) as refused:
        act(bench, case_id, "contact", second, saw, text="已电话联系")
    assert refused.value.since == ("承办单位已签收",)
    act(bench, case_id, "contact", second, seen(bench, case_id), text="已电话联系")


def test_a_co_handlers_word_does_not_stand_in_the_leads_way(bench: Bench) -> None:
    case_id, (helper,) = with_helpers(bench, 1)
    saw = seen(bench, case_id)
    bench.do(case_id, "co_answer", helper, text="已修剪")
    act(bench, case_id, "answer", bench.lead(case_id), saw, text="您好，已办结。")
    assert bench.state(case_id) == "answered"


def test_a_closed_case_takes_no_answer_and_an_unknown_act_is_unknown(bench: Bench) -> None:
    case_id = bench.answered()
    bench.call_back(case_id, **SOLVED)
    with pytest.raises(AlreadyOver):
        bench.do(case_id, "answer", bench.lead(case_id), text="再答复")
    with pytest.raises(UnknownMove):
        bench.do(case_id, "vanish", SUPERVISOR)


def test_a_co_handlers_lead_neither_decides_the_leads_requests_nor_finds_them_in_the_queue(bench: Bench) -> None:
    case_id, (helper,) = with_helpers(bench, 1)
    asked = bench.do(
        case_id, "answer", bench.lead(case_id, Role.UNIT_OFFICER), text="您好，已办结。", reason="不等协办"
    )
    other = Actor("u-other", "协办负责人", Role.UNIT_LEAD, helper.unit)
    for actor, his in ((bench.lead(case_id), [asked.id]), (other, [])):
        with bench.database.read() as session:
            case = session.get_one(Case, case_id)
            kind = requests.kind_of(bench.district.workflow, "answer")
            assert requests.may_decide(session, bench.district, case, kind, actor, now=bench.now) is bool(his)
            assert [each.id for each in requests.queue(session, bench.district, actor, now=bench.now)] == his
