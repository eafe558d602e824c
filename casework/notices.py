"""Notices (提醒): what a member of staff is told, and how far he has read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from casework import absences
from casework.actors import UNIT_ROLES, Actor
from casework.tables import Notice, NoticeReader
from district.pack import District
from district.schemas import Role
from storage import change_log
from storage.database import is_id
from storage.errors import UnknownRow

AUDIENCES = {
    Role.AGENT: ("desk",),
    Role.DISPATCHER: ("desk",),
    Role.CALLBACK_AGENT: ("desk",),
    Role.SUPERVISOR: ("supervisor", "desk"),
    Role.KNOWLEDGE_EDITOR: ("knowledge",),
}
"""Whose notices a role reads. Units read their own and those of units below; leads also what they alone are told."""


def _for(district: District, actor: Actor) -> ColumnElement[bool]:
    own = and_(Notice.audience == "person", Notice.reader == actor.id)
    if actor.role in UNIT_ROLES:
        units = district.units.descendants(actor.unit)
        audiences = ("unit", "unit_lead") if actor.role is Role.UNIT_LEAD else ("unit",)
        return or_(own, and_(Notice.audience.in_(audiences), Notice.unit.in_(units))) if units else own
    return or_(own, *(Notice.audience == audience for audience in AUDIENCES.get(actor.role, ())))


def reader(session: Session, actor: Actor, *, now: datetime) -> Actor:
    """Whose notices the actor reads: his own, and, as the stand-in of an only lead, what is addressed to the lead."""
    return absences.acting(session, actor, (Role.UNIT_LEAD,), now=now) if actor.role in UNIT_ROLES else actor


def _read_up_to(session: Session, actor: Actor) -> str:
    row = session.get(NoticeReader, actor.id)
    return row.up_to if row is not None else ""


def listed(
    session: Session, district: District, actor: Actor, *, after: str = "", limit: int = 50
) -> tuple[Sequence[Notice], str, str]:
    """The actor's notices, newest first; the cursor of the next page; and the newest he has read before."""
    query = select(Notice).where(_for(district, actor)).order_by(Notice.id.desc()).limit(limit + 1)
    if after:
        query = query.where(Notice.id < after)
    rows = list(session.scalars(query))
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else "", _read_up_to(session, actor)


def count_unread(session: Session, district: District, actor: Actor) -> int:
    """How many the actor has not read; what is done with for everybody counts for nobody."""
    query = select(func.count(Notice.id)).where(_for(district, actor), Notice.read_at.is_(None))
    if last := _read_up_to(session, actor):
        query = query.where(Notice.id > last)
    return session.scalar(query) or 0


def leave(session: Session, audience: str, kind: str, text: str, *, now: datetime, unit: str = "") -> Notice:
    """Leave a notice that is about no case and no ticket, in words that name nobody; ``unit`` for the audience unit."""
    notice = Notice(at=now, audience=audience, unit=unit, template=kind, text=text)
    session.add(notice)
    session.flush()
    change_log.record(session, "notices", notice.id, audience, now=now, payload={"unit": unit})
    return notice


def mark_read(session: Session, district: District, actor: Actor, *, up_to: str = "") -> str:
    """The actor has read all that is there now, or ``up_to`` a notice and what came before it.

    Return the newest notice he has read; what was read stays read. Raises ``UnknownRow`` for a notice that is not his.
    """
    his = select(Notice.id).where(_for(district, actor))
    if up_to:
        newest = session.scalar(his.where(Notice.id == up_to)) if is_id(up_to) else None
        if newest is None:
            raise UnknownRow("notice", up_to)
    else:
        newest = session.scalar(his.order_by(Notice.id.desc()).limit(1))
    row = session.get(NoticeReader, actor.id)
    if newest is not None and row is None:
        session.add(NoticeReader(reader=actor.id, up_to=newest))
    elif newest is not None and row is not None:
        row.up_to = newest = max(row.up_to, newest)
    return newest or ""
