"""Absences, hand-overs, shifts and alerts as documents, for the API and the commands."""

from __future__ import annotations

from typing import Any

from casework.absences import Away
from casework.hand_over import part_of
from casework.people_tables import Alert, DutyShift, HandOver
from casework.tables import Case
from casework.unit_handovers import Due
from district.duty import LABELS
from district.pack import District
from storage.identity import User


def away(row: Away) -> dict[str, Any]:
    """An absence."""
    absence = row.absence
    return {
        "id": absence.id,
        "user": {"login": row.user.login, "name": row.user.name, "unit": row.user.unit},
        "stand_in": {"login": row.stand_in.login, "name": row.stand_in.name},
        "starts": absence.starts,
        "ends": absence.ends,
        "ended_at": absence.ended_at,
        "reason": absence.reason,
    }


def unit(district: District, code: str) -> dict[str, str]:
    """A unit by code and name."""
    return {"code": code, "name": district.units.name_of(code) or code}


def open_case(case: Case, of: str) -> dict[str, Any]:
    """A case of the list of open work; its title is masked by the caller where it shows one."""
    return {"number": case.number, "state": case.state, "part": part_of(case, of), "opened_at": case.opened_at}


def hand_over(district: District, made: HandOver, *, may_undo: bool) -> dict[str, Any]:
    """A hand-over."""
    return {
        "id": made.id,
        "at": made.at,
        "kind": made.kind,
        "from": unit(district, made.source),
        "to": unit(district, made.target),
        "reason": made.reason,
        "by": made.by_name,
        "cases": len(made.cases),
        "undone_at": made.undone_at,
        "may_undo": may_undo,
    }


def due(district: District, each: Due) -> dict[str, Any]:
    """What a unit that ended still has."""
    return {
        "unit": unit(district, each.source),
        "kind": each.change.kind,
        "day": each.change.day.isoformat(),
        "cases": [
            {"to": unit(district, heir) if heir else None, "numbers": numbers} for heir, numbers in each.cases.items()
        ],
        "tickets": each.tickets,
        "staff": each.staff,
        "staff_to": unit(district, each.staff_to) if each.staff_to else None,
    }


def shift(row: DutyShift, user: User) -> dict[str, Any]:
    """A shift."""
    return {
        "id": row.id,
        "starts": row.starts,
        "ends": row.ends,
        "position": row.position,
        "login": user.login,
        "name": user.name,
        "phone": row.phone,
    }


def alert(row: Alert) -> dict[str, Any]:
    """An alert with its calls."""
    return {
        "id": row.id,
        "kind": row.kind,
        "kind_label": LABELS.get(row.kind, row.kind),  # type: ignore[call-overload]
        "state": row.state,
        "text": row.text,
        "case_id": row.case_id,
        "ticket_id": row.ticket_id,
        "raised_at": row.raised_at,
        "next_call_at": row.due_at,
        "ended_at": row.ended_at,
        "acknowledged_by": row.acknowledged_name,
        "calls": [
            {"step": call.step, "name": call.name, "at": call.at, "ways": sorted({way for way, _, _ in call.ways})}
            for call in row.calls
        ],
    }
