"""Telling the city's platform what was done about its order: ``POST {api_base}/orders/{number}/{act}``.

The body is ``{"id", "number", "act", "text", …details}``, ``id`` being ours: sent twice it counts once. The platform
answers ``{"code": 0, "id": its own}``; another code is a refusal, and 409 says that the order is closed there.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx

from channels.city import signing
from channels.city.account import has_interface, interface
from channels.errors import (
    ChannelError,
    ChannelMisconfigured,
    SendByHand,
    SendDelayed,
    SendFailed,
)
from channels.http_line import retry_after, tls
from channels.message import Account, OutboundMessage

ACTS = frozenset({"receipt", "answer", "return", "extension"})
_WRONG_ADDRESS = (httpx.InvalidURL, httpx.UnsupportedProtocol)


async def send(message: OutboundMessage, account: Account, *, now: datetime) -> str:
    """Report one act and return the platform's id of it.

    The platform knows our id again, so every doubt of the line means asking again. Raises ``SendByHand`` where the
    account has no interface, ``SendDelayed``, ``SendFailed`` or ``ChannelMisconfigured``.
    """
    if message.act not in ACTS:
        raise SendFailed(f"市平台不接收“{message.act or '普通消息'}”")
    if not has_interface(account):
        raise SendByHand("市平台没有接口，待导出后人工上传")
    settings = interface(account)
    stated = {"id": message.id, "number": message.recipient, "act": message.act, "text": message.text}
    body = json.dumps({**message.details, **stated}, ensure_ascii=False).encode("utf-8", "replace")
    head = signing.headers(settings.secret, settings.app_key, body, now=now)
    path = f"/orders/{quote(message.recipient, safe='')}/{message.act}"
    try:
        async with client(settings.api_base, settings.timeout_seconds) as http:
            answer = await http.post(path, content=body, headers={**head, "content-type": "application/json"})
    except _WRONG_ADDRESS as problem:
        raise ChannelMisconfigured("api_base", "不是可用的网址") from problem
    except httpx.HTTPError as problem:
        raise SendDelayed(f"市平台没有答复（{type(problem).__name__}）") from problem
    return _understood(answer)


def client(base: str, seconds: float) -> httpx.AsyncClient:
    """A client for one call. It reads no proxy or certificate setting from the environment."""
    return httpx.AsyncClient(base_url=base, timeout=seconds, verify=tls(), trust_env=False)


def _understood(answer: httpx.Response) -> str:
    told = _json(answer)
    if answer.status_code == 200 and told is not None and told.get("code") == 0:
        return str(told.get("id", ""))[:200]
    raise refusal(answer, told)


def _json(answer: httpx.Response) -> dict[str, Any] | None:
    try:
        found = answer.json()
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def refusal(answer: httpx.Response, told: dict[str, Any] | None) -> ChannelError:
    """The error that an answer other than "taken" means."""
    status, said = answer.status_code, str((told or {}).get("message", ""))[:200]
    because = f"：{said}" if said else ""
    if status == 429 or status >= 500:
        return SendDelayed(f"市平台暂时不可用（HTTP {status}）{because}", retry_after(answer))
    if status in {401, 403}:
        return ChannelMisconfigured("secret", f"市平台不认应用编号或签名（HTTP {status}）{because}")
    if told is None and status in {200, 301, 302, 303, 307, 308, 404, 405}:
        return ChannelMisconfigured("api_base", f"这个网址不是市平台接口（HTTP {status}）")
    return SendFailed(f"市平台拒绝（HTTP {status}，{(told or {}).get('code', '无代码')}）{because}")
