"""What a ticket, a case, a rate look like as JSON. Every text passes through its reader (``casework.reading``)."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from api.clock_warning_views import warnings_json
from api.returns_view import loss_json
from casework import deadlines, lifecycle, requests, returns, rules
from casework.city_tables import CityOrder
from casework.dialogue import speaking
from casework.message_tables import Message
from casework.privacy import Sight, Veil, mask_address, mask_text
from casework.rates import RateRow, RateTable
from casework.reading import Reader
from casework.tables import Case, Request, Ticket
from district.formulas import RateValue
from district.pack import District
from storage.deliveries import Delivery
from storage.quarantine import Quarantined


def _unit(district: District, code: str) -> dict[str, str] | None:
    return {"code": code, "name": district.units.get(code).name} if code and code in district.units else None


def _category(district: District, code: str) -> dict[str, Any] | None:
    if not code or code not in district.taxonomy:
        return None
    return {"code": code, "path": list(district.taxonomy.get(code).path)}


def ticket_brief(reader: Reader, ticket: Ticket) -> dict[str, Any]:
    """A ticket in a list."""
    return _ticket(reader.district, ticket, reader.listed(ticket)) | _marked(reader, ticket)


def _marked(reader: Reader, ticket: Ticket) -> dict[str, bool]:
    """恶意骚扰标记 is for the desk: a unit handles the matter like anybody's."""
    return {} if reader.is_unit else {"caller_marked": ticket.caller_marked}


def _ticket(district: District, ticket: Ticket, veil: Veil) -> dict[str, Any]:
    return {
        "id": ticket.id,
        "number": ticket.number,
        "state": ticket.state,
        "state_label": district.workflow.ticket.states.get(ticket.state, ticket.state),
        "channel": ticket.channel,
        "account": ticket.account,
        "title": veil.text(ticket.title),
        "text": veil.text(ticket.text),
        "opened_at": ticket.opened_at,
        "closed_at": ticket.closed_at,
        "category": _category(district, ticket.category),
        "request_type": ticket.request_type,
        "urgency": ticket.urgency,
        "unit": _unit(district, ticket.unit),
        "needs_review": ticket.needs_review,
        "confidential": ticket.confidential,
        "urgings": ticket.urgings,
        "case_id": ticket.case_id,
        "version": ticket.version,
    }


def ticket_whole(reader: Reader, ticket: Ticket) -> dict[str, Any]:
    """A ticket with its suggestion and its resident. A unit that a 举报 may be about learns nothing of the latter."""
    veil = reader.of(ticket)
    hidden = veil.sight is Sight.HIDDEN
    return (
        _ticket(reader.district, ticket, veil)
        | _marked(reader, ticket)
        | {
            "code": ticket.code if reader.sees_code(ticket) else "",
            "sender": reader.address(ticket, ticket.sender),
            "resident": {"id": "" if hidden else ticket.resident_id, "name": reader.name(ticket)},
            "person_shown": reader.sees(ticket),
            "suggestion": reader.suggestion(ticket) or None,
            "answer": veil.text(ticket.answer),
            "close_reason": ticket.close_reason,
            "told_at": ticket.told_at,
            "follows": _followed(ticket) if not hidden else None,
        }
    )


def _followed(ticket: Ticket) -> dict[str, str] | None:
    """The ticket that was over when its resident wrote again (承接工单)."""
    before = ticket.followed
    return {"id": before.id, "number": before.number} if before is not None else None


def message_json(reader: Reader, ticket: Ticket, message: Message) -> dict[str, Any]:
    """One inbound message of a conversation. Files are named only to whoever sees the person: they may show him."""
    veil, open_ = reader.of(ticket), reader.sees(ticket)
    files = [
        {
            "id": file.id,
            "name": file.name,
            "media_type": file.media_type,
            "size": file.size,
            "fetch_state": file.fetch_state,
            "fetch_note": file.fetch_note,
        }
        for file in message.attachments
    ]
    return {
        "id": message.id,
        "kind": message.kind,
        "title": veil.text(message.title),
        "text": veil.text(message.text),
        "place": reader.place(ticket, message.place),
        "received_at": message.received_at,
        "sent_at": message.sent_at,
        "notes": [] if veil.sight is Sight.HIDDEN else [veil.text(note) for note in message.notes],
        "attachments": files if open_ else [],
        "attachments_withheld": 0 if open_ else len(files),
    }


def delivery_json(reader: Reader, ticket: Ticket | None, delivery: Delivery) -> dict[str, Any]:
    """One message on its way to a resident; ``ticket`` None where it is about none (a greeting)."""
    text = reader.of(ticket).text if ticket is not None else mask_text
    shown = ticket is None or reader.sight(ticket) is not Sight.HIDDEN
    return {
        "id": delivery.id,
        "ticket_id": delivery.ticket_id,
        "channel": delivery.channel,
        "account": delivery.account,
        "recipient": mask_address(delivery.recipient) if shown else "",
        "template": delivery.template,
        "act": delivery.act,
        "title": text(delivery.title),
        "text": text(delivery.text),
        "said_by": speaking.speaker_name(delivery),
        "state": delivery.state,
        "attempts": delivery.attempts,
        "reason": text(delivery.reason),
        "created_at": delivery.created_at,
        "due_at": delivery.due_at,
        "sent_at": delivery.sent_at,
        "fallback_of": delivery.fallback_of,
        "followed": delivery.followed,
        "grouped_into": delivery.grouped_into,
    }


def city_order_json(reader: Reader, ticket: Ticket, order: CityOrder) -> dict[str, Any]:
    """The city's order that opened a ticket, as it last stood there."""
    verdict = None
    if order.verdict_at is not None:
        verdict = {
            "at": order.verdict_at,
            "reached": order.reached,
            "contacted": order.contacted,
            "resolved": order.resolved,
            "satisfaction": order.satisfaction,
            "text": reader.of(ticket).text(order.said),
        }
    return {
        "number": order.number,
        "revision": order.revision,
        "state": order.state,
        "category": order.category,
        "mapped": _category(reader.district, order.mapped),
        "deadline_at": order.deadline_at,
        "may_return": order.may_return,
        "return_until": order.return_until,
        "return_state": order.return_state,
        "extension_state": order.extension_state,
        "verdict": verdict,
    }


def request_json(reader: Reader, request: Request) -> dict[str, Any]:
    """A request for approval."""
    text = reader.record(request.case).text
    words = reader.on(request.case).text if request.kind == requests.ANSWER else text
    return {
        "id": request.id,
        "case_id": request.case_id,
        "kind": request.kind,
        "state": request.state,
        "reason": text(request.reason),
        "text": words(request.text),
        "record": words(request.record),
        "changed_text": words(request.changed_text),
        "proposed_unit": request.proposed_unit,
        "directory_line": request.directory_line,
        "review_date": request.review_date,
        "asked_at": request.asked_at,
        "decided_at": request.decided_at,
        "decision": text(request.decision),
    }


def case_brief(reader: Reader, case: Case) -> dict[str, Any]:
    """A case in a list."""
    district = reader.district
    return {
        "id": case.id,
        "number": case.number,
        "state": case.state,
        "state_label": district.workflow.case.states.get(case.state, case.state),
        "title": reader.title(case),
        "category": _category(district, case.category),
        "request_type": case.request_type,
        "urgency": case.urgency,
        "lead_unit": _unit(district, case.lead_unit),
        "proposed_unit": _unit(district, case.proposed_unit),
        "co_units": [_unit(district, code) for code in case.co_units],
        "merged_into": case.merged_into,
        "street": _unit(district, case.street),
        "opened_at": case.opened_at,
        "dispatched_at": case.dispatched_at,
        "answered_at": case.answered_at,
        "closed_at": case.closed_at,
        "version": case.version,
    }


def case_whole(session: Session, reader: Reader, case: Case, *, now: datetime) -> dict[str, Any]:
    """A case with its clocks, requests, tickets and the moves open to this reader."""
    district, actor = reader.district, reader.actor
    book = rules.of(session, district, case)
    views = [deadlines.view(book, case, clock, now=now) for clock in case.clocks]
    return case_brief(reader, case) | {
        "directory_line": case.directory_line,
        "clause": case.clause,
        "against_directory": case.against_directory,
        "hard": case.hard,
        "review_date": case.review_date if case.state == "suspended" else None,
        "seen": lifecycle.seen_as(session, case),
        "co_answers": [
            {"unit": _unit(district, part.unit), "text": reader.record(case).text(part.answer), "at": part.answered_at}
            for part in sorted(case.units, key=lambda each: each.unit)
            if part.part == "co"
        ],
        "lost_to_returns": loss_json(district, returns.lost(session, book.calendars, case, now=now)),
        "signed_at": case.signed_at,
        "contacted_at": case.contacted_at,
        "answer": reader.on(case).text(case.answer),
        "record": reader.on(case).text(case.record),
        "returns": case.returns,
        "reworks": case.reworks,
        "clocks": [clock_json(view) for view in views],
        "clock_warnings": warnings_json(session, case),
        "requests": [request_json(reader, request) for request in case.requests],
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
        "own_due_at": view.own_due_at,
        "external_due_at": view.external_due_at,
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
        "source": mask_text(row.source),
        "size": row.size,
        "where": mask_text(row.where),
        "why": mask_text(row.why),
        "state": row.state,
        "attempts": row.attempts,
        "received_at": row.received_at,
    }
