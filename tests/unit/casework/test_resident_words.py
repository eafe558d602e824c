"""What a resident tells the desk in a message: bind his telephone, withdraw, keep it confidential, do not call at night."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from casework import phone_codes, telling
from casework.message_tables import Message
from casework.reading import Reader
from casework.resident_errors import TooManyCodes
from casework.resident_tables import PhoneCode, Resident, ResidentJoin
from casework.tables import Case, Notice, Step, Ticket
from channels.message import InboundMessage, Sender
from district.schemas import Role
from district.templates import Templates

from .conftest import NOW, Bench, text_message
from .on_one import bench
from .test_joining import called, join, met

__all__ = ["bench"]

PHONE = "13800005678"


def write(bench: Bench, text: str, sender: str = "88", channel: str = "telegram", **more: object) -> str:
    """A message; what became of it: the reason why it opened no ticket, or empty."""
    bench._count += 1
    message = text_message(text, delivery=f"w{bench._count}", sender=sender, channel=channel)
    return bench.receive(message, **more).reason  # type: ignore[arg-type]


def known(bench: Bench) -> str:
    """Somebody with a verified telephone who can be written to in WeChat; his id."""
    who = met(bench, "o-1")
    join(bench, who, called(bench, PHONE))
    return who


def code_sent(bench: Bench) -> str:
    delivery = bench.said("phone_code")[-1]
    assert (delivery.channel, delivery.recipient) == ("wechat", "o-1")
    found = re.search(r"\d{6}", delivery.text)
    assert found is not None
    return found[0]


def of_telegram(bench: Bench) -> Resident:
    return bench.look(
        lambda s: s.get_one(Resident, s.scalars(select(Message.resident_id).where(Message.sender == "88")).first())
    )


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def test_a_code_sent_to_the_other_channel_makes_both_one(bench: Bench) -> None:
    who = known(bench)
    mine = met(bench, "88", "telegram")
    assert write(bench, f"绑定手机 {PHONE}") == "绑定手机，不建工单"
    assert write(bench, code_sent(bench)) == "验证码，不建工单"
    assert bench.look(lambda session: session.get_one(Resident, mine).merged_into) == who
    assert [each.recipient for each in bench.said("phone_joined")] == ["88"]
    (made,) = bench.look(lambda s: list(s.scalars(select(ResidentJoin).where(ResidentJoin.proof == "code"))))
    assert (made.kept_id, made.lost_id, made.by) == (who, mine, mine)


def test_the_code_is_kept_as_a_salted_digest_alone(bench: Bench) -> None:
    known(bench)
    write(bench, f"绑定手机{PHONE}")
    code = code_sent(bench)
    (row,) = bench.look(lambda session: list(session.scalars(select(PhoneCode))))
    assert code not in f"{row.digest}{row.salt}"
    assert row.expires_at == NOW + timedelta(minutes=10)


def test_a_code_is_worth_nothing_after_five_wrong_ones(bench: Bench) -> None:
    known(bench)
    mine = met(bench, "88", "telegram")
    write(bench, f"绑定手机 {PHONE}")
    code = code_sent(bench)
    for _ in range(5):
        write(bench, wrong(code))
    assert [each.text for each in bench.said("phone_code_wrong")][-1].count("1 次") == 1
    assert len(bench.said("phone_code_over")) == 1
    assert write(bench, code) == ""  # six digits like any others
    assert bench.look(lambda session: session.get_one(Resident, mine).merged_into) is None


def test_a_code_is_worth_nothing_after_ten_minutes_or_when_another_was_asked_for(bench: Bench) -> None:
    known(bench)
    mine = met(bench, "88", "telegram")
    write(bench, f"绑定手机 {PHONE}")
    first = code_sent(bench)
    late = NOW + timedelta(minutes=10)
    write(bench, first, now=late)
    write(bench, f"绑定手机 {PHONE}", now=late)
    if first != code_sent(bench):
        write(bench, first, now=late)
    assert bench.look(lambda session: session.get_one(Resident, mine).merged_into) is None


def test_a_code_is_his_alone_who_asked(bench: Bench) -> None:
    known(bench)
    write(bench, f"绑定手机 {PHONE}")
    other = met(bench, "99", "telegram")
    write(bench, code_sent(bench), sender="99")
    assert bench.look(lambda session: session.get_one(Resident, other).merged_into) is None


def test_codes_are_asked_for_three_times_an_hour(bench: Bench) -> None:
    known(bench)
    for _ in range(4):
        write(bench, f"绑定手机 {PHONE}")
    assert len(bench.said("phone_code")) == 3
    assert len(bench.said("phone_code_often")) == 1
    assert write(bench, f"绑定手机 {PHONE}", now=NOW + timedelta(minutes=61))
    assert len(bench.said("phone_code")) == 4


def test_one_telephone_is_sent_no_more_codes_however_many_ask(bench: Bench) -> None:
    known(bench)
    for sender in ("91", "92", "93"):
        write(bench, f"绑定手机 {PHONE}", sender=sender)
    asker = met(bench, "94", "telegram")
    with bench.database.write.begin() as session, pytest.raises(TooManyCodes):
        phone_codes.ask(session, bench.district, session.get_one(Resident, asker), PHONE, now=NOW)


@pytest.mark.parametrize("stated", ["web", "walk_in"])
def test_a_telephone_that_was_only_stated_gets_no_code_and_the_answer_tells_nothing(bench: Bench, stated: str) -> None:
    met(bench, PHONE, stated)
    write(bench, f"绑定手机 {PHONE}")
    write(bench, "绑定手机 13900001234", sender="89")
    assert bench.said("phone_code") == []
    assert len({each.text for each in bench.said("phone_code_asked")}) == 1
    write(bench, "123456")
    assert len(bench.said("phone_code_wrong")) == 1  # as if one had been sent


def test_two_with_different_verified_telephones_are_not_joined_by_a_code(bench: Bench) -> None:
    known(bench)
    mine = met(bench, "88", "telegram")
    join(bench, mine, called(bench, "13900001234"))
    write(bench, f"绑定手机 {PHONE}")
    write(bench, code_sent(bench))
    assert bench.look(lambda session: session.get_one(Resident, mine).merged_into) is None
    assert len(bench.said("phone_code_over")) == 1


def test_he_withdraws_when_he_confirms_and_not_before_and_the_unit_hears_it(bench: Bench) -> None:
    case = bench.case()
    (ticket,) = bench.look(lambda session: [each.id for each in session.get_one(Case, case).tickets])
    assert write(bench, "我要撤诉", "o-1", "wechat") == "撤诉，待居民确认"
    assert bench.ticket_state(ticket) == "on_case"
    assert len(bench.said("withdraw_confirm")) == 1
    assert write(bench, "确认撤诉", "o-1", "wechat").startswith("确认撤诉")
    assert (bench.ticket_state(ticket), bench.state(case)) == ("withdrawn", "closed")
    notices = bench.look(
        lambda s: list(s.scalars(select(Notice).where(Notice.template == "resident_withdrew").order_by(Notice.id)))
    )
    assert [(each.audience, bool(each.unit)) for each in notices] == [("unit", True)]
    (step,) = bench.look(lambda s: list(s.scalars(select(Step).where(Step.move == "withdraw").order_by(Step.id))))
    assert step.role == Role.RESIDENT


def test_nobody_withdraws_what_is_anothers_or_was_not_asked_about(bench: Bench) -> None:
    ticket = bench.ticket()
    number = bench.look(lambda session: session.get_one(Ticket, ticket).number)
    write(bench, f"撤诉 {number}", "o-stranger", "wechat")
    write(bench, f"确认撤诉 {number}", "o-stranger", "wechat")
    write(bench, "确认撤诉", "o-1", "wechat")
    assert bench.ticket_state(ticket) == "assessed"
    assert len(bench.said("withdraw_nothing")) == 3


def test_the_question_whether_he_means_it_stands_for_a_day(bench: Bench) -> None:
    ticket = bench.ticket()
    write(bench, "撤诉", "o-1", "wechat")
    write(bench, "确认撤诉", "o-1", "wechat", now=NOW + timedelta(hours=25))
    assert bench.ticket_state(ticket) == "assessed"


@pytest.mark.parametrize(
    "text",
    [
        "邻居劝我撤诉，可是噪音还在，请你们继续处理这件事",
        "绑定手机的业务在哪里办",
        "请保密，楼下饭店每天把泔水倒进下水道",
        "不要晚上施工",
    ],
)
def test_a_message_that_says_more_is_a_matter(bench: Bench, text: str) -> None:
    assert write(bench, text) == ""


def test_six_digits_that_nobody_asked_for_are_no_code_and_no_matter(bench: Bench) -> None:
    assert write(bench, "123456") == "没看明白，已请居民再说"
    assert bench.said("not_understood")
    assert bench.said("phone_code_over") == []


def test_a_confidential_reporter_is_hidden_from_the_unit_whatever_the_type(bench: Bench) -> None:
    case = bench.case()
    lead = bench.lead(case)
    (ticket,) = bench.look(lambda session: [each.id for each in session.get_one(Case, case).tickets])
    seen = bench.look(lambda s: Reader(bench.district, lead).name(s.get_one(Ticket, ticket)))
    assert seen == "刘先生"
    assert write(bench, "请保密", "o-1", "wechat").startswith("要求保密")
    seen = bench.look(lambda s: Reader(bench.district, lead).name(s.get_one(Ticket, ticket)))
    assert seen == ""
    assert len(bench.said("confidential_noted")) == 1


def test_he_says_that_he_is_not_called_at_night(bench: Bench) -> None:
    mine = met(bench, "88", "telegram")
    assert write(bench, "请勿夜间来电") == "请勿夜间来电"
    wishes = bench.look(lambda session: session.get_one(Resident, mine).wishes)
    assert wishes == {"no_calls": {"from": "22:00", "until": "08:00"}}


def test_the_letter_that_list_unsubscribe_asks_for_ends_notices_and_not_answers(bench: Bench) -> None:
    first = bench.receive(text_message("楼道灯坏了三天", delivery="n1", sender="li@example.com", channel="mailbox"))
    leave = InboundMessage("mailbox", "main", "n2", "mail", Sender("li@example.com"), title="退订")
    assert bench.receive(leave).reason == "退订通知"
    assert len(bench.said("notices_stopped")) == 1

    def told(template: str) -> str | None:
        with bench.database.write.begin() as session:
            ticket = session.get_one(Ticket, first.ticket_id)
            return telling.say(session, bench.district, ticket, template, purpose=template, now=NOW)

    assert told("reworked") is not None
    notice = bench.district.templates.get("withdrawn").model_copy(update={"notice": True})
    changed = Templates(
        [*(each for each in bench.district.templates if each.name != "withdrawn"), notice], bench.district.manifest
    )
    bench.district = replace(bench.district, templates=changed)
    assert told("withdrawn") is None
