"""Rules of alerts: raised once, called along the roster at the exact minutes, acknowledged by whom they concern."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select, update

from casework import alert_lines, alert_watch, alerts, desk_work, duty, notices, supervision
from casework.actors import Actor
from casework.duty import Shift
from casework.errors import NotAllowed
from casework.people_errors import AlertEnded, UnknownAlert
from casework.people_tables import Alert, AlertCall
from casework.tables import Case, Clock, Notice, Ticket
from district.duty import DutyRules
from district.schemas import Role
from storage.audit import AuditRow
from triage.assessment import Urgency

from .conftest import AGENT, AUDITOR, DISPATCHER, NOW, SUPERVISOR, Bench, assessment, text_message
from .people_bench import staff

FIVE = timedelta(minutes=5)
NIGHT = datetime(2026, 3, 24, 15, 0, tzinfo=UTC)
"""23:00 in China."""


class Roster:
    """Two on duty, in this order, and two supervisors."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.first = staff(bench, "first", Role.AGENT, email="first@example.org")
        self.second = staff(bench, "second", Role.DISPATCHER)
        self.boss = staff(bench, "boss", Role.SUPERVISOR, email="boss@example.org")
        starts = NOW - timedelta(hours=1)
        shifts = [
            ("", Shift(starts, starts + timedelta(hours=40), each, at)) for at, each in ((1, "first"), (2, "second"))
        ]
        with bench.database.write.begin() as session:
            duty.enter(session, shifts, actor=SUPERVISOR, now=NOW)


@pytest.fixture
def roster(sqlite_bench: Bench) -> Roster:
    return Roster(sqlite_bench)


def check(bench: Bench, now: datetime = NOW, *, failing: Sequence[str] = ()) -> int:
    with bench.database.write.begin() as session:
        return alert_watch.check(session, bench.district, now=now, failing=failing)


def called(bench: Bench) -> list[str]:
    """The names called so far for the one alert there is."""

    def read(session: object) -> list[str]:
        (alert,) = session.scalars(select(Alert))  # type: ignore[attr-defined]
        return [call.name for call in alert.calls]

    return bench.look(read)


def only(bench: Bench) -> Alert:
    return bench.look(lambda session: session.scalars(select(Alert)).one())


def emergency(bench: Bench) -> str:
    return bench.case("燃气泄漏，楼道里味道很大", urgency=Urgency("emergency"))


def acknowledge(bench: Bench, actor: Actor, now: datetime = NOW) -> None:
    with bench.database.write.begin() as session:
        alerts.acknowledge(session, bench.district, only(bench).id, actor=actor, now=now)


def test_an_emergency_calls_the_first_on_duty_and_is_raised_once(roster: Roster) -> None:
    emergency(roster.bench)
    assert only(roster.bench).raised_at == NOW, "in the transaction that found it, with no check run"
    assert check(roster.bench) == 0
    assert check(roster.bench, NOW + timedelta(minutes=1)) == 0
    alert = only(roster.bench)
    assert (alert.kind, alert.state, alert.due_at) == ("emergency", "open", NOW + FIVE)
    assert called(roster.bench) == ["员工first"]


@pytest.mark.parametrize(
    ("after", "names"),
    [
        (FIVE - timedelta(seconds=1), ["员工first"]),
        (FIVE, ["员工first", "员工second"]),
    ],
)
def test_the_next_is_called_at_the_exact_minute(roster: Roster, after: timedelta, names: list[str]) -> None:
    emergency(roster.bench)
    check(roster.bench)
    check(roster.bench, NOW + after)
    assert called(roster.bench) == names


def test_after_the_roster_all_supervisors_are_called_once_and_then_nobody(roster: Roster) -> None:
    emergency(roster.bench)
    check(roster.bench)
    steps = [check(roster.bench, NOW + each * FIVE) for each in range(1, 6)]
    assert steps == [1, 1, 0, 0, 0]
    assert called(roster.bench) == ["员工first", "员工second", alerts.ALL_SUPERVISORS]
    assert only(roster.bench).state == "open"


def test_without_a_roster_the_supervisors_are_called_at_once(sqlite_bench: Bench) -> None:
    emergency(sqlite_bench)
    check(sqlite_bench)
    assert called(sqlite_bench) == [alerts.ALL_SUPERVISORS]


def test_an_acknowledged_alert_calls_nobody_any_more(roster: Roster) -> None:
    emergency(roster.bench)
    check(roster.bench)
    acknowledge(roster.bench, roster.first, NOW + timedelta(minutes=4))
    assert check(roster.bench, NOW + 4 * FIVE) == 0
    alert = only(roster.bench)
    assert (alert.state, alert.acknowledged_by) == ("acknowledged", roster.first.id)
    with pytest.raises(AlertEnded) as refused, roster.bench.database.write.begin() as session:
        alerts.acknowledge(session, roster.bench.district, alert.id, actor=roster.boss, now=NOW)
    assert refused.value.by == "员工first"


def test_who_may_acknowledge(roster: Roster) -> None:
    emergency(roster.bench)
    check(roster.bench)
    stranger = staff(roster.bench, "stranger", Role.AGENT)
    for actor in (stranger, DISPATCHER, Actor("u", "负责人", Role.UNIT_LEAD, "U001")):
        with pytest.raises(UnknownAlert):
            acknowledge(roster.bench, actor)
    with pytest.raises(NotAllowed):
        acknowledge(roster.bench, AUDITOR)
    acknowledge(roster.bench, roster.second)  # on duty, though not called yet


def test_only_who_was_called_reads_the_notice_and_the_alert(roster: Roster) -> None:
    emergency(roster.bench)
    check(roster.bench)
    district = roster.bench.district

    def texts(actor: Actor) -> list[str]:
        rows = roster.bench.look(lambda session: notices.listed(session, district, actor)[0])
        return [row.text for row in rows if row.template == "alert_raised"]

    (told,) = texts(roster.first)
    assert "突发" in told
    assert "5 分钟" in told
    assert (texts(roster.second), texts(AGENT), texts(SUPERVISOR)) == ([], [], [])
    waiting = lambda actor: len(roster.bench.look(lambda session: alerts.waiting(session, actor)))  # noqa: E731
    assert (waiting(roster.first), waiting(roster.second), waiting(roster.boss)) == (1, 0, 0)
    listed = lambda actor: len(roster.bench.look(lambda session: alerts.listed(session, actor)))  # noqa: E731
    assert (listed(roster.first), listed(roster.second), listed(AUDITOR)) == (1, 0, 1)


def test_a_second_reporter_on_the_same_case_raises_no_second_alert(roster: Roster) -> None:
    bench = roster.bench
    first = bench.ticket("燃气泄漏，楼道里味道很大", urgency=Urgency("emergency"))
    check(bench)
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, first)
        case = ticket.case or desk_work.accept(session, bench.district, ticket, actor=DISPATCHER, now=NOW)
        case_id = case.id
    second = bench.ticket_unfiled("楼道里也闻到了，快来人")
    with bench.database.write.begin() as session:
        session.execute(update(Ticket).where(Ticket.id == second).values(case_id=case_id))
    bench.file(second, assessment(bench.district, urgency=Urgency("emergency")))
    assert bench.look(lambda session: session.get_one(Ticket, second).urgency) == "emergency"
    check(bench, NOW + timedelta(minutes=1))
    assert only(bench).ticket_id == first


def test_an_alert_names_nobody(roster: Roster) -> None:
    roster.bench.case("刘先生家燃气泄漏，电话13900001111", urgency=Urgency("emergency"))
    check(roster.bench)
    text = only(roster.bench).text
    assert "13900001111" not in text
    assert "刘先生" not in text


def test_an_old_emergency_and_an_ordinary_matter_alert_nobody(roster: Roster) -> None:
    roster.bench.case()
    emergency(roster.bench)
    with roster.bench.database.write.begin() as session:  # as a desk has it that ran before there were alerts
        session.execute(delete(AlertCall))
        session.execute(delete(Alert))
    assert check(roster.bench, NOW + timedelta(hours=25)) == 0
    assert check(roster.bench, NOW + timedelta(hours=23)) == 1, "the watch is the net"


def test_what_is_over_is_settled_and_nobody_is_called(roster: Roster) -> None:
    case_id = emergency(roster.bench)
    check(roster.bench)
    lead = roster.bench.lead(case_id)
    roster.bench.do(case_id, "sign", lead)
    roster.bench.do(case_id, "answer", lead, text="您好，已关阀。")
    assert check(roster.bench, NOW + FIVE) == 0
    assert only(roster.bench).state == "over"
    with pytest.raises(AlertEnded):
        acknowledge(roster.bench, roster.first)


def _red(bench: Bench, case_id: str, *, minutes: int = 2) -> datetime:
    """A moment, so many minutes before the end, at which the case's sign clock is red; the check of clocks has run."""
    query = select(Clock).where(Clock.case_id == case_id, Clock.name == "sign")
    due = bench.look(lambda session: session.scalars(query).one().due_at)
    moment = due - timedelta(minutes=minutes)
    with bench.database.write.begin() as session:
        supervision.check_clocks(session, bench.district, now=moment)
    return moment


def test_a_red_deadline_alerts_once_and_is_settled_when_the_clock_stops(roster: Roster) -> None:
    bench = roster.bench
    case_id = bench.case(urgency=Urgency("urgent"))
    moment = _red(bench, case_id)
    assert check(bench, moment) == 1
    alert = only(bench)
    assert (alert.kind, alert.case_id, alert.due_at) == ("red_deadline", case_id, moment + timedelta(minutes=15))
    assert check(bench, moment + timedelta(minutes=1)) == 0
    bench.do(case_id, "sign", bench.lead(case_id), now=moment)
    check(bench, moment + timedelta(minutes=15))
    assert (only(bench).state, called(bench)) == ("over", ["员工first"])


def test_the_pack_says_which_red_deadlines_alert(roster: Roster) -> None:
    bench = roster.bench
    bench.district = replace(bench.district, duty=DutyRules(red_urgencies=("emergency",)))
    moment = _red(bench, bench.case(urgency=Urgency("urgent")))
    assert check(bench, moment) == 0


def test_a_red_deadline_of_an_ordinary_case_is_told_by_its_ladder_alone(roster: Roster) -> None:
    assert check(roster.bench, _red(roster.bench, roster.bench.case())) == 0


def test_a_night_in_which_nothing_is_heard_alerts_once(roster: Roster) -> None:
    bench = roster.bench
    bench.receive(text_message(), now=NIGHT - timedelta(minutes=30))
    assert check(bench, NIGHT - timedelta(seconds=1), failing=["信箱 main"]) == 0
    assert check(bench, NIGHT) == 0, "nothing fails: the night is only quiet"
    assert check(bench, NIGHT, failing=["信箱 main"]) == 1
    assert check(bench, NIGHT + timedelta(minutes=1), failing=["信箱 main"]) == 0
    assert "信箱 main" in only(bench).text


def test_by_day_a_failing_account_alerts_nobody(roster: Roster) -> None:
    assert check(roster.bench, NOW, failing=["信箱 main"]) == 0


def test_a_line_that_is_heard_again_settles_the_alert(roster: Roster) -> None:
    check(roster.bench, NIGHT, failing=["信箱 main"])
    check(roster.bench, NIGHT + timedelta(minutes=2))
    assert only(roster.bench).state == "over"


def test_an_emergency_that_nobody_answers_at_night_calls_everybody_at_once(roster: Roster) -> None:
    bench = roster.bench
    bench.now = NIGHT
    emergency(bench)
    check(bench, NIGHT)
    kinds = lambda: bench.look(lambda session: list(session.scalars(select(Alert.kind).order_by(Alert.id))))  # noqa: E731
    check(bench, NIGHT + timedelta(minutes=29, seconds=59))
    assert kinds() == ["emergency"]
    check(bench, NIGHT + timedelta(minutes=30))
    assert kinds() == ["emergency", "silent_night"]
    check(bench, NIGHT + timedelta(minutes=31))
    assert kinds() == ["emergency", "silent_night"]

    def names(session: object) -> list[str]:
        alert = session.scalars(select(Alert).where(Alert.kind == "silent_night")).one()  # type: ignore[attr-defined]
        return [call.name for call in alert.calls]

    assert bench.look(names) == ["员工first", "员工second", alerts.ALL_SUPERVISORS]


def test_a_night_in_which_somebody_acknowledged_is_not_silent(roster: Roster) -> None:
    bench = roster.bench
    bench.now = NIGHT
    emergency(bench)
    check(bench, NIGHT)
    acknowledge(bench, roster.first, NIGHT + timedelta(minutes=1))
    bench.ticket("又有人触电了，快来", urgency=Urgency("emergency"))
    check(bench, NIGHT + timedelta(minutes=40))
    check(bench, NIGHT + timedelta(minutes=80))
    assert "silent_night" not in bench.look(lambda session: list(session.scalars(select(Alert.kind))))


def test_a_silent_night_names_the_emergency_that_nobody_answers_and_is_one_line_with_it(roster: Roster) -> None:
    bench = roster.bench
    bench.now = NIGHT
    case_id = emergency(bench)
    check(bench, NIGHT + timedelta(minutes=30))
    number = bench.look(lambda session: session.get_one(Case, case_id).number)
    silent = bench.look(lambda session: session.scalars(select(Alert).where(Alert.kind == "silent_night")).one())
    assert number in silent.text
    (line,) = bench.look(lambda session: alert_lines.lines(session, alerts.waiting(session, roster.first)))
    assert [each.kind for each in line.alerts] == ["emergency", "silent_night"]
    assert line.matter == alert_lines.Matter("case", number)
    assert line.text.count(number) == 1
    assert "请立即处置。突发告警已 30 分钟无人确认" in line.text


def _with_red_deadline(roster: Roster) -> tuple[Alert, Alert, datetime]:
    """An emergency's alert, that of its deadline, and when it was raised."""
    moment = _red(roster.bench, emergency(roster.bench), minutes=1)
    check(roster.bench, moment)
    rows = roster.bench.look(lambda session: list(session.scalars(select(Alert).order_by(Alert.raised_at))))
    first, second = rows
    assert [each.kind for each in rows] == ["emergency", "red_deadline"]
    return first, second, moment


def _states(bench: Bench) -> dict[str, str]:
    return bench.look(lambda session: {each.kind: each.state for each in session.scalars(select(Alert))})


def test_a_deadline_acknowledged_by_itself_leaves_the_emergency_standing(roster: Roster) -> None:
    bench = roster.bench
    _, deadline, moment = _with_red_deadline(roster)
    with bench.database.write.begin() as session:
        alerts.acknowledge(session, bench.district, deadline.id, actor=roster.first, now=moment)
    assert _states(bench) == {"emergency": "open", "red_deadline": "acknowledged"}


def test_who_takes_on_an_emergency_takes_on_its_deadline_with_it(roster: Roster) -> None:
    bench = roster.bench
    first, _, moment = _with_red_deadline(roster)
    (line,) = bench.look(lambda session: alert_lines.lines(session, alerts.waiting(session, roster.first)))
    assert line.alert.id == first.id
    with bench.database.write.begin() as session:
        alerts.acknowledge(session, bench.district, line.alert.id, actor=roster.first, now=moment)
    assert set(_states(bench).values()) == {"acknowledged"}


def test_a_deadline_acknowledged_at_night_answers_no_emergency(roster: Roster) -> None:
    bench = roster.bench
    bench.now = NIGHT
    emergency(bench)
    moment = _red(bench, bench.case(urgency=Urgency("urgent")))
    check(bench, moment)
    deadline = bench.look(lambda session: session.scalars(select(Alert).where(Alert.kind == "red_deadline")).first())
    with bench.database.write.begin() as session:
        alerts.acknowledge(session, bench.district, deadline.id, actor=roster.first, now=moment)
    check(bench, max(moment, NIGHT) + timedelta(minutes=30))
    assert _states(bench)["silent_night"] == "open"


def test_everything_is_on_record(roster: Roster) -> None:
    emergency(roster.bench)
    check(roster.bench)
    check(roster.bench, NOW + FIVE)
    acknowledge(roster.bench, roster.second)
    query = select(AuditRow.act).where(AuditRow.subject == "alert").order_by(AuditRow.id)
    acts = roster.bench.look(lambda session: list(session.scalars(query)))
    assert acts == ["raise_alert", "call_for_alert", "call_for_alert", "acknowledge_alert"]
    assert roster.bench.look(lambda session: session.scalar(select(Notice.case_id).where(Notice.audience == "person")))


def test_two_checks_at_once_call_nobody_twice(bench: Bench) -> None:
    """On both databases: the locks of the rows are what a second worker meets."""
    Roster(bench)
    emergency(bench)
    check(bench)
    assert [check(bench, NOW + FIVE), check(bench, NOW + FIVE)] == [1, 0]
    assert called(bench) == ["员工first", "员工second"]
    assert bench.look(lambda session: session.scalars(select(Case)).one()).urgency == "emergency"


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_an_alert_that_somebody_acknowledges_at_this_moment_stays_his(bench: Bench) -> None:
    boss = staff(bench, "boss", Role.SUPERVISOR)
    case_id = emergency(bench)
    check(bench)
    lead = bench.lead(case_id)
    bench.do(case_id, "sign", lead)
    bench.do(case_id, "answer", lead, text="您好，已关阀。")
    key = only(bench).id
    with bench.database.write.begin() as session:
        alerts.acknowledge(session, bench.district, key, actor=boss, now=NOW)
        check(bench)  # the matter is over; the check meets the row held
    assert only(bench).state == "acknowledged"
