"""Rules of how calls of alerts go out: by the ways of duty.yaml, on to the next where none arrives, told when done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from casework import alert_calls, alert_watch, alerts, duty, emergencies
from casework.actors import Actor
from casework.alert_calls import Line
from casework.duty import Shift
from casework.people_tables import Alert
from casework.tables import Notice, Ticket
from district.duty import DutyRules, WaysOfCalling
from district.schemas import Role
from storage import deliveries
from storage.audit import AuditRow
from storage.deliveries import Delivery
from triage.assessment import Urgency

from .conftest import NOW, SUPERVISOR, Bench, text_message
from .people_bench import staff

FIVE = timedelta(minutes=5)
SOON = NOW + timedelta(seconds=10)
ROBOT = Line("robot", "wecom_robot", "duty", "https://desk.example")
SMS = Line("sms", "sms", "main", "https://desk.example")
MAIL = Line("mail", "mailbox", "main", "https://desk.example")
ALL = (ROBOT, SMS, MAIL)
WORDS = "燃气泄漏，楼道里味道很大"


class Roster:
    """Two on duty, in this order, and two supervisors."""

    def __init__(self, bench: Bench, lines: Sequence[Line] = ALL) -> None:
        self.bench = bench
        self.first = staff(bench, "first", Role.AGENT, email="first@example.org", phone="138 0000 0001")
        self.second = staff(bench, "second", Role.DISPATCHER, email="second@example.org", phone="010-12345")
        self.boss = staff(bench, "boss", Role.SUPERVISOR, phone="+8613800000003")
        self.chief = staff(bench, "chief", Role.SUPERVISOR)
        starts = NOW - timedelta(hours=1)
        shifts = [
            ("", Shift(starts, starts + timedelta(hours=40), each, at)) for at, each in ((1, "first"), (2, "second"))
        ]
        with bench.database.write.begin() as session:
            duty.enter(session, shifts, actor=SUPERVISOR, now=NOW)
            alert_calls.know(session, lines)


@pytest.fixture
def roster(sqlite_bench: Bench) -> Roster:
    return Roster(sqlite_bench)


def emergency(bench: Bench) -> str:
    return bench.ticket(WORDS, urgency=Urgency("emergency"))


def check(bench: Bench, now: datetime = SOON) -> int:
    with bench.database.write.begin() as session:
        return alert_watch.check(session, bench.district, now=now)


def only(bench: Bench) -> Alert:
    return bench.look(lambda session: session.scalars(select(Alert)).one())


def called(bench: Bench) -> list[str]:
    return bench.look(lambda session: [call.name for call in session.scalars(select(Alert)).one().calls])


def acknowledge(bench: Bench, actor: Actor) -> None:
    with bench.database.write.begin() as session:
        alerts.acknowledge(session, bench.district, only(bench).id, actor=actor, now=SOON)


def sent(bench: Bench, template: str = "alert_raised") -> list[tuple[str, str]]:
    """Channel and recipient; of the robot whom it calls."""
    found = bench.said(template)
    return [(each.channel, each.details.get("mention", each.recipient)) for each in found]


def end(bench: Bench, state: str, *channels: str, **more: object) -> None:
    """What became of the messages queued so far."""
    with bench.database.write.begin() as session:
        query = update(Delivery).where(Delivery.template == "alert_raised", Delivery.state == "queued")
        session.execute(
            (query.where(Delivery.channel.in_(channels)) if channels else query).values(state=state, **more)
        )


def test_a_call_goes_out_by_every_way_in_the_transaction_that_finds_the_emergency(roster: Roster) -> None:
    emergency(roster.bench)
    assert sent(roster.bench) == [
        ("wecom_robot", "13800000001"),
        ("sms", "13800000001"),
        ("mailbox", "first@example.org"),
    ]
    assert only(roster.bench).raised_at == NOW


def test_no_alert_stays_where_the_transaction_is_undone(roster: Roster) -> None:
    ticket_id = roster.bench.ticket()

    def fail() -> None:
        with roster.bench.database.write.begin() as session:
            emergencies.raise_for(session, roster.bench.district, session.get_one(Ticket, ticket_id), now=NOW)
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert roster.bench.look(lambda session: session.scalar(select(func.count(Alert.id)))) == 0
    assert sent(roster.bench) == []


def test_a_way_without_an_account_is_left_out(sqlite_bench: Bench) -> None:
    roster = Roster(sqlite_bench, [MAIL])
    emergency(roster.bench)
    assert sent(roster.bench) == [("mailbox", "first@example.org")]


def test_without_any_account_a_call_is_notice_and_banner_and_has_its_minutes(sqlite_bench: Bench) -> None:
    roster = Roster(sqlite_bench, [])
    emergency(roster.bench)
    assert (sent(roster.bench), called(roster.bench)) == ([], ["员工first"])
    check(roster.bench)
    assert called(roster.bench) == ["员工first"]
    assert len(roster.bench.look(lambda session: alerts.waiting(session, roster.first))) == 1


def test_the_pack_says_by_which_ways_each_kind_calls(roster: Roster) -> None:
    rules = DutyRules(ways=WaysOfCalling(emergency=("mail",)))
    roster.bench.district = replace(roster.bench.district, duty=rules)
    emergency(roster.bench)
    assert [channel for channel, _ in sent(roster.bench)] == ["mailbox"]


def test_a_landline_gets_no_sms_and_is_called_by_no_robot(roster: Roster) -> None:
    emergency(roster.bench)
    check(roster.bench, NOW + FIVE)
    second = sent(roster.bench)[3:]
    assert [channel for channel, _ in second] == ["wecom_robot", "mailbox"]
    assert only(roster.bench).id in {recipient for channel, recipient in second if channel == "wecom_robot"}


def test_the_shift_s_own_phone_goes_before_the_account_s(sqlite_bench: Bench) -> None:
    someone = staff(sqlite_bench, "someone", Role.AGENT, phone="13800000001")
    with sqlite_bench.database.write.begin() as session:
        shift = Shift(NOW, NOW + timedelta(hours=8), "someone", 1, "13900000009")
        duty.enter(session, [("", shift)], actor=SUPERVISOR, now=NOW)
        alert_calls.know(session, [SMS])
    emergency(sqlite_bench)
    assert sent(sqlite_bench) == [("sms", "13900000009")]
    assert someone.name in called(sqlite_bench)


def test_a_call_of_all_supervisors_is_one_message_of_the_robot_and_one_to_each_who_can_be_reached(
    sqlite_bench: Bench,
) -> None:
    staff(sqlite_bench, "boss", Role.SUPERVISOR, phone="13800000003", email="boss@example.org")
    staff(sqlite_bench, "chief", Role.SUPERVISOR)
    with sqlite_bench.database.write.begin() as session:
        alert_calls.know(session, ALL)
    emergency(sqlite_bench)
    assert sent(sqlite_bench) == [
        ("wecom_robot", "13800000003"),
        ("sms", "13800000003"),
        ("mailbox", "boss@example.org"),
    ]


def test_a_robot_calls_everybody_where_no_supervisor_has_a_mobile_phone(sqlite_bench: Bench) -> None:
    staff(sqlite_bench, "chief", Role.SUPERVISOR)
    with sqlite_bench.database.write.begin() as session:
        alert_calls.know(session, ALL)
    emergency(sqlite_bench)
    assert sent(sqlite_bench) == [("wecom_robot", alert_calls.EVERYBODY)]


def test_a_message_says_kind_number_matter_minutes_and_where_and_names_no_resident(roster: Roster) -> None:
    roster.bench.ticket("我是刘晓明，燃气泄漏，电话13900001111", urgency=Urgency("emergency"))
    number = roster.bench.look(lambda session: session.scalars(select(Ticket.number)).one())
    alert = only(roster.bench)
    for each in roster.bench.said("alert_raised"):
        for word in ("突发", "5 分钟", f"https://desk.example/alerts/{alert.id}"):
            assert word in each.text, each.channel
        assert number in each.text or "办件" in each.text
        assert "13900001111" not in each.text
        assert "刘晓明" not in each.text


def test_whom_no_line_reaches_is_followed_by_the_next_at_once(sqlite_bench: Bench) -> None:
    roster = Roster(sqlite_bench, [SMS])
    with roster.bench.database.write.begin() as session:
        duty.strike(session, duty.roster(session, start=NOW, end=SOON)[0][0].id, actor=SUPERVISOR, now=NOW)
    emergency(roster.bench)  # only the second is on duty, and has a landline
    assert called(roster.bench) == ["员工second", alerts.ALL_SUPERVISORS]
    assert sent(roster.bench) == [("sms", "13800000003")]


@pytest.mark.parametrize("state", ["failed", "dead"])
def test_where_every_message_of_a_call_fails_the_next_is_called_at_the_next_look(roster: Roster, state: str) -> None:
    emergency(roster.bench)
    end(roster.bench, state)
    assert check(roster.bench) == 1
    assert called(roster.bench) == ["员工first", "员工second"]
    assert only(roster.bench).due_at == SOON + FIVE


def test_while_one_way_stands_the_next_has_to_wait_his_minutes(roster: Roster) -> None:
    emergency(roster.bench)
    end(roster.bench, "failed", "wecom_robot", "sms")
    assert check(roster.bench) == 0
    end(roster.bench, "sent")
    assert check(roster.bench, NOW + FIVE - timedelta(seconds=1)) == 0
    assert called(roster.bench) == ["员工first"]


def test_a_message_put_off_beyond_its_minutes_counts_as_failed(roster: Roster) -> None:
    emergency(roster.bench)
    end(roster.bench, "failed", "sms", "mailbox")
    end(roster.bench, "queued", "wecom_robot", attempts=1, due_at=NOW + timedelta(minutes=1))
    assert check(roster.bench) == 0
    end(roster.bench, "queued", "wecom_robot", attempts=2, due_at=NOW + FIVE)
    assert check(roster.bench) == 1
    assert called(roster.bench) == ["员工first", "员工second"]


def test_where_everybody_s_messages_fail_all_are_called_once_and_then_nobody(roster: Roster) -> None:
    emergency(roster.bench)
    for second in range(1, 6):
        end(roster.bench, "dead")
        check(roster.bench, NOW + timedelta(seconds=10 * second))
    assert called(roster.bench) == ["员工first", "员工second", alerts.ALL_SUPERVISORS]
    assert only(roster.bench).state == "open"


def test_whoever_was_called_hears_by_the_ways_he_was_called_that_another_has_it(roster: Roster) -> None:
    emergency(roster.bench)
    check(roster.bench, NOW + FIVE)
    acknowledge(roster.bench, roster.second)
    told = roster.bench.said("alert_acknowledged")
    assert {(each.channel, each.recipient) for each in told} == {
        ("mailbox", "first@example.org"),
        ("sms", "13800000001"),
        ("wecom_robot", only(roster.bench).id),
    }
    assert all("已由员工second确认" in each.text for each in told)
    query = select(Notice.reader).where(Notice.template == "alert_acknowledged")
    assert roster.bench.look(lambda session: list(session.scalars(query))) == [roster.first.id]


def test_who_was_called_alone_and_acknowledges_hears_nothing_and_the_group_hears_it(roster: Roster) -> None:
    emergency(roster.bench)
    acknowledge(roster.bench, roster.first)
    assert [channel for channel, _ in sent(roster.bench, "alert_acknowledged")] == ["wecom_robot"]


def test_more_words_of_an_emergency_in_hand_raise_no_second_alert(roster: Roster) -> None:
    bench = roster.bench
    emergency(bench)
    acknowledge(bench, roster.first)
    bench.receive(text_message("燃气还在泄漏，味道很大，快来人", delivery="more", sender="o-1"), now=NOW + FIVE)
    check(bench, NOW + 2 * FIVE)
    assert only(bench).state == "acknowledged"


def test_an_emergency_found_a_day_after_it_was_acknowledged_is_another(roster: Roster) -> None:
    bench = roster.bench
    ticket_id = emergency(bench)
    acknowledge(bench, roster.first)
    for hours in (23, 25, 25):
        with bench.database.write.begin() as session:
            ticket = session.get_one(Ticket, ticket_id)
            emergencies.raise_for(session, bench.district, ticket, now=NOW + timedelta(hours=hours))
    states = bench.look(lambda session: list(session.scalars(select(Alert.state).order_by(Alert.id))))
    assert states == ["acknowledged", "open"]


def test_an_emergency_raised_after_the_answer_is_not_settled_by_that_answer(roster: Roster) -> None:
    bench = roster.bench
    ticket_id = bench.ticket()
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, ticket_id)
        ticket.told_at = NOW - timedelta(hours=1)
        emergencies.raise_for(session, bench.district, ticket, now=NOW)
    check(bench)
    assert only(bench).state == "open"


def test_one_emergency_raised_by_two_at_the_same_moment_is_one_alert(bench: Bench) -> None:
    """On both databases: the key is unique there, whoever was first."""
    Roster(bench)

    def raised() -> Alert | None:
        with bench.database.write.begin() as session:
            return alerts.raise_alert(session, bench.district, "emergency", "emergency:x", "着火", now=NOW)

    assert raised() is not None
    assert raised() is None
    assert len(sent(bench)) == 3


def test_lines_follow_the_settings(sqlite_bench: Bench) -> None:
    def known() -> list[tuple[str, str]]:
        kind = "emergency"
        return sqlite_bench.look(
            lambda session: [
                (each.way, each.account) for each in alert_calls.lines(session, sqlite_bench.district, kind)
            ]
        )

    for lines, expected in (
        (ALL, [("robot", "duty"), ("sms", "main"), ("mail", "main")]),
        ([Line("mail", "mailbox", "other")], [("mail", "other")]),
        ([], []),
    ):
        with sqlite_bench.database.write.begin() as session:
            alert_calls.know(session, lines)
        assert known() == expected


def test_the_ways_of_a_call_are_on_record(roster: Roster) -> None:
    emergency(roster.bench)
    query = select(AuditRow.details).where(AuditRow.act == "call_for_alert")
    (details,) = roster.bench.look(lambda session: list(session.scalars(query)))
    assert details["ways"] == ["mail", "robot", "sms"]
    assert "138" not in str(details)


@pytest.mark.parametrize(
    ("given", "digits"),
    [
        ("13800000001", "13800000001"),
        ("138-0000-0001", "13800000001"),
        ("+86 138 0000 0001", "13800000001"),
        ("0086 13800000001", "13800000001"),
        ("010-12345", ""),
        ("12800000001", ""),
        ("", ""),
    ],
)
def test_what_is_a_mobile_phone(given: str, digits: str) -> None:
    assert alert_calls.mobile(given) == digits


def test_a_call_whose_delivery_is_tried_again_by_a_person_stands_again(roster: Roster) -> None:
    emergency(roster.bench)
    end(roster.bench, "failed")
    with roster.bench.database.write.begin() as session:
        (first, *_) = session.scalars(select(Delivery).where(Delivery.template == "alert_raised"))
        deliveries.retry(session, first.id, now=NOW)
    assert check(roster.bench) == 0
