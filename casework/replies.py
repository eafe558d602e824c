"""An answer of a case, looked over for whoever writes or approves it, and what was sent in spite of warnings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from casework import deadlines
from casework.actors import Actor
from casework.lifecycle import note
from casework.reading import Reader, person_of
from casework.reply_check import Known, ReplyWarning, check
from casework.reply_matters import Asked, Part
from casework.tables import Case, Step, Ticket
from district.pack import District

LOOKED_AT = 20
"""Tickets of a mass event whose words are read; the others say the same."""
WORDS = 3_000
"""Characters of a ticket that are read."""


def look_over(district: District, case: Case, answer: str, *, actor: Actor, now: datetime) -> tuple[ReplyWarning, ...]:
    """The warnings about an answer of this case (答复体检).

    Nothing is used that the actor may not read himself: of a reporter hidden from him he cannot learn the name by
    writing names into answers.
    """
    reader = Reader(district, actor)
    clock = deadlines.running(case, "answer")
    zone = district.calendars.zone
    known = Known(
        today=now.astimezone(zone).date(),
        due=clock.due_at.astimezone(zone).date() if clock is not None else None,
        last=reader.on(case).text(case.answer) if case.answer else "",
        people=tuple(person_of(ticket) for ticket in case.tickets if reader.sees(ticket)),
    )
    asked = [_asked(reader, ticket) for ticket in case.tickets[:LOOKED_AT]]
    return check(district.replies, district, asked, answer, known)


def _asked(reader: Reader, ticket: Ticket) -> Asked:
    whole = f"{ticket.title}\n{ticket.text}".strip()[:WORDS]
    found = ticket.suggestion.get("matters", [])
    read = reader.of(ticket).text
    parts = tuple(Part(read(ticket.text[each["start"] : each["end"]]), _code(each)) for each in found) if found else ()
    missing = tuple(ticket.suggestion.get("missing", []))
    return Asked(read(whole), ticket.category, parts if all(part.text for part in parts) else (), missing)


def _code(matter: dict[str, dict[str, str]]) -> str:
    return (matter.get("category") or {}).get("code", "")


def note_despite(
    session: Session, case: Case, warnings: Sequence[ReplyWarning], *, actor: Actor, now: datetime
) -> Step | None:
    """Put on record which warnings the answer went out with, or was put up for approval with; None without any."""
    if not warnings:
        return None
    labels = "、".join(dict.fromkeys(each.label for each in warnings))
    return note(session, "answer_despite", "体检提示未采纳", actor=actor, now=now, case=case, text=labels)


def keep_record(session: Session, case: Case, record: str, *, actor: Actor, now: datetime) -> None:
    """Keep the record of handling (办理记录), for the desk and the unit. An answer without one leaves the last."""
    if record:
        case.record = record
        note(session, "record", "办理记录", actor=actor, now=now, case=case, text=record)
