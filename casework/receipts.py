"""回执: what platforms tell afterwards of messages that we sent, tied to the deliveries they are about.

A bounce, a 状态报告 and the result of a template message are one thing here. The later report stands: operators say
未送达 and then 已送达, and reports overtake one another. Each is kept among the delivery's attempts. What follows a
failure is ``casework.reaching``'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from casework import message_rows, residents
from casework.message_tables import Message
from casework.telling import undelivered
from channels.message import InboundMessage, Report
from storage import change_log, deliveries
from storage.database import is_id
from storage.deliveries import Delivery, DeliveryAttempt

BY = "receipt"
"""Under this name reports stand among the attempts."""
SENT = ("leased", "sent", "perhaps_sent")
"""A receipt may overtake the platform's own answer: then the delivery is still on lease."""


def take(session: Session, message: InboundMessage, *, now: datetime) -> int:
    """Put down what the message reports; of how many deliveries. One that tells of nothing of ours changes nothing."""
    report = message.report
    if report is None:
        return 0
    found = _about(session, message, report)
    at = _at(message.sent_at, received_at=now)
    for delivery in found:
        _put(session, delivery, report, next(iter(message.thread), ""), at=at, now=now)
    return len(found)


def take_earlier(session: Session, delivery: Delivery, *, now: datetime) -> None:
    """The same for a delivery just put down as sent, of what came before the platform answered the sending.

    Such a report named the message by the platform's id alone, which nobody here knew then.
    """
    if not delivery.platform_id:
        return
    query = select(Message).where(
        Message.channel == delivery.channel,
        Message.account == delivery.account,
        Message.external_id == delivery.platform_id,
        Message.automatic == "receipt",
    )
    for message in session.scalars(query.order_by(Message.received_at, Message.id)):
        report = message_rows.report_of(message)
        if report is not None:
            at = _at(message.sent_at, received_at=message.received_at)
            _put(session, delivery, report, delivery.platform_id, at=at, now=now)


def _at(sent_at: datetime | None, *, received_at: datetime) -> datetime:
    """When a report was made; no later than it came."""
    return received_at if sent_at is None else min(sent_at, received_at)


def _about(session: Session, message: InboundMessage, report: Report) -> Sequence[Delivery]:
    reference = report.reference.partition(".")[0]  # a long text left in parts: each has the id with its number
    ways: list[ColumnElement[bool]] = [Delivery.platform_id.in_([each for each in message.thread if each])]
    if is_id(reference):
        ways.append(Delivery.id == reference)
    # A platform counts its messages for each account anew.
    of_account = (Delivery.channel == message.channel, Delivery.account == message.account)
    return list(session.scalars(select(Delivery).where(*of_account, or_(*ways)).with_for_update()))


def _put(
    session: Session, delivery: Delivery, report: Report, platform_id: str, *, at: datetime, now: datetime
) -> None:
    newest = session.scalar(
        select(DeliveryAttempt.at)
        .where(DeliveryAttempt.delivery_id == delivery.id, DeliveryAttempt.by == BY)
        .order_by(DeliveryAttempt.at.desc())
        .limit(1)
    )
    told = {"outcome": report.outcome, "reason": report.reason, "why": report.why}
    session.add(DeliveryAttempt(delivery_id=delivery.id, at=at, by=BY, **told))
    if newest is not None and newest > at:
        return
    delivery.platform_id = delivery.platform_id or platform_id
    if report.outcome == "delivered":
        _arrived(session, delivery, report, at=at, now=now)
    elif report.outcome == "unknown" and delivery.state in SENT:
        _settle(session, delivery, "perhaps_sent", report.reason, now=now)
    elif report.outcome == "late" and delivery.state in SENT:
        delivery.reason = report.reason
    elif report.outcome == "failed" and delivery.state in SENT:
        delivery.leased_by, delivery.leased_until = "", None
        undelivered(session, delivery, report.reason, now=now, why=report.why)
    elif report.outcome == "failed" and delivery.state in deliveries.UNREACHED:
        delivery.reason, delivery.why = report.reason, report.why  # what follows is decided already, or about to be
    if report.outcome == "failed" and report.why in residents.UNREACHABLE_AFTER:
        residents.lost(session, delivery.channel, delivery.account, delivery.recipient)


def _arrived(session: Session, delivery: Delivery, report: Report, *, at: datetime, now: datetime) -> None:
    if delivery.state in (*SENT, *deliveries.UNREACHED):
        delivery.sent_at = delivery.sent_at or at
        _settle(session, delivery, "sent", report.reason, now=now)


def _settle(session: Session, delivery: Delivery, state: str, reason: str, *, now: datetime) -> None:
    """``leased_by`` is taken away: what the sender reports now comes too late and is kept among the attempts."""
    delivery.leased_by, delivery.leased_until = "", None
    delivery.reason, delivery.why = reason, ""
    if delivery.state != state:
        delivery.state = state
        deliveries.end_parts(session, delivery)
        change_log.record(session, "deliveries", delivery.id, state, now=now)
