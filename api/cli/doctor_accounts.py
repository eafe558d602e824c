"""What ``yingsheng doctor`` says of channel accounts: their settings, what came in, and what their platforms answer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from sqlalchemy import func, select

from api.cli.finding import Finding
from api.cli.settings import hidden
from api.desk import Desk
from api.settings import DEMO_ACCOUNTS
from casework.message_tables import Message
from channels import watching
from channels.base import Checked, Poller, Webhook
from channels.errors import ChannelError, ChannelMisconfigured
from channels.message import Account
from channels.probing import Advises, Probe, Probed, Seen
from channels.robots import SENDERS

SECONDS = 15.0
"""So long one platform may take for one question."""

ACCOUNTS = "渠道账号"
PLATFORMS = "渠道平台"
COMPLETE = "补全该账号的设置"
LATER = "检查本机网络、出口防火墙和该账号的地址、代理设置；网络正常则稍后再试"
WATCH = "看下面“渠道平台”的结果；确认 serve 或 worker 正在运行"


def accounts(desk: Desk) -> Iterator[Finding]:
    """Whether each account's settings suffice, and whether its messages arrive. Reaches no server."""
    found = desk.settings.list_accounts()
    if not found:
        yield Finding(ACCOUNTS, "warning", "没有配置任何渠道账号", "设置 YINGSHENG_ACCOUNTS")
    for account in found:
        channel, name = SENDERS.get(account.channel), f"{account.channel}/{account.name}"
        if channel is None:
            yield Finding(ACCOUNTS, "error", f"{name}：没有这个渠道", f"可用渠道：{'、'.join(SENDERS)}")
            continue
        try:
            if isinstance(channel, Checked):
                channel.check(account)
        except ChannelMisconfigured as problem:
            yield Finding(ACCOUNTS, "warning", f"{name}:{problem}", _mend(channel, problem.setting))
            continue
        if isinstance(channel, Poller) and channel.watches(account) and watching.is_failing(desk.state(account)):
            yield Finding(ACCOUNTS, "warning", f"{name}：连续收不到消息", WATCH)
            continue
        yield Finding(ACCOUNTS, "ok", name)


def last_came(desk: Desk) -> Iterator[Finding]:
    """When the last message of each account came, for whoever has just connected one."""
    query = select(Message.channel, Message.account, func.max(Message.received_at)).group_by(
        Message.channel, Message.account
    )
    with desk.database.read() as session:
        came = {(channel, account): at for channel, account, at in session.execute(query)}
    zone = desk.district.calendars.zone
    for account in desk.settings.list_accounts():
        if not isinstance(SENDERS.get(account.channel), Webhook | Poller):
            continue
        at = came.get((account.channel, account.name))
        words = f"最近一次来信 {at.astimezone(zone):%Y-%m-%d %H:%M}" if at else "还没有收到过消息"
        yield Finding("来信", "ok", f"{account.channel}/{account.name}：{words}")


def platforms(desk: Desk) -> Iterator[Finding]:
    """What each platform answers when it is asked, all at once. The demo's accounts have none."""
    asked = [(account, probe) for account in desk.settings.list_accounts() for probe in _probes(desk, account)]
    for (account, probe), seen in zip(asked, asyncio.run(_ask_all(asked)), strict=True):
        about = f"{account.channel}/{account.name}{f' {probe.what}' if probe.what else ''}"
        for each in seen:
            words = hidden(each.words, account.settings)
            yield Finding(PLATFORMS, "warning" if each.mend else "ok", f"{about}：{words}", each.mend)


def _probes(desk: Desk, account: Account) -> Sequence[Probe]:
    channel = SENDERS.get(account.channel)
    is_demo = desk.settings.demo and account.settings == DEMO_ACCOUNTS.get(account.channel, {}).get(account.name)
    if is_demo or not isinstance(channel, Probed):
        return ()
    public = "" if "public_url" not in desk.settings.model_fields_set else desk.settings.public_url.rstrip("/")
    callback = f"{public}/channels/{account.channel}/{account.name}" if public else ""
    try:
        if isinstance(channel, Checked):
            channel.check(account)
        return channel.probes(account, callback=callback, now=desk.now())
    except ChannelMisconfigured:  # ``accounts`` says so
        return ()


async def _ask_all(asked: Sequence[tuple[Account, Probe]]) -> list[Sequence[Seen]]:
    return await asyncio.gather(*(_ask(account, probe) for account, probe in asked))


async def _ask(account: Account, probe: Probe) -> Sequence[Seen]:
    try:
        async with asyncio.timeout(SECONDS):
            return await probe.ask()
    except ChannelMisconfigured as problem:
        return (Seen(str(problem), _mend(SENDERS[account.channel], problem.setting)),)
    except ChannelError as problem:
        return (Seen(str(problem), LATER),)
    except TimeoutError:
        return (Seen(f"{SECONDS:.0f} 秒内没有答复", LATER),)


def _mend(channel: object, setting: str) -> str:
    mends = channel.mends if isinstance(channel, Advises) else {}
    return mends.get(setting) or mends.get(setting.partition(".")[0]) or COMPLETE
