"""Returns and dispatches as JSON and as a page shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from casework import returns
from casework.reading import Reader
from casework.returns import Figures, Loss
from casework.tables import Case, Step, Ticket
from district.pack import District


def figures_json(district: District, found: Figures) -> dict[str, Any]:
    """Returns by unit (无理退单 is ``wrongful``) and dispatches by whom (派错 is ``wrong``)."""
    return {
        "units": [
            {
                "unit": {"code": row.unit, "name": name_of(district, row.unit)},
                "asked": row.asked,
                "approved": row.approved,
                "wrongful": row.wrongful,
                "pending": row.pending,
            }
            for row in found.units
        ],
        "desk": [
            {
                "by": row.by,
                "name": row.name,
                "dispatched": row.dispatched,
                "wrong": row.wrong,
                "transferred": row.transferred,
                "pushed_down": row.pushed_down,
            }
            for row in found.desk
        ],
    }


def loss_json(district: District, lost: list[Loss]) -> dict[str, Any]:
    """Time lost to returns: seconds of wall time and of office time, and each stay that made it."""
    return {
        "wall_seconds": int(sum(each.wall.total_seconds() for each in lost)),
        "office_seconds": int(sum(each.office.total_seconds() for each in lost)),
        "stays": [{"unit": name_of(district, each.unit), "from": each.start, "to": each.end} for each in lost],
    }


def pushed_down(session: Session, reader: Reader, *, start: datetime, end: datetime) -> list[dict[str, Any]]:
    """The period's dispatches of bureaus' work to streets, in words that the reader may read."""
    steps = returns.pushed_down(session, reader.actor, start=start, end=end)
    people = selectinload(Case.tickets).selectinload(Ticket.resident)
    keys = {step.case_id for step in steps if step.case_id}
    cases = {case.id: case for case in session.scalars(select(Case).where(Case.id.in_(keys)).options(people))}
    return [pushed_json(reader, step, cases[step.case_id]) for step in steps if step.case_id]


def pushed_json(reader: Reader, step: Step, case: Case) -> dict[str, Any]:
    """One dispatch of a bureau's work to a street, with its reason."""
    return {
        "case": case.number,
        "unit": {"code": step.unit, "name": name_of(reader.district, step.unit)},
        "by": step.actor_name,
        "at": step.at,
        "reason": reader.record(case).text(step.text),
    }


def name_of(district: District, unit: str) -> str:
    """The unit's name; its code where the district knows it no more, a dash where there is none."""
    return district.units.name_of(unit) or unit or "—"
