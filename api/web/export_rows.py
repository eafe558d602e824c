"""Lines of a file of tickets or cases: the words the reader sees in the list, and no others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from api.desk import Desk
from api.web import render
from casework import deadlines, rules, tickets
from casework.reading import Reader
from casework.tables import Case, Ticket

Row = Sequence[str]
TICKETS = ("工单", "渠道", "来件", "诉求", "分类", "诉求类型", "紧急程度", "单位", "状态", "催办", "办结")
CASES = ("办件", "事项", "分类", "诉求类型", "主办", "街道", "状态", "立案", "时限", "到期", "答复", "办结")


def of_ticket(desk: Desk, reader: Reader, ticket: Ticket) -> Row:
    """A ticket under ``TICKETS``."""
    return (
        ticket.number,
        render.CHANNEL_LABELS.get(ticket.channel, ticket.channel),
        _exact(desk, ticket.opened_at),
        reader.listed(ticket).text("\n".join(part for part in (ticket.title, ticket.text) if part)),
        _category(desk, ticket.category),
        ticket.request_type,
        render.URGENCY_LABELS.get(ticket.urgency, ticket.urgency),
        desk.district.units.name_of(ticket.unit),
        tickets.state_label(desk.district, ticket),
        str(ticket.urgings),
        _exact(desk, ticket.closed_at),
    )


def of_case(desk: Desk, session: Session, reader: Reader, case: Case) -> Row:
    """A case under ``CASES``."""
    clock = deadlines.binding(case)
    book = rules.of(session, desk.district, case)
    return (
        case.number,
        reader.title(case),
        _category(desk, case.category),
        case.request_type,
        desk.district.units.name_of(case.lead_unit),
        desk.district.units.name_of(case.street),
        book.workflow.case.states.get(case.state, case.state),
        _exact(desk, case.opened_at),
        clock.label if clock else "",
        _exact(desk, clock.due_at if clock else None),
        _exact(desk, case.answered_at),
        _exact(desk, case.closed_at),
    )


def _exact(desk: Desk, at: datetime | None) -> str:
    return f"{at.astimezone(desk.district.calendars.zone):%Y-%m-%d %H:%M}" if at else ""


def _category(desk: Desk, code: str) -> str:
    return "/".join(desk.district.taxonomy.get(code).path) if code in desk.district.taxonomy else ""
