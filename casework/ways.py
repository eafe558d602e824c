"""The ways on which a resident can be written to: which names of his, and in which order they are tried.

All of them are surely his: a name he wrote from, or one that was joined to him on proof (``casework.joining``), and
telephones that ``residents.verified_phones`` vouches for. What he only stated, in words or on a form, is no way: what
is written to him may hold the lookup code of his matter.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.resident_tables import Identity, Resident
from casework.residents import SMS, texted, verified_phones
from casework.tables import Ticket
from channels.base import LineBack, ReportsUp
from channels.registry import CHANNELS

LAST = "mailbox"
"""Seen the latest of all, so tried the last."""


@dataclass(frozen=True, slots=True)
class Way:
    """One name of a resident on an account that can write to it."""

    channel: str
    account: str
    recipient: str
    name: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it another way than the rest."""
        return self.channel, self.account, self.recipient


def writes(channel: str) -> bool:
    """Whether a resident of this channel can be written to on it."""
    found = CHANNELS.get(channel)
    return isinstance(found, LineBack) and not isinstance(found, ReportsUp)


def of_resident(session: Session, resident: Resident, ticket: Ticket | None = None, *, sms: str = "") -> list[Way]:
    """His ways, the best first: the channel he chose, the name the ticket came from, others he was met on lately,
    SMS by the account ``sms`` (empty: there is none), mail. None of who was erased or of names that cannot be reached.
    """
    if resident.erased_at is not None:
        return []
    found = named(session, resident.id)
    if sms:
        phones = sorted(verified_phones(session, resident))
        found += [Way(SMS, sms, phone) for phone in phones if texted(session, sms, phone)]
    wished = resident.wishes.get("channel", "")
    own = (ticket.channel, ticket.account, ticket.sender) if ticket is not None else ("", "", "")

    def rank(way: Way) -> int:
        first = (way.channel == wished, way.key == own, way.channel not in (SMS, LAST), way.channel == SMS, True)
        return first.index(True)

    return list({way.key: way for way in sorted(found, key=rank)}.values())


def named(session: Session, resident_id: str) -> list[Way]:
    """The names he is known by that can be written to, the one met last first."""
    query = select(Identity).where(Identity.resident_id == resident_id, Identity.reachable.is_(True))
    names: Iterable[Identity] = session.scalars(query.order_by(Identity.id.desc()))
    return [Way(each.channel, each.account, each.external, each.name) for each in names if writes(each.channel)]


def chosen(session: Session, resident_id: str, channel: str) -> Way | None:
    """His name on the channel that he chose; None where he has none there that can be written to."""
    return next((way for way in named(session, resident_id) if way.channel == channel), None)
