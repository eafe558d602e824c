"""A sample of automatic dispatches is reviewed; too many wrong ones switch a category off."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from casework import automatic_figures, desk_work, spot_checks, tickets
from casework.actors import Actor
from casework.errors import NotAllowed, NothingToReview
from casework.judgements import AutomaticSwitch
from casework.tables import Notice

from .automatic_bench import (
    ADMINISTRATOR,
    OFFICER,
    accept,
    act,
    alone,
    case_of,
    category,
    figures,
    is_on,
    judgement,
    other_category,
    outcome,
    returned,
    review,
    shadow,
    switch_on,
    turn,
)
from .conftest import AGENT, AUDITOR, CALLER, DISPATCHER, NOW, Bench, category_of

# Review


def test_the_sample_waits_beside_the_queue_and_holds_up_no_case(bench: Bench) -> None:
    switch_on(bench)
    key = alone(bench)
    with bench.database.read() as session:
        chosen = tickets.TicketFilter(queue=True, sample=True)
        page = tickets.list_tickets(session, bench.district, DISPATCHER, chosen)
        assert [each.id for each in page.items] == [key]
        assert tickets.count_queue(session, DISPATCHER) == 0
        assert spot_checks.count(session) == 1
    bench.do(case_of(bench, key), "sign", bench.lead(case_of(bench, key)))
    review(bench, key, right=True)
    row = judgement(bench, key)
    assert row is not None
    assert (row.outcome, row.reviewed_by, row.reviewed_at) == ("right", DISPATCHER.id, NOW)
    assert bench.look(spot_checks.count) == 0
    assert bench.state(case_of(bench, key)) == "in_progress"


def test_what_was_wrong_comes_back_to_the_desk_and_is_dispatched_anew(easy: Bench) -> None:
    switch_on(easy)
    key = alone(easy)
    review(easy, key, right=False)
    assert easy.state(case_of(easy, key)) == "open"
    accept(easy, key, category=other_category(easy), unit="U001", reason="测试")
    row = judgement(easy, key)
    assert row is not None
    assert (row.outcome, row.final_unit) == ("wrong", "U001")
    assert easy.state(case_of(easy, key)) == "dispatched"


def test_a_corrected_category_goes_to_the_directorys_unit_and_not_to_the_wrong_one_again(easy: Bench) -> None:
    switch_on(easy)
    key, (wrong, unit) = alone(easy), category_of(easy.district)
    lines = [line for line in easy.district.directory if line.category != wrong and line.lead in easy.district.units]
    line = next(line for line in lines if line.lead != unit and len(line.category) == 6 and line.area is None)
    review(easy, key, right=False)
    accept(easy, key, category=line.category)
    row = judgement(easy, key)
    assert row is not None
    assert (row.final_category, row.final_unit) == (line.category, line.lead)


def test_a_case_that_a_unit_has_signed_stays_with_it(easy: Bench) -> None:
    switch_on(easy)
    key = alone(easy)
    easy.do(case_of(easy, key), "sign", easy.lead(case_of(easy, key)))
    review(easy, key, right=False)
    assert easy.state(case_of(easy, key)) == "in_progress"
    assert outcome(easy, key) == "wrong"


def test_nothing_is_reviewed_twice_and_no_persons_dispatch_at_all(bench: Bench) -> None:
    by_a_person = bench.ticket(decision="auto")
    accept(bench, by_a_person)
    switch_on(bench)
    key = alone(bench)
    review(bench, key, right=True)
    for each in (by_a_person, key):
        with pytest.raises(NothingToReview):
            review(bench, each, right=False)


@pytest.mark.parametrize("actor", [AGENT, CALLER, AUDITOR, ADMINISTRATOR, OFFICER], ids=lambda actor: actor.role)
def test_others_than_who_dispatches_review_nothing(bench: Bench, actor: Actor) -> None:
    switch_on(bench)
    key = alone(bench)
    with pytest.raises(NotAllowed):
        review(bench, key, right=True, actor=actor)


# Off by itself


def alarms(bench: Bench) -> list[Notice]:
    query = select(Notice).where(Notice.template == "automatic_off")
    return list(bench.look(lambda session: session.scalars(query).all()))


def test_wrong_ones_switch_it_off_at_exactly_the_stated_number_and_supervisors_are_told_once(easy: Bench) -> None:
    """A target of 0.5 with the first 4: wrong > 0.5 × max(reviewed, 4), which is the third of three."""
    switch_on(easy)
    keys = [alone(easy) for _ in range(5)]
    for key in keys[:2]:
        review(easy, key, right=False)
    assert is_on(easy)
    assert alarms(easy) == []
    review(easy, keys[2], right=False)
    assert not is_on(easy)
    review(easy, keys[3], right=False)
    (told,) = alarms(easy)
    name = "/".join(easy.district.taxonomy.get(category(easy)).path)
    assert told.audience == "supervisor"
    assert name in told.text
    assert "已知对错的 3 件中 3 件有误，低于准确率目标 50%" in told.text
    row = easy.look(automatic_figures.history)[0]
    assert (row.is_on, row.by) == (False, "system")
    assert easy.ticket_state(alone(easy)) == "assessed"


def test_right_ones_keep_it_on(easy: Bench) -> None:
    switch_on(easy)
    keys = [alone(easy) for _ in range(8)]
    for number, key in enumerate(keys):
        review(easy, key, right=number % 2 == 0)
    assert is_on(easy)
    assert (figures(easy).reviewed, figures(easy).wrong, figures(easy).reviewed_precision) == (8, 4, 0.5)


@pytest.mark.parametrize("last", ["returned", "corrected"])
def test_what_a_unit_returns_or_a_person_corrects_counts_as_wrong_without_a_review(easy: Bench, last: str) -> None:
    switch_on(easy)
    keys = [alone(easy) for _ in range(4)]

    def wrong(how: str, key: str) -> None:
        if how == "returned":
            returned(easy, case_of(easy, key))
            return
        code = other_category(easy)
        act(easy, lambda s, t: desk_work.correct(s, easy.district, t, actor=AGENT, now=NOW, category=code), key)

    wrong("returned", keys[0])
    wrong("corrected", keys[1])
    assert Counter(outcome(easy, key) for key in keys) == {"wrong": 2, "open": 2}
    assert is_on(easy)
    wrong(last, keys[2])
    assert not is_on(easy)
    assert len(alarms(easy)) == 1


def test_a_dispatch_taken_back_and_sent_elsewhere_counts_as_wrong(easy: Bench) -> None:
    switch_on(easy)
    key = alone(easy)
    easy.do(case_of(easy, key), "recall", DISPATCHER, text="派错了")
    accept(easy, key, unit="U001", category=other_category(easy), reason="测试")
    assert outcome(easy, key) == "wrong"
    assert figures(easy).wrong == 1


def test_what_was_wrong_before_it_was_switched_on_anew_does_not_count(easy: Bench) -> None:
    shadow(easy, right=3)
    switch_on(easy)
    old = [alone(easy) for _ in range(3)]
    turn(easy, on=False)
    easy.now += timedelta(days=1)
    turn(easy, on=True)
    for key in old:
        review(easy, key, right=False)
    assert is_on(easy)
    assert figures(easy).wrong == 0


def test_only_the_latest_of_the_window_count(easy: Bench) -> None:
    rules = easy.district.automatic.model_copy(update={"window": 2, "first": 1, "target": Decimal("0.4")})
    easy.district = replace(easy.district, automatic=rules)
    switch_on(easy)
    keys = [alone(easy) for _ in range(6)]
    for number, right in enumerate((False, True, True, True, False)):
        easy.now += timedelta(minutes=1)
        review(easy, keys[number], right=right) if number or not right else None
        if number == 0:
            assert not is_on(easy), "one of one"
            with easy.database.write.begin() as session:
                session.add(
                    AutomaticSwitch(category=category(easy), is_on=True, by="u", by_name="督办", at=NOW, reason="再开")
                )
    assert is_on(easy), "one of the last two"
    easy.now += timedelta(minutes=1)
    review(easy, keys[5], right=False)
    assert not is_on(easy), "two of the last two, though three of six are right"


def test_two_wrong_reviews_at_once_switch_it_off_once(easy: Bench) -> None:
    switch_on(easy)
    keys = [alone(easy) for _ in range(5)]
    review(easy, keys[0], right=False)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda key: review(easy, key, right=False), keys[1:]))
    assert not is_on(easy)
    assert len(alarms(easy)) == 1
    assert [row.is_on for row in easy.look(automatic_figures.history)] == [False, True]


# The tickets behind a figure


def test_every_figure_opens_to_its_tickets_page_by_page(easy: Bench) -> None:
    shadow(easy, right=3, wrong=1)
    switch_on(easy)
    keys = [alone(easy) for _ in range(3)]
    review(easy, keys[0], right=True)
    review(easy, keys[1], right=False)

    def behind(figure: str) -> int:
        total, after = 0, ""
        while True:
            with easy.database.read() as session:
                rows, after = automatic_figures.behind(session, category(easy), figure, after=after, limit=2)
                total += len(rows)
            if not after:
                return total

    counted = {name: behind(name) for name in automatic_figures.FIGURES}
    expected = {
        "shadow": 4,
        "shadow_right": 3,
        "shadow_wrong": 1,
        "automatic": 3,
        "reviewed": 2,
        "wrong": 1,
        "waiting": 1,
    }
    assert counted == expected
    found = figures(easy)
    assert (found.shadow, found.shadow_right, found.automatic, found.reviewed, found.wrong, found.waiting) == (
        4,
        3,
        3,
        2,
        1,
        1,
    )
