"""What automatic dispatch looks like as JSON."""

from __future__ import annotations

from typing import Any

from api import views
from casework import automatic_figures
from casework.actors import UNIT_ROLES, Actor
from casework.automatic_figures import Figures
from casework.judgements import AUTOMATIC, AutomaticSwitch, Judgement
from casework.reading import Reader
from district.automatic import AutomaticRules
from district.pack import District


def sent_json(actor: Actor, row: Judgement | None) -> dict[str, Any] | None:
    """Of a ticket that the desk dispatched by itself: what is known of it; a unit is not told how it came to it."""
    if row is None or row.mode != AUTOMATIC or actor.role in UNIT_ROLES:
        return None
    return {
        "at": row.at,
        "probability": row.probability,
        "sampled": row.sampled,
        "outcome": row.outcome,
        "reviewed_at": row.reviewed_at,
        "model": row.model,
    }


def figures_json(district: District, found: Figures) -> dict[str, Any]:
    """One category's line."""
    lower, upper = found.bounds
    lacks = automatic_figures.missing(district.automatic, found)
    return {
        "category": {"code": found.category, "path": list(district.taxonomy.path(found.category))},
        "on": found.is_on,
        "since": found.since if found.is_on else None,
        "switch": switch_json(found.switch) if found.switch is not None else None,
        "shadow": {
            "n": found.shadow,
            "right": found.shadow_right,
            "precision": found.precision,
            "wilson": {"lower": lower, "upper": upper} if found.shadow else None,
        },
        "automatic": {
            "n": found.automatic,
            "reviewed": found.reviewed,
            "wrong": found.wrong,
            "waiting": found.waiting,
            "precision": found.reviewed_precision,
        },
        "eligible": not lacks,
        "why_not": lacks,
    }


def rules_json(rules: AutomaticRules) -> dict[str, Any]:
    """The pack's rules."""
    return {name: float(value) for name, value in rules.model_dump().items()}


def switch_json(row: AutomaticSwitch) -> dict[str, Any]:
    """One turn of a switch."""
    return {
        "category": row.category,
        "on": row.is_on,
        "by": row.by,
        "by_name": row.by_name,
        "at": row.at,
        "reason": row.reason,
    }


def judgement_json(reader: Reader, row: Judgement) -> dict[str, Any]:
    """A ticket behind a figure."""
    return {
        "ticket": views.ticket_brief(reader, row.ticket),
        "at": row.at,
        "model": row.model,
        "probability": row.probability,
        "suggested": {"category": row.suggested_category, "unit": row.suggested_unit},
        "final": {"category": row.final_category, "unit": row.final_unit},
        "mode": row.mode,
        "decision": row.decision,
        "outcome": row.outcome,
        "sampled": row.sampled,
        "decided_at": row.decided_at,
        "reviewed_at": row.reviewed_at,
    }
