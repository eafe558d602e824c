"""The audit as it is searched: who did what to which thing, when; newest first, page by page. No resident's words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from casework.actors import Actor
from casework.errors import NotAllowed
from casework.tables import Case, Ticket
from district.schemas import Role
from storage.audit import AuditRow
from storage.identity import User

SEES = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})
PAGE = 100
_KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for; empty fields do not narrow.

    ``actor`` is a login, a name, or a key; ``number`` that of a ticket or a case; ``first`` is in, ``last`` is out.
    """

    actor: str = ""
    act: str = ""
    subject: str = ""
    key: str = ""
    number: str = ""
    first: datetime | None = None
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A row with the names of who and what."""

    row: AuditRow
    actor: str
    number: str
    """Of the ticket or case it is about, or the login of the user."""
    person: str = ""
    """The name of the user that the details name by key."""


def check_sees(actor: Actor) -> None:
    """Raises ``NotAllowed``."""
    if actor.role not in SEES:
        raise NotAllowed("查看审计", "由管理员和审计员查看")


def search(
    session: Session, sought: Sought, *, actor: Actor, after: str = "", limit: int = PAGE
) -> tuple[Sequence[Found], str]:
    """A page of rows, and the key after which the next begins. Raises ``NotAllowed``."""
    check_sees(actor)
    wanted = _conditions(session, sought)
    if wanted is None:
        return [], ""
    at = session.get(AuditRow, after) if _is_key(after) else None
    if at is not None:
        wanted.append(or_(AuditRow.at < at.at, and_(AuditRow.at == at.at, AuditRow.id < at.id)))
    newest = select(AuditRow).where(*wanted).order_by(AuditRow.at.desc(), AuditRow.id.desc())
    rows = list(session.scalars(newest.limit(limit + 1)))
    return _named(session, rows[:limit]), rows[limit - 1].id if len(rows) > limit else ""


def _conditions(session: Session, sought: Sought) -> list[ColumnElement[bool]] | None:
    """None where nothing can be found."""
    wanted: list[ColumnElement[bool]] = []
    if sought.actor:
        users = select(User.id).where(or_(User.login == sought.actor, User.name == sought.actor))
        wanted.append(AuditRow.actor.in_([*session.scalars(users), sought.actor]))
    if sought.number:
        keys = [
            *session.scalars(select(Ticket.id).where(Ticket.number == sought.number)),
            *session.scalars(select(Case.id).where(Case.number == sought.number)),
        ]
        if not keys:
            return None
        wanted.append(AuditRow.subject_id.in_(keys))
    exact = ((AuditRow.act, sought.act), (AuditRow.subject, sought.subject), (AuditRow.subject_id, sought.key))
    wanted += [column == value for column, value in exact if value]
    if sought.first is not None:
        wanted.append(AuditRow.at >= sought.first)
    if sought.last is not None:
        wanted.append(AuditRow.at < sought.last)
    return wanted


def _named(session: Session, rows: Sequence[AuditRow]) -> list[Found]:
    named = {row.id: str(row.details.get("user", "")) for row in rows}
    users = _by_key(session, {row.actor for row in rows} | _of(rows, "user") | set(named.values()))
    numbers = {
        key: number
        for table, subject in ((Ticket, "ticket"), (Case, "case"))
        for key, number in session.execute(select(table.id, table.number).where(table.id.in_(_of(rows, subject))))
    }
    numbers |= {key: login for key, (_, login) in users.items()}
    names = {key: name for key, (name, _) in users.items()}
    return [
        Found(row, names.get(row.actor, ""), numbers.get(row.subject_id, ""), names.get(named[row.id], ""))
        for row in rows
    ]


def _of(rows: Sequence[AuditRow], subject: str) -> set[str]:
    """Keys of the rows about this kind of thing; what is no key is left out, for PostgreSQL takes no other."""
    return {row.subject_id for row in rows if row.subject == subject and _is_key(row.subject_id)}


def _by_key(session: Session, keys: set[str]) -> dict[str, tuple[str, str]]:
    asked = [key for key in keys if _is_key(key)]
    query = select(User.id, User.name, User.login).where(User.id.in_(asked))
    return {key: (name, login) for key, name, login in session.execute(query)}


def _is_key(text: str) -> bool:
    return bool(_KEY.fullmatch(text))
