"""The duty roster (值班): who is on duty when, and in which order they are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import absences, recording
from casework.actors import Actor
from casework.errors import NotAllowed
from casework.people_errors import UnfitRoster, UnknownShift
from casework.people_tables import DutyShift
from district.schemas import Role
from storage.database import is_id
from storage.identity import User, known

KEEPS = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR, Role.SYSTEM})
"""Who keeps the roster."""
SERVES = frozenset({Role.AGENT, Role.DISPATCHER, Role.CALLBACK_AGENT, Role.SUPERVISOR, Role.ADMINISTRATOR})
"""Roles that may be on duty: an alert may be about any case, and a unit sees its own alone."""
READS = SERVES | {Role.AUDITOR}
"""Who reads the roster, which has the phones of colleagues: the desk's, and auditors."""
LONGEST = timedelta(hours=48)
MOST_POSITION = 20


@dataclass(frozen=True, slots=True)
class Shift:
    """One line to enter: from ``starts`` to before ``ends``; the lowest position is called first."""

    starts: datetime
    ends: datetime
    login: str
    position: int = 1
    phone: str = ""


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Somebody to be called now: he himself, or who stands in for him (代)."""

    user: User
    name: str
    phone: str
    position: int


def check_reader(actor: Actor) -> None:
    """Raises ``NotAllowed`` for who has nothing to do with the roster."""
    if actor.role not in READS:
        raise NotAllowed("查看值班", "由热线中心人员查看")


def _check(actor: Actor) -> None:
    if actor.role not in KEEPS:
        raise NotAllowed("编排值班", "由督办或管理员办理")


def _fault(session: Session, shift: Shift, user: User | None) -> str:
    if user is None or user.disabled:
        return f"没有用户“{shift.login}”，或其账号已停用"
    if Role(user.role) not in SERVES:
        return f"{user.name}的角色不能值班：告警可能涉及任何办件，值班须由热线中心人员担任"
    return _fault_of_times(shift) or _overlap(session, shift, user)


def _fault_of_times(shift: Shift) -> str:
    if shift.ends <= shift.starts:
        return "结束时间须在开始时间之后"
    if shift.ends - shift.starts > LONGEST:
        return "一班最长 48 小时，请分成几班"
    return "" if 1 <= shift.position <= MOST_POSITION else f"呼叫顺序应为 1 至 {MOST_POSITION}"


def _overlap(session: Session, shift: Shift, user: User) -> str:
    query = select(DutyShift).where(DutyShift.starts < shift.ends, DutyShift.ends > shift.starts)
    for other in session.scalars(query):
        if other.user_id == user.id:
            return f"{user.name}在这段时间已有值班"
        if other.position == shift.position:
            return f"这段时间第 {shift.position} 位已排有他人"
    return ""


def enter(session: Session, shifts: Sequence[tuple[str, Shift]], *, actor: Actor, now: datetime) -> list[DutyShift]:
    """Enter shifts, all or none; each comes with where it stands (``第 3 行``, or nothing for a single one).

    Raises ``NotAllowed``, and ``UnfitRoster`` with every line that does not fit and why.
    """
    _check(actor)
    made: list[DutyShift] = []
    faults = []
    for where, shift in shifts:
        user = known(session, shift.login)
        if fault := _fault(session, shift, user):
            faults.append(f"{where}：{fault}" if where else fault)
        if fault or user is None:
            continue
        row = DutyShift(
            starts=shift.starts,
            ends=shift.ends,
            position=shift.position,
            user_id=user.id,
            phone=shift.phone or user.phone,
            entered_by=actor.id,
        )
        session.add(row)
        session.flush()
        made.append(row)
    if faults or not made:
        raise UnfitRoster("；".join(faults[:10]) or "没有一班可以登记")
    for row in made:
        _record(session, row, "enter_shift", actor, now=now)
    return made


def strike(session: Session, key: str, *, actor: Actor, now: datetime) -> None:
    """Take a shift off the roster. Raises ``NotAllowed`` and ``UnknownShift``."""
    _check(actor)
    row = session.get(DutyShift, key) if is_id(key) else None
    if row is None:
        raise UnknownShift(key)
    _record(session, row, "strike_shift", actor, now=now)
    session.delete(row)


def _record(session: Session, row: DutyShift, act: str, actor: Actor, *, now: datetime) -> None:
    details = {
        "user": row.user_id,
        "starts": row.starts.isoformat(),
        "ends": row.ends.isoformat(),
        "position": row.position,
    }
    recording.record(session, actor, act, "duty_shift", row.id, now=now, topic="duty_shifts", details=details)


def roster(session: Session, *, start: datetime, end: datetime) -> list[tuple[DutyShift, User]]:
    """The shifts that touch the time from ``start`` to before ``end``, in order."""
    query = (
        select(DutyShift, User)
        .join(User, User.id == DutyShift.user_id)
        .where(DutyShift.starts < end, DutyShift.ends > start)
        .order_by(DutyShift.starts, DutyShift.position, DutyShift.id)
    )
    return [(shift, user) for shift, user in session.execute(query)]


def first_gap(session: Session, *, start: datetime, end: datetime) -> tuple[datetime, datetime] | None:
    """The first time from ``start`` to before ``end`` in which nobody is on duty, and its end; None: never."""
    covered = start
    for shift, user in roster(session, start=start, end=end):
        if shift.starts > covered:
            return covered, shift.starts
        if not user.disabled:
            covered = max(covered, shift.ends)
    return None if covered >= end else (covered, end)


def on_duty(session: Session, *, now: datetime) -> list[OnDuty]:
    """Who is on duty now in the order of call; for who is away his stand-in; nobody twice, nobody disabled."""
    found: dict[str, OnDuty] = {}
    for shift, user in sorted(roster(session, start=now, end=now + timedelta(microseconds=1)), key=_order):
        called, name, phone = user, user.name, shift.phone
        if (instead := absences.in_place_of(session, user.id, now=now)) is not None:
            called, name, phone = instead, f"{instead.name}（代{user.name}）"[:60], instead.phone
        if not called.disabled:
            found.setdefault(called.id, OnDuty(called, name, phone, shift.position))
    return list(found.values())


def _order(line: tuple[DutyShift, User]) -> tuple[int, str]:
    return line[0].position, line[0].id
