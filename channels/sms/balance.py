"""Asking the provider what is left of the account: a signed call that sends nothing."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urljoin

from channels.errors import SendDelayed, SendUncertain
from channels.message import Account
from channels.probing import Probe, Seen
from channels.sms.filling import look, word
from channels.sms.provider import PLACEHOLDERS, Balance, Provider, read
from channels.sms.send import address, answer_of, posted, sign, timestamp

MENDS = {
    "provider": "填 docs/channels/sms.md 列出的预置名称，或去掉它并按短信平台的接口文档写 fields、answer",
    "url": "填短信平台接口文档中的发送地址（https）",
    "account": "填短信平台给的账号；余额不足的先充值",
    "secret": "从短信平台控制台复制密钥，填入 secret",
    "heading": "填已报备的短信签名，不带【】",
    "timestamp": "校准本机时钟（NTP）",
    "fields": "对照 docs/channels/sms.md 的占位符表和短信平台的接口文档",
    "answer": "对照短信平台接口文档中的返回示例",
    "signing": "对照短信平台接口文档中的签名规则",
    "callback": "对照 docs/channels/sms.md；没有签名的回调要设 16 字以上的 token，并写在回调网址的 ?token= 后",
    "balance": "对照短信平台的余额查询接口；没有这种接口就去掉 balance",
}


def probes(account: Account, *, now: datetime) -> Iterator[Probe]:
    """None where the mapping names no interface that tells the balance. Raises ``ChannelMisconfigured``."""
    provider = read(account)
    if provider.balance is not None:
        yield Probe(partial(_left, provider, provider.balance, now), "余额")


async def _left(provider: Provider, asked: Balance, now: datetime) -> Sequence[Seen]:
    values: dict[str, Any] = {
        **dict.fromkeys(PLACEHOLDERS, ""),
        "timestamp": timestamp(provider, now),
        "nonce": secrets.token_hex(8),
        "account": provider.account,
        "secret": provider.secret,
    }
    fields = sign(provider, asked.fields, values)
    url = urljoin(address(provider, values), asked.url)
    try:
        answer = answer_of(provider, await posted(provider, url, fields, values))
    except SendUncertain as problem:
        raise SendDelayed(problem.reason.removesuffix("，可能已发出")) from problem
    left = word(look(answer, asked.left))
    if not left:
        return (Seen("短信平台接受签名，但答复中没有余额", MENDS["balance"]),)
    words = f"短信平台接受签名，余额 {left}"
    few = left.isdecimal() and int(left) <= asked.low
    return (Seen(words, "余额将尽，请充值") if few else Seen(words),)
