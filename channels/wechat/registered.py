"""Messages by a template registered with the platform (公众平台「模板消息」「订阅通知」): the way outside the window.

The account's setting ``templates`` says which of the platform's templates one of the desk's is and how it is filled.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args
from urllib.parse import quote, urlsplit

from channels.base import ChannelState
from channels.errors import ChannelMisconfigured, SendFailed
from channels.message import Account, OutboundMessage
from channels.wechat.account import sending
from channels.wechat.calling import client
from channels.wechat.posting import post
from channels.wechat.values import fit
from district.templates import fields_of

Kind = Literal["template", "subscribe"]

PATHS: Mapping[Kind, str] = {
    "template": "/cgi-bin/message/template/send",
    "subscribe": "/cgi-bin/message/subscribe/bizsend",
}
_FIELD = re.compile(r"[A-Za-z_]+[0-9]*")
_KEYS = {"id", "kind", "fields", "url"}


@dataclass(frozen=True, slots=True)
class Registered:
    """One template of the platform. ``fields`` and ``url`` hold ``{names}`` of the fields of the desk's template."""

    id: str
    kind: Kind
    fields: Mapping[str, str]
    url: str = ""


def templates(account: Account) -> dict[str, Registered]:
    """The platform's templates by the name of the desk's. Raises ``ChannelMisconfigured``."""
    given = account.settings.get("templates") or {}
    if not isinstance(given, Mapping):
        raise ChannelMisconfigured("templates", "应为“我方模板名: {id, kind, fields, url}”的对照")
    return {str(name): _registered(f"templates.{name}", each) for name, each in given.items()}


async def send(message: OutboundMessage, account: Account, state: ChannelState, *, now: datetime) -> str:
    """Send what the message's template says; its text is not sent.

    Returns ``template:`` or ``subscribe:`` and the platform's id. Raises as ``channels.wechat.send``.
    """
    found = templates(account).get(message.template)
    if found is None:
        raise SendFailed(f"账号没有为“{message.template}”登记微信的模板", "window")
    if not message.recipient:
        raise SendFailed("没有收信人", "unknown_person")
    filling = defaultdict(str, message.fields)
    data = {name: {"value": fit(name, words.format_map(filling))} for name, words in found.fields.items()}
    body: dict[str, Any] = {"touser": message.recipient, "template_id": found.id, "data": data}
    if found.kind == "template":
        # Two copies of one id within ten minutes are one message to the platform.
        body["client_msg_id"] = message.id.replace("-", "")[:32]
    if found.url:
        there = defaultdict(str, {name: quote(value, safe="") for name, value in message.fields.items()})
        body["url" if found.kind == "template" else "page"] = found.url.format_map(there)
    settings = sending(account)
    async with client(settings) as http:
        answer = await post(http, settings, state, PATHS[found.kind], body, now=now)
    return f"{found.kind}:{answer.get('msgid', '')}"


def _registered(where: str, given: object) -> Registered:
    if not isinstance(given, Mapping):
        raise ChannelMisconfigured(where, "应写明 id、kind、fields")
    if unknown := given.keys() - _KEYS:
        raise ChannelMisconfigured(f"{where}.{min(map(str, unknown))}", "没有这一项设置")
    key = given.get("id")
    if not isinstance(key, str) or not key.strip():
        raise ChannelMisconfigured(f"{where}.id", "缺少微信的模板 ID")
    kind: Kind | None = next((each for each in get_args(Kind) if each == given.get("kind", "template")), None)
    if kind is None:
        raise ChannelMisconfigured(f"{where}.kind", "应为 template（模板消息）或 subscribe（订阅通知）")
    fields = given.get("fields")
    if not isinstance(fields, Mapping) or not fields:
        raise ChannelMisconfigured(f"{where}.fields", '应写明微信模板的每个参数，例如 thing1: "{matter}"')
    for name, words in fields.items():
        if not isinstance(name, str) or not _FIELD.fullmatch(name):
            raise ChannelMisconfigured(f"{where}.fields.{name}", "应为微信模板的参数名，如 thing1")
        _check_places(f"{where}.fields.{name}", words)
    url = given.get("url") or ""
    _check_places(f"{where}.url", url)
    if url and kind == "template" and urlsplit(url).scheme not in {"http", "https"}:
        raise ChannelMisconfigured(f"{where}.url", "应为完整网址")
    return Registered(key.strip(), kind, {name: str(words) for name, words in fields.items()}, str(url))


def _check_places(where: str, words: object) -> None:
    if not isinstance(words, str):
        raise ChannelMisconfigured(where, "应为文字，填充项写作 {名字}")
    try:
        fields_of(words)
    except ValueError as problem:
        raise ChannelMisconfigured(where, str(problem)) from problem
