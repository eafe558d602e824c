"""Asking the Bot API who the bot is and by which way its updates leave (getMe, getWebhookInfo)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlsplit

from telegram import WebhookInfo
from telegram.error import TelegramError

from channels.cleaning import clean_line
from channels.errors import ChannelError, SendDelayed
from channels.message import Account
from channels.probing import Probe, Seen
from channels.telegram.account import calling, polling
from channels.telegram.line import NotReached, Refusal, connected, misconfigured, readable
from channels.telegram.poll import WANTED

BACKLOG = 100
"""So many updates that nobody has taken mean that nobody takes them."""

RECENT = timedelta(hours=1)
MENDS = {
    "token": "向 @BotFather 发 /mybots 选机器人 → API Token，整串填入 token；疑似泄露的先 Revoke",
    "secret_token": "自己定一串 16 位以上的字母和数字，并在 setWebhook 时用同一串；或设 polling: true",
    "base_url": "不填即用 https://api.telegram.org；经网关时填网关的 https 地址",
}
ENTER = "运行 docs/channels.md 中 setWebhook 那一行，url 填{}"
TAKE_OUT = "运行 docs/channels.md 中 deleteWebhook 那一行，或去掉 polling"


def probes(account: Account, *, callback: str, now: datetime) -> Sequence[Probe]:
    """Raises ``ChannelMisconfigured``."""
    calling(account)
    return (Probe(partial(_bot, account, callback, now)),)


async def _bot(account: Account, callback: str, now: datetime) -> Sequence[Seen]:
    try:
        async with connected(calling(account)) as (bot, _):
            with readable():
                name = (await bot.get_me()).username
                hook = await bot.get_webhook_info()
    except TelegramError as problem:
        raise _as_error(problem) from problem
    wrong = list(_wrong_way(hook, callback, polls=polling(account), now=now))
    return (Seen(f"Telegram 接受令牌，机器人是 @{name}"), *wrong)


def _wrong_way(hook: WebhookInfo, callback: str, *, polls: bool, now: datetime) -> Iterator[Seen]:
    ours = callback or "本系统的 /channels/telegram/账号名"
    if polls:
        if hook.url:
            yield Seen(f"登记着 Webhook（{_place(hook.url)}），轮询收不到消息", TAKE_OUT)
        return
    if not hook.url:
        yield Seen("没有登记 Webhook，收不到消息", ENTER.format(ours))
        return
    if callback and hook.url != callback:
        yield Seen(f"登记的 Webhook 是 {_place(hook.url)}，不是 {_place(callback)}", ENTER.format(ours))
    missing = sorted(set(WANTED) - set(hook.allowed_updates or WANTED))
    if missing:
        yield Seen(f"登记 Webhook 时没有要求推送 {'、'.join(missing)}", ENTER.format(ours) + "，不带 allowed_updates")
    if hook.last_error_message and hook.last_error_date and now - hook.last_error_date < RECENT:
        said = clean_line(hook.last_error_message, 160)
        yield Seen(f"最近一小时推送失败过：{said}", "从外网打开该地址，核对证书、端口和反向代理")
    if hook.pending_update_count >= BACKLOG:
        yield Seen(f"有 {hook.pending_update_count} 条消息没有取走", "看上一条失败原因；确认 serve 正在运行")


def _place(url: str) -> str:
    """Host and path: what stands behind them may be a secret of somebody else's."""
    parts = urlsplit(url)
    return f"{parts.netloc.rpartition('@')[2]}{parts.path}"


def _as_error(problem: TelegramError) -> ChannelError:
    if isinstance(problem, NotReached):
        return SendDelayed(f"连不上 Telegram 接口（{problem.message}）")
    if isinstance(problem, Refusal):
        return misconfigured(problem) or SendDelayed(f"Telegram 接口暂不答复（HTTP {problem.status}）")
    return SendDelayed(f"没有得到 Telegram 可读的答复（{problem.message}）")
