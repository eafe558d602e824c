"""意见征集: asked by who manages it, answered once by each, closed by its day, and what came of it said afterwards."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework import opinions
from casework.actors import Actor
from casework.errors import NotAllowed
from casework.opinion_tables import Consultation, Opinion
from casework.opinions import Answer, Asked
from casework.self_service_errors import (
    AnsweredBefore,
    ConsultationOver,
    UnfitOpinion,
    UnknownConsultation,
    WrongConsultationState,
)
from district.schemas import Role
from storage.audit import AuditRow

from .conftest import AGENT, AUDITOR, DISPATCHER, NOW, SUPERVISOR, Bench

EDITOR = Actor("u-editor", "知识管理员", Role.KNOWLEDGE_EDITOR)
UNTIL = NOW + timedelta(days=10)
ASKED = Asked("改单行", "请说说看法", UNTIL, ("同意", "不同意"), asks_contact=True)


def act(bench: Bench, work: Callable[[Session, Consultation], Any], number: str) -> Any:
    with bench.database.write.begin() as session:
        return work(session, opinions.get(session, number, SUPERVISOR))


def drafted(bench: Bench, asked: Asked = ASKED) -> str:
    with bench.database.write.begin() as session:
        return opinions.create(session, bench.district, asked, actor=EDITOR, now=bench.now).number


def opened(bench: Bench, asked: Asked = ASKED) -> str:
    number = drafted(bench, asked)
    act(bench, lambda session, found: opinions.publish(session, found, actor=EDITOR, now=bench.now), number)
    return number


def answer(bench: Bench, number: str, who: str, *, after: timedelta = timedelta(0), **given: str) -> Opinion:
    with bench.database.write.begin() as session:
        found = opinions.get_public(session, number)
        return opinions.answer(session, found, Answer(**given), who=who.ljust(64, "0"), now=bench.now + after)


def test_a_draft_is_not_there_for_residents(bench: Bench) -> None:
    number = drafted(bench)
    with pytest.raises(UnknownConsultation):
        answer(bench, number, "a", choice="同意")
    assert bench.look(lambda session: opinions.public(session, now=bench.now)) == ([], [])


def test_each_link_and_browser_has_one_answer(bench: Bench) -> None:
    number = opened(bench)
    answer(bench, number, "a", choice="同意")
    answer(bench, number, "b", choice="不同意", text="绕路")
    with pytest.raises(AnsweredBefore):
        answer(bench, number, "a", choice="不同意")
    tally = act(bench, opinions.tally, number)
    assert tally == [("同意", 1), ("不同意", 1), ("", 0)]


def test_two_answers_of_one_at_one_moment_are_one(bench: Bench) -> None:
    number = opened(bench)

    def try_it(_: int) -> bool:
        try:
            answer(bench, number, "same", choice="同意")
        except AnsweredBefore:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(try_it, range(4)))
    assert done.count(True) == 1
    assert bench.look(lambda session: session.scalar(select(func.count()).select_from(Opinion))) == 1


def test_nothing_is_taken_after_the_last_moment_or_an_early_end(bench: Bench) -> None:
    number = opened(bench)
    with pytest.raises(ConsultationOver):
        answer(bench, number, "a", after=timedelta(days=10), choice="同意")
    act(bench, lambda session, found: opinions.close(session, found, actor=EDITOR, now=bench.now), number)
    with pytest.raises(ConsultationOver):
        answer(bench, number, "b", choice="同意")


@pytest.mark.parametrize(
    "given", [{}, {"text": " \n"}, {"choice": "别的"}, {"text": "字" * 3001}, {"choice": "同意", "contact": "1" * 121}]
)
def test_what_does_not_fit_is_refused_with_its_field(bench: Bench, given: dict[str, str]) -> None:
    with pytest.raises(UnfitOpinion) as refused:
        answer(bench, opened(bench), "a", **given)
    assert refused.value.field


def test_a_contact_that_was_not_asked_for_is_not_kept(bench: Bench) -> None:
    number = opened(bench, Asked("改单行", "请说说看法", UNTIL))
    kept = answer(bench, number, "a", text="好", name="刘先生", contact="13900000000")
    assert (kept.name, kept.contact) == ("", "")


@pytest.mark.parametrize(
    "asked",
    [
        Asked("", "请说说看法", UNTIL),
        Asked("改单行", " ", UNTIL),
        Asked("改单行", "请说说看法", NOW),
        Asked("改单行", "请说说看法", UNTIL, ("只有一个",)),
        Asked("改单行", "请说说看法", UNTIL, tuple(f"选项{each}" for each in range(13))),
    ],
)
def test_what_cannot_be_asked_is_refused(bench: Bench, asked: Asked) -> None:
    with pytest.raises(UnfitOpinion):
        drafted(bench, asked)


def test_what_was_published_is_not_changed(bench: Bench) -> None:
    number = opened(bench)
    with pytest.raises(WrongConsultationState):
        act(bench, lambda session, found: opinions.change(session, found, ASKED, actor=EDITOR, now=bench.now), number)


def test_the_result_is_said_when_it_is_over_and_not_before(bench: Bench) -> None:
    number = opened(bench)

    def say(session: Session, found: Consultation) -> None:
        opinions.summarise(session, found, "方案暂缓", actor=SUPERVISOR, now=bench.now)

    with pytest.raises(WrongConsultationState):
        act(bench, say, number)
    bench.now = UNTIL + timedelta(hours=1)
    act(bench, say, number)
    (past,) = bench.look(lambda session: opinions.public(session, now=bench.now)[1])
    assert (past.summary, past.state, past.closed_at) == ("方案暂缓", "closed", UNTIL)


@pytest.mark.parametrize("actor", [AGENT, DISPATCHER, AUDITOR], ids=lambda actor: str(actor.role))
def test_others_than_editor_and_supervisor_change_nothing(bench: Bench, actor: Actor) -> None:
    number = opened(bench)
    acts: list[Callable[[Session, Consultation], Any]] = [
        lambda session, _: opinions.create(session, bench.district, ASKED, actor=actor, now=bench.now),
        lambda session, found: opinions.publish(session, found, actor=actor, now=bench.now),
        lambda session, found: opinions.close(session, found, actor=actor, now=bench.now),
        lambda session, found: opinions.summarise(session, found, "好", actor=actor, now=bench.now),
        lambda session, found: opinions.make_links(session, found, 1, actor=actor, now=bench.now),
        lambda session, found: opinions.see_contact(session, found, found.id, actor=actor, now=bench.now),
    ]
    for each in acts:
        with pytest.raises(NotAllowed):
            act(bench, each, number)


def test_seeing_how_to_reach_somebody_is_on_record(bench: Bench) -> None:
    number = opened(bench)
    kept = answer(bench, number, "a", choice="同意", contact="13900000000")
    act(
        bench,
        lambda session, found: opinions.see_contact(session, found, kept.id, actor=EDITOR, now=bench.now),
        number,
    )
    row = bench.look(lambda session: session.scalars(select(AuditRow).where(AuditRow.act == "opinion_contact")).one())
    assert (row.actor, row.details["opinion"]) == (EDITOR.id, kept.id)


def test_an_answer_of_another_collection_is_not_shown_under_this_one(bench: Bench) -> None:
    one, other = opened(bench), opened(bench)
    kept = answer(bench, one, "a", choice="同意")
    with pytest.raises(UnknownConsultation):
        act(
            bench,
            lambda session, found: opinions.see_contact(session, found, kept.id, actor=EDITOR, now=bench.now),
            other,
        )
