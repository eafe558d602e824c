"""归并: two records of residents that are one person, on proof, by an agent or by a code; and its undoing.

The names, tickets and messages of the one that is lost move to the one that is kept; the lost row stays and says where
it went, so that undoing gives back exactly what came. A name in common is never a proof.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from casework import events, recording
from casework.actors import DESK, Actor
from casework.errors import NeedMissing, NotAllowed
from casework.message_tables import Message
from casework.resident_errors import (
    JoinedSince,
    JoinRing,
    NoProof,
    NothingToUndo,
    PhonesDiffer,
    ResidentErased,
    UnknownResident,
)
from casework.resident_tables import Identity, Resident, ResidentJoin
from casework.residents import mails_of, verified_phones
from casework.tables import Ticket
from district.pack import District
from district.schemas import Role
from storage import change_log
from storage.database import is_id

PROOFS = {
    "same_phone": "同一个已核实电话",
    "same_mail": "同一个电子邮箱",
    "called": "已回拨核实",
    "document": "已核对证件",
    "both_channels": "本人在两个渠道都作了确认",
}
"""What an agent may join on; the first two are looked for in the records."""
CODE = "code"
"""The proof of who wrote on one channel the code that was sent to the other."""
_KEPT = ("name", "phone", "verified_phone", "wishes")


def get(session: Session, key: str) -> Resident:
    """The resident of this id, as he now is: of a record that was joined to another, that other one.

    Raises ``UnknownResident``.
    """
    found = session.get(Resident, key) if is_id(key) else None
    while found is not None and found.merged_into is not None:
        found = session.get(Resident, found.merged_into)
    if found is None:
        raise UnknownResident(key)
    return found


def check_desk(actor: Actor, what: str) -> None:
    """Raises ``NotAllowed`` for roles that do not decide who a resident is."""
    if actor.role not in DESK:
        raise NotAllowed(what, "由坐席、派单员或督办人员办理")


def verify_phone(session: Session, resident: Resident, phone: str, *, actor: Actor, now: datetime, reason: str) -> None:
    """A person has made sure that the telephone is his (回拨核实). Raises ``NotAllowed``, ``NeedMissing``."""
    check_desk(actor, "核实电话")
    _check_whole(resident)
    if not reason.strip():
        raise NeedMissing("核实电话", "reason")
    resident.verified_phone = resident.phone = phone
    record(session, resident, "verify_phone", actor, now=now, details={})


def join(
    session: Session,
    district: District,
    kept_id: str,
    lost_id: str,
    *,
    proof: str,
    actor: Actor,
    now: datetime,
    reason: str,
) -> ResidentJoin:
    """An agent's decision that two are one. Raises ``NotAllowed``, ``NeedMissing``, ``NoProof``, ``PhonesDiffer``.

    Two with different verified telephones are joined by a supervisor alone. Raises ``JoinRing`` where they are one
    already or one of them has gone into another, ``ResidentErased``, ``UnknownResident``.
    """
    check_desk(actor, "归并居民")
    kept, lost = _locked(session, kept_id, lost_id)
    if not reason.strip():
        raise NeedMissing("归并居民", "reason")
    if proof not in PROOFS or not _holds(session, proof, kept, lost):
        raise NoProof(proof, PROOFS)
    return _join(session, district, kept, lost, proof=proof, actor=actor, now=now, reason=reason.strip())


def join_by_code(
    session: Session, district: District, kept_id: str, lost_id: str, *, actor: Actor, now: datetime
) -> ResidentJoin:
    """Two are one because one person had both in hand. Raises as ``join`` does, ``PhonesDiffer`` too."""
    kept, lost = _locked(session, kept_id, lost_id)
    return _join(session, district, kept, lost, proof=CODE, actor=actor, now=now, reason="")


def _locked(session: Session, kept_id: str, lost_id: str) -> tuple[Resident, Resident]:
    """Both rows, locked in one order, so that two joins at once take turns. Raises ``JoinRing``."""
    wanted = select(Resident).where(Resident.id.in_([key for key in (kept_id, lost_id) if is_id(key)]))
    wanted = wanted.order_by(Resident.id).with_for_update().execution_options(populate_existing=True)
    found = {each.id: each for each in session.scalars(wanted)}
    for key in (kept_id, lost_id):
        if key not in found:
            raise UnknownResident(key)
        _check_whole(found[key])
    if kept_id == lost_id or found[kept_id].merged_into or found[lost_id].merged_into:
        raise JoinRing(kept_id, lost_id)
    return found[kept_id], found[lost_id]


def _check_whole(resident: Resident) -> None:
    if resident.erased_at is not None:
        raise ResidentErased(resident.id)


def _holds(session: Session, proof: str, kept: Resident, lost: Resident) -> bool:
    """Whether what the records can show of this proof is there."""
    if proof == "same_phone":
        return bool(verified_phones(session, kept) & verified_phones(session, lost))
    if proof == "same_mail":
        return bool(mails_of(session, kept) & mails_of(session, lost))
    return True


def _join(
    session: Session,
    district: District,
    kept: Resident,
    lost: Resident,
    *,
    proof: str,
    actor: Actor,
    now: datetime,
    reason: str,
) -> ResidentJoin:
    ours, theirs = verified_phones(session, kept), verified_phones(session, lost)
    if ours and theirs and not ours & theirs and actor.role is not Role.SUPERVISOR:
        raise PhonesDiffer
    # The names first: whoever writes under one of them at this moment is waited for, and his ticket comes along.
    locked = select(Identity.id).where(Identity.resident_id == lost.id).order_by(Identity.id).with_for_update()
    names = list(session.scalars(locked))
    tickets = _ids(session, Ticket, lost)
    messages = _ids(session, Message, lost)
    made = ResidentJoin(
        kept_id=kept.id,
        lost_id=lost.id,
        proof=proof,
        reason=reason,
        by=actor.id,
        by_name=actor.name,
        at=now,
        moved={"identities": names, "tickets": tickets, "messages": messages},
        before={name: getattr(kept, name) for name in _KEPT},
    )
    session.add(made)
    for name in _KEPT[:3]:
        setattr(kept, name, getattr(kept, name) or getattr(lost, name))
    kept.wishes = lost.wishes | kept.wishes
    lost.merged_into = kept.id
    session.flush()
    _move(session, made.moved, to=kept.id)
    _follow(session, district, tickets, now=now)
    record(session, kept, "join_residents", actor, now=now, details={"lost": lost.id, "proof": proof, "join": made.id})
    return made


def unjoin(session: Session, district: District, key: str, *, actor: Actor, now: datetime, reason: str) -> ResidentJoin:
    """撤销归并: what came goes back, with what was written since under the names that go back.

    Raises ``NotAllowed``, ``NeedMissing``, ``NothingToUndo``, and ``JoinedSince`` where a later join is undone first.
    """
    check_desk(actor, "撤销归并")
    found = session.get(ResidentJoin, key, with_for_update=True, populate_existing=True) if is_id(key) else None
    if found is None or found.undone_at is not None:
        raise NothingToUndo(key)
    kept, lost = session.get_one(Resident, found.kept_id), session.get_one(Resident, found.lost_id)
    if kept.erased_at is not None:
        raise NothingToUndo(key)
    if kept.merged_into is not None:
        raise JoinedSince(key)
    if not reason.strip():
        raise NeedMissing("撤销归并", "reason")
    back = _with_what_followed(session, found)
    found.undone_at, found.undone_by, found.undone_reason = now, actor.id, reason.strip()
    lost.merged_into = None
    _restore(kept, lost, found.before)
    session.flush()
    _move(session, back, to=lost.id)
    _follow(session, district, back["tickets"], now=now)
    record(session, kept, "unjoin_residents", actor, now=now, details={"lost": lost.id, "join": found.id})
    return found


def _restore(kept: Resident, lost: Resident, before: dict[str, Any]) -> None:
    """What the kept one took over goes; what a person has written since stays."""
    for name in _KEPT[:3]:
        if getattr(kept, name) == (before[name] or getattr(lost, name)):
            setattr(kept, name, before[name])
    if kept.wishes == lost.wishes | before["wishes"]:
        kept.wishes = before["wishes"]


def _with_what_followed(session: Session, found: ResidentJoin) -> dict[str, list[str]]:
    """The ids that came with the join, and those of what these names have written since."""
    moved: dict[str, list[str]] = {name: list(ids) for name, ids in found.moved.items()}
    names = list(session.scalars(select(Identity).where(Identity.id.in_(moved["identities"])).with_for_update()))
    for table, part in ((Ticket, "tickets"), (Message, "messages")):
        theirs = [
            and_(table.channel == each.channel, table.account == each.account, table.sender == each.external)
            for each in names
        ]
        if theirs:
            since = select(table.id).where(table.resident_id == found.kept_id, or_(*theirs))
            moved[part] += [key for key in session.scalars(since) if key not in set(moved[part])]
    return moved


def _ids(session: Session, table: type[Ticket | Message], resident: Resident) -> list[str]:
    return list(session.scalars(select(table.id).where(table.resident_id == resident.id).order_by(table.id)))


def _move(session: Session, moved: dict[str, list[str]], *, to: str) -> None:
    """By statements: a ticket's version stands, whoever works on it at this moment is not thrown out."""
    for table, part in ((Identity, "identities"), (Ticket, "tickets"), (Message, "messages")):
        for start in range(0, len(moved[part]), 500):
            some = moved[part][start : start + 500]
            session.execute(
                update(table)
                .where(table.id.in_(some))
                .values(resident_id=to)
                .execution_options(synchronize_session=False)
            )
    session.expire_all()


def _follow(session: Session, district: District, ticket_ids: Sequence[str], *, now: datetime) -> None:
    events.recount(session, district, ticket_ids, now=now)
    for key in ticket_ids:
        change_log.record(session, "tickets", key, "resident", now=now)


def record(
    session: Session, resident: Resident, act: str, actor: Actor, *, now: datetime, details: dict[str, Any]
) -> None:
    """An act on a resident, for the audit and for who follows."""
    recording.record(session, actor, act, "resident", resident.id, now=now, topic="residents", details=details)
