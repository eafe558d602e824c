"""What the callback desk and marked callers look like as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from api import views
from casework.callback_queue import ToCall
from casework.calling_tables import CallerMark
from casework.malicious import in_force
from casework.reading import Reader
from district.callback import Script
from district.pack import District


def to_call_json(reader: Reader, found: ToCall) -> dict[str, Any]:
    """One resident of the queue. ``callable_from`` is null for now."""
    claim, asked = found.claim, found.questionnaire
    return {
        "ticket": views.ticket_brief(reader, found.ticket),
        "told_at": found.ticket.told_at,
        "due_at": found.due_at,
        "overdue": found.overdue,
        "attempts": found.missed,
        "callable_from": found.from_at,
        "why": found.why,
        "claim": {"by": claim.by, "by_name": claim.by_name, "until": claim.until} if claim is not None else None,
        "questionnaire": {"state": asked.state, "sent_at": asked.sent_at} if asked is not None else None,
    }


def script_json(district: District) -> dict[str, Any]:
    """The script with the desk's name filled in, and the calling hours."""
    script = spoken(district)
    return script.model_dump() | {
        "hours": [f"{_clock(each.start)}-{_clock(each.end)}" for each in district.callback.hours],
    }


def spoken(district: District) -> Script:
    """The script as it is said."""
    script, desk = district.callback.script, district.manifest.desk
    filled = {"opening": script.opening.format(desk=desk), "closing": script.closing.format(desk=desk)}
    return script.model_copy(update=filled)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def mark_json(reader: Reader, mark: CallerMark, *, now: datetime) -> dict[str, Any]:
    """A marked caller with the tickets that show why."""
    said = reader.listed(mark.evidence[0].ticket).text
    return {
        "id": mark.id,
        "resident_id": mark.resident_id,
        "state": "over" if mark.state == "active" and not in_force(mark, now=now) else mark.state,
        "text": said(mark.text),
        "days": mark.days,
        "proposed_by": mark.proposed_by_name,
        "proposed_at": mark.proposed_at,
        "decided_at": mark.decided_at,
        "decision": said(mark.decision),
        "until": mark.until,
        "lifted_at": mark.lifted_at,
        "lift_reason": said(mark.lift_reason),
        "evidence": [views.ticket_brief(reader, each.ticket) for each in mark.evidence],
    }
