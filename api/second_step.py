"""A member of staff's authenticator app (动态验证码): set up, asked for, taken away; guessing is braked.

His password is asked for before anything about it changes: who finds a desk left open can neither shut its owner out
nor take his second factor away. Whoever has lost app and codes is helped by an administrator, on record.
"""

from __future__ import annotations

from dataclasses import dataclass

import segno
from sqlalchemy.orm import Session

from api.brake import Brake
from api.desk import Desk
from api.errors import Forbidden
from api.secret_box import CannotUnseal
from api.sign_in_problems import UnfitFactor, WrongCode
from casework import recording
from casework.actors import Actor
from district.schemas import Role
from storage import audit, identity, second_factor
from storage.identity import User
from storage.second_factor import SecondFactor

AT_MOST = 10
"""Wrong codes of one user within the brake's window; a code has a million values and holds for a minute and a half."""
_codes = Brake()
_passwords = Brake()


@dataclass(frozen=True, slots=True)
class Proposal:
    """A secret to be put into an app: as a picture to scan, and as words to type."""

    picture: str
    """The QR code as a ``data:`` address of an SVG."""
    key: str


@dataclass(frozen=True, slots=True)
class State:
    """What a user's page says of it."""

    on: bool
    required: bool
    codes_left: int
    may: bool
    """Whether he can turn it on: not where many share the account."""


def is_in_force(desk: Desk, user_id: str) -> bool:
    """Whether this user signs in with a code."""
    with desk.database.read() as session:
        return second_factor.in_force(session, user_id) is not None


def is_required(desk: Desk, user: User) -> bool:
    """Whether the user's role signs in with a code. Who uses the demo does not: all of them share its passwords."""
    return not user.demo and user.role in desk.settings.totp_roles


def state(desk: Desk, user_id: str) -> State:
    """What his page says."""
    with desk.database.read() as session:
        user = session.get_one(User, user_id)
        on = second_factor.in_force(session, user_id) is not None
        left = second_factor.codes_left(session, user_id)
        return State(on, is_required(desk, user), left, not user.demo)


def check(desk: Desk, user: User, code: str) -> None:
    """Take the user's code, once.

    Raises ``WrongCode``, ``Forbidden`` after too many of them, and ``CannotUnseal`` where only a recovery code serves.
    """
    now, limits = desk.now(), {user.id: AT_MOST}
    if not _codes.count(limits, now=now):
        raise Forbidden("验证码输错次数过多，请十分钟后再试")
    with desk.database.write.begin() as session:
        row = second_factor.in_force(session, user.id)
        secret = _opened(desk, row) if row else None
        taken = second_factor.take_code(session, user.id, secret, code, now=now) if row else None
        if taken != "code":
            act = "use_recovery_code" if taken else "refuse_code"
            _record(session, desk, user.id, user.role, act, user.id)
    if taken is None:
        raise WrongCode if secret else CannotUnseal
    _codes.forgive(limits, at=now)


def _opened(desk: Desk, row: SecondFactor) -> str | None:
    """The secret; None where the key is another one now."""
    try:
        return desk.secret_box.open(row.secret)
    except CannotUnseal:
        return None


def propose(desk: Desk, user_id: str, password: str) -> Proposal:
    """A new secret, in force once a code of it was given. Raises ``UnfitFactor`` and ``Forbidden``."""
    user = _proven(desk, user_id, password)
    if user.demo:
        raise UnfitFactor("演示用户由大家共用，不能开启动态验证码")
    secret = second_factor.new_secret()
    with desk.database.write.begin() as session:
        if not second_factor.propose(session, user_id, desk.secret_box.seal(secret), now=desk.now()):
            raise UnfitFactor("动态验证码已经开启；要换手机，请先关闭再重新开启")
    return _shown(desk, user, secret)


def proposal(desk: Desk, user_id: str) -> Proposal:
    """The secret that waits for its first code, shown again. Raises ``UnfitFactor``."""
    with desk.database.read() as session:
        row, user = second_factor.proposed(session, user_id), session.get_one(User, user_id)
    if row is None:
        raise UnfitFactor("请从头开启动态验证码")
    return _shown(desk, user, desk.secret_box.open(row.secret))


def confirm(desk: Desk, actor: Actor, code: str) -> list[str]:
    """Put it in force by a first code. Return the recovery codes. Raises ``WrongCode`` and ``UnfitFactor``."""
    now, limits = desk.now(), {actor.id: AT_MOST}
    if not _codes.count(limits, now=now):
        raise Forbidden("验证码输错次数过多，请十分钟后再试")
    with desk.database.write.begin() as session:
        row = second_factor.proposed(session, actor.id)
        if row is None:
            raise UnfitFactor("请从头开启动态验证码")
        secret = desk.secret_box.open(row.secret)
        codes = second_factor.confirm(session, actor.id, secret, code, now=now)
        if codes is not None:
            _record(session, desk, actor.id, actor.role, "turn_on_totp", actor.id)
    if codes is None:
        raise WrongCode
    _codes.forgive(limits, at=now)
    return codes


def turn_off(desk: Desk, actor: Actor, password: str, code: str) -> None:
    """Take it away, by password and code. Raises ``UnfitFactor``, ``WrongCode`` and ``Forbidden``."""
    user = _proven(desk, actor.id, password)
    check(desk, user, code)
    with desk.database.write.begin() as session:
        second_factor.take_away(session, actor.id)
        _record(session, desk, actor.id, actor.role, "turn_off_totp", actor.id)


def renew_codes(desk: Desk, actor: Actor, code: str) -> list[str]:
    """Ten new recovery codes, by a code. Raises ``WrongCode`` and ``Forbidden``."""
    with desk.database.read() as session:
        user = session.get_one(User, actor.id)
    check(desk, user, code)
    with desk.database.write.begin() as session:
        codes = second_factor.renew_codes(session, actor.id)
        _record(session, desk, actor.id, actor.role, "renew_recovery_codes", actor.id)
    return codes


def reset(session: Session, desk: Desk, login: str, *, actor: Actor) -> bool:
    """Take it from somebody who lost his telephone; whether he had one. Raises ``UnknownRow``.

    He signs in by his password alone from then on, and where his role must, sets it up anew at once.
    """
    user = identity.find_user(session, login)
    had = second_factor.take_away(session, user.id)
    recording.record(session, actor, "reset_totp", "user", user.id, now=desk.now(), details={"had": had})
    return had


def _proven(desk: Desk, user_id: str, password: str) -> User:
    now, limits = desk.now(), {user_id: AT_MOST}
    if not _passwords.count(limits, now=now):
        raise Forbidden("密码输错次数过多，请十分钟后再试")
    with desk.database.read() as session:
        user = session.get_one(User, user_id)
    if not identity.fits(user, password):
        raise UnfitFactor("现在的密码不正确")
    _passwords.forgive(limits, at=now)
    return user


def _shown(desk: Desk, user: User, secret: str) -> Proposal:
    issuer = f"应声 {desk.district.manifest.desk}"
    address = second_factor.address_for_app(secret, login=user.login, issuer=issuer)
    picture = segno.make(address, error="m").svg_data_uri(scale=5, border=4, dark="#000", light="#fff")
    return Proposal(picture, " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)))


def _record(session: Session, desk: Desk, actor: str, role: Role | str, act: str, user_id: str) -> None:
    now = desk.now()
    audit.record(session, actor=actor, role=str(role), act=act, subject="user", subject_id=user_id, now=now)
