"""Logging in at both servers of a mailbox and leaving again: no letter is read, none is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from functools import partial

from channels.errors import SendDelayed
from channels.mailbox import smtp
from channels.mailbox.imap_line import LineLost, MailboxSettings, connected
from channels.message import Account
from channels.probing import Probe, Seen

CODE = "多数国内邮箱要在网页“设置 → POP3/SMTP/IMAP”中开启服务并生成授权码，填授权码而不是登录密码"
CERTIFICATE = "单位自建邮箱用自签证书的，把它的 CA 证书（PEM）存到本机并写明路径；公共邮箱则核对主机名"
MENDS = {
    "address": "填本邮箱完整地址，并与发信登录用的账号一致",
    "imap_host": "填邮箱服务商给出的 IMAP 服务器，如 imap.qq.com",
    "imap_user": "一般是完整的邮箱地址",
    "imap_password": CODE,
    "imap_folder": "核对文件夹名称；收件箱是 INBOX",
    "imap_tls": "去掉 imap_tls；明文只用于本机",
    "imap_ca_file": CERTIFICATE,
    "imap_*": "端口、秒数、字节数只填数字",
    "smtp_host": "填邮箱服务商给出的 SMTP 服务器，如 smtp.qq.com",
    "smtp_user": "填完整的邮箱地址；服务器要求登录时不能空着",
    "smtp_password": CODE,
    "smtp_port": "implicit 一般是 465，starttls 一般是 587",
    "smtp_timeout": "填秒数，例如 30",
    "smtp_tls": "465 端口用 implicit，587 端口用 starttls",
    "smtp_ca_file": CERTIFICATE,
}
PATIENCE = 10.0


def probes(account: Account) -> Iterator[Probe]:
    """Raises ``ChannelMisconfigured``."""
    if account.settings.get("imap_host"):
        yield Probe(partial(_fetching, MailboxSettings.of(account)), "收信")
    smtp.check(account)
    yield Probe(partial(_sending, account), "发信")


async def _fetching(settings: MailboxSettings) -> Sequence[Seen]:
    # The library keeps silent about a server that cannot be reached until its patience is over: knock first.
    try:
        async with asyncio.timeout(PATIENCE):
            _, writer = await asyncio.open_connection(settings.host, settings.port)
    except OSError as problem:
        raise SendDelayed(f"连不上收信服务器（{type(problem).__name__}）") from problem
    writer.transport.abort()
    try:
        async with connected(settings) as line:
            await line.select()
    except LineLost as problem:
        raise SendDelayed(f"收信服务器没有完成登录（{problem}）") from problem
    return (Seen(f"已登录，文件夹 {settings.folder} 可以打开"),)


async def _sending(account: Account) -> Sequence[Seen]:
    await smtp.try_login(account)
    return (Seen("已登录，服务器接受本邮箱发信"),)
