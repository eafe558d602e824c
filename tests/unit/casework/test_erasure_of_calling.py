"""What callback and after keeps of a resident is erased with him: his replies, and what he was marked for."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from casework import malicious, questionnaires
from casework.tables import Ticket
from storage.database import Database, new_id

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
