"""What does not reach a resident goes the next way, each way once, and at last to a person; nothing is dropped."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from casework import asking_back, desk_work, reaching
from casework.errors import NotAllowed, WrongState
from casework.resident_tables import Identity, Resident
from casework.tables import Notice, Ticket
from channels.message import InboundMessage, Sender
from district.schemas import Role
from storage import deliveries, waiting
from storage.deliveries import Delivery

from .conftest import AGENT, NOW, Bench

LATER = NOW + timedelta(hours=1)
PHONE = "13800000001"


def known_as(bench: Bench, ticket_id: str, channel: str, external: str) -> None:
    """The ticket's resident has another name, as joining on proof gives him one."""
    with bench.database.write.begin() as session:
        resident = session.get_one(Ticket, ticket_id).resident_id
        session.add(Identity(resident_id=resident, channel=channel, account="main", external=external))


def has(bench: Bench, ticket_id: str, **values: object) -> None:
    with bench.database.write.begin() as session:
        resident = session.get_one(Resident, session.get_one(Ticket, ticket_id).resident_id)
        for name, value in values.items():
            setattr(resident, name, value)


def fail(bench: Bench, delivery: Delivery, reason: str = "超出 48 小时") -> None:
    """The platform refuses it for good; nobody has followed it yet."""
    with bench.database.write.begin() as session:
        assert deliveries.lease(session, delivery.id, by="x", now=LATER + timedelta(days=1)) is not None
        assert deliveries.mark_failed(session, delivery.id, by="x", reason=reason, now=LATER)


def sweep(bench: Bench, sms: str = "") -> int:
    with bench.database.write.begin() as session:
        return reaching.sweep(session, bench.district, sms=sms, now=LATER)


def release(bench: Bench) -> None:
    for line in bench.look(lambda session: waiting.due_lines(session, now=LATER)):
        with bench.database.write.begin() as session:
            reaching.release(session, bench.district, line, now=LATER)


def answer(bench: Bench) -> Delivery:
    """An answer to a resident who has just written, so that it leaves at once."""
    bench.answered()
    return bench.said("answered")[-1]


def notices(bench: Bench) -> list[str]:
    return bench.look(
        lambda session: list(
            session.scalars(select(Notice.template).where(Notice.template.in_(("undelivered", "to_tell"))))
        )
    )


def test_each_way_is_tried_once_in_order_and_then_a_person_tells_him(bench: Bench) -> None:
    first = answer(bench)
    assert first.ticket_id is not None
    known_as(bench, first.ticket_id, "mailbox", "liu@example.com")
    known_as(bench, first.ticket_id, "telegram", "77")
    has(bench, first.ticket_id, verified_phone=PHONE)
    fail(bench, first)
    seen = []
    for _ in range(4):
        assert sweep(bench, sms="main") == 1
        release(bench)
        last = bench.said("answered")[-1]
        seen.append((last.channel, last.recipient, last.state))
        if last.state == "queued":
            fail(bench, last)
    assert seen == [
        ("telegram", "77", "queued"),
        ("sms", PHONE, "queued"),
        ("mailbox", "liu@example.com", "queued"),
        ("mailbox", "liu@example.com", "to_tell"),
    ]
    assert sweep(bench, sms="main") == 0
    tries = bench.said("answered")
    assert [each.fallback_of for each in tries] == [None, *(each.id for each in tries[:-1])]
    assert {each.text for each in tries} == {first.text}
    assert [each.followed for each in tries] == ["way", "way", "way", "desk", "desk"]
    assert notices(bench) == ["undelivered"]


def test_the_channel_that_he_chose_goes_before_all_others(bench: Bench) -> None:
    first = answer(bench)
    assert first.ticket_id is not None
    known_as(bench, first.ticket_id, "telegram", "77")
    known_as(bench, first.ticket_id, "mailbox", "liu@example.com")
    has(bench, first.ticket_id, wishes={"channel": "mailbox"})
    fail(bench, first)
    sweep(bench)
    assert bench.said("answered")[-1].channel == "mailbox"


def test_a_telephone_that_he_only_stated_gets_no_message(bench: Bench) -> None:
    first = answer(bench)
    assert first.ticket_id is not None
    has(bench, first.ticket_id, phone=PHONE)
    fail(bench, first)
    sweep(bench, sms="main")
    assert [each.channel for each in bench.said("answered")] == ["wechat", "wechat"]
    assert bench.said("answered")[-1].state == "to_tell"


def test_a_name_that_cannot_be_reached_is_no_way(bench: Bench) -> None:
    first = answer(bench)
    assert first.ticket_id is not None
    known_as(bench, first.ticket_id, "telegram", "77")
    bench.receive(InboundMessage("telegram", "main", "e", "event", Sender("77"), event="unsubscribe"))
    fail(bench, first)
    sweep(bench)
    assert bench.said("answered")[-1].state == "to_tell"


def test_a_verified_telephone_that_left_the_list_of_sms_is_no_way(bench: Bench) -> None:
    first = answer(bench)
    assert first.ticket_id is not None
    known_as(bench, first.ticket_id, "sms", PHONE)
    has(bench, first.ticket_id, verified_phone=PHONE)
    bench.receive(InboundMessage("sms", "main", "e", "event", Sender(PHONE), event="unsubscribe"))
    fail(bench, first)
    sweep(bench, sms="main")
    assert (bench.said("answered")[-1].channel, bench.said("answered")[-1].state) == ("wechat", "to_tell")


def test_the_next_way_is_given_what_the_words_were_made_of(bench: Bench) -> None:
    first = answer(bench)
    assert first.ticket_id is not None
    has(bench, first.ticket_id, verified_phone=PHONE)
    fail(bench, first)
    sweep(bench, sms="main")
    last = bench.said("answered")[-1]
    assert (last.channel, last.fields) == ("sms", first.fields)
    assert last.fields["number"] in last.text


def test_chatter_is_not_sent_on_and_asks_nothing_of_the_desk(bench: Bench) -> None:
    ticket_id = bench.ticket()
    known_as(bench, ticket_id, "telegram", "77")
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, ticket_id)
        key = deliveries.enqueue(
            session,
            purpose="w",
            channel="wechat",
            account="main",
            recipient=ticket.sender,
            ticket_id=ticket_id,
            template="withdraw_confirm",
            text="要撤回吗？",
            now=NOW,
        )
    fail(bench, bench.look(lambda session: deliveries.get(session, key)))
    assert sweep(bench) == 1
    assert [each.followed for each in bench.said("withdraw_confirm")] == ["none"]
    assert notices(bench) == []
    assert sweep(bench) == 0


def test_a_code_is_never_sent_to_another_name(bench: Bench) -> None:
    assert not bench.district.templates.get("phone_code").must_reach


def test_two_who_follow_the_same_failure_send_one_message(bench: Bench) -> None:
    first = answer(bench)
    assert first.ticket_id is not None
    known_as(bench, first.ticket_id, "telegram", "77")
    fail(bench, first)
    ready = threading.Barrier(2)

    def follow() -> None:
        ready.wait()
        sweep(bench)

    threads = [threading.Thread(target=follow) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.channel for each in bench.said("answered")] == ["wechat", "telegram"]


def test_a_failure_tried_again_by_a_person_is_not_followed_twice(bench: Bench) -> None:
    first = answer(bench)
    assert first.ticket_id is not None
    known_as(bench, first.ticket_id, "telegram", "77")
    fail(bench, first)
    sweep(bench)
    with bench.database.write.begin() as session:
        deliveries.retry(session, first.id, now=LATER)
    fail(bench, first)
    sweep(bench)
    assert [each.channel for each in bench.said("answered")] == ["wechat", "telegram"]


def test_who_was_told_by_a_person_is_off_the_list(bench: Bench) -> None:
    first = answer(bench)
    fail(bench, first)
    sweep(bench)
    assert [each.ticket_id for each in bench.look(reaching.to_be_told)] == [first.ticket_id]
    with bench.database.write.begin() as session:
        desk_work.told(session, session.get_one(Ticket, first.ticket_id), actor=AGENT, now=LATER)
    assert bench.look(reaching.to_be_told) == []


def test_what_an_erased_resident_did_not_get_goes_nowhere(bench: Bench) -> None:
    first = answer(bench)
    assert first.ticket_id is not None
    has(bench, first.ticket_id, erased_at=LATER, verified_phone=PHONE)
    fail(bench, first)
    sweep(bench, sms="main")
    assert [each.state for each in bench.said("answered")] == ["failed"]
    assert notices(bench) == []


def test_a_caller_with_another_name_is_written_to_there(bench: Bench) -> None:
    receipt = bench.receive(
        InboundMessage("hotline", "main", "c1", "text", Sender("13900000002"), "c1", text="光明路的路灯坏了三天没人修")
    )
    known_as(bench, receipt.ticket_id, "telegram", "77")
    bench.file(receipt.ticket_id)
    assert [(each.channel, each.recipient) for each in bench.said("received")] == [("telegram", "77")]


def test_a_caller_is_sent_an_sms_where_there_is_a_line_for_it_and_else_is_told(bench: Bench) -> None:
    for number, sms in enumerate(("main", "")):
        call = Sender(f"1390000000{number}")
        receipt = bench.receive(
            InboundMessage("hotline", "main", f"c{number}", "text", call, f"c{number}", text="光明路的路灯坏了没人修")
        )
        bench.file(receipt.ticket_id)
        with bench.database.write.begin() as session:
            ticket = session.get_one(Ticket, receipt.ticket_id)
            asking_back.ask(session, bench.district, ticket, "哪一盏？", actor=AGENT, now=NOW)
        (spoken,) = [each for each in bench.said("asked_back") if each.ticket_id == ticket.id]
        assert spoken.state == "to_tell"
        sweep(bench, sms=sms)
    found = [(each.channel, each.recipient, each.state) for each in bench.said("asked_back")]
    assert ("sms", "13900000000", "waiting") in found
    assert ("hotline", "13900000000", "failed") in found
    assert ("hotline", "13900000001", "to_tell") in found
    assert len(found) == 3
    assert notices(bench) == ["to_tell"]


def test_the_unit_that_leads_asks_the_resident_and_another_does_not(bench: Bench) -> None:
    case_id = bench.case()
    lead = bench.lead(case_id, Role.UNIT_OFFICER)
    stranger = next(unit.code for unit in bench.district.units if unit.code != lead.unit)
    with bench.database.write.begin() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.case_id == case_id)).one()
        asking_back.ask(session, bench.district, ticket, "哪一盏？", actor=lead, now=NOW)
        other = type(lead)(lead.id, lead.name, lead.role, stranger)
        with pytest.raises(NotAllowed):
            asking_back.ask(session, bench.district, ticket, "哪一盏？", actor=other, now=NOW)
    (asked,) = bench.said("asked_back")
    assert "哪一盏？" in asked.text


def test_nobody_is_asked_about_a_matter_that_is_over(bench: Bench) -> None:
    ticket_id = bench.ticket()
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, ticket_id)
        desk_work.move(session, bench.district, ticket, "withdraw", actor=AGENT, now=NOW)
        with pytest.raises(WrongState):
            asking_back.ask(session, bench.district, ticket, "哪一盏？", actor=AGENT, now=NOW)
