"""The quality of suggestions as JSON."""

from __future__ import annotations

from typing import Any

from api.desk import Desk
from api.quality_report import DEFINITIONS, Report, Row, advice, first_day, gap, last_day, name_of
from casework import drift, quality
from casework.drift import Drift
from casework.quality import Bin, Figures
from casework.shares import share
from district.pack import District


def as_json(desk: Desk, found: Report) -> dict[str, Any]:
    """The report as ``GET /api/v1/models/quality`` and ``yingsheng models quality --json`` give it."""
    return {
        "from": first_day(desk, found),
        "to": last_day(desk, found),
        "by": found.by,
        "total": figures_json(found.total),
        "rows": [_row_json(desk.district, row) for row in found.rows],
        "reliability": [_bin_json(each) for each in found.bins],
        "calibration_error": quality.calibration_error(found.bins),
        "drift": _drift_json(desk.district, found.drift),
        "advice": advice(found),
        "definitions": DEFINITIONS,
    }


def figures_json(figures: Figures) -> dict[str, Any]:
    """One group's counts with their shares; a share of nothing is null."""
    lower, upper = figures.bounds
    return {
        "suggested": figures.suggested,
        "auto": {"n": figures.auto, "share": share(figures.auto, figures.suggested)},
        "judged": figures.judged,
        "category": {
            "right": figures.right,
            "accuracy": figures.accuracy,
            "wilson": {"lower": lower, "upper": upper} if figures.judged else None,
        },
        "unit": {
            "n": figures.unit_judged,
            "right": figures.unit_right,
            "accuracy": share(figures.unit_right, figures.unit_judged),
        },
        "top3": {
            "n": figures.three_judged,
            "right": figures.three_right,
            "accuracy": share(figures.three_right, figures.three_judged),
        },
        "mean_probability": figures.mean_stated,
        "gap": gap(figures),
        "corrected": {"n": figures.corrected, "share": share(figures.corrected, figures.judged)},
    }


def _row_json(district: District, row: Row) -> dict[str, Any]:
    made = {"key": row.key, "label": row.label} | figures_json(row.figures)
    if row.category is None:
        return made
    line = row.category
    confusion = {"code": line.confused_with, "path": name_of(district, line.confused_with), "n": line.confused}
    return made | {
        "before": figures_json(line.before),
        "turn": line.turn or None,
        "confusion": confusion if line.confused else None,
    }


def _bin_json(each: Bin) -> dict[str, Any]:
    return {
        "from": each.number / quality.BINS,
        "to": (each.number + 1) / quality.BINS,
        "n": each.judged,
        "right": each.right,
        "mean_probability": share(each.stated, each.judged),
        "accuracy": share(each.right, each.judged),
    }


def _drift_json(district: District, found: Drift) -> dict[str, Any]:
    return {
        "since": found.since,
        "turn": found.turn,
        "until": found.until,
        "tickets": {"then": found.then.tickets, "now": found.now.tickets},
        "psi": found.psi,
        "chance": found.chance,
        "bounds": {"moderate": drift.MODERATE, "strong": drift.STRONG},
        "verdict": found.verdict,
        "mean_probability": {"then": found.then.mean, "now": found.now.mean, "less_sure": found.is_less_sure},
        "categories": [
            {
                "code": code,
                "path": name_of(district, code),
                "then": {"n": then, "share": was},
                "now": {"n": now, "share": is_},
            }
            for code, then, now, was, is_ in found.shares()
        ],
    }
