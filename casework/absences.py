"""Absence with a stand-in (请假代理): who is away, and who acts in his place meanwhile.

Work is a unit's or a role's here, not a person's, so colleagues of the same role go on without anything being set.
What stops when one person is away is what his role alone may do: a unit's only lead decides its officers' answers.
So a stand-in of the unit, an officer among them, decides in the lead's place while no lead of the unit is at work; he
acts under his own id as "代" the absent, and never on what he or the absent asked. Calls of the duty roster go to the
stand-in too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from casework import recording
from casework.actors import UNIT_ROLES, Actor
from casework.errors import NotAllowed
from casework.people_errors import AbsenceOver, UnfitAbsence, UnknownAbsence
from casework.people_tables import Absence
from district.pack import District
from district.schemas import Role
from storage.database import is_id
from storage.identity import User, find_user

LONGEST = timedelta(days=366)
STAND_INS = {
    Role.UNIT_OFFICER: frozenset({Role.UNIT_OFFICER, Role.UNIT_LEAD}),
    Role.UNIT_LEAD: frozenset({Role.UNIT_LEAD, Role.UNIT_OFFICER}),
}
"""Who may stand in for a unit's role; for any other role only somebody of the same."""


@dataclass(frozen=True, slots=True)
class Away:
    """An absence with the names of both."""

    absence: Absence
    user: User
    stand_in: User

    def in_force(self, now: datetime) -> bool:
        """Whether he is away now: from the first moment to before the last."""
        absence = self.absence
        return absence.ended_at is None and absence.starts <= now < absence.ends


def _in_force(now: datetime) -> ColumnElement[bool]:
    return and_(Absence.ended_at.is_(None), Absence.starts <= now, Absence.ends > now)


def is_away(session: Session, user_id: str, *, now: datetime) -> bool:
    """Whether this user is away now."""
    return session.scalar(select(Absence.id).where(Absence.user_id == user_id, _in_force(now)).limit(1)) is not None


def _may_enter(district: District, actor: Actor, user: User) -> bool:
    """For himself; a lead for his unit and those below; an administrator for everybody."""
    if actor.id == user.id or actor.role is Role.ADMINISTRATOR:
        return True
    return actor.role is Role.UNIT_LEAD and bool(user.unit) and user.unit in district.units.descendants(actor.unit)


def _check_stand_in(user: User, stand_in: User) -> None:
    if stand_in.id == user.id:
        raise UnfitAbsence("不能自己代理自己，请另选一位")
    if stand_in.disabled:
        raise UnfitAbsence(f"{stand_in.name}的账号已停用，请另选代理人")
    if stand_in.unit != user.unit:
        raise UnfitAbsence(f"代理人须与请假人在同一单位，{stand_in.name}不在")
    allowed = STAND_INS.get(Role(user.role), frozenset({Role(user.role)}))
    if Role(stand_in.role) not in allowed:
        raise UnfitAbsence(f"{stand_in.name}的角色不能代理这项工作，请选同一角色或单位负责人")


def _overlapping(session: Session, starts: datetime, ends: datetime, *users: str) -> Sequence[Absence]:
    query = select(Absence).where(
        Absence.ended_at.is_(None),
        Absence.starts < ends,
        Absence.ends > starts,
        or_(Absence.user_id.in_(users), Absence.stand_in_id.in_(users)),
    )
    return list(session.scalars(query))


def enter(
    session: Session,
    district: District,
    login: str,
    stand_in_login: str,
    *,
    starts: datetime,
    ends: datetime,
    actor: Actor,
    now: datetime,
    reason: str = "",
) -> Absence:
    """Enter an absence from ``starts`` to before ``ends`` with its stand-in.

    Raises ``NotAllowed``, ``UnfitAbsence`` (times; a stand-in of another unit, of a role that may not do the work,
    away himself) and ``UnknownRow`` for a login that is nobody's.
    """
    user = find_user(session, login)
    if not _may_enter(district, actor, user):
        raise NotAllowed("登记请假", "只能登记自己的；单位负责人可登记本单位的，管理员可登记所有人的")
    stand_in = find_user(session, stand_in_login)
    _check_stand_in(user, stand_in)
    if ends <= starts or ends <= now:
        raise UnfitAbsence("结束时间须在开始时间和现在之后")
    if ends - starts > LONGEST:
        raise UnfitAbsence("一次最长一年，请分段登记")
    for other in _overlapping(session, starts, ends, user.id, stand_in.id):
        if other.user_id == user.id:
            raise UnfitAbsence(f"{user.name}在这段时间已有请假，请先销假")
        if other.user_id == stand_in.id:
            raise UnfitAbsence(f"{stand_in.name}在这段时间自己也请假，请另选代理人")
        if other.stand_in_id == user.id:
            raise UnfitAbsence(f"{user.name}在这段时间正代理他人，请先为那一位另定代理人")
    absence = Absence(
        user_id=user.id,
        stand_in_id=stand_in.id,
        starts=starts,
        ends=ends,
        reason=reason.strip()[:200],
        entered_by=actor.id,
        entered_at=now,
    )
    session.add(absence)
    session.flush()
    _record(session, absence, "enter_absence", actor, now=now)
    return absence


def end(session: Session, district: District, key: str, *, actor: Actor, now: datetime) -> Absence:
    """销假: he is back, or the absence is taken back. Raises ``UnknownAbsence``, ``NotAllowed``, ``AbsenceOver``."""
    absence = session.get(Absence, key) if is_id(key) else None
    if absence is None:
        raise UnknownAbsence(key)
    user = session.get_one(User, absence.user_id)
    if not _may_enter(district, actor, user):
        if actor.role in UNIT_ROLES and actor.unit != user.unit:
            raise UnknownAbsence(key)  # another unit's: not even that there is one
        raise NotAllowed("销假", "只能由本人、本单位负责人或管理员办理")
    if absence.ended_at is not None or absence.ends <= now:
        raise AbsenceOver
    absence.ended_at = now
    _record(session, absence, "end_absence", actor, now=now)
    return absence


def _record(session: Session, absence: Absence, act: str, actor: Actor, *, now: datetime) -> None:
    details = {
        "user": absence.user_id,
        "stand_in": absence.stand_in_id,
        "starts": absence.starts.isoformat(),
        "ends": absence.ends.isoformat(),
    }
    recording.record(session, actor, act, "absence", absence.id, now=now, topic="absences", details=details)


def listed(session: Session, district: District, actor: Actor, *, now: datetime) -> list[Away]:
    """Absences that run or are to come and concern the actor: his own, those he stands in for, those he may enter."""
    query = (
        select(Absence, User)
        .join(User, User.id == Absence.user_id)
        .where(Absence.ended_at.is_(None), Absence.ends > now)
        .order_by(Absence.starts, Absence.id)
    )
    found = []
    for absence, user in session.execute(query):
        if actor.id == absence.stand_in_id or _may_enter(district, actor, user):
            found.append(Away(absence, user, session.get_one(User, absence.stand_in_id)))
    return found


def candidates(session: Session, district: District, actor: Actor) -> list[User]:
    """Staff for whom the actor may enter an absence, and who may stand in for them; for the form's lists."""
    query = select(User).where(User.disabled.is_(False)).order_by(User.unit, User.role, User.login)
    if actor.role is not Role.ADMINISTRATOR:
        units = district.units.descendants(actor.unit) if actor.role is Role.UNIT_LEAD else {actor.unit}
        query = query.where(User.unit.in_(units))
    if actor.role not in UNIT_ROLES | {Role.ADMINISTRATOR}:
        query = query.where(User.role == str(actor.role))
    return list(session.scalars(query))


def standing_in(session: Session, actor: Actor, *, now: datetime) -> list[User]:
    """Those in whose place the actor acts now."""
    query = (
        select(User)
        .join(Absence, Absence.user_id == User.id)
        .where(Absence.stand_in_id == actor.id, _in_force(now))
        .order_by(Absence.starts)
    )
    return list(session.scalars(query)) if is_id(actor.id) else []


def in_place_of(session: Session, user_id: str, *, now: datetime) -> User | None:
    """Who stands in for this user now; None while he is at work."""
    query = select(User).join(Absence, Absence.stand_in_id == User.id).where(Absence.user_id == user_id, _in_force(now))
    return session.scalar(query.limit(1)) if is_id(user_id) else None


def acting(session: Session, actor: Actor, roles: Sequence[Role], *, now: datetime) -> Actor:
    """The actor, or, where his own role is none of ``roles``, he as the stand-in (代) of somebody whose role is.

    Only while nobody of that role in the unit is at work: with a second lead there, the stand-in is not needed.
    """
    if actor.role in roles:
        return actor
    for absent in standing_in(session, actor, now=now):
        role = Role(absent.role)
        if role in roles and absent.unit == actor.unit and not _somebody_at_work(session, absent, now=now):
            return replace(actor, role=role, name=f"{actor.name}（代{absent.name}）"[:60], stands_for=absent.id)
    return actor


def _somebody_at_work(session: Session, absent: User, *, now: datetime) -> bool:
    away = select(Absence.user_id).where(_in_force(now))
    query = select(User.id).where(
        User.unit == absent.unit, User.role == absent.role, User.disabled.is_(False), User.id.not_in(away)
    )
    return session.scalar(query.limit(1)) is not None
