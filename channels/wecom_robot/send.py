"""One message of the robot (webhook/send), and what each answer means for it.

The platform gives a message no id, so the delivery's own is returned.
"""

from __future__ import annotations

import json
import logging
import re
from datetime import datetime
from typing import Any

import httpx

from channels.base import ChannelState
from channels.errors import ChannelError, ChannelMisconfigured, SendDelayed, SendFailed
from channels.http_line import retry_after, tls
from channels.message import Account, OutboundMessage
from channels.wecom_robot import pacing
from channels.wecom_robot.account import Calling, calling

PATH = "/cgi-bin/webhook/send"
LIMITS = {"text": 2048, "markdown": 4096}
"""Published: bytes of the content in UTF-8."""
SHORTENED = "……（内容过长，请在系统中查看）"
EVERYBODY = "@all"

_SECRET_IN_URL = re.compile(r"(webhook/send\?key=)[^&\s\"']+")
_WRONG_ADDRESS = (httpx.InvalidURL, httpx.UnsupportedProtocol)


class _Redacted(logging.Filter):
    """httpx logs each request's address, and the platform wants the key in it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _SECRET_IN_URL.sub(r"\1***", record.getMessage()), ()
        return True


logging.getLogger("httpx").addFilter(_Redacted())


async def send(message: OutboundMessage, account: Account, state: ChannelState, *, now: datetime) -> str:
    """Say it in the group, again where in doubt: a second copy does no harm there.

    Raises ``SendDelayed``, ``SendFailed`` or ``ChannelMisconfigured``.
    """
    settings = calling(account)
    body = content(message, settings)
    await pacing.take_turn(state, now=now)
    _judge(await _post(settings, body))
    return message.id


def content(message: OutboundMessage, settings: Calling) -> dict[str, Any]:
    """The request's JSON object. Only text can call people by their phones. Raises ``SendFailed`` for no words."""
    words = message.text.replace("\0", "").encode("utf-8", "replace").decode("utf-8").strip()
    if not words:
        raise SendFailed("没有内容")
    said: dict[str, Any] = {"content": shortened(words, LIMITS[settings.format])}
    phones = [each for each in str(message.details.get("mention", "")).split(",") if each]
    if settings.format == "text" and phones:
        said["mentioned_mobile_list"] = phones
    return {"msgtype": settings.format, settings.format: said}


def shortened(words: str, limit: int) -> str:
    """At most ``limit`` bytes, by leaving out the end of all but the last line, which holds the link."""
    if len(words.encode()) <= limit:
        return words
    rest, _, last = words.rpartition("\n")
    if len(last.encode()) > limit // 2:
        rest, last = words, ""
    tail = SHORTENED + ("\n" + last if last else "")
    kept = rest.encode()[: limit - len(tail.encode())].decode("utf-8", "ignore")
    return kept + tail


async def _post(settings: Calling, body: dict[str, Any]) -> dict[str, Any]:
    # Chinese as itself: 40033 refuses the escapes \uXXXX.
    told = json.dumps(body, ensure_ascii=False).encode()
    try:
        async with httpx.AsyncClient(
            base_url=settings.api_base,
            timeout=settings.timeout_seconds,
            proxy=settings.proxy or None,
            verify=tls(),
            trust_env=False,
        ) as http:
            response = await http.post(
                PATH, params={"key": settings.key}, content=told, headers={"content-type": "application/json"}
            )
    except _WRONG_ADDRESS as error:
        raise ChannelMisconfigured("api_base", "不是可用的网址") from error
    except httpx.HTTPError as error:
        raise SendDelayed(f"没有得到企业微信的答复（{type(error).__name__}）", 15.0) from error
    if response.status_code != 200:
        raise _refusal(response)
    try:
        answer = response.json()
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict) or not isinstance(answer.get("errcode"), int):
        raise SendDelayed("答复不是企业微信给出的，可能被中间设备拦下", 60.0)
    return answer


def _refusal(response: httpx.Response) -> ChannelError:
    status = response.status_code
    if status == 429 or status >= 500:
        return SendDelayed(f"企业微信接口暂时不可用（HTTP {status}）", retry_after(response))
    if status in {301, 302, 303, 307, 308, 404}:
        return ChannelMisconfigured("api_base", f"这个网址不是企业微信接口（HTTP {status}）")
    return SendFailed(f"企业微信接口拒绝（HTTP {status}）")


_AGAIN = {-1: ("企业微信系统繁忙", 10.0), 45009: ("发送过于频繁，企业微信要求稍后再发", 60.0)}
_WRONG_KEY = {93000: "Webhook 地址无效，或机器人已被移出群", 93004: "机器人已被停用", 93008: "机器人不在群里"}
_NEVER = {
    40008: "消息类型不被接受",
    40033: "内容含有不能用的字符",
    40058: "参数不合规定",
    44004: "没有内容",
    45002: "内容超过长度上限",
}


def _judge(answer: dict[str, Any]) -> None:
    code = answer["errcode"]
    if code == 0:
        return
    if code in _AGAIN:
        reason, wait = _AGAIN[code]
        raise SendDelayed(f"{reason}（{code}）", wait)
    if code in _WRONG_KEY:
        raise ChannelMisconfigured("key", f"{_WRONG_KEY[code]}（{code}）")
    why = _NEVER.get(code) or str(answer.get("errmsg", ""))[:120]
    raise SendFailed(f"企业微信拒绝：{why}（{code}）")
