"""The settings of one official account, checked where they are used.

Receiving and sending need different settings: an account that only receives runs without an AppSecret.
Nothing here appears in a log: every secret is left out of ``repr``.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from channels.errors import ChannelMisconfigured
from channels.file_limits import LIMITS
from channels.message import Account

Mode = Literal["plain", "compatible", "aes"]

API_BASE = "https://api.weixin.qq.com"
MAX_SKEW_SECONDS = 600
TIMEOUT_SECONDS = 10.0
MAX_MEDIA_BYTES = LIMITS["wechat"].file_bytes
_MODES: dict[str, Mode] = {"plain": "plain", "compatible": "compatible", "aes": "aes"}


@dataclass(frozen=True, slots=True)
class Receiving:
    """What opening a callback needs. ``keys``: the current EncodingAESKey first, then the previous one."""

    app_id: str
    mode: Mode
    token: str = field(repr=False)
    keys: tuple[bytes, ...] = field(repr=False)
    max_skew_seconds: float = MAX_SKEW_SECONDS


@dataclass(frozen=True, slots=True)
class Sending:
    """What calling the platform needs. ``timeout_seconds`` holds for each step: connect, write, read."""

    app_id: str
    api_base: str
    app_secret: str = field(repr=False)
    timeout_seconds: float = TIMEOUT_SECONDS
    max_media_bytes: int = MAX_MEDIA_BYTES
    proxy: str = field(default="", repr=False)


def receiving(account: Account) -> Receiving:
    """Read the settings for callbacks. Raises ``ChannelMisconfigured`` naming the missing or wrong one."""
    settings = account.settings
    keys = _keys(settings)
    given = _text(settings, "mode") or ("aes" if keys else "plain")
    mode = _MODES.get(given)
    if mode is None:
        raise ChannelMisconfigured("mode", f"应为 plain、compatible 或 aes，现为 {given}")
    if mode != "plain" and not keys:
        raise ChannelMisconfigured("encoding_aes_key", "兼容模式和安全模式需要 EncodingAESKey")
    return Receiving(
        app_id=_required(settings, "app_id") if keys else _text(settings, "app_id"),
        mode=mode,
        token=_required(settings, "token"),
        keys=keys,
        max_skew_seconds=_number(settings, "max_skew_seconds", MAX_SKEW_SECONDS),
    )


def sending(account: Account) -> Sending:
    """Read the settings for calls to the platform. Raises ``ChannelMisconfigured``."""
    settings = account.settings
    return Sending(
        app_id=_required(settings, "app_id"),
        app_secret=_required(settings, "app_secret"),
        api_base=_api_base(settings),
        timeout_seconds=_number(settings, "timeout_seconds", TIMEOUT_SECONDS) or TIMEOUT_SECONDS,
        max_media_bytes=int(_number(settings, "max_media_bytes", 0, unit="字节数")) or MAX_MEDIA_BYTES,
        proxy=_text(settings, "proxy"),
    )


def decryption(account: Account) -> tuple[str, tuple[bytes, ...]]:
    """The AppID and the keys that open an envelope at rest; no keys is not an error here."""
    keys = _keys(account.settings)
    return (_required(account.settings, "app_id") if keys else ""), keys


def _api_base(settings: Mapping[str, Any]) -> str:
    base = (_text(settings, "api_base") or API_BASE).rstrip("/")
    parts = urlsplit(base)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ChannelMisconfigured("api_base", "应为完整网址，例如 " + API_BASE)
    loopback = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    # The AppSecret travels in the request body: in clear only to a stand-in on this machine, or when asked for.
    if parts.scheme == "http" and not loopback and not settings.get("api_insecure"):
        raise ChannelMisconfigured("api_base", "http 只用于本机替身；确需明文时设 api_insecure=true")
    return base


def _keys(settings: Mapping[str, Any]) -> tuple[bytes, ...]:
    names = ("encoding_aes_key", "previous_encoding_aes_key")
    return tuple(_key(name, value) for name in names if (value := _text(settings, name)))


def _key(name: str, value: str) -> bytes:
    try:
        key = base64.b64decode(value + "=", validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(value) != 43 or len(key) != 32:
        raise ChannelMisconfigured(name, "EncodingAESKey 应为公众平台给出的 43 位字母和数字")
    return key


def _text(settings: Mapping[str, Any], name: str) -> str:
    value = settings.get(name)
    return "" if value is None else str(value).strip()


def _required(settings: Mapping[str, Any], name: str) -> str:
    value = _text(settings, name)
    if not value:
        raise ChannelMisconfigured(name, "公众号缺少这一项设置")
    return value


def _number(settings: Mapping[str, Any], name: str, default: float, *, unit: str = "秒数") -> float:
    value = settings.get(name)
    if value is None or value == "":
        return default
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    if not 0 <= number < 1e9:
        raise ChannelMisconfigured(name, f"应为不小于 0 的{unit}")
    return number
