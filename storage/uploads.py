"""What a person uploads where a platform has no interface for us (``deliveries``: ``to_upload`` → ``uploaded``)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage import change_log
from storage.deliveries import Delivery


def waiting(session: Session, channel: str, account: str = "", *, limit: int = 2000) -> list[Delivery]:
    """What waits to be uploaded, oldest first."""
    query = select(Delivery).where(Delivery.state == "to_upload", Delivery.channel == channel)
    if account:
        query = query.where(Delivery.account == account)
    return list(session.scalars(query.order_by(Delivery.created_at, Delivery.id).limit(limit)))


def mark_uploaded(session: Session, delivery_ids: Collection[str], *, now: datetime) -> int:
    """A person uploaded them. How many of them waited for it."""
    waiting = select(Delivery).where(Delivery.id.in_(delivery_ids), Delivery.state == "to_upload")
    found = list(session.scalars(waiting))
    for delivery in found:
        delivery.state, delivery.sent_at = "uploaded", now
        change_log.record(session, "deliveries", delivery.id, "uploaded", now=now)
    return len(found)
