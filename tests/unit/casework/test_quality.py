"""Figures of the suggestions' quality, computed by hand beside what the database gives."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from casework import quality
from casework.actors import Actor
from casework.errors import NotAllowed
from casework.judgements import Judgement
from casework.quality import Behind, Figures
from casework.shares import share, wilson
from casework.tables import TicketFacts
from district.schemas import Role

from .automatic_bench import accept, case_of, returned
from .conftest import DISPATCHER, NOW, Bench, category_of

WEEK = timedelta(weeks=1)
LONG = (NOW - 10 * WEEK, NOW + WEEK)


@pytest.fixture(scope="module")
def codes(district: Any) -> list[str]:
    return [leaf.code for leaf in district.taxonomy.leaves[:4]]


def keep(bench: Bench, suggested: str, final: str, probability: float, **more: Any) -> str:
    """A judgement as ``judgements`` keeps it, with the guesses beside the facts; the ticket's id."""
    key = bench.ticket()
    three = more.pop("three", (suggested, "", ""))
    row = {
        "at": NOW,
        "model": "m1",
        "suggested_unit": "U001",
        "decision": "review",
        "mode": "person",
        "final_unit": "U001",
        "outcome": "right" if suggested == final else "wrong",
        "by": "u",
        "decided_at": NOW,
    } | more
    with bench.database.write.begin() as session:
        session.add(
            Judgement(ticket_id=key, suggested_category=suggested, final_category=final, probability=probability, **row)
        )
        session.flush()
        facts = session.get_one(TicketFacts, key)
        facts.suggested, facts.second, facts.third = three
    return key


def pooled(bench: Bench, start: datetime = LONG[0], end: datetime = LONG[1]) -> Figures:
    found: list[Figures] = bench.look(lambda session: quality.by_period(session, [start], end))
    return found[0]


def test_shares_and_mean_probability_are_those_computed_by_hand(bench: Bench, codes: list[str]) -> None:
    """Of four judged two categories are right, three units, and three are in the first three."""
    a, b, c, _ = codes
    keep(bench, a, a, 0.9, decision="auto")
    keep(bench, a, b, 0.5, three=(a, b, c))
    keep(bench, b, b, 0.7, three=(b, a, c), final_unit="U002", outcome="wrong")
    keep(bench, b, c, 0.3, three=(b, a, ""))
    found = pooled(bench)
    assert (found.suggested, found.auto, found.judged, found.right) == (4, 1, 4, 2)
    assert (found.unit_judged, found.unit_right) == (4, 3)
    assert (found.three_judged, found.three_right) == (4, 3)
    assert found.corrected == 3
    assert found.accuracy == 0.5
    assert found.mean_stated == pytest.approx((0.9 + 0.5 + 0.7 + 0.3) / 4)
    assert found.bounds == pytest.approx((0.1500, 0.8500), abs=1e-4)


def test_nothing_judged_gives_no_share_and_no_nought(bench: Bench) -> None:
    found = pooled(bench)
    assert found == Figures()
    assert (found.accuracy, found.mean_stated, share(0, 0)) == (None, None, None)
    bins = bench.look(lambda session: quality.reliability(session, *LONG))
    assert len(bins) == 10
    assert quality.calibration_error(bins) is None


def test_what_no_person_sent_to_a_unit_is_not_judged(bench: Bench, codes: list[str]) -> None:
    a, b, *_ = codes
    keep(bench, a, a, 0.9, final_unit="", outcome="wrong")  # answered at once, or refused
    keep(bench, a, a, 0.9, final_unit="", outcome="open")  # filed, and nobody has it yet
    keep(bench, a, a, 0.99, mode="automatic", decision="auto", decided_at=None, outcome="open")
    keep(bench, a, b, 0.99, mode="automatic", decision="auto", outcome="wrong")  # corrected, but nobody drew it
    assert (pooled(bench).suggested, pooled(bench).auto, pooled(bench).judged) == (4, 2, 0)
    keep(bench, a, a, 0.99, mode="automatic", decision="auto", sampled=True)
    assert (pooled(bench).judged, pooled(bench).right) == (1, 1)


def test_a_suggestion_without_a_unit_is_no_wrong_unit(bench: Bench, codes: list[str]) -> None:
    keep(bench, codes[0], codes[0], 0.9, suggested_unit="", outcome="wrong")
    found = pooled(bench)
    assert (found.judged, found.unit_judged, found.corrected) == (1, 0, 0)


def test_a_returned_matter_is_judged_again_with_its_next_dispatch(bench: Bench) -> None:
    key = bench.ticket()
    accept(bench, key)
    found = pooled(bench)
    assert (found.judged, found.right, found.unit_right, found.corrected) == (1, 1, 1, 0)
    case_id = case_of(bench, key)
    returned(bench, case_id)
    assert (pooled(bench).suggested, pooled(bench).judged) == (1, 0), "nobody has it"
    unit = next(each.code for each in bench.district.units if each.kind == "bureau" and each.code != suggested(bench))
    bench.do(case_id, "dispatch", DISPATCHER, unit=unit, text="改派")
    found = pooled(bench)
    assert (found.judged, found.right, found.unit_right, found.corrected) == (1, 1, 0, 1)


def test_a_review_that_found_it_wrong_blames_the_unit_until_the_category_is_changed(
    bench: Bench, codes: list[str]
) -> None:
    a, b, *_ = codes
    automatic = {"mode": "automatic", "decision": "auto", "sampled": True, "outcome": "wrong", "reviewed_at": NOW}
    keep(bench, a, a, 0.99, **automatic)
    found = pooled(bench)
    assert (found.judged, found.right, found.unit_right, found.corrected) == (1, 1, 0, 1)
    keep(bench, a, b, 0.99, **automatic)
    found = pooled(bench)
    assert (found.judged, found.right, found.unit_right, found.corrected) == (2, 1, 1, 2)


def suggested(bench: Bench) -> str:
    return category_of(bench.district)[1]


def test_the_first_three_are_asked_only_where_the_ticket_still_has_that_suggestion(
    bench: Bench, codes: list[str]
) -> None:
    a, b, c, d = codes
    keep(bench, a, b, 0.5, three=(a, b, c))
    keep(bench, a, b, 0.5, three=(d, b, c))
    found = pooled(bench)
    assert (found.judged, found.three_judged, found.three_right) == (2, 1, 1)


def test_periods_hold_what_was_first_decided_in_them(bench: Bench, codes: list[str]) -> None:
    a, b, *_ = codes
    starts = [NOW - 2 * WEEK, NOW - WEEK, NOW]
    for at, final in (
        (starts[0] - timedelta(seconds=1), a),
        (starts[0], a),
        (starts[1] - timedelta(seconds=1), b),
        (starts[1], a),
        (NOW + WEEK, a),
    ):
        keep(bench, a, final, 0.8, at=at)
    found = bench.look(lambda session: quality.by_period(session, starts, NOW + WEEK))
    assert [(each.judged, each.right) for each in found] == [(2, 1), (1, 1), (0, 0)]
    assert quality.pooled(found).judged == 3
    assert quality.pooled(found).stated == pytest.approx(2.4)


def test_each_model_version_has_its_own_figures(bench: Bench, codes: list[str]) -> None:
    a, b, *_ = codes
    keep(bench, a, a, 0.8, model="2026-03-01.1")
    keep(bench, a, b, 0.8, model="2026-03-01.1")
    keep(bench, a, a, 0.8, model="2026-03-20.1")
    found = bench.look(lambda session: quality.by_model(session, *LONG))
    assert {name: each.accuracy for name, each in found.items()} == {"2026-03-01.1": 0.5, "2026-03-20.1": 1.0}


def test_bins_part_at_the_tenths_and_their_gaps_add_up(bench: Bench, codes: list[str]) -> None:
    """0.3 lies in the fourth bin; the gaps are |0.29−0| + |0.3−1| + |1.95−1| = 1.94 of four judged."""
    a, b, *_ = codes
    for probability, final in ((0.29, b), (0.3, a), (0.95, a), (1.0, b)):
        keep(bench, a, final, probability)
    bins = bench.look(lambda session: quality.reliability(session, *LONG))
    assert [(each.number, each.judged, each.right) for each in bins if each.judged] == [(2, 1, 0), (3, 1, 1), (9, 2, 1)]
    assert quality.calibration_error(bins) == pytest.approx(1.94 / 4)


def test_a_category_is_held_against_the_time_before_and_its_commonest_confusion_is_named(
    bench: Bench, codes: list[str]
) -> None:
    a, b, c, _ = codes
    start, end = NOW - WEEK, NOW + timedelta(seconds=1)
    for _ in range(12):
        keep(bench, a, a, 0.8, at=start - timedelta(days=1))
    for final in (b, b, c, *[b] * 8, a):
        keep(bench, a, final, 0.8)
    keep(bench, b, b, 0.8)
    lines = bench.look(lambda session: quality.by_category(session, start, end))
    first, second = lines
    assert (first.code, first.now.judged, first.now.right, first.before.accuracy) == (a, 12, 1, 1.0)
    assert (first.confused_with, first.confused) == (b, 10)
    assert first.turn == "fallen"
    assert wilson(1, 12)[1] < wilson(12, 12)[0]
    assert (second.code, second.confused_with, second.turn) == (b, "", "")
    before = bench.look(lambda session: quality.by_category(session, start - WEEK, start))
    assert (before[0].now.judged, before[0].turn) == (12, "")


def test_a_difference_that_chance_explains_is_no_fall(bench: Bench, codes: list[str]) -> None:
    a, b, *_ = codes
    start, end = NOW - WEEK, NOW + timedelta(seconds=1)
    keep(bench, a, a, 0.8, at=start - timedelta(days=1))
    keep(bench, a, b, 0.8)
    [line] = bench.look(lambda session: quality.by_category(session, start, end))
    assert (line.before.accuracy, line.now.accuracy, line.turn) == (1.0, 0.0, "")


def test_numbers_open_to_exactly_the_tickets_they_count(bench: Bench, codes: list[str]) -> None:
    a, b, c, _ = codes
    right, wrong = keep(bench, a, a, 0.95), keep(bench, a, b, 0.5)
    other, moved = keep(bench, b, c, 0.5, model="m2"), keep(bench, a, a, 0.9, final_unit="U002", outcome="wrong")

    def behind(**chosen: Any) -> set[str]:
        rows, cursor = bench.look(lambda session: quality.behind(session, Behind(**chosen), *LONG))
        assert cursor == ""
        return {row.ticket_id for row in rows}

    assert behind() == {right, wrong, other, moved}
    assert behind(what="right") == {right, moved}
    assert behind(what="wrong") == {wrong, other}
    assert behind(what="wrong", category=a, final=b) == {wrong}
    assert behind(what="unit_wrong") == {moved}
    assert behind(what="corrected", category=a) == {wrong, moved}
    assert behind(model="m2") == {other}
    assert behind(bin=9) == {right, moved}
    first, cursor = bench.look(lambda session: quality.behind(session, Behind(), *LONG, limit=3))
    rest, end = bench.look(lambda session: quality.behind(session, Behind(), *LONG, after=cursor, limit=3))
    assert [row.ticket_id for row in (*first, *rest)] == [moved, other, wrong, right]
    assert end == ""


def test_supervisors_administrators_and_auditors_see_it_and_nobody_else() -> None:
    for role in Role:
        actor = Actor("u", "某人", role, "U001")
        if role in (Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR):
            quality.check_may_see(actor)
        else:
            with pytest.raises(NotAllowed):
                quality.check_may_see(actor)
