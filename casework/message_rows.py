"""The row of one received message: inserted once for each delivery id, and settled when its ticket is known."""

from __future__ import annotations

from datetime import datetime
from typing import Any, get_args

from sqlalchemy import Executable, bindparam, select, update
from sqlalchemy.orm import Session

from casework.message_tables import Message
from channels.errors import Why
from channels.message import Ignored, InboundMessage, Outcome, Report
from storage.database import new_id
from storage.statements import ByDialect, table_of

_MESSAGES = table_of(Message)


def _insertion(dialect: Any) -> Executable:
    return dialect.insert(_MESSAGES).on_conflict_do_nothing().returning(_MESSAGES.c.id)  # type: ignore[no-any-return]


_INSERT = ByDialect(_insertion)
_SETTLE = (
    update(_MESSAGES)
    .where(_MESSAGES.c.id == bindparam("message_id"))
    .values(resident_id=bindparam("resident_id"), ticket_id=bindparam("ticket_id"), ignored=bindparam("ignored"))
)


def words_of(text: str, place: str) -> str:
    """What a message adds to its ticket's text: its words and the label of its place, each once, a line each."""
    return "\n".join(dict.fromkeys(part for part in (text.strip(), place) if part))


def settle(
    session: Session,
    message_id: str,
    *,
    resident_id: str | None = None,
    ticket_id: str | None = None,
    ignored: str = "",
) -> None:
    """Write on the message's row whose it is and what became of it."""
    values = {"message_id": message_id, "resident_id": resident_id, "ticket_id": ticket_id, "ignored": ignored}
    session.connection().execute(_SETTLE, values)


def insert(session: Session, message: InboundMessage | Ignored, *, blob: str, now: datetime) -> str | None:
    """Insert the message's row; None when this delivery is known. On a race the database decides who was first."""
    values: dict[str, Any] = {
        "id": new_id(),
        "channel": message.channel,
        "account": message.account,
        "delivery_id": message.delivery_id,
        "blob": blob,
        "received_at": now,
        "external_id": "",
        "revises": "",
        "sender": message.sender[:320] if isinstance(message, Ignored) else "",
        "kind": "event",
        "title": "",
        "text": "",
        "full_text": "",
        "place": {},
        "automatic": "",
        "event": "",
        "event_key": "",
        "ignored": "",
        "notes": [],
        "recording": "",
        "response_type": "",
        "sent_at": None,
    }
    if isinstance(message, InboundMessage):
        place = message.place
        values |= {
            "external_id": message.external_id[:998],
            "revises": message.revises[:998],
            "sender": message.sender.id[:320],
            "kind": message.kind,
            "title": message.title,
            "text": message.text,
            "full_text": message.full_text,
            "place": {"latitude": place.latitude, "longitude": place.longitude, "label": place.label} if place else {},
            "automatic": message.automatic,
            "event": message.event[:60],
            "event_key": message.event_key,
            "notes": list(message.notes),
            "recording": message.recording,
            "sent_at": message.sent_at,
        }
        if message.report is not None and message.kind == "event":  # a letter that came back keeps its own words
            values |= _kept(message.report)
    found: str | None = session.connection().execute(_INSERT.of(session), values).scalar_one_or_none()
    return found


def _kept(report: Report) -> dict[str, str]:
    return {"text": report.reason, "event_key": f"{report.outcome}:{report.why}"}


def report_of(message: Message) -> Report | None:
    """The report that a platform's event was; None where the message is none."""
    given, _, said = message.event_key.partition(":")
    outcome = next((each for each in get_args(Outcome) if each == given), None)
    if message.automatic != "receipt" or outcome is None:
        return None
    return Report(outcome, message.text, next((each for each in get_args(Why) if each == said), ""))


def known(session: Session, channel: str, account: str, delivery_id: str) -> Message | None:
    """The message of a delivery that was received before, or None."""
    return session.scalar(
        select(Message).where(
            Message.channel == channel, Message.account == account, Message.delivery_id == delivery_id
        )
    )
