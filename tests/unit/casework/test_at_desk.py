"""Who is at a ticket: one has it to himself while he works, the others are told, and nobody's decision is overwritten."""

from __future__ import annotations

from datetime import timedelta

import pytest

from casework import at_desk, desk_work, overtaken, page_reports, tickets
from casework.actors import Actor, Given
from casework.calling_errors import ClaimedByOther
from casework.errors import DecidedMeanwhile, NeedMissing, NotAllowed, WrongState
from casework.tables import Ticket
from district.schemas import Role

from .conftest import AGENT, AUDITOR, CALLER, DISPATCHER, NOW, SUPERVISOR, Bench

OTHER = Actor("u-other", "另一坐席", Role.AGENT)
ADMINISTRATOR = Actor("u-admin", "管理员", Role.ADMINISTRATOR)
MINUTE = timedelta(minutes=1)


def claim(bench: Bench, key: str, actor: Actor = AGENT, *, after: timedelta = timedelta(0)) -> None:
    with bench.database.write.begin() as session:
        at_desk.claim(session, bench.district, session.get_one(Ticket, key), actor=actor, now=NOW + after)


def release(bench: Bench, key: str, actor: Actor) -> bool:
    with bench.database.write.begin() as session:
        return at_desk.release(session, session.get_one(Ticket, key), actor=actor, now=NOW)


def signs(bench: Bench, key: str, actor: Actor, *, after: timedelta, acts: bool = False) -> None:
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, key)
        at_desk.seen(session, bench.district, ticket, actor=actor, acts=acts, now=NOW + after)


def look(bench: Bench, key: str, actor: Actor, *, after: timedelta = timedelta(0)) -> at_desk.AtDesk:
    found: at_desk.AtDesk = bench.look(
        lambda session: at_desk.look(session, session.get_one(Ticket, key), actor, now=NOW + after)
    )
    return found


def accept(bench: Bench, key: str, actor: Actor, *, seen: str = "") -> None:
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, key)
        overtaken.check(session, ticket, seen, actor)
        desk_work.accept(session, bench.district, ticket, actor=actor, now=NOW)


def seen_as(bench: Bench, key: str) -> str:
    found: str = bench.look(lambda session: overtaken.seen_as(session, session.get_one(Ticket, key)))
    return found


def test_what_one_has_claimed_no_other_decides_and_the_queue_passes_over(bench: Bench) -> None:
    first, second = bench.ticket(), bench.ticket()
    claim(bench, first)
    with pytest.raises(ClaimedByOther):
        claim(bench, first, OTHER)
    with pytest.raises(ClaimedByOther):
        accept(bench, first, DISPATCHER)
    with bench.database.write.begin() as session, pytest.raises(ClaimedByOther):
        given = Given(text="已经修好")
        ticket = session.get_one(Ticket, first)
        desk_work.move(session, bench.district, ticket, "answer_directly", actor=OTHER, now=NOW, given=given)
    for actor, expected in ((OTHER, second), (AGENT, first)):
        found = bench.look(lambda session, who=actor: tickets.first_in_queue(session, bench.district, who, now=NOW))
        assert found.id == expected
    accept(bench, first, AGENT)
    assert look(bench, first, OTHER).claim is None


def test_a_claim_lasts_while_there_are_signs_of_life_and_then_lapses(bench: Bench) -> None:
    key = bench.ticket()
    claim(bench, key)
    signs(bench, key, AGENT, after=8 * MINUTE, acts=True)
    assert look(bench, key, OTHER, after=12 * MINUTE).claim is not None
    signs(bench, key, AGENT, after=12 * MINUTE)  # the page is open, and nobody does anything
    assert look(bench, key, OTHER, after=18 * MINUTE + MINUTE / 2).claim is None
    claim(bench, key, OTHER, after=19 * MINUTE)


def test_who_takes_another_ticket_lets_the_first_go(bench: Bench) -> None:
    first, second = bench.ticket(), bench.ticket()
    claim(bench, first)
    claim(bench, second)
    claim(bench, first, OTHER)


def test_only_its_holder_and_a_supervisor_give_a_claim_back(bench: Bench) -> None:
    key = bench.ticket()
    claim(bench, key)
    for actor in (OTHER, DISPATCHER, CALLER, AUDITOR):
        with pytest.raises(NotAllowed):
            release(bench, key, actor)
    assert look(bench, key, SUPERVISOR).may_release
    assert release(bench, key, SUPERVISOR)
    assert not release(bench, key, AGENT)


def test_what_the_desk_is_done_with_is_not_claimed(bench: Bench) -> None:
    key = bench.ticket()
    accept(bench, key, DISPATCHER)
    with pytest.raises(WrongState):
        claim(bench, key)


def test_who_signs_out_is_at_no_ticket_and_has_none(bench: Bench) -> None:
    first, second = bench.ticket(), bench.ticket()
    for key in (first, second):
        signs(bench, key, AGENT, after=timedelta(0))
        signs(bench, key, OTHER, after=timedelta(0))
    claim(bench, first)
    claim(bench, second, OTHER)
    with bench.database.write.begin() as session:
        at_desk.signed_out(session, AGENT.id, now=NOW)
    found = [look(bench, key, DISPATCHER) for key in (first, second)]
    assert [[each.name for each in one.others] for one in found] == [["另一坐席"]] * 2
    assert found[0].claim is None
    assert found[1].claim is not None
    assert found[1].claim.by == OTHER.id


def test_who_has_a_ticket_open_is_shown_to_the_others_until_his_page_is_silent(bench: Bench) -> None:
    key = bench.ticket()
    signs(bench, key, AGENT, after=timedelta(0))
    signs(bench, key, OTHER, after=MINUTE)
    assert [each.name for each in look(bench, key, OTHER, after=MINUTE).others] == ["坐席"]
    assert [each.name for each in look(bench, key, AUDITOR, after=MINUTE).others] == ["坐席", "另一坐席"]
    assert look(bench, key, OTHER, after=2 * MINUTE).others == []
    with bench.database.write.begin() as session:
        at_desk.left(session, session.get_one(Ticket, key), actor=OTHER, now=NOW + MINUTE)
    assert look(bench, key, AGENT, after=MINUTE).others == []


def test_a_decision_on_what_another_has_decided_since_is_refused_and_ones_own_is_not(bench: Bench) -> None:
    key = bench.ticket()
    before = seen_as(bench, key)
    accept(bench, key, AGENT, seen=before)  # its case waits for a dispatcher, who could still decide otherwise
    with pytest.raises(DecidedMeanwhile) as refused:
        accept(bench, key, DISPATCHER, seen=before)
    assert refused.value.by_name == "坐席"
    accept(bench, key, DISPATCHER, seen=seen_as(bench, key))


def test_a_page_is_reported_without_what_was_searched_on_it_and_settled_by_an_administrator(bench: Bench) -> None:
    with bench.database.write.begin() as session:
        for words, refused in (("看不清", NotAllowed), (" ", NeedMissing)):
            actor = AUDITOR if refused is NotAllowed else AGENT
            with pytest.raises(refused):
                page_reports.report(session, "/tickets", words, actor=actor, now=NOW)
        kept = page_reports.report(session, "/tickets?q=刘先生#x", "看不清", actor=AGENT, now=NOW)
        assert (kept.page, kept.by_name) == ("/tickets", "坐席")
    with bench.database.write.begin() as session:
        with pytest.raises(NotAllowed):
            page_reports.listed(session, AGENT, done=False)
        with pytest.raises(NotAllowed):
            page_reports.settle(session, kept.id, actor=AUDITOR, now=NOW)
        page_reports.settle(session, kept.id, actor=ADMINISTRATOR, now=NOW)
        assert page_reports.count_open(session) == 0
        rows, _ = page_reports.listed(session, AUDITOR, done=True)
        assert [each.done_by_name for each in rows] == ["管理员"]
