"""Sending deliveries: lease, call the platform, record what it said. Never inside a transaction.

A final failure and what follows it (``casework.reaching``) are one transaction.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

from api.desk import Desk
from casework import reaching, receipts, residents, windows
from casework.message_tables import Message
from channels.base import Channel, LineBack, ReachesOutside
from channels.capabilities import capabilities_of
from channels.errors import ChannelMisconfigured, SendByHand, SendDelayed, SendFailed, SendUncertain, Why
from channels.message import Account, Choice, OutboundMessage
from channels.registry import capabilities
from channels.robots import SENDERS, Robot
from storage import deliveries
from storage.database import new_id
from storage.deliveries import Delivery

log = logging.getLogger(__name__)

MISCONFIGURED_RETRY = 300.0
"""Seconds until a delivery is tried again whose account is misconfigured: somebody has to mend it first."""

UNEXPECTED_RETRY = 30.0
"""Seconds until the second try after an error nobody foresaw; twice as long with each more."""

WITHIN = deliveries.LEASE - timedelta(seconds=30)
"""The whole of one send, connecting included: it is over before anybody else may take the delivery."""


def message_of(
    delivery: Delivery, *, quotes: str = "", written_by: Literal["desk", "person", "notice"] = "desk"
) -> OutboundMessage:
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
        act=delivery.act,
        details=delivery.details,
        choices=tuple(Choice(key, label) for key, label in delivery.choices),
        template=delivery.template,
        fields=delivery.fields,
        quotes=quotes,
        written_by=written_by,
    )


def answered_words(desk: Desk, delivery: Delivery) -> str:
    """The words that the delivery answers, where its channel quotes them and they are its own recipient's.

    The last message about a ticket may be another's: of whoever was joined with him, or of a second letter writer.
    """
    if delivery.reply_to_message is None or not capabilities(delivery.channel).threads:
        return ""
    with desk.database.read() as session:
        found = session.get(Message, delivery.reply_to_message)
        if found is None or (found.channel, found.account) != (delivery.channel, delivery.account):
            return ""
        return found.text if found.sender.lower() == delivery.recipient.lower() else ""


def written_by(desk: Desk, delivery: Delivery) -> Literal["desk", "person", "notice"]:
    """Whose words they are: a person's where the template has his text or there is none."""
    templates = desk.district.templates
    if delivery.template not in templates:
        return "desk" if delivery.template else "person"
    template = templates.get(delivery.template)
    if template.notice:
        return "notice"
    return "person" if not template.automatic and "text" in template.fields else "desk"


def send(
    desk: Desk,
    delivery_id: str,
    *,
    by: str,
    within: timedelta = WITHIN,
    channels: Mapping[str, Channel | Robot] = SENDERS,
) -> str:
    """Send one delivery if it can be leased. Return its outcome: sent, delayed, failed, perhaps_sent,
    to_upload or skipped.

    ``by`` names the sender; the lease is held under a name that only this try has.
    """
    claim = f"{by}:{new_id()}"
    with desk.database.write.begin() as session:
        delivery = deliveries.lease(session, delivery_id, by=claim, now=desk.now())
    if delivery is None:
        return "skipped"
    try:
        account = desk.account(delivery.channel, delivery.account)
        if account is None:
            raise SendFailed(f"没有渠道账号 {delivery.channel}/{delivery.account}")
        channel = channels[delivery.channel]
        if not isinstance(channel, LineBack):
            raise SendFailed(f"渠道“{channel.label}”不能回信")
        platform_id, why = asyncio.run(_bounded(desk, channel, delivery, account, within))
    except Exception as problem:  # noqa: BLE001  a try that ends in no outcome would be made again for ever
        return _record(desk, delivery, claim, problem)
    with desk.database.write.begin() as session:
        if deliveries.mark_sent(session, delivery_id, by=claim, platform_id=platform_id, now=desk.now(), why=why):
            receipts.take_earlier(session, deliveries.get(session, delivery_id), now=desk.now())
    return "sent"


async def _bounded(
    desk: Desk, channel: LineBack, delivery: Delivery, account: Account, within: timedelta
) -> tuple[str, Why]:
    """The platform's id, and why it left as a template of the platform's, if it did.

    Raises ``SendDelayed`` or ``SendUncertain`` when the time is over, by what a second copy would do.
    """
    try:
        async with asyncio.timeout(within.total_seconds()) as limit:
            return await _by_a_way(desk, channel, delivery, account)
    except TimeoutError as problem:
        if not limit.expired():
            raise
        if getattr(channel, "resend_is_safe", False):
            raise SendDelayed("发送超时") from problem
        raise SendUncertain("发送超时，可能已送达") from problem


async def _by_a_way(desk: Desk, channel: LineBack, delivery: Delivery, account: Account) -> tuple[str, Why]:
    """As words; outside the channel's window as a template of its platform, where the account names one for this."""
    message = message_of(delivery, quotes=answered_words(desk, delivery), written_by=written_by(desk, delivery))
    state = desk.state(account)
    try:
        await asyncio.to_thread(_ask_window, desk, channel, delivery, account)
        return await channel.send(message, account, state, now=desk.now()), ""
    except SendFailed as problem:
        if problem.why not in ("window", "count") or not isinstance(channel, ReachesOutside):
            raise
        if not channel.registered(delivery.template, account):
            raise
        return await channel.send_registered(message, account, state, now=desk.now()), problem.why


def _ask_window(desk: Desk, channel: LineBack, delivery: Delivery, account: Account) -> None:
    """Raises ``SendFailed`` for what the platform would refuse."""
    can = capabilities_of(channel, account)
    if not can.windows:
        return
    with desk.database.read() as session:
        closed = windows.standing(session, delivery, can, now=desk.now())
    if closed is not None:
        raise SendFailed(closed.reason(getattr(channel, "label", delivery.channel)), closed.why)


def _record(desk: Desk, delivery: Delivery, claim: str, problem: Exception) -> str:
    """Put down why it was not sent; an adapter raises what nobody foresaw before anything has left."""
    match problem:
        case SendDelayed(reason=reason, retry_after=wait):
            pass
        case SendUncertain() | SendFailed():
            return _give_up(desk, delivery, claim, problem)
        case SendByHand(reason=reason):
            with desk.database.write.begin() as session:
                deliveries.leave_to_upload(session, delivery.id, by=claim, reason=reason, now=desk.now())
            return "to_upload"
        case ChannelMisconfigured():
            reason, wait = str(problem), MISCONFIGURED_RETRY
        case _:
            log.error("delivery %s: unexpected %s", delivery.id, type(problem).__name__, exc_info=problem)
            reason = f"发送出错（{type(problem).__name__}）"
            wait = UNEXPECTED_RETRY * 2 ** (delivery.attempts - 1)
    log.info("delivery %s: %s", delivery.id, type(problem).__name__)
    now = desk.now()
    with desk.database.write.begin() as session:
        if deliveries.mark_delayed(session, delivery.id, by=claim, reason=reason, retry_after=wait, now=now):
            reaching.follow_on(
                session, desk.district, delivery.id, sms=desk.first_account(residents.SMS), now=now
            )  # if that was all
    return "delayed"


def _give_up(desk: Desk, delivery: Delivery, claim: str, problem: SendUncertain | SendFailed) -> str:
    log.info("delivery %s: %s", delivery.id, type(problem).__name__)
    now = desk.now()
    with desk.database.write.begin() as session:
        if isinstance(problem, SendUncertain):
            deliveries.mark_perhaps_sent(session, delivery.id, by=claim, reason=problem.reason, now=now)
            return "perhaps_sent"
        failed = deliveries.mark_failed(session, delivery.id, by=claim, reason=problem.reason, now=now, why=problem.why)
        if problem.why in residents.UNREACHABLE_AFTER:
            residents.lost(session, delivery.channel, delivery.account, delivery.recipient)
        if failed:
            reaching.follow_on(session, desk.district, delivery.id, sms=desk.first_account(residents.SMS), now=now)
        return "failed"
