"""Sending a letter: threaded, marked with the ticket's token, and with the headers that stop loops (RFC 3834)."""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
from collections.abc import Iterator
from datetime import datetime
from email.header import Header
from email.mime.base import MIMEBase
from email.policy import compat32
from email.utils import format_datetime
from typing import Any

import aiosmtplib

from channels.cleaning import clean_line
from channels.errors import ChannelMisconfigured, SendDelayed, SendFailed, SendUncertain
from channels.mailbox.addresses import UNKNOWN_DOMAIN
from channels.mailbox.automatic import OWN_HEADER
from channels.mailbox.letter import body, list_fields
from channels.mailbox.threading import mark_subject
from channels.message import Account, OutboundMessage

TIMEOUT = 30.0
DELAY = 60.0
GREYLISTED = 300.0
REFUSED_LINE = 600.0
"""Seconds until the next try after a server turned our connection away with 5xx: often a block list, lifted later."""

_ABOUT_LOGIN = frozenset({530, 534, 535, 538})
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[^\s@<>,;:\"()\[\]\\]{1,190}")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,300}>")
_GREY = re.compile(r"gr[ae]y.?list|try again later|稍后|4\.7\.1", re.IGNORECASE)
_WAIT = re.compile(r"(\d{1,5})\s*(s|sec|seconds?|秒|m|min|minutes?|分钟)(?![a-z])", re.IGNORECASE)


def compose(message: OutboundMessage, account: Account, *, now: datetime) -> MIMEBase:
    """The letter. Raises ``SendFailed`` for a recipient no letter can go to, ``ChannelMisconfigured`` without our own.

    Every value is cleaned of line ends before it becomes a header, so no title or name can add a header.
    """
    own = _own_address(account)
    subject = clean_line(message.title, 200) or "回复您的来信"
    mail = body(message, str(account.settings.get("public_url") or ""))
    mail["From"] = _mailbox(clean_line(str(account.settings.get("display_name") or ""), 80), own)
    mail["To"] = _mailbox(clean_line(message.recipient_name, 80), _recipient(message))
    marked = mark_subject(subject, message.ticket_token) if message.ticket_token else subject
    mail["Subject"] = Header(marked, "us-ascii" if marked.isascii() else "utf-8", header_name="Subject").encode()
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message_id(message, own)
    answered = _MESSAGE_ID.findall(message.replies_to)[:1]
    earlier = [found for item in message.thread for found in _MESSAGE_ID.findall(item)]
    references = list(dict.fromkeys(item for item in earlier if item not in answered))[-20:] + answered
    if answered:
        mail["In-Reply-To"] = answered[0]
    if references:
        mail["References"] = " ".join(references)
    mail["Reply-To"] = own
    if message.written_by != "person":
        mail["Auto-Submitted"] = "auto-replied" if references else "auto-generated"
    if message.written_by == "notice":
        for name, value in list_fields(own).items():
            mail[name] = value
    mail["X-Auto-Response-Suppress"] = "All"
    mail[OWN_HEADER] = _plain_id(message)
    return mail


def message_id(message: OutboundMessage, own: str) -> str:
    """``<yingsheng.{id}@{our domain}>``: the same for every try of one delivery, so that a copy is known as one."""
    return f"<yingsheng.{_plain_id(message)}@{own.partition('@')[2]}>"


def _plain_id(message: OutboundMessage) -> str:
    return re.sub(r"[^A-Za-z0-9.-]", "-", message.id)[:100]


def _mailbox(name: str, address: str) -> str:
    if not name:
        return address
    if name.isascii():
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}" <{address}>'
    return f"{Header(name, 'utf-8', maxlinelen=400).encode()} <{address}>"


def _own_address(account: Account) -> str:
    given = str(account.settings.get("address") or "").strip()
    if not _ADDRESS.fullmatch(given) or not given.isascii():
        raise ChannelMisconfigured("address", "没有设置本邮箱地址，或地址无效")
    return given


def _recipient(message: OutboundMessage) -> str:
    """The address as SMTP takes it: a Chinese domain in its ASCII form; a Chinese local part cannot be written to."""
    shown = clean_line(message.recipient, 80)
    local, at, domain = message.recipient.rpartition("@")
    if not at or not _ADDRESS.fullmatch(message.recipient) or domain.lower() == UNKNOWN_DOMAIN:
        raise SendFailed(f"收件地址无效，无法回复：{shown}")
    if not local.isascii():
        raise SendFailed(f"不支持中文邮箱名（SMTPUTF8）：{shown}")
    try:
        return f"{local}@{domain if domain.isascii() else domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        raise SendFailed(f"收件域名无效：{shown}") from None


async def send(message: OutboundMessage, account: Account, *, now: datetime) -> str:
    """Hand the letter to the mail server and return its Message-ID.

    Raises ``SendDelayed`` (no connection, 4xx), ``SendFailed`` (5xx, bad recipient), ``SendUncertain`` (the line broke
    after the letter began to leave) or ``ChannelMisconfigured`` (settings, login, certificate, our own address).
    """
    mail = compose(message, account, now=now)
    client = _client(account)
    recipient = _recipient(message)
    try:
        await _connect(client, account)
        await _envelope(client, _own_address(account), recipient, _plain_id(message))
        await _hand_over(client, mail.as_bytes(policy=compat32.clone(linesep="\r\n")))
        return str(mail["Message-ID"])
    finally:
        client.close()


async def try_login(account: Account) -> None:
    """Log in and name our address as the sender, then leave: nothing is sent.

    Raises ``SendDelayed``, ``SendFailed`` or ``ChannelMisconfigured``.
    """
    own, client = _own_address(account), _client(account)
    try:
        await _connect(client, account)
        with _of_the_envelope():
            await client.mail(own)
            await client.quit()
    finally:
        client.close()


async def _connect(client: aiosmtplib.SMTP, account: Account) -> None:
    try:
        await client.connect()
    except aiosmtplib.SMTPConnectResponseError as problem:
        raise SendDelayed(f"发信服务器拒绝连接（{problem.code} {_said(problem)}）", REFUSED_LINE) from problem
    except aiosmtplib.SMTPResponseException as problem:
        raise _answered(problem) from problem
    except (aiosmtplib.SMTPException, ssl.SSLError, OSError, TimeoutError, ValueError) as problem:
        raise _unconnected(problem) from problem
    user = str(account.settings.get("smtp_user") or "")
    if not user:
        return
    try:
        await client.login(user, str(account.settings.get("smtp_password") or ""))
    except aiosmtplib.SMTPResponseException as problem:
        if 400 <= problem.code < 500:
            raise _answered(problem) from problem
        raise ChannelMisconfigured(
            "smtp_password", f"发信服务器拒绝登录（{problem.code} {_said(problem)}）"
        ) from problem
    except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError, OSError) as problem:
        raise SendDelayed("登录发信服务器时连接中断", DELAY) from problem
    except aiosmtplib.SMTPException as problem:
        raise ChannelMisconfigured("smtp_user", "发信服务器不提供可用的登录方式") from problem


def _unconnected(problem: Exception) -> ChannelMisconfigured | SendDelayed:
    cause: BaseException | None = problem
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return ChannelMisconfigured("smtp_ca_file", "发信服务器的证书无法验证")
        cause = cause.__cause__
    if "STARTTLS extension not supported" in str(problem):
        return ChannelMisconfigured("smtp_tls", "发信服务器不支持 STARTTLS")
    return SendDelayed(f"连不上发信服务器（{type(problem).__name__}）", DELAY)


async def _envelope(client: aiosmtplib.SMTP, own: str, recipient: str, envelope_id: str) -> None:
    """With our id as the envelope's where the server passes it on (RFC 3461): a bounce then gives it back."""
    passes_on = client.supports_extension("dsn")
    with _of_the_envelope():
        await client.mail(own, options=[f"ENVID={envelope_id}", "RET=HDRS"] if passes_on else None)
        await client.rcpt(recipient, options=["NOTIFY=FAILURE,DELAY"] if passes_on else None)


@contextlib.contextmanager
def _of_the_envelope() -> Iterator[None]:
    """What the server says before the letter itself, as facts of sending."""
    try:
        yield
    except aiosmtplib.SMTPSenderRefused as problem:
        if problem.code >= 500 and problem.code not in _ABOUT_LOGIN:
            raise ChannelMisconfigured(
                "address", f"发信服务器不接受本邮箱发信（{problem.code} {_said(problem)}）"
            ) from problem
        raise _answered(problem) from problem
    except aiosmtplib.SMTPResponseException as problem:
        raise _answered(problem) from problem
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as problem:
        raise SendDelayed(f"与发信服务器的连接中断（{type(problem).__name__}）", DELAY) from problem


async def _hand_over(client: aiosmtplib.SMTP, content: bytes) -> None:
    try:
        await client.data(content)
    except aiosmtplib.SMTPResponseException as problem:
        raise _answered(problem) from problem
    except (aiosmtplib.SMTPException, OSError, TimeoutError, asyncio.IncompleteReadError) as problem:
        raise SendUncertain("邮件交出后连接中断，可能已送达") from problem


def _answered(problem: aiosmtplib.SMTPResponseException) -> SendDelayed | SendFailed | ChannelMisconfigured:
    """4xx may pass, 5xx will not (RFC 5321); 530, 534 and 535 are about our login (RFC 4954)."""
    shown = f"{problem.code} {_said(problem)}"
    if problem.code in _ABOUT_LOGIN:
        return ChannelMisconfigured("smtp_user", f"发信服务器要求登录（{shown}）")
    if 400 <= problem.code < 500 or problem.code < 0:
        return SendDelayed(f"对方服务器暂不接收（{shown}）", _retry_after(problem.code, str(problem.message)))
    return SendFailed(f"对方服务器拒收（{shown}）")


def _said(problem: aiosmtplib.SMTPResponseException) -> str:
    return clean_line(str(problem.message), 160)


def _retry_after(code: int, words: str) -> float:
    """Seconds until the next try: what the server asks for, five minutes when it greylists, else one."""
    asked = _WAIT.search(words)
    if asked:
        seconds = float(asked.group(1)) * (60 if asked.group(2)[0] in "mM分" else 1)
        return min(max(seconds, 10.0), 3600.0)
    return GREYLISTED if code in {450, 451} or _GREY.search(words) else DELAY


def check(account: Account) -> None:
    """Raises ``ChannelMisconfigured`` when the settings do not suffice to send."""
    _own_address(account)
    _client(account)


def _client(account: Account) -> aiosmtplib.SMTP:
    given = account.settings
    host = str(given.get("smtp_host") or "")
    if not host:
        raise ChannelMisconfigured("smtp_host", "没有设置")
    mode = str(given.get("smtp_tls") or "implicit").lower()
    if mode not in {"implicit", "starttls", "none"}:
        raise ChannelMisconfigured("smtp_tls", "可选 implicit、starttls、none")
    if mode == "none" and host not in _LOOPBACK:
        raise ChannelMisconfigured("smtp_tls", "明文 SMTP 只能用于本机地址")
    options: dict[str, Any] = {"use_tls": mode == "implicit", "start_tls": mode == "starttls"}
    if mode != "none":
        try:
            options["tls_context"] = ssl.create_default_context(cafile=given.get("smtp_ca_file") or None)
        except OSError as problem:
            raise ChannelMisconfigured("smtp_ca_file", "证书文件无法读取") from problem
    port = int(_number(account, "smtp_port", {"implicit": 465, "starttls": 587}.get(mode, 25), at_most=65_535))
    seconds = _number(account, "smtp_timeout", TIMEOUT, at_most=600)
    return aiosmtplib.SMTP(hostname=host, port=port, timeout=seconds, local_hostname="yingsheng.invalid", **options)


def _number(account: Account, name: str, default: float, *, at_most: float) -> float:
    given = account.settings.get(name)
    if not given:
        return default
    try:
        number = float(given)
    except (TypeError, ValueError):
        number = 0.0
    if not 0 < number <= at_most:
        raise ChannelMisconfigured(name, f"应为不大于 {at_most:.0f} 的正数")
    return number
