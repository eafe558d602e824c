"""The settings of one account at the city's platform, checked where they are used. The secret is in no ``repr``."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from channels.errors import ChannelMisconfigured
from channels.file_limits import LIMITS, limits_of
from channels.message import Account

TIMEOUT_SECONDS = 10.0
MAX_SKEW_SECONDS = 300
SHORTEST_SECRET = 16


@dataclass(frozen=True, slots=True)
class Interface:
    """What calling the platform needs."""

    api_base: str
    app_key: str
    secret: str = field(repr=False)
    timeout_seconds: float = TIMEOUT_SECONDS
    max_file_bytes: int = LIMITS["city"].file_bytes


def secret_of(account: Account) -> str:
    """The secret that signs in both directions. Raises ``ChannelMisconfigured``."""
    secret = account.settings.get("secret", "")
    if not isinstance(secret, str) or len(secret) < SHORTEST_SECRET:
        raise ChannelMisconfigured("secret", f"缺少签名密钥，或少于 {SHORTEST_SECRET} 字")
    return secret


def has_interface(account: Account) -> bool:
    """Whether the platform can be called; else a clerk uploads there what waits."""
    return bool(account.settings.get("api_base"))


def interface(account: Account) -> Interface:
    """The settings for calling. Raises ``ChannelMisconfigured`` naming the first that is missing or wrong."""
    base = str(account.settings.get("api_base", ""))
    try:
        parts = urlsplit(base)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ChannelMisconfigured("api_base", "应为市平台接口的网址")
    key = str(account.settings.get("app_key", ""))
    if not key:
        raise ChannelMisconfigured("app_key", "缺少应用编号")
    seconds = account.settings.get("timeout_seconds", TIMEOUT_SECONDS)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= 50:
        raise ChannelMisconfigured("timeout_seconds", "应为 0 到 50 之间的秒数")
    return Interface(base.rstrip("/"), key, secret_of(account), float(seconds), limits_of(account).file_bytes)
