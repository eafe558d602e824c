"""What a unit needs beside a case it handles: whom to call, what to write from, which clause a return rests on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import handling, unit_answers
from casework.reading import Reader, is_report
from casework.tables import Callback, Case, Ticket
from district.pack import District
from district.process import Transition
from district.schemas import RequestKind, Unit

CONTACT, ANSWER, SIGN, RETURN = "contact", "answer", "sign", "return"
LINES = 60
"""Lines of the directory that a return may be chosen from: those of the matter, then those of its neighbours."""


def people(reader: Reader, case: Case) -> list[dict[str, Any]]:
    """Whom to speak to, each with what the reader may see of him; who reported others is named to no unit."""
    return [_person(reader, ticket) for ticket in case.tickets]


def _person(reader: Reader, ticket: Ticket) -> dict[str, Any]:
    seen = reader.sees(ticket)
    return {
        "number": ticket.number,
        "name": reader.name(ticket) or "居民",
        "phone": phone_of(ticket) if seen else "",
        "mail": ticket.sender if seen and "@" in ticket.sender else "",
        "hidden": reader.is_unit and is_report(ticket),
    }


def phone_of(ticket: Ticket) -> str:
    """The number that he called from or gave, else one that stands in his words."""
    entities = ticket.suggestion.get("entities", [])
    given = (str(each.get("text", "")) for each in entities if each.get("kind") == "phone")
    return ticket.resident.phone or next(given, "")


def place_of(reader: Reader, ticket: Ticket) -> str:
    """The address in his words, as fine as the reader may read it."""
    entities = reader.suggestion(ticket).get("entities", [])
    return next((str(each["text"]) for each in entities if each["kind"] == "address" and each["text"] != "**"), "")


def values(
    session: Session, reader: Reader, case: Case, moves: list[Transition], kinds: list[str], *, now: datetime
) -> dict[str, Any]:
    """Values for a unit's part of the panel; ``kinds`` are the requests that the reader may make."""
    names = {move.name for move in moves}
    contacts = CONTACT in names
    reached = people(reader, case) if contacts else []
    called = any(each["phone"] for each in reached)
    return {
        "people": reached,
        "ways": {way: label for way, label in handling.WAYS.items() if called or way != handling.CALL},
        "contact": next((move for move in moves if move.name == CONTACT), None),
        "offered": unit_answers.offered(session, reader, case, now=now) if ANSWER in names and reader.is_unit else [],
        "lines": directory_lines(reader.district, case) if "return" in kinds else [],
        "below": below(reader.district, case),
        "unresolved": unresolved(session, reader, case) if case.reworks else [],
    }


def returns_until_signed(kinds: Iterable[RequestKind], moves: Iterable[Transition]) -> bool:
    """Whether a return (退单) may be asked now and no longer once the case is signed, by its own rules."""
    states = [kind.states for kind in kinds if kind.name == RETURN]
    return any(move.target not in each for move in moves if move.name == SIGN for each in states)


def below(district: District, case: Case) -> list[Unit]:
    """The units that the case's lead may hand it down to: its own tree, nobody else."""
    if not case.lead_unit:
        return []
    codes = district.units.descendants(case.lead_unit) - {case.lead_unit}
    return [unit for unit in district.units if unit.code in codes]


def directory_lines(district: District, case: Case) -> list[dict[str, Any]]:
    """Lines of the directory about the case's matter, its own first, then those of the group it belongs to."""
    own, near = [], []
    for line in district.directory:
        if case.category and case.category.startswith(line.category):
            own.append(line)
        elif case.category and line.category[:4] == case.category[:4]:
            near.append(line)
    return [
        {
            "line": each.line,
            "clause": each.clause,
            "unit": f"{each.lead} {district.units.get(each.lead).name}" if each.lead in district.units else "",
            "matter": district.taxonomy.get(each.category).name if each.category in district.taxonomy else "",
            "own": each in own,
        }
        for each in (*own, *near)[:LINES]
    ]


def unresolved(session: Session, reader: Reader, case: Case) -> list[dict[str, Any]]:
    """What residents said when they were called back and their matter was not resolved, the latest first."""
    query = (
        select(Callback, Ticket)
        .join(Ticket, Ticket.id == Callback.ticket_id)
        .where(Ticket.case_id == case.id, Callback.resolved.is_(False))
        .order_by(Callback.at.desc())
        .limit(5)
    )
    return [
        {"at": callback.at, "round": callback.round, "text": reader.of(ticket).text(callback.text)}
        for callback, ticket in session.execute(query)
    ]
