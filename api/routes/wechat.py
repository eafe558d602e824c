"""The official account's callback.

WeChat waits five seconds and asks three times. The message is committed first; then triage has a budget, counted
from the request's arrival, to answer in the response itself. Past it the same delivery goes out as a customer-service
message. A redelivery gets the bytes that the first answer had.

When the messages before it take longer than that budget, it is not waited for at all: a crowd gets its
acknowledgements at once and its answers a little later.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import ClientDisconnect

from api import pipeline
from api.auth import CurrentDesk
from api.desk import Desk
from api.errors import NotFound
from api.routes.incoming import read_request
from casework.intake import Receipt
from casework.message_tables import Message
from channels.base import Opened
from channels.errors import ForgedMessage, UnreadableMessage
from channels.message import Account, WebhookRequest
from channels.wechat import CHANNEL
from channels.wechat.length import fits_passive
from storage import deliveries
from storage.deliveries import Delivery

log = logging.getLogger(__name__)
router = APIRouter(prefix="/channels/wechat", tags=["channels"])

MAX_BODY = 1_000_000
"""Bytes; WeChat's callbacks are a few kB."""


def _account(desk: Desk, name: str) -> Account:
    account = desk.account("wechat", name)
    if account is None:
        raise NotFound("没有这个公众号")
    return account


def _opened(desk: Desk, request: WebhookRequest, account: Account) -> Opened:
    try:
        return CHANNEL.open(request, account, now=desk.now())
    except ForgedMessage as problem:
        # Nothing of it is kept, so the log is the only place where a wrong token or clock shows.
        log.warning("callback to account %s refused: %s", account.name, problem)
        raise


@router.get("/{name}")
async def echo(name: str, request: Request, desk: CurrentDesk) -> Response:
    """WeChat's check of the address."""
    account = _account(desk, name)
    opened = _opened(desk, await read_request(request, most=MAX_BODY), account)
    return Response(opened.answer or b"", media_type="text/plain")


@router.post("/{name}")
async def receive(name: str, request: Request, desk: CurrentDesk) -> Response:
    """One callback: verified, stored, answered."""
    arrived = asyncio.get_running_loop().time()
    account = _account(desk, name)
    try:
        incoming = await read_request(request, most=MAX_BODY)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody is there to read it
    try:
        payload = _opened(desk, incoming, account).payload
    except UnreadableMessage as problem:
        # Genuine, but not to be opened with the keys of today: asked again WeChat would send the same bytes.
        await run_in_threadpool(pipeline.hold, desk, account, incoming.body, problem)
        return _acknowledged()
    with desk.thinker.after_this():
        received = await run_in_threadpool(pipeline.receive, desk, account, payload or b"")
    if received.held is not None or not received.receipts:
        return _acknowledged()
    receipt = received.receipts[0]
    if receipt.outcome == "repeated":
        return await run_in_threadpool(_stored, desk, receipt)
    left = arrived + desk.settings.passive_budget - asyncio.get_running_loop().time()
    if await _judged(desk, receipt, left):
        return await run_in_threadpool(_answer, desk, incoming, payload or b"", account, receipt)
    return _acknowledged()


def _acknowledged() -> Response:
    return Response(b"success", media_type="text/plain")


async def _judged(desk: Desk, receipt: Receipt, within: float) -> bool:
    """Have the message's ticket judged, and wait for it as long as there is hope; not where it was answered already."""
    if not receipt.fresh:
        return True
    if receipt.pause:
        desk.thinker.put_off(receipt.ticket_id, receipt.pause)  # more of it may come: answered by a message of its own
        return receipt.answered
    if receipt.answered:
        desk.thinker.submit(receipt.ticket_id)  # what is said is not kept back for what more there may be to say
        return True
    hopeless = desk.thinker.expected() > within
    thinking = desk.thinker.submit(receipt.ticket_id)
    if hopeless:
        return False
    waiting = asyncio.wrap_future(thinking)
    done, _ = await asyncio.wait({waiting}, timeout=max(0.0, within))
    return bool(done) and not waiting.cancelled()


def _answer(desk: Desk, incoming: WebhookRequest, payload: bytes, account: Account, receipt: Receipt) -> Response:
    """Answer with the first delivery that waits for it, unless a sender was quicker; empty when there is none.

    It is on record as sent, with its bytes, before the response leaves: should that be lost, WeChat asks again and
    gets the same.
    """
    now = desk.now()
    with desk.database.write.begin() as session:
        message = session.get_one(Message, receipt.message_id)
        delivery = _take(session, message.id, now=now)
        text = delivery.text if delivery else None
        body, media_type = CHANNEL.passive_reply(incoming, payload, text, account, now=now)
        message.response, message.response_type = body, media_type
    return Response(body, media_type=media_type)


def _take(session: Session, message_id: str, *, now: datetime) -> Delivery | None:
    """The first delivery that answers the message, marked as sent; None when there is none to be taken."""
    mine = select(Delivery).where(Delivery.reply_to_message == message_id, Delivery.state == "queued")
    delivery = session.scalar(mine.order_by(Delivery.position).limit(1))
    if delivery is None or not fits_passive(delivery.text):
        return None
    by = f"{deliveries.WEBHOOK}{message_id}"
    if not deliveries.lease(session, delivery.id, by=by, now=now):
        return None
    deliveries.mark_sent(session, delivery.id, by=by, platform_id=f"passive:{message_id}", now=now)
    return delivery


def _stored(desk: Desk, receipt: Receipt) -> Response:
    """The bytes of the first answer; the empty acknowledgement while the first is still being thought about."""
    with desk.database.read() as session:
        message = session.get_one(Message, receipt.message_id)
        if message.response is None:
            return _acknowledged()
        return Response(message.response, media_type=message.response_type)
