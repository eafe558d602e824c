"""Calls made for tests."""

from __future__ import annotations

import json
from typing import Any

from channels.hotline import CHANNEL
from channels.message import Account, Ignored, InboundMessage, Parsed

ACCOUNT = Account("hotline", "line-1")
GREETING = ("坐席", "您好，玉泉区12345热线，请问有什么可以帮您？")


def call(*turns: tuple[str, str], identity: str = "c-1", **more: Any) -> bytes:
    said = [{"speaker": speaker, "text": text} for speaker, text in turns]
    made = {"call_id": identity, "caller": "13800000000", "started_at": "2026-03-05 10:00:00", "turns": said, **more}
    return json.dumps(made, ensure_ascii=False).encode()


def parsed(payload: bytes | str, account: Account = ACCOUNT) -> Parsed:
    (one,) = CHANNEL.parse(payload.encode() if isinstance(payload, str) else payload, account)
    return one


def message(payload: bytes | str, account: Account = ACCOUNT) -> InboundMessage:
    one = parsed(payload, account)
    assert isinstance(one, InboundMessage), one
    return one


def ignored(payload: bytes | str) -> str:
    one = parsed(payload)
    assert isinstance(one, Ignored), one
    return one.reason
