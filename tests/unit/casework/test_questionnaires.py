"""回访问卷: asked in writing once a round, read or asked once more, then left to the callers; never a second ticket."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from casework import desk_work, questionnaires
from casework.actors import CallbackResult
from casework.calling_tables import QuestionnaireSent
from casework.errors import WrongState
from casework.tables import Callback, Case, Notice, Step, Ticket, TicketFacts
from storage.database import Database

from .conftest import DISPATCHER, NOW, Bench, text_message


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """Nothing here is about locks or dialects."""
    return sqlite_database


ASKED = NOW + timedelta(minutes=31)
REPLIED = NOW + timedelta(hours=1)


def ask(bench: Bench, *, now: datetime = ASKED) -> int:
    with bench.database.write.begin() as session:
        return questionnaires.ask_due(session, bench.district, now=now)


def asked_case(bench: Bench) -> tuple[str, str]:
    """An answered case whose resident was asked in writing; its id and its ticket's."""
    case_id = bench.answered()
    assert ask(bench) == 1
    return case_id, bench.look(lambda session: session.get_one(Case, case_id).tickets[0].id)


def reply(bench: Bench, text: str, *, sender: str = "o-1", now: datetime = REPLIED, **more: Any) -> str:
    delivery = f"r{now.timestamp()}{text[:10]}"
    message = text_message(text, delivery=delivery, sender=sender, **more)
    return bench.receive(message, now=now).ticket_id


def count(bench: Bench, table: type[Any]) -> int:
    return int(bench.look(lambda session: session.scalar(select(func.count()).select_from(table))))


def sent(bench: Bench) -> QuestionnaireSent:
    return bench.look(lambda session: session.scalars(select(QuestionnaireSent)).one())


def callback(bench: Bench) -> Callback:
    return bench.look(lambda session: session.scalars(select(Callback)).one())


def test_who_was_told_his_answer_is_asked_once_and_not_at_once(bench: Bench) -> None:
    bench.answered()
    assert ask(bench, now=NOW + timedelta(minutes=29)) == 0
    assert ask(bench) == 1
    assert ask(bench, now=ASKED + timedelta(minutes=1)) == 0
    (delivery,) = bench.said("questionnaire")
    assert "1 已解决，满意；2 未解决" in delivery.text
    assert delivery.recipient == "o-1"


def test_nobody_is_asked_at_night_nor_days_after_his_answer(bench: Bench) -> None:
    bench.answered()
    assert ask(bench, now=datetime(2026, 3, 24, 14, 0, tzinfo=UTC)) == 0
    assert ask(bench, now=NOW + timedelta(days=3)) == 0


def test_only_channels_with_a_line_back_that_the_pack_names_are_asked(bench: Bench) -> None:
    bench.answered()
    rules = bench.district.callback
    for channels in ((), ("hotline", "web"), ("telegram",)):
        asked = rules.questionnaire.model_copy(update={"channels": channels})
        bench.district = replace(bench.district, callback=rules.model_copy(update={"questionnaire": asked}))
        assert ask(bench) == 0
    assert bench.said("questionnaire") == []


def test_a_reply_closes_the_ticket_as_the_residents_own_callback(bench: Bench) -> None:
    case_id, ticket_id = asked_case(bench)
    assert reply(bench, "1 已解决 满意") == ticket_id
    assert (bench.state(case_id), bench.ticket_state(ticket_id)) == ("closed", "closed")
    row = callback(bench)
    assert (row.reached, row.contacted, row.resolved, row.satisfaction) == (True, True, True, "satisfied")
    assert row.by == bench.look(lambda session: session.get_one(Ticket, ticket_id).resident_id)
    facts = bench.look(lambda session: session.get_one(TicketFacts, ticket_id))
    assert (facts.effective_callback, facts.resolved, facts.satisfied) == (1, 1, 1)
    assert count(bench, Ticket) == 1
    assert len(bench.said("callback_thanks")) == 1


def test_an_unresolved_reply_sends_the_case_back_and_he_is_asked_anew(bench: Bench) -> None:
    case_id, ticket_id = asked_case(bench)
    reply(bench, "没解决，还是不亮")
    assert (bench.state(case_id), bench.ticket_state(ticket_id)) == ("in_progress", "on_case")
    assert bench.said("callback_thanks") == []
    again = NOW + timedelta(hours=2)
    bench.do(case_id, "answer", bench.lead(case_id), text="换了灯泡。", now=again)
    assert ask(bench, now=again + timedelta(minutes=31)) == 0  # it is noon
    assert ask(bench, now=again + timedelta(hours=3)) == 1
    assert reply(bench, "1", now=again + timedelta(hours=4)) == ticket_id
    assert bench.state(case_id) == "closed"


def test_two_messages_may_say_it_together(bench: Bench) -> None:
    _, ticket_id = asked_case(bench)
    reply(bench, "没有人联系过我")
    assert len(bench.said("questionnaire_again")) == 1
    reply(bench, "解决了，基本满意", now=REPLIED + timedelta(minutes=1))
    row = callback(bench)
    assert (row.contacted, row.resolved, row.satisfaction) == (False, True, "basically_satisfied")
    assert row.text == "没有人联系过我\n解决了，基本满意"
    assert bench.ticket_state(ticket_id) == "closed"


def test_an_unclear_reply_is_asked_once_more_and_then_left_to_the_caller(bench: Bench) -> None:
    _, ticket_id = asked_case(bench)
    assert reply(bench, "嗯嗯谢谢") == ticket_id
    assert (sent(bench).state, sent(bench).asked_again) == ("open", True)
    assert reply(bench, "好的知道了", now=REPLIED + timedelta(minutes=1)) == ticket_id
    assert sent(bench).state == "unclear"
    assert len(bench.said("questionnaire_again")) == 1
    assert bench.ticket_state(ticket_id) == "told"
    notices = bench.look(lambda session: list(session.scalars(select(Notice.template))))
    assert notices.count("resident_replied") == 1
    assert count(bench, Ticket) == 1
    assert count(bench, Callback) == 0


def test_a_further_matter_is_no_reply_and_neither_is_an_emergency(bench: Bench) -> None:
    _, first = asked_case(bench)
    other = reply(bench, "另外我们小区东门的垃圾堆了一个星期没有人清运，夏天味道特别大，请派人来看看")
    alarm = reply(bench, "家里燃气泄漏了，味道很大", now=REPLIED + timedelta(minutes=5))
    assert len({first, other, alarm}) == 3
    assert sent(bench).state == "open"
    assert not sent(bench).asked_again


@pytest.mark.parametrize(
    "said",
    ["修好了，满意。另外楼道里的灯也坏了", "我们小区的垃圾没有人清运，请派人来看看", "3号楼门口的井盖松了一个多月了"],
)
def test_what_is_or_may_be_a_further_matter_is_never_lost_in_a_reply(bench: Bench, said: str) -> None:
    _, ticket_id = asked_case(bench)
    if reply(bench, said) == ticket_id:  # by the rules of any conversation: then the desk is told to look
        query = select(Notice.id).where(Notice.template == "resident_replied")
        assert bench.look(lambda session: session.scalar(query)) is not None
    assert (bench.ticket_state(ticket_id), sent(bench).state, sent(bench).said) == ("told", "open", "")


@pytest.mark.parametrize("said", ["解决了吗？我没看见有人来", "满意还是不满意都一样", "怎么还没人处理"])
def test_what_speaks_of_it_without_saying_which_is_asked_about_again(bench: Bench, said: str) -> None:
    _, ticket_id = asked_case(bench)
    assert reply(bench, said) == ticket_id
    assert (sent(bench).asked_again, bench.ticket_state(ticket_id)) == (True, "told")


def test_a_stranger_cannot_reply_for_him(bench: Bench) -> None:
    _, ticket_id = asked_case(bench)
    assert reply(bench, "1 已解决 满意", sender="o-9") != ticket_id
    assert bench.ticket_state(ticket_id) == "told"


def test_after_a_call_his_reply_is_an_ordinary_message(bench: Bench) -> None:
    case_id, _ = asked_case(bench)
    bench.call_back(case_id, reached=True, contacted=True, resolved=True, satisfaction="satisfied")
    assert sent(bench).state == "over"
    reply(bench, "1")
    assert count(bench, Callback) == 1


def test_a_questionnaire_without_a_reply_is_over_after_the_packs_days(bench: Bench) -> None:
    _, ticket_id = asked_case(bench)
    ask(bench, now=ASKED + timedelta(days=3))
    assert sent(bench).state == "over"
    assert bench.ticket_state(ticket_id) == "told"


def test_a_redelivered_reply_counts_once(bench: Bench) -> None:
    asked_case(bench)
    reply(bench, "嗯嗯谢谢")
    reply(bench, "嗯嗯谢谢")
    assert (sent(bench).state, len(bench.said("questionnaire_again"))) == ("open", 1)


def test_his_word_on_the_page_is_a_callback_too_and_only_while_he_is_asked(bench: Bench) -> None:
    case_id, ticket_id = asked_case(bench)
    result = CallbackResult(True, False, True, "dissatisfied", "拖了太久")
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, ticket_id)
        questionnaires.by_himself(session, bench.district, ticket, result, purpose="p", now=REPLIED)
    assert bench.state(case_id) == "closed"
    with bench.database.write.begin() as session, pytest.raises(WrongState):
        ticket = session.get_one(Ticket, ticket_id)
        questionnaires.by_himself(session, bench.district, ticket, result, purpose="q", now=REPLIED)
    actors = bench.look(
        lambda session: list(session.scalars(select(Step.role).where(Step.move == "call_back").order_by(Step.id)))
    )
    assert actors == ["resident"]


def test_a_letter_in_reply_is_read_like_a_chat_and_another_letter_is_a_new_matter(bench: Bench) -> None:
    letter = {"channel": "mailbox", "sender": "wang@example.org"}
    first = bench.receive(text_message("光明路的路灯坏了三天没人修", delivery="m1", **letter)).ticket_id
    bench.file(first)
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, first)
        desk_work.accept(session, bench.district, ticket, actor=DISPATCHER, now=NOW)
        case_id, code = str(ticket.case_id), ticket.code
    lead = bench.lead(case_id)
    bench.do(case_id, "sign", lead)
    bench.do(case_id, "answer", lead, text="路灯已修好。")
    assert ask(bench) == 1
    (asked,) = bench.said("questionnaire")
    assert asked.title
    other = reply(bench, "我们小区的垃圾没有人清运，请派人来看看。", ticket_token="", **letter)
    assert other != first
    assert reply(bench, "1 已解决，满意\n\n王先生", ticket_token=code, **letter) == first
    assert bench.ticket_state(first) == "closed"
