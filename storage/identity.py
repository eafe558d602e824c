"""Staff: users, their passwords and their sessions. Residents are casework's."""

from __future__ import annotations

import hashlib
import secrets
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import ForeignKey, String, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base, Key, new_id
from storage.errors import LoginTaken, UnknownRow

SESSION_LENGTH = timedelta(hours=12)
_hasher = PasswordHasher()


class User(Base):
    """A member of staff. ``unit`` is set for unit roles; ``demo`` users come with a password everybody knows."""

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    login: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    role: Mapped[str] = mapped_column(String(30))
    unit: Mapped[str] = mapped_column(String(10), default="")
    phone: Mapped[str] = mapped_column(String(30), default="")
    email: Mapped[str] = mapped_column(String(200), default="")
    password_hash: Mapped[str] = mapped_column(String(200))
    one_time: Mapped[bool] = mapped_column(default=False, doc="the password was given to him: he changes it first")
    demo: Mapped[bool] = mapped_column(default=False)
    disabled: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class StaffSession(Base):
    """A signed-in browser. Only a hash of its token is kept."""

    __tablename__ = "staff_sessions"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(Key, ForeignKey("users.id"), index=True)
    csrf: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    seen_at: Mapped[datetime | None] = mapped_column(doc="last used, to a minute or so; none: not since it began")
    device: Mapped[str] = mapped_column(String(200), default="", doc="what the browser calls itself")
    address: Mapped[str] = mapped_column(String(60), default="")
    way: Mapped[str] = mapped_column(String(10), default="password", doc="password, code, oidc")


def add_user(
    session: Session,
    *,
    login: str,
    name: str,
    role: str,
    password: str,
    now: datetime,
    unit: str = "",
    phone: str = "",
    email: str = "",
) -> User:
    """Create a user. Raises ``LoginTaken``."""
    if session.scalar(select(User).where(User.login == login)) is not None:
        raise LoginTaken(login)
    user = User(
        login=login,
        name=name,
        role=role,
        unit=unit,
        phone=phone,
        email=email,
        password_hash=_hasher.hash(password),
        demo=False,
        created_at=now,
    )
    session.add(user)
    session.flush()
    return user


def add_demo_users(
    session: Session, users: Sequence[tuple[str, str, str, str]], *, password: str, now: datetime
) -> None:
    """Create users (login, name, role, unit) with a password everybody knows; those that are there are kept.

    The password is hashed once for all of them: there is no secret to protect, and a hash takes its time by design.
    """
    there = set(session.scalars(select(User.login)))
    absent = [user for user in users if user[0] not in there]
    if not absent:
        return
    hashed = _hasher.hash(password)
    for login, name, role, unit in absent:
        session.add(User(login=login, name=name, role=role, unit=unit, password_hash=hashed, demo=True, created_at=now))


def hash_password(password: str) -> str:
    """The password's hash. It takes time and memory by design: make it before a transaction begins."""
    return _hasher.hash(password)


def add_with_one_time_password(
    session: Session,
    *,
    login: str,
    name: str,
    role: str,
    unit: str,
    phone: str,
    email: str,
    password_hash: str,
    now: datetime,
) -> User:
    """Create a user whose password he was given and must change first. Raises ``LoginTaken``."""
    if known(session, login) is not None:
        raise LoginTaken(login)
    user = User(
        login=login,
        name=name,
        role=role,
        unit=unit,
        phone=phone,
        email=email,
        password_hash=password_hash,
        one_time=True,
        demo=False,
        created_at=now,
    )
    session.add(user)
    session.flush()
    return user


def change_own_password(session: Session, user_id: str, password_hash: str, *, keep: str) -> None:
    """The user's own new password: it is his alone now, and of his sessions only the one with token ``keep`` goes on.

    Raises ``UnknownRow``.
    """
    user = session.get(User, user_id)
    if user is None:
        raise UnknownRow("user", user_id)
    user.password_hash, user.one_time, user.demo = password_hash, False, False
    close_sessions(session, user_id, keep=keep)


def find_user(session: Session, login: str) -> User:
    """The user by login. Raises ``UnknownRow``."""
    user = session.scalar(select(User).where(User.login == login))
    if user is None:
        raise UnknownRow("user", login)
    return user


def list_users(session: Session) -> Sequence[User]:
    """All users by login."""
    return list(session.scalars(select(User).order_by(User.login)))


def set_password(session: Session, login: str, password: str) -> None:
    """Give a new password and end the user's sessions. Raises ``UnknownRow``."""
    user = find_user(session, login)
    user.password_hash, user.demo, user.one_time = _hasher.hash(password), False, False
    close_sessions(session, user.id)


def disable(session: Session, login: str) -> None:
    """Shut a user out, at once. Raises ``UnknownRow``."""
    user = find_user(session, login)
    user.disabled = True
    close_sessions(session, user.id)


def _of_nobody() -> str:
    """A hash that no password is known for, of the hasher's cost; made by hand, as hashing would slow every start."""
    salt, digest = (
        b64encode(secrets.token_bytes(length)).rstrip(b"=").decode() for length in (_hasher.salt_len, _hasher.hash_len)
    )
    cost = f"m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    return f"$argon2id$v=19${cost}${salt}${digest}"


HASH_OF_NOBODY = _of_nobody()


def known(session: Session, login: str) -> User | None:
    """The user by login, or None."""
    return session.scalar(select(User).where(User.login == login))


def fits(user: User | None, password: str) -> bool:
    """Whether the password is the user's. It takes time and memory by design, for an unknown user (None) as much.

    It needs no session: none should be held open meanwhile.
    """
    try:
        _hasher.verify(user.password_hash if user else HASH_OF_NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return user is not None


def token_hash(token: str) -> str:
    """What is kept of a session's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def open_session(
    session: Session, user: User, *, now: datetime, device: str = "", address: str = "", way: str = "password"
) -> str | None:
    """Sign a user in; the token goes into his cookie and is stored as a hash only.

    None when he was disabled, or his password changed, after ``user`` was read.
    """
    current = session.get(User, user.id, populate_existing=True)
    if current is None or current.disabled or current.password_hash != user.password_hash:
        return None
    token = secrets.token_urlsafe(32)
    session.add(
        StaffSession(
            token_hash=token_hash(token),
            user_id=user.id,
            csrf=secrets.token_urlsafe(24),
            created_at=now,
            expires_at=now + SESSION_LENGTH,
            device=device[:200],
            address=address[:60],
            way=way,
        )
    )
    return token


def resume_session(
    session: Session, token: str, *, now: datetime, idle: timedelta | None = None
) -> tuple[User, StaffSession] | None:
    """Who holds this token; None when it is unknown, expired, unused as long as ``idle``, or its user disabled."""
    row = session.get(StaffSession, token_hash(token))
    if row is None or row.expires_at <= now:
        return None
    if idle is not None and (row.seen_at or row.created_at) + idle <= now:
        return None
    user = session.get(User, row.user_id)
    return (user, row) if user is not None and not user.disabled else None


def forget_sessions(session: Session, *, now: datetime) -> int:
    """Drop the sessions that are over. Return how many."""
    dropped = session.execute(delete(StaffSession).where(StaffSession.expires_at <= now))
    return int(dropped.rowcount)  # type: ignore[attr-defined]


def is_in_use(session: Session, user_id: str, *, since: datetime) -> bool:
    """Whether the user was here by any session since then; what is kept of it is a minute or so behind."""
    last = func.coalesce(StaffSession.seen_at, StaffSession.created_at)
    used = select(StaffSession.token_hash).where(StaffSession.user_id == user_id, last >= since)
    return session.scalar(used.limit(1)) is not None


def close_session(session: Session, token: str) -> None:
    """Sign out."""
    session.execute(delete(StaffSession).where(StaffSession.token_hash == token_hash(token)))


def close_sessions(session: Session, user_id: str, *, keep: str = "") -> int:
    """Sign the user out everywhere, but for the session of token ``keep``. Return of how many places."""
    his = delete(StaffSession).where(StaffSession.user_id == user_id)
    if keep:
        his = his.where(StaffSession.token_hash != token_hash(keep))
    return int(session.execute(his).rowcount)  # type: ignore[attr-defined]
