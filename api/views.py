"""What a ticket, a case, a rate look like as JSON. Personal data is masked unless the reader handles the case."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from casework import deadlines, lifecycle, requests, rules
from casework.actors import UNIT_ROLES, Actor
from casework.privacy import mask_address, mask_name, mask_text
from casework.rates import RateRow, RateTable
from casework.tables import Case, Message, Request, Step, Ticket
from district.formulas import RateValue
from district.pack import District
from district.schemas import Role
from storage.deliveries import Delivery
from storage.quarantine import Quarantined

UNMASKED = frozenset({Role.AGENT, Role.DISPATCHER, Role.CALLBACK_AGENT, Role.SYSTEM})
"""Desk roles that work with the resident; a unit sees him on the cases it handles."""


def sees_person(actor: Actor, ticket: Ticket) -> bool:
    """Whether names and numbers are shown to this actor. A reporter of 举报 is hidden from the unit reported on."""
    if actor.role in UNMASKED:
        return True
    return actor.role in UNIT_ROLES and ticket.case is not None and ticket.request_type != "举报"


def text_for(actor: Actor, ticket: Ticket, text: str) -> str:
    """A text of the ticket as this actor may read it."""
    return text if sees_person(actor, ticket) else mask_text(text)


def _unit(district: District, code: str) -> dict[str, str] | None:
    return {"code": code, "name": district.units.get(code).name} if code and code in district.units else None


def _category(district: District, code: str) -> dict[str, Any] | None:
    if not code or code not in district.taxonomy:
        return None
    return {"code": code, "path": list(district.taxonomy.get(code).path)}


def ticket_brief(district: District, ticket: Ticket, actor: Actor) -> dict[str, Any]:
    """A ticket in a list."""
    return {
        "id": ticket.id,
        "number": ticket.number,
        "state": ticket.state,
        "state_label": district.workflow.ticket.states.get(ticket.state, ticket.state),
        "channel": ticket.channel,
        "account": ticket.account,
        "title": text_for(actor, ticket, ticket.title),
        "text": text_for(actor, ticket, ticket.text),
        "opened_at": ticket.opened_at,
        "closed_at": ticket.closed_at,
        "category": _category(district, ticket.category),
        "request_type": ticket.request_type,
        "urgency": ticket.urgency,
        "unit": _unit(district, ticket.unit),
        "needs_review": ticket.needs_review,
        "urgings": ticket.urgings,
        "case_id": ticket.case_id,
        "version": ticket.version,
    }


def ticket_whole(district: District, ticket: Ticket, actor: Actor) -> dict[str, Any]:
    """A ticket with its suggestion and its resident."""
    open_ = sees_person(actor, ticket)
    name = ticket.resident.name
    return ticket_brief(district, ticket, actor) | {
        "code": ticket.code if open_ else "",
        "sender": ticket.sender if open_ else mask_address(ticket.sender),
        "resident": {"id": ticket.resident_id, "name": name if open_ else mask_name(name)},
        "suggestion": ticket.suggestion or None,
        "answer": ticket.answer,
        "close_reason": ticket.close_reason,
        "told_at": ticket.told_at,
    }


def message_json(ticket: Ticket, message: Message, actor: Actor) -> dict[str, Any]:
    """One inbound message of a conversation."""
    return {
        "id": message.id,
        "kind": message.kind,
        "title": text_for(actor, ticket, message.title),
        "text": text_for(actor, ticket, message.text),
        "place": message.place or None,
        "received_at": message.received_at,
        "sent_at": message.sent_at,
        "notes": message.notes,
        "attachments": [
            {"id": file.id, "name": file.name, "media_type": file.media_type, "size": file.size}
            for file in message.attachments
        ],
    }


def delivery_json(delivery: Delivery) -> dict[str, Any]:
    """One message on its way to a resident."""
    return {
        "id": delivery.id,
        "ticket_id": delivery.ticket_id,
        "channel": delivery.channel,
        "account": delivery.account,
        "recipient": mask_address(delivery.recipient),
        "template": delivery.template,
        "title": delivery.title,
        "text": delivery.text,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "reason": delivery.reason,
        "created_at": delivery.created_at,
        "due_at": delivery.due_at,
        "sent_at": delivery.sent_at,
    }


def step_json(step: Step) -> dict[str, Any]:
    """One line of what happened."""
    return {
        "at": step.at,
        "move": step.move,
        "label": step.label,
        "actor": step.actor_name,
        "role": step.role,
        "from": step.source,
        "to": step.target,
        "unit": step.unit,
        "reason": step.reason,
        "text": mask_text(step.text),
    }


def request_json(request: Request) -> dict[str, Any]:
    """A request for approval."""
    return {
        "id": request.id,
        "case_id": request.case_id,
        "kind": request.kind,
        "state": request.state,
        "reason": request.reason,
        "text": request.text,
        "proposed_unit": request.proposed_unit,
        "directory_line": request.directory_line,
        "review_date": request.review_date,
        "asked_at": request.asked_at,
        "decided_at": request.decided_at,
        "decision": request.decision,
    }


def case_brief(district: District, case: Case) -> dict[str, Any]:
    """A case in a list."""
    return {
        "id": case.id,
        "number": case.number,
        "state": case.state,
        "state_label": district.workflow.case.states.get(case.state, case.state),
        "title": mask_text(case.title),
        "category": _category(district, case.category),
        "request_type": case.request_type,
        "urgency": case.urgency,
        "lead_unit": _unit(district, case.lead_unit),
        "proposed_unit": _unit(district, case.proposed_unit),
        "co_units": [_unit(district, code) for code in case.co_units],
        "street": _unit(district, case.street),
        "opened_at": case.opened_at,
        "dispatched_at": case.dispatched_at,
        "answered_at": case.answered_at,
        "closed_at": case.closed_at,
        "version": case.version,
    }


def case_whole(session: Session, district: District, case: Case, actor: Actor, *, now: datetime) -> dict[str, Any]:
    """A case with its clocks, requests, tickets and the moves open to this actor."""
    book = rules.of(session, district, case)
    views = [deadlines.view(book, clock, now=now) for clock in case.clocks]
    return case_brief(district, case) | {
        "directory_line": case.directory_line,
        "clause": case.clause,
        "against_directory": case.against_directory,
        "hard": case.hard,
        "signed_at": case.signed_at,
        "contacted_at": case.contacted_at,
        "answer": case.answer,
        "returns": case.returns,
        "reworks": case.reworks,
        "clocks": [clock_json(view) for view in views],
        "requests": [request_json(request) for request in case.requests],
        "tickets": [{"id": ticket.id, "number": ticket.number, "state": ticket.state} for ticket in case.tickets],
        "moves": [
            {"name": move.name, "label": move.label, "needs": list(move.needs), "reasons": move.reasons}
            for move in lifecycle.case_moves(session, district, case, actor)
        ],
        "may_ask": [
            {"name": kind.name, "label": kind.label, "needs": list(kind.needs), "reasons": kind.reasons}
            for kind in requests.open_kinds(session, district, case, actor, now=now)
        ],
    }


def clock_json(view: deadlines.ClockView) -> dict[str, Any]:
    """A clock with its sentence."""
    return {
        "name": view.name,
        "label": view.label,
        "state": view.state,
        "level": view.level,
        "due_at": view.due_at,
        "left_seconds": int(view.left / timedelta(seconds=1)),
        "provisional": view.provisional,
        "why": view.sentence,
    }


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def rate_json(value: RateValue) -> dict[str, Any]:
    """A rate with its numerator and denominator; ``value`` null means no data."""
    return {
        "numerator": float(value.numerator),
        "denominator": float(value.denominator),
        "value": _number(value.value),
    }


def _row(row: RateRow) -> dict[str, Any]:
    return {
        "key": row.key,
        "name": row.name,
        "kind": row.kind,
        "tickets": row.tickets,
        "rates": {name: rate_json(value) for name, value in row.rates.items()},
        "composite": _number(row.composite),
    }


def rates_json(table: RateTable) -> dict[str, Any]:
    """The rates of a period."""
    return {
        "formula_version": table.formula_version,
        "from": table.start,
        "to": table.end,
        "by": table.by,
        "rows": [_row(row) for row in table.rows],
        "pooled": _row(table.pooled),
        "mean": {name: _number(value) for name, value in table.mean.items()},
        "excluded": table.excluded,
    }


def quarantine_json(row: Quarantined) -> dict[str, Any]:
    """A held payload, without its bytes."""
    return {
        "id": row.id,
        "channel": row.channel,
        "account": row.account,
        "source": row.source,
        "size": row.size,
        "where": row.where,
        "why": row.why,
        "state": row.state,
        "attempts": row.attempts,
        "received_at": row.received_at,
    }
