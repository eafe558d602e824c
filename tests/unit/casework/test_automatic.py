"""Automatic dispatch: off by default, shadow figures first, switched on by a supervisor, and out once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from casework import automatic, automatic_figures
from casework.actors import Actor
from casework.automatic_figures import Figures, is_below, missing, wilson
from casework.errors import NeedMissing, NotAllowed, NotQualified, UnknownCategory
from casework.tables import Case, Notice, Step
from district.automatic import AutomaticRules
from storage.audit import AuditRow
from storage.database import new_id
from triage.assessment import Urgency

from .automatic_bench import (
    ADMINISTRATOR,
    OFFICER,
    alone,
    case_of,
    category,
    figures,
    is_on,
    judgement,
    shadow,
    switch_on,
    turn,
)
from .conftest import AGENT, AUDITOR, CALLER, DISPATCHER, SUPERVISOR, Bench, assessment

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
