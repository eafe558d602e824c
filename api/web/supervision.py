"""Forms of supervision on a case's page: orders, leaders' notes, watching."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Form
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from api.auth import CurrentDesk, CurrentVisitor
from api.desk import Desk
from casework import follow_up, leaders_notes, supervision_orders, tickets
from casework.leaders_notes import Written
from casework.tables import Case

router = APIRouter()
Text = Annotated[str, Form(max_length=5000)]
Reason = Annotated[str, Form(max_length=500)]
Term = Annotated[str, Form(pattern=r"^([1-9]\d?)?$")]


async def _done(desk: Desk, work: Callable[[Session], Case], anchor: str = "supervision") -> Response:
    """Do it in one transaction and show the case again."""

    def run() -> str:
        with desk.database.write.begin() as session:
            return work(session).number

    return RedirectResponse(f"/cases/{await run_in_threadpool(run)}#{anchor}", 303)


@router.post("/cases/{key}/supervision-orders")
async def issue(
    key: str,
    desk: CurrentDesk,
    who: CurrentVisitor,
    level: Annotated[str, Form(max_length=10)],
    text: Text = "",
    reason: Reason = "",
    term: Term = "",
) -> Response:
    """Issue an order."""

    def work(session: Session) -> Case:
        case = tickets.get_case(session, desk.district, key, who.actor)
        supervision_orders.issue(
            session,
            desk.district,
            case,
            level=level,
            text=text,
            reason=reason,
            term=int(term) if term else None,
            actor=who.actor,
            now=desk.now(),
        )
        return case

    return await _done(desk, work)


@router.post("/supervision-orders/{key}/{act}")
async def on_order(
    key: str,
    act: Literal["acknowledge", "answer", "accept", "send-back", "upgrade", "withdraw"],
    desk: CurrentDesk,
    who: CurrentVisitor,
    text: Text = "",
    reason: Reason = "",
) -> Response:
    """Acknowledge, answer, accept, send back, upgrade or withdraw an order."""

    def work(session: Session) -> Case:
        district, actor, now = desk.district, who.actor, desk.now()
        order = supervision_orders.get(session, district, key, actor)
        if act == "acknowledge":
            supervision_orders.acknowledge(session, district, order, actor=actor, now=now)
        elif act == "withdraw":
            supervision_orders.withdraw(session, district, order, reason=reason, actor=actor, now=now)
        elif act == "answer":
            supervision_orders.answer(session, district, order, text=text, actor=actor, now=now)
        elif act == "accept":
            supervision_orders.accept(session, district, order, text=text, actor=actor, now=now)
        elif act == "send-back":
            supervision_orders.send_back(session, district, order, text=text, actor=actor, now=now)
        else:
            supervision_orders.upgrade(session, district, order, text=text, actor=actor, now=now)
        return order.case

    return await _done(desk, work)


@router.post("/cases/{key}/leaders-notes")
async def enter(
    key: str,
    desk: CurrentDesk,
    who: CurrentVisitor,
    leader: Annotated[str, Form(max_length=60)],
    office: Annotated[str, Form(max_length=60)],
    noted_on: Annotated[date, Form()],
    text: Text = "",
    asks_answer: Annotated[bool, Form()] = False,  # noqa: FBT002  (a box that is ticked or not)
) -> Response:
    """Put a leader's note on record."""

    def work(session: Session) -> Case:
        case = tickets.get_case(session, desk.district, key, who.actor)
        written = Written(leader, office, noted_on, text, asks_answer)
        leaders_notes.enter(session, desk.district, case, written, actor=who.actor, now=desk.now())
        return case

    return await _done(desk, work)


@router.post("/leaders-notes/{key}/{act}")
async def on_note(
    key: str,
    act: Literal["answer", "withdraw"],
    desk: CurrentDesk,
    who: CurrentVisitor,
    text: Text = "",
    reason: Reason = "",
) -> Response:
    """Answer a note, or withdraw it."""

    def work(session: Session) -> Case:
        found = leaders_notes.get(session, desk.district, key, who.actor)
        if act == "answer":
            leaders_notes.answer(session, desk.district, found, text=text, actor=who.actor, now=desk.now())
        else:
            leaders_notes.withdraw(session, desk.district, found, reason=reason, actor=who.actor, now=desk.now())
        return found.case

    return await _done(desk, work)


@router.post("/cases/{key}/watch")
async def watch(
    key: str,
    desk: CurrentDesk,
    who: CurrentVisitor,
    watch: Annotated[bool, Form()],
) -> Response:
    """Watch a case, or watch it no more."""

    def work(session: Session) -> Case:
        case = tickets.get_case(session, desk.district, key, who.actor)
        follow_up.watch(session, case, on=watch, actor=who.actor, now=desk.now())
        return case

    return await _done(desk, work)
