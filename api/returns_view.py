"""Returns and dispatches as JSON and as a page shows them."""

from __future__ import annotations

from typing import Any

from casework.returns import Figures, Loss
from casework.tables import Step
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


def pushed_json(district: District, step: Step, number: str) -> dict[str, Any]:
    """One dispatch of a bureau's work to a street, with its reason."""
    return {
        "case": number,
        "unit": {"code": step.unit, "name": name_of(district, step.unit)},
        "by": step.actor_name,
        "at": step.at,
        "reason": step.text,
    }


def name_of(district: District, unit: str) -> str:
    """The unit's name; its code where the district knows it no more, a dash where there is none."""
    return district.units.get(unit).name if unit in district.units else unit or "—"
