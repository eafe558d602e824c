"""The queue's other order: what teaches triage most stands first."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import select, text, update

from casework import desk_work, teaching, tickets
from casework.judgements import Judgement
from casework.tables import Ticket, TicketFacts
from casework.tickets import TicketFilter
from triage.assessment import CategoryGuess, Urgency
from triage.decision import NO_APPEAL, NO_CATEGORY

from .conftest import AGENT, DISPATCHER, NOW, Bench

TEACHING = TicketFilter(queue=True, sort="teaching")


def guesses(bench: Bench, *probabilities: float, first: int = 0) -> tuple[CategoryGuess, ...]:
    """Guesses of these probabilities, the first of the ``first``-th leaf of the taxonomy."""
    leaves = bench.district.taxonomy.leaves[first:]
    return tuple(CategoryGuess(leaf.code, leaf.path, p) for leaf, p in zip(leaves, probabilities, strict=False))


def ticket(bench: Bench, *probabilities: float, first: int = 0, **more: Any) -> str:
    return bench.ticket(category=guesses(bench, *probabilities, first=first), **more)


def listed(bench: Bench, chosen: TicketFilter = TEACHING, *, after: str = "", limit: int = 50) -> tickets.Page[Ticket]:
    with bench.database.read() as session:
        return tickets.list_tickets(session, bench.district, DISPATCHER, chosen, after=after, limit=limit)


def ids(page: tickets.Page[Ticket]) -> list[str]:
    return [each.id for each in page.items]


def known(bench: Bench, count: int, *, of: int = 0) -> None:
    """Matters that persons have moved to the ``of``-th leaf, written as ``judgements`` keeps them."""
    code = bench.district.taxonomy.leaves[of].code
    keys = [bench.ticket("以前的事") for _ in range(count)]
    with bench.database.write.begin() as session:
        for key in keys:
            session.get_one(Ticket, key).state = "closed"
            session.add(
                Judgement(
                    ticket_id=key,
                    at=NOW,
                    decision="review",
                    mode="person",
                    final_category=code,
                    outcome="right",
                    by="u",
                    decided_at=NOW,
                )
            )


def test_a_near_tie_stands_before_a_sure_one(bench: Bench) -> None:
    sure, tie, middling = ticket(bench, 0.97, 0.01), ticket(bench, 0.41, 0.4), ticket(bench, 0.6, 0.2)
    assert ids(listed(bench)) == [tie, middling, sure]
    assert ids(listed(bench, TicketFilter(queue=True))) == [sure, tie, middling], "its own order knows nothing of it"


def test_a_low_probability_alone_is_no_near_tie(bench: Bench) -> None:
    clear, tie = ticket(bench, 0.3, 0.05), ticket(bench, 0.5, 0.49)
    assert ids(listed(bench)) == [tie, clear]


def test_a_category_of_which_little_is_known_is_raised(bench: Bench) -> None:
    """Leads of 0.5 and 0.4: (1−0.5)×(1+10/10) = 1.0 stands before (1−0.4)×(1+10/(10+30)) = 0.75."""
    known(bench, 30, of=5)
    familiar, rare = ticket(bench, 0.7, 0.3, first=5), ticket(bench, 0.7, 0.2, first=0)
    assert teaching.worth(0.5, 0) == pytest.approx(1.0)
    assert teaching.worth(0.4, 30) == pytest.approx(0.75)
    assert ids(listed(bench)) == [rare, familiar]


def test_what_nobody_has_decided_counts_twice_and_no_more(bench: Bench) -> None:
    """A lead of 0.9 in an unknown category (0.2) stays behind a lead of 0.1 in a known one (0.9×(1+10/40) = 1.125)."""
    known(bench, 30, of=5)
    unknown, tie = ticket(bench, 0.92, 0.02, first=0), ticket(bench, 0.5, 0.4, first=5)
    assert ids(listed(bench)) == [tie, unknown]


def test_emergencies_are_never_pushed_behind_in_the_default_order(bench: Bench) -> None:
    tie = ticket(bench, 0.5, 0.49)
    emergency = ticket(bench, 0.97, 0.01, urgency=Urgency("emergency", ("煤气味",)))
    urgent = ticket(bench, 0.97, 0.01, urgency=Urgency("urgent", ("停水",)))
    assert ids(listed(bench, TicketFilter(queue=True))) == [emergency, urgent, tie]
    with bench.database.read() as session:
        following = tickets.first_in_queue(session, bench.district, DISPATCHER, now=NOW)
        assert following is not None
        assert following.id == emergency
        assert tickets.count_pressing(session, DISPATCHER) == 2


def test_a_text_of_no_category_teaches_nothing(bench: Bench) -> None:
    idle, sure = ticket(bench, 0.2, 0.19, why=NO_APPEAL), ticket(bench, 0.97, 0.01)
    assert ids(listed(bench)) == [sure, idle]


def test_what_a_person_has_decided_stands_last_and_what_is_not_judged_yet_is_listed(bench: Bench) -> None:
    decided, sure = ticket(bench, 0.5, 0.49), ticket(bench, 0.97, 0.01)
    unjudged = bench.ticket_unfiled()
    with bench.database.write.begin() as session:
        found = session.get_one(Ticket, decided)
        other = bench.district.taxonomy.leaves[9].code
        desk_work.correct(session, bench.district, found, actor=AGENT, now=NOW, category=other)
    assert ids(listed(bench)) == [sure, decided, unjudged]


def test_pages_put_together_are_the_whole_list(bench: Bench) -> None:
    made = [ticket(bench, 0.5 + step / 100, 0.5 - step / 100) for step in (3, 1, 2, 1, 4, 1, 0)]
    whole, after, pages = ids(listed(bench)), "", []
    while True:
        page = listed(bench, after=after, limit=2)
        pages += ids(page)
        after = page.next
        if not after:
            break
    assert pages == whole
    assert sorted(pages) == sorted(made)


def test_decisions_between_two_pages_neither_repeat_nor_lose_a_ticket(bench: Bench) -> None:
    """Without the moment in the cursor the third would fall behind: its category is known by then."""
    first, second = ticket(bench, 0.5, 0.45, first=0), ticket(bench, 0.5, 0.42, first=0)
    third, fourth = ticket(bench, 0.5, 0.3, first=0), ticket(bench, 0.5, 0.25, first=5)
    page = listed(bench, limit=2)
    assert ids(page) == [first, second]
    bench.now = NOW + timedelta(minutes=1)
    for key in (first, second):
        with bench.database.write.begin() as session:
            desk_work.accept(session, bench.district, session.get_one(Ticket, key), actor=DISPATCHER, now=bench.now)
    assert ids(listed(bench, after=page.next)) == [third, fourth]
    assert set(ids(listed(bench))) == {third, fourth}


@pytest.mark.parametrize(
    "after", ["x", "1.x", "x.018f0000-0000-7000-8000-000000000000", "5.018f0000-0000-7000-8000-000000000000", "." * 70]
)
def test_a_cursor_that_means_nothing_begins_anew(bench: Bench, after: str) -> None:
    made = ticket(bench, 0.5, 0.49)
    assert ids(listed(bench, after=after)) == [made]


def test_the_next_one_is_the_first_of_the_same_order(bench: Bench) -> None:
    sure, tie, middling = ticket(bench, 0.97, 0.01), ticket(bench, 0.41, 0.4), ticket(bench, 0.6, 0.2)
    with bench.database.read() as session:
        one = tickets.first_in_queue(session, bench.district, DISPATCHER, sort="teaching", now=NOW)
        assert one is not None
        following = tickets.first_in_queue(session, bench.district, DISPATCHER, besides=tie, sort="teaching", now=NOW)
        assert following is not None
        assert [one.id, following.id] == [tie, middling]
    assert sure not in (one.id, following.id)


def test_the_guesses_stand_beside_the_facts(bench: Bench) -> None:
    key = ticket(bench, 0.6, 0.25, 0.1)
    row = bench.look(lambda session: session.scalar(select(TicketFacts).where(TicketFacts.ticket_id == key)))
    codes = [leaf.code for leaf in bench.district.taxonomy.leaves[:3]]
    assert [row.suggested, row.second, row.third] == codes
    assert row.probability == pytest.approx(0.6)
    assert row.lead == pytest.approx(0.35)


def test_the_migration_reads_the_same_guesses_out_of_stored_suggestions(bench: Bench) -> None:
    made = [ticket(bench, 0.6, 0.25, 0.1), ticket(bench, 0.9), ticket(bench, 0.5, 0.4, why=NO_APPEAL)]
    made.append(bench.ticket_unfiled())
    columns = TicketFacts.suggested, TicketFacts.second, TicketFacts.third, TicketFacts.probability, TicketFacts.lead
    query = select(TicketFacts.ticket_id, *columns).where(TicketFacts.ticket_id.in_(made))
    written = {row[0]: tuple(row[1:]) for row in bench.look(lambda session: session.execute(query).all())}
    migration = import_module("storage.migrations.versions.0010_guesses")
    blank = {"suggested": "", "second": "", "third": "", "probability": 0, "lead": None}
    with bench.database.write.begin() as session:
        session.execute(update(TicketFacts).values(blank))
        statement = migration.SQLITE if bench.database.is_sqlite else migration.POSTGRESQL
        session.execute(text(statement), migration.OF_NO_CATEGORY)
    read = {row[0]: tuple(row[1:]) for row in bench.look(lambda session: session.execute(query).all())}
    assert read == written
    assert {*migration.OF_NO_CATEGORY.values()} == NO_CATEGORY
