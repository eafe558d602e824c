"""回执: what platforms tell afterwards of messages that we sent, tied to the deliveries they are about.

A bounce and a 状态报告 are one thing here. The later report stands: operators say 未送达 and then 已送达, and reports
overtake one another. Each is kept among the delivery's attempts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from casework import residents
from casework.tables import Ticket
from casework.telling import undelivered
from channels.message import InboundMessage, Report
from district.pack import District
from storage import change_log
from storage.database import is_id
from storage.deliveries import Delivery, DeliveryAttempt

BY = "receipt"
"""Under this name reports stand among the attempts."""
SENT = ("leased", "sent", "perhaps_sent")
"""A receipt may overtake the platform's own answer: then the delivery is still on lease."""


def take(session: Session, district: District, message: InboundMessage, *, now: datetime) -> int:
    """Put down what the message reports; of how many deliveries. One that tells of nothing of ours changes nothing."""
    report = message.report
    if report is None:
        return 0
    found = _about(session, message, report)
    at = message.sent_at if message.sent_at is not None and message.sent_at < now else now
    for delivery in found:
        _put(session, district, delivery, message, report, at=at, now=now)
    return len(found)


def _about(session: Session, message: InboundMessage, report: Report) -> Sequence[Delivery]:
    reference = report.reference.partition(".")[0]  # a long text left in parts: each has the id with its number
    ways: list[ColumnElement[bool]] = [Delivery.platform_id.in_([each for each in message.thread if each])]
    if is_id(reference):
        ways.append(Delivery.id == reference)
    of_account = (Delivery.channel == message.channel, Delivery.account == message.account)
    return list(session.scalars(select(Delivery).where(*of_account, or_(*ways)).with_for_update()))


def _put(
    session: Session,
    district: District,
    delivery: Delivery,
    message: InboundMessage,
    report: Report,
    *,
    at: datetime,
    now: datetime,
) -> None:
    newest = session.scalar(
        select(DeliveryAttempt.at)
        .where(DeliveryAttempt.delivery_id == delivery.id, DeliveryAttempt.by == BY)
        .order_by(DeliveryAttempt.at.desc())
        .limit(1)
    )
    session.add(DeliveryAttempt(delivery_id=delivery.id, at=at, by=BY, outcome=report.outcome, reason=report.why))
    if newest is not None and newest > at:
        return
    if not delivery.platform_id and message.thread:
        delivery.platform_id = message.thread[0]
    if report.outcome == "delivered":
        _arrived(session, delivery, report, at=at, now=now)
    elif report.outcome == "unknown" and delivery.state in SENT:
        _settle(session, delivery, "perhaps_sent", report.why, now=now)
    elif report.outcome == "late" and delivery.state in SENT:
        delivery.reason = report.why
    elif report.outcome == "failed" and delivery.state in SENT:
        _failed(session, district, delivery, report, now=now)
    if report.gone:
        residents.lost(session, delivery.channel, delivery.account, delivery.recipient)


def _arrived(session: Session, delivery: Delivery, report: Report, *, at: datetime, now: datetime) -> None:
    if delivery.state in (*SENT, "failed", "dead"):
        delivery.sent_at = delivery.sent_at or at
        _settle(session, delivery, "sent", report.why, now=now)


def _failed(session: Session, district: District, delivery: Delivery, report: Report, *, now: datetime) -> None:
    ticket = session.get(Ticket, delivery.ticket_id) if delivery.ticket_id else None
    quiet = delivery.template in district.templates and district.templates.get(delivery.template).automatic
    delivery.leased_by, delivery.leased_until = "", None
    undelivered(session, district, delivery, ticket, report.why, now=now, quiet=quiet)


def _settle(session: Session, delivery: Delivery, state: str, why: str, *, now: datetime) -> None:
    """``leased_by`` is taken away: what the sender reports now comes too late and is kept among the attempts."""
    delivery.leased_by, delivery.leased_until = "", None
    delivery.reason = why
    if delivery.state != state:
        delivery.state = state
        change_log.record(session, "deliveries", delivery.id, state, now=now)
