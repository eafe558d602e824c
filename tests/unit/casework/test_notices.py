"""Who reads which notices, and what alarms: nobody's emergency is taken for an urging."""

from __future__ import annotations

from sqlalchemy import select

from casework import desk_work, notices
from casework.actors import Given
from casework.tables import Case, Notice, Ticket
from casework.tickets import OPEN_TICKETS

from .conftest import AGENT, DISPATCHER, NOW, SUPERVISOR, Bench, text_message


def texts(bench: Bench, audience: str) -> list[str]:
    query = select(Notice.text).where(Notice.audience == audience)
    return bench.look(lambda session: list(session.scalars(query)))


def test_a_unit_reads_its_own_notices_and_marks_them_for_itself(bench: Bench) -> None:
    case_id = bench.case()
    lead = bench.lead(case_id)
    other = bench.lead(case_id).__class__("other", "另一单位", lead.role, "U099")
    count = lambda actor: bench.look(lambda session: notices.count_unread(session, bench.district, actor))  # noqa: E731
    assert (count(lead), count(other)) == (1, 0)
    with bench.database.write.begin() as session:
        notices.mark_read(session, bench.district, lead)
    assert count(lead) == 0
    rows, _, last = bench.look(lambda session: notices.listed(session, bench.district, lead))
    assert [row.id for row in rows] == [last]


def test_an_urging_that_tells_of_an_emergency_alarms(bench: Bench) -> None:
    case_id = bench.case("楼道里的灯坏了")
    sender = bench.look(lambda session: session.get_one(Case, case_id).tickets[0].sender)
    bench.receive(text_message("煤气味很大有人晕倒了，怎么还没人来", delivery="alarm", sender=sender))
    assert bench.look(lambda session: session.get_one(Case, case_id).urgency) == "emergency"
    assert texts(bench, "supervisor")
    assert bench.said("emergency_advice")
    count = bench.look(lambda session: notices.count_unread(session, bench.district, SUPERVISOR))
    assert count >= 1


def test_words_to_a_closed_matter_open_a_new_one_that_follows_it(bench: Bench) -> None:
    first = bench.receive(text_message("请问居住证怎么办", channel="mailbox", sender="a@example.com"))
    bench.file(first.ticket_id)
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, first.ticket_id)
        given = Given(reason="court", text="请通过诉讼途径解决")
        desk_work.move(session, bench.district, ticket, "reject", actor=AGENT, now=NOW, given=given)
        code = ticket.code
    again = text_message(
        "我不服，还有别的情况要说", channel="mailbox", sender="a@example.com", delivery="2", ticket_token=code
    )
    receipt = bench.receive(again)
    assert receipt.ticket_id != first.ticket_id
    second = bench.look(lambda session: session.get_one(Ticket, receipt.ticket_id))
    assert (second.follows, second.state in OPEN_TICKETS) == (first.ticket_id, True)
    assert receipt.fresh


def test_a_persons_correction_outlives_a_second_judgement(bench: Bench) -> None:
    receipt = bench.receive(text_message("路灯坏了，快来"))
    bench.file(receipt.ticket_id)
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, receipt.ticket_id)
        desk_work.correct(session, bench.district, ticket, actor=DISPATCHER, now=NOW, request_type="建议")
    bench.receive(text_message("还有点闪", delivery="2"))
    bench.file(receipt.ticket_id)
    assert bench.look(lambda session: session.get_one(Ticket, receipt.ticket_id).request_type) == "建议"


def test_a_withdrawn_ticket_is_not_told_that_it_was_received(bench: Bench) -> None:
    receipt = bench.receive(text_message())
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, receipt.ticket_id)
        desk_work.move(session, bench.district, ticket, "withdraw", actor=AGENT, now=NOW)
    bench.file(receipt.ticket_id)
    assert bench.said("received") == []
