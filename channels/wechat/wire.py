"""The account's callback: verify, decrypt, answer (公众平台「接入指南」「被动回复用户消息」「消息加解密说明」)."""

from __future__ import annotations

import secrets
from datetime import datetime

from channels.base import Opened
from channels.errors import ForgedMessage, UnreadableMessage
from channels.message import Account, WebhookRequest
from channels.wechat.account import Receiving, receiving
from channels.wechat.envelope import EnvelopeDamaged, decrypt, encrypt, matches, signature
from channels.wechat.length import shorten
from channels.wechat.payload import cdata, clean, legal, read

ACKNOWLEDGED = (b"success", "text/plain")


def open_request(request: WebhookRequest, account: Account, *, now: datetime) -> Opened:
    """Verify a callback and give its plain XML, or the answer to an echo check.

    Raises ``ForgedMessage`` when signature, AppID or time do not fit, ``UnreadableMessage`` when a genuine request
    cannot be opened, ``ChannelMisconfigured`` when a setting is missing.
    """
    settings = receiving(account)
    method = request.method.upper()
    if method == "GET":
        opened = Opened(None, _echo(request, settings))
    elif method == "POST":
        opened = Opened(_body(request, settings))
    else:
        raise ForgedMessage(f"微信不用 {method[:10]} 请求")
    _check_time(request, settings, now)
    return opened


def passive_reply(
    request: WebhookRequest, payload: bytes, text: str | None, account: Account, *, now: datetime
) -> tuple[bytes, str]:
    """The body that answers this callback with ``text``, encrypted if the callback was.

    None or blank is the acknowledgement ``success``. A text beyond 2048 bytes is cut at a sentence's end with a
    pointer; the caller sends the full one by ``send`` (``fits_passive`` tells beforehand).
    """
    said = legal(text or "").strip()
    if not said:
        return ACKNOWLEDGED
    fields = read(payload)
    resident, ours = clean(fields.get("FromUserName")), clean(fields.get("ToUserName"))
    if not resident:
        return ACKNOWLEDGED
    reply = (
        f"<xml><ToUserName>{cdata(resident)}</ToUserName><FromUserName>{cdata(ours)}</FromUserName>"
        f"<CreateTime>{int(now.timestamp())}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        f"<Content>{cdata(shorten(said))}</Content></xml>"
    ).encode()
    settings = receiving(account)
    if _is_encrypted(request) and settings.keys:
        reply = _sealed(reply, request, settings, now)
    return reply, "application/xml"


def _echo(request: WebhookRequest, settings: Receiving) -> bytes:
    echo = request.query.get("echostr", "")
    if not echo:
        raise ForgedMessage("接入验证缺少 echostr")
    if "msg_signature" in request.query and settings.keys:
        echo = echo.replace(" ", "+")  # a base64 plus that was not percent-encoded arrives as a space
        _check_signature(request, "msg_signature", settings, echo)
        return _unlocked(echo, settings)[0]
    _check_signature(request, "signature", settings)
    return echo.encode("utf-8", "replace")


def _body(request: WebhookRequest, settings: Receiving) -> bytes:
    if not _is_encrypted(request):
        if settings.mode == "aes":
            raise ForgedMessage("安全模式的账号收到未加密的请求")
        _check_signature(request, "signature", settings)
        return request.body
    if not settings.keys:
        _check_signature(request, "signature", settings)
        raise UnreadableMessage("Encrypt", "公众平台发来密文，而账号设为明文模式：请设置 encoding_aes_key")
    try:
        envelope = read(request.body).get("Encrypt")
    except UnreadableMessage:
        # Without an envelope msg_signature proves nothing. Only a sender who knows the token may fill quarantine.
        _check_signature(request, "signature", settings)
        raise
    _check_signature(request, "msg_signature", settings, envelope)
    return _unlocked(envelope, settings)[0]


def _is_encrypted(request: WebhookRequest) -> bool:
    return request.query.get("encrypt_type", "").lower() == "aes" or "msg_signature" in request.query


def _check_signature(request: WebhookRequest, name: str, settings: Receiving, *more: str) -> None:
    query = request.query
    given, stamp, nonce = query.get(name, ""), query.get("timestamp", ""), query.get("nonce", "")
    if not given or not stamp or not nonce or not matches(given, settings.token, stamp, nonce, *more):
        raise ForgedMessage("签名不符")


def _check_time(request: WebhookRequest, settings: Receiving, now: datetime) -> None:
    """A plain-mode signature does not cover the body, so a query string seen once must not work for ever."""
    if not settings.max_skew_seconds:
        return
    stamp = request.query.get("timestamp", "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        raise ForgedMessage("时间戳不是秒数")
    away = abs(now.timestamp() - int(stamp))
    if away > settings.max_skew_seconds:
        raise ForgedMessage(f"时间戳与本机相差 {away:.0f} 秒：旧请求被重放，或本机时钟不准")


def _unlocked(envelope: str, settings: Receiving) -> tuple[bytes, bytes]:
    """The content, and the key that opened it: after a change of keys the platform may still use the old one."""
    elsewhere = False
    for key in settings.keys:
        try:
            content, app_id = decrypt(envelope, key)
        except EnvelopeDamaged:
            continue
        if app_id == settings.app_id:
            return content, key
        elsewhere = True
    if elsewhere:
        raise ForgedMessage("密文不是发给这个公众号的（AppID 不符）")
    raise UnreadableMessage("Encrypt", "签名相符但密文解不开：请核对 encoding_aes_key")


def _sealed(reply: bytes, request: WebhookRequest, settings: Receiving, now: datetime) -> bytes:
    _, key = _unlocked(read(request.body).get("Encrypt"), settings)
    envelope = encrypt(reply, key, settings.app_id, salt=secrets.token_bytes(16))
    stamp, nonce = str(int(now.timestamp())), request.query.get("nonce", "")
    signed = signature(settings.token, stamp, nonce, envelope)
    return (
        f"<xml><Encrypt><![CDATA[{envelope}]]></Encrypt><MsgSignature><![CDATA[{signed}]]></MsgSignature>"
        f"<TimeStamp>{stamp}</TimeStamp><Nonce>{cdata(nonce)}</Nonce></xml>"
    ).encode()
