"""Whether a channel that lets itself be written to only after an act of the resident would take a message now.

The platform counts by the same rule; asking before calling saves a refused call, and what cannot arrive goes another
way at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.message_tables import Message
from channels.capabilities import Act, Capabilities, Window
from storage.deliveries import WEBHOOK, Delivery, DeliveryAttempt

ACTS: Mapping[str, Act] = {
    "subscribe": "subscribe",
    "scan": "scan",
    "click": "menu",
    "scancode_push": "menu",
    "scancode_waitmsg": "menu",
}
"""Events that let us write. A menu's other lines (addresses, pictures, places) do not."""

ARRIVED = ("sent", "perhaps_sent")


@dataclass(frozen=True, slots=True)
class Done:
    """An act of the resident on the account."""

    act: Act
    at: datetime


@dataclass(frozen=True, slots=True)
class Closed:
    """A message cannot be sent: the ``window`` that was opened last is over, or its messages are used up.

    Where none was opened it is the longest one.
    """

    why: Literal["window", "count"]
    window: Window

    def reason(self, label: str) -> str:
        """The same in Chinese, for the desk; ``label`` names the channel."""
        if self.why == "count":
            return f"本轮客服消息已满 {self.window.messages} 条"
        return f"超出 {_length(self.window.length)}，{label}不再允许发送"


def closed(
    windows: Mapping[Act, Window], acts: Iterable[Done], sent: Iterable[datetime], *, needed: int, now: datetime
) -> Closed | None:
    """What stands against sending ``needed`` messages now; None when they may go.

    Each act opens a window of its own kind anew. A message sent is taken from the open one that lasts longest.
    """
    ends: dict[Act, datetime] = {}
    left: dict[Act, int] = {}
    last = max(windows.values(), key=lambda each: each.length)
    happened: list[tuple[datetime, int, Act | None]] = [(each.at, 0, each.act) for each in acts if each.act in windows]
    happened += [(at, 1, None) for at in sent]
    for at, _, act in sorted(happened, key=lambda each: each[:2]):
        if at > now:
            continue
        if act is not None:
            ends[act], left[act], last = at + windows[act].length, windows[act].messages, windows[act]
        elif usable := [each for each in ends if ends[each] > at and left[each] > 0]:
            left[max(usable, key=ends.__getitem__)] -= 1
    alive = [each for each in ends if ends[each] > now]
    if not alive:
        return Closed("window", last)
    if sum(left[each] for each in alive) < needed:
        return Closed("count", windows[max(alive, key=ends.__getitem__)])
    return None


def standing(session: Session, delivery: Delivery, can: Capabilities, *, now: datetime) -> Closed | None:
    """What stands against sending the delivery as words now, by the messages and deliveries on record."""
    if not can.windows:
        return None
    since = now - max(each.length for each in can.windows.values())
    heard = select(Message.kind, Message.event, Message.received_at).where(
        Message.channel == delivery.channel,
        Message.account == delivery.account,
        Message.sender == delivery.recipient,
        Message.received_at > since,
        Message.automatic == "",
    )
    acts = [Done(act, at) for kind, event, at in session.execute(heard) if (act := _act(kind, event)) is not None]
    said = (
        select(DeliveryAttempt.at, Delivery.text)
        .join(Delivery, Delivery.id == DeliveryAttempt.delivery_id)
        .where(
            Delivery.channel == delivery.channel,
            Delivery.account == delivery.account,
            Delivery.recipient == delivery.recipient,
            DeliveryAttempt.at > since,
            DeliveryAttempt.outcome.in_(ARRIVED),
            DeliveryAttempt.why == "",  # else it left as a template of the platform's
            DeliveryAttempt.by.not_like(f"{WEBHOOK}%"),  # an answer in the webhook's response does not count
        )
    )
    sent = [at for at, text in session.execute(said) for _ in range(can.parts(text))]
    return closed(can.windows, acts, sent, needed=can.parts(delivery.text), now=now)


def _act(kind: str, event: str) -> Act | None:
    # What was ignored is stored as an event without a name: a sticker is a message to the platform all the same.
    return "message" if kind != "event" or not event else ACTS.get(event)


def _length(length: timedelta) -> str:
    minutes = int(length.total_seconds()) // 60
    return f"{minutes // 60} 小时" if minutes >= 60 and minutes % 60 == 0 else f"{minutes} 分钟"
