"""The line to the Bot API: ``telegram.Bot`` over a request that says what really happened.

The library makes one error of many: a refused connection and a cut answer are both ``NetworkError``, a gateway's page
and the platform's own word too. Whether a message may be sent again hangs on the difference, so the answer is looked
at here, before the library does.
"""

from __future__ import annotations

import contextlib
import functools
import json
import logging
import re
import ssl
from collections.abc import AsyncIterator
from typing import Any

import httpx
from telegram import Bot
from telegram.error import NetworkError, TelegramError
from telegram.request import HTTPXRequest

from channels.errors import ChannelError, ChannelMisconfigured, SendDelayed, SendFailed, SendUncertain, Why
from channels.telegram.account import Calling

_TOKEN_IN_URL = re.compile(r"(/bot)[0-9]+(?::|%3A)[^/\s\"']+")
_BEFORE_LEAVING = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_LONGEST_WAIT = 86_400.0
_UNREADABLE = (TypeError, ValueError, KeyError, AttributeError, OverflowError, OSError)
"""What the library raises on an answer of another shape than it knows."""


class _Redacted(logging.Filter):
    """httpx logs each request's address, the library its own at debug level, and the token stands in both."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _TOKEN_IN_URL.sub(r"\1***", record.getMessage()), ()
        return True


for _name in ("httpx", "telegram.Bot"):
    logging.getLogger(_name).addFilter(_Redacted())


class NotReached(TelegramError):
    """The call did not leave."""


class Unanswered(TelegramError):
    """The call left, and no answer came that could be read."""


class Refusal(TelegramError):
    """The answer was no. ``genuine``: it is the Bot API's own word, and not a page of a box in between."""

    def __init__(self, status: int, description: str, parameters: dict[str, Any], *, genuine: bool) -> None:
        super().__init__(f"HTTP {status} {description}")
        self.status = status
        self.description = description
        self.genuine = genuine
        self.retry_after = _seconds(parameters.get("retry_after"))
        moved = parameters.get("migrate_to_chat_id")
        self.moved_to = moved if isinstance(moved, int) and not isinstance(moved, bool) else 0


class _Request(HTTPXRequest):
    """Raises ``NotReached``, ``Unanswered`` or ``Refusal``; what it returns is ``{"ok": true, …}``."""

    async def do_request(self, *args: Any, **more: Any) -> tuple[int, bytes]:
        try:
            status, content = await super().do_request(*args, **more)
        except NetworkError as problem:
            cause = problem.__cause__
            what = NotReached if isinstance(cause, _BEFORE_LEAVING) else Unanswered
            raise what(type(cause).__name__) from problem
        told = _told(content)
        if status != 200:
            raise _refusal(status, told)
        if told is None or told.get("ok") is not True or "result" not in told:
            raise Unanswered("another's page")
        return status, content


class Updates(_Request):
    """Keeps the answer of getUpdates as it came, and shows the library none: it would refuse all for one."""

    answer = b""

    async def do_request(self, *args: Any, **more: Any) -> tuple[int, bytes]:
        status, self.answer = await super().do_request(*args, **more)
        return status, b'{"ok": true, "result": []}'


@contextlib.asynccontextmanager
async def connected(settings: Calling) -> AsyncIterator[tuple[Bot, Updates]]:
    """A bot for one task, closed after it, and the request that its ``get_updates`` goes over.

    It reads no proxy or certificate setting from the environment and asks for nothing at the start.
    """
    common: dict[str, Any] = {
        "connection_pool_size": 2,
        "connect_timeout": settings.timeout_seconds,
        "read_timeout": settings.timeout_seconds,
        "write_timeout": settings.timeout_seconds,
        "proxy": settings.proxy or None,
        "httpx_kwargs": {"verify": tls(), "trust_env": False},
    }
    request, updates = _Request(**common), Updates(**common)
    try:
        yield Bot(settings.token, settings.methods_at, settings.files_at, request, updates), updates
    finally:
        await request.shutdown()
        await updates.shutdown()


@contextlib.contextmanager
def readable() -> Any:
    """Inside it an answer that the library cannot read is ``Unanswered``."""
    try:
        yield
    except _UNREADABLE as problem:
        raise Unanswered(type(problem).__name__) from problem


def as_send(problem: TelegramError) -> ChannelError:
    """What an error of the line means for the message that was sent."""
    if isinstance(problem, NotReached):
        return SendDelayed(f"连不上 Telegram 接口（{problem.message}）")
    if isinstance(problem, Refusal):
        return misconfigured(problem) or _refused(problem)
    return SendUncertain(f"请求发出后没有收到 Telegram 可读的答复（{problem.message}），消息可能已发出")


def _refused(problem: Refusal) -> ChannelError:
    status = problem.status
    if status == 429:
        return SendDelayed("发送过于频繁，Telegram 要求稍后再发", problem.retry_after or 30.0)
    if status >= 500:
        return _broken(problem)
    if not problem.genuine:
        return SendDelayed(f"答复不是 Telegram 给出的，可能被中间设备拦下（HTTP {status}）", 300.0)
    if status == 409:
        return SendDelayed(f"Telegram 拒绝：{problem.description[:200]}")
    return SendFailed(*_why(status, problem.description))


def misconfigured(problem: Refusal) -> ChannelMisconfigured | None:
    """The setting that an answer tells to be wrong, if it tells of one."""
    if problem.genuine and problem.status in {401, 404}:
        return ChannelMisconfigured("token", f"Telegram 不接受这个令牌（{problem.status}）")
    if problem.status in {301, 302, 303, 307, 308, 404}:
        return ChannelMisconfigured("base_url", f"这个网址不是 Telegram 接口（HTTP {problem.status}）")
    return None


def _broken(problem: Refusal) -> ChannelError:
    """A 500 in the Bot API's own words says that it gave up before acting; 503 that nobody took the call.

    502 and 504 are a gateway's: it passed the call on and does not know what became of it, whatever words it uses.
    """
    status = problem.status
    if status == 503 or (problem.genuine and status not in {502, 504}):
        return SendDelayed(f"Telegram 接口暂时不可用（HTTP {status}）", problem.retry_after or 30.0)
    return SendUncertain(f"Telegram 网关出错（HTTP {status}），消息可能已发出")


_REASONS: tuple[tuple[int, str, str, Why], ...] = (
    (403, "blocked", "居民停用了机器人，无法下发", "blocked"),
    (403, "deactivated", "居民的 Telegram 账号已注销，无法下发", "unknown_person"),
    (403, "initiate", "居民没有与机器人私聊过，机器人不能先开口", "unknown_person"),
    (403, "kicked", "机器人已被移出群，无法下发", "blocked"),
    (403, "", "Telegram 不允许机器人写给这个收信人", "blocked"),
    (400, "chat not found", "找不到这个会话：居民没有与机器人私聊过，或编号有误", "unknown_person"),
    (400, "too long", "内容超过 Telegram 的长度上限", "refused"),
    (400, "empty", "没有内容", "refused"),
)


def _why(status: int, description: str) -> tuple[str, Why]:
    said = description[:200]
    for code, word, reason, why in _REASONS:
        if status == code and word in description.lower():
            return f"{reason}（{status} {said}）", why
    return f"Telegram 拒绝（{status} {said}）", "refused"


def _refusal(status: int, told: dict[str, Any] | None) -> Refusal:
    genuine = told is not None and told.get("ok") is False and isinstance(told.get("description"), str)
    found = told if told is not None and genuine else {}
    parameters = found.get("parameters")
    return Refusal(
        status, str(found.get("description", "")), parameters if isinstance(parameters, dict) else {}, genuine=genuine
    )


def _told(content: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _seconds(given: object) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 < given < 1e12:
        return 0.0
    return min(_LONGEST_WAIT, float(given))


@functools.lru_cache(maxsize=1)
def tls() -> ssl.SSLContext:
    """Made once for a process: it takes 40 ms."""
    return httpx.create_ssl_context(trust_env=False)
