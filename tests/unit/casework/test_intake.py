"""Rules of intake: one delivery, one message; one matter, one ticket; nothing automatic is answered."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from casework import desk_work, filing, reaching
from casework.actors import Given
from casework.message_tables import Message
from casework.people_tables import Alert
from casework.resident_tables import Identity
from casework.tables import Case, Notice, Ticket
from channels.message import Ignored, InboundMessage, Report, Sender
from storage.deliveries import Delivery
from triage.assessment import RequestTypeGuess, Urgency

from .conftest import AGENT, DISPATCHER, NOW, Bench, assessment, category_of, text_message


def count(bench: Bench, table: type) -> int:
    return bench.look(lambda session: session.scalar(select(func.count()).select_from(table)))


def test_redelivery_opens_no_second_ticket(bench: Bench) -> None:
    first = bench.receive(text_message())
    again = bench.receive(text_message())
    assert (first.outcome, again.outcome) == ("accepted", "repeated")
    assert again.ticket_id == first.ticket_id
    assert count(bench, Ticket) == count(bench, Message) == 1


def test_threads_that_redeliver_open_one_ticket_for_each_message(bench: Bench) -> None:
    messages = [text_message(f"第{n}号院门口的井盖不见了", delivery=f"m{n}", sender=f"o{n}") for n in range(40)]
    with ThreadPoolExecutor(16) as pool:
        receipts = list(pool.map(bench.receive, messages * 3))
    assert sum(receipt.outcome == "accepted" for receipt in receipts) == 40
    assert count(bench, Ticket) == 40
    numbers = bench.look(lambda session: list(session.scalars(select(Ticket.number))))
    assert len(set(numbers)) == 40


def test_two_messages_of_a_new_resident_at_once_make_one_resident(bench: Bench) -> None:
    messages = [text_message(f"我们楼第{n}个单元的门禁坏了进不去", delivery=f"m{n}") for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(bench.receive, messages))
    assert count(bench, Identity) == 1


def test_the_number_and_the_code_are_told_once_on_the_same_channel(bench: Bench) -> None:
    receipt = bench.receive(text_message())
    bench.file(receipt.ticket_id)
    bench.file(receipt.ticket_id)
    (delivery,) = bench.said()
    ticket = bench.look(lambda session: session.get_one(Ticket, receipt.ticket_id))
    assert (delivery.channel, delivery.account, delivery.recipient) == ("wechat", "main", "o-1")
    assert ticket.number in delivery.text
    assert ticket.code in delivery.text


def test_a_fragment_belongs_to_the_matter_before_it_and_it_is_judged_again(bench: Bench) -> None:
    first = bench.receive(text_message())
    bench.file(first.ticket_id)
    second = bench.receive(text_message("在三号楼", delivery="2"))
    assert second.ticket_id == first.ticket_id
    assert second.fresh
    assert count(bench, Ticket) == 1


def test_another_long_matter_of_the_same_resident_is_another_ticket(bench: Bench) -> None:
    first = bench.receive(text_message())
    second = bench.receive(text_message("另外想问一下,我妈妈的高龄津贴这个月怎么没有发下来", delivery="2"))
    assert second.ticket_id != first.ticket_id


def test_asking_again_is_an_urging_and_no_new_ticket(bench: Bench) -> None:
    first = bench.receive(text_message())
    bench.file(first.ticket_id)
    again = bench.receive(text_message("怎么还没有人处理?", delivery="2"), now=NOW + timedelta(days=2))
    assert again.ticket_id == first.ticket_id
    assert bench.look(lambda session: session.get_one(Ticket, first.ticket_id).urgings) == 1
    assert len(bench.said("urging_noted")) == 1
    assert count(bench, Ticket) == 1


def letter(text: str, *, delivery: str, sender: str = "wang@example.com", **more: object) -> InboundMessage:
    return InboundMessage(
        channel="mailbox",
        account="main",
        delivery_id=delivery,
        kind="mail",
        sender=Sender(sender, "王女士"),
        external_id=f"<{delivery}@example.com>",
        title="关于停水",
        text=text,
        **more,  # type: ignore[arg-type]
    )


def test_an_answer_to_our_mail_belongs_to_its_ticket_by_token_or_thread(bench: Bench) -> None:
    first = bench.receive(letter("小区停水两天了,一直没有人来修。", delivery="1"))
    code = bench.look(lambda session: session.get_one(Ticket, first.ticket_id).code)
    by_token = bench.receive(letter("补充:是五号楼。", delivery="2", ticket_token=code))
    by_thread = bench.receive(letter("还是没有水。", delivery="3", thread=("<1@example.com>",)))
    assert by_token.ticket_id == by_thread.ticket_id == first.ticket_id


def test_a_stranger_cannot_write_into_a_ticket_by_its_token_or_thread(bench: Bench) -> None:
    first = bench.receive(letter("小区停水两天了,一直没有人来修。", delivery="1"))
    code = bench.look(lambda session: session.get_one(Ticket, first.ticket_id).code)
    stranger = bench.receive(
        letter("请撤销。", delivery="2", sender="x@example.org", ticket_token=code, thread=("<1@example.com>",))
    )
    assert stranger.ticket_id != first.ticket_id


BOUNCED = Report("failed", "对方邮件系统退信（5.1.1）", "unknown_person")


@pytest.mark.parametrize("kind", ["auto_reply", "bounce", "list", "own"])
def test_automatic_mail_is_kept_and_neither_ticketed_nor_answered(bench: Bench, kind: str) -> None:
    receipt = bench.receive(letter("我正在休假。", delivery="1", automatic=kind))
    assert receipt.outcome == "ignored"
    assert receipt.reason
    assert count(bench, Ticket) == 0
    assert count(bench, Message) == 1
    assert bench.said() == []


def test_a_bounce_marks_the_mail_it_tells_of_and_stops_further_mail(bench: Bench) -> None:
    first = bench.receive(letter("小区停水两天了,一直没有人来修。", delivery="1"))
    bench.file(first.ticket_id)
    with bench.database.write.begin() as session:
        delivery = session.scalars(select(Delivery)).one()
        delivery.state, delivery.platform_id = "sent", "<ours@desk.example>"
    bench.receive(
        letter(
            "无法投递",
            delivery="2",
            sender="mailer-daemon@example.com",
            automatic="bounce",
            thread=("<ours@desk.example>",),
            report=BOUNCED,
        )
    )
    assert bench.said()[0].state == "failed"
    assert not bench.look(lambda session: session.scalars(select(Identity.reachable)).one())


def test_a_robot_that_answers_every_mail_is_not_answered_for_ever(bench: Bench) -> None:
    for number in range(20):
        receipt = bench.receive(letter(f"第{number}次来信:我家楼下的路灯还是不亮,请尽快处理", delivery=f"r{number}"))
        bench.file(receipt.ticket_id)
    assert len(bench.said()) == 12


def test_following_is_welcomed_and_unfollowing_ends_messages(bench: Bench) -> None:
    def event(name: str, delivery: str) -> InboundMessage:
        return InboundMessage("wechat", "main", delivery, "event", Sender("o-1"), event=name)

    bench.receive(event("subscribe", "e1"))
    assert len(bench.said("welcome")) == 1
    receipt = bench.receive(text_message())
    bench.receive(event("unsubscribe", "e2"))
    bench.file(receipt.ticket_id)
    unsent = bench.said("received")
    assert [(each.state, "取消关注" in each.reason) for each in unsent] == [("failed", True)]
    assert count(bench, Ticket) == 1


def test_what_carries_nothing_is_ignored_with_its_reason(bench: Bench) -> None:
    receipt = bench.receive(Ignored("wechat", "main", "x", "小程序消息,不属于公众号"))
    assert (receipt.outcome, receipt.reason) == ("ignored", "小程序消息,不属于公众号")
    assert bench.receive(Ignored("wechat", "main", "x", "小程序消息,不属于公众号")).outcome == "repeated"


def test_who_sent_what_cannot_be_read_is_asked_for_words_once_an_hour(bench: Bench) -> None:
    for delivery, sender, minutes in (("1", "o-1", 0), ("2", "o-1", 59), ("3", "o-2", 59), ("4", "o-1", 61)):
        ignored = Ignored("wechat", "main", delivery, "表情", sender)
        bench.receive(ignored, now=NOW + timedelta(minutes=minutes))
    asked = [(each.recipient, each.created_at - NOW) for each in bench.said("unsupported_message")]
    assert asked == [
        ("o-1", timedelta()),
        ("o-2", timedelta(minutes=59)),
        ("o-1", timedelta(minutes=61)),
    ]
    assert count(bench, Ticket) == 0


def test_the_code_that_a_resident_scanned_is_kept_with_the_event(bench: Bench) -> None:
    scan = InboundMessage("wechat", "main", "e1", "event", Sender("o-1"), event="scan", event_key="street-7")
    receipt = bench.receive(scan)
    kept = bench.look(lambda session: session.get_one(Message, receipt.message_id))
    assert (kept.event, kept.event_key) == ("scan", "street-7")


def test_an_emergency_is_told_whom_to_call_alerts_and_opens_its_case_at_once(bench: Bench) -> None:
    ticket_id = bench.ticket(
        "厨房燃气泄漏味道很大", urgency=Urgency("emergency", ("燃气泄漏",), "请立即关阀开窗并拨打 119")
    )
    assert "119" in bench.said("emergency_advice")[0].text
    assert bench.ticket_state(ticket_id) == "on_case"
    audiences = bench.look(lambda session: set(session.scalars(select(Notice.audience))))
    assert "supervisor" in audiences


def test_nothing_is_dispatched_automatically_unless_its_category_is_turned_on(bench: Bench) -> None:
    sure = assessment(bench.district, decision="auto")
    one = bench.receive(text_message(delivery="1", sender="a"))
    bench.file(one.ticket_id, sure)
    assert count(bench, Case) == 0
    two = bench.receive(text_message(delivery="2", sender="b"))
    bench.file(two.ticket_id, sure, automatic_categories=(category_of(bench.district)[0],))
    assert bench.look(lambda session: session.scalars(select(Case.state)).one()) == "dispatched"


def test_a_crash_between_the_two_transactions_leaves_the_ticket_for_the_sweep(bench: Bench) -> None:
    receipt = bench.receive(text_message())
    later = NOW + timedelta(minutes=1)
    found = bench.look(lambda session: [ticket.id for ticket in filing.unassessed(session, before=later)])
    assert found == [receipt.ticket_id]
    bench.file(receipt.ticket_id)
    assert bench.look(lambda session: list(filing.unassessed(session, before=later))) == []


def test_words_that_came_while_triage_was_thinking_are_judged_again(bench: Bench) -> None:
    receipt = bench.receive(text_message())
    bench.receive(text_message("在三号楼", delivery="2"))
    bench.file(receipt.ticket_id, judged="光明路的路灯坏了三天没人修")
    later = NOW + timedelta(minutes=1)
    assert len(bench.look(lambda session: list(filing.unassessed(session, before=later)))) == 1
    assert len(bench.said("received")) == 1


def test_a_ticket_triage_fails_on_goes_to_a_person_with_its_number_told(bench: Bench) -> None:
    receipt = bench.receive(text_message())
    for _ in range(filing.MAX_ASSESS_FAILURES):
        with bench.database.write.begin() as session:
            filing.assess_failed(session, bench.district, receipt.ticket_id, why="ValueError", now=NOW)
    ticket = bench.look(lambda session: session.get_one(Ticket, receipt.ticket_id))
    assert (ticket.state, ticket.needs_review) == ("assessed", True)
    assert len(bench.said("received")) == 1


def test_an_answer_goes_out_however_many_automatic_mails_there_were(bench: Bench) -> None:
    tickets = []
    for number in range(15):
        receipt = bench.receive(letter(f"第{number}件事:我们楼里各家各户都盼着早点办", delivery=f"r{number}"))
        bench.file(receipt.ticket_id)
        tickets.append(receipt.ticket_id)
    assert len(bench.said("received")) == 12
    with bench.database.write.begin() as session:
        case = desk_work.accept(
            session, bench.district, session.get_one(Ticket, tickets[-1]), actor=DISPATCHER, now=NOW
        )
        case_id = case.id
    lead = bench.lead(case_id)
    bench.do(case_id, "sign", lead)
    bench.do(case_id, "answer", lead, text="您好,已办妥。")
    (answer,) = bench.said("answered")
    assert (answer.ticket_id, answer.state) == (tickets[-1], "queued")


def test_an_answer_that_cannot_reach_its_resident_is_kept_as_failed_and_the_desk_is_told(bench: Bench) -> None:
    case_id = bench.case()
    bench.receive(InboundMessage("wechat", "main", "e", "event", Sender("o-1"), event="unsubscribe"))
    lead = bench.lead(case_id)
    bench.do(case_id, "sign", lead)
    bench.do(case_id, "answer", lead, text="您好,路灯已修好。")
    with bench.database.write.begin() as session:
        reaching.sweep(session, bench.district, sms="", now=NOW)
    answer, by_word = bench.said("answered")
    assert (answer.state, answer.reason) == ("failed", "居民已取消关注，无法送达，请电话告知")
    assert (by_word.state, by_word.fallback_of, by_word.text) == ("to_tell", answer.id, answer.text)
    query = select(Notice).where(Notice.template == "undelivered")
    (notice,) = bench.look(lambda session: list(session.scalars(query)))
    assert (notice.audience, notice.ticket_id) == ("desk", answer.ticket_id)
    assert "请电话告知" in notice.text


def test_a_bounced_answer_is_told_to_the_desk(bench: Bench) -> None:
    first = bench.receive(letter("小区停水两天了,一直没有人来修。", delivery="1"))
    bench.file(first.ticket_id)
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, first.ticket_id)
        given = Given(text="请拨打供水热线。")
        desk_work.move(session, bench.district, ticket, "answer_directly", actor=AGENT, now=NOW, given=given)
    with bench.database.write.begin() as session:
        answer = session.scalars(select(Delivery).where(Delivery.template == "answered_directly")).one()
        answer.state, answer.platform_id = "sent", "<ours@desk.example>"
    bench.receive(
        letter(
            "无法投递",
            delivery="2",
            sender="m@example.com",
            automatic="bounce",
            thread=("<ours@desk.example>",),
            report=BOUNCED,
        )
    )
    with bench.database.write.begin() as session:
        reaching.sweep(session, bench.district, sms="", now=NOW)
    assert [each.state for each in bench.said("answered_directly")] == ["failed", "to_tell"]
    assert bench.look(lambda session: list(session.scalars(select(Notice.template)))) == ["undelivered"]


def correct(bench: Bench, ticket_id: str, **changes: str) -> None:
    with bench.database.write.begin() as session:
        found = session.get_one(Ticket, ticket_id)
        desk_work.correct(session, bench.district, found, actor=AGENT, now=NOW, **changes)


def test_what_a_person_corrected_stays_when_the_resident_adds_a_word(bench: Bench) -> None:
    ticket_id = bench.ticket()
    other = category_of(bench.district, fixed=False)[0]
    correct(bench, ticket_id, category=other, request_type="建议")
    again = bench.receive(text_message("快", delivery="2"))
    assert again.fresh
    bench.file(ticket_id)
    ticket = bench.look(lambda session: session.get_one(Ticket, ticket_id))
    assert (ticket.category, ticket.request_type) == (other, "建议")
    assert ticket.assessed_at is not None


def test_what_nobody_corrected_follows_the_new_judgement(bench: Bench) -> None:
    ticket_id = bench.ticket()
    correct(bench, ticket_id, category=category_of(bench.district, fixed=False)[0])
    bench.receive(text_message("快", delivery="2"))
    bench.file(ticket_id, assessment(bench.district, request_type=RequestTypeGuess("求助", 0.9)))
    assert bench.look(lambda session: session.get_one(Ticket, ticket_id)).request_type == "求助"


def test_a_request_keeps_its_type_when_what_is_added_is_of_none(bench: Bench) -> None:
    ticket_id = bench.ticket()
    before = bench.look(lambda session: session.get_one(Ticket, ticket_id)).request_type
    bench.receive(text_message("补充：是二单元", delivery="2"))
    bench.file(ticket_id, assessment(bench.district, request_type=RequestTypeGuess("其他", 0.9)))
    assert bench.look(lambda session: session.get_one(Ticket, ticket_id)).request_type == before != "其他"


def test_what_a_person_corrected_is_not_dispatched_by_the_machine(bench: Bench) -> None:
    ticket_id = bench.ticket()
    other = category_of(bench.district, fixed=False)[0]
    correct(bench, ticket_id, category=other)
    bench.receive(text_message("快", delivery="2"))
    both = (other, category_of(bench.district)[0])
    bench.file(ticket_id, assessment(bench.district, decision="auto"), automatic_categories=both)
    assert count(bench, Case) == 0


def test_no_case_is_opened_or_dispatched_on_words_that_are_no_longer_all(bench: Bench) -> None:
    receipt = bench.receive(text_message())
    bench.receive(text_message("在三号楼", delivery="2"))
    sure = assessment(bench.district, decision="auto")
    turned_on = (category_of(bench.district)[0],)
    bench.file(receipt.ticket_id, sure, judged="光明路的路灯坏了三天没人修", automatic_categories=turned_on)
    assert count(bench, Case) == 0
    bench.file(receipt.ticket_id, sure, judged="光明路的路灯坏了三天没人修\n在三号楼", automatic_categories=turned_on)
    assert bench.look(lambda session: session.scalars(select(Case.state)).one()) == "dispatched"


def test_an_emergency_is_alerted_once_also_when_its_words_are_judged_again(bench: Bench) -> None:
    receipt = bench.receive(text_message("厨房燃气泄漏味道很大"))
    bench.receive(text_message("在三号楼", delivery="2"))
    gas = assessment(bench.district, urgency=Urgency("emergency", ("燃气泄漏",), "请立即关阀开窗并拨打 119"))
    bench.file(receipt.ticket_id, gas, judged="厨房燃气泄漏味道很大")
    assert (count(bench, Notice), count(bench, Alert), count(bench, Case)) == (2, 1, 0)
    bench.file(receipt.ticket_id, gas, judged="厨房燃气泄漏味道很大\n在三号楼")
    assert (count(bench, Notice), count(bench, Alert), count(bench, Case)) == (2, 1, 1)
    assert len(bench.said("emergency_advice")) == 1


def test_a_ticket_withdrawn_before_triage_is_told_of_its_end_and_nothing_after(bench: Bench) -> None:
    receipt = bench.receive(text_message())
    with bench.database.write.begin() as session:
        found = session.get_one(Ticket, receipt.ticket_id)
        desk_work.move(session, bench.district, found, "withdraw", actor=AGENT, now=NOW)
    later = NOW + timedelta(minutes=1)
    assert bench.look(lambda session: list(filing.unassessed(session, before=later))) == []
    bench.file(receipt.ticket_id)
    assert [delivery.template for delivery in bench.said()] == ["withdrawn"]
    assert bench.ticket_state(receipt.ticket_id) == "withdrawn"


def test_an_emergency_that_triage_fails_on_is_advised_and_alerted_at_the_first_failure(bench: Bench) -> None:
    receipt = bench.receive(text_message("厨房燃气泄漏味道很大"))
    for _ in range(2):
        with bench.database.write.begin() as session:
            filing.assess_failed(session, bench.district, receipt.ticket_id, why="ValueError", now=NOW)
    assert len(bench.said("emergency_advice")) == 1
    told = bench.look(
        lambda session: list(session.execute(select(Notice.audience, Notice.template).order_by(Notice.id)))
    )
    assert told == [("supervisor", "alert_raised"), ("supervisor", "supervisor_alert")]
    assert count(bench, Alert) == 1
