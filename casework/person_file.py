"""个人信息副本: all that is kept of one person, as he may have it: plain values, in his words and ours.

What other people said of him inside the desk (the handling record, notes on requests) is no part of it, nor are other
reporters of a case.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import callbacks, erasure, tickets
from casework.message_tables import Message
from casework.resident_tables import Identity, PersonRequest, Resident, ResidentJoin
from casework.tables import Ticket
from district.pack import District
from storage.deliveries import Delivery


def gather(session: Session, district: District, resident: Resident, *, now: datetime) -> dict[str, Any]:
    """Everything as a document; times in RFC 3339 with the district's offset."""
    found = _Gathered(session, district)
    names = session.scalars(select(Identity).where(Identity.resident_id == resident.id).order_by(Identity.id))
    joins = session.scalars(select(ResidentJoin).where(ResidentJoin.kept_id == resident.id).order_by(ResidentJoin.at))
    asked = session.scalars(
        select(PersonRequest).where(PersonRequest.resident_id == resident.id).order_by(PersonRequest.asked_at)
    )
    alone = select(Message).where(Message.resident_id == resident.id, Message.ticket_id.is_(None))
    return {
        "desk": district.manifest.desk,
        "made_at": found.at(now),
        "resident": {
            "id": resident.id,
            "name": resident.name,
            "phone": resident.phone,
            "verified_phone": resident.verified_phone,
            "wishes": resident.wishes,
            "known_since": found.at(resident.created_at),
        },
        "identities": [
            {
                "channel": each.channel,
                "account": each.account,
                "external": each.external,
                "name": each.name,
                "reachable": each.reachable,
            }
            for each in names
        ],
        "joins": [
            {"at": found.at(each.at), "proof": each.proof, "undone_at": found.at(each.undone_at)} for each in joins
        ],
        "tickets": [found.ticket(each) for each in erasure.tickets_of(session, resident)],
        "other_messages": [found.message(each) for each in session.scalars(alone.order_by(Message.received_at))],
        "other_deliveries": found.deliveries_alone(resident),
        "requests": [
            {"kind": each.kind, "state": each.state, "asked_at": found.at(each.asked_at), "ground": each.ground}
            for each in asked
        ],
    }


class _Gathered:
    def __init__(self, session: Session, district: District) -> None:
        self.session = session
        self.district = district

    def at(self, moment: datetime | None) -> str | None:
        zone = self.district.calendars.zone
        return moment.astimezone(zone).isoformat(timespec="seconds") if moment is not None else None

    def ticket(self, ticket: Ticket) -> dict[str, Any]:
        taxonomy, units = self.district.taxonomy, self.district.units
        case = ticket.case
        sent = (
            select(Delivery)
            .where(Delivery.ticket_id == ticket.id, Delivery.state != "withdrawn")
            .order_by(Delivery.created_at, Delivery.id)
        )
        return {
            "number": ticket.number,
            "lookup_code": ticket.code,
            "state": self.district.workflow.ticket.states.get(ticket.state, ticket.state),
            "channel": ticket.channel,
            "opened_at": self.at(ticket.opened_at),
            "closed_at": self.at(ticket.closed_at),
            "title": ticket.title,
            "text": ticket.text,
            "category": " / ".join(taxonomy.get(ticket.category).path) if ticket.category in taxonomy else "",
            "request_type": ticket.request_type,
            "unit": units.name_of(case.lead_unit if case is not None else ""),
            "confidential": ticket.confidential,
            "answer": ticket.answer,
            "messages": [self.message(each) for each in tickets.conversation(self.session, ticket)],
            "deliveries": [self.delivery(each) for each in self.session.scalars(sent)],
            "callbacks": [
                {
                    "at": self.at(each.at),
                    "reached": each.reached,
                    "contacted": each.contacted,
                    "resolved": each.resolved,
                    "satisfaction": each.satisfaction,
                    "text": each.text,
                }
                for each in callbacks.attempts(self.session, ticket)
            ],
        }

    def message(self, message: Message) -> dict[str, Any]:
        return {
            "received_at": self.at(message.received_at),
            "sent_at": self.at(message.sent_at),
            "channel": message.channel,
            "kind": message.kind,
            "title": message.title,
            "text": message.full_text or message.text,
            "place": message.place,
            "attachments": [
                {"name": each.name, "media_type": each.media_type, "size": each.size, "sha256": each.blob}
                for each in message.attachments
            ],
        }

    def delivery(self, delivery: Delivery) -> dict[str, Any]:
        return {
            "at": self.at(delivery.sent_at or delivery.created_at),
            "channel": delivery.channel,
            "recipient": delivery.recipient,
            "state": delivery.state,
            "title": delivery.title,
            "text": delivery.text,
        }

    def deliveries_alone(self, resident: Resident) -> list[dict[str, Any]]:
        """What he was sent about no ticket: a greeting, a code."""
        found = []
        for name in self.session.scalars(select(Identity).where(Identity.resident_id == resident.id)):
            sent = select(Delivery).where(
                Delivery.channel == name.channel,
                Delivery.account == name.account,
                Delivery.recipient == name.external,
                Delivery.ticket_id.is_(None),
                Delivery.carries == 0,  # what it carried stands with the tickets
            )
            found += [self.delivery(each) for each in self.session.scalars(sent.order_by(Delivery.created_at))]
        return found
