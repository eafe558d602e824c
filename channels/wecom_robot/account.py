"""The settings of one robot, checked where they are used. The key is left out of ``repr``: who has it may speak."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from channels.errors import ChannelMisconfigured
from channels.message import Account

API_BASE = "https://qyapi.weixin.qq.com"
TIMEOUT_SECONDS = 10.0
_KEY = re.compile(r"[A-Za-z0-9_-]{8,128}")
Format = Literal["text", "markdown"]


@dataclass(frozen=True, slots=True)
class Calling:
    """What sending needs. ``timeout_seconds`` holds for each step: connect, write, read."""

    api_base: str
    key: str = field(repr=False)
    format: Format = "text"
    timeout_seconds: float = TIMEOUT_SECONDS
    proxy: str = field(default="", repr=False)


def calling(account: Account) -> Calling:
    """Read the settings. Raises ``ChannelMisconfigured`` naming the missing or wrong one."""
    settings = account.settings
    return Calling(
        api_base=_api_base(settings),
        key=_key(settings),
        format=_format(settings),
        timeout_seconds=_seconds(settings),
        proxy=_text(settings, "proxy"),
    )


def _key(settings: Mapping[str, Any]) -> str:
    given = _text(settings, "key")
    if "?" in given:  # the whole address, as the group's page shows it
        given = (parse_qs(urlsplit(given).query).get("key") or [""])[0]
    if not _KEY.fullmatch(given):
        why = "应为群机器人 Webhook 地址中 key= 之后的部分" if given else "机器人缺少这一项设置"
        raise ChannelMisconfigured("key", why)
    return given


def _api_base(settings: Mapping[str, Any]) -> str:
    base = (_text(settings, "api_base") or API_BASE).rstrip("/")
    try:
        parts = urlsplit(base)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or parts.scheme not in {"http", "https"} or parts.query or parts.fragment:
        raise ChannelMisconfigured("api_base", "应为完整网址，例如 " + API_BASE)
    # The key stands in every address: in clear only to a stand-in on this machine, or when asked for.
    loopback = host in {"localhost", "127.0.0.1", "::1"}
    if parts.scheme == "http" and not loopback and settings.get("api_insecure") is not True:
        raise ChannelMisconfigured("api_base", "http 只用于本机替身；确需明文时设 api_insecure=true")
    return base


def _format(settings: Mapping[str, Any]) -> Format:
    match _text(settings, "format") or "text":
        case "text":
            return "text"
        case "markdown":
            return "markdown"
    raise ChannelMisconfigured("format", "应为 text 或 markdown")


def _seconds(settings: Mapping[str, Any]) -> float:
    given = _text(settings, "timeout_seconds")
    try:
        seconds = float(given) if given else TIMEOUT_SECONDS
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < 1e6:
        raise ChannelMisconfigured("timeout_seconds", "应为大于 0 的数")
    return seconds


def _text(settings: Mapping[str, Any], name: str) -> str:
    value = settings.get(name)
    return "" if value is None else str(value).strip()
