"""Residents and the names they are known by."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, bindparam, delete, insert, or_, select, update
from sqlalchemy.orm import Session

from casework.resident_errors import NotAPhone
from casework.resident_tables import Identity, Resident
from channels.message import Sender
from channels.registry import CHANNELS, capabilities
from storage.database import new_id
from storage.statements import ByDialect, table_of

_RESIDENTS, _NAMES = table_of(Resident), table_of(Identity)
PROVING = frozenset({"hotline"} | {name for name in CHANNELS if capabilities(name).proves_phone})
"""Who is known there by a mobile number surely has it: he called from it, or wrote from it."""
SMS = "sms"
"""The channel whose names are telephones: one that is verified is written to there without any name on record."""
_THIS_NAME = (
    _NAMES.c.channel == bindparam("of_channel"),
    _NAMES.c.account == bindparam("of_account"),
    _NAMES.c.external == bindparam("of_external"),
)

# Built once and run on the tables, past the session: every message asks, and no change of a resident waits for a flush.
_LOCKED = select(_NAMES.c.id, _NAMES.c.resident_id, _NAMES.c.name, _NAMES.c.reachable).where(*_THIS_NAME)
_LOCKED = _LOCKED.with_for_update()
_MET = insert(_RESIDENTS)
_LOST = update(_NAMES).where(*_THIS_NAME).values(reachable=False)


def _naming(dialect: Any) -> Executable:
    names = ["channel", "account", "external"]
    return dialect.insert(_NAMES).on_conflict_do_nothing(index_elements=names).returning(_NAMES.c.id)  # type: ignore[no-any-return]


_NAMED = ByDialect(_naming)


@dataclass(frozen=True, slots=True)
class Recognised:
    """Who wrote. ``new``: he was not known before this transaction, so nothing of his is on record."""

    resident_id: str
    new: bool
    phone_kept: bool = False
    """He gave a telephone number of his own that was not on record."""
    returned: bool = False
    """He had unsubscribed, or could not be reached."""


def recognise(session: Session, channel: str, account: str, sender: Sender, *, now: datetime) -> Recognised:
    """Who wrote, created when he is new; the row of his name is locked for this transaction.

    The lock makes messages of one person take turns, so two that arrive together cannot both open his ticket.
    """
    found = _locked(session, channel, account, sender.id)
    if found is None:
        made = _meet(session, channel, account, sender, now=now)
        if made is not None:
            return Recognised(made[0], new=made[1])
        found = _locked(session, channel, account, sender.id)
        if found is None:
            raise LookupError(sender.id)
    name = found.name or sender.name
    if name != found.name or not found.reachable:
        session.execute(update(_NAMES).where(_NAMES.c.id == found.id).values(name=name, reachable=True))
    kept = bool(sender.phone) and _keep_phone(session, found.resident_id, sender.phone)
    return Recognised(found.resident_id, new=False, phone_kept=kept, returned=not found.reachable)


def _keep_phone(session: Session, resident_id: str, phone: str) -> bool:
    """The number he gave last is the one to call; whether it is another than before."""
    of_his = update(_RESIDENTS).where(_RESIDENTS.c.id == resident_id, _RESIDENTS.c.phone != phone)
    changed = session.connection().execute(of_his.values(phone=phone).returning(_RESIDENTS.c.id))
    return changed.scalar_one_or_none() is not None


def _meet(session: Session, channel: str, account: str, sender: Sender, *, now: datetime) -> tuple[str, bool] | None:
    """Make a resident and his name; None when another transaction recognised him in between.

    A text from a telephone is the name of whoever surely has it, where that is one person alone.
    """
    connection = session.connection()
    has_it = with_phone(session, sender.id) if capabilities(channel).proves_phone else []
    resident_id = has_it[0].id if len(has_it) == 1 else new_id()
    if len(has_it) != 1:
        connection.execute(_MET, {"id": resident_id, "name": sender.name, "phone": sender.phone, "created_at": now})
    values = {
        "id": new_id(),
        "resident_id": resident_id,
        "channel": channel,
        "account": account,
        "external": sender.id,
        "name": sender.name,
        "reachable": True,
    }
    if connection.execute(_NAMED.of(session), values).scalar_one_or_none() is not None:
        return resident_id, len(has_it) != 1
    if len(has_it) == 1:
        return None
    connection.execute(delete(_RESIDENTS).where(_RESIDENTS.c.id == resident_id))  # the other's stays
    return None


def _name(channel: str, account: str, external: str) -> dict[str, str]:
    return {"of_channel": channel, "of_account": account, "of_external": external}


def _locked(session: Session, channel: str, account: str, external: str) -> Any:
    return session.connection().execute(_LOCKED, _name(channel, account, external)).one_or_none()


UNREACHABLE_AFTER = frozenset({"blocked", "unknown_person"})
"""Whys of a failed sending (``channels.errors.Why``) after which the name is written to no more."""


def lost(session: Session, channel: str, account: str, external: str) -> None:
    """He unsubscribed, blocked us, or his mail bounced for good: nothing more is sent until he writes again."""
    session.execute(_LOST, _name(channel, account, external))


_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE = re.compile(r"(010|02\d|0[3-9]\d{2})-?([2-9]\d{6,7})((?:-\d{1,6})?)")


def texted(session: Session, account: str, phone: str) -> bool:
    """Whether this telephone may be written to by SMS of the account: not where it left the list or is dead."""
    known = select(Identity.reachable).where(
        Identity.channel == SMS, Identity.account == account, Identity.external == phone
    )
    return session.scalar(known) is not False


def mobile(text: str) -> str:
    """The mobile number of a text that is nothing else, as it is kept. Raises ``NotAPhone``."""
    digits = re.sub(r"[\s-]", "", text).removeprefix("+").removeprefix("86")
    if not _MOBILE.fullmatch(digits):
        raise NotAPhone
    return digits


def written_as(phone: str) -> frozenset[str]:
    """The ways in which channels keep one number: with and without the stroke behind the area code."""
    bare = re.sub(r"[\s()]", "", phone)
    found = _LANDLINE.fullmatch(bare)
    if found is None:
        return frozenset({bare} - {""})
    area, number, extension = found.groups()
    return frozenset({f"{area}-{number}{extension}", f"{area}{number}{extension}"})


def verified_phones(session: Session, resident: Resident) -> frozenset[str]:
    """The telephones that are surely his: one that a person checked, and those he called the hotline or wrote from.

    What he stated in words, on a form or at the counter, is no proof.
    """
    called = select(Identity.external).where(Identity.resident_id == resident.id, Identity.channel.in_(PROVING))
    numbers = {number for number in session.scalars(called) if _MOBILE.fullmatch(number)}
    return frozenset(numbers | {resident.verified_phone} - {""})


def mails_of(session: Session, resident: Resident) -> frozenset[str]:
    """The mail addresses he has written to us from. One that a form states is no proof."""
    wrote = select(Identity.external).where(Identity.resident_id == resident.id, Identity.channel == "mailbox")
    return frozenset(address.lower() for address in session.scalars(wrote))


def with_phone(session: Session, phone: str) -> list[Resident]:
    """Residents of whom it is sure that this telephone is theirs, the oldest first."""
    called = select(Identity.resident_id).where(Identity.channel.in_(PROVING), Identity.external == phone)
    wanted = or_(Resident.verified_phone == phone, Resident.id.in_(called))
    theirs = select(Resident).where(wanted, Resident.merged_into.is_(None), Resident.erased_at.is_(None))
    return list(session.scalars(theirs.order_by(Resident.id)))
