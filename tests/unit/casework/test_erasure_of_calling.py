"""What callback and after keeps of a resident is erased with him: his replies, and what he was marked for."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from casework import malicious, questionnaires
from casework.message_tables import Message
from casework.tables import Ticket
from storage import running_calls
from storage.database import Database, new_id
from storage.running_calls import CallNote

from .conftest import AGENT, NOW, SUPERVISOR, Bench, text_message
from .on_one import bench
from .test_erasure import ask, closed, decide, desk, everything

__all__ = ["bench", "desk"]


def test_his_replies_and_what_he_was_marked_for_are_erased(desk: Bench, sqlite_database: Database) -> None:
    who = closed(desk)
    case = desk.answered()
    with sqlite_database.write.begin() as session:
        assert questionnaires.ask_due(session, desk.district, now=NOW + timedelta(minutes=31)) == 1
        ticket = session.scalars(select(Ticket).where(Ticket.case_id == case)).one()
        ticket.resident_id, ticket.sender = who, "o-1"
    reply = "已解决，满意，我是王小明"
    desk.receive(text_message(reply, delivery=new_id(), sender="o-1"), now=NOW + timedelta(hours=1))
    with sqlite_database.write.begin() as session:
        his = list(session.scalars(select(Ticket).where(Ticket.resident_id == who)))
        mark = malicious.propose(session, desk.district, his, text="王小明多次辱骂", actor=AGENT, now=NOW)
        malicious.decide(session, mark, approve=True, text="王小明属实", actor=SUPERVISOR, now=NOW)
    assert all(words in everything(desk) for words in (reply, "王小明多次辱骂", "王小明属实"))
    decide(desk, ask(desk, who))
    assert "王小明" not in everything(desk)
    assert desk.look(lambda session: malicious.is_marked(session, who, now=NOW))


def test_what_was_said_in_his_call_and_put_down_of_it_is_erased(desk: Bench, sqlite_database: Database) -> None:
    who = closed(desk)
    with sqlite_database.write.begin() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.resident_id == who)).one()
        message = session.scalars(select(Message).where(Message.ticket_id == ticket.id)).one()
        message.external_id = "call-7"
        for call_id in ("call-7", "call-8"):
            call = running_calls.held(session, message.channel, message.account, call_id, now=NOW)
            running_calls.add(session, call, f"{call_id}里王小明说的话".encode(), now=NOW)
            of = {"channel": call.channel, "account": call.account, "call_id": call_id, "field": "note"}
            session.add(CallNote(**of, value=f"{call_id}里王小明要求回电", by="a", role="agent", at=NOW))
    decide(desk, ask(desk, who))
    with sqlite_database.read() as session:
        for call_id, left in (("call-7", 0), ("call-8", 1)):
            kept = running_calls.newest(session, message.channel, message.account, call_id, limit=9)
            noted = running_calls.notes(session, message.channel, message.account, call_id)
            assert (len(kept), len(noted)) == (left, left)
