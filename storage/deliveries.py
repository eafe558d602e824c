"""Deliveries are the truth of sending: one row for each message to one resident.

States: ``queued`` → ``leased`` → ``sent`` | ``perhaps_sent`` | ``failed`` → (after the last attempt) ``dead``.
Whoever sends takes the row on lease first, under a name that no other try has; an expired lease means the sender died.
Only the holder of the lease finishes the row: what a late one reports is kept among the attempts and changes nothing.
A row whose platform takes no second copy apart (``perhaps_sent``) is not sent again by itself: a person decides.
Where a channel has no line back a person tells the resident: ``to_tell`` → ``told``; such a row is never sent. Where
a platform has no interface for us a person uploads what waits for it: ``to_upload`` → ``uploaded``. What a person
takes back before anybody has begun to send it is ``withdrawn``.
Deliveries to one resident keep their order: a later one is not due while an earlier one is unsent. A notice that may
wait is ``waiting`` first and holds nobody back; ``storage.waiting`` releases it, alone (``queued``) or together with
others in one message (``grouped``: it ends as the message that carries it ends).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Literal, NotRequired, TypedDict, Unpack

from sqlalchemy import (
    Executable,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    bindparam,
    exists,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from storage import change_log
from storage.database import Base, Key, new_id
from storage.errors import UnknownRow
from storage.numbers import forget, next_number
from storage.statements import ByDialect, table_of

MAX_ATTEMPTS = 8
LEASE = timedelta(seconds=90)
OPEN = ("queued", "leased")
UNREACHED = ("failed", "dead")
"""The states of a message that did not reach its resident, and will not by itself."""
STATES = (
    *(*OPEN, "waiting", "grouped", "sent", "perhaps_sent", *UNREACHED),
    *("to_tell", "told", "to_upload", "uploaded", "withdrawn"),
)
WEBHOOK = "webhook:"
"""Leases taken by a webhook to answer in its own response begin so."""


def _few(name: str, column: str) -> Index:
    """An index of the few rows that have something there: the others cost nothing."""
    there = text(f"{column} IS NOT NULL")
    return Index(name, column, sqlite_where=there, postgresql_where=there)


class Delivery(Base):
    """发送: one message on its way to one resident. ``position`` orders those to one recipient; it may leave gaps."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("channel", "account", "recipient", "position"),
        Index("ix_deliveries_state_due_at", "state", "due_at"),
        Index("ix_deliveries_ticket_id", "ticket_id"),
        Index("ix_deliveries_platform_id", "platform_id"),
        UniqueConstraint("purpose"),
        _few("ix_deliveries_fallback_of", "fallback_of"),
        _few("ix_deliveries_grouped_into", "grouped_into"),
    )

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    purpose: Mapped[str] = mapped_column(String(120), doc="what it is for; the same purpose is never queued twice")
    channel: Mapped[str] = mapped_column(String(20))
    account: Mapped[str] = mapped_column(String(60))
    recipient: Mapped[str] = mapped_column(String(320))
    recipient_name: Mapped[str] = mapped_column(String(120), default="")
    position: Mapped[int] = mapped_column(Integer)
    ticket_id: Mapped[str | None] = mapped_column(Key)
    reply_to_message: Mapped[str | None] = mapped_column(Key, doc="the inbound message it answers")
    template: Mapped[str] = mapped_column(String(60), default="")
    title: Mapped[str] = mapped_column(String(300), default="")
    text: Mapped[str] = mapped_column(Text)
    ticket_token: Mapped[str] = mapped_column(String(60), default="")
    replies_to: Mapped[str] = mapped_column(String(998), default="")
    thread: Mapped[list[Any]] = mapped_column(default=list)
    act: Mapped[str] = mapped_column(String(20), default="", doc="what is reported to a platform above; empty: words")
    details: Mapped[dict[str, Any]] = mapped_column(default=dict, doc="what an act says beside its text")
    choices: Mapped[list[Any]] = mapped_column(default=list, doc="[key, label] of each that may be pressed")
    groupable: Mapped[bool] = mapped_column(default=False, doc="others that wait may leave in one with it")
    grouped_into: Mapped[str | None] = mapped_column(Key, doc="the message in which it left together with others")
    carries: Mapped[int] = mapped_column(Integer, default=0, doc="how many left in it")
    fallback_of: Mapped[str | None] = mapped_column(Key, doc="the one that did not reach him, which it is instead of")
    followed: Mapped[str] = mapped_column(
        String(10), default="", doc="what came after it failed: way, desk, parts, none; empty: not decided"
    )
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict, doc="what the template was filled with, no more")
    state: Mapped[str] = mapped_column(String(20), default="queued")
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    due_at: Mapped[datetime]
    leased_by: Mapped[str] = mapped_column(String(80), default="")
    leased_until: Mapped[datetime | None]
    platform_id: Mapped[str] = mapped_column(String(998), default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    why: Mapped[str] = mapped_column(String(20), default="", doc="the reason as one of ``channels.errors.Why``")
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


_TABLE = table_of(Delivery)
_BY_PURPOSE = select(_TABLE.c.id).where(_TABLE.c.purpose == bindparam("purpose"))


def _insertion(dialect: Any) -> Executable:
    return dialect.insert(_TABLE).on_conflict_do_nothing(index_elements=["purpose"]).returning(_TABLE.c.id)  # type: ignore[no-any-return]


_INSERT = ByDialect(_insertion)


class DeliveryAttempt(Base):
    """发送记录: each try with its outcome; nothing of the sending is forgotten.

    ``why`` of one that was sent: what kept it from leaving as words, so that it left as a template of the platform's.
    """

    __tablename__ = "delivery_attempts"

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    delivery_id: Mapped[str] = mapped_column(Key, ForeignKey("deliveries.id"), index=True)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(80))
    outcome: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text, default="")
    why: Mapped[str] = mapped_column(String(20), default="")


class Outgoing(TypedDict):
    """What a message on its way is made of; ``Delivery`` says what each is, and what stands for one not given."""

    purpose: str
    channel: str
    account: str
    recipient: str
    text: str
    recipient_name: NotRequired[str]
    ticket_id: NotRequired[str | None]
    reply_to_message: NotRequired[str | None]
    template: NotRequired[str]
    title: NotRequired[str]
    ticket_token: NotRequired[str]
    replies_to: NotRequired[str]
    thread: NotRequired[list[str]]
    act: NotRequired[str]
    details: NotRequired[dict[str, str]]
    choices: NotRequired[list[list[str]]]
    fields: NotRequired[dict[str, str]]
    due_at: NotRequired[datetime]
    groupable: NotRequired[bool]
    carries: NotRequired[int]
    fallback_of: NotRequired[str]
    state: NotRequired[Literal["queued", "waiting"]]


def queue(session: Session, *, now: datetime, **message: Unpack[Outgoing]) -> Delivery:
    """Queue a message in the caller's transaction, once for each ``purpose``: asked again, the first is returned."""
    return session.get_one(Delivery, enqueue(session, now=now, **message))


def enqueue(session: Session, *, now: datetime, **message: Unpack[Outgoing]) -> str:
    """As ``queue``, for a caller to whom the delivery's id is enough: nothing is read back."""
    connection = session.connection()  # past the session: it would flush before each, and nothing here waits for that
    key = new_id()
    line = line_of(message["channel"], message["account"], message["recipient"])
    made = {"id": key, "position": next_number(session, line), "created_at": now}
    if connection.execute(_INSERT.of(session), {"due_at": now, **message, **made}).scalar_one_or_none() is None:
        return str(connection.execute(_BY_PURPOSE, {"purpose": message["purpose"]}).scalar_one())
    change_log.record(session, "deliveries", key, message.get("state", "queued"), now=now)
    return key


def line_of(channel: str, account: str, recipient: str) -> str:
    """The name of the numbers that order what one recipient is sent."""
    return f"delivery:{channel}:{account}:{recipient}"


def forget_line(session: Session, channel: str, account: str, recipient: str) -> None:
    """Forget the recipient's name among the numbers; for who has taken it out of all his deliveries before."""
    forget(session, line_of(channel, account, recipient))


def get(session: Session, delivery_id: str) -> Delivery:
    """The delivery. Raises ``UnknownRow``."""
    delivery = session.get(Delivery, delivery_id)
    if delivery is None:
        raise UnknownRow("delivery", delivery_id)
    return delivery


def due(session: Session, *, now: datetime, limit: int = 200) -> list[Delivery]:
    """Deliveries to be sent now: queued and due, none before its predecessor."""
    earlier = aliased(Delivery)
    blocked = exists().where(
        earlier.channel == Delivery.channel,
        earlier.account == Delivery.account,
        earlier.recipient == Delivery.recipient,
        earlier.position < Delivery.position,
        earlier.state.in_(OPEN),
    )
    query = (
        select(Delivery)
        .where(
            Delivery.due_at <= now,
            Delivery.state == "queued",
            ~blocked,
        )
        .order_by(Delivery.due_at, Delivery.id)
        .limit(limit)
    )
    return list(session.scalars(query))


def lease(session: Session, delivery_id: str, *, by: str, now: datetime, length: timedelta = LEASE) -> Delivery | None:
    """Take a delivery for sending; None when it is another's, already sent or not due. Atomic over all processes.

    ``by`` must be unique to this try: by it alone a sender whose lease ran out is told from the one after him.
    """
    taken = session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.state == "queued", Delivery.due_at <= now)
        .values(state="leased", leased_by=by, leased_until=now + length, attempts=Delivery.attempts + 1)
        .execution_options(synchronize_session=False)
    )
    if not taken.rowcount:  # type: ignore[attr-defined]
        return None
    return session.get(Delivery, delivery_id, populate_existing=True)


def expire_leases(session: Session, *, safe_channels: Collection[str], now: datetime) -> int:
    """Free the deliveries whose sender died with them. Return how many.

    A webhook that dies has answered nothing, and mail is known again by its Message-ID: those are queued anew, until
    the last attempt is used up. What else was being sent may have arrived, so it is ``perhaps_sent`` and a person
    decides.
    """
    query = select(Delivery).where(Delivery.state == "leased", Delivery.leased_until < now).limit(500)
    found = list(session.scalars(query))
    for delivery in found:
        by = delivery.leased_by
        if by.startswith(WEBHOOK) or delivery.channel in safe_channels:
            mark_delayed(session, delivery.id, by=by, reason="发送途中进程中断", retry_after=0, now=now)
        else:
            mark_perhaps_sent(session, delivery.id, by=by, reason="发送途中进程中断，可能已送达", now=now)
    return len(found)


def _finish(
    session: Session, delivery_id: str, *, by: str, now: datetime, outcome: str, reason: str, why: str = ""
) -> Delivery | None:
    """End the lease; None when ``by`` does not hold it any more. The attempt is kept in either case."""
    ended = session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.state == "leased", Delivery.leased_by == by)
        .values(leased_by="", leased_until=None, reason=reason, why="" if outcome == "sent" else why)
        .execution_options(synchronize_session=False)
    )
    late = not ended.rowcount  # type: ignore[attr-defined]
    told = f"{reason}（租约已过期）" if late else reason
    session.add(DeliveryAttempt(delivery_id=delivery_id, at=now, by=by, outcome=outcome, reason=told, why=why))
    if late:
        return None
    change_log.record(session, "deliveries", delivery_id, outcome, now=now)
    return session.get_one(Delivery, delivery_id, populate_existing=True)


def mark_sent(session: Session, delivery_id: str, *, by: str, platform_id: str, now: datetime, why: str = "") -> bool:
    """The platform took it. False when the lease of ``by`` was over, and nothing is changed: so with all of these.

    ``why`` it left as a template of the platform's, where it did.
    """
    delivery = _finish(session, delivery_id, by=by, now=now, outcome="sent", reason="", why=why)
    if delivery is None:
        return False
    delivery.state, delivery.platform_id, delivery.sent_at = "sent", platform_id, now
    end_parts(session, delivery)
    return True


def mark_delayed(
    session: Session, delivery_id: str, *, by: str, reason: str, retry_after: float, now: datetime
) -> bool:
    """Not sent; due again after ``retry_after`` seconds, and dead after the last attempt."""
    delivery = _finish(session, delivery_id, by=by, now=now, outcome="delayed", reason=reason)
    if delivery is None:
        return False
    if delivery.attempts >= MAX_ATTEMPTS:
        delivery.state = "dead"
        end_parts(session, delivery)
        change_log.record(session, "deliveries", delivery.id, "dead", now=now)
    else:
        delivery.state, delivery.due_at = "queued", now + timedelta(seconds=retry_after)
    return True


def mark_failed(session: Session, delivery_id: str, *, by: str, reason: str, now: datetime, why: str = "") -> bool:
    """The platform refused it for good, or would."""
    return _end(session, delivery_id, "failed", by=by, reason=reason, now=now, why=why)


def mark_perhaps_sent(session: Session, delivery_id: str, *, by: str, reason: str, now: datetime) -> bool:
    """The line broke after it left: sending again could tell the resident twice, so a person decides."""
    return _end(session, delivery_id, "perhaps_sent", by=by, reason=reason, now=now)


def leave_to_upload(session: Session, delivery_id: str, *, by: str, reason: str, now: datetime) -> bool:
    """Its platform takes it from a person only: it waits until somebody says that it was uploaded."""
    return _end(session, delivery_id, "to_upload", by=by, reason=reason, now=now)


def _end(session: Session, delivery_id: str, state: str, *, by: str, reason: str, now: datetime, why: str = "") -> bool:
    delivery = _finish(session, delivery_id, by=by, now=now, outcome=state, reason=reason, why=why)
    if delivery is None:
        return False
    delivery.state = state
    end_parts(session, delivery)
    return True


def end_parts(session: Session, whole: Delivery) -> None:
    """What left in it has come as far as it has; each part that did not reach its resident goes its own way on."""
    if not whole.carries:
        return
    if whole.state in UNREACHED:
        whole.followed = "parts"
    session.execute(
        update(Delivery)
        .where(Delivery.grouped_into == whole.id, Delivery.state.in_(("grouped", "sent", "perhaps_sent")))
        .values(state=whole.state, reason=whole.reason, sent_at=whole.sent_at)
    )


def leave_to_tell(session: Session, delivery_id: str, *, now: datetime) -> None:
    """A message just queued is for a person to tell, by telephone or at the counter."""
    delivery = get(session, delivery_id)
    if delivery.state == "queued":
        delivery.state = "to_tell"
        change_log.record(session, "deliveries", delivery.id, "to_tell", now=now)


def mark_told(session: Session, ticket_id: str, *, now: datetime) -> int:
    """The resident was spoken to: he has heard all that waited to be told about the ticket. How many that were."""
    waiting = select(Delivery).where(Delivery.ticket_id == ticket_id, Delivery.state == "to_tell")
    told = list(session.scalars(waiting))
    for delivery in told:
        delivery.state, delivery.sent_at = "told", now
        change_log.record(session, "deliveries", delivery.id, "told", now=now)
    return len(told)


def withdraw(session: Session, delivery_id: str, *, now: datetime) -> bool:
    """Take back what nobody has begun to send; False when it is too late. Atomic over all processes."""
    taken = session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.state == "queued")
        .values(state="withdrawn")
        .execution_options(synchronize_session=False)
    )
    if not taken.rowcount:  # type: ignore[attr-defined]
        return False
    change_log.record(session, "deliveries", delivery_id, "withdrawn", now=now)
    session.get_one(Delivery, delivery_id, populate_existing=True)
    return True


def retry(session: Session, delivery_id: str, *, now: datetime) -> Delivery:
    """A person's order to try again what failed, died or was perhaps sent. Raises ``UnknownRow``.

    Nothing is done for a message whose parts have gone their own ways on.
    """
    delivery = get(session, delivery_id)
    if delivery.state in (*UNREACHED, "perhaps_sent") and delivery.followed != "parts":
        parts = update(Delivery).where(Delivery.grouped_into == delivery.id, Delivery.state == delivery.state)
        session.execute(parts.values(state="grouped", reason=""))
        delivery.state, delivery.due_at, delivery.attempts, delivery.followed = "queued", now, 0, ""
        change_log.record(session, "deliveries", delivery.id, "queued", now=now)
    return delivery
