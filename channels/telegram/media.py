"""What residents send, fetched by its file id (Bot API, getFile).

Asking is harmless, so every doubt of the line means asking again; only the platform's own word makes a file gone.
"""

from __future__ import annotations

import httpx
from telegram.error import TelegramError

from channels.base import Fetched
from channels.errors import ChannelError, ChannelMisconfigured, MediaDelayed, MediaGone
from channels.media_types import sniff
from channels.message import Account
from channels.telegram.account import Calling, calling
from channels.telegram.line import NotReached, Refusal, connected, misconfigured, readable, tls

_REFUSED_AGAIN = 600.0
"""Seconds until the platform is asked again after a refusal that may pass."""


async def fetch(reference: str, account: Account) -> Fetched:
    """Get the file of a file id, at most ``max_media_bytes``; each step of the line within ``timeout_seconds``.

    ``name`` stays empty: the platform's is a number of its own (``file_12.jpg``), the resident's is in the message.
    Raises ``MediaDelayed``, ``MediaGone`` or ``ChannelMisconfigured``.
    """
    settings = calling(account)
    if not reference:
        raise MediaGone("消息里没有文件标识")
    address = await _address(reference, settings)
    content = await _download(address, settings)
    if not content:
        raise MediaDelayed("Telegram 给出的文件是空的", _REFUSED_AGAIN)
    return Fetched(content, "", sniff(content) or "application/octet-stream")


async def _address(reference: str, settings: Calling) -> str:
    """Where the file lies now; good for an hour."""
    try:
        async with connected(settings) as (bot, _):
            with readable():
                file = await bot.get_file(reference)
    except Refusal as problem:
        raise _as_media(problem) from problem
    except NotReached as problem:
        raise MediaDelayed(f"连不上 Telegram 接口（{problem.message}）") from problem
    except TelegramError as problem:
        raise MediaDelayed(f"没有收到 Telegram 可读的答复（{problem.message}）", 60.0) from problem
    if file.file_size and file.file_size > settings.max_media_bytes:
        raise _too_large(settings)
    address = file.file_path or ""
    if not address:
        raise MediaDelayed("Telegram 没有给出下载地址", _REFUSED_AGAIN)
    # A Bot API server in its local mode answers with a path on its own disk, which the library would take for ours.
    if not address.startswith(f"{settings.files_at}{settings.token}/"):
        raise ChannelMisconfigured("base_url", "这个接口服务器以本地模式运行，不提供下载")
    return address


async def _download(address: str, settings: Calling) -> bytes:
    content = bytearray()
    options = {"timeout": settings.timeout_seconds, "proxy": settings.proxy or None, "verify": tls()}
    try:
        async with (
            httpx.AsyncClient(**options, trust_env=False) as http,  # type: ignore[arg-type]
            # identity: what is packed on the line could be far larger than what was counted.
            http.stream("GET", address, headers={"accept-encoding": "identity"}) as response,
        ):
            if response.status_code != 200:
                wait = 60.0 if response.status_code >= 500 or response.status_code == 429 else 300.0
                raise MediaDelayed(f"Telegram 没有给出文件（HTTP {response.status_code}）", wait)
            async for part in response.aiter_bytes():
                content += part
                if len(content) > settings.max_media_bytes:
                    raise _too_large(settings)
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        raise MediaDelayed(f"从 Telegram 下载时线路中断（{type(problem).__name__}）") from problem
    return bytes(content)


def _as_media(problem: Refusal) -> ChannelError:
    if wrong := misconfigured(problem):
        return wrong
    said = problem.description.lower()
    if problem.genuine and problem.status == 400 and "temporarily" not in said:
        if "too big" in said:
            return MediaGone("文件超过 20 MB，Telegram 不向机器人提供下载")
        if "file_id" in said or "file id" in said:
            return MediaGone(f"Telegram 不认识这个文件标识（{problem.description[:200]}）")
    if problem.status == 429 or problem.status >= 500:
        return MediaDelayed(f"Telegram 接口暂时不可用（HTTP {problem.status}）", problem.retry_after or 60.0)
    return MediaDelayed(f"Telegram 没有给出文件（{problem.status} {problem.description[:200]}）", _REFUSED_AGAIN)


def _too_large(settings: Calling) -> MediaGone:
    return MediaGone(f"文件超过 {settings.max_media_bytes / (1 << 20):g} MB，没有取回")
