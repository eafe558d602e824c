"""One HTTP call to the platform, its outcome told apart: answered, delayed, or left in doubt.

A client is made for each send and closed after it. Measured: building one costs 0.3 ms when the TLS context is
given, and 42 ms when it is not; so the context is made once per process and the client is never shared. A shared
client would be bound to one event loop, and sends run in several (web process, job threads). Within one send the
connection is kept: token, first part and second part go over the same one.
"""

from __future__ import annotations

import json
import logging
import re
from typing import Any

import httpx

from channels.errors import ChannelError, ChannelMisconfigured, SendDelayed, SendFailed, SendUncertain
from channels.http_line import retry_after, tls
from channels.wechat.account import Sending

_SECRET_IN_URL = re.compile(r"(access_token=|secret=)[^&\s\"']+")
_BEFORE_LEAVING = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_WRONG_ADDRESS = (httpx.InvalidURL, httpx.UnsupportedProtocol)


class _Redacted(logging.Filter):
    """httpx logs each request's URL, and WeChat wants the access token in it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _SECRET_IN_URL.sub(r"\1***", record.getMessage()), ()
        return True


logging.getLogger("httpx").addFilter(_Redacted())


def client(settings: Sending) -> httpx.AsyncClient:
    """A client for one send. It reads no proxy or certificate setting from the environment."""
    return httpx.AsyncClient(
        base_url=settings.api_base,
        timeout=settings.timeout_seconds,
        proxy=settings.proxy or None,
        verify=tls(),
        trust_env=False,
    )


async def call(http: httpx.AsyncClient, path: str, body: dict[str, Any], *, token: str = "") -> dict[str, Any]:
    """POST ``body`` and return the platform's JSON object, whatever its errcode.

    Raises ``SendDelayed`` when the platform did not act, ``SendUncertain`` when it may have acted,
    ``SendFailed`` or ``ChannelMisconfigured`` when it never will.
    """
    # Chinese as itself: escaped as \uXXXX, the resident's phone shows the escapes.
    content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    params = {"access_token": token} if token else None
    try:
        response = await http.post(
            path, params=params, content=content, headers={"content-type": "application/json; charset=utf-8"}
        )
    except _BEFORE_LEAVING as error:
        raise SendDelayed(f"连不上微信接口（{type(error).__name__}）", 30.0) from error
    except _WRONG_ADDRESS as error:
        raise ChannelMisconfigured("api_base", "不是可用的网址") from error
    except httpx.HTTPError as error:
        raise SendUncertain(f"请求发出后没有收到微信的答复（{type(error).__name__}）") from error
    return _answer(response)


def _answer(response: httpx.Response) -> dict[str, Any]:
    if response.status_code != 200:
        raise _refusal(response)
    try:
        answer = response.json()
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise SendUncertain("微信接口的答复不是 JSON，可能被中间设备改写")
    return answer


def _refusal(response: httpx.Response) -> ChannelError:
    status = response.status_code
    if status == 504:
        return SendUncertain("微信网关超时（HTTP 504），消息可能已下发")
    if status == 429 or status >= 500:
        return SendDelayed(f"微信接口暂时不可用（HTTP {status}）", retry_after(response))
    if status in {301, 302, 303, 307, 308, 404}:
        return ChannelMisconfigured("api_base", f"这个网址不是微信接口（HTTP {status}）")
    return SendFailed(f"微信接口拒绝（HTTP {status}）")
