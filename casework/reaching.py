"""Reaching a resident (送达): what did not reach him goes the next way, and at last to a person who tells him.

Whatever ends without having reached him - refused, given up, bounced, a name that cannot be reached, a channel that
cannot be answered - is followed once: by a delivery on a way not yet tried for these words, or by one that the desk
tells him (``to_tell``). What follows is decided here alone, in one transaction with the failure where the edge can do
it, and by a sweep for the rest: a failure whose ``followed`` is empty is not decided yet, whoever died meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from casework import notice_times, ways
from casework.resident_tables import Resident
from casework.tables import Ticket
from casework.telling import notify
from casework.ways import Way
from district.pack import District
from storage import change_log, deliveries, waiting
from storage.deliveries import UNREACHED, Delivery

UNDECIDED = (*UNREACHED, "to_tell")
NO_LINE = "该渠道不能回信"
AT_ONCE = 200


def sweep(session: Session, district: District, *, sms: str, now: datetime) -> int:
    """Follow what has failed and was not followed. Return how many. ``sms``: the account that sends SMS, or empty."""
    query = select(Delivery.id).where(Delivery.state.in_(UNDECIDED), Delivery.followed == "")
    found = list(session.scalars(query.order_by(Delivery.id).limit(AT_ONCE)))
    for key in found:
        follow(session, district, key, sms=sms, now=now)
    return len(found)


def follow(session: Session, district: District, delivery_id: str, *, sms: str, now: datetime) -> str:
    """Decide what comes after a delivery that did not reach its resident, once; what it is, empty if there is nothing
    to decide: ``way`` (another delivery), ``desk`` (a person tells him), ``none`` (not worth it, or nobody to tell).
    """
    claimed = session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.state.in_(UNDECIDED), Delivery.followed == "")
        .values(followed="none")
        .execution_options(synchronize_session=False)
    )
    if not claimed.rowcount:  # type: ignore[attr-defined]
        return ""
    delivery = session.get_one(Delivery, delivery_id, populate_existing=True)
    ticket = session.get(Ticket, delivery.ticket_id) if delivery.ticket_id else None
    if ticket is None or delivery.act or delivery.template not in district.templates:
        return delivery.followed
    template = district.templates.get(delivery.template)
    resident = session.get_one(Resident, ticket.resident_id)
    if resident.erased_at is not None:
        return delivery.followed
    if not template.must_reach:
        if delivery.state == "to_tell":
            _leave_to_desk(session, district, delivery, ticket, now=now)
        return delivery.followed
    tried = _tried(session, delivery)
    untried = [way for way in ways.of_resident(session, resident, ticket, sms=sms) if way.key not in tried]
    if untried:
        _send_on(session, district, delivery, ticket, resident, untried[0], now=now)
    elif not template.automatic:
        _leave_to_desk(session, district, delivery, ticket, now=now)
    return delivery.followed


def follow_on(session: Session, district: District, delivery_id: str, *, sms: str, now: datetime) -> None:
    """As ``follow``; of a message that carried several, each of them goes its own way on."""
    delivery = session.get_one(Delivery, delivery_id, populate_existing=True)
    keys = [delivery_id]
    if delivery.carries:
        keys = list(session.scalars(select(Delivery.id).where(Delivery.grouped_into == delivery_id)))
    for key in sorted(keys):
        follow(session, district, key, sms=sms, now=now)


def release(session: Session, district: District, line: waiting.Line, *, now: datetime) -> list[Delivery]:
    """Let what waits for one recipient leave, several as one message. What is queued now."""

    def together(parts: Sequence[Delivery]) -> tuple[str, str]:
        return notice_times.together(district, [each.text for each in parts], line[0])

    return waiting.release(session, line, together=together, now=now)


def to_be_told(session: Session, *, limit: int = 500) -> list[Delivery]:
    """What a person has to tell residents, the oldest first."""
    query = select(Delivery).where(Delivery.state == "to_tell", Delivery.ticket_id.is_not(None))
    return list(session.scalars(query.order_by(Delivery.created_at, Delivery.id).limit(limit)))


def before(session: Session, delivery: Delivery) -> list[Delivery]:
    """The tries that this one is instead of, the first one first."""
    found: list[Delivery] = []
    while delivery.fallback_of:
        delivery = session.get_one(Delivery, delivery.fallback_of)
        found.insert(0, delivery)
    return found


def _tried(session: Session, delivery: Delivery) -> set[tuple[str, str, str]]:
    """The ways these words have gone already, from the first try on."""
    return {(each.channel, each.account, each.recipient) for each in (*before(session, delivery), delivery)}


def _send_on(
    session: Session,
    district: District,
    delivery: Delivery,
    ticket: Ticket,
    resident: Resident,
    way: Way,
    *,
    now: datetime,
) -> None:
    leaves = notice_times.again(district, delivery.template, resident.wishes, now=now)
    deliveries.enqueue(
        session,
        purpose=f"next:{delivery.id}",
        channel=way.channel,
        account=way.account,
        recipient=way.recipient,
        recipient_name=way.name or resident.name,
        ticket_id=ticket.id,
        template=delivery.template,
        title=delivery.title or district.templates.get(delivery.template).label,
        text=delivery.text,
        fields=dict(delivery.fields),
        ticket_token=ticket.code,
        choices=list(delivery.choices),
        fallback_of=delivery.id,
        groupable=leaves.groupable,
        state=leaves.state,
        due_at=leaves.at,
        now=now,
    )
    delivery.followed = "way"
    if delivery.state == "to_tell":  # he could not be answered where he asked: written to, he need not be called
        delivery.state, delivery.reason = "failed", delivery.reason or NO_LINE
        change_log.record(session, "deliveries", delivery.id, "failed", now=now)


def _leave_to_desk(session: Session, district: District, delivery: Delivery, ticket: Ticket, *, now: datetime) -> None:
    delivery.followed = "desk"
    if delivery.state == "to_tell":
        notify(session, district, "desk", "to_tell", now=now, ticket=ticket)
        return
    key = deliveries.enqueue(
        session,
        purpose=f"next:{delivery.id}",
        channel=delivery.channel,
        account=delivery.account,
        recipient=delivery.recipient,
        recipient_name=delivery.recipient_name,
        ticket_id=ticket.id,
        template=delivery.template,
        title=delivery.title,
        text=delivery.text,
        ticket_token=ticket.code,
        fallback_of=delivery.id,
        now=now,
    )
    deliveries.leave_to_tell(session, key, now=now)
    deliveries.get(session, key).followed = "desk"
    notify(session, district, "desk", "undelivered", now=now, ticket=ticket, fields={"reason": delivery.reason})
