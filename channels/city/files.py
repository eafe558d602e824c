"""Files of an order, fetched from where the platform says they lie: on its own host only."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import unquote, urlsplit

import httpx

from channels.base import Fetched
from channels.city import signing
from channels.city.account import Interface, has_interface, interface
from channels.city.send import client
from channels.cleaning import clean_file_name
from channels.errors import MediaDelayed, MediaGone
from channels.http_line import read_within
from channels.media_types import sniff
from channels.message import Account

_GONE = frozenset({403, 404, 410})


async def fetch(reference: str, account: Account, *, now: datetime) -> Fetched:
    """GET one file with a signed call. Raises ``MediaDelayed``, ``MediaGone`` or ``ChannelMisconfigured``.

    An order names the address, and whoever writes orders must not make us call hosts of our own network: an address
    beside the interface's own scheme, host and port is not asked.
    """
    if not has_interface(account):
        raise MediaGone("市平台没有接口，附件请到市平台查看")
    settings = interface(account)
    if _origin(reference) != _origin(settings.api_base):
        raise MediaGone("附件网址不属于市平台，没有取回")
    try:
        return await _load(reference, settings, now=now)
    except httpx.InvalidURL as problem:
        raise MediaGone("附件网址不可用") from problem
    except httpx.HTTPError as problem:
        raise MediaDelayed(f"从市平台下载时线路中断（{type(problem).__name__}）") from problem


async def _load(address: str, settings: Interface, *, now: datetime) -> Fetched:
    head = {**signing.headers(settings.secret, settings.app_key, b"", now=now), "accept-encoding": "identity"}
    async with (
        client(settings.api_base, settings.timeout_seconds) as http,
        http.stream("GET", address, headers=head) as answer,
    ):
        if answer.status_code in _GONE:
            raise MediaGone(f"市平台没有给出这个附件（HTTP {answer.status_code}）")
        if answer.status_code != 200:
            raise MediaDelayed(f"市平台没有给出附件（HTTP {answer.status_code}）", 60.0)
        content = await read_within(answer, settings.max_file_bytes)
    if not content:
        raise MediaDelayed("市平台给出的附件是空的", 60.0)
    name = clean_file_name(unquote(urlsplit(address).path.rpartition("/")[2])[:255], "附件")
    return Fetched(content, name, sniff(content) or "application/octet-stream")


def _origin(address: str) -> tuple[str, str, int | None] | None:
    try:
        parts = urlsplit(address)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return None
    return (parts.scheme, parts.hostname or "", port)
