"""The form of what is said by telephone or at the counter: how it is read, and what stands beside it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Annotated, Any, Literal

from fastapi import Depends, Form
from sqlalchemy.orm import Session

from api import registering
from api.auth import Visitor
from api.desk import Desk
from api.live_views import MISSING
from api.registering import LONGEST, MOST_MATTERS, Look, Said
from api.web import ticket_page
from casework import callers
from casework.reading import Reader
from casework.registering import CHANNELS, Chosen
from casework.resident_history import PersonView
from casework.resident_tables import Resident
from casework.tables import Ticket
from channels.sheets import phones
from channels.sheets.phones import PhoneUnfit
from district.gazetteer import Gazetteer
from district.pack import District
from district.place_search import PlaceSearch

Line = Annotated[str, Form(max_length=500)]
Short = Annotated[str, Form(max_length=60)]
_ONCE = re.compile(r"[A-Za-z0-9_-]{16,40}")
ID_NUMBER = re.compile(r"\d{17}[\dXx]")


@dataclass(frozen=True, slots=True)
class Filled:
    """The form as it was sent. ``parts`` are its matters where it has several, each with the category chosen for it."""

    said: Said
    once: str
    call: str = ""
    split: bool = False
    parts: tuple[tuple[str, str], ...] = ()

    @property
    def matters(self) -> list[Said]:
        """What is to be registered: one, or with ``split`` one for each part."""
        parts = [part for part in self.parts if part[0]] if self.split else []
        if len(parts) < 2:
            return [self.said]
        own = self.said.chosen
        return [
            replace(self.said, text=text, answer="", chosen=replace(own, category=category or ""))
            for text, category in parts
        ]


def new_once() -> str:
    """A name for one filling of the form: sent twice, it is registered once."""
    return secrets.token_urlsafe(18)


def blank(**said: Any) -> Filled:
    """A form to begin with."""
    return Filled(Said(**said), new_once())


def _filled(
    text: Annotated[str, Form(max_length=LONGEST)] = "",
    phone: Short = "",
    name: Short = "",
    place: Annotated[str, Form(max_length=300)] = "",
    time: Line = "",
    contact: Line = "",
    object: Line = "",  # noqa: A002  as the field is called
    id_number: Short = "",
    category: Annotated[str, Form(max_length=100)] = "",
    correction: Annotated[str, Form(max_length=100)] = "",
    request_type: Annotated[str, Form(max_length=10)] = "",
    urgency: Annotated[Literal["", "normal", "urgent", "emergency"], Form()] = "",
    confidential: Annotated[bool, Form()] = False,  # noqa: FBT002  (a form field)
    answer: Annotated[str, Form(max_length=LONGEST)] = "",
    once: Short = "",
    call: Annotated[str, Form(max_length=200)] = "",
    split: Annotated[bool, Form()] = False,  # noqa: FBT002  (a form field)
    part: Annotated[list[str] | None, Form(max_length=MOST_MATTERS)] = None,
    part_category: Annotated[list[str] | None, Form(max_length=MOST_MATTERS)] = None,
) -> Filled:
    chosen = Chosen(
        category=(correction.strip() or category.strip()).split(" ")[0],
        request_type=request_type,
        urgency=urgency,
        confidential=confidential,
    )
    said = Said(
        text=text.replace("\r\n", "\n").strip(),
        phone=" ".join(phone.split()),
        name=" ".join(name.split()),
        place=" ".join(place.split()),
        time=" ".join(time.split()),
        contact=" ".join(contact.split()),
        object=" ".join(object.split()),
        id_number=id_number.strip().upper(),
        chosen=chosen,
        answer=answer.replace("\r\n", "\n").strip(),
    )
    texts = [each.replace("\r\n", "\n").strip()[:LONGEST] for each in part or []]
    codes = [each.split(" ")[0] for each in part_category or []]
    codes += [""] * (len(texts) - len(codes))
    return Filled(
        said,
        once=once if _ONCE.fullmatch(once) else new_once(),
        call=call,
        split=split,
        parts=tuple(zip(texts, codes, strict=False)),
    )


CurrentForm = Annotated[Filled, Depends(_filled)]


def faults(filled: Filled) -> dict[str, str]:
    """What is wrong with the form, by field, in words for whoever fills it in."""
    found: dict[str, str] = {}
    said = filled.said
    if not said.text:
        found["text"] = "请写诉求内容"
    try:
        if said.phone:
            phones.read(said.phone)
    except PhoneUnfit as problem:
        found["phone"] = problem.why
    if said.id_number and not ID_NUMBER.fullmatch(said.id_number):
        found["id_number"] = "身份证号应为 18 位，最后一位可以是 X；没有出示请留空"
    return found


def number_of(typed: str) -> str:
    """The telephone number as it is looked up; empty while it is not whole."""
    try:
        return phones.read(typed)[0] if len(typed) >= 5 else ""
    except PhoneUnfit:
        return ""


def beside(session: Session, desk: Desk, who: Visitor, channel: str, filled: Filled, found: Look) -> dict[str, Any]:
    """What stands beside the form: who calls, what to ask, what triage makes of it, what is known of it."""
    reader = Reader(desk.district, who.actor)
    suggestion = found.assessment.as_json() if found.assessment is not None else {}
    ticket = _as_ticket(channel, filled.said, found, suggestion)
    chosen = filled.said.chosen.category
    return {
        "look": found,
        "suggestion": suggestion,
        "chosen": chosen,
        "chosen_path": _path(desk.district, chosen),
        "missing": [
            {"name": name, "label": MISSING[name], "ask": desk.district.ask_words.of(name)} for name in found.missing
        ],
        "articles": ticket_page.articles_beside(session, desk, ticket) if suggestion else [],
        "similar": ticket_page.similar_cases(session, reader, ticket) if suggestion else [],
        "caller": _caller(session, desk, reader, filled),
        "parts": _parts(desk, filled, found),
        "states": desk.district.workflow.ticket.states,
    }


def _as_ticket(channel: str, said: Said, found: Look, suggestion: dict[str, Any]) -> Ticket:
    """The ticket as it would be now; it is in no session."""
    thought = found.assessment
    return Ticket(
        id="",
        number="",
        code="",
        state="received",
        channel=channel,
        account="",
        sender=said.phone,
        title="",
        text=said.text,
        suggestion=suggestion,
        category="",
        request_type="",
        urgency="normal",
        street=thought.street if thought is not None else "",
        community=thought.community if thought is not None else "",
        confidential=False,
        resident=Resident(name=said.name, phone=said.phone),
    )


def _path(district: District, code: str) -> str:
    return " / ".join(district.taxonomy.get(code).path) if code in district.taxonomy else ""


def _parts(desk: Desk, filled: Filled, found: Look) -> list[dict[str, str]]:
    """The matters of the text, each as it was sent or as it is cut now, with the category chosen or guessed for it."""
    if found.assessment is None or len(found.matters) < 2:
        return []
    if filled.split and len(filled.parts) > 1:
        return [{"text": text, "category": code, "label": _path(desk.district, code)} for text, code in filled.parts]
    guesses = {each.start: each.category for each in found.assessment.matters}
    made = []
    for text in found.matters:
        at = filled.said.text.find(text)
        guess = guesses.get(at) or next((each for start, each in guesses.items() if at <= start < at + len(text)), None)
        made.append(
            {
                "text": text,
                "category": guess.code if guess is not None else "",
                "label": " / ".join(guess.path) if guess is not None else "",
            }
        )
    return made


def _caller(session: Session, desk: Desk, reader: Reader, filled: Filled) -> dict[str, Any] | None:
    """His tickets by the number; those in hand that what he says fits come first, to be urged instead of a new one."""
    phone = number_of(filled.said.phone)
    if not phone:
        return None
    lines = [(each.channel, each.name) for each in desk.settings.list_accounts() if each.channel in CHANNELS | {"sms"}]
    known = callers.by_phone(session, reader.actor, phone, lines)
    fitting = registering.fitting(desk, filled.said.text, known.open)
    view = PersonView.of(reader.actor)
    rows = [_row(reader, each, fits=each.id in fitting) for each in (*known.open, *known.past)]
    return {
        "phone": phone,
        "people": [{"id": each.id, "name": view.name(each.name) or "未留姓名"} for each in known.residents],
        "name": next((view.name(each.name) for each in known.residents if each.name), ""),
        "open": sorted((row for row in rows if row["open"]), key=lambda row: not row["fits"]),
        "past": [row for row in rows if not row["open"]],
        "more": known.count - len(rows),
    }


def _row(reader: Reader, ticket: Ticket, *, fits: bool) -> dict[str, Any]:
    words = reader.listed(ticket).text(ticket.title or ticket.text).replace("\n", " ")
    return {
        "number": ticket.number,
        "words": words[:60] + ("…" if len(words) > 60 else ""),
        "state": ticket.state,
        "at": ticket.opened_at,
        "urgings": ticket.urgings,
        "open": ticket.state not in reader.district.workflow.ticket.final,
        "fits": fits,
    }


def places(district: District) -> PlaceSearch:
    """The places of the pack by their names; made once for a gazetteer."""
    return _places(_OfDistrict(district))


class _OfDistrict:
    """A pack holds lists and cannot be hashed; of one gazetteer the names are made ready once."""

    def __init__(self, district: District) -> None:
        self.district = district
        self._key: Gazetteer = district.gazetteer

    def __hash__(self) -> int:
        return id(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _OfDistrict) and other._key is self._key


@lru_cache(maxsize=4)
def _places(of: _OfDistrict) -> PlaceSearch:
    return PlaceSearch(of.district.gazetteer, of.district.units)


def labels_of(district: District) -> Sequence[str]:
    """Names of the request types."""
    return [each.name for each in district.request_types]
