"""Stored notices of the day (通告): entered, changed, ended and withdrawn by knowledge editors and units' leads.

A notice is to come, in force or over by the clock alone, unless it is withdrawn. What is over stays as it was told.
Times are aware; every act is in the audit and in the change log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from district.pack import District
from district.process import Role
from district.schemas import UnitKind
from district.units import UnitNotMeant
from district.visible import stripped
from knowledge.acts import Acting
from knowledge.bot_tables import DayNotice
from knowledge.errors import ForeignNotice, NoticeChanged, NoticeNotFound, NoticeStateRefused, RoleRefused, UnfitNotice
from knowledge.notices import SUBJECTS, Notice, parts_of, subjects_of
from storage import audit, change_log
from storage.database import is_id, new_id
from storage.numbers import next_number

TOPIC = "day_notices"
State = Literal["current", "coming", "past", "withdrawn"]
STATES: dict[State, str] = {"current": "生效中", "coming": "即将开始", "past": "已结束", "withdrawn": "已撤回"}
LABELS = {"水": "停水", "电": "停电", "气": "停气", "热": "停暖", "路": "道路封闭", "网": "断网"}
"""What is off, for people."""
WRITES = frozenset({Role.KNOWLEDGE_EDITOR, Role.UNIT_LEAD})
LONGEST, WIDEST, SOURCE = 300, 200, 60
"""Characters of text, area and source."""
LASTING = timedelta(days=60)
FARTHEST = timedelta(days=366)
_PLACES = (UnitKind.STREET, UnitKind.COMMUNITY)


@dataclass(frozen=True, slots=True)
class NoticeText:
    """What a notice says. ``area`` names streets, communities and other places, divided by 、; empty is everywhere.

    ``subject`` may be empty where the text says what is off.
    """

    text: str
    begins: datetime
    ends: datetime
    unit: str
    area: str = ""
    subject: str = ""
    source: str = ""


def state_of(row: DayNotice, now: datetime) -> State:
    """Where it stands now."""
    if row.state == "withdrawn":
        return "withdrawn"
    return "coming" if now < row.begins else "past" if row.ends < now else "current"


def area_of(row: DayNotice, district: District) -> str:
    """Its places as people name them."""
    units = district.units
    return "、".join([*(units.name_of(code) or code for code in row.places), *parts_of(row.area)])


def may_write(district: District, actor: Acting, unit: str) -> bool:
    """Whether the actor enters and changes notices that this unit answers for."""
    if actor.role is Role.UNIT_LEAD:
        return unit in district.units.descendants(actor.unit)
    return actor.role in WRITES


def get(session: Session, key: str, *, hold: bool = False) -> DayNotice:
    """The notice by number or id, held against others if asked. Raises ``NoticeNotFound``."""
    wanted = or_(DayNotice.number == key, DayNotice.id == key) if is_id(key) else DayNotice.number == key
    query = select(DayNotice).where(wanted)
    row = session.scalar(query.with_for_update() if hold else query)
    if row is None:
        raise NoticeNotFound(key)
    return row


def _in_state(state: State, now: datetime) -> tuple[ColumnElement[bool], ...]:
    if state == "withdrawn":
        return (DayNotice.state == "withdrawn",)
    when: dict[State, tuple[ColumnElement[bool], ...]] = {
        "current": (DayNotice.begins <= now, DayNotice.ends >= now),
        "coming": (DayNotice.begins > now,),
        "past": (DayNotice.ends < now,),
    }
    return (DayNotice.state == "open", *when[state])


def listed(
    session: Session, state: State | None, *, now: datetime, after: str = "", limit: int = 50
) -> tuple[Sequence[DayNotice], str]:
    """Notices in this state (None for all), the latest entered first, and the cursor of the next page."""
    query = select(DayNotice).where(*(_in_state(state, now) if state else ())).order_by(DayNotice.id.desc())
    if is_id(after):
        query = query.where(DayNotice.id < after)
    rows = list(session.scalars(query.limit(limit + 1)))
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else ""


def in_force(session: Session, district: District, now: datetime) -> list[Notice]:
    """All that are in force now, the first to end first, as the bot tells them: in the district's zone."""
    rows = session.scalars(select(DayNotice).where(*_in_state("current", now)).order_by(DayNotice.ends, DayNotice.id))
    return [as_told(row, district) for row in rows]


def as_told(row: DayNotice, district: District) -> Notice:
    """A stored notice as the bot tells it."""
    zone = district.calendars.zone
    begins, ends = row.begins.astimezone(zone), row.ends.astimezone(zone)
    return Notice(row.text, area_of(row, district), begins, ends, row.subject, row.number)


def add(session: Session, district: District, given: NoticeText, *, actor: Acting, now: datetime) -> DayNotice:
    """A new notice. Raises ``RoleRefused``, ``ForeignNotice``, ``UnfitNotice``."""
    row = DayNotice(id=new_id(), created_at=now, created_by=actor.id, state="open", version=0)
    _fill(district, row, given, actor=actor, now=now)
    row.number = f"TG-{next_number(session, 'day_notice'):04d}"
    session.add(row)
    _record(session, row, "added", actor=actor, now=now)
    session.flush()
    return row


def entered(session: Session, district: District, given: NoticeText) -> bool:
    """Whether a notice that says the same is there and not withdrawn."""
    same = (
        DayNotice.text == stripped(given.text),
        DayNotice.begins == given.begins,
        DayNotice.ends == given.ends,
        DayNotice.unit == given.unit,
    )
    codes, rest = _placed(district, stripped(given.area))
    found = session.scalars(select(DayNotice).where(DayNotice.state == "open", *same))
    return any((row.places, row.area) == (codes, rest) for row in found)


def edit(
    session: Session,
    district: District,
    key: str,
    given: NoticeText,
    *,
    actor: Acting,
    now: datetime,
    base: int | None = None,
) -> DayNotice:
    """Change what is in force or to come; ``base`` is the version that was shown.

    Raises ``NoticeNotFound``, ``NoticeStateRefused``, ``NoticeChanged`` and what ``add`` raises.
    """
    row = _take(session, district, key, ("current", "coming"), "修改", actor=actor, now=now)
    if base is not None and base != row.version:
        raise NoticeChanged(row.number)
    _fill(district, row, given, actor=actor, now=now)
    _record(session, row, "changed", actor=actor, now=now)
    return row


def end(session: Session, district: District, key: str, *, actor: Acting, now: datetime) -> DayNotice:
    """It is over now, earlier than was said. Raises what ``edit`` raises, ``NoticeStateRefused`` unless in force."""
    row = _take(session, district, key, ("current",), "提前结束", actor=actor, now=now)
    row.ends = now - timedelta(microseconds=1)  # the last moment counts, and this one no more
    row.begins = min(row.begins, row.ends)
    _record(session, row, "ended", actor=actor, now=now)
    return row


def withdraw(session: Session, district: District, key: str, *, actor: Acting, now: datetime) -> DayNotice:
    """It was wrong: nobody is told any more. Raises what ``edit`` raises."""
    row = _take(session, district, key, ("current", "coming"), "撤回", actor=actor, now=now)
    row.state = "withdrawn"
    _record(session, row, "withdrawn", actor=actor, now=now)
    return row


def restore(session: Session, district: District, key: str, *, actor: Acting, now: datetime) -> DayNotice:
    """Undo of withdrawing. Raises what ``edit`` raises."""
    row = _take(session, district, key, ("withdrawn",), "恢复", actor=actor, now=now)
    row.state = "open"
    _record(session, row, "restored", actor=actor, now=now)
    return row


ACTS: dict[str, Callable[..., DayNotice]] = {"end": end, "withdraw": withdraw, "restore": restore}
"""What can be done to a notice without changing its words."""


def _take(
    session: Session,
    district: District,
    key: str,
    states: Sequence[State],
    wanted: str,
    *,
    actor: Acting,
    now: datetime,
) -> DayNotice:
    """The notice, held against others, for an act that the actor may do and its state allows."""
    row = get(session, key, hold=True)
    _check_writer(district, actor, row.unit)
    if (state := state_of(row, now)) not in states:
        raise NoticeStateRefused(row.number, STATES[state], wanted)
    return row


def _check_writer(district: District, actor: Acting, unit: str) -> None:
    if actor.role not in WRITES:
        raise RoleRefused("登记或改动通告", "知识管理员或责任单位负责人")
    if not may_write(district, actor, unit):
        raise ForeignNotice(unit)


def _fill(district: District, row: DayNotice, given: NoticeText, *, actor: Acting, now: datetime) -> None:
    text, area, source = (stripped(value) for value in (given.text, given.area, given.source))
    if problems := _problems(district, text, area, source, given, now):
        raise UnfitNotice("；".join(problems))
    unit = district.units.typed(given.unit).code
    _check_writer(district, actor, unit)
    codes, rest = _placed(district, area)
    row.text, row.source, row.unit = text, source, unit
    row.subject = given.subject or next(each for each in SUBJECTS if each in subjects_of(text))
    row.places, row.area = codes, rest
    row.begins, row.ends = given.begins, given.ends


def _problems(district: District, text: str, area: str, source: str, given: NoticeText, now: datetime) -> list[str]:
    """What is wrong with it, in words; empty if nothing is."""
    found = [
        f"{label}最多 {most} 个字"
        for label, value, most in (("通告内容", text, LONGEST), ("范围", area, WIDEST), ("来源", source, SOURCE))
        if len(value) > most
    ]
    if not text:
        found.append("通告内容没有填写")
    if any(map(_unstorable, (text, area, source))):
        found.append("文字中含有不能保存的字符")
    if given.subject and given.subject not in SUBJECTS:
        found.append(f"没有“{given.subject}”这类事项，可选：{'、'.join(SUBJECTS)}")
    elif text and not given.subject and not subjects_of(text):
        found.append("看不出停的是什么，请选择事项")
    return [*found, *_problem_of_unit(district, given.unit), *_problems_of_times(given.begins, given.ends, now)]


def _problem_of_unit(district: District, typed: str) -> Iterator[str]:
    try:
        district.units.typed(typed)
    except UnitNotMeant as problem:
        yield problem.sentence("责任单位")


def _problems_of_times(begins: datetime, ends: datetime, now: datetime) -> list[str]:
    if begins.tzinfo is None or ends.tzinfo is None:
        return ["时间缺少时区"]
    if ends <= begins:
        return ["结束时间须在开始时间之后"]
    found = []
    if ends - begins > LASTING:
        found.append(f"通告最长 {LASTING.days} 天，更久的请写成知识条目")
    if ends <= now:
        found.append("结束时间已经过去")
    if begins - now > FARTHEST:
        found.append("开始时间须在一年以内")
    return found


def _unstorable(text: str) -> bool:
    return "\0" in text or any("\ud800" <= character <= "\udfff" for character in text)


def _placed(district: District, area: str) -> tuple[list[str], str]:
    """The codes of the streets and communities that an area names, by name or code, and the rest in words."""
    codes: list[str] = []
    rest: list[str] = []
    for name in parts_of(area):
        unit = district.units.get(name) if name in district.units else district.units.by_name(name)
        if unit is not None and unit.kind in _PLACES:
            codes.append(unit.code)
        else:
            rest.append(name)
    return list(dict.fromkeys(codes)), "、".join(dict.fromkeys(rest))


def _record(session: Session, row: DayNotice, act: str, *, actor: Acting, now: datetime) -> None:
    """On record: who did it last, the audit, the change log."""
    row.version += 1
    row.updated_at, row.updated_by, row.updated_by_name = now, actor.id, actor.name
    audit.record(
        session,
        actor=actor.id,
        role=actor.role,
        act=f"day_notice.{act}",
        subject="day_notice",
        subject_id=row.id,
        now=now,
        details={"number": row.number, "unit": row.unit, "version": row.version},
    )
    change_log.record(session, TOPIC, row.id, act, now=now)
