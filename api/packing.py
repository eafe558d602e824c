"""Answers packed with gzip for who takes it: a page of a list is a tenth of its length then.

What comes whole and is text is packed; what comes in parts (streams of events, files) goes as it is, so nothing is held
back. A packed page that repeats what a visitor asked for beside a secret would tell the secret by its length (BREACH):
the name that the format has room for is as long as chance wants it, so lengths say little.
"""

from __future__ import annotations

import secrets
import struct
import zlib
from collections.abc import MutableMapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LEAST = 500
"""Bytes below which packing saves nothing."""
LEVEL = 4
PADDING = 100
"""Bytes of chance at most."""
TEXTS = ("text/", "application/json", "application/problem+json", "application/javascript", "image/svg+xml")
STREAMS = ("text/event-stream",)


def gzipped(content: bytes, *, level: int = LEVEL, padding: int = PADDING) -> bytes:
    """The content packed, its length blurred by up to ``padding`` bytes."""
    name = b"x" * secrets.randbelow(padding) if padding else b""
    head = b"\x1f\x8b\x08\x08" + bytes(4) + b"\x00\xff" + name + b"\x00"
    packer = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = packer.compress(content) + packer.flush()
    return head + body + struct.pack("<LL", zlib.crc32(content), len(content) & 0xFFFFFFFF)


def takes_gzip(headers: Headers) -> bool:
    """Whether who asks can unpack it."""
    for each in headers.get("accept-encoding", "").lower().split(","):
        name, _, weight = each.partition(";")
        if name.strip() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0")
    return False


class Packed:
    """Packs answers on their way out."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] == "HEAD":
            await self.app(scope, receive, send)
            return
        wanted, started = takes_gzip(Headers(scope=scope)), []

        async def packed(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_text(message):
                started.append(message)  # until it is known whether the body comes whole
                return
            if started:
                await send(_pack(started.pop(), message) if wanted else _vary(started.pop()))
            await send(message)

        await self.app(scope, receive, packed)


def _is_text(message: Message) -> bool:
    headers = Headers(raw=message["headers"])
    kind = headers.get("content-type", "")
    return "content-encoding" not in headers and kind.startswith(TEXTS) and not kind.startswith(STREAMS)


def _vary(start: Message) -> Message:
    MutableHeaders(raw=start["headers"]).add_vary_header("accept-encoding")
    return start


def _pack(start: Message, message: MutableMapping[str, object]) -> Message:
    """The start of the answer; ``message``, its body, is packed in place where it is whole and long enough."""
    _vary(start)
    body = message.get("body", b"")
    assert isinstance(body, bytes)
    if message["type"] == "http.response.body" and not message.get("more_body") and len(body) >= LEAST:
        message["body"] = made = gzipped(body)
        headers = MutableHeaders(raw=start["headers"])
        headers["content-encoding"] = "gzip"
        headers["content-length"] = str(len(made))
    return start
