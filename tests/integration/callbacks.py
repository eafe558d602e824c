"""A desk behind the official account's callback, and what WeChat sends to it."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from sqlalchemy import func, select

from api.desk import Desk
from api.jobs import sending
from api.standins.wechat import Signer, WeChatServer
from casework.message_tables import Message
from casework.tables import Ticket
from channels.message import WebhookRequest
from storage import deliveries
from storage.deliveries import Delivery
from storage.quarantine import Quarantined

KEY = "webhook0webhook0webhook0webhook0webhook0web"
OTHER_KEY = "another0another0another0another0another0ano"
MODES = ("plain", "compatible", "aes")
ACCOUNTS: dict[str, dict[str, Any]] = {
    mode: {"token": f"token-{mode}", "app_id": f"wx{mode:0>16}", "app_secret": "not-a-secret", "mode": mode}
    | ({} if mode == "plain" else {"encoding_aes_key": KEY})
    for mode in MODES
}
WITHIN = 5.0
"""Seconds that WeChat waits."""

NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Served:
    """A desk that answers at ``url``, with the stand-in it sends through."""

    desk: Desk
    url: str
    wechat: WeChatServer

    def post(self, account: str, request: WebhookRequest) -> httpx.Response:
        return httpx.post(
            f"{self.url}/channels/wechat/{account}", params=dict(request.query), content=request.body, timeout=30
        )

    def kept(self) -> tuple[int, int, int]:
        """Messages, quarantined payloads and blobs."""
        blobs = sum(path.is_file() for path in self.desk.blobs.folder.rglob("*"))
        with self.desk.database.read() as session:
            messages = session.scalar(select(func.count(Message.id))) or 0
            return messages, session.scalar(select(func.count(Quarantined.id))) or 0, blobs

    def tickets(self, openid: str) -> list[Ticket]:
        with self.desk.database.read() as session:
            return list(session.scalars(select(Ticket).where(Ticket.sender == openid)))

    def deliveries(self, openid: str) -> list[Delivery]:
        with self.desk.database.read() as session:
            return list(session.scalars(select(Delivery).where(Delivery.recipient == openid)))

    def send_due(self, openid: str) -> None:
        """What the jobs do, for one resident."""
        with self.desk.database.read() as session:
            due = [row.id for row in deliveries.due(session, now=self.desk.now()) if row.recipient == openid]
        for key in due:
            sending.send(self.desk, key, by="test")


def text(openid: str, content: str = "光明路的路灯坏了三天，晚上看不清路，请派人来修", *, number: int = 0) -> bytes:
    """A text message as WeChat delivers it, decrypted."""
    return (
        f"<xml><ToUserName><![CDATA[gh_webhook]]></ToUserName><FromUserName><![CDATA[{openid}]]></FromUserName>"
        f"<CreateTime>{int(time.time())}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        f"<Content><![CDATA[{content}]]></Content><MsgId>{number or 8_100_000_000 + next(NUMBERS)}</MsgId></xml>"
    ).encode()


def event(openid: str, name: str) -> bytes:
    return (
        f"<xml><ToUserName>gh_webhook</ToUserName><FromUserName>{openid}</FromUserName>"
        f"<CreateTime>{int(time.time())}</CreateTime><MsgType>event</MsgType><Event>{name}</Event></xml>"
    ).encode()


def signed(account: str, payload: bytes, **more: Any) -> WebhookRequest:
    return Signer(ACCOUNTS[account]).request(payload, **more)


def until(look: Callable[[], Any], *, within: float = 20.0) -> Any:
    ends = time.monotonic() + within
    while not (found := look()):
        assert time.monotonic() < ends, "it did not come"
        time.sleep(0.02)
    return found


class Gated:
    """A triage that thinks until it is let go."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        self.gate = threading.Event()

    def assess_all(self, asked: Any) -> Any:
        self.gate.wait(30)
        return self.engine.assess_all(asked)


@contextmanager
def slow_triage(served: Served, budget: float) -> Iterator[threading.Event]:
    """Inside, triage waits for the event that this gives."""
    desk, engine, settings = served.desk, served.desk.engine, served.desk.settings
    gated = Gated(engine)
    desk.serving_model.use(gated)  # type: ignore[arg-type]
    desk.settings = settings.model_copy(update={"passive_budget": budget})
    try:
        yield gated.gate
    finally:
        gated.gate.set()
        desk.serving_model.use(engine)
        desk.settings = settings
