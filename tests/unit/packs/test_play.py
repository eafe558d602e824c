"""The demo's play: history is lived to its end at its own time, today's messages wait, and nothing is played twice."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

import packs
from api import clock
from api.demo import play, samples
from api.demo.place import demo_place
from api.desk import Desk
from api.setting_up import add_demo_users
from api.settings import Settings
from casework import duty
from casework.city_tables import CityOrder
from casework.message_tables import Message
from casework.people_tables import Alert
from casework.tables import Case, Clock, Step, Ticket
from channels.message import OutboundMessage, Refused
from channels.registry import CHANNELS
from storage import migrate
from storage.deliveries import Delivery
from storage.quarantine import Quarantined
from triage.assessment import Assessment, CategoryGuess, Context, RequestTypeGuess, Urgency

NOW = datetime(2026, 9, 15, 3, 0, tzinfo=UTC)
"""Tuesday 11:00 in China, months after the fictional period as it is written."""
LONG_AGO = NOW - timedelta(days=60)
"""What came before that is over; most of today's messages are of the last days."""


class Stopped(BaseException):
    """The process ends, as by a signal."""


class Reader:
    """Stands in for the triage engine: always the same category, an emergency where gas is smelt."""

    def __init__(self, patience: int = 10_000, stops_at: str = "") -> None:
        self.patience = patience
        """Texts it reads before the process is stopped."""
        self.stops_at = stops_at
        """Words that stop the process."""

    def assess_all(self, asked: Sequence[tuple[str, Context]]) -> list[Assessment]:
        return [self.assess(text) for text, _ in asked]

    def assess(self, text: str) -> Assessment:
        self.patience -= 1
        if self.patience < 0 or (self.stops_at and self.stops_at in text):
            raise Stopped
        return Assessment(
            category=(CategoryGuess("010101", ("市容环卫", "垃圾收运与分类", "垃圾清运不及时"), 0.6),),
            request_type=RequestTypeGuess("投诉", 0.8),
            urgency=Urgency("emergency", ("煤气味",), "请撤离") if "煤气味" in text else Urgency("normal"),
            unit=(),
            co_units=(),
            matters=(),
            missing=(),
            entities=(),
            similar_cases=(),
            articles=(),
            reasons=(),
            decision="review",
            why="",
            model="reader",
            took_ms=1.0,
            street="U100",
        )


class DeskWithReader(Desk):
    """A desk whose model is a fake."""

    reader = Reader()

    @property
    def engine(self) -> Any:
        return self.reader


def make_pack(folder: Path) -> Path:
    """The demo pack with a part of its chats and letters, and all of today."""
    made = folder / "pack"
    left_out = shutil.ignore_patterns("appeals.jsonl", "__pycache__")
    shutil.copytree(Path(packs.__file__).parent / "demo", made, ignore=left_out)
    chats = (made / "samples" / "chats.jsonl").read_text(encoding="utf-8").splitlines()
    kept = [*chats[:28], *(line for line in chats if "煤气味" in line)]
    (made / "samples" / "chats.jsonl").write_text("\n".join(kept) + "\n", encoding="utf-8")
    for letter in sorted((made / "samples" / "letters").glob("*.eml"))[6:]:
        letter.unlink()
    return made


def make_desk(folder: Path) -> DeskWithReader:
    made = DeskWithReader(Settings(home=folder / "home", pack=str(make_pack(folder)), demo=True))
    made.now = lambda: NOW
    migrate.upgrade(made.database)
    add_demo_users(made)
    made.follower.catch_up()
    return made


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk on which the demo was played; its tests change nothing."""
    made = make_desk(tmp_path_factory.mktemp("played"))
    play.play(made, lambda _: None)
    yield made
    made.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[DeskWithReader]:
    made = make_desk(tmp_path)
    yield made
    made.close()


def everything(desk: Desk) -> dict[str, int]:
    with desk.database.read() as session:
        return {
            table.__tablename__: session.scalar(select(func.count()).select_from(table)) or 0
            for table in (Message, Ticket, Case, Step, Delivery, CityOrder, Quarantined)
        }


def rows_of_today(desk: Desk) -> list[dict[str, Any]]:
    folder = desk.district.folder / "samples"
    texts = [(folder / name).read_text(encoding="utf-8") for name in ("today.jsonl", "doors.jsonl")]
    return [json.loads(line) for text in texts for line in text.splitlines()]


def messages_in(found: Sequence[samples.Sample]) -> int:
    parsed = [CHANNELS[each.account.channel].parse(each.payload, each.account) for each in found]
    return sum(not isinstance(part, Refused) for parts in parsed for part in parts)


def test_history_comes_nearer_by_whole_weeks_and_ends_in_the_week_before(desk: Desk) -> None:
    as_written = samples.history(desk, datetime(2026, 6, 1, tzinfo=UTC))
    told = samples.history(desk, NOW)
    assert as_written[0].at.date() == date(2026, 3, 1)
    assert {new.at - old.at for new, old in zip(told, as_written, strict=True)} == {timedelta(weeks=15)}
    end = datetime(2026, 6, 1, tzinfo=desk.district.calendars.zone) + timedelta(weeks=15)
    assert NOW - timedelta(weeks=1) < end <= NOW
    letter = next(each for each in told if each.account.channel == "mailbox")
    assert f"{letter.at:%d %b %Y}".encode() in letter.payload


def test_history_never_comes_into_years_whose_working_days_are_unknown(desk: Desk) -> None:
    years = desk.district.calendars.get("office").certain_years
    assert years
    late = datetime(max(years) + 3, 5, 1, tzinfo=UTC)
    assert samples.history(desk, late)[-1].at.year == max(years)


def test_what_came_long_ago_is_lived_to_its_end(played: Desk) -> None:
    with played.database.read() as session:
        tickets = list(session.scalars(select(Ticket).where(Ticket.opened_at < LONG_AGO)))
        cases = list(session.scalars(select(Case).where(Case.opened_at < LONG_AGO)))
    assert len(tickets) > 20
    assert {ticket.state for ticket in tickets} <= {"closed", "withdrawn"}
    assert {case.state for case in cases} == {"closed"}


def test_messages_of_today_stand_in_every_state(played: Desk) -> None:
    stages = Counter(row.get("stage", "queue") for row in rows_of_today(played))
    with played.database.read() as session:
        tickets = list(session.scalars(select(Ticket).where(Ticket.opened_at > LONG_AGO)))
        states = Counter(ticket.case.state if ticket.case else ticket.state for ticket in tickets)
        orders = list(session.scalars(select(CityOrder)))
        asked = {request.kind for ticket in tickets if ticket.case for request in ticket.case.requests}
    assert {"assessed", "open", "dispatched", "in_progress", "answered"} <= set(states)
    judged = sum(bool(order.verdict_at) for order in orders)
    assert states["answered"] == stages["told"] - judged
    assert asked == {"return", "extension", "answer"}


def test_every_channel_of_the_registry_has_a_ticket_of_the_last_days(played: Desk) -> None:
    with played.database.read() as session:
        channels = set(session.scalars(select(Ticket.channel).where(Ticket.opened_at > LONG_AGO)))
    assert channels == set(CHANNELS), "a new channel needs a row in packs/demo/samples/doors.jsonl"


def test_a_silent_call_is_on_record_and_opens_no_ticket(played: Desk) -> None:
    with played.database.read() as session:
        silent = session.scalars(select(Message).where(Message.channel == "hotline", Message.ignored != "")).one()
    assert "无声" in silent.ignored
    assert silent.ticket_id is None


def test_a_faulty_row_of_a_counters_sheet_is_refused_and_its_neighbours_pass(played: Desk) -> None:
    with played.database.read() as session:
        refused = session.scalars(select(Quarantined)).one()
        passed = session.scalar(select(func.count(Ticket.id)).where(Ticket.channel == "walk_in"))
    assert refused.channel == "walk_in"
    assert refused.where.startswith("第 5 行")
    assert passed == 3


def test_the_citys_orders_stand_as_far_as_the_city_and_the_district_brought_them(played: Desk) -> None:
    with played.database.read() as session:
        over, bound, unmapped = session.scalars(select(CityOrder).order_by(CityOrder.number))
        assert (over.ticket.state, over.satisfaction) == ("closed", "satisfied")
        assert bound.ticket.case is not None
        assert bound.ticket.case.external_due_at == bound.deadline_at
        answer = next(clock for clock in bound.ticket.case.clocks if clock.name == "answer")
        assert answer.due_at == bound.deadline_at < answer.own_due_at
        assert (unmapped.ticket.state, unmapped.mapped) == ("assessed", "")
        assert unmapped.category


def test_the_citys_stand_in_knows_again_the_orders_and_what_was_reported_about_them(played: Desk) -> None:
    with demo_place(played):
        platform = str(played.account_or_bare("city", "demo").settings["api_base"])
        reports = httpx.get(platform, trust_env=False).json()["reports"]
    told = Counter((each["number"], each["act"]) for each in reports)
    receipts = {(f"YCDEMO-000{number}", "receipt"): 1 for number in (1, 2, 3)}
    assert told == receipts | {("YCDEMO-0001", "answer"): 1}


def test_the_demos_texts_show_its_heading_on_the_telephone(played: Desk) -> None:
    with demo_place(played):
        account = played.account_or_bare("sms", "demo")
        text = OutboundMessage("d-1", "sms", "demo", "19900000623", "您反映的井盖已派人去看。")
        asyncio.run(CHANNELS["sms"].send(text, account, played.state(account), now=clock.now()))
        sent = httpx.get(str(account.settings["url"]).replace("/sms/send", "/standin/sent"), trust_env=False).json()
    assert [each["text"] for each in sent["sent"]] == ["【玉泉区12345】您反映的井盖已派人去看。"]


def test_the_same_matter_told_by_several_is_joined(played: Desk) -> None:
    with played.database.read() as session:
        together = [sorted(ticket.sender for ticket in case.tickets) for case in session.scalars(select(Case))]
    assert ["resident-008", "resident-009", "resident-010"] in together


def test_every_act_has_the_time_that_was_played(played: Desk) -> None:
    with played.database.read() as session:
        for case in session.scalars(select(Case)):
            steps = select(Step.at).where(Step.case_id == case.id).order_by(Step.id)
            moments = list(session.scalars(steps))
            assert moments == sorted(moments)
            assert case.opened_at <= moments[-1] <= NOW
    assert played.now() == NOW


def test_no_alarm_of_before_yesterday_rings_on(played: Desk) -> None:
    with played.database.read() as session:
        alarms = list(session.scalars(select(Alert).where(Alert.raised_at < NOW - timedelta(days=2))))
    assert alarms
    assert {each.state for each in alarms} <= {"acknowledged", "over"}


def test_an_alarm_of_today_calls_who_is_on_duty(played: Desk) -> None:
    with played.database.read() as session:
        first = duty.on_duty(session, now=NOW)[0]
        ringing = session.scalars(select(Alert).where(Alert.state == "open", Alert.kind == "emergency"))
        called = [alert.calls[0].user_id for alert in ringing]
    assert called
    assert set(called) == {first.user.id}


def test_no_clock_of_history_runs_on(played: Desk) -> None:
    with played.database.read() as session:
        running = select(func.count(Clock.id)).where(Clock.state != "stopped", Clock.started_at < LONG_AGO)
        assert session.scalar(running) == 0


def test_nothing_said_to_residents_waits_to_be_sent(played: Desk) -> None:
    """Who has no line back is to be told (``to_tell``) by whoever calls him."""
    with played.database.read() as session:
        stood = set(session.execute(select(Delivery.channel, Delivery.state)))
    assert {state for _, state in stood} == {"sent", "to_tell"}
    assert {channel for channel, state in stood if state == "to_tell"} <= {"hotline", "walk_in", "web"}


def test_a_home_that_has_played_keeps_what_is_there(played: Desk) -> None:
    before = everything(played)
    play.play(played, lambda _: None)
    assert everything(played) == before


def test_a_play_that_was_stopped_goes_on_with_the_messages_it_has_not_had(desk: DeskWithReader) -> None:
    whole = messages_in([*samples.history(desk, NOW), *samples.today(desk, NOW)])
    desk.reader = Reader(patience=12)
    with pytest.raises(Stopped):
        play.play(desk, lambda _: None)
    assert 0 < everything(desk)["messages"] < whole
    desk.reader = Reader()
    play.play(desk, lambda _: None)
    assert everything(desk)["messages"] == whole


def test_a_play_continued_an_hour_later_makes_no_second_wording_of_what_it_had(desk: DeskWithReader) -> None:
    whole = messages_in([*samples.history(desk, NOW), *samples.today(desk, NOW)])
    desk.reader = Reader(stops_at="雨水篦子")
    with pytest.raises(Stopped):
        play.play(desk, lambda _: None)
    desk.reader, desk.now = Reader(), lambda: NOW + timedelta(hours=1)
    play.play(desk, lambda _: None)
    after = everything(desk)
    assert (after["messages"], after["city_orders"], after["quarantine"]) == (whole, 3, 1)


def test_samples_of_today_carry_todays_date(desk: Desk) -> None:
    found = samples.today(desk, NOW)
    assert max(sample.at for sample in found) < NOW
    letter = next(sample for sample in found if sample.account.channel == "mailbox")
    assert b"Date: " in letter.payload
    assert date(2026, 9, 14) <= letter.at.date() <= date(2026, 9, 15)
    assert f"{letter.at:%d %b %Y}".encode() in letter.payload


def test_a_pack_without_samples_plays_nothing(desk: Desk) -> None:
    shutil.rmtree(desk.district.folder / "samples")
    play.play(desk, lambda _: None)
    assert everything(desk)["messages"] == 0
