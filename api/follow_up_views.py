"""The follow-up list (跟踪台) for the page, the interface and files: one line's words, in what its reader may read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from api import views
from api.desk import Desk
from casework import deadlines, rules
from casework.deadlines import ClockView
from casework.follow_up import Line, Listing
from casework.follow_up_signs import REASONS
from casework.reading import TITLE_LENGTH, Reader

HEAD: Sequence[str] = (
    "事由",
    "起始",
    "办件",
    "工单",
    "事项",
    "主办",
    "状态",
    "时限",
    "到期",
    "下一步",
    "已跟进",
    "跟进人",
    "跟进时间",
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A line as a reader sees it. ``href`` is where its next act is done."""

    line: Line
    title: str
    number: str
    href: str
    unit: str
    state: str
    clock: ClockView | None


def shown(session: Session, desk: Desk, reader: Reader, line: Line) -> Shown:
    """The line with its title, unit, state and the clock that binds; of a resident by his latest ticket."""
    district, case, ticket = desk.district, line.case, line.ticket
    code = line.signs[0].unit
    unit = district.units.name_of(code)
    if case is not None and ticket is None:
        book = rules.of(session, district, case)
        clock = deadlines.binding(case)
        anchor = "supervision" if line.signs[0].reason in ("order", "note") else "case"
        return Shown(
            line,
            reader.title(case),
            case.number,
            f"/cases/{case.number}#{anchor}",
            unit,
            book.workflow.case.states.get(case.state, case.state),
            deadlines.view(book, case, clock, now=desk.now()) if clock else None,
        )
    assert ticket is not None
    words = reader.listed(ticket).text(ticket.title or ticket.text)[:TITLE_LENGTH]
    state = district.workflow.ticket.states.get(ticket.state, ticket.state)
    return Shown(line, words, ticket.number, f"/tickets/{ticket.number}", unit, state, None)


def line_json(session: Session, desk: Desk, reader: Reader, line: Line) -> dict[str, Any]:
    """One line as ``GET /api/v1/follow-up`` gives it."""
    found = shown(session, desk, reader, line)
    return {
        "subject": line.subject,
        "reasons": [
            {"reason": sign.reason, "label": REASONS[sign.reason], "text": sign.words, "since": sign.since}
            for sign in line.signs
        ],
        "next_act": line.signs[0].act,
        "href": found.href,
        "title": found.title,
        "case": {"id": line.case.id, "number": line.case.number} if line.case else None,
        "ticket": {"id": line.ticket.id, "number": line.ticket.number} if line.ticket else None,
        "unit": {"code": line.signs[0].unit, "name": found.unit} if found.unit else None,
        "state": found.state,
        "clock": views.clock_json(found.clock) if found.clock else None,
        "followed": {
            "word": line.followed.word,
            "by": line.followed.by,
            "by_name": line.followed.by_name,
            "at": line.followed.at,
        }
        if line.followed
        else None,
    }


def counts_json(found: Listing) -> dict[str, Any]:
    """How many lines there are, and how many by reason."""
    return {"total": found.total, "counts": {name: found.counts.get(name, 0) for name in REASONS}}


def cells(session: Session, desk: Desk, reader: Reader, line: Line) -> Sequence[str]:
    """One line of a file, under ``HEAD``."""
    found = shown(session, desk, reader, line)
    followed = line.followed
    return (
        "；".join(f"{REASONS[sign.reason]}：{sign.words}" for sign in line.signs),
        _exact(desk, line.signs[0].since),
        line.case.number if line.case else "",
        line.ticket.number if line.ticket else "",
        found.title,
        found.unit,
        found.state,
        found.clock.label if found.clock else "",
        _exact(desk, found.clock.due_at) if found.clock else "",
        line.signs[0].act,
        followed.word if followed else "",
        followed.by_name if followed else "",
        _exact(desk, followed.at) if followed else "",
    )


def _exact(desk: Desk, at: datetime) -> str:
    return f"{at.astimezone(desk.district.calendars.zone):%Y-%m-%d %H:%M}"
