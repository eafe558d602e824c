"""Quality inspection as JSON."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from casework import inspection
from casework.inspection_figures import Figures
from casework.inspection_tables import Inspection
from casework.reading import Reader


def mean_of(figures: Figures) -> str:
    """The mean in two places, half up; empty where nothing was scored."""
    mean = figures.mean
    return "" if mean is None else str(mean.quantize(Decimal("0.01"), ROUND_HALF_UP))


def brief_json(reader: Reader, row: Inspection) -> dict[str, Any]:
    """An inspection in a list."""
    return {
        "id": row.id,
        "kind": row.kind,
        "label": inspection.sheet_of(row).label,
        "ticket": {"id": row.ticket_id, "number": row.ticket.number},
        "worker": {"id": row.worker, "name": row.worker_name},
        "worked_at": row.worked_at,
        "week": row.week,
        "state": row.state,
        "state_label": inspection.STATES[row.state],
        "score": row.score,
        "comment": reader.record(row.ticket.case, row.ticket).text(row.comment),
        "scored_at": row.scored_at,
        "objection_until": row.objection_until,
    }


def whole_json(reader: Reader, row: Inspection) -> dict[str, Any]:
    """One inspection with its sheet, its points and what was said about it."""
    text = reader.record(row.ticket.case, row.ticket).text
    return brief_json(reader, row) | {
        "work": row.work,
        "sheet": row.sheet,
        "points": row.points,
        "critical": row.critical,
        "scored_by_name": row.scored_by_name,
        "objection": text(row.objection),
        "objected_at": row.objected_at,
        "first_score": row.first_score,
        "decided_by_name": row.decided_by_name,
        "decided_at": row.decided_at,
        "decision": text(row.decision),
    }


def figures_json(found: Figures) -> dict[str, Any]:
    """One person's figures, each with what it rests on; a mean of nothing is null."""
    return {
        "worker": {"id": found.worker, "name": found.name} if found.worker else None,
        "drawn": found.drawn,
        "n": found.scored,
        "mean": mean_of(found) or None,
        "zero": found.zero,
        "objected": found.objected,
        "changed": found.changed,
        "faults": [
            {
                "kind": each.kind,
                "code": each.code,
                "label": each.label,
                "times": each.times,
                "of": each.of,
                "lost": each.lost,
            }
            for each in found.faults
        ],
    }
