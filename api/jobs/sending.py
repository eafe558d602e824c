"""Sending deliveries: lease, call the platform, record what it said. Never inside a transaction."""

from __future__ import annotations

import asyncio
import logging

from api.desk import Desk
from channels.errors import ChannelMisconfigured, SendDelayed, SendFailed, SendUncertain
from channels.message import OutboundMessage
from channels.registry import CHANNELS
from storage import deliveries
from storage.deliveries import Delivery

log = logging.getLogger(__name__)

MISCONFIGURED_RETRY = 300.0
"""Seconds until a delivery is tried again whose account is misconfigured: somebody has to mend it first."""


def message_of(delivery: Delivery) -> OutboundMessage:
    """The delivery as its channel takes it."""
    return OutboundMessage(
        id=delivery.id,
        channel=delivery.channel,
        account=delivery.account,
        recipient=delivery.recipient,
        recipient_name=delivery.recipient_name,
        title=delivery.title,
        text=delivery.text,
        ticket_token=delivery.ticket_token,
        replies_to=delivery.replies_to,
        thread=tuple(delivery.thread),
    )


def send(desk: Desk, delivery_id: str, *, by: str) -> str:
    """Send one delivery if it can be leased. Return its outcome: sent, delayed, failed, perhaps_sent or skipped."""
    with desk.database.write.begin() as session:
        delivery = deliveries.lease(session, delivery_id, by=by, now=desk.now())
    if delivery is None:
        return "skipped"
    account = desk.account(delivery.channel, delivery.account)
    if account is None:
        return _record(desk, delivery_id, by, SendFailed(f"没有渠道账号 {delivery.channel}/{delivery.account}"))
    channel = CHANNELS[delivery.channel]
    try:
        sent = channel.send(message_of(delivery), account, desk.state(account), now=desk.now())
        platform_id = asyncio.run(sent)
    except (SendDelayed, SendFailed, SendUncertain, ChannelMisconfigured) as problem:
        return _record(desk, delivery_id, by, problem)
    with desk.database.write.begin() as session:
        deliveries.mark_sent(session, delivery_id, by=by, platform_id=platform_id, now=desk.now())
    return "sent"


def _record(desk: Desk, delivery_id: str, by: str, problem: Exception) -> str:
    now = desk.now()
    log.info("delivery %s: %s", delivery_id, type(problem).__name__)
    with desk.database.write.begin() as session:
        match problem:
            case SendDelayed(reason=reason, retry_after=wait):
                deliveries.mark_delayed(session, delivery_id, by=by, reason=reason, retry_after=wait, now=now)
                return "delayed"
            case SendUncertain(reason=reason):
                deliveries.mark_perhaps_sent(session, delivery_id, by=by, reason=reason, now=now)
                return "perhaps_sent"
            case ChannelMisconfigured():
                deliveries.mark_delayed(
                    session, delivery_id, by=by, reason=str(problem), retry_after=MISCONFIGURED_RETRY, now=now
                )
                return "delayed"
            case _:
                deliveries.mark_failed(session, delivery_id, by=by, reason=str(problem), now=now)
                return "failed"
