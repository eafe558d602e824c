"""A resident as the desk sees him: his names, matters over all channels, joins, requests, and who he may be, too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, selectinload

from casework import joining
from casework.actors import Actor
from casework.errors import NotAllowed
from casework.joining import PROOFS
from casework.privacy import mask_address, mask_name, mask_text
from casework.reading import WORK_WITH_PEOPLE
from casework.resident_tables import Identity, Resident, ResidentJoin
from casework.residents import PROVING, mails_of, verified_phones
from casework.tables import Case, Ticket
from district.schemas import Role

SEES = (WORK_WITH_PEOPLE - {Role.SYSTEM}) | {Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR}
"""The desk's roles. A unit sees a resident on its own cases alone, and not what else he wrote about."""
AT_MOST = 200


@dataclass(frozen=True, slots=True)
class Alike:
    """Somebody who may be the same person, with the proof that the records show."""

    resident: Resident
    proof: str
    shared: str
    """The telephone or the address that both surely have."""

    @property
    def label(self) -> str:
        return PROOFS[self.proof]


@dataclass(frozen=True, slots=True)
class History:
    """What is on record of one resident."""

    resident: Resident
    identities: Sequence[Identity]
    tickets: Sequence[Ticket]
    count: int
    """Of his tickets; ``tickets`` are the latest."""
    joins: Sequence[ResidentJoin]
    alike: Sequence[Alike]


def look(session: Session, actor: Actor, key: str) -> History:
    """All of a resident. Raises ``NotAllowed`` for who is not of the desk, ``UnknownResident``."""
    if actor.role not in SEES:
        raise NotAllowed("查看居民档案", "由热线中心人员查看")
    resident = joining.get(session, key)
    names = session.scalars(select(Identity).where(Identity.resident_id == resident.id).order_by(Identity.id))
    his = select(Ticket).where(Ticket.resident_id == resident.id).order_by(Ticket.opened_at.desc(), Ticket.id.desc())
    beside = selectinload(Ticket.case).selectinload(Case.tickets).selectinload(Ticket.resident)
    joins = session.scalars(
        select(ResidentJoin).where(ResidentJoin.kept_id == resident.id).order_by(ResidentJoin.at.desc())
    )
    return History(
        resident,
        list(names),
        list(session.scalars(his.options(beside).limit(AT_MOST))),
        session.scalar(select(func.count(Ticket.id)).where(Ticket.resident_id == resident.id)) or 0,
        list(joins),
        alike(session, resident),
    )


def alike(session: Session, resident: Resident) -> list[Alike]:
    """Who may be the same person by what is surely his: a verified telephone, a mail address. Never by a name."""
    if resident.erased_at is not None:
        return []
    found: dict[str, Alike] = {}
    wanted = (("same_phone", PROVING, verified_phones), ("same_mail", {"mailbox"}, mails_of))
    for proof, channels, of in wanted:
        for shared in sorted(of(session, resident)):
            named = select(Identity.resident_id).where(
                Identity.channel.in_(channels), func.lower(Identity.external) == shared.lower()
            )
            ways: list[ColumnElement[bool]] = [Resident.id.in_(named)]
            if proof == "same_phone":
                ways.append(Resident.verified_phone == shared)
            others = select(Resident).where(
                or_(*ways), Resident.id != resident.id, Resident.merged_into.is_(None), Resident.erased_at.is_(None)
            )
            for other in session.scalars(others.order_by(Resident.id).limit(20)):
                found.setdefault(other.id, Alike(other, proof, shared))
    return list(found.values())


@dataclass(frozen=True, slots=True)
class PersonView:
    """What one actor reads of a resident himself: whoever does not work with people reads him masked."""

    open: bool

    @classmethod
    def of(cls, actor: Actor, *, opened: bool = False) -> PersonView:
        """``opened``: he had the resident shown to him, on record."""
        return cls(opened or actor.role in WORK_WITH_PEOPLE)

    def name(self, name: str) -> str:
        return name if self.open else mask_name(name)

    def number(self, phone: str) -> str:
        return phone if self.open else mask_text(phone)

    def address(self, external: str) -> str:
        return external if self.open else mask_address(external)

    def words(self, text: str) -> str:
        return text if self.open else mask_text(text)
