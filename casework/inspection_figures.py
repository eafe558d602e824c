"""Figures of quality inspection: by person and period, each with the number of inspections it rests on."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.actors import Actor
from casework.errors import BadPeriod
from casework.inspection import SEES_ALL, TOLD, check_may_see, sheet_of
from casework.inspection_tables import Inspection


@dataclass(frozen=True, slots=True)
class Fault:
    """An item that points were lost on, or a critical fault: in how many inspections, of how many by that sheet."""

    kind: str
    code: str
    label: str
    times: int
    of: int
    lost: int
    """Points lost in all; 0 for a critical fault, which has none of its own."""


@dataclass(slots=True)
class Figures:
    """One person's, or everybody's. ``mean`` is None where nothing was scored."""

    worker: str = ""
    name: str = ""
    drawn: int = 0
    scored: int = 0
    total: int = 0
    zero: int = 0
    """Scored 0 for a critical fault."""
    objected: int = 0
    changed: int = 0
    """Objections that changed the result."""
    faults: list[Fault] = field(default_factory=list)

    @property
    def mean(self) -> Decimal | None:
        return Decimal(self.total) / self.scored if self.scored else None


def figures(session: Session, actor: Actor, start: datetime, end: datetime) -> tuple[Figures, Sequence[Figures]]:
    """Of work done from ``start`` until before ``end``: all together, and by person, the lowest mean first.

    Whoever inspects nothing has his own only, and what is not scored yet is not counted to him. Raises ``NotAllowed``
    and ``BadPeriod``.
    """
    check_may_see(actor)
    if end <= start:
        raise BadPeriod(str(start), str(end))
    query = select(Inspection).where(Inspection.worked_at >= start, Inspection.worked_at < end)
    if actor.role not in SEES_ALL:
        query = query.where(Inspection.worker == actor.id, Inspection.state.in_(TOLD))
    rows = list(session.scalars(query.order_by(Inspection.worked_at, Inspection.id)))
    by_worker: dict[str, list[Inspection]] = defaultdict(list)
    for row in rows:
        by_worker[row.worker].append(row)
    each = [_of(found, worker, found[-1].worker_name) for worker, found in by_worker.items()]
    each.sort(key=lambda one: (one.mean is None, one.mean or Decimal(0), one.worker))
    return _of(rows, "", ""), each


def _of(rows: Sequence[Inspection], worker: str, name: str) -> Figures:
    made = Figures(worker, name, drawn=len(rows))
    of_sheet: Counter[str] = Counter()
    times: Counter[tuple[str, str, str]] = Counter()
    lost: Counter[tuple[str, str, str]] = Counter()
    for row in rows:
        if row.score is None:
            continue
        made.scored += 1
        made.total += row.score
        made.zero += bool(row.critical)
        made.objected += row.objected_at is not None
        made.changed += row.first_score is not None and row.first_score != row.score
        of_sheet[row.kind] += 1
        sheet = sheet_of(row)
        for item in sheet.items:
            missing = item.points - int(row.points.get(item.code, item.points))
            if missing:
                times[row.kind, item.code, item.label] += 1
                lost[row.kind, item.code, item.label] += missing
        for fault in sheet.critical:
            if fault.code in row.critical:
                times[row.kind, fault.code, fault.label] += 1
    made.faults = [
        Fault(*key, times=count, of=of_sheet[key[0]], lost=lost[key])
        for key, count in sorted(times.items(), key=lambda each: (-each[1], each[0]))
    ]
    return made
