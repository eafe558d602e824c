"""Drift of what is brought to the desk, computed by hand beside what the database gives."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import log

import pytest
from sqlalchemy import Engine, event, update

from casework import drift
from casework.drift import Drift, Window
from casework.tables import TicketFacts

from .conftest import NOW, Bench

UNTIL = NOW
NOW_AT, THEN_AT = UNTIL - timedelta(days=3), UNTIL - timedelta(weeks=8)


def came(bench: Bench, category: str, count: int, at: datetime, probability: float = 0.8) -> None:
    """Tickets of this suggestion that came in then, whether or not anybody decided about them."""
    for _ in range(count):
        key = bench.ticket()
        values = {"suggested": category, "probability": probability, "opened_at": at}
        with bench.database.write.begin() as session:
            session.execute(update(TicketFacts).where(TicketFacts.ticket_id == key).values(values))


def measured(bench: Bench) -> Drift:
    found: Drift = bench.look(lambda session: drift.measure(session, UNTIL))
    return found


def test_the_index_is_the_one_computed_by_hand() -> None:
    """80:20 became 50:50. With half a ticket added: 80.5 and 20.5 of 101, 50.5 and 50.5 of 101."""
    was, is_ = (80.5 / 101, 20.5 / 101), 0.5
    by_hand = (is_ - was[0]) * log(is_ / was[0]) + (is_ - was[1]) * log(is_ / was[1])
    assert by_hand == pytest.approx(0.406, abs=5e-4)
    assert drift.stability({"01": 80, "02": 20}, {"01": 50, "02": 50}) == pytest.approx(by_hand)


def test_the_same_mix_has_the_index_nought_and_a_new_category_a_finite_one() -> None:
    assert drift.stability({"01": 30, "02": 10}, {"01": 30, "02": 10}) == 0.0
    assert 0.0 < drift.stability({"01": 40}, {"01": 40, "02": 40}) < 10


def test_chance_is_the_95_per_cent_quantile_of_chi_square_over_the_counts() -> None:
    """χ² with one and with 17 degrees of freedom: 3.841 and 27.587; n = 100 and m = 300."""
    assert drift.by_chance(2, 100, 300) == pytest.approx(3.841 * (1 / 100 + 1 / 300), rel=0.03)
    assert drift.by_chance(18, 100, 300) == pytest.approx(27.587 * (1 / 100 + 1 / 300), rel=0.002)
    assert drift.by_chance(1, 100, 300) == 0.0


def test_windows_are_the_last_four_weeks_and_the_twelve_before(bench: Bench) -> None:
    second = timedelta(seconds=1)
    came(bench, "010101", 1, UNTIL)
    came(bench, "010101", 2, UNTIL - second)
    came(bench, "010101", 1, UNTIL - drift.RECENT)
    came(bench, "010101", 3, UNTIL - drift.RECENT - second)
    came(bench, "010101", 1, UNTIL - drift.RECENT - drift.BASE)
    came(bench, "010101", 5, UNTIL - drift.RECENT - drift.BASE - second)
    found = measured(bench)
    assert (found.now.tickets, found.then.tickets) == (3, 4)


def test_first_levels_are_compared_and_third_levels_listed(bench: Bench) -> None:
    """Within one first-level category the mix turned over: the index says nothing, the shares say it all."""
    came(bench, "010101", 4, THEN_AT)
    came(bench, "010102", 4, NOW_AT)
    found = measured(bench)
    assert (found.psi, found.verdict) == (0.0, "stable")
    assert found.shares() == [("010101", 4, 0, 1.0, 0.0), ("010102", 0, 4, 0.0, 1.0)]


def test_tickets_nobody_decided_about_are_counted_in_one_query(bench: Bench) -> None:
    for category in ("010101", "020101", "030101", "040101"):
        came(bench, category, 1, THEN_AT)
        came(bench, category, 1, NOW_AT)
    statements: list[str] = []

    def keep(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    engine: Engine = bench.database.reader
    event.listen(engine, "before_cursor_execute", keep)
    try:
        assert measured(bench).now.tickets == 4
    finally:
        event.remove(engine, "before_cursor_execute", keep)
    assert len([each for each in statements if "ticket_facts" in each]) == 1


def test_no_tickets_on_one_side_is_no_data(bench: Bench) -> None:
    came(bench, "010101", 3, NOW_AT)
    found = measured(bench)
    assert (found.psi, found.verdict, found.shares(), found.then.mean) == (None, "none", [], None)
    assert not found.is_less_sure


def made(psi: float, chance: float) -> str:
    window = Window({"010101": 1})
    return Drift(UNTIL, UNTIL, UNTIL, window, window, psi, chance).verdict


def test_the_bounds_are_a_tenth_and_a_quarter_and_chance_goes_before() -> None:
    assert [made(each, 0.05) for each in (0.0999, 0.1, 0.2499, 0.25)] == ["stable", "moderate", "moderate", "strong"]
    assert [made(0.3, 0.3), made(0.3, 0.29)] == ["unsure", "strong"]


def test_a_mean_probability_fell_only_where_chance_does_not_explain_it() -> None:
    def window(count: int, mean: float, variance: float) -> Window:
        return Window({"010101": count}, count * mean, count * (variance + mean * mean))

    def less_sure(then: Window, now: Window) -> bool:
        return Drift(UNTIL, UNTIL, UNTIL, then, now, 0.0, 0.0).is_less_sure

    many, few = window(1000, 0.8, 0.04), window(5, 0.8, 0.04)
    assert less_sure(many, window(1000, 0.75, 0.04))
    assert not less_sure(few, window(5, 0.75, 0.04))
    assert not less_sure(many, window(1000, 0.79, 0.0)), "a hundredth is of no account"
    assert not less_sure(many, window(1000, 0.85, 0.04))


def test_means_are_of_the_windows(bench: Bench) -> None:
    came(bench, "010101", 1, THEN_AT, 0.9)
    came(bench, "020101", 1, THEN_AT, 0.7)
    came(bench, "010101", 2, NOW_AT, 0.5)
    found = measured(bench)
    assert found.then.mean == pytest.approx(0.8)
    assert found.then.spread == pytest.approx(0.01 / 2)
    assert (found.now.mean, found.now.spread) == (pytest.approx(0.5), pytest.approx(0.0, abs=1e-9))
