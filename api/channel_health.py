"""How each channel account fares: what came, what went, what failed of late, and what its watch and settings say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.cli.doctor_accounts import accounts
from api.desk import Desk
from casework.message_tables import Message
from channels import watching
from channels.base import Poller, Webhook
from channels.message import Account
from channels.robots import SENDERS
from storage.deliveries import Delivery

LOOKED_BACK = timedelta(days=7)
"""What came and went before that is not looked for: an account that was quiet for so long says so."""
DAY = timedelta(hours=24)
ENDS = ("", ":", "：")
"""What stands after an account's name in what the doctor says."""
FAILED = ("failed", "dead", "perhaps_sent")
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Health:
    """One account. ``level`` is ok, warning or error, ``words`` and ``mend`` say what is the matter and what to do."""

    account: Account
    label: str
    way: str
    received_at: datetime | None
    received: int
    """In the last 24 hours."""
    sent_at: datetime | None
    sent: int
    failed: int
    waiting: int
    level: str
    words: str
    mend: str


def look(desk: Desk) -> list[Health]:
    """Every account that is set up. Reaches no server."""
    now = desk.now()
    findings = list(accounts(desk))
    with desk.database.read() as session:
        came, came_today = _came(session, now - LOOKED_BACK), _came(session, now - DAY)
        sent, sent_today = _sent(session, now - LOOKED_BACK), _sent(session, now - DAY)
        failed = _count(session, FAILED, since=now - DAY)
        waiting = _count(session, ("queued", "leased"))
    made = []
    for account in desk.settings.list_accounts():
        key = account.channel, account.name
        name = f"{account.channel}/{account.name}"
        finding = next(
            (each for each in findings if each.words[len(name) :][:1] in ENDS and each.words.startswith(name)), None
        )
        words = finding.words[len(name) :].strip(":：") if finding else ""
        channel = SENDERS.get(account.channel)
        made.append(
            Health(
                account=account,
                label=getattr(channel, "label", account.channel),
                way=_way(desk, account),
                received_at=came.get(key, (None, 0))[0],
                received=came_today.get(key, (None, 0))[1],
                sent_at=sent.get(key, (None, 0))[0],
                sent=sent_today.get(key, (None, 0))[1],
                failed=failed.get(key, 0),
                waiting=waiting.get(key, 0),
                level=finding.level if finding else "ok",
                words=words,
                mend=finding.mend if finding else "",
            )
        )
    return made


def _way(desk: Desk, account: Account) -> str:
    """How its messages come, with the state of the watch where there is one."""
    channel = SENDERS.get(account.channel)
    if isinstance(channel, Poller) and channel.watches(account):
        return "轮询，连续失败" if watching.is_failing(desk.state(account)) else "轮询，正常"
    return "平台推送" if isinstance(channel, Webhook) else ""


def _came(session: Session, since: datetime) -> Mapping[Key, tuple[datetime | None, int]]:
    query = select(Message.channel, Message.account, func.max(Message.received_at), func.count())
    rows = session.execute(query.where(Message.received_at >= since).group_by(Message.channel, Message.account))
    return {(channel, account): (at, count) for channel, account, at, count in rows}


def _sent(session: Session, since: datetime) -> Mapping[Key, tuple[datetime | None, int]]:
    """By when it was due, which the index knows; it was sent a moment later."""
    query = select(Delivery.channel, Delivery.account, func.max(Delivery.sent_at), func.count())
    ways = Delivery.channel, Delivery.account
    rows = session.execute(query.where(Delivery.state == "sent", Delivery.due_at >= since).group_by(*ways))
    return {(channel, account): (at, count) for channel, account, at, count in rows}


def _count(session: Session, states: tuple[str, ...], since: datetime | None = None) -> Mapping[Key, int]:
    query = select(Delivery.channel, Delivery.account, func.count()).where(Delivery.state.in_(states))
    if since is not None:
        query = query.where(Delivery.due_at >= since)
    rows = session.execute(query.group_by(Delivery.channel, Delivery.account))
    return {(channel, account): count for channel, account, count in rows}
