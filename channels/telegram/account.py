"""The settings of one bot, checked where they are used. Secrets are left out of ``repr``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from channels.errors import ChannelMisconfigured
from channels.file_limits import LIMITS
from channels.message import Account
from channels.telegram.content import DOWNLOAD_LIMIT

BASE_URL = "https://api.telegram.org"
TIMEOUT_SECONDS = 10.0
MAX_MEDIA_BYTES = LIMITS["telegram"].file_bytes
POLL_SECONDS = 25.0
_TOKEN = re.compile(r"[0-9]{1,16}:[A-Za-z0-9_-]{1,100}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")


@dataclass(frozen=True, slots=True)
class Calling:
    """What calling the Bot API needs. ``timeout_seconds`` holds for each step: connect, write, read."""

    base_url: str
    token: str = field(repr=False)
    timeout_seconds: float = TIMEOUT_SECONDS
    poll_seconds: float = POLL_SECONDS
    max_media_bytes: int = MAX_MEDIA_BYTES
    proxy: str = field(default="", repr=False)

    @property
    def bot_id(self) -> str:
        """The bot's number, with which its token begins."""
        return self.token.partition(":")[0]

    @property
    def methods_at(self) -> str:
        """What stands before the token in the address of a call."""
        return f"{self.base_url}/bot"

    @property
    def files_at(self) -> str:
        """What stands before the token in the address of a file."""
        return f"{self.base_url}/file/bot"


def calling(account: Account) -> Calling:
    """Read the settings for calls. Raises ``ChannelMisconfigured`` naming the missing or wrong one."""
    settings = account.settings
    token = _text(settings, "token")
    if not _TOKEN.fullmatch(token):
        why = "应为 BotFather 给出的令牌，形如 123456:ABC…" if token else "机器人缺少这一项设置"
        raise ChannelMisconfigured("token", why)
    return Calling(
        base_url=_base_url(settings),
        token=token,
        timeout_seconds=_number(settings, "timeout_seconds", TIMEOUT_SECONDS),
        poll_seconds=_number(settings, "poll_seconds", POLL_SECONDS),
        max_media_bytes=min(DOWNLOAD_LIMIT, int(_number(settings, "max_media_bytes", MAX_MEDIA_BYTES))),
        proxy=_text(settings, "proxy"),
    )


def polling(account: Account) -> bool:
    """Whether the desk fetches updates itself."""
    given = account.settings.get("polling")
    return given is True or (isinstance(given, str) and given.strip().lower() == "true")


def secret_token(account: Account) -> str:
    """What the platform shows at each call of the webhook. Raises ``ChannelMisconfigured``."""
    given = _text(account.settings, "secret_token")
    if not _SECRET.fullmatch(given):
        why = "应为 1–256 位字母、数字、下划线或连字符" if given else "没有设置，也没有设 polling: true，收不到消息"
        raise ChannelMisconfigured("secret_token", why)
    return given


def check(account: Account) -> None:
    """Sending, and one of the two ways of receiving. Raises ``ChannelMisconfigured``."""
    calling(account)
    if not polling(account):
        secret_token(account)


def _base_url(settings: Mapping[str, Any]) -> str:
    base = (_text(settings, "base_url") or BASE_URL).rstrip("/")
    try:
        parts = urlsplit(base)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or parts.scheme not in {"http", "https"} or parts.query or parts.fragment or "{" in base:
        raise ChannelMisconfigured("base_url", "应为完整网址，例如 " + BASE_URL)
    # The token stands in every address: in clear only to a stand-in on this machine, or when asked for.
    loopback = host in {"localhost", "127.0.0.1", "::1"}
    if parts.scheme == "http" and not loopback and settings.get("api_insecure") is not True:
        raise ChannelMisconfigured("base_url", "http 只用于本机替身；确需明文时设 api_insecure=true")
    return base


def _text(settings: Mapping[str, Any], name: str) -> str:
    value = settings.get(name)
    return "" if value is None else str(value).strip()


def _number(settings: Mapping[str, Any], name: str, default: float) -> float:
    value = settings.get(name)
    if value is None or value == "":
        return default
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    if not 0 < number < 1e9:
        raise ChannelMisconfigured(name, "应为大于 0 的数")
    return number
