"""The second step of signing in: codes of an authenticator app (动态验证码, RFC 6238) and recovery codes (恢复码).

The app's secret is kept sealed (the caller seals and opens it): who reads the database alone cannot make codes. A code
is good once: the row remembers the step of the last one taken, and takes only later ones. Recovery codes are kept as
hashes, are 80 bits long, and are good once each. Between password and code stands a half sign-in, which opens nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import unicodedata
from datetime import datetime, timedelta
from typing import Literal

import pyotp
from sqlalchemy import ForeignKey, Integer, String, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base, Key
from storage.identity import User

STEP = 30
"""Seconds for which an app shows one code."""
AROUND = (0, -1, 1)
"""Steps beside the present one that are taken: clocks of telephones are some seconds off."""
RECOVERY_CODES = 10
HALF_LENGTH = timedelta(minutes=5)
HALF_TRIES = 5
"""Wrong codes after which the password is asked again."""

Taken = Literal["code", "recovery"]


class SecondFactor(Base):
    """动态验证码 of one user; not in force before it is confirmed by a first code."""

    __tablename__ = "second_factors"

    user_id: Mapped[str] = mapped_column(Key, ForeignKey("users.id"), primary_key=True)
    secret: Mapped[str] = mapped_column(String(300), doc="sealed")
    last_step: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """恢复码: a hash, and when it was used."""

    __tablename__ = "recovery_codes"

    user_id: Mapped[str] = mapped_column(Key, ForeignKey("users.id"), primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    used_at: Mapped[datetime | None]


class HalfSignIn(Base):
    """A browser whose password was right and whose code is still to come. Only a hash of its token is kept."""

    __tablename__ = "half_sign_ins"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(Key, ForeignKey("users.id"), index=True)
    password_hash: Mapped[str] = mapped_column(String(200), doc="the one that was right: a new one ends this")
    tries: Mapped[int] = mapped_column(Integer, default=0)
    way: Mapped[str] = mapped_column(String(10), default="password")
    expires_at: Mapped[datetime]


def new_secret() -> str:
    """A secret for an app, in base 32."""
    return pyotp.random_base32()


def address_for_app(secret: str, *, login: str, issuer: str) -> str:
    """What the app reads from the QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=issuer)


def in_force(session: Session, user_id: str) -> SecondFactor | None:
    """The user's second factor if he has confirmed one."""
    row = session.get(SecondFactor, user_id)
    return row if row is not None and row.confirmed_at is not None else None


def those_in_force(session: Session) -> set[str]:
    """Keys of the users who have one."""
    return set(session.scalars(select(SecondFactor.user_id).where(SecondFactor.confirmed_at.is_not(None))))


def propose(session: Session, user_id: str, sealed: str, *, now: datetime) -> bool:
    """Keep a secret to be confirmed, in place of one that never was; False where one is in force already."""
    row = session.get(SecondFactor, user_id, with_for_update=True)
    if row is not None and row.confirmed_at is not None:
        return False
    if row is None:
        session.add(SecondFactor(user_id=user_id, secret=sealed, created_at=now))
    else:
        row.secret, row.created_at, row.last_step = sealed, now, 0
    session.flush()
    return True


def proposed(session: Session, user_id: str) -> SecondFactor | None:
    """The one that waits to be confirmed."""
    row = session.get(SecondFactor, user_id)
    return row if row is not None and row.confirmed_at is None else None


def plain(code: str) -> str:
    """A code as it was meant: without spaces and hyphens, whatever width its figures have."""
    return "".join(each for each in unicodedata.normalize("NFKC", code).lower() if each.isalnum())


def step_of(secret: str, code: str, *, now: datetime) -> int | None:
    """The step around now whose code this is."""
    app, present = pyotp.TOTP(secret), int(now.timestamp()) // STEP
    given = plain(code).encode()
    for offset in AROUND:
        if hmac.compare_digest(app.generate_otp(present + offset).encode(), given):
            return present + offset
    return None


def confirm(session: Session, user_id: str, secret: str, code: str, *, now: datetime) -> list[str] | None:
    """Put the proposed secret in force by a first code; the recovery codes, told once. None for a wrong code."""
    step = step_of(secret, code, now=now)
    if step is None:
        return None
    done = update(SecondFactor).where(SecondFactor.user_id == user_id, SecondFactor.confirmed_at.is_(None))
    changed = session.execute(done.values(confirmed_at=now, last_step=step))
    return renew_codes(session, user_id) if changed.rowcount else None  # type: ignore[attr-defined]


def take_code(session: Session, user_id: str, secret: str | None, code: str, *, now: datetime) -> Taken | None:
    """Take a code of the app or a recovery code, once: of two who come with the same one, one is refused.

    Without a ``secret``, where it cannot be read any more, recovery codes alone serve.
    """
    step = step_of(secret, code, now=now) if secret else None
    if step is not None:
        later = update(SecondFactor).where(SecondFactor.user_id == user_id, SecondFactor.last_step < step)
        return "code" if session.execute(later.values(last_step=step)).rowcount else None  # type: ignore[attr-defined]
    unused = update(RecoveryCode).where(
        RecoveryCode.user_id == user_id,
        RecoveryCode.code_hash == _hash(plain(code)),
        RecoveryCode.used_at.is_(None),
    )
    return "recovery" if session.execute(unused.values(used_at=now)).rowcount else None  # type: ignore[attr-defined]


def renew_codes(session: Session, user_id: str) -> list[str]:
    """Ten new recovery codes in place of whatever there was; they are told here and never again."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    codes = [base64.b32encode(secrets.token_bytes(10)).decode().lower() for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(user_id=user_id, code_hash=_hash(code)) for code in codes)
    session.flush()
    return ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in codes]


def codes_left(session: Session, user_id: str) -> int:
    """Recovery codes not used yet."""
    query = select(func.count()).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    return session.scalar(query) or 0


def take_away(session: Session, user_id: str) -> bool:
    """The user has no second factor any more; whether he had one."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    session.execute(delete(HalfSignIn).where(HalfSignIn.user_id == user_id))
    gone = session.execute(delete(SecondFactor).where(SecondFactor.user_id == user_id))
    return bool(gone.rowcount)  # type: ignore[attr-defined]


def open_half(session: Session, user: User, *, way: str, now: datetime) -> str:
    """The password was right; the token goes into the browser's cookie."""
    token = secrets.token_urlsafe(32)
    session.add(
        HalfSignIn(
            token_hash=_hash(token),
            user_id=user.id,
            password_hash=user.password_hash,
            way=way,
            expires_at=now + HALF_LENGTH,
        )
    )
    return token


def half_of(session: Session, token: str, *, now: datetime) -> tuple[User, HalfSignIn] | None:
    """Who stands between password and code with this token; None when it is over, or his password is another now."""
    row = session.get(HalfSignIn, _hash(token)) if token else None
    if row is None or row.expires_at <= now or row.tries >= HALF_TRIES:
        return None
    user = session.get(User, row.user_id)
    good = user is not None and not user.disabled and user.password_hash == row.password_hash
    return (user, row) if user is not None and good else None


def count_half(session: Session, token: str) -> None:
    """A code was tried."""
    tried = update(HalfSignIn).where(HalfSignIn.token_hash == _hash(token))
    session.execute(tried.values(tries=HalfSignIn.tries + 1))


def end_half(session: Session, token: str) -> bool:
    """The second step is done; whether it was this one that did it."""
    gone = session.execute(delete(HalfSignIn).where(HalfSignIn.token_hash == _hash(token)))
    return bool(gone.rowcount)  # type: ignore[attr-defined]


def forget_halves(session: Session, *, now: datetime) -> int:
    """Drop those that are over. Return how many."""
    gone = session.execute(delete(HalfSignIn).where(HalfSignIn.expires_at <= now))
    return int(gone.rowcount)  # type: ignore[attr-defined]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
