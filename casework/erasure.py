"""删除个人信息: what tells who a resident is and what he wrote goes; what the district is measured by stays.

A tombstone stands in place of each text, naming the legal ground, and a mark keeps the salted SHA-256 of what was
there. The salt leaves with the receipt: with it the resident can prove what stood where, without it nobody can try out
telephone numbers. Categories, units, clocks, facts and the audit, which hold codes and keys, are not touched.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from casework import erased_parts
from casework.resident_errors import StillInHand, WithinRetention
from casework.resident_tables import ErasureMark, PersonRequest, Resident
from casework.tables import Case, Ticket
from casework.tickets import OPEN_TICKETS
from district.pack import District
from storage import change_log
from storage.database import new_id
from storage.statements import table_of

_MARKS = insert(table_of(ErasureMark))


def tickets_of(session: Session, resident: Resident) -> Sequence[Ticket]:
    """All his tickets, the oldest first."""
    return list(session.scalars(select(Ticket).where(Ticket.resident_id == resident.id).order_by(Ticket.id)))


def check(session: Session, district: District, resident: Resident, ground: str, *, now: datetime) -> None:
    """Raises ``StillInHand`` while a ticket of his or its case is open, ``WithinRetention`` within the law's term."""
    found = tickets_of(session, resident)
    final = district.workflow.case.final
    open_ = [
        each.number for each in found if each.state in OPEN_TICKETS or (each.case and each.case.state not in final)
    ]
    if open_:
        raise StillInHand(open_)
    rules = district.retention
    allowed = rules.ground(ground)
    if allowed is not None and allowed.within_term:
        return
    today = now.astimezone(district.calendars.zone).date()
    until = {
        each.number: _years_on(each.closed_at.astimezone(district.calendars.zone).date(), rules.closed_years)
        for each in found
        if each.closed_at is not None
    }
    kept = [number for number, end in until.items() if end > today]
    if kept:
        raise WithinRetention(kept, max(until.values()).isoformat())


def _years_on(day: date, years: int) -> date:
    """The same day so many years later; 29 February becomes 1 March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


@dataclass
class Eraser:
    """Puts tombstones in place of what was there, and keeps a mark of each."""

    request_id: str
    tombstone: str
    salt: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    marks: list[dict[str, str]] = field(default_factory=list)

    def put(self, row: Any, name: str, instead: Any) -> None:
        """Replace a field that holds something."""
        held = getattr(row, name)
        if held in ("", None, {}, []) or held == instead:
            return
        self.marks.append(
            {
                "id": new_id(),
                "request_id": self.request_id,
                "thing": row.__tablename__,
                "thing_id": str(row.id),
                "field": name,
                "sha256": digest(self.salt, held),
            }
        )
        setattr(row, name, instead)

    def words(self, row: Any, *names: str) -> None:
        """Replace texts by the tombstone."""
        for name in names:
            self.put(row, name, self.tombstone)

    def empty(self, row: Any, *names: str) -> None:
        """Replace short fields by nothing."""
        for name in names:
            held = getattr(row, name)
            self.put(row, name, type(held)() if held is not None else None)


def digest(salt: bytes, held: Any) -> str:
    """SHA-256 of the salt and what was held: a text or bytes as they are, anything else as sorted JSON."""
    if isinstance(held, bytes):
        return hashlib.sha256(salt + held).hexdigest()
    text = held if isinstance(held, str) else json.dumps(held, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(salt + text.encode("utf-8", "surrogatepass")).hexdigest()


def erase(session: Session, district: District, resident: Resident, request: PersonRequest, *, now: datetime) -> str:
    """Erase him from everything that is kept, in this transaction. Return the receipt (the salt, 64 hex digits).

    The bytes of files go when the blob store is swept: no row names them any more. Raises as ``check`` does.
    """
    check(session, district, resident, request.ground, now=now)
    ground = district.retention.ground(request.ground)
    label = ground.label if ground is not None else request.ground
    eraser = Eraser(request.id, f"〔个人信息已依法删除：{label}〕")
    found = tickets_of(session, resident)
    cases = {each.case_id: each.case for each in found if each.case is not None}
    left = erased_parts.former_cases(session, found)
    for case in cases.values():
        erased_parts.of_case(session, eraser, case, [each for each in found if each.case_id == case.id], district)
    for case in left:
        erased_parts.of_case(session, eraser, case, found, district)
    erased_parts.of_messages(session, eraser, resident, found)
    erased_parts.of_deliveries(session, eraser, resident, found)
    for ticket in found:
        erased_parts.of_ticket(session, eraser, ticket, keeps=district.retention.keeps)
        ticket.erased_at = now
    for each in [resident, *_joined_to(session, resident)]:
        erased_parts.of_person(session, eraser, each)
        each.erased_at = now
    session.flush()
    for start in range(0, len(eraser.marks), 500):
        session.execute(_MARKS, eraser.marks[start : start + 500])
    request.result = _counted(eraser.marks) | {"tickets": len(found), "kept": list(district.retention.keeps)}
    _tell_followers(session, found, [*cases.values(), *left], now=now)
    return eraser.salt.hex()


def _joined_to(session: Session, resident: Resident) -> list[Resident]:
    """The records that turned out to be him: they still hold a name and a telephone."""
    found: list[Resident] = []
    waiting = [resident.id]
    while waiting:
        into = list(session.scalars(select(Resident).where(Resident.merged_into.in_(waiting))))
        found += into
        waiting = [each.id for each in into]
    return found


def _counted(marks: Iterable[dict[str, str]]) -> dict[str, Any]:
    counts: dict[str, int] = {}
    for mark in marks:
        counts[mark["thing"]] = counts.get(mark["thing"], 0) + 1
    return {"erased": dict(sorted(counts.items()))}


def _tell_followers(session: Session, tickets: Iterable[Ticket], cases: Iterable[Case], *, now: datetime) -> None:
    for ticket in tickets:
        change_log.record(session, "tickets", ticket.id, "erased", now=now)
    for case in cases:
        change_log.record(session, "cases", case.id, "erased", now=now)
