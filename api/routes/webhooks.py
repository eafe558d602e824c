"""``POST /channels/{channel}/{account}``: the webhook of any channel that has one (``channels.base.Webhook``).

The message is on disk before the platform hears that it arrived (``api.storing``); storing and triage follow in the
background, and what the resident is told goes out as a delivery. (WeChat waits for an answer in the response itself:
``api.routes.wechat``.)
"""

from __future__ import annotations

import asyncio
import logging

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect

from api import pipeline
from api.acknowledging import acknowledge
from api.auth import CurrentDesk
from api.desk import Desk
from api.errors import NotFound
from api.routes.incoming import read_request
from channels.base import Acknowledges, Webhook
from channels.errors import ForgedMessage, UnreadableMessage
from channels.message import Account, WebhookRequest
from channels.registry import CHANNELS

log = logging.getLogger(__name__)
router = APIRouter(prefix="/channels", tags=["channels"])

MAX_BODY = 1_000_000
"""Bytes; an update of a platform is a few kB, and files are fetched."""


def _found(desk: Desk, channel: str, name: str) -> tuple[Webhook, Account]:
    adapter, account = CHANNELS.get(channel), desk.account(channel, name)
    if not isinstance(adapter, Webhook) or account is None:
        raise NotFound("没有这个渠道账号")
    return adapter, account


@router.post("/{channel}/{name}")
async def receive(channel: str, name: str, request: Request, desk: CurrentDesk) -> Response:
    """One call of a platform: verified, stored, acknowledged."""
    adapter, account = _found(desk, channel, name)
    try:
        incoming = await read_request(request, most=MAX_BODY)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody is there to read it
    try:
        opened = adapter.open(incoming, account, now=desk.now())
    except ForgedMessage as problem:
        # Nothing of it is kept, so the log is the only place where a wrong token shows.
        log.warning("call to %s account %s refused: %s", channel, name, problem)
        raise
    except UnreadableMessage as problem:
        # Asked again the platform would send the same bytes.
        await run_in_threadpool(pipeline.hold, desk, account, incoming.body, problem)
        return _acknowledged(desk, adapter, incoming, account)
    if opened.payload is None:
        return Response(opened.answer or b"", media_type="text/plain")
    storing = await run_in_threadpool(desk.storer.take, account, opened.payload)
    await asyncio.wait([asyncio.wrap_future(storing)], timeout=desk.settings.acknowledge_within)
    answer = _acknowledged(desk, adapter, incoming, account)
    if isinstance(adapter, Acknowledges):
        answer.background = BackgroundTask(acknowledge, adapter, opened.payload, account)
    return answer


def _acknowledged(desk: Desk, adapter: Webhook, incoming: WebhookRequest, account: Account) -> Response:
    body, media_type = adapter.passive_reply(incoming, incoming.body, None, account, now=desk.now())
    return Response(body, media_type=media_type)
