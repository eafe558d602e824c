"""What every door of the desk that platforms and machines knock at has in common: a body of bounded size."""

from __future__ import annotations

from fastapi import Request

from api.errors import TooLarge
from channels.message import WebhookRequest


async def read_request(request: Request, *, most: int) -> WebhookRequest:
    """The request as bytes. Raises ``TooLarge`` as soon as its body is more than ``most``; ``ClientDisconnect``."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most:
            raise TooLarge(most)
    return WebhookRequest(request.method, dict(request.query_params), dict(request.headers), bytes(body))
