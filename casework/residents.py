"""Residents and the names they are known by."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from casework.tables import Identity, Resident
from channels.message import Sender
from storage.database import new_id


def recognise(session: Session, channel: str, account: str, sender: Sender, *, now: datetime) -> Identity:
    """The identity that wrote, created with its resident when it is new; its row is locked for this transaction.

    The lock makes messages of one person take turns, so two that arrive together cannot both open his ticket.
    """
    found = _locked(session, channel, account, sender.id)
    if found is None:
        resident = Resident(id=new_id(), name=sender.name, phone=sender.phone, created_at=now)
        session.add(resident)
        session.flush()
        dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        inserted = session.execute(
            dialect.insert(Identity)
            .values(
                id=new_id(),
                resident_id=resident.id,
                channel=channel,
                account=account,
                external=sender.id,
                name=sender.name,
                reachable=True,
            )
            .on_conflict_do_nothing(index_elements=["channel", "account", "external"])
            .returning(Identity.id)
        ).scalar_one_or_none()
        if inserted is None:  # another transaction recognised him in between: its resident stays
            session.delete(resident)
            session.flush()
        found = _locked(session, channel, account, sender.id)
        if found is None:
            raise LookupError(sender.id)
    if sender.name and not found.name:
        found.name = sender.name
    found.reachable = True
    return found


def _locked(session: Session, channel: str, account: str, external: str) -> Identity | None:
    query = select(Identity).where(
        Identity.channel == channel, Identity.account == account, Identity.external == external
    )
    return session.scalar(query.with_for_update())


def lost(session: Session, channel: str, account: str, external: str) -> None:
    """He unsubscribed, or his mail bounced for good: nothing more is sent until he writes again."""
    found = _locked(session, channel, account, external)
    if found is not None:
        found.reachable = False
