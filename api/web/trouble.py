"""What could not be read and what could not be sent, each with its reason and a way to try again, one or many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from api import payload_view, pipeline
from api.auth import CurrentDesk, CurrentVisitor, Visitor
from api.desk import Desk
from api.errors import Forbidden, sentence
from api.web import admin_doors, render
from casework.actors import Actor
from casework.reading import Reader
from casework.tables import Ticket
from channels.robots import SENDERS
from district.schemas import Role
from storage import audit, deliveries, quarantine
from storage.deliveries import Delivery
from storage.errors import BlobCorrupt, BlobMissing
from storage.quarantine import Quarantined

router = APIRouter()
MAY_SEE = frozenset({Role.DISPATCHER, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR})
SHOWN = 100
AT_ONCE = 100
STATES = {"failed": "发送失败", "dead": "多次未发出", "perhaps_sent": "可能已送达"}
Show = Literal["", "held", "unsent"]
Word = Annotated[str, Query(max_length=20)]


def _check(who: Visitor, *, to_act: bool = False) -> None:
    if who.actor.role not in MAY_SEE or (to_act and who.actor.role is Role.AUDITOR):
        raise Forbidden("您的角色不能处理收发异常")


@router.get("/trouble")
async def show(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    show: Show = "",
    channel: Word = "",
    state: Word = "",
    done: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    """Both lists, or one of them, narrowed."""
    _check(who)

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            held = _held(session, channel) if show != "unsent" else []
            unsent = _unsent(session, channel, state) if show != "held" else []
            counts = _counts(session)
            return render.page(
                request,
                "trouble.html",
                who,
                tabs=admin_doors.tabs(who),
                held=held,
                unsent=_masked(session, desk, who.actor, unsent),
                counts=counts,
                show=show,
                channels={name: render.CHANNEL_LABELS.get(name, name) for name in SENDERS},
                states=STATES,
                channel=channel,
                state=state,
                shown=SHOWN,
                done=_told(done),
                may_act=who.actor.role is not Role.AUDITOR,
            )

    return await run_in_threadpool(read)


def _troubled() -> list[ColumnElement[bool]]:
    return [
        Delivery.state.in_(tuple(STATES)),
        Delivery.followed.not_in(("way", "desk", "parts")),  # it went another way, or is the desk's: 未送达
        ~((Delivery.state == "perhaps_sent") & Delivery.grouped_into.is_not(None)),  # the whole is sent again
    ]


def _held(session: Session, channel: str) -> list[Quarantined]:
    query = select(Quarantined).where(Quarantined.state == "held").order_by(Quarantined.id)
    if channel:
        query = query.where(Quarantined.channel == channel)
    return list(session.scalars(query.limit(SHOWN)))


def _unsent(session: Session, channel: str, state: str) -> list[Delivery]:
    query = select(Delivery).where(*_troubled())
    if channel:
        query = query.where(Delivery.channel == channel)
    if state in STATES:
        query = query.where(Delivery.state == state)
    return list(session.scalars(query.order_by(Delivery.created_at.desc()).limit(SHOWN)))


def _counts(session: Session) -> dict[str, int]:
    held = select(func.count(Quarantined.id)).where(Quarantined.state == "held")
    unsent = select(func.count(Delivery.id)).where(*_troubled())
    return {"held": session.scalar(held) or 0, "unsent": session.scalar(unsent) or 0}


def _told(done: str) -> str:
    """What an act did, from the numbers in the address: read, still unreadable, to be sent."""
    numbers = done.split("-")
    if len(numbers) != 3 or not all(each.isdecimal() for each in numbers):
        return ""
    read, still, sent = map(int, numbers)
    said = ((read, "已读入 {} 份来件"), (still, "{} 份仍然读不出"), (sent, "{} 条消息已排队重发"))
    return "，".join(words.format(number) for number, words in said if number)


def _masked(
    session: Session, desk: Desk, actor: Actor, unsent: list[Delivery]
) -> list[tuple[Delivery, Callable[[str], str], str]]:
    """Each with the words in which it is shown, and its ticket's number: whom it was for matters here to nobody."""
    reader = Reader(desk.district, actor)
    keys = {each.ticket_id for each in unsent if each.ticket_id}
    known = {each.id: each for each in session.scalars(select(Ticket).where(Ticket.id.in_(keys)))}
    found = [(each, known.get(each.ticket_id or "")) for each in unsent]
    return [
        (each, reader.record(ticket.case if ticket else None, ticket).text, ticket.number if ticket else "")
        for each, ticket in found
    ]


def _on_record(session: Session, desk: Desk, who: Visitor, act: str, subject: str, key: str) -> None:
    audit.record(
        session, actor=who.actor.id, role=who.actor.role, act=act, subject=subject, subject_id=key, now=desk.now()
    )


@router.get("/trouble/quarantine/{key}")
async def look(key: str, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """The bytes of a payload as text or figures, numbers masked, on record, for who mends it."""
    _check(who)

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            row = quarantine.get(session, key)
            session.expunge(row)
        may_act = who.actor.role is not Role.AUDITOR
        seen = _seen(desk, who, row) if may_act else None  # names in it are not known as such, so none is masked
        tabs = admin_doors.tabs(who)
        return render.page(request, "quarantined.html", who, tabs=tabs, row=row, seen=seen, may_act=may_act)

    return await run_in_threadpool(read)


def _seen(desk: Desk, who: Visitor, row: Quarantined) -> payload_view.Seen:
    with desk.database.write.begin() as session:
        _on_record(session, desk, who, "read_quarantine", "quarantine", row.id)
    try:
        return payload_view.of(desk.blobs.get(row.blob))
    except (BlobMissing, BlobCorrupt) as problem:
        return payload_view.Seen("不能显示", sentence(problem), 0)


def _read_again(desk: Desk, who: Visitor, key: str) -> bool:
    """Whether it could be read now."""
    pipeline.retry_quarantined(desk, key)
    with desk.database.write.begin() as session:
        _on_record(session, desk, who, "retry_quarantine", "quarantine", key)
        return quarantine.get(session, key).state == "read"


def _send_again(desk: Desk, who: Visitor, key: str) -> None:
    with desk.database.write.begin() as session:
        deliveries.retry(session, key, now=desk.now())
        _on_record(session, desk, who, "retry_delivery", "delivery", key)


@router.post("/trouble/retry")
async def retry_many(
    desk: CurrentDesk,
    who: CurrentVisitor,
    held: Annotated[list[str], Form(max_length=AT_ONCE)] = [],  # noqa: B006  (a form's list)
    unsent: Annotated[list[str], Form(max_length=AT_ONCE)] = [],  # noqa: B006
) -> Response:
    """Try the ticked ones again, each by itself: one that fails keeps none of the others back."""
    _check(who, to_act=True)

    def work() -> str:
        read = [_read_again(desk, who, key) for key in held]
        for key in unsent:
            _send_again(desk, who, key)
        return f"{sum(read)}-{len(read) - sum(read)}-{len(unsent)}"

    return RedirectResponse(f"/trouble?done={await run_in_threadpool(work)}", 303)


@router.post("/trouble/quarantine/{key}/retry")
async def read_again(key: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Read a payload again."""
    _check(who, to_act=True)
    read = await run_in_threadpool(_read_again, desk, who, key)
    return RedirectResponse(f"/trouble?done={int(read)}-{int(not read)}-0", 303)


@router.post("/trouble/deliveries/{key}/retry")
async def send_again(key: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Send a message again."""
    _check(who, to_act=True)
    await run_in_threadpool(_send_again, desk, who, key)
    return RedirectResponse("/trouble?done=0-0-1", 303)
