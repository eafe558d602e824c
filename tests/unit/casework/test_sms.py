"""短信 in the casework: whose text it is, codes to the telephone itself, receipts on deliveries."""

from __future__ import annotations

import re
from datetime import timedelta

from sqlalchemy import select

from casework import receipts
from casework.message_tables import Message
from casework.resident_tables import Identity, PhoneCode, Resident, ResidentJoin
from casework.tables import Notice, Ticket
from channels.message import InboundMessage, Report, Sender
from storage.deliveries import Delivery, DeliveryAttempt

from .conftest import NOW, Bench
from .on_one import bench
from .test_joining import called, join, met

__all__ = ["bench"]

PHONE = "13800005678"


def text(bench: Bench, words: str, phone: str = PHONE, **more: object):
    bench._count += 1
    message = InboundMessage("sms", "main", f"reply:{bench._count}", "text", Sender(phone, phone=phone), text=words)
    return bench.receive(message, **more)  # type: ignore[arg-type]


def resident_of(bench: Bench, ticket_id: str) -> str:
    return bench.look(lambda session: session.get_one(Ticket, ticket_id).resident_id)


def verified(bench: Bench, phone: str = PHONE, name: str = "o-1") -> str:
    who = met(bench, name)
    with bench.database.write.begin() as session:
        session.get_one(Resident, who).verified_phone = phone
    return who


def test_a_text_from_an_unknown_number_opens_a_ticket_of_a_new_resident(bench: Bench) -> None:
    receipt = text(bench, "柳荫巷口的下水井盖松动，走路会响，请派人来修")
    assert receipt.outcome == "accepted"
    bench.file(receipt.ticket_id)
    (said,) = bench.said("received")
    assert (said.channel, said.recipient) == ("sms", PHONE)


def test_a_text_is_his_whose_verified_telephone_it_is(bench: Bench) -> None:
    who = verified(bench)
    receipt = text(bench, "柳荫巷口的下水井盖松动，走路会响，请派人来修")
    assert resident_of(bench, receipt.ticket_id) == who
    again = text(bench, "另外，巷子里的路灯也不亮了，晚上什么都看不见")
    assert resident_of(bench, again.ticket_id) == who


def test_a_text_from_a_number_that_was_only_stated_is_nobodys_on_record(bench: Bench) -> None:
    who = met(bench, "o-1")
    with bench.database.write.begin() as session:
        session.get_one(Resident, who).phone = PHONE
    assert resident_of(bench, text(bench, "柳荫巷口的下水井盖松动，请派人来修").ticket_id) != who


def test_a_number_that_two_have_is_left_to_a_person(bench: Bench) -> None:
    both = {verified(bench), verified(bench, name="o-2")}
    assert resident_of(bench, text(bench, "柳荫巷口的下水井盖松动，请派人来修").ticket_id) not in both


def ask(bench: Bench, words: str, **more: object) -> str:
    bench._count += 1
    message = InboundMessage("telegram", "main", f"t{bench._count}", "text", Sender("88"), text=words)
    return bench.receive(message, sms="main", **more).reason  # type: ignore[arg-type]


def code(bench: Bench) -> str:
    delivery = bench.said("phone_code")[-1]
    assert (delivery.channel, delivery.account, delivery.recipient) == ("sms", "main", PHONE)
    found = re.search(r"\d{6}", delivery.text)
    assert found is not None
    return found[0]


def test_a_code_goes_by_sms_to_the_telephone_itself_and_joins_who_has_it(bench: Bench) -> None:
    who = met(bench, "o-1")
    join(bench, who, called(bench, PHONE))
    mine = met(bench, "88", "telegram")
    ask(bench, f"绑定手机 {PHONE}")
    assert ask(bench, code(bench)) == "验证码，不建工单"
    assert bench.look(lambda session: session.get_one(Resident, mine).merged_into) == who
    made = bench.look(lambda s: list(s.scalars(select(ResidentJoin).where(ResidentJoin.proof == "code"))))
    assert len(made) == 1


def test_a_code_by_sms_verifies_a_telephone_that_nobody_was_known_by_and_is_kept_no_longer(bench: Bench) -> None:
    mine = met(bench, "88", "telegram")
    ask(bench, f"绑定手机 {PHONE}")
    ask(bench, code(bench))
    assert bench.look(lambda session: session.get_one(Resident, mine).verified_phone) == PHONE
    assert bench.look(lambda session: list(session.scalars(select(PhoneCode.phone)))) == [""]
    assert len(bench.said("phone_joined")) == 1


def test_a_wrong_code_verifies_nothing(bench: Bench) -> None:
    mine = met(bench, "88", "telegram")
    ask(bench, f"绑定手机 {PHONE}")
    ask(bench, f"{(int(code(bench)) + 1) % 10**6:06}")
    assert bench.look(lambda session: session.get_one(Resident, mine).verified_phone) == ""


def test_one_telephone_is_texted_three_codes_an_hour_however_many_ask(bench: Bench) -> None:
    for number in range(5):
        bench._count += 1
        sender = Sender(f"9{number}")
        message = InboundMessage("telegram", "main", f"m{number}", "text", sender, text=f"绑定手机 {PHONE}")
        bench.receive(message, sms="main")
    assert len(bench.said("phone_code")) == 3


def test_a_number_that_left_the_list_is_not_texted_and_the_other_channel_carries_the_code(bench: Bench) -> None:
    who = met(bench, "o-1")
    join(bench, who, called(bench, PHONE))
    bench.receive(InboundMessage("sms", "main", "reply:stop", "event", Sender(PHONE, phone=PHONE), event="unsubscribe"))
    assert bench.look(lambda s: s.scalars(select(Identity.reachable).where(Identity.channel == "sms")).all()) == [False]
    ask(bench, f"绑定手机 {PHONE}")
    assert [each.channel for each in bench.said("phone_code")] == ["wechat"]


# Receipts


def sent(bench: Bench, state: str = "sent", platform_id: str = "p-1") -> str:
    """The receipt of intake of a text, as if it had left; its delivery's id."""
    bench.file(text(bench, "柳荫巷口的下水井盖松动，走路会响，请派人来修").ticket_id)
    with bench.database.write.begin() as session:
        delivery = session.scalars(select(Delivery)).one()
        delivery.state, delivery.platform_id = state, platform_id
        return delivery.id


def report(bench: Bench, outcome: str, reason: str, *, minutes: int = 0, reference: str = "", why: str = "") -> None:
    bench._count += 1
    told = Report(outcome, reason, why, reference)  # type: ignore[arg-type]
    message = InboundMessage(
        "sms",
        "main",
        f"receipt:{bench._count}",
        "event",
        Sender(""),
        external_id="p-1",
        event="receipt",
        automatic="receipt",
        thread=("p-1",),
        report=told,
        sent_at=NOW + timedelta(minutes=minutes),
    )
    receipt = bench.receive(message, now=NOW + timedelta(hours=1))
    assert (receipt.outcome, receipt.reason) == ("ignored", "送达回执，不建工单")


def test_delivered_stays_sent_with_a_note(bench: Bench) -> None:
    sent(bench)
    report(bench, "delivered", "已送达手机（DELIVRD）")
    (delivery,) = bench.said()
    assert (delivery.state, delivery.reason) == ("sent", "已送达手机（DELIVRD）")


def test_not_delivered_is_failed_with_the_provider_s_code_in_words(bench: Bench) -> None:
    sent(bench)
    report(bench, "failed", "无法送达（UNDELIV）")
    (delivery,) = bench.said()
    assert (delivery.state, delivery.reason) == ("failed", "无法送达（UNDELIV）")
    assert bench.look(lambda session: session.scalars(select(Identity.reachable)).one())


def test_a_number_on_the_operator_s_blacklist_is_written_to_no_more(bench: Bench) -> None:
    sent(bench)
    report(bench, "failed", "号码在运营商黑名单中（BLACKED）", why="blocked")
    assert not bench.look(lambda session: session.scalars(select(Identity.reachable)).one())


def test_the_later_of_two_receipts_stands_whichever_comes_first(bench: Bench) -> None:
    sent(bench)
    report(bench, "delivered", "已送达手机（DELIVRD）", minutes=10)
    report(bench, "failed", "无法送达（UNDELIV）", minutes=5)
    assert bench.said()[0].state == "sent"
    report(bench, "failed", "无法送达（UNDELIV）", minutes=15)
    assert bench.said()[0].state == "failed"
    report(bench, "delivered", "已送达手机（DELIVRD）", minutes=20)
    assert bench.said()[0].state == "sent"
    attempts = bench.look(lambda session: list(session.scalars(select(DeliveryAttempt.outcome))))
    assert sorted(attempts) == ["delivered", "delivered", "failed", "failed"]


def test_a_receipt_that_overtakes_the_provider_s_answer_is_known_by_our_own_id(bench: Bench) -> None:
    delivery_id = sent(bench, "leased", "")
    report(bench, "failed", "被运营商拒绝（REJECTD）", reference=f"{delivery_id}.2")
    (delivery,) = bench.said()
    assert (delivery.state, delivery.platform_id) == ("failed", "p-1")


def test_a_receipt_that_overtakes_the_answer_of_a_provider_without_our_id_is_taken_with_the_answer(
    bench: Bench,
) -> None:
    delivery_id = sent(bench, "leased", "")
    report(bench, "failed", "无法送达（UNDELIV）", minutes=5)
    report(bench, "failed", "号码在运营商黑名单中（BLACKED）", minutes=10, why="blocked")
    assert bench.said()[0].state == "leased"
    with bench.database.write.begin() as session:
        delivery = session.get_one(Delivery, delivery_id)
        delivery.state, delivery.platform_id = "sent", "p-1"
        receipts.take_earlier(session, delivery, now=NOW + timedelta(hours=2))
    (delivery,) = bench.said()
    assert (delivery.state, delivery.reason, delivery.why) == ("failed", "号码在运营商黑名单中（BLACKED）", "blocked")
    assert not bench.look(lambda session: session.scalars(select(Identity.reachable)).one())


def test_what_the_operator_cannot_say_is_for_a_person(bench: Bench) -> None:
    sent(bench)
    report(bench, "unknown", "运营商没有给出结果（UNKNOWN）")
    assert bench.said()[0].state == "perhaps_sent"


def test_a_receipt_of_nothing_of_ours_changes_nothing(bench: Bench) -> None:
    sent(bench, platform_id="another")
    report(bench, "failed", "无法送达（UNDELIV）", reference="not-an-id")
    assert bench.said()[0].state == "sent"
    assert bench.look(lambda session: list(session.scalars(select(Notice)))) == []
    assert bench.look(lambda s: s.scalars(select(Message.ticket_id).where(Message.automatic != "")).all()) == [None]
