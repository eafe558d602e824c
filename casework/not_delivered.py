"""What a platform or a mail system says of a message of ours that it took and that did not arrive (退信、送达回执)."""

from __future__ import annotations

from datetime import datetime
from typing import get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import residents
from casework.message_tables import Message
from casework.telling import undelivered
from channels.errors import Why
from channels.message import InboundMessage
from storage.deliveries import Delivery

REPORT = "not_delivered"
"""The event of a platform's own report; a letter that came back has none."""


def told(session: Session, message: InboundMessage, *, now: datetime) -> str:
    """Mark what the bounce names as failed; whoever cannot be written to is not. Return what the bounce was."""
    ours = select(Delivery).where(Delivery.channel == message.channel, Delivery.platform_id.in_(message.thread))
    if message.event != REPORT:
        for delivery in session.scalars(ours):
            _fail(session, delivery, "对方邮件系统退信", "unknown_person", now=now)
        return "退信，不建工单"
    # A platform counts its messages for each account anew.
    for delivery in session.scalars(ours.where(Delivery.account == message.account)):
        _fail(session, delivery, message.text, _why(message.event_key), now=now)
    return "未送达的回执，不建工单"


def told_before(session: Session, delivery: Delivery, *, now: datetime) -> None:
    """The same for a delivery just put down as sent: the report may be quicker than the answer to the sending."""
    report = session.scalar(
        select(Message).where(
            Message.channel == delivery.channel,
            Message.account == delivery.account,
            Message.external_id == delivery.platform_id,
            Message.event == REPORT,
        )
    )
    if report is not None:
        _fail(session, delivery, report.text, _why(report.event_key), now=now)


def _fail(session: Session, delivery: Delivery, reason: str, why: Why, *, now: datetime) -> None:
    undelivered(session, delivery, reason, now=now, why=why)
    if why in residents.UNREACHABLE_AFTER:
        residents.lost(session, delivery.channel, delivery.account, delivery.recipient)


def _why(given: str) -> Why:
    return next((each for each in get_args(Why) if each == given), "")
