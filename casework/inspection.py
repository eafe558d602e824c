"""Quality inspection (质检): a supervisor scores drawn work by the pack's sheet; the result goes to who did it.

He may object once, within the pack's time; a second supervisor decides. ``casework.quality`` is another thing: how good
triage's suggestions are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from casework import recording
from casework.actors import Actor
from casework.errors import NeedMissing, NotAllowed
from casework.inspection_draw import WORKERS
from casework.inspection_tables import Inspection
from casework.supervision_errors import (
    BadScore,
    InspectionStands,
    ObjectionLate,
    OwnInspection,
    UnknownInspection,
)
from casework.telling import notify
from district.inspection import Sheet
from district.pack import District
from district.schemas import Role
from storage.database import is_id

INSPECTS = frozenset({Role.SUPERVISOR})
SEES_ALL = INSPECTS | {Role.AUDITOR}
STATES: Mapping[str, str] = {"drawn": "待评分", "scored": "已评分", "objected": "有异议", "decided": "已复核"}
TOLD = ("scored", "objected", "decided")
"""States in which the person whose work it is sees it: not before it was scored."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What the inspector found: points by code of the item, and the critical faults by code."""

    points: Mapping[str, int]
    critical: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a list is narrowed to; empty fields do not narrow."""

    state: str = ""
    kind: str = ""
    worker: str = ""


def check_may_see(actor: Actor) -> None:
    """Raises ``NotAllowed`` for roles whose work is not inspected and who do not inspect."""
    if actor.role not in SEES_ALL | WORKERS:
        raise NotAllowed("查看质检", "您的角色没有这项权限")


def sheet_of(row: Inspection) -> Sheet:
    """The sheet it is scored by."""
    return Sheet.model_validate(row.sheet)


def get(session: Session, key: str, actor: Actor) -> Inspection:
    """The inspection. Raises ``NotAllowed``, and ``UnknownInspection`` also for one of another's work."""
    check_may_see(actor)
    row = session.get(Inspection, key) if is_id(key) else None
    if row is None or (actor.role not in SEES_ALL and not _is_told(row, actor)):
        raise UnknownInspection(key)
    return row


def _is_told(row: Inspection, actor: Actor) -> bool:
    return row.worker == actor.id and row.state in TOLD


def listing(
    session: Session, actor: Actor, chosen: Chosen, *, mine: bool = False, after: str = "", limit: int = 50
) -> tuple[Sequence[Inspection], str]:
    """Inspections, the newest first, and the next cursor; ``mine``, and to whoever inspects nothing, his own only.

    Raises ``NotAllowed``.
    """
    check_may_see(actor)
    query = select(Inspection).order_by(Inspection.id.desc()).limit(limit + 1)
    if mine or actor.role not in SEES_ALL:
        query = query.where(Inspection.worker == actor.id, Inspection.state.in_(TOLD))
    for column, value in (
        (Inspection.state, chosen.state),
        (Inspection.kind, chosen.kind),
        (Inspection.worker, chosen.worker),
    ):
        if value:
            query = query.where(column == value)
    if is_id(after):
        query = query.where(Inspection.id < after)
    rows = list(session.scalars(query))
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else ""


def following(session: Session, actor: Actor, *, besides: str) -> Inspection | None:
    """What this inspector scores next, ``besides`` the one he just had: the oldest that is not his own work."""
    query = select(Inspection).where(
        Inspection.state == "drawn", Inspection.worker != actor.id, Inspection.id != besides
    )
    return session.scalar(query.order_by(Inspection.id).limit(1))


def may_score(row: Inspection, actor: Actor) -> bool:
    """Whether this actor scores it now."""
    return row.state == "drawn" and actor.role in INSPECTS and actor.id != row.worker


def may_object(row: Inspection, actor: Actor, *, now: datetime) -> bool:
    """Whether this actor may object to it now."""
    until = row.objection_until
    return row.state == "scored" and actor.id == row.worker and until is not None and now <= until


def may_decide(row: Inspection, actor: Actor) -> bool:
    """Whether this actor decides about the objection."""
    return row.state == "objected" and actor.role in INSPECTS and actor.id not in (row.worker, row.scored_by)


def score(
    session: Session,
    district: District,
    row: Inspection,
    marks: Marks,
    *,
    comment: str,
    actor: Actor,
    now: datetime,
) -> Inspection:
    """Score drawn work by its sheet; the person is told.

    Raises ``NotAllowed``, ``OwnInspection``, ``InspectionStands``, ``BadScore``, and ``NeedMissing`` where points are
    lost and no comment says why.
    """
    _check_inspector(row, actor, "评分")
    _hold(session, row, "评分", "drawn")
    row.score = total(sheet_of(row), marks)
    if row.score < _full(row) and not comment.strip():
        raise NeedMissing("评分", "comment")
    row.points, row.critical, row.comment = dict(marks.points), sorted(marks.critical), comment.strip()
    row.state, row.scored_by, row.scored_by_name, row.scored_at = "scored", actor.id, actor.name, now
    row.objection_until = district.calendars.add(now, district.inspection.objection).due_at
    _record(session, row, "score", actor=actor, now=now)
    _tell_worker(session, district, row, "inspection_result", row.comment, now=now)
    return row


def total(sheet: Sheet, marks: Marks) -> int:
    """The sum; 0 with a critical fault. Pure. Raises ``BadScore``."""
    for item in sheet.items:
        given = marks.points.get(item.code)
        if given is None:
            raise BadScore(f"“{item.label}”没有评分")
        if not 0 <= given <= item.points:
            raise BadScore(f"“{item.label}”应在 0 至 {item.points} 分之间")
    known = {item.code for item in sheet.items}
    if unknown := sorted(set(marks.points) - known):
        raise BadScore(f"评分表没有“{'、'.join(unknown)}”")
    if unknown := sorted(set(marks.critical) - {fault.code for fault in sheet.critical}):
        raise BadScore(f"评分表没有一票否决项“{'、'.join(unknown)}”")
    return 0 if marks.critical else sum(marks.points.values())


def _full(row: Inspection) -> int:
    return sum(item.points for item in sheet_of(row).items)


def object_to(
    session: Session, district: District, row: Inspection, *, text: str, actor: Actor, now: datetime
) -> Inspection:
    """The person objects to his result, once; the supervisors are told.

    Raises ``NotAllowed``, ``InspectionStands``, ``ObjectionLate`` and ``NeedMissing``.
    """
    if actor.id != row.worker:
        raise NotAllowed("提出异议", "只能对自己的质检结果提出异议")
    _hold(session, row, "提出异议", "scored")
    until = row.objection_until
    if until is not None and now > until:
        raise ObjectionLate(f"{until.astimezone(district.calendars.zone):%m月%d日 %H:%M}")
    if not text.strip():
        raise NeedMissing("提出异议", "reason")
    row.state, row.objection, row.objected_at = "objected", text.strip(), now
    _record(session, row, "object", actor=actor, now=now)
    fields = {"text": row.objection}
    notify(session, district, "supervisor", "inspection_objected", now=now, ticket=row.ticket, fields=fields)
    return row


def decide(
    session: Session,
    district: District,
    row: Inspection,
    *,
    text: str,
    actor: Actor,
    now: datetime,
    marks: Marks | None = None,
) -> Inspection:
    """A second supervisor decides about the objection: the result stands, or these ``marks`` take its place.

    Raises ``NotAllowed``, ``OwnInspection``, ``InspectionStands``, ``BadScore`` and ``NeedMissing`` without a word.
    """
    _check_inspector(row, actor, "复核")
    if actor.id == row.scored_by:
        raise OwnInspection("评分人不能复核自己的评分")
    _hold(session, row, "复核", "objected")
    if not text.strip():
        raise NeedMissing("复核", "text")
    row.first_score = row.score
    if marks is not None:
        row.score = total(sheet_of(row), marks)
        row.points, row.critical = dict(marks.points), sorted(marks.critical)
    row.state, row.decision, row.decided_at = "decided", text.strip(), now
    row.decided_by, row.decided_by_name = actor.id, actor.name
    _record(session, row, "decide", actor=actor, now=now)
    _tell_worker(session, district, row, "inspection_decided", row.decision, now=now)
    return row


def _check_inspector(row: Inspection, actor: Actor, act: str) -> None:
    if actor.role not in INSPECTS:
        raise NotAllowed(f"质检{act}", "由督办人员操作")
    if actor.id == row.worker:
        raise OwnInspection("不能质检自己的工作")


def _hold(session: Session, row: Inspection, act: str, state: str) -> None:
    """See the row as it now stands, locked: of two at once one is first, and the other is told."""
    session.refresh(row, with_for_update=True)
    if row.state != state:
        raise InspectionStands(act, STATES[row.state])


def _record(session: Session, row: Inspection, act: str, *, actor: Actor, now: datetime) -> None:
    """On record beside the ticket's steps, which units read: how somebody works is between him and his inspectors."""
    session.flush()
    recording.record(
        session,
        actor,
        f"inspection_{act}",
        "inspection",
        row.id,
        now=now,
        topic="inspections",
        change=row.state,
        details={"score": str(row.score)},
    )


def _tell_worker(
    session: Session, district: District, row: Inspection, template: str, text: str, *, now: datetime
) -> None:
    fields = {"score": str(row.score), "text": text}
    notify(session, district, "person", template, now=now, ticket=row.ticket, person=row.worker, fields=fields)


def waiting(session: Session, actor: Actor) -> int:
    """How many wait for this inspector: to be scored, or objections that he may decide."""
    his = or_(
        Inspection.state == "drawn",
        (Inspection.state == "objected") & (Inspection.scored_by != actor.id),
    )
    return session.scalar(select(func.count(Inspection.id)).where(his, Inspection.worker != actor.id)) or 0
