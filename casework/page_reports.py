"""页面问题: what staff say is wrong with a page of the desk, for the administrators.

Only the page's path is kept: what was searched for there may be a resident's name.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework import recording
from casework.actors import Actor
from casework.desk_tables import PageReport
from casework.errors import NeedMissing, NotAllowed
from district.schemas import Role
from storage.database import is_id
from storage.errors import UnknownRow

LONGEST = 2000
PATH = 300
REPORTS = frozenset(Role) - {Role.RESIDENT, Role.SYSTEM, Role.AUDITOR}
"""Who reports: all staff but the auditor, who changes nothing."""
SEES = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})
SETTLES = frozenset({Role.ADMINISTRATOR})


def report(session: Session, page: str, text: str, *, actor: Actor, now: datetime) -> PageReport:
    """Keep what is wrong with a page (报告本页问题). Raises ``NotAllowed``, and ``NeedMissing`` for no words."""
    if actor.role not in REPORTS:
        raise NotAllowed("报告页面问题", "您的角色只查看，不提交")
    words = text.strip()
    if not words:
        raise NeedMissing("报告页面问题", "text")
    path = urlsplit(page).path[:PATH]
    row = PageReport(at=now, by=actor.id, by_name=actor.name, role=str(actor.role), page=path, text=words[:LONGEST])
    session.add(row)
    session.flush()
    return row


def listed(
    session: Session, actor: Actor, *, done: bool, after: str = "", limit: int = 50
) -> tuple[Sequence[PageReport], str]:
    """Reports, newest first, settled or not; and the cursor of the next page. Raises ``NotAllowed``."""
    if actor.role not in SEES:
        raise NotAllowed("查看页面问题", "由管理员查看")
    state = PageReport.done_at.is_not(None) if done else PageReport.done_at.is_(None)
    query = select(PageReport).where(state).order_by(PageReport.id.desc()).limit(limit + 1)
    if is_id(after):
        query = query.where(PageReport.id < after)
    rows = list(session.scalars(query))
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else ""


def count_open(session: Session) -> int:
    """How many are not settled."""
    return session.scalar(select(func.count(PageReport.id)).where(PageReport.done_at.is_(None))) or 0


def settle(session: Session, key: str, *, actor: Actor, now: datetime) -> PageReport:
    """It was seen to (已处理); settled twice is settled once. Raises ``NotAllowed`` and ``UnknownRow``."""
    if actor.role not in SETTLES:
        raise NotAllowed("处理页面问题", "由管理员处理")
    row = session.get(PageReport, key) if is_id(key) else None
    if row is None:
        raise UnknownRow("page_report", key)
    if row.done_at is None:
        row.done_at, row.done_by, row.done_by_name = now, actor.id, actor.name
        recording.record(session, actor, "settle", "page_report", row.id, now=now)
    return row
