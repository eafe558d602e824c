"""Supervision orders and leaders' notes as JSON; every text passes through its reader."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from api.desk import Desk
from casework import follow_up, leaders_notes, supervision_orders
from casework.reading import Reader
from casework.supervision_tables import LeadersNote, SupervisionOrder
from casework.tables import Case


def order_json(reader: Reader, order: SupervisionOrder) -> dict[str, Any]:
    """One order."""
    text = reader.record(order.case).text
    return {
        "id": order.id,
        "case_id": order.case_id,
        "level": order.level,
        "label": order.label,
        "state": order.state,
        "state_label": supervision_orders.STATES[order.state],
        "text": text(order.text),
        "reason": text(order.reason),
        "unit": order.unit,
        "term": order.term,
        "due_at": order.due_at,
        "provisional": order.provisional,
        "follows": order.follows,
        "issued_by": order.issued_by,
        "issued_by_name": order.issued_by_name,
        "issued_at": order.issued_at,
        "acknowledged_at": order.acknowledged_at,
        "answer": text(order.answer),
        "answered_by_name": order.answered_by_name,
        "answered_at": order.answered_at,
        "decision": text(order.decision),
        "decided_at": order.decided_at,
    }


def note_json(reader: Reader, note: LeadersNote) -> dict[str, Any]:
    """One leader's note."""
    text = reader.record(note.case).text
    return {
        "id": note.id,
        "case_id": note.case_id,
        "leader": note.leader,
        "office": note.office,
        "noted_on": note.noted_on,
        "text": text(note.text),
        "asks_answer": note.asks_answer,
        "state": note.state,
        "entered_by_name": note.entered_by_name,
        "entered_at": note.entered_at,
        "answer": text(note.answer),
        "answered_by_name": note.answered_by_name,
        "answered_at": note.answered_at,
        "withdrawn_at": note.withdrawn_at,
        "withdrawn_for": text(note.withdrawn_for),
    }


def case_json(session: Session, reader: Reader, case: Case) -> dict[str, Any]:
    """All orders and notes on a case, the newest first, and whether the reader watches it."""
    return {
        "orders": [order_json(reader, each) for each in supervision_orders.of_case(session, case)],
        "notes": [note_json(reader, each) for each in leaders_notes.of_case(session, case)],
        "watched": follow_up.is_watched(session, case, reader.actor),
    }


def panel(session: Session, desk: Desk, case: Case, reader: Reader) -> dict[str, Any]:
    """Values for the part of a case's page: what is on record, and what this reader may do now."""
    district, actor = desk.district, reader.actor
    orders = supervision_orders.of_case(session, case)
    standing = next((each for each in orders if each.state in supervision_orders.OPEN), None)
    issues = supervision_orders.may_issue(district, actor)
    is_over = case.state in district.workflow.case.final
    levels = [
        (level, supervision_orders.needs_reason(session, district, case, level.name))
        for level in district.supervision.levels
    ]
    return {
        "orders": orders,
        "notes": leaders_notes.of_case(session, case),
        "standing": standing,
        "late": standing is not None
        and standing.state in supervision_orders.UNANSWERED
        and standing.due_at < desk.now(),
        "states": supervision_orders.STATES,
        "note_states": leaders_notes.STATES,
        "colours": {level.name: level.colour for level in district.supervision.levels},
        "levels": levels if issues and standing is None and case.lead_unit and not is_over else [],
        "above": district.supervision.above(standing.level) if standing is not None and not is_over else None,
        "issues": issues,
        "answers": supervision_orders.may_answer(district, case, actor),
        "watches": actor.role in follow_up.FOLLOWS,
        "watched": follow_up.is_watched(session, case, actor),
    }
