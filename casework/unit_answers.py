"""What a unit writes an answer from: the pack's forms, the unit's own saved ones (自存模板), and its past answers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from casework import answer_blanks
from casework.actors import UNIT_ROLES, Actor
from casework.errors import NeedMissing, NotAllowed
from casework.reading import Reader
from casework.tables import Case, Ticket
from casework.unit_errors import TooManySaved, UnknownSavedReply
from casework.unit_tables import SavedReply
from district.pack import District
from district.phrases import ADDRESSED, PHONE
from storage.database import is_id

SAVED_AT_MOST = 60
"""Saved answers of one unit: more would not be looked through."""
PAST = 3
WHAT = "答复模板"
_NUMBER = re.compile(r"[0-9A-Za-z-]*(?:[0-9]-?\*{2,}|\*{2,}-?[0-9])[0-9A-Za-z*-]*")
_NAME = re.compile(r"[\u4e00-\u9fff]?\*+")


@dataclass(frozen=True, slots=True)
class Offered:
    """One text to write from; ``source`` says whose it is."""

    name: str
    text: str
    source: str


def offered(session: Session, reader: Reader, case: Case, *, now: datetime) -> list[Offered]:
    """What the reader may write the answer of this case from: forms with what is known of it filled in, and past
    answers in words that name nobody. A request type that no form is made for is offered all of them.
    """
    known = answer_blanks.known(reader, case, now=now)
    every = reader.district.answer_forms
    fitting = [form for form in every if not form.request_types or case.request_type in form.request_types]
    forms = [Offered(form.name, answer_blanks.fill(form.text, known), "本区模板") for form in fitting or every]
    own = [
        Offered(each.name, answer_blanks.fill(each.text, known), "本单位模板")
        for each in saved(session, reader.district, reader.actor)
    ]
    past = [
        Offered(f"{each.number} {reader.title(each)}", _blank(reader.record(each).text(each.answer)), "本单位同类答复")
        for each in _past(session, reader.district, reader.actor, case)
    ]
    return [*own, *forms, *past]


def _blank(text: str) -> str:
    """What was masked as a gap to be filled in: half a number in an answer would help nobody."""
    return _NAME.sub(ADDRESSED, _NUMBER.sub(PHONE, text))


def _units(district: District, actor: Actor) -> frozenset[str]:
    return district.units.descendants(actor.unit) if actor.unit and actor.role in UNIT_ROLES else frozenset()


def _past(session: Session, district: District, actor: Actor, case: Case) -> Sequence[Case]:
    """The latest cases of this category that the actor's unit answered."""
    below = _units(district, actor)
    if not below or not case.category:
        return ()
    query = (
        select(Case)
        .where(Case.category == case.category, Case.lead_unit.in_(below), Case.answer != "", Case.id != case.id)
        .order_by(Case.id.desc())
        .limit(PAST)
        .options(selectinload(Case.tickets).selectinload(Ticket.resident), selectinload(Case.units))
    )
    return list(session.scalars(query))


def saved(session: Session, district: District, actor: Actor) -> Sequence[SavedReply]:
    """The saved answers of the actor's unit and those below it, by name."""
    below = _units(district, actor)
    if not below:
        return ()
    query = select(SavedReply).where(SavedReply.unit.in_(below)).order_by(SavedReply.name, SavedReply.id)
    return list(session.scalars(query.limit(SAVED_AT_MOST)))


def save(session: Session, district: District, name: str, text: str, *, actor: Actor, now: datetime) -> SavedReply:
    """Keep an answer for the actor's unit. Raises ``NotAllowed``, ``NeedMissing`` and ``TooManySaved``."""
    if actor.role not in UNIT_ROLES:
        raise NotAllowed(WHAT, "由承办单位人员保存")
    if not actor.unit:
        raise NeedMissing(WHAT, "unit")
    if not name.strip() or not text.strip():
        raise NeedMissing(WHAT, "text")
    if len(saved(session, district, actor)) >= SAVED_AT_MOST:
        raise TooManySaved(SAVED_AT_MOST)
    row = SavedReply(unit=actor.unit, name=name.strip(), text=text.strip(), by=actor.id, by_name=actor.name, at=now)
    session.add(row)
    session.flush()
    return row


def remove(session: Session, district: District, key: str, *, actor: Actor) -> None:
    """Keep it no longer. Raises ``UnknownSavedReply`` also for another unit's."""
    row = session.get(SavedReply, key) if is_id(key) else None
    if row is None or row.unit not in _units(district, actor):
        raise UnknownSavedReply(key)
    session.delete(row)
