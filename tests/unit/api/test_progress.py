"""The resident's line of what happened: how he was reached, whether the answer went to him, one thing once."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from api.web import progress, unit_panel
from casework import desk_work, handling, tickets
from casework.reading import Reader
from casework.tables import Case, Step, Ticket
from channels.message import InboundMessage, Sender
from storage.deliveries import Delivery
from tests.unit.casework.conftest import DISPATCHER, NOW, Bench, assessment, district, sqlite_bench

__all__ = ["district", "sqlite_bench"]

CHAT = ("wechat", Sender("o-9", "刘先生"))
FORM = ("web", Sender("form:1"))
CALL = ("hotline", Sender("13800005678", "", "13800005678"))
ANSWER = "您好，光明路的路灯已修好，电话0999-5550-1007。"


def signed(bench: Bench, channel: str, sender: Sender) -> str:
    """A signed case of this resident; its id."""
    message = InboundMessage(
        channel=channel, account="main", delivery_id=sender.id, kind="text", sender=sender, text="路灯坏了三天没人修"
    )
    ticket = bench.receive(message).ticket_id
    bench.file(ticket, assessment(bench.district))
    with bench.database.write.begin() as session:
        found = session.get_one(Ticket, ticket)
        case = desk_work.accept(session, bench.district, found, actor=DISPATCHER, now=NOW).id
    bench.do(case, "sign", bench.lead(case))
    return case


def told(bench: Bench, case_id: str) -> list[str]:
    def read(session: Any) -> list[str]:
        ticket = session.scalars(select(Ticket).where(Ticket.case_id == case_id)).one()
        steps = tickets.timeline(session, ticket=ticket)
        return [words for _, words in progress.lines(session, ticket, steps)]

    found: list[str] = bench.look(read)
    return found


def become(bench: Bench, state: str) -> None:
    with bench.database.write.begin() as session:
        for delivery in session.scalars(select(Delivery).where(Delivery.template == progress.ANSWERED)):
            delivery.state = state


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ("visit", "承办单位已上门联系"),
        ("relay", "承办单位已请热线中心转告您"),
        ("other", "承办单位已通过其他方式联系"),
        ("call", "承办单位已记下联系情况"),
        ("", "承办单位已记下联系情况"),
    ],
)
def test_who_left_no_number_is_not_told_that_he_was_called(sqlite_bench: Bench, way: str, words: str) -> None:
    case = signed(sqlite_bench, *CHAT)
    sqlite_bench.do(case, "contact", sqlite_bench.lead(case), reason=way, text="告知两天内修好")
    assert words in told(sqlite_bench, case)
    assert not any("与您联系" in line for line in told(sqlite_bench, case))


def test_who_left_a_number_is_told_that_the_unit_was_in_touch(sqlite_bench: Bench) -> None:
    case = signed(sqlite_bench, *CALL)
    sqlite_bench.do(case, "contact", sqlite_bench.lead(case), reason="call", text="已电话联系居民")
    assert "承办单位已与您联系" in told(sqlite_bench, case)


def test_the_record_of_a_contact_says_its_way_and_a_text_alone_is_enough(sqlite_bench: Bench) -> None:
    case = signed(sqlite_bench, *CHAT)
    lead = sqlite_bench.lead(case)
    for reason, text in (("visit", "见到本人"), ("call", "已电话联系"), ("", "约了明天上午")):
        sqlite_bench.do(case, "contact", lead, reason=reason, text=text)
    texts = sqlite_bench.look(
        lambda session: list(session.scalars(select(Step.text).where(Step.move == "contact").order_by(Step.id)))
    )
    assert texts == ["上门：见到本人", "已电话联系", "约了明天上午"]


@pytest.mark.parametrize(("sender", "called"), [(CALL, True), (CHAT, False)])
def test_a_call_is_offered_as_the_way_only_where_there_is_a_number(
    sqlite_bench: Bench, sender: tuple[str, Sender], called: bool
) -> None:
    case_id = signed(sqlite_bench, *sender)

    def read(session: Any) -> list[str]:
        case, lead = session.get_one(Case, case_id), sqlite_bench.lead(case_id)
        reader = Reader(sqlite_bench.district, lead)
        moves = [move for move in sqlite_bench.district.workflow.case.transitions if move.name == "contact"]
        return list(unit_panel.values(session, reader, case, moves, [], now=NOW)["ways"])

    ways = sqlite_bench.look(read)
    assert (handling.CALL in ways) is called
    assert {handling.VISIT, handling.RELAY, handling.OTHER} <= set(ways)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("sent", "答复已发给您"),
        ("queued", "答复正在发给您"),
        ("failed", "答复写在本页"),
        ("dead", "答复写在本页"),
        ("told", "工作人员已把答复告诉您"),
    ],
)
def test_an_answer_is_said_to_be_sent_only_when_it_was(sqlite_bench: Bench, state: str, words: str) -> None:
    case = signed(sqlite_bench, *CHAT)
    sqlite_bench.do(case, "answer", sqlite_bench.lead(case), text=ANSWER)
    become(sqlite_bench, state)
    assert words in told(sqlite_bench, case)


def test_who_has_no_line_back_reads_the_answer_here_and_is_called_if_he_can_be(sqlite_bench: Bench) -> None:
    for sender, words in ((CALL, progress.TO_CALL), (FORM, progress.SHOWN)):
        case = signed(sqlite_bench, *sender)
        sqlite_bench.do(case, "answer", sqlite_bench.lead(case), text=ANSWER)
        lines = told(sqlite_bench, case)
        assert words in lines
        assert not any("发给您" in line for line in lines)


def test_what_goes_back_is_told_once_and_each_answer_by_its_own_message(sqlite_bench: Bench) -> None:
    case = signed(sqlite_bench, *CHAT)
    lead = sqlite_bench.lead(case)
    sqlite_bench.do(case, "answer", lead, text=ANSWER)
    become(sqlite_bench, "sent")
    sqlite_bench.now = NOW.replace(hour=3)
    sqlite_bench.call_back(case, reached=True, contacted=True, resolved=False, satisfaction="dissatisfied")
    lines = told(sqlite_bench, case)
    assert lines[-1] == "因问题未解决，已退回重新办理"
    assert sum("重新办理" in line for line in lines) == 1
    sqlite_bench.now = NOW.replace(hour=4)
    sqlite_bench.do(case, "answer", lead, text=f"{ANSWER}二次复查正常。")
    assert [line for line in told(sqlite_bench, case) if line.startswith("答复")] == ["答复已发给您", "答复正在发给您"]
