"""恶意骚扰来电: evidence and another's approval, a term, and never cut off."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from casework import malicious, tickets
from casework.actors import Actor
from casework.calling_errors import (
    AlreadyMarked,
    MarkNotWaiting,
    MarkTooLong,
    NotHisTicket,
    TooLittleEvidence,
    UnknownMark,
)
from casework.calling_tables import CallerMark
from casework.errors import NeedMissing, NotAllowed
from casework.tables import Case, Notice, Ticket
from district.schemas import Role
from storage.audit import AuditRow
from storage.database import Database, new_id
from triage.assessment import Urgency

from .conftest import AGENT, AUDITOR, CALLER, DISPATCHER, NOW, SUPERVISOR, Bench, assessment, text_message

OTHER_AGENT = Actor("u-agent-2", "坐席二", Role.AGENT)
HIM = "o-his"


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """Nothing here is about locks or dialects."""
    return sqlite_database


NUISANCE = ("打电话辱骂坐席，没有任何诉求内容，反复拨打", "我要投诉你们每一个人，骂了二十分钟不说是什么事情")


def from_him(bench: Bench, text: str, *, now: datetime = NOW, sender: str = HIM, **changes: object) -> str:
    """A matter of his, assessed; its ticket."""
    receipt = bench.receive(text_message(text, delivery=new_id(), sender=sender), now=now)
    bench.file(receipt.ticket_id, assessment(bench.district, **changes))
    return receipt.ticket_id


def evidence(bench: Bench) -> list[str]:
    return [from_him(bench, text, now=NOW + timedelta(hours=hour)) for hour, text in enumerate(NUISANCE)]


def propose(bench: Bench, keys: Sequence[str], actor: Actor = AGENT, *, text: str = "多次辱骂", days: int = 0) -> str:
    with bench.database.write.begin() as session:
        found = [session.get_one(Ticket, key) for key in keys]
        mark = malicious.propose(session, bench.district, found, text=text, actor=actor, now=NOW, days=days)
        return mark.id


def decide(bench: Bench, key: str, actor: Actor = SUPERVISOR, *, approve: bool = True, text: str = "") -> None:
    with bench.database.write.begin() as session:
        mark = malicious.get(session, key, SUPERVISOR)
        malicious.decide(session, mark, approve=approve, text=text, actor=actor, now=NOW)


def lift(bench: Bench, key: str, actor: Actor = SUPERVISOR, *, text: str = "已道歉", now: datetime = NOW) -> None:
    with bench.database.write.begin() as session:
        malicious.lift(session, malicious.get(session, key, SUPERVISOR), text=text, actor=actor, now=now)


def marked(bench: Bench) -> str:
    key = propose(bench, evidence(bench))
    decide(bench, key)
    return key


def is_marked(bench: Bench, ticket_id: str) -> bool:
    return bool(bench.look(lambda session: session.get_one(Ticket, ticket_id).caller_marked))


def queue(bench: Bench) -> list[str]:
    chosen = tickets.TicketFilter(queue=True)
    page = bench.look(lambda session: tickets.list_tickets(session, bench.district, DISPATCHER, chosen))
    return [each.id for each in page.items]


def test_only_an_approved_mark_has_an_effect_and_it_is_on_record(bench: Bench) -> None:
    key = propose(bench, evidence(bench))
    assert not is_marked(bench, from_him(bench, "第三次来电，仍然只是骂人没有说事情", now=NOW + timedelta(hours=5)))
    decide(bench, key)
    assert is_marked(bench, from_him(bench, "第四次来电，依然不说是什么事情只骂人", now=NOW + timedelta(hours=9)))
    acts = bench.look(lambda session: list(session.scalars(select(AuditRow.act))))
    assert {"propose_mark", "approve_mark"} <= set(acts)
    told = bench.look(
        lambda session: list(
            session.scalars(select(Notice).where(Notice.template == "mark_proposed").order_by(Notice.id))
        )
    )
    assert [each.audience for each in told] == ["supervisor"]


def test_his_new_tickets_stand_last_and_are_taken_in_like_anybodys(bench: Bench) -> None:
    marked(bench)
    his = from_him(bench, "我家门口的垃圾桶满了，没有人来清运", now=NOW + timedelta(hours=3), urgency=Urgency("urgent"))
    ordinary = from_him(bench, "公园的健身器材坏了", now=NOW + timedelta(hours=4), sender="o-else")
    waiting = queue(bench)
    assert (waiting[-1], ordinary in waiting[:-1]) == (his, True)
    assert [each.ticket_id for each in bench.said("received")].count(his) == 1


def test_pages_of_the_queue_go_on_behind_a_marked_ticket(bench: Bench) -> None:
    marked(bench)
    for hour in (3, 6, 9):
        from_him(bench, f"第{hour}件事情，和前面说的都没有关系，请处理一下", now=NOW + timedelta(hours=hour))
    chosen, seen, after = tickets.TicketFilter(queue=True), [], ""
    while True:
        page = bench.look(
            lambda session, after=after: tickets.list_tickets(
                session, bench.district, DISPATCHER, chosen, after=after, limit=2
            )
        )
        seen += [each.id for each in page.items]
        if not (after := page.next):
            break
    assert seen == queue(bench)
    assert len(set(seen)) == len(seen) == 5


def test_an_emergency_of_his_goes_the_way_of_every_emergency(bench: Bench) -> None:
    marked(bench)
    first = from_him(bench, "公园的健身器材坏了", sender="o-else")
    alarm = from_him(
        bench, "我家着火了", now=NOW + timedelta(hours=3), urgency=Urgency("emergency", ("着火",), "请拨打119")
    )
    assert queue(bench)[0] == alarm
    assert first in queue(bench)
    ticket, case = bench.look(lambda session: _with_case(session.get_one(Ticket, alarm)))
    assert (ticket.caller_marked, case.urgency, case.state) == (True, "emergency", "open")
    assert len([each for each in bench.said("emergency_advice") if each.ticket_id == alarm]) == 1


def _with_case(ticket: Ticket) -> tuple[Ticket, Case]:
    assert ticket.case is not None
    return ticket, ticket.case


def test_nothing_of_his_is_dispatched_without_a_person(bench: Bench) -> None:
    marked(bench)
    sure = assessment(bench.district, decision="auto")
    (code,) = (each.code for each in sure.category)
    receipts = [
        bench.receive(
            text_message("请修一修光明路上不亮的路灯谢谢", delivery=new_id(), sender=sender),
            now=NOW + timedelta(hours=5),
        )
        for sender in (HIM, "o-else")
    ]
    for receipt in receipts:
        bench.file(receipt.ticket_id, sure, automatic_categories={code})
    his, other = bench.look(lambda session: [session.get_one(Ticket, each.ticket_id) for each in receipts])
    assert (his.case_id, his.needs_review) == (None, True)
    assert other.case_id is not None


def test_the_mark_ends_by_itself_with_its_term(bench: Bench) -> None:
    key = propose(bench, evidence(bench), days=10)
    decide(bench, key)
    assert is_marked(bench, from_him(bench, "第九天的事情：小区东门有人乱停车", now=NOW + timedelta(days=9)))
    assert not is_marked(bench, from_him(bench, "第十天的事情：小区西门的路不平", now=NOW + timedelta(days=10)))
    with pytest.raises(MarkNotWaiting):
        lift(bench, key, now=NOW + timedelta(days=10))


def test_lifted_it_has_no_effect_any_more_also_on_what_waits(bench: Bench) -> None:
    key = marked(bench)
    waiting = from_him(bench, "我家门口的垃圾桶满了，没有人来清运", now=NOW + timedelta(hours=3))
    with pytest.raises(NeedMissing):
        lift(bench, key, text=" ")
    lift(bench, key)
    assert not is_marked(bench, waiting)
    assert not is_marked(bench, from_him(bench, "公园里的长椅坏了一把，坐不了人", now=NOW + timedelta(hours=8)))
    with pytest.raises(MarkNotWaiting):
        lift(bench, key)


def test_without_enough_of_his_own_tickets_and_words_nothing_is_proposed(bench: Bench) -> None:
    first, second = evidence(bench)
    strangers = from_him(bench, "公园的健身器材坏了", sender="o-else")
    with pytest.raises(TooLittleEvidence):
        propose(bench, [first, first])
    with pytest.raises(NotHisTicket):
        propose(bench, [first, strangers])
    with pytest.raises(NeedMissing):
        propose(bench, [first, second], text="")
    for days in (31, -1):
        with pytest.raises(MarkTooLong):
            propose(bench, [first, second], days=days)
    assert bench.look(lambda session: session.scalars(select(CallerMark)).all()) == []


def test_one_mark_at_a_time_and_a_new_one_after_a_refusal(bench: Bench) -> None:
    keys = evidence(bench)
    first = propose(bench, keys)
    with pytest.raises(AlreadyMarked):
        propose(bench, keys, OTHER_AGENT)
    with pytest.raises(NeedMissing):
        decide(bench, first, approve=False)
    decide(bench, first, approve=False, text="属于正常诉求")
    with pytest.raises(MarkNotWaiting):
        decide(bench, first)
    propose(bench, keys)


@pytest.mark.parametrize("actor", [SUPERVISOR, CALLER, AUDITOR], ids=lambda actor: str(actor.role))
def test_others_do_not_propose(bench: Bench, actor: Actor) -> None:
    keys = evidence(bench)
    with pytest.raises(NotAllowed):
        propose(bench, keys, actor)


@pytest.mark.parametrize("actor", [AGENT, DISPATCHER, CALLER, AUDITOR], ids=lambda actor: str(actor.role))
def test_only_a_supervisor_decides_and_lifts(bench: Bench, actor: Actor) -> None:
    key = propose(bench, evidence(bench))
    with pytest.raises(NotAllowed):
        decide(bench, key, actor)
    decide(bench, key)
    with pytest.raises(NotAllowed):
        lift(bench, key, actor)


def test_units_and_callers_see_no_marks(bench: Bench) -> None:
    marked(bench)
    unit = Actor("u", "承办人", Role.UNIT_LEAD, "U001")
    for actor in (unit, CALLER):
        with bench.database.read() as session, pytest.raises(NotAllowed):
            malicious.listed(session, actor)
    with bench.database.read() as session:
        rows, after = malicious.listed(session, AUDITOR)
        assert (len(rows), after) == (1, "")
        with pytest.raises(UnknownMark):
            malicious.get(session, new_id(), AUDITOR)


def test_the_mark_goes_with_his_tickets_where_two_residents_are_found_to_be_one(bench: Bench) -> None:
    marked(bench)
    other = from_him(bench, "公园的健身器材坏了", sender="o-else")
    with bench.database.write.begin() as session:
        kept = session.get_one(Ticket, other).resident_id
        for ticket in session.scalars(select(Ticket)):
            ticket.resident_id = kept
    assert bench.look(lambda session: malicious.is_marked(session, kept, now=NOW))
    assert bench.look(lambda session: malicious.of_resident(session, kept, now=NOW)) is not None
