"""One member of staff at a time, as an administrator changes him: added, changed, shut out, let in, given a password.

One administrator is always left. Each act is on record; a password is told once, to whoever hands it over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from casework import at_desk, recording
from casework.actors import Actor
from casework.errors import NotAllowed
from casework.people_errors import LastAdministrator, UnfitStaffList
from casework.staff import faults_of
from district.pack import District
from district.schemas import Role
from storage import identity, sign_ins
from storage.errors import UnknownRow
from storage.identity import User

SEES = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})
STATES = {"active": "启用", "one_time": "待改密码", "disabled": "停用"}
PAGE = 50


@dataclass(frozen=True, slots=True)
class Person:
    """What is written down of a member of staff; ``unit`` is a code or a name."""

    name: str
    role: str
    unit: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Sought:
    """Which members of staff a list shows."""

    words: str = ""
    role: str = ""
    state: str = ""
    unit: str = ""


def check_sees(actor: Actor) -> None:
    """Raises ``NotAllowed`` for who has no business with the staff."""
    if actor.role not in SEES:
        raise NotAllowed("查看用户", "由管理员办理，审计员可查看")


def _check(actor: Actor) -> None:
    if actor.role is not Role.ADMINISTRATOR:
        raise NotAllowed("管理用户", "由管理员办理")


def find(
    session: Session, sought: Sought, *, actor: Actor, after: str = "", limit: int = PAGE
) -> tuple[Sequence[User], str]:
    """A page of users by login, and where the next begins. Raises ``NotAllowed``."""
    check_sees(actor)
    wanted: list[ColumnElement[bool]] = []
    if sought.words:
        words = sought.words.strip()
        wanted.append(or_(User.login.icontains(words, autoescape=True), User.name.icontains(words, autoescape=True)))
    if sought.role:
        wanted.append(User.role == sought.role)
    if sought.unit:
        wanted.append(User.unit == sought.unit)
    if sought.state == "disabled":
        wanted.append(User.disabled.is_(True))
    elif sought.state == "one_time":
        wanted.append(and_(User.disabled.is_(False), User.one_time.is_(True)))
    elif sought.state == "active":
        wanted.append(User.disabled.is_(False))
    if after:
        wanted.append(User.login > after)
    found = list(session.scalars(select(User).where(*wanted).order_by(User.login).limit(limit + 1)))
    return found[:limit], found[limit - 1].login if len(found) > limit else ""


def get(session: Session, key: str, *, actor: Actor) -> User:
    """One by key. Raises ``NotAllowed`` and ``UnknownRow``."""
    check_sees(actor)
    return _get(session, key)


def _get(session: Session, key: str) -> User:
    user = session.get(User, key)
    if user is None:
        raise UnknownRow("user", key)
    return user


def add(
    session: Session,
    district: District,
    login: str,
    person: Person,
    password_hash: str,
    *,
    actor: Actor,
    now: datetime,
) -> User:
    """Add somebody with a one-time password. Raises ``NotAllowed``, ``UnfitStaffList`` and ``LoginTaken``."""
    _check(actor)
    cells = _fit(district, login, person, now=now)
    user = identity.add_with_one_time_password(session, **cells, password_hash=password_hash, now=now)
    _record(session, user, "add_user", actor, now=now, role=user.role, unit=user.unit)
    return user


def change(session: Session, district: District, key: str, person: Person, *, actor: Actor, now: datetime) -> list[str]:
    """Write him down anew. Return which fields changed.

    Raises ``NotAllowed``, ``UnknownRow``, ``UnfitStaffList``, and ``LastAdministrator``.
    """
    _check(actor)
    user = _get(session, key)
    cells = _fit(district, user.login, person, now=now)
    changed = sorted(name for name, value in cells.items() if getattr(user, name) != value)
    if "role" in changed and user.role == Role.ADMINISTRATOR:
        _keep_another(session, user)
    for name in changed:
        setattr(user, name, cells[name])
    if changed:
        told = {name: cells[name] for name in ("role", "unit") if name in changed}
        _record(session, user, "change_user", actor, now=now, fields=changed, **told)
    return changed


def disable(session: Session, key: str, *, actor: Actor, now: datetime) -> User:
    """Shut him out at once; what he had claimed goes back.

    Raises ``NotAllowed``, ``UnknownRow`` and ``LastAdministrator``.
    """
    _check(actor)
    user = _get(session, key)
    if not user.disabled:
        if user.role == Role.ADMINISTRATOR:
            _keep_another(session, user)
        identity.disable(session, user.login)
        at_desk.signed_out(session, user.id, now=now)
        _record(session, user, "disable_user", actor, now=now)
    return user


def enable(session: Session, key: str, *, actor: Actor, now: datetime) -> User:
    """Let him in again, by the password he had. Raises ``NotAllowed`` and ``UnknownRow``."""
    _check(actor)
    user = _get(session, key)
    if user.disabled:
        user.disabled = False
        _record(session, user, "enable_user", actor, now=now)
    return user


def give_password(session: Session, key: str, password_hash: str, *, actor: Actor, now: datetime) -> User:
    """A one-time password in place of his own; his sessions end, and what he had claimed goes back.

    Raises ``NotAllowed`` and ``UnknownRow``.
    """
    _check(actor)
    user = _get(session, key)
    user.password_hash, user.one_time, user.demo = password_hash, True, False
    identity.close_sessions(session, user.id)
    at_desk.signed_out(session, user.id, now=now)
    _record(session, user, "reset_password", actor, now=now)
    return user


def end_sessions(session: Session, key: str, *, actor: Actor, now: datetime) -> int:
    """Sign him out everywhere; what he had claimed goes back. Return of how many places.

    Raises ``NotAllowed`` and ``UnknownRow``.
    """
    _check(actor)
    user = _get(session, key)
    ended = identity.close_sessions(session, user.id)
    at_desk.signed_out(session, user.id, now=now)
    if ended:
        _record(session, user, "end_sessions", actor, now=now, ended=ended)
    return ended


def let_in(session: Session, login: str, address: str, *, actor: Actor, now: datetime) -> bool:
    """Release who is kept out after too many wrong passwords; whether he was. Raises ``NotAllowed``."""
    _check(actor)
    released = sign_ins.release(session, login, address, now=now)
    if released:
        user = identity.known(session, login) if login else None
        key = user.id if user is not None else address[:80]
        recording.record(session, actor, "release_lock_out", "user" if user else "address", key, now=now)
    return released


def _fit(district: District, login: str, person: Person, *, now: datetime) -> dict[str, str]:
    cells = {name: str(value).strip() for name, value in {"login": login, **asdict(person)}.items()}
    if cells["role"] in (Role.RESIDENT, Role.SYSTEM) or cells["role"] not in set(Role):
        cells["role"] = f"?{cells['role']}"
    if faults := faults_of(cells, district, now=now):
        raise UnfitStaffList("；".join(faults))
    return cells


def _keep_another(session: Session, user: User) -> None:
    """Their rows are held: of two who shut each other out at once the second waits, and is refused."""
    admins = select(User.id).where(User.role == Role.ADMINISTRATOR, User.disabled.is_(False)).order_by(User.id)
    if not set(session.scalars(admins.with_for_update())) - {user.id}:
        raise LastAdministrator


def _record(session: Session, user: User, act: str, actor: Actor, *, now: datetime, **details: object) -> None:
    recording.record(session, actor, act, "user", user.id, now=now, details=details)
