"""Stored notices: entered within bounds, in force by the clock, ended and withdrawn ones never told; who may do it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from district.pack import District
from knowledge import day_notices
from knowledge.day_notices import NoticeText
from knowledge.errors import ForeignNotice, NoticeChanged, NoticeNotFound, NoticeStateRefused, RoleRefused, UnfitNotice
from knowledge.notices import about
from storage.audit import AuditRow
from storage.change_log import Change
from storage.database import Database
from tests.unit.knowledge.people import EDITOR, EVERYBODY, LEAD, OTHER_LEAD

HOUR = timedelta(hours=1)


def text(now: datetime, **changes: Any) -> NoticeText:
    given: dict[str, Any] = {
        "text": "管网抢修停水",
        "begins": now - HOUR,
        "ends": now + 5 * HOUR,
        "unit": "U001",
        "area": "玉泉街道、北里3号院",
    }
    return NoticeText(**(given | changes))


class Notices:
    """The acts in one transaction each, at moments of one's choice."""

    def __init__(self, database: Database, district: District, now: datetime) -> None:
        self.database, self.district, self.now = database, district, now

    def add(self, actor: Any = EDITOR, **changes: Any) -> str:
        with self.database.write.begin() as session:
            given = text(self.now, **changes)
            return day_notices.add(session, self.district, given, actor=actor, now=self.now).number

    def act(self, name: str, number: str, *, actor: Any = EDITOR, later: timedelta = timedelta(0)) -> None:
        with self.database.write.begin() as session:
            day_notices.ACTS[name](session, self.district, number, actor=actor, now=self.now + later)

    def edit(self, number: str, *, base: int | None = None, later: timedelta = timedelta(0), **changes: Any) -> None:
        with self.database.write.begin() as session:
            given, at = text(self.now, **changes), self.now + later
            day_notices.edit(session, self.district, number, given, actor=EDITOR, now=at, base=base)

    def told(self, message: str = "怎么停水了", *places: str, later: timedelta = timedelta(0)) -> list[str]:
        """The numbers of those told to a message."""
        at = self.now + later
        with self.database.read() as session:
            return [each.number for each in about(message, places, self._in_force(session, at), at)]

    def _in_force(self, session: Session, at: datetime) -> Any:
        return day_notices.in_force(session, self.district, at)

    def state(self, number: str, later: timedelta = timedelta(0)) -> str:
        with self.database.read() as session:
            return day_notices.state_of(day_notices.get(session, number), self.now + later)


@pytest.fixture
def notices(database: Database, district: District, now: datetime) -> Notices:
    return Notices(database, district, now)


def test_a_notice_is_to_come_in_force_and_over_by_the_clock_alone(notices: Notices) -> None:
    number = notices.add(begins=notices.now + HOUR)
    moments = (timedelta(0), HOUR, 5 * HOUR, 5 * HOUR + timedelta(seconds=1))
    assert [notices.state(number, at) for at in moments] == ["coming", "current", "current", "past"]
    assert [notices.told(later=at) for at in moments] == [[], [number], [number], []]


def test_it_is_told_in_the_districts_zone_with_its_streets_by_name(notices: Notices) -> None:
    notices.add()
    with notices.database.read() as session:
        (told,) = day_notices.in_force(session, notices.district, notices.now)
        row = day_notices.get(session, told.number)
    assert (row.places, row.area, row.subject) == (["U100"], "北里3号院", "水")
    assert told.said() == "【通告】管网抢修停水（玉泉街道、北里3号院） 预计03月24日 14:30结束。"


def test_it_is_told_where_it_holds_and_elsewhere_not(notices: Notices) -> None:
    number = notices.add()
    assert notices.told("停水了", "玉泉街道") == notices.told("北里3号院停水了") == notices.told("停水了") == [number]
    assert notices.told("停水了", "云溪街道") == []


def test_what_is_off_may_be_said_beside_a_text_that_does_not_say_it(notices: Notices) -> None:
    assert notices.told("怎么停电了") == []
    number = notices.add(text="线路检修，请提前准备", subject="电")
    assert notices.told("怎么停电了") == [number]


def test_ended_early_it_is_told_no_more_from_that_moment(notices: Notices) -> None:
    number = notices.add()
    notices.act("end", number)
    assert notices.told() == []
    assert notices.state(number) == "past"
    with pytest.raises(NoticeStateRefused):
        notices.act("end", number, later=HOUR)


def test_withdrawn_it_is_never_told_until_it_is_restored(notices: Notices) -> None:
    number = notices.add()
    notices.act("withdraw", number)
    assert (notices.told(), notices.state(number)) == ([], "withdrawn")
    with pytest.raises(NoticeStateRefused):
        notices.edit(number)
    notices.act("restore", number)
    assert notices.told() == [number]


def test_what_is_over_cannot_be_changed_and_what_is_to_come_not_ended(notices: Notices) -> None:
    over, coming = notices.add(), notices.add(begins=notices.now + HOUR)
    with pytest.raises(NoticeStateRefused):
        notices.edit(over, later=6 * HOUR)
    with pytest.raises(NoticeStateRefused):
        notices.act("end", coming)
    with pytest.raises(NoticeNotFound):
        notices.act("end", "TG-9999")


def test_a_change_on_an_older_version_is_refused(notices: Notices) -> None:
    number = notices.add()
    notices.edit(number, base=1, ends=notices.now + 2 * HOUR)
    with pytest.raises(NoticeChanged):
        notices.edit(number, base=1, ends=notices.now + 9 * HOUR)
    assert notices.state(number, 3 * HOUR) == "past"


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"text": " "}, "没有填写"),
        ({"text": "停水" * 151}, "最多 300"),
        ({"text": "停\0水"}, "不能保存"),
        ({"text": "停水\ud800"}, "不能保存"),
        ({"text": "请大家准备"}, "选择事项"),
        ({"subject": "水", "area": "甲" * 201}, "范围最多"),
        ({"source": "甲" * 61}, "来源最多"),
        ({"subject": "雨"}, "没有“雨”"),
        ({"unit": ""}, "责任单位没有填写"),
        ({"unit": "U999"}, "U999"),
        ({"ends": -2}, "结束时间须在开始时间之后"),
        ({"begins": -3, "ends": -1}, "已经过去"),
        ({"ends": 24 * 61}, "60 天"),
        ({"begins": 24 * 367, "ends": 24 * 368}, "一年以内"),
    ],
)
def test_what_cannot_be_told_is_refused_in_words(notices: Notices, changes: dict[str, Any], word: str) -> None:
    given = {name: notices.now + value * HOUR if isinstance(value, int) else value for name, value in changes.items()}
    with pytest.raises(UnfitNotice, match=word):
        notices.add(**given)


def test_times_without_a_zone_are_refused(notices: Notices) -> None:
    with pytest.raises(UnfitNotice, match="时区"):
        notices.add(begins=notices.now.replace(tzinfo=None))


def test_editors_write_all_and_leads_those_of_their_units(notices: Notices) -> None:
    number = notices.add(actor=LEAD)
    for actor in (OTHER_LEAD, replace(LEAD, unit="")):
        with pytest.raises(ForeignNotice):
            notices.add(actor=actor)
        with pytest.raises(ForeignNotice):
            notices.act("withdraw", number, actor=actor)
    for actor in EVERYBODY:
        if actor.role not in day_notices.WRITES:
            with pytest.raises(RoleRefused):
                notices.add(actor=actor)
    with pytest.raises(ForeignNotice), notices.database.write.begin() as session:  # nor given to another's unit
        given = text(notices.now, unit="U002")
        day_notices.edit(session, notices.district, number, given, actor=LEAD, now=notices.now)


def test_every_act_is_in_the_audit_and_in_the_change_log(notices: Notices) -> None:
    number = notices.add(actor=LEAD)
    notices.edit(number)
    notices.act("withdraw", number)
    notices.act("restore", number)
    notices.act("end", number)
    acts = ["added", "changed", "withdrawn", "restored", "ended"]
    with notices.database.read() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.subject == "day_notice").order_by(AuditRow.id)).all()
        changes = session.scalars(select(Change).where(Change.topic == day_notices.TOPIC).order_by(Change.id)).all()
    assert [row.act for row in rows] == [f"day_notice.{act}" for act in acts]
    assert [row.actor for row in rows] == [LEAD.id, *[EDITOR.id] * 4]
    assert [change.what for change in changes] == acts
    assert all("停水" not in str(row.details) for row in rows)


def test_lists_are_by_state_the_latest_first_page_by_page(notices: Notices) -> None:
    current = [notices.add() for _ in range(3)]
    coming, gone = notices.add(begins=notices.now + HOUR), notices.add()
    notices.act("withdraw", gone)
    with notices.database.read() as session:

        def listed(state: Any, **more: Any) -> tuple[list[str], str]:
            rows, cursor = day_notices.listed(session, state, now=notices.now, **more)
            return [row.number for row in rows], cursor

        first, cursor = listed("current", limit=2)
        assert first + listed("current", after=cursor)[0] == current[::-1]
        assert (listed("coming")[0], listed("past")[0], listed("withdrawn")[0]) == ([coming], [], [gone])
        assert len(listed(None)[0]) == 5
