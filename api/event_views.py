"""What an event looks like as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from api import views
from casework import event_list, event_merging
from casework.event_list import Summary
from casework.event_merging import Plan
from casework.event_tables import Event
from casework.reading import Reader
from casework.tables import Ticket
from district.pack import District


def event_json(district: District, event: Event, summary: Summary, *, now: datetime) -> dict[str, Any]:
    """One event of a list; ``curve`` counts reporters and tickets from ``from`` until before ``to``."""
    code = summary.category
    return {
        "id": event.id,
        "number": event.number or None,
        "mass": event.mass_at is not None,
        "mass_at": event.mass_at,
        "over": event_list.is_over(district, event, now=now),
        "reporters": event.reporters,
        "tickets": event.tickets,
        "first_at": event.first_at,
        "last_at": event.last_at,
        "place": summary.place or None,
        "category": {"code": code, "path": list(district.taxonomy.path(code))} if code in district.taxonomy else None,
        "channels": dict(summary.channels),
        "curve": [
            {"from": bar.start, "to": bar.end, "reporters": bar.reporters, "tickets": bar.tickets}
            for bar in summary.curve
        ],
    }


def listed(session: Session, district: District, found: Sequence[Event], *, now: datetime) -> list[dict[str, Any]]:
    """The events of one page."""
    about = event_list.summaries(session, district, found)
    return [event_json(district, each, about[each.id], now=now) for each in found]


def whole(
    session: Session, reader: Reader, event: Event, *, now: datetime, after: str = "", limit: int = 100
) -> dict[str, Any]:
    """An event with a page of its tickets, its master case, and what was taken out of it."""
    (found,) = listed(session, reader.district, [event], now=now)
    rows, cursor = event_list.reports(session, reader, event, after=after, limit=limit)
    plan = event_merging.plan(session, reader.district, event)
    why = {ticket.id: words for ticket, words in plan.refused}
    ready = {ticket.id for ticket in plan.ready}
    return found | {
        "master_case": {"id": plan.case.id, "number": plan.case.number} if plan.case is not None else None,
        "items": [
            views.ticket_brief(reader, each)
            | {"mergeable": plan.case is not None and each.id in ready, "why_not": why.get(each.id)}
            for each in rows
        ],
        "next": cursor or None,
        "taken_out": [
            {"ticket": views.ticket_brief(reader, ticket), "by": row.by, "by_name": row.by_name, "at": row.at}
            for row, ticket in event_list.taken_out(session, reader, event)
        ],
    }


def merged_json(plan: Plan) -> dict[str, Any]:
    """What merging did."""

    def named(ticket: Ticket) -> dict[str, str]:
        return {"id": ticket.id, "number": ticket.number}

    return {
        "case": {"id": plan.case.id, "number": plan.case.number} if plan.case is not None else None,
        "merged": [named(each) for each in plan.ready],
        "already": [named(each) for each in plan.there],
        "refused": [named(each) | {"why": why} for each, why in plan.refused],
    }
