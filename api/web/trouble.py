"""What could not be read and what could not be sent, each with its reason and a way to try again."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from api import pipeline
from api.auth import CurrentDesk, CurrentVisitor, Visitor
from api.desk import Desk
from api.errors import Forbidden
from api.web import render
from casework.actors import Actor
from casework.reading import Reader
from casework.tables import Ticket
from district.schemas import Role
from storage import audit, deliveries, quarantine
from storage.deliveries import Delivery

router = APIRouter()
MAY_SEE = frozenset({Role.DISPATCHER, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR})


def _check(who: Visitor, *, to_act: bool = False) -> None:
    if who.actor.role not in MAY_SEE or (to_act and who.actor.role is Role.AUDITOR):
        raise Forbidden("您的角色不能处理收发异常")


@router.get("/trouble")
async def show(request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Both lists."""
    _check(who)

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            held = quarantine.held(session)
            troubled = select(Delivery).where(
                Delivery.state.in_(("failed", "perhaps_sent", "dead")),
                Delivery.followed.not_in(("way", "desk", "parts")),  # it went another way, or is the desk's: 未送达
                ~((Delivery.state == "perhaps_sent") & Delivery.grouped_into.is_not(None)),  # the whole is sent again
            )
            unsent = list(session.scalars(troubled.order_by(Delivery.created_at.desc()).limit(100)))
            return render.page(
                request,
                "trouble.html",
                who,
                held=held,
                unsent=_masked(session, desk, who.actor, unsent),
                may_act=who.actor.role is not Role.AUDITOR,
            )

    return await run_in_threadpool(read)


def _masked(
    session: Session, desk: Desk, actor: Actor, unsent: list[Delivery]
) -> list[tuple[Delivery, Callable[[str], str]]]:
    """Each with the words in which it is shown: whom it was for matters here to nobody."""
    reader = Reader(desk.district, actor)
    keys = {each.ticket_id for each in unsent if each.ticket_id}
    known = {each.id: each for each in session.scalars(select(Ticket).where(Ticket.id.in_(keys)))}
    found = [(each, known.get(each.ticket_id or "")) for each in unsent]
    return [(each, reader.record(ticket.case if ticket else None, ticket).text) for each, ticket in found]


def _on_record(session: Session, desk: Desk, who: Visitor, act: str, subject: str, key: str) -> None:
    audit.record(
        session, actor=who.actor.id, role=who.actor.role, act=act, subject=subject, subject_id=key, now=desk.now()
    )


@router.post("/trouble/quarantine/{key}/retry")
async def read_again(key: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Read a payload again."""
    _check(who, to_act=True)

    def work() -> None:
        pipeline.retry_quarantined(desk, key)
        with desk.database.write.begin() as session:
            _on_record(session, desk, who, "retry_quarantine", "quarantine", key)

    await run_in_threadpool(work)
    return RedirectResponse("/trouble", 303)


@router.post("/trouble/deliveries/{key}/retry")
async def send_again(key: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Send a message again."""
    _check(who, to_act=True)

    def work() -> None:
        with desk.database.write.begin() as session:
            deliveries.retry(session, key, now=desk.now())
            _on_record(session, desk, who, "retry_delivery", "delivery", key)

    await run_in_threadpool(work)
    return RedirectResponse("/trouble", 303)
