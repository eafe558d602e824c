"""The callback desk: who may be called now, by the clock; who has whom; attempts that count."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import callback_order, callbacks, claims, desk_work
from casework.actors import Actor, CallbackResult, Given
from casework.callback_queue import Queue, ToCall
from casework.calling_errors import ClaimedByOther
from casework.errors import NotAllowed, OwnCallback, WrongState
from casework.tables import Case, Ticket
from district.schemas import Role

from .conftest import AGENT, AUDITOR, CALLER, DISPATCHER, NOW, SUPERVISOR, Bench

OTHER = Actor("u-caller-2", "回访员二", Role.CALLBACK_AGENT)
SOLVED = CallbackResult(True, True, True, "satisfied")
NIGHT = datetime(2026, 3, 24, 14, 0, tzinfo=UTC)
"""22:00 in China: outside the demo's calling hours."""


def queue(bench: Bench, actor: Actor = CALLER, *, now: datetime = NOW) -> list[ToCall]:
    return bench.look(lambda session: Queue(session, bench.district, actor, now=now).page())


def ticket_of(bench: Bench, case_id: str) -> str:
    return bench.look(lambda session: session.get_one(Case, case_id).tickets[0].id)


def claim(bench: Bench, ticket_id: str, actor: Actor = CALLER, *, now: datetime = NOW) -> None:
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, ticket_id)
        callbacks.claim(session, bench.district, ticket, actor=actor, now=now)


def record(bench: Bench, ticket_id: str, actor: Actor = CALLER, *, now: datetime = NOW, **result: Any) -> None:
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, ticket_id)
        given = CallbackResult(**result) if result else SOLVED
        callbacks.record(session, bench.district, ticket, given, actor=actor, now=now)


def test_the_one_whose_clock_ends_first_stands_first(bench: Bench) -> None:
    later = ticket_of(bench, bench.answered())
    bench.now = NOW + timedelta(hours=1)
    urgent = ticket_of(bench, bench.answered())
    with bench.database.write.begin() as session:
        case = session.get_one(Ticket, later).case
        assert case is not None
        case.clocks[-1].due_at = NOW + timedelta(days=5)
    found = queue(bench, now=bench.now)
    assert [each.ticket.id for each in found] == [urgent, later]
    assert all(each.from_at is None and not each.overdue for each in found)


def test_a_ticket_answered_on_the_spot_and_drawn_has_a_clock_counted_from_its_answer(bench: Bench) -> None:
    drawn = _answered_on_the_spot(bench)
    (found,) = queue(bench)
    assert found.ticket.id == drawn
    book = bench.district
    allowed = book.clocks.allowance("callback", book.clocks.column(urgency="normal", hard=False, request_type="投诉"))
    assert found.due_at == book.calendars.add(NOW, allowed).due_at
    assert found.due_at > NOW


def _answered_on_the_spot(bench: Bench) -> str:
    """The first ticket that the draw takes."""
    for number in range(60):
        ticket_id = bench.ticket(f"第{number}件咨询")
        with bench.database.write.begin() as session:
            ticket = session.get_one(Ticket, ticket_id)
            given = Given(text="请带身份证到窗口办理。")
            desk_work.move(session, bench.district, ticket, "answer_directly", actor=AGENT, now=NOW, given=given)
            if ticket.state == "answered_directly":
                return ticket_id
    raise LookupError


def test_outside_the_calling_hours_nobody_is_called_and_the_page_knows_from_when(bench: Bench) -> None:
    bench.answered()
    (found,) = queue(bench, now=NIGHT)
    assert found.from_at == datetime(2026, 3, 25, 0, 30, tzinfo=UTC)  # 08:30 of the next day
    assert found.why == "不在外呼时段"


def test_after_a_missed_call_the_next_hour_counts_and_who_waits_stands_below(bench: Bench) -> None:
    tried, fresh = ticket_of(bench, bench.answered()), ticket_of(bench, bench.answered())
    record(bench, tried, reached=False)
    first, last = queue(bench, now=NOW + timedelta(minutes=10))
    assert (first.ticket.id, first.from_at) == (fresh, None)
    assert (last.ticket.id, last.why, last.missed) == (tried, "这个小时已打过", 1)
    assert last.from_at == datetime(2026, 3, 24, 2, 0, tzinfo=UTC)
    assert queue(bench, now=NOW + timedelta(minutes=31))[0].ticket.id == tried


def test_a_missed_call_outside_the_calling_hours_does_not_count(bench: Bench) -> None:
    ticket_id = ticket_of(bench, bench.answered())
    for hour in (0, 1, 2):
        record(bench, ticket_id, now=NIGHT + timedelta(hours=hour), reached=False)
    assert bench.ticket_state(ticket_id) == "told"
    for hour in (24, 25, 26):
        record(bench, ticket_id, now=NOW + timedelta(hours=hour), reached=False)
    assert bench.ticket_state(ticket_id) == "closed"


def test_who_handled_a_case_does_not_find_it_in_his_queue_and_cannot_claim_it(bench: Bench) -> None:
    case_id = bench.answered()
    lead = bench.lead(case_id)
    own = Actor("u-own", "借调回访员", Role.CALLBACK_AGENT, lead.unit)
    assert queue(bench, own) == []
    assert len(queue(bench)) == 1
    with pytest.raises(OwnCallback):
        claim(bench, ticket_of(bench, case_id), own)


@pytest.mark.parametrize("actor", [AGENT, DISPATCHER, AUDITOR], ids=lambda actor: str(actor.role))
def test_nobody_else_has_the_callback_desk(bench: Bench, actor: Actor) -> None:
    ticket_id = ticket_of(bench, bench.answered())
    with pytest.raises(NotAllowed):
        queue(bench, actor)
    with pytest.raises(NotAllowed):
        claim(bench, ticket_id, actor)


def test_one_caller_takes_a_resident_and_the_other_is_told_who_has_him(bench: Bench) -> None:
    ticket_id = ticket_of(bench, bench.answered())
    claim(bench, ticket_id)
    with pytest.raises(ClaimedByOther) as refused:
        claim(bench, ticket_id, OTHER)
    assert (refused.value.by_name, refused.value.until) == ("回访员", NOW + timedelta(minutes=15))
    with pytest.raises(ClaimedByOther):
        record(bench, ticket_id, OTHER)
    record(bench, ticket_id)
    assert bench.ticket_state(ticket_id) == "closed"


def test_a_claim_ends_by_itself_by_being_given_back_and_by_taking_another(bench: Bench) -> None:
    first, second = ticket_of(bench, bench.answered()), ticket_of(bench, bench.answered())
    claim(bench, first)
    claim(bench, second)
    claim(bench, first, OTHER)  # the first caller went on to the second
    claim(bench, second, SUPERVISOR, now=NOW + timedelta(minutes=15))  # his quarter of an hour is over
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, first)
        assert not claims.give_back(session, ticket, actor=CALLER, now=NOW)
        assert claims.give_back(session, ticket, actor=OTHER, now=NOW)
    claim(bench, first)


def test_a_claim_is_over_with_the_result(bench: Bench) -> None:
    ticket_id = ticket_of(bench, bench.answered())
    claim(bench, ticket_id)
    record(bench, ticket_id, reached=False)
    claim(bench, ticket_id, OTHER)


def test_nobody_claims_a_resident_who_waits_for_no_call(bench: Bench) -> None:
    ticket_id = ticket_of(bench, bench.case())
    with pytest.raises(WrongState):
        claim(bench, ticket_id)


def test_the_next_one_is_nobody_elses_and_may_be_called_now(bench: Bench) -> None:
    first, second = ticket_of(bench, bench.answered()), ticket_of(bench, bench.answered())
    claim(bench, first, OTHER)

    def following(actor: Actor, now: datetime = NOW) -> str | None:
        found = bench.look(lambda session: Queue(session, bench.district, actor, now=now).following())
        return found.ticket.id if found else None

    assert (following(CALLER), following(OTHER)) == (second, first)
    assert following(CALLER, NIGHT) is None


def test_a_wish_moves_the_moment_and_says_so(bench: Bench) -> None:
    noon = datetime(2026, 3, 24, 7, 0, tzinfo=UTC)

    def not_before_three(local: datetime) -> datetime | None:
        return local.replace(hour=15, minute=0) if local.hour < 15 else None

    found = callback_order.callable_from(bench.district, [], not_before_three, now=NOW)
    assert found == (noon, "居民希望此时不被打扰")
    assert callback_order.callable_from(bench.district, [noon], not_before_three, now=NOW)[0] == noon + timedelta(
        hours=1
    )


def test_rework_begins_a_new_round_in_which_old_attempts_do_not_count(bench: Bench) -> None:
    case_id = bench.answered()
    ticket_id = ticket_of(bench, case_id)
    record(bench, ticket_id, reached=False)
    unsolved: dict[str, Any] = {"reached": True, "contacted": True, "resolved": False, "satisfaction": "dissatisfied"}
    record(bench, ticket_id, now=NOW + timedelta(hours=1), **unsolved)
    bench.do(case_id, "answer", bench.lead(case_id), text="又修了一次。", now=NOW + timedelta(hours=2))
    (found,) = queue(bench, now=NOW + timedelta(hours=2))
    assert (found.missed, found.from_at) == (0, None)
    assert bench.look(lambda session: session.scalars(select(Ticket.state))).all() == ["told"]


def test_of_two_callers_at_once_one_has_the_resident(bench: Bench) -> None:
    ticket_id = ticket_of(bench, bench.answered())

    def tried(actor: Actor) -> bool:
        try:
            claim(bench, ticket_id, actor)
        except ClaimedByOther:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(tried, (CALLER, OTHER))) == [False, True]


def test_who_wishes_no_calls_now_stands_below_with_the_hour_he_named(bench: Bench) -> None:
    quiet, ready = ticket_of(bench, bench.answered()), ticket_of(bench, bench.answered())
    with bench.database.write.begin() as session:
        session.get_one(Ticket, quiet).resident.wishes = {"no_calls": {"from": "08:00", "until": "11:00"}}
    first, last = queue(bench)
    assert (first.ticket.id, first.from_at) == (ready, None)
    assert (last.ticket.id, last.why) == (quiet, "居民希望此时不被打扰")
    assert last.from_at == datetime(2026, 3, 24, 3, 0, tzinfo=UTC)


def test_who_handled_the_matter_in_another_role_before_does_not_call(bench: Bench) -> None:
    """A person may change from a unit, or from the hotline, to the callback desk."""
    case_id = bench.case()
    officer = bench.lead(case_id, Role.UNIT_OFFICER)
    bench.do(case_id, "sign", officer)
    bench.do(case_id, "answer", bench.lead(case_id), text="您好,路灯已修好。")
    spoken = bench.ticket("咨询居住证怎么办理")
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, spoken)
        desk_work.move(
            session, bench.district, ticket, "answer_directly", actor=AGENT, now=NOW, given=Given(text="带身份证即可。")
        )
        ticket.state = "answered_directly"  # as if it was drawn to be called back
    answered = ticket_of(bench, case_id)
    for key, handler in ((answered, officer), (spoken, AGENT)):
        now_calls = Actor(handler.id, handler.name, Role.CALLBACK_AGENT)
        assert {each.ticket.id for each in queue(bench, now_calls)} == {answered, spoken} - {key}
        for act in (claim, record):
            with pytest.raises(OwnCallback):
                act(bench, key, now_calls)


def test_words_are_looked_for_in_what_the_reader_reads(bench: Bench) -> None:
    named = ticket_of(bench, bench.answered(text="光明路路灯坏了，我的电话 13812345678"))
    other = ticket_of(bench, bench.answered(text="下水道堵了三天"))
    number: str = bench.look(lambda session: session.get_one(Ticket, other).number)

    def found(actor: Actor, words: str) -> list[str]:
        def read(session: Session) -> list[str]:
            waiting = Queue(session, bench.district, actor, now=NOW, words=words)
            keys = [each.ticket.id for each in waiting.page()]
            assert waiting.count() == (len(keys), len(keys))
            return keys

        keys: list[str] = bench.look(read)
        return keys

    for actor in (CALLER, SUPERVISOR):
        assert found(actor, "路灯") == [named]
        assert found(actor, number[2:]) == [other]
        assert found(actor, "没有的词") == []
    assert (found(CALLER, "13812345678"), found(SUPERVISOR, "13812345678")) == ([named], [])
