"""The official account's callback.

WeChat waits five seconds and asks three times. The message is committed first; then triage has a budget, counted
from the request's arrival, to answer in the response itself. Past it the same delivery goes out as a customer-service
message. A redelivery gets the bytes that the first answer had.

Thinking has threads of its own: were they those that store messages, a stuck triage would hold up the
acknowledgement of the next ones.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field

import anyio
import anyio.to_thread
from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import select
from starlette.requests import ClientDisconnect

from api import pipeline
from api.auth import CurrentDesk
from api.desk import Desk
from api.errors import NotFound, TooLarge
from casework.intake import Receipt
from casework.tables import Message
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

THINKERS = 8
"""Callbacks whose triage runs at the same time, in each process."""

_under_way: set[asyncio.Future[None]] = set()


@dataclass(slots=True)
class _Claim:
    """The delivery this request answers with, taken on lease by a name of its own."""

    by: str
    deliveries: list[tuple[str, str]] = field(default_factory=list)


def _account(desk: Desk, name: str) -> Account:
    account = desk.account("wechat", name)
    if account is None:
        raise NotFound("没有这个公众号")
    return account


async def _request(request: Request) -> WebhookRequest:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            raise TooLarge(MAX_BODY)
    return WebhookRequest(request.method, dict(request.query_params), dict(request.headers), bytes(body))


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
    opened = _opened(desk, await _request(request), account)
    return Response(opened.answer or b"", media_type="text/plain")


@router.post("/{name}")
async def receive(name: str, request: Request, desk: CurrentDesk) -> Response:
    """One callback: verified, stored, answered."""
    arrived = asyncio.get_running_loop().time()
    account = _account(desk, name)
    try:
        incoming = await _request(request)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody is there to read it
    try:
        payload = _opened(desk, incoming, account).payload
    except UnreadableMessage as problem:
        # Genuine, but not to be opened with the keys of today: asked again WeChat would send the same bytes.
        await run_in_threadpool(pipeline.hold, desk, account, incoming.body, problem)
        return _acknowledged()
    received = await run_in_threadpool(pipeline.receive, desk, account, payload or b"")
    if received.held is not None or not received.receipts:
        return _acknowledged()
    receipt = received.receipts[0]
    if receipt.outcome == "repeated":
        return await run_in_threadpool(_stored, desk, receipt)
    claim = _Claim(by=f"{deliveries.WEBHOOK}{receipt.message_id}")
    thinking = asyncio.ensure_future(anyio.to_thread.run_sync(_think, desk, receipt, claim, limiter=_thinkers(request)))
    _under_way.add(thinking)
    thinking.add_done_callback(_under_way.discard)
    left = arrived + desk.settings.passive_budget - asyncio.get_running_loop().time()
    done, _ = await asyncio.wait({thinking}, timeout=max(0.0, left))
    if done:
        return await run_in_threadpool(_answer, desk, incoming, payload or b"", account, receipt, claim, thinking)
    thinking.add_done_callback(lambda task: _too_late(desk, claim, task))
    return _acknowledged()


def _acknowledged() -> Response:
    return Response(b"success", media_type="text/plain")


def _thinkers(request: Request) -> anyio.CapacityLimiter:
    """The application's threads for thinking."""
    found: anyio.CapacityLimiter | None = getattr(request.app.state, "thinkers", None)
    if found is None:
        found = request.app.state.thinkers = anyio.CapacityLimiter(THINKERS)
    return found


def _think(desk: Desk, receipt: Receipt, claim: _Claim) -> None:
    if receipt.fresh:
        pipeline.assess(desk, [receipt.ticket_id])
    now = desk.now()
    with desk.database.write.begin() as session:
        mine = select(Delivery).where(Delivery.reply_to_message == receipt.message_id, Delivery.state == "queued")
        for delivery in session.scalars(mine.order_by(Delivery.position).limit(1)):
            if fits_passive(delivery.text) and deliveries.lease(session, delivery.id, by=claim.by, now=now):
                claim.deliveries.append((delivery.id, delivery.text))


def _answer(
    desk: Desk,
    incoming: WebhookRequest,
    payload: bytes,
    account: Account,
    receipt: Receipt,
    claim: _Claim,
    thinking: asyncio.Future[None],
) -> Response:
    """Answer with the claimed delivery. It is on record as sent, with its bytes, before the response leaves."""
    if (failure := thinking.exception()) is not None:
        log.warning("passive answer failed: %s", type(failure).__name__)
    key, text = claim.deliveries[0] if claim.deliveries else ("", None)
    now = desk.now()
    body, media_type = CHANNEL.passive_reply(incoming, payload, text, account, now=now)
    with desk.database.write.begin() as session:
        message = session.get_one(Message, receipt.message_id)
        message.response, message.response_type = body, media_type
        if key:
            deliveries.mark_sent(session, key, by=claim.by, platform_id=f"passive:{receipt.message_id}", now=now)
    return Response(body, media_type=media_type)


def _too_late(desk: Desk, claim: _Claim, task: asyncio.Future[None]) -> None:
    """The budget was over: what was claimed meanwhile goes back, to leave as a customer-service message."""
    if not task.cancelled() and task.exception() is not None:
        log.warning("triage behind a callback failed: %s", type(task.exception()).__name__)
    if claim.deliveries:
        asyncio.get_running_loop().run_in_executor(None, _give_back, desk, claim)


def _give_back(desk: Desk, claim: _Claim) -> None:
    with desk.database.write.begin() as session:
        for key, _ in claim.deliveries:
            deliveries.release(session, key, by=claim.by, now=desk.now())


def _stored(desk: Desk, receipt: Receipt) -> Response:
    """The bytes of the first answer; the empty acknowledgement while the first is still being thought about."""
    with desk.database.read() as session:
        message = session.get_one(Message, receipt.message_id)
        if message.response is None:
            return _acknowledged()
        return Response(message.response, media_type=message.response_type)
