"""What became of suggestions: right, wrong, open."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from casework import desk_work, judgements, requests
from casework.actors import Given
from casework.judgements import Judgement
from casework.tables import Case, Request

from .automatic_bench import (
    accept,
    act,
    alone,
    bench_lead,
    case_of,
    category,
    figures,
    judgement,
    other_category,
    outcome,
    returned,
    switch_on,
)
from .conftest import AGENT, DISPATCHER, NOW, Bench, assessment, category_of


def test_a_suggestion_leaves_nothing_before_a_person_decides(bench: Bench) -> None:
    assert judgement(bench, bench.ticket(decision="auto")) is None


def test_a_dispatch_as_suggested_is_right(bench: Bench) -> None:
    code, unit = category_of(bench.district)
    key = bench.ticket(decision="auto")
    accept(bench, key)
    row = judgement(bench, key)
    assert row is not None
    assert (row.suggested_category, row.suggested_unit, row.probability, row.model) == (code, unit, 0.9, "test")
    assert (row.final_category, row.final_unit, row.decision, row.mode) == (code, unit, "auto", "person")
    assert (row.outcome, row.by, row.decided_at, row.sampled) == ("right", DISPATCHER.id, NOW, False)


def test_what_an_agent_opens_is_open_until_it_is_dispatched(bench: Bench) -> None:
    key = bench.ticket(decision="auto")
    accept(bench, key, AGENT)
    assert outcome(bench, key) == "open"
    accept(bench, key)
    assert outcome(bench, key) == "right"


def test_another_category_or_another_unit_is_wrong(bench: Bench) -> None:
    by_category, by_unit = bench.ticket(decision="auto"), bench.ticket(decision="auto")
    accept(bench, by_category, category=other_category(bench), unit="U001", reason="测试")
    unit = next(each.code for each in bench.district.units if each.code != category_of(bench.district)[1])
    accept(bench, by_unit, unit=unit, reason="测试")
    assert outcome(bench, by_category) == outcome(bench, by_unit) == "wrong"


def test_a_correction_alone_is_wrong_and_stays_so(bench: Bench) -> None:
    key = bench.ticket(decision="auto")
    for code in (other_category(bench), category(bench)):
        act(
            bench,
            lambda s, t, code=code: desk_work.correct(s, bench.district, t, actor=AGENT, now=NOW, category=code),
            key,
        )
    accept(bench, key)
    row = judgement(bench, key)
    assert row is not None
    assert (row.outcome, row.final_category) == ("wrong", category(bench))


@pytest.mark.parametrize("move", ["answer_directly", "reject"])
def test_a_matter_that_the_desk_ends_without_a_unit_is_wrong(bench: Bench, move: str) -> None:
    key, given = bench.ticket(decision="auto"), Given(text="已答复", reason="court")
    act(bench, lambda s, t: desk_work.move(s, bench.district, t, move, actor=DISPATCHER, now=NOW, given=given), key)
    assert outcome(bench, key) == "wrong"


def test_a_withdrawal_says_nothing_of_the_suggestion(bench: Bench) -> None:
    key = bench.ticket(decision="auto")
    act(bench, lambda s, t: desk_work.move(s, bench.district, t, "withdraw", actor=DISPATCHER, now=NOW), key)
    assert judgement(bench, key) is None


def test_an_accepted_return_turns_it_wrong(bench: Bench) -> None:
    key = bench.ticket(decision="auto")
    accept(bench, key)
    returned(bench, case_of(bench, key))
    row = judgement(bench, key)
    assert row is not None
    assert (row.outcome, row.final_unit) == ("wrong", "")


def test_a_dispatch_taken_back_and_sent_elsewhere_turns_it_wrong_and_sent_again_does_not(bench: Bench) -> None:
    again, elsewhere = bench.ticket(decision="auto"), bench.ticket(decision="auto")
    unit = next(each.code for each in bench.district.units if each.code != category_of(bench.district)[1])
    for key, to in ((again, ""), (elsewhere, unit)):
        accept(bench, key)
        bench.do(case_of(bench, key), "recall", DISPATCHER, text="看错了")
        accept(bench, key, unit=to, reason="测试")
    assert (outcome(bench, again), outcome(bench, elsewhere)) == ("right", "wrong")


def test_shadow_figures_count_only_persons_decisions_on_what_would_have_been_sent(bench: Bench) -> None:
    sure, unsure = bench.ticket(decision="auto"), bench.ticket(decision="review")
    accept(bench, sure)
    accept(bench, unsure)
    switch_on(bench)
    alone(bench)
    assert (figures(bench).shadow, figures(bench).shadow_right, figures(bench).automatic) == (1, 1, 1)


def test_a_suggestion_whose_unit_is_not_the_directorys_would_not_have_been_sent(bench: Bench) -> None:
    unit = next(each for each in bench.district.units if each.code != category_of(bench.district)[1])
    guess = assessment(bench.district).unit[0]
    key = bench.ticket_unfiled()
    made = assessment(bench.district, decision="auto", unit=(replace(guess, code=unit.code, name=unit.name),))
    bench.file(key, made, automatic_categories=(category(bench),))
    assert bench.ticket_state(key) == "assessed"
    accept(bench, key)
    row = judgement(bench, key)
    assert row is not None
    assert row.decision == "review"


def test_two_who_decide_at_once_leave_one_row(bench: Bench) -> None:
    key = bench.ticket(decision="auto")

    def correct(number: int) -> bool:
        actor = replace(AGENT, id=f"u-{number}")
        try:
            act(
                bench,
                lambda s, t: judgements.decided(s, bench.district, t, actor=actor, now=NOW),
                key,
            )
        except Exception:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(correct, range(4)))
    assert bench.look(lambda session: session.scalar(select(func.count(Judgement.ticket_id)))) == 1


def test_a_return_that_is_refused_changes_nothing(bench: Bench) -> None:
    key = bench.ticket(decision="auto")
    accept(bench, key)
    line = next(iter(bench.district.directory)).line
    with bench.database.write.begin() as session:
        case = session.get_one(Case, case_of(bench, key))
        asked = Given(reason="not_my_duty", proposed_unit="U001", directory_line=line)
        request = requests.ask(session, bench.district, case, "return", actor=bench_lead(case), now=NOW, given=asked)
        requests.decide(session, bench.district, request, approve=False, actor=DISPATCHER, now=NOW)
        assert isinstance(request, Request)
    assert outcome(bench, key) == "right"
