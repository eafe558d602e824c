"""When notices leave: together, never at night, never before a reply's turn nor in its way."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from casework import desk_work, reaching, requests
from casework.actors import Given
from casework.resident_tables import Identity, Resident
from casework.tables import Case, Ticket
from casework.telling import say
from district.notices import NoticeRule, NoticeRules, Quiet
from storage import deliveries, waiting
from storage.deliveries import Delivery

from .conftest import DISPATCHER, NOW, Bench, assessment, text_message

LATER = NOW + timedelta(hours=1)
ZONE = ZoneInfo("Asia/Shanghai")
NIGHT = datetime(2026, 3, 24, 23, 30, tzinfo=ZONE)
MORNING = datetime(2026, 3, 25, 8, 0, tzinfo=ZONE)


def tell(bench: Bench, ticket_id: str, template: str, *, now: datetime, **fields: str) -> Delivery:
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, ticket_id)
        purpose = f"{template}:{now.isoformat()}:{ticket_id}"
        say(session, bench.district, ticket, template, purpose=purpose, now=now, fields=fields)
    return bench.said(template)[-1]


def release(bench: Bench, *, now: datetime) -> int:
    done = 0
    for line in bench.look(lambda session: waiting.due_lines(session, now=now)):
        with bench.database.write.begin() as session:
            done += len(reaching.release(session, bench.district, line, now=now))
    return done


def due(bench: Bench, *, now: datetime) -> list[str]:
    return bench.look(lambda session: [each.template for each in deliveries.due(session, now=now)])


def send_all(bench: Bench, *, now: datetime, fail: str = "") -> list[Delivery]:
    """Every delivery that is due is sent, or refused with a reason."""
    sent = []
    while found := bench.look(lambda session: [each.id for each in deliveries.due(session, now=now)]):
        for key in found:
            with bench.database.write.begin() as session:
                deliveries.lease(session, key, by="x", now=now)
                if fail:
                    deliveries.mark_failed(session, key, by="x", reason=fail, now=now)
                else:
                    deliveries.mark_sent(session, key, by="x", platform_id="p", now=now)
                sent.append(deliveries.get(session, key))
    return sent


def test_notices_of_ten_minutes_leave_as_one_message_with_one_greeting(bench: Bench) -> None:
    one = bench.ticket()
    send_all(bench, now=NOW)
    told = [
        tell(bench, one, "rejected", now=LATER, reason="不属本区管辖", text="请拨打邻区热线。"),
        tell(bench, one, "answered_directly", now=LATER + timedelta(minutes=9), text="请看政务网。"),
    ]
    assert [each.state for each in told] == ["waiting", "waiting"]
    assert release(bench, now=LATER + timedelta(minutes=9, seconds=59)) == 0
    at = LATER + timedelta(minutes=10)
    assert release(bench, now=at) == 1
    (whole,) = send_all(bench, now=at)
    assert (whole.template, whole.carries, whole.text.count("您好")) == ("several_notices", 2, 1)
    assert whole.text.index("邻区热线") < whole.text.index("政务网")
    parts = [bench.said(each.template)[0] for each in told]
    assert {each.grouped_into for each in parts} == {whole.id}
    assert [(each.state, each.sent_at) for each in parts] == [("sent", at), ("sent", at)]
    assert [each.text for each in parts] == [each.text for each in told]


def test_a_notice_without_company_leaves_as_it_is(bench: Bench) -> None:
    told = tell(bench, bench.ticket(), "answered_directly", now=LATER, text="请看政务网。")
    send_all(bench, now=NOW)
    release(bench, now=LATER + timedelta(minutes=10))
    (sent,) = send_all(bench, now=LATER + timedelta(minutes=10))
    assert (sent.id, sent.text) == (told.id, told.text)


def test_a_notice_waits_for_the_end_of_the_night(bench: Bench) -> None:
    told = tell(bench, bench.ticket(), "answered_directly", now=NIGHT, text="请看政务网。")
    assert (told.state, told.due_at) == ("waiting", MORNING)
    assert release(bench, now=MORNING - timedelta(seconds=1)) == 0
    assert release(bench, now=MORNING) == 1


def test_the_hours_in_which_he_is_not_called_are_no_hours_to_write_in(bench: Bench) -> None:
    ticket_id = bench.ticket()
    with bench.database.write.begin() as session:
        resident = session.get_one(Resident, session.get_one(Ticket, ticket_id).resident_id)
        resident.wishes = {"no_calls": {"from": "12:00", "until": "14:30"}}
    told = tell(bench, ticket_id, "answered_directly", now=datetime(2026, 3, 24, 13, 0, tzinfo=ZONE), text="好。")
    assert told.due_at == datetime(2026, 3, 24, 14, 30, tzinfo=ZONE)


def test_who_wrote_a_moment_ago_is_answered_at_once_in_the_night_too(bench: Bench) -> None:
    receipt = bench.receive(text_message("光明路的路灯坏了三天没人修", delivery="n", sender="o-9"), now=NIGHT)
    told = tell(bench, receipt.ticket_id, "answered_directly", now=NIGHT + timedelta(minutes=3), text="请看政务网。")
    assert told.state == "queued"
    assert due(bench, now=NIGHT + timedelta(minutes=3)) == ["answered_directly"]


def test_an_emergency_is_never_kept_back(bench: Bench) -> None:
    told = tell(bench, bench.ticket(), "emergency_advice", now=NIGHT, advice="请拨打119")
    assert (told.state, told.due_at) == ("queued", NIGHT)


def test_a_notice_that_waits_holds_no_reply_back(bench: Bench) -> None:
    ticket_id = bench.ticket()
    send_all(bench, now=NOW)
    tell(bench, ticket_id, "answered_directly", now=NIGHT, text="请看政务网。")
    tell(bench, ticket_id, "urging_noted", now=NIGHT + timedelta(minutes=1), count="1")
    assert due(bench, now=NIGHT + timedelta(minutes=1)) == ["urging_noted"]


def test_notices_keep_their_order_whatever_may_be_grouped(bench: Bench) -> None:
    """A later one that may not wait takes the earlier ones along."""
    ticket_id = bench.ticket()
    send_all(bench, now=NOW)
    for minute, (template, fields) in enumerate(
        (
            ("reworked", {}),
            ("rejected", {"reason": "不属本区管辖", "text": "一"}),
            ("asked_back", {"text": "二"}),
            ("answered_directly", {"text": "三"}),
            ("withdrawn", {}),
        )
    ):
        tell(bench, ticket_id, template, now=NIGHT + timedelta(minutes=minute), **fields)
    at = NIGHT + timedelta(minutes=4)
    release(bench, now=at)
    sent = send_all(bench, now=at)
    assert [each.template for each in sent] == ["several_notices", "asked_back", "answered_directly", "withdrawn"]


def test_a_message_of_several_that_fails_sends_each_on_and_they_leave_together_again(bench: Bench) -> None:
    ticket_id = bench.ticket()
    send_all(bench, now=NOW)
    with bench.database.write.begin() as session:
        resident = session.get_one(Ticket, ticket_id).resident_id
        session.add(Identity(resident_id=resident, channel="telegram", account="main", external="77"))
    tell(bench, ticket_id, "reworked", now=LATER)
    tell(bench, ticket_id, "answered_directly", now=LATER, text="请看政务网。")
    at = LATER + timedelta(minutes=10)
    release(bench, now=at)
    (whole,) = send_all(bench, now=at, fail="超出 48 小时")
    with bench.database.write.begin() as session:
        reaching.follow_on(session, bench.district, whole.id, sms="", now=at)
    release(bench, now=at)
    (again,) = send_all(bench, now=at)
    assert (again.channel, again.carries) == ("telegram", 2)
    states = [(each.channel, each.state, each.followed) for each in bench.said("answered_directly")]
    assert states == [("wechat", "failed", "way"), ("telegram", "sent", "")]
    assert bench.look(lambda session: deliveries.get(session, whole.id)).followed == "parts"


def test_a_notice_goes_to_the_channel_that_he_chose_but_a_reply_where_he_speaks(bench: Bench) -> None:
    ticket_id = bench.ticket()
    with bench.database.write.begin() as session:
        resident = session.get_one(Resident, session.get_one(Ticket, ticket_id).resident_id)
        resident.wishes = {"channel": "telegram"}
        session.add(Identity(resident_id=resident.id, channel="telegram", account="main", external="77"))
    assert tell(bench, ticket_id, "answered_directly", now=NOW, text="好。").channel == "wechat"
    assert tell(bench, ticket_id, "reworked", now=LATER).recipient == "77"


def test_a_notice_that_the_pack_does_not_send_is_not_sent(bench: Bench) -> None:
    rules = NoticeRules(notices=(NoticeRule(template="dispatched_notice", sent=False),))
    bench.district = replace(bench.district, notices=rules)
    bench.case()
    assert bench.said("dispatched_notice") == []


def test_a_dispatch_tells_the_resident_who_handles_it_and_by_when(bench: Bench) -> None:
    case_id = bench.case()
    (told,) = bench.said("dispatched_notice")
    case = bench.look(lambda session: session.get_one(Case, case_id))
    assert bench.district.units.get(case.lead_unit).name in told.text
    answer = bench.look(
        lambda session: next(each.due_at for each in session.get_one(Case, case_id).clocks if each.name == "answer")
    )
    assert f"{answer.astimezone(ZONE):%m月%d日 %H:%M}" in told.text


def test_a_delay_is_told_with_the_new_date_and_without_the_units_own_reason(bench: Bench) -> None:
    case_id = bench.case()
    lead = bench.lead(case_id)
    bench.do(case_id, "sign", lead)
    given = Given(reason="施工队被另一单位借走", text="内部协调中")
    with bench.database.write.begin() as session:
        case = session.get_one(Case, case_id)
        request = requests.ask(session, bench.district, case, "extension", actor=lead, now=NOW, given=given)
        requests.decide(session, bench.district, request, approve=True, actor=DISPATCHER, now=NOW)
    (told,) = bench.said("delayed_notice")
    assert "借走" not in told.text
    assert "内部协调" not in told.text
    assert bench.district.notices.delay_reason in told.text


def test_five_matters_dispatched_at_once_tell_him_once(bench: Bench) -> None:
    texts = [f"{place}的路灯坏了三天没人修" for place in ("光明路", "望溪路", "青石巷")]
    tickets = [
        bench.receive(text_message(f"另外，{text}", delivery=f"m{at}", sender="o-5")).ticket_id
        for at, text in enumerate(texts)
    ]
    for ticket_id in dict.fromkeys(tickets):
        bench.file(ticket_id, assessment(bench.district))
        with bench.database.write.begin() as session:
            ticket = session.get_one(Ticket, ticket_id)
            desk_work.accept(session, bench.district, ticket, actor=DISPATCHER, now=LATER)
    send_all(bench, now=NOW)
    at = LATER + timedelta(minutes=10)
    release(bench, now=at)
    assert len(send_all(bench, now=at)) == 1


@pytest.mark.parametrize(
    ("at", "over"),
    [("21:59", "21:59"), ("22:00", "08:00"), ("00:00", "08:00"), ("07:59", "08:00"), ("08:00", "08:00")],
)
def test_the_first_minute_of_the_quiet_hours_is_quiet_and_the_last_is_not(at: str, over: str) -> None:
    local = datetime.fromisoformat(f"2026-03-24T{at}").replace(tzinfo=ZONE)
    assert f"{Quiet().over(local):%H:%M}" == over
    assert Quiet().over(local) - local < timedelta(hours=10, seconds=1)
