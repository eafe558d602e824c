"""Rules of a conversation: what joins a matter, what begins one, and that an emergency is never taken for an urging."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from casework import desk_work
from casework.actors import Actor, Given
from casework.deadlines import running
from casework.tables import Case, Notice, Ticket
from channels.message import GeoPoint, InboundMessage, Sender
from district.schemas import Role
from triage.assessment import Urgency

from .conftest import AGENT, DISPATCHER, NOW, Bench, assessment, text_message

LAMP = "光明路的路灯坏了三天没人修"


def count(bench: Bench, table: type) -> int:
    return bench.look(lambda session: session.scalar(select(func.count()).select_from(table)))


def ticket_of(bench: Bench, ticket_id: str) -> Ticket:
    return bench.look(lambda session: session.get_one(Ticket, ticket_id))


def notices(bench: Bench, template: str) -> list[Notice]:
    query = select(Notice).where(Notice.template == template).order_by(Notice.id)
    return bench.look(lambda session: list(session.scalars(query)))


def letter(text: str, *, delivery: str, **more: Any) -> InboundMessage:
    return InboundMessage(
        channel="mailbox",
        account="main",
        delivery_id=delivery,
        kind="mail",
        sender=Sender("wang@example.com", "王女士"),
        external_id=f"<{delivery}@example.com>",
        title=more.pop("title", "关于停水"),
        text=text,
        **more,
    )


def filed_letter(bench: Bench) -> str:
    """A letter that triage has assessed; its ticket's id."""
    first = bench.receive(letter("小区停水两天了,一直没有人来修。", delivery="1"))
    bench.file(first.ticket_id)
    return first.ticket_id


def move(bench: Bench, ticket_id: str, name: str, *, actor: Actor = AGENT, **given: Any) -> None:
    with bench.database.write.begin() as session:
        found = session.get_one(Ticket, ticket_id)
        desk_work.move(session, bench.district, found, name, actor=actor, now=NOW, given=Given(**given))


def dispatched(bench: Bench, ticket_id: str) -> str:
    """The case the ticket is dispatched on; its id."""
    with bench.database.write.begin() as session:
        found = session.get_one(Ticket, ticket_id)
        return desk_work.accept(session, bench.district, found, actor=DISPATCHER, now=NOW).id


def answered_letter(bench: Bench) -> str:
    """A letter whose case is answered: its ticket waits for the callback."""
    ticket_id = filed_letter(bench)
    case_id = dispatched(bench, ticket_id)
    lead = bench.lead(case_id)
    bench.do(case_id, "sign", lead)
    bench.do(case_id, "answer", lead, text="您好,已恢复供水。")
    assert bench.ticket_state(ticket_id) == "told"
    return ticket_id


ENDS: list[tuple[str, dict[str, str]]] = [("reject", {"reason": "court", "text": "请走诉讼途径。"}), ("withdraw", {})]


@pytest.mark.parametrize(("name", "given"), ENDS)
def test_a_reply_to_a_ticket_that_is_over_opens_one_that_follows_it(
    bench: Bench, name: str, given: dict[str, str]
) -> None:
    first = filed_letter(bench)
    move(bench, first, name, **given)
    code = ticket_of(bench, first).code
    reply = bench.receive(letter("这不是打官司的事,还是没有水。", delivery="2", ticket_token=code))
    assert reply.fresh
    ticket = ticket_of(bench, reply.ticket_id)
    assert (ticket.follows, ticket.state) == (first, "received")
    assert ticket.text == "这不是打官司的事,还是没有水。"
    assert ticket_of(bench, first).text == "小区停水两天了,一直没有人来修。"


def test_an_urging_of_a_ticket_that_is_over_is_no_urging_but_a_matter_that_waits(bench: Bench) -> None:
    first = filed_letter(bench)
    move(bench, first, "reject", reason="court", text="请走诉讼途径。")
    reply = bench.receive(letter("怎么还没人处理?", delivery="2", thread=("<1@example.com>",)))
    assert reply.ticket_id != first
    assert ticket_of(bench, first).urgings == 0


def test_a_second_reply_to_an_old_thread_goes_to_the_ticket_that_follows(bench: Bench) -> None:
    first = filed_letter(bench)
    move(bench, first, "withdraw")
    second = bench.receive(letter("又停水了,还是要反映。", delivery="2", thread=("<1@example.com>",)))
    third = bench.receive(letter("补充:是五号楼。", delivery="3", thread=("<1@example.com>",)))
    assert third.ticket_id == second.ticket_id
    assert "五号楼" in ticket_of(bench, second.ticket_id).text


def test_a_reply_to_an_answer_is_kept_on_its_ticket_and_the_desk_is_told(bench: Bench) -> None:
    first = answered_letter(bench)
    reply = bench.receive(letter("水来了一天又停了。", delivery="2", thread=("<1@example.com>",)))
    assert reply.ticket_id == first
    assert "水来了一天又停了" in ticket_of(bench, first).text
    (notice,) = notices(bench, "resident_replied")
    assert (notice.audience, notice.ticket_id) == ("desk", first)


def test_an_urging_after_the_answer_is_told_to_the_desk_and_not_to_the_unit(bench: Bench) -> None:
    first = answered_letter(bench)
    bench.receive(letter("到底管不管?", delivery="2", thread=("<1@example.com>",)))
    assert ticket_of(bench, first).urgings == 1
    assert len(notices(bench, "resident_replied")) == 1
    assert notices(bench, "resident_urged") == []


def answered_chat(bench: Bench) -> str:
    case_id = bench.answered()
    return bench.look(lambda session: session.scalars(select(Ticket.id).where(Ticket.case_id == case_id)).one())


def test_a_chat_reply_to_an_answer_some_days_later_is_kept_on_its_ticket(bench: Bench) -> None:
    first = answered_chat(bench)
    reply = bench.receive(
        text_message("师傅来过了可灯还是不亮", delivery="r", sender="o-1"), now=NOW + timedelta(days=2)
    )
    assert reply.ticket_id == first
    assert len(notices(bench, "resident_replied")) == 1


@pytest.mark.parametrize(("text", "same"), [("租房怎么提取住房公积金？", False), ("那要带什么证件去办？", True)])
def test_a_question_after_an_answer_is_a_matter_of_its_own_if_it_names_another(
    bench: Bench, text: str, same: bool
) -> None:
    first = answered_chat(bench)
    asked = bench.receive(text_message(text, delivery="r", sender="o-1"), now=NOW + timedelta(minutes=2))
    assert (asked.ticket_id == first) is same


def test_two_questions_that_share_only_their_way_of_asking_are_two_matters(bench: Bench) -> None:
    first = bench.ticket("外地人怎么办居住证？")
    with bench.database.write.begin() as session:  # drawn to be called back: the answer left it open
        ticket = session.get_one(Ticket, first)
        ticket.state, ticket.told_at = "answered_directly", NOW
    asked = bench.receive(
        text_message("租房怎么提取住房公积金？", delivery="r", sender="o-1"), now=NOW + timedelta(minutes=2)
    )
    assert asked.ticket_id != first


def test_a_chat_reply_to_a_direct_answer_that_closed_its_ticket_opens_one_that_follows(bench: Bench) -> None:
    first = bench.ticket()
    with bench.database.write.begin() as session:  # not drawn to be called back: the answer closed it
        ticket = session.get_one(Ticket, first)
        ticket.state, ticket.closed_at, ticket.told_at = "closed", NOW, NOW
    reply = bench.receive(text_message("那要带什么证件去办", delivery="r", sender="o-1"), now=NOW + timedelta(days=1))
    assert reply.ticket_id != first
    assert ticket_of(bench, reply.ticket_id).follows == first


@pytest.mark.parametrize(
    ("text", "later"),
    [
        ("另外想问一下,我妈妈的高龄津贴这个月怎么没有发下来", timedelta(hours=1)),
        ("那要带什么证件去办", timedelta(days=30)),
    ],
    ids=["another matter", "long after"],
)
def test_what_is_not_about_an_end_follows_nothing(bench: Bench, text: str, later: timedelta) -> None:
    first = bench.ticket()
    move(bench, first, "withdraw")
    other = bench.receive(text_message(text, delivery="r", sender="o-1"), now=NOW + later)
    assert ticket_of(bench, other.ticket_id).follows is None


def test_an_emergency_that_sounds_like_an_urging_is_a_matter_that_is_judged(bench: Bench) -> None:
    first = bench.ticket(LAMP)
    cry = bench.receive(
        text_message("煤气味很大有人晕倒了，怎么还没人来", delivery="r", sender="o-1"), now=NOW + timedelta(hours=3)
    )
    assert cry.ticket_id != first
    assert cry.fresh
    assert ticket_of(bench, first).urgings == 0


def test_an_emergency_said_again_on_its_own_ticket_is_advised_alerted_and_counted(bench: Bench) -> None:
    gas = Urgency("emergency", ("燃气泄漏",), "请立即关阀开窗并拨打 119")
    first = bench.ticket("楼道里有煤气味", urgency=gas)
    again = bench.receive(
        text_message("煤气味很大有人晕倒了，怎么还没人来", delivery="r", sender="o-1"), now=NOW + timedelta(hours=3)
    )
    assert again.ticket_id == first
    ticket = ticket_of(bench, first)
    assert ticket.urgings == 1
    assert "有人晕倒" in ticket.text
    assert len(bench.said("emergency_advice")) == 2
    assert len([n for n in notices(bench, "supervisor_alert") if n.audience == "supervisor"]) == 2


def due(bench: Bench, case_id: str, name: str) -> datetime:
    def read(session: Any) -> datetime:
        clock = running(session.get_one(Case, case_id), name)
        assert clock is not None
        at: datetime = clock.due_at
        return at

    return bench.look(read)


def test_an_emergency_in_a_letter_to_an_open_case_raises_case_and_clocks(bench: Bench) -> None:
    first = filed_letter(bench)
    case_id = dispatched(bench, first)
    later = NOW + timedelta(minutes=40)
    bench.receive(
        letter("现在电线杆着火了，有人触电", delivery="2", thread=("<1@example.com>",), title="回复：关于停水"),
        now=later,
    )
    case = bench.look(lambda session: session.get_one(Case, case_id))
    assert (case.urgency, ticket_of(bench, first).urgency) == ("emergency", "emergency")
    assert due(bench, case_id, "sign") == later + timedelta(minutes=15)
    assert due(bench, case_id, "answer") == later + timedelta(hours=2)
    assert "119" in bench.said("emergency_advice")[0].text
    told = {(notice.audience, notice.unit) for notice in notices(bench, "supervisor_alert")}
    assert told == {("supervisor", ""), ("unit", case.lead_unit)}


def test_a_clock_that_runs_out_sooner_is_not_moved_by_an_emergency(bench: Bench) -> None:
    first = filed_letter(bench)
    case_id = dispatched(bench, first)
    before = due(bench, case_id, "sign")
    bench.receive(
        letter("现在电线杆着火了，有人触电", delivery="2", thread=("<1@example.com>",)),
        now=before - timedelta(minutes=5),
    )
    assert due(bench, case_id, "sign") == before


def test_an_emergency_after_the_answer_is_a_new_matter_that_follows(bench: Bench) -> None:
    first = answered_letter(bench)
    cry = bench.receive(letter("现在电线杆着火了，有人触电", delivery="2", thread=("<1@example.com>",)))
    assert cry.fresh
    assert ticket_of(bench, cry.ticket_id).follows == first


def test_the_subject_of_a_reply_is_no_emergency_of_its_own(bench: Bench) -> None:
    first = bench.receive(letter("厨房里漏气了", delivery="1", title="燃气泄漏"))
    bench.file(first.ticket_id)
    bench.receive(
        letter("谢谢,师傅已经来过。", delivery="2", title="Re: 燃气泄漏", thread=("<1@example.com>",)),
    )
    assert bench.said("emergency_advice") == []


def test_a_fire_ten_minutes_after_another_matter_is_a_matter_of_its_own(bench: Bench) -> None:
    first = bench.ticket(LAMP)
    cry = bench.receive(text_message("着火了", delivery="r", sender="o-1"), now=NOW + timedelta(minutes=10))
    assert cry.ticket_id != first


@pytest.mark.parametrize("text", ["电话199-0000-1234，我姓王", "快点，楼上还有老人没下来", "在光明里小区3号楼2单元501"])
def test_a_short_addition_in_the_same_breath_joins_its_matter(bench: Bench, text: str) -> None:
    first = bench.ticket(LAMP)
    more = bench.receive(text_message(text, delivery="r", sender="o-1"), now=NOW + timedelta(seconds=50))
    assert more.ticket_id == first
    assert more.fresh
    assert text in ticket_of(bench, first).text


@pytest.mark.parametrize(
    ("text", "later"),
    [
        ("电话199-0000-1234，我姓王", timedelta(minutes=31)),
        ("另外楼下的垃圾也没人拉", timedelta(seconds=50)),
        ("高龄津贴这个月没发", timedelta(seconds=50)),
        ("我们楼上那家天天半夜在屋里跳绳，吵得全家都睡不了觉，说过好几次也不听", timedelta(seconds=50)),
    ],
    ids=["later", "said to be another", "another category", "long"],
)
def test_what_comes_later_or_names_another_matter_does_not_join(bench: Bench, text: str, later: timedelta) -> None:
    first = bench.ticket(LAMP)
    other = bench.receive(text_message(text, delivery="r", sender="o-1"), now=NOW + later)
    assert other.ticket_id != first


def test_a_location_pin_joins_the_matter_before_it(bench: Bench) -> None:
    first = bench.ticket(LAMP)
    pin = InboundMessage(
        channel="wechat",
        account="main",
        delivery_id="pin",
        kind="location",
        sender=Sender("o-1"),
        place=GeoPoint(31.2, 121.4, "光明路与和平街交叉口东北角的公交站牌旁边"),
    )
    joined = bench.receive(pin, now=NOW + timedelta(minutes=20))
    assert joined.ticket_id == first
    assert "公交站牌" in ticket_of(bench, first).text
    assert count(bench, Ticket) == 1


def test_staff_of_the_unit_get_the_words_added_to_a_case_under_way(bench: Bench) -> None:
    case_id = bench.case()
    bench.receive(text_message("在三号楼", delivery="r", sender="o-1"))
    unit = bench.lead(case_id, Role.UNIT_OFFICER).unit
    assert [notice.unit for notice in notices(bench, "resident_added")] == [unit]


def test_an_emergency_without_a_category_alerts_the_supervisors_all_the_same(bench: Bench) -> None:
    receipt = bench.receive(text_message("救命"))
    unknown = assessment(bench.district, category=(), urgency=Urgency("emergency", ("有人被困",)))
    bench.file(receipt.ticket_id, unknown)
    (notice,) = notices(bench, "supervisor_alert")
    assert (notice.audience, notice.ticket_id, notice.case_id) == ("supervisor", receipt.ticket_id, None)
    assert "110" in bench.said("emergency_advice")[0].text
