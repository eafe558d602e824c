"""Which work is inspected (质检抽样): drawn by id when its week is over, so that nobody chooses and all can check.

Of the work of each person in a week so many pieces as the pack says, those whose ids come first by their hash.
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Executable, func, select
from sqlalchemy.orm import Session

from casework import recording
from casework.actors import SYSTEM
from casework.inspection_tables import Inspection
from casework.tables import Callback, Step
from district.inspection import InspectionRules
from district.pack import District
from district.schemas import Role
from storage.database import new_id
from storage.identity import User
from storage.statements import ByDialect, table_of

WORKERS = frozenset({Role.AGENT, Role.DISPATCHER, Role.CALLBACK_AGENT})
"""Whose work is inspected: agents, callers, and dispatchers who put tickets on record."""
MOVES = {"answer_directly": "answer", "file": "record"}
"""Steps of a ticket that are work to inspect; callbacks have a table, for one that leads to rework has no step."""
WEEKS = 4
"""Complete weeks that are looked back on where nothing was drawn: the jobs may have stood still."""
_INSPECTIONS = table_of(Inspection)


def _drawing(dialect: Any) -> Executable:
    drawn: Executable = dialect.insert(_INSPECTIONS).on_conflict_do_nothing(index_elements=["kind", "work"])
    return drawn


_DRAW = ByDialect(_drawing)


@dataclass(frozen=True, slots=True)
class Work:
    """One piece of work: its kind, its key (a step's or a callback's), the ticket, and who did it when."""

    kind: str
    key: str
    ticket_id: str
    worker: str
    worker_name: str
    at: datetime


def monday(district: District, at: datetime) -> date:
    """The Monday of the week that a moment lies in, in the district's time."""
    day = at.astimezone(district.calendars.zone).date()
    return day - timedelta(days=day.weekday())


def draw_due(session: Session, district: District, *, now: datetime) -> int:
    """Draw of the last complete weeks of which nothing was drawn yet. Return how many pieces were."""
    if not district.inspection.sheets:
        return 0
    current = monday(district, now)
    weeks = [current - timedelta(weeks=back) for back in range(WEEKS, 0, -1)]
    done = set(session.scalars(select(Inspection.week).where(Inspection.week.in_(weeks)).distinct()))
    return sum(_draw(session, district, week, now=now) for week in weeks if week not in done)


def _draw(session: Session, district: District, week: date, *, now: datetime) -> int:
    by_worker: dict[str, list[Work]] = defaultdict(list)
    for work in works(session, district, week):
        by_worker[work.worker].append(work)
    drawn = [each for found in by_worker.values() for each in sample(district.inspection, found)]
    for work in drawn:
        _keep(session, district, work, week, now=now)
    return len(drawn)


def sample(rules: InspectionRules, found: Sequence[Work]) -> list[Work]:
    """Those of one person's work in one week that are inspected. Pure: the same work gives the same sample."""
    wanted = max(rules.minimum, math.ceil(rules.share * len(found)))
    return sorted(found, key=_lot)[:wanted]


def _lot(work: Work) -> bytes:
    return hashlib.sha256(f"inspection:{work.kind}:{work.key}".encode()).digest()


def works(session: Session, district: District, week: date) -> Iterator[Work]:
    """All work of a week that a sheet is there for."""
    start, end = (datetime.combine(day, time(), district.calendars.zone) for day in (week, week + timedelta(weeks=1)))
    kinds = {sheet.kind for sheet in district.inspection.sheets}
    steps = session.execute(
        select(Step.id, Step.move, Step.ticket_id, Step.actor, Step.actor_name, Step.at).where(
            Step.at >= start,
            Step.at < end,
            Step.ticket_id.is_not(None),
            Step.move.in_([move for move, kind in MOVES.items() if kind in kinds]),
            Step.role.in_([str(role) for role in WORKERS]),
        )
    )
    for key, move, ticket_id, actor, name, at in steps:
        assert ticket_id is not None  # as asked for
        yield Work(MOVES[move], key, ticket_id, actor, name, at)
    if "callback" in kinds:
        yield from _callbacks(session, start, end)


def _callbacks(session: Session, start: datetime, end: datetime) -> Iterator[Work]:
    """Callbacks that a member of staff made; what a resident answered by himself is nobody's work."""
    query = select(Callback).where(Callback.at >= start, Callback.at < end, Callback.by != SYSTEM.id)
    found = list(session.scalars(query))
    names = _names(session, {each.by for each in found}, start, end)
    for each in found:
        if each.by in names:
            yield Work("callback", each.id, each.ticket_id, each.by, names[each.by], each.at)


def _names(session: Session, ids: Iterable[str], start: datetime, end: datetime) -> dict[str, str]:
    """The names of those of these who are staff and whose work is inspected: by the week's steps, else by the users."""
    roles = [str(role) for role in WORKERS]
    wanted = list(ids)
    users = select(User.id, User.name).where(User.role.in_(roles))
    names = {key: name for key, name in session.execute(users) if key in wanted}
    steps = (
        select(Step.actor, func.max(Step.actor_name).label("name"))
        .where(Step.at >= start, Step.at < end, Step.role.in_(roles), Step.actor.in_(wanted))
        .group_by(Step.actor)
    )
    return names | {row.actor: row.name for row in session.execute(steps)}


def _keep(session: Session, district: District, work: Work, week: date, *, now: datetime) -> None:
    sheet = district.inspection.sheet(work.kind)
    assert sheet is not None  # only such work was looked for
    key = new_id()
    row = {
        "id": key,
        "kind": work.kind,
        "work": work.key,
        "ticket_id": work.ticket_id,
        "worker": work.worker,
        "worker_name": work.worker_name,
        "worked_at": work.at,
        "week": week,
        "drawn_at": now,
        "state": "drawn",
        "sheet": sheet.model_dump(mode="json"),
        "points": {},
        "critical": [],
        "comment": "",
        "scored_by": "",
        "scored_by_name": "",
        "objection": "",
        "decided_by": "",
        "decided_by_name": "",
        "decision": "",
    }
    session.execute(_DRAW.of(session), row)
    recording.record(
        session, SYSTEM, "inspection_draw", "inspection", key, now=now, topic="inspections", change="drawn"
    )
