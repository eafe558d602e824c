"""What residents send (图片, 语音, 视频), fetched before WeChat drops it (公众平台「获取临时素材」).

``media/get`` answers with the file, or with JSON: an errcode, or for a video the address to load it from. Asking is
harmless, so every doubt of the line means asking again; only WeChat's own word makes a file gone.
"""

from __future__ import annotations

import ipaddress
import json
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from typing import Any
from urllib.parse import urlsplit

import httpx

from channels.base import ChannelState, Fetched
from channels.cleaning import clean_file_name
from channels.errors import ChannelError, ChannelMisconfigured, MediaDelayed, MediaGone, SendDelayed, SendFailed
from channels.http_line import asked_to_wait, read_within
from channels.media_types import sniff
from channels.message import Account
from channels.wechat.access_token import access_token
from channels.wechat.account import Sending, sending
from channels.wechat.calling import client
from channels.wechat.errcodes import TOKEN_REFUSED, as_error

_GONE = {40007: "微信已清除这个文件，或不提供下载", 41006: "消息里没有素材标识"}
_NOT_ALLOWED = 48001
_PASSED_ON = 4
_LONGEST_JSON = 64_000
_REFUSED_AGAIN = 600.0
"""Seconds until WeChat is asked again after a refusal whose code says nothing of the file."""
_PICTURE_HOSTS = ("qpic.cn", "qlogo.cn", "qq.com")


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came over the line: a file, or (``told``) the platform's JSON."""

    content: bytes
    name: str
    told: dict[str, Any] | None


class _PassedOn(Exception):
    """The file lies at another address."""

    def __init__(self, to: str) -> None:
        super().__init__()
        self.to = to


async def fetch(reference: str, account: Account, state: ChannelState, *, now: datetime) -> Fetched:
    """Get the file of a media id, or of a picture's own address where a message held no id.

    At most ``max_media_bytes``; each step of the line within ``timeout_seconds``. Raises ``MediaDelayed``,
    ``MediaGone`` or ``ChannelMisconfigured``.
    """
    settings = sending(account)
    async with client(settings) as http:
        if "://" in reference:
            answer = await _follow(http, _picture(reference, settings), settings)
        else:
            answer = await _get(http, reference, settings, state, now=now)
    if answer.told is not None or not answer.content:
        raise MediaDelayed("微信的答复里没有文件内容", 60.0)
    return Fetched(answer.content, answer.name, sniff(answer.content) or "application/octet-stream")


async def _get(
    http: httpx.AsyncClient, media_id: str, settings: Sending, state: ChannelState, *, now: datetime
) -> _Answer:
    token = await _token(http, settings, state, now=now)
    answer = await _media(http, media_id, token, settings)
    if _code(answer) in TOKEN_REFUSED:
        token = await _token(http, settings, state, now=now, refused=token)
        answer = await _media(http, media_id, token, settings)
    if code := _code(answer):
        raise _as_media(code, str((answer.told or {}).get("errmsg", "")), now=now)
    if answer.told is not None and (address := answer.told.get("video_url")):
        return await _follow(http, _elsewhere(str(address), settings), settings)
    return answer


async def _token(
    http: httpx.AsyncClient, settings: Sending, state: ChannelState, *, now: datetime, refused: str = ""
) -> str:
    try:
        return await access_token(http, settings, state, now=now, refused=refused)
    except SendDelayed as problem:
        raise MediaDelayed(problem.reason, problem.retry_after) from problem
    except SendFailed as problem:
        raise MediaDelayed(problem.reason, _REFUSED_AGAIN) from problem


async def _media(http: httpx.AsyncClient, media_id: str, token: str, settings: Sending) -> _Answer:
    return await _load(http, "/cgi-bin/media/get", settings, access_token=token, media_id=media_id)


async def _follow(http: httpx.AsyncClient, address: str, settings: Sending) -> _Answer:
    """GET a file from where it lies; each host that it is passed on to is looked at first."""
    for _ in range(_PASSED_ON):
        try:
            return await _load(http, address, settings)
        except _PassedOn as passed:
            address = _elsewhere(passed.to, settings)
    raise MediaDelayed("微信给出的下载地址无法使用", _REFUSED_AGAIN)


async def _load(http: httpx.AsyncClient, address: str, settings: Sending, **query: str) -> _Answer:
    """GET one address, reading no more than is allowed."""
    try:
        # identity: what is packed on the line could be far larger than what was counted.
        async with http.stream("GET", address, params=query or None, headers={"accept-encoding": "identity"}) as got:
            if got.is_redirect and "access_token" not in query:
                raise _PassedOn(str(got.next_request.url) if got.next_request else "")
            if got.status_code != 200:
                raise _refusal(got)
            return _understood(got, await read_within(got, settings.max_media_bytes))
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as problem:
        raise MediaDelayed("微信给出的下载地址无法使用", _REFUSED_AGAIN) from problem
    except httpx.HTTPError as problem:
        raise MediaDelayed(f"从微信下载时线路中断（{type(problem).__name__}）") from problem


def _understood(response: httpx.Response, content: bytes) -> _Answer:
    name = _name(response.headers.get("content-disposition", ""))
    told = _told(content)
    known = told is not None and ("errcode" in told or "video_url" in told)
    if known and not name:
        return _Answer(b"", "", told)
    # A box in between answers with a page of its own: neither called a file by WeChat nor one by its bytes.
    if not name and not sniff(content):
        raise MediaDelayed("微信接口的答复不是文件，可能被中间设备改写", 60.0)
    return _Answer(content, name, None)


def _told(content: bytes) -> dict[str, Any] | None:
    if len(content) > _LONGEST_JSON or not content.lstrip().startswith(b"{"):
        return None
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _name(disposition: str) -> str:
    if not disposition:
        return ""
    header = Message()
    header["content-disposition"] = disposition.replace("\n", " ").replace("\r", " ")
    return clean_file_name(header.get_filename() or "", "media")


def _code(answer: _Answer) -> int:
    code = (answer.told or {}).get("errcode", 0)
    return code if isinstance(code, int) else -1


def _as_media(code: int, message: str, *, now: datetime) -> ChannelError:
    """The error that a return code means for a file."""
    if code in _GONE:
        return MediaGone(f"{_GONE[code]}（{code}）")
    if code == _NOT_ALLOWED:
        return ChannelMisconfigured("app_id", f"公众号没有获取素材接口的权限（{code}）")
    meant = as_error(code, message, now=now)
    if isinstance(meant, SendDelayed):
        return MediaDelayed(meant.reason, meant.retry_after)
    if isinstance(meant, ChannelMisconfigured):
        return meant
    return MediaDelayed(f"微信拒绝：{message[:200]}（{code}）", _REFUSED_AGAIN)


def _refusal(response: httpx.Response) -> ChannelError:
    status = response.status_code
    if (asked := asked_to_wait(response)) is not None:
        return MediaDelayed(f"微信接口暂时不可用（HTTP {status}）", asked)
    return MediaDelayed(f"微信接口没有给出文件（HTTP {status}）", 60.0 if status >= 500 or status == 429 else 300.0)


def _picture(address: str, settings: Sending) -> str:
    """A picture's address stands in the message, which in plain mode no signature covers: WeChat's own hosts only."""
    host = (_host(address) or "").lower()
    known = any(host == each or host.endswith(f".{each}") for each in _PICTURE_HOSTS)
    if known or (host and host == _host(settings.api_base)):
        return address
    raise MediaGone("图片地址不属于微信，没有取回")


def _elsewhere(address: str, settings: Sending) -> str:
    """The platform's answer names it: any host, but none inside our own network."""
    host = _host(address)
    if host is None or (host != _host(settings.api_base) and _inside(host)):
        raise MediaDelayed("微信给出的下载地址无法使用", _REFUSED_AGAIN)
    return address


def _host(address: str) -> str | None:
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return parts.hostname if parts.scheme in {"http", "https"} else None


def _inside(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host.strip(".")  # localhost, a machine's bare name
