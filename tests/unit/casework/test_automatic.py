"""Automatic dispatch: off by default, shadow figures first, a sample reviewed, off again by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework import automatic, automatic_figures, desk_work, judgements, requests, spot_checks, tickets
from casework.actors import Actor, Given
from casework.automatic_figures import Figures, is_below, missing, wilson
from casework.errors import NeedMissing, NotAllowed, NothingToReview, NotQualified, UnknownCategory
from casework.judgements import AutomaticSwitch, Judgement
from casework.tables import Case, Notice, Request, Step, Ticket
from district.automatic import AutomaticRules
from district.schemas import Role
from storage.audit import AuditRow
from storage.database import new_id
from triage.assessment import Urgency

from .conftest import AGENT, AUDITOR, CALLER, DISPATCHER, NOW, SUPERVISOR, Bench, assessment, category_of

ADMINISTRATOR = Actor("u-administrator", "管理员", Role.ADMINISTRATOR)
OFFICER = Actor("u-officer", "承办人", Role.UNIT_OFFICER, "U001")


@pytest.fixture
def easy(bench: Bench) -> Bench:
    """With rules of small numbers: the first three are reviewed, and the third wrong one is too much."""
    rules = AutomaticRules(
        target=Decimal("0.5"), shadow_decisions=2, floor=Decimal("0.1"), share=Decimal("0.5"), first=4
    )
    bench.district = replace(bench.district, automatic=rules)
    return bench


def category(bench: Bench) -> str:
    return category_of(bench.district)[0]


def other_category(bench: Bench) -> str:
    return next(each.code for each in bench.district.taxonomy.leaves if each.code != category(bench))


def act(bench: Bench, work: Callable[[Session, Ticket], Any], ticket_id: str) -> Any:
    with bench.database.write.begin() as session:
        return work(session, session.get_one(Ticket, ticket_id))


def accept(bench: Bench, ticket_id: str, actor: Actor = DISPATCHER, **given: Any) -> None:
    act(bench, lambda s, t: desk_work.accept(s, bench.district, t, actor=actor, now=bench.now, **given), ticket_id)


def review(bench: Bench, ticket_id: str, *, right: bool, actor: Actor = DISPATCHER) -> None:
    check = spot_checks.confirm if right else spot_checks.reject
    act(bench, lambda s, t: check(s, bench.district, t, actor=actor, now=bench.now), ticket_id)


def turn(bench: Bench, *, on: bool, actor: Actor = SUPERVISOR, of: str = "", reason: str = "对照合格") -> None:
    with bench.database.write.begin() as session:
        code = of or category(bench)
        automatic.turn(session, bench.district, code, on=on, reason=reason, actor=actor, now=bench.now)


def switch_on(bench: Bench) -> None:
    """Without asking for figures."""
    with bench.database.write.begin() as session:
        session.add(
            AutomaticSwitch(category=category(bench), is_on=True, by="u", by_name="督办", at=bench.now, reason="测试")
        )


def alone(bench: Bench) -> str:
    """A ticket that the desk sent by itself if its category is on; its id."""
    receipt_id = bench.ticket_unfiled()
    on = bench.look(automatic.switched_on)
    bench.file(receipt_id, assessment(bench.district, decision="auto"), automatic_categories=on)
    return receipt_id


def judgement(bench: Bench, ticket_id: str) -> Judgement | None:
    found: Judgement | None = bench.look(lambda session: session.get(Judgement, ticket_id))
    return found


def outcome(bench: Bench, ticket_id: str) -> str:
    row = judgement(bench, ticket_id)
    return row.outcome if row is not None else ""


def figures(bench: Bench) -> Figures:
    found: Figures = bench.look(
        lambda session: automatic_figures.figures(session, category=category(bench))[category(bench)]
    )
    return found


def is_on(bench: Bench) -> bool:
    return category(bench) in bench.look(automatic.switched_on)


def shadow(bench: Bench, *, right: int, wrong: int = 0, decision: str = "auto") -> None:
    """Persons' decisions, written as ``judgements`` keeps them."""
    unit = category_of(bench.district)[1]
    keys = [bench.ticket_unfiled() for _ in range(right + wrong)]
    with bench.database.write.begin() as session:
        for number, key in enumerate(keys):
            session.add(
                Judgement(
                    ticket_id=key,
                    at=bench.now,
                    suggested_category=category(bench),
                    suggested_unit=unit,
                    decision=decision,
                    mode="person",
                    outcome="right" if number < right else "wrong",
                    by="u-dispatcher",
                    decided_at=bench.now,
                )
            )


# The formulas


def test_the_wilson_interval_is_that_of_the_tables() -> None:
    """Newcombe, Stat. Med. 17 (1998), table I: 81/263 and 15/148 by the score method."""
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(30, 30) == pytest.approx((0.8865, 1.0), abs=5e-5)
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("reviewed", "wrong", "below"),
    [(0, 0, False), (1, 1, True), (49, 1, True), (50, 1, False), (99, 2, True), (100, 2, False), (100, 3, True)],
)
def test_a_category_is_below_its_target_at_the_stated_number(reviewed: int, wrong: int, *, below: bool) -> None:
    assert is_below(AutomaticRules(), reviewed, wrong) is below


@pytest.mark.parametrize(("right", "of", "lacks"), [(29, 29, 2), (34, 34, 1), (35, 35, 0), (54, 55, 0), (53, 55, 1)])
def test_to_qualify_a_category_needs_enough_decisions_and_a_lower_bound(right: int, of: int, lacks: int) -> None:
    assert len(missing(AutomaticRules(), Figures("c", shadow=of, shadow_right=right))) == lacks


def test_the_share_that_is_drawn_is_the_stated_one_and_always_the_same() -> None:
    rules, keys = AutomaticRules(), [new_id() for _ in range(2000)]
    drawn = [automatic.is_drawn(rules, key) for key in keys]
    assert 140 <= sum(drawn) <= 260, "200 of 2,000 expected; 60 is 4.5 standard deviations"
    assert drawn == [automatic.is_drawn(rules, key) for key in keys]


# What became of suggestions


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


def returned(bench: Bench, case_id: str) -> None:
    """The unit's return is asked for and accepted."""
    line = next(iter(bench.district.directory)).line
    asked = {"reason": "not_my_duty", "proposed_unit": "U001", "directory_line": line}
    with bench.database.write.begin() as session:
        case = session.get_one(Case, case_id)
        request = requests.ask(
            session, bench.district, case, "return", actor=bench_lead(case), now=bench.now, given=Given(**asked)
        )
        requests.decide(session, bench.district, request, approve=True, actor=DISPATCHER, now=bench.now)


def bench_lead(case: Case) -> Actor:
    return Actor("u-lead", "负责人", Role.UNIT_LEAD, case.lead_unit)


def case_of(bench: Bench, ticket_id: str) -> str:
    return str(bench.look(lambda session: session.get_one(Ticket, ticket_id).case_id))


def test_an_accepted_return_turns_it_wrong(bench: Bench) -> None:
    key = bench.ticket(decision="auto")
    accept(bench, key)
    returned(bench, case_of(bench, key))
    assert outcome(bench, key) == "wrong"


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


# The switch


def test_it_is_off_by_default(bench: Bench) -> None:
    assert bench.look(automatic.switched_on) == frozenset()
    assert bench.ticket_state(alone(bench)) == "assessed"


def test_a_category_that_does_not_qualify_stays_off_and_the_error_says_what_is_missing(bench: Bench) -> None:
    shadow(bench, right=29)
    with pytest.raises(NotQualified) as refused:
        turn(bench, on=True)
    assert refused.value.lacks == (
        "对照数 29 件，至少要 30 件",
        "对照准确率的置信下限为 88.3%，至少要 90%",
    )
    assert not is_on(bench)


def test_reviewed_suggestions_do_not_help_a_category_to_qualify(bench: Bench) -> None:
    shadow(bench, right=40, decision="review")
    with pytest.raises(NotQualified, match="对照数 0 件"):
        turn(bench, on=True)


def test_a_supervisor_switches_on_what_qualifies_and_it_is_on_record(bench: Bench) -> None:
    shadow(bench, right=35)
    turn(bench, on=True, reason=" 三个月对照合格 ")
    assert is_on(bench)
    (row,) = bench.look(automatic_figures.history)
    assert (row.category, row.is_on, row.by, row.by_name, row.reason) == (
        category(bench),
        True,
        SUPERVISOR.id,
        SUPERVISOR.name,
        "三个月对照合格",
    )
    audited = bench.look(lambda s: s.scalars(select(AuditRow).where(AuditRow.act == "automatic_on")).all())
    assert [(each.actor, each.subject_id) for each in audited] == [(SUPERVISOR.id, category(bench))]
    turn(bench, on=True)
    assert len(bench.look(automatic_figures.history)) == 1, "it is on already"
    turn(bench, on=False, reason="系统维护")
    assert not is_on(bench)


@pytest.mark.parametrize("actor", [AGENT, DISPATCHER, CALLER, AUDITOR, OFFICER], ids=lambda actor: actor.role)
@pytest.mark.parametrize("on", [True, False])
def test_others_than_supervisors_and_administrators_turn_no_switch(bench: Bench, actor: Actor, *, on: bool) -> None:
    with pytest.raises(NotAllowed):
        turn(bench, on=on, actor=actor)


def test_switching_off_is_always_possible_and_needs_a_reason(bench: Bench) -> None:
    switch_on(bench)
    with pytest.raises(NeedMissing):
        turn(bench, on=False, reason="  ")
    turn(bench, on=False, actor=ADMINISTRATOR)
    assert not is_on(bench)


def test_only_a_third_level_category_has_a_switch(bench: Bench) -> None:
    for code in ("nothing", category(bench)[:2]):
        with pytest.raises(UnknownCategory):
            turn(bench, on=True, of=code)


# Dispatch without a person


def test_what_is_switched_on_goes_out_alone_and_is_kept_as_open(bench: Bench) -> None:
    switch_on(bench)
    key = alone(bench)
    assert bench.state(case_of(bench, key)) == "dispatched"
    row = judgement(bench, key)
    assert row is not None
    assert (row.mode, row.decision, row.outcome, row.by, row.decided_at) == (
        "automatic",
        "auto",
        "open",
        "system",
        None,
    )


def test_filed_again_and_by_workers_that_race_it_goes_out_once(bench: Bench) -> None:
    switch_on(bench)
    key, made = bench.ticket_unfiled(), assessment(bench.district, decision="auto")
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: bench.file(key, made, automatic_categories=(category(bench),)), range(6)))
    bench.file(key, made, automatic_categories=(category(bench),))
    cases = bench.look(lambda session: session.scalar(select(func.count(Case.id))))
    steps = bench.look(lambda session: session.scalar(select(func.count(Step.id)).where(Step.move == "dispatch")))
    told = bench.look(
        lambda session: session.scalar(select(func.count(Notice.id)).where(Notice.template == "unit_dispatched"))
    )
    assert (cases, steps, told, figures(bench).automatic) == (1, 1, 1, 1)


def test_an_emergency_never_goes_out_alone(bench: Bench) -> None:
    switch_on(bench)
    key, made = (
        bench.ticket_unfiled(),
        assessment(bench.district, decision="auto", urgency=Urgency("emergency", ("燃气",))),
    )
    bench.file(key, made, automatic_categories=(category(bench),))
    assert bench.state(case_of(bench, key)) == "open"
    assert judgement(bench, key) is None


def test_the_first_are_all_drawn_and_then_the_share(easy: Bench) -> None:
    switch_on(easy)
    rows = [judgement(easy, alone(easy)) for _ in range(16)]
    drawn = [row.sampled for row in rows if row is not None]
    assert drawn[:4] == [True] * 4
    assert drawn[4:] == [automatic.is_drawn(easy.district.automatic, row.ticket_id) for row in rows[4:] if row]


def test_after_switching_on_anew_the_first_are_drawn_again(easy: Bench) -> None:
    easy.district = replace(
        easy.district, automatic=easy.district.automatic.model_copy(update={"share": Decimal("1e-9")})
    )
    shadow(easy, right=3)
    switch_on(easy)
    for _ in range(5):
        alone(easy)
    turn(easy, on=False)
    easy.now += timedelta(days=1)
    turn(easy, on=True)
    assert figures(easy).automatic == 0
    rows = [judgement(easy, alone(easy)) for _ in range(5)]
    assert [row.sampled for row in rows if row is not None] == [True] * 4 + [False]


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


def test_what_a_unit_returns_or_a_person_corrects_counts_as_wrong_without_a_review(easy: Bench) -> None:
    switch_on(easy)
    keys = [alone(easy) for _ in range(3)]
    returned(easy, case_of(easy, keys[0]))
    easy.do(case_of(easy, keys[1]), "recall", DISPATCHER, text="派错了")
    accept(easy, keys[1], unit="U001", category=other_category(easy), reason="测试")
    assert Counter(outcome(easy, key) for key in keys) == {"wrong": 2, "open": 1}
    assert is_on(easy)
    correct = other_category(easy)
    act(easy, lambda s, t: desk_work.correct(s, easy.district, t, actor=AGENT, now=NOW, category=correct), keys[2])
    assert not is_on(easy)
    assert len(alarms(easy)) == 1


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
