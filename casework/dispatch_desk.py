"""The dispatcher's desk (派单台): what waits beside the queue: cases without a unit, 会商, cases that may be 疑难."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.sql.base import ExecutableOption

from casework.tables import Case, Request, Ticket
from casework.unit_work import states_in_hand
from district.pack import District
from district.schemas import Role

SEES = frozenset({Role.DISPATCHER, Role.SUPERVISOR})
"""Who dispatches."""
ARBITRATION, HARD = "arbitration", "hard"
ASKED_MUCH = ("return", "extension")
"""Requests that were approved on a case show that it is no easy one."""


def count_open(session: Session, district: District) -> int:
    """Cases that no unit has."""
    query = select(func.count(Case.id)).where(Case.state == district.workflow.case.initial)
    return session.scalar(query) or 0


def arbitrations(session: Session, *, limit: int) -> tuple[Sequence[Request], int]:
    """会商 that waits for its decision, the oldest first; and how many there are."""
    waiting = (Request.kind == ARBITRATION, Request.state == "pending")
    query = select(Request).where(*waiting).order_by(Request.asked_at).limit(limit)
    found = list(session.scalars(query.options(*_with_case())))
    return found, session.scalar(select(func.count(Request.id)).where(*waiting)) or 0


def _with_case() -> list[ExecutableOption]:
    return [
        selectinload(Request.case).selectinload(Case.tickets).selectinload(Ticket.resident),
        selectinload(Request.case).selectinload(Case.units),
    ]


def perhaps_hard(session: Session, district: District, *, limit: int) -> Sequence[Case]:
    """Cases in hand that came back or were extended and are not called 疑难 yet, the latest asked about first.

    Whether one is hard is a dispatcher's judgement; this says only where to look.
    """
    asked = (
        select(Request.case_id, func.max(Request.asked_at).label("at"))
        .where(Request.state == "approved", Request.kind.in_(ASKED_MUCH))
        .group_by(Request.case_id)
        .order_by(func.max(Request.asked_at).desc())
        .limit(10 * limit)
        .subquery()
    )
    query = (
        select(Case)
        .join(asked, asked.c.case_id == Case.id)
        .where(Case.hard.is_(False), Case.state.in_(states_in_hand(district)))
        .order_by(asked.c.at.desc())
        .limit(limit)
        .options(selectinload(Case.tickets).selectinload(Ticket.resident), selectinload(Case.requests))
    )
    return list(session.scalars(query))
