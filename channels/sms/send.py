"""Texts to residents through the provider: by its template where the account maps ours to one, else as free text.

Whether a second copy would be known depends on the provider (``knows_repeats``: our id is sent along and kept there):
only then is a line that broke a plain delay.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import httpx

from channels.base import ChannelState
from channels.cleaning import clean_line, tidy
from channels.errors import ChannelError, ChannelMisconfigured, SendDelayed, SendFailed, SendUncertain
from channels.http_line import asked_to_wait, retry_after, tls
from channels.message import Account, OutboundMessage
from channels.parting import note_progress, part, progress
from channels.sms.discreet import discreet
from channels.sms.filling import fill, look, names_in, word, written
from channels.sms.length import fitting, units
from channels.sms.parse import mobile
from channels.sms.provider import Provider, TemplateOf, read
from channels.sms.signing import signature

BUSY = 60.0
LONGEST_WAIT = 86_400.0
LONGEST_ANSWER = 100_000
_ZONE = ZoneInfo("Asia/Shanghai")


async def send(message: OutboundMessage, account: Account, state: ChannelState, *, now: datetime) -> str:
    """Send the text, in as many as the provider's longest asks for; its id of each, joined by a comma.

    Raises ``SendDelayed``, ``SendFailed``, ``SendUncertain`` or ``ChannelMisconfigured``.
    """
    provider = read(account)
    phone = mobile(message.recipient)
    if not phone:
        raise SendFailed("收信人不是手机号码" if message.recipient else "没有收信号码", "unknown_person")
    template = provider.templates.get(message.template) if message.template else None
    if template is not None:
        return await _call(provider, phone, message.id, "", template, message, now=now)
    if not provider.free_text:
        raise SendFailed(f"短信平台只收模板短信，账号没有给“{message.template or '自由文本'}”设模板", "refused")
    texts = _texts(provider, message)
    done = await progress(state, message.id) if len(texts) > 1 else None
    ids = [str(each) for each in done] if isinstance(done, list) else []
    for number, text in enumerate(texts[len(ids) :], start=len(ids) + 1):
        reference = message.id if len(texts) == 1 else f"{message.id}.{number}"
        ids.append(await _call(provider, phone, reference, text, None, message, now=now))
        if len(texts) > 1:
            await note_progress(state, message.id, ids if number < len(texts) else None)
    return ",".join(ids)


def _texts(provider: Provider, message: OutboundMessage) -> list[str]:
    text = discreet(tidy(message.text), message.recipient_name)
    heading = provider.shown_heading
    texts = part(text, partial(fitting, provider.longest - units(heading)))
    if not texts:
        raise SendFailed("没有内容", "refused")
    return [f"{heading}{each}" for each in texts] if provider.heading_by == "us" else texts


def _params(template: TemplateOf, message: OutboundMessage) -> Any:
    wanted = template.params
    missing = [name for name in (wanted.values() if isinstance(wanted, dict) else wanted) if name not in message.fields]
    if missing:
        raise SendFailed(f"短信模板缺少填充项“{missing[0]}”", "refused")

    def value(name: str) -> str:
        return discreet(clean_line(message.fields[name], 200), message.recipient_name)

    if isinstance(wanted, dict):
        return {theirs: value(ours) for theirs, ours in wanted.items()}
    return [value(name) for name in wanted]


async def _call(
    provider: Provider,
    phone: str,
    reference: str,
    text: str,
    template: TemplateOf | None,
    message: OutboundMessage,
    *,
    now: datetime,
) -> str:
    params = _params(template, message) if template is not None else None
    values: dict[str, Any] = {
        "phone": phone,
        "text": text,
        "heading": provider.shown_heading,
        "template": template.id if template is not None else "",
        "params": params,
        "params_json": written(params) if params else "",
        "id": reference,
        "timestamp": timestamp(provider, now),
        "nonce": secrets.token_hex(8),
        "account": provider.account,
        "secret": provider.secret,
    }
    fields = sign(provider, provider.fields, values)
    answer = answer_of(provider, await posted(provider, address(provider, values), fields, values), phone)
    return clean_line(word(look(answer, provider.answer.id)) if provider.answer.id else "", 100)


def sign(provider: Provider, templates: Mapping[str, str], values: dict[str, Any]) -> dict[str, Any]:
    """The fields of a call, filled, without what is empty; the signature, over all but its own, joins ``values``."""
    unsigned = {
        name: value
        for name, each in templates.items()
        if "signature" not in names_in(each) and (value := fill(each, values)) is not None
    }
    values["signature"] = signature(provider, values, unsigned)
    return {name: value for name, each in templates.items() if (value := fill(each, values)) is not None}


def _header(value: Any) -> str:
    return clean_line("" if value is None else written(value), 2000)


def address(provider: Provider, values: Mapping[str, Any]) -> str:
    """The address of a text's call, filled."""
    return str(fill(provider.url, {name: quote(written(value), safe="") for name, value in values.items()}))


def timestamp(provider: Provider, now: datetime) -> int | str:
    """``now`` as the mapping's ``time`` wants it."""
    match provider.time:
        case "seconds":
            return int(now.timestamp())
        case "milliseconds":
            return int(now.timestamp() * 1000)
        case form:
            return now.astimezone(_ZONE).strftime(form)


async def posted(provider: Provider, url: str, fields: dict[str, Any], values: Mapping[str, Any]) -> httpx.Response:
    """The provider's response, with the account's headers filled from ``values``.

    Raises ``SendDelayed`` where the call did not leave, what ``_in_doubt`` says where no answer came.
    """
    headers = {name: _header(fill(each, values)) for name, each in provider.headers.items()}
    flat = {name: written(value) for name, value in fields.items()}
    given: dict[str, Any] = {"params": flat} if provider.method == "GET" else {"data": flat}
    if provider.method == "POST" and provider.content == "json":
        given = {"content": json.dumps(fields, ensure_ascii=False).encode("utf-8", "replace")}
        headers = {"content-type": "application/json", **headers}
    try:
        async with httpx.AsyncClient(verify=tls(), trust_env=False, timeout=provider.timeout_seconds) as client:
            return await client.request(provider.method, url, headers=headers, **given)
    except (httpx.ConnectError, httpx.ConnectTimeout) as problem:
        raise SendDelayed(f"连不上短信平台（{type(problem).__name__}）", BUSY) from problem
    except httpx.HTTPError as problem:
        raise _in_doubt(provider, f"短信平台没有答复（{type(problem).__name__}）") from problem


def _in_doubt(provider: Provider, why: str) -> SendDelayed | SendUncertain:
    if provider.knows_repeats:
        return SendDelayed(why, BUSY)
    return SendUncertain(f"{why}，可能已发出")


def answer_of(provider: Provider, response: httpx.Response, phone: str = "") -> Any:
    """The answer that says it was taken. Raises what any other means for a text; ``phone`` is masked in words."""
    status = response.status_code
    if status != 200:
        raise _refused_by_status(provider, response)
    try:
        given = json.loads(response.content[:LONGEST_ANSWER])
    except (ValueError, RecursionError) as problem:
        raise _in_doubt(provider, "短信平台的答复无法读懂") from problem
    answer = provider.answer
    if word(look(given, answer.ok.path)) == answer.ok.equals:
        return given
    code = clean_line(word(look(given, answer.code or answer.ok.path)), 40)
    told = clean_line(word(look(given, answer.message)), 120) if answer.message else ""
    why = answer.words.get(code) or (told.replace(phone, f"{phone[:3]}****{phone[-4:]}") if phone else told)
    words = f"{code} {why}".strip()
    if code in answer.delayed:
        raise SendDelayed(f"短信平台暂不发送（{words}）", _wait(provider, given, response))
    if code in answer.misconfigured:
        raise ChannelMisconfigured(answer.misconfigured[code], f"短信平台不接受（{words}）")
    if code in answer.gone:
        raise SendFailed(f"短信平台拒绝（{words}）", "blocked")
    if code in answer.failed or "*" in answer.failed:
        raise SendFailed(f"短信平台拒绝（{words}）", "refused")
    raise _unlisted(words)


def _unlisted(words: str) -> SendUncertain:
    return SendUncertain(f"短信平台的答复不在设置里，不知是否发出（{words}）")


def _wait(provider: Provider, given: Any, response: httpx.Response) -> float:
    asked = word(look(given, provider.answer.wait)) if provider.answer.wait else ""
    if asked.isascii() and asked.isdigit() and len(asked) < 8:
        return min(max(float(asked), 1.0), LONGEST_WAIT)
    return asked_to_wait(response) or BUSY


def _refused_by_status(provider: Provider, response: httpx.Response) -> ChannelError:
    status = response.status_code
    if status in {429, 503}:
        return SendDelayed(f"短信平台忙（HTTP {status}）", retry_after(response))
    if status in {401, 403}:
        return ChannelMisconfigured("secret", f"短信平台不接受账号或密钥（HTTP {status}）")
    if status in {404, 405} or 300 <= status < 400:
        return ChannelMisconfigured("url", f"短信平台没有这个接口（HTTP {status}）")
    if 400 <= status < 500:
        return SendFailed(f"短信平台拒绝（HTTP {status}）", "refused")
    return _in_doubt(provider, f"短信平台出错（HTTP {status}）")
