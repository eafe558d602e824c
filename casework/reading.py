"""Who sees what of a person: one reader's view of tickets and cases, for every page, answer, file and notice.

The desk roles that work with residents see them. A unit sees the residents of the cases it handles when it opens one
(lists stay masked; the opening is logged by ``api``), but nothing of the reporter of a 举报, which may be about itself.
Everybody else sees masked words; a supervisor may open one ticket, which is logged.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from casework.actors import UNIT_ROLES, Actor
from casework.finding import Word
from casework.privacy import Person, Sight, Veil, mask_address, mask_name, names_given
from casework.tables import Case, Step, Ticket
from district.pack import District
from district.schemas import Role

WORK_WITH_PEOPLE = frozenset({Role.AGENT, Role.DISPATCHER, Role.CALLBACK_AGENT, Role.SYSTEM})
"""Desk roles whose daily work is the resident himself."""
MAY_OPEN = frozenset({Role.SUPERVISOR})
"""Roles that may have one ticket shown unmasked, on record."""
REPORT = "举报"
PERSONAL = frozenset({"person", "phone", "id_number", "plate"})
"""Kinds of entities that name a person."""
TO_THE_HOUSE = frozenset({"number", "building", "unit", "floor", "room", "door"})
"""Parts of an address finer than the place it names."""
OF_THE_MATTER = frozenset(
    {"category", "request_type", "unit", "co_units", "missing", "articles", "decision", "model", "took_ms"}
)
"""Parts of a suggestion that speak of the matter in the district's own words."""
OF_OTHER_CASES = ("similar_cases", "past_cases")
_NOWHERE = {"start": None, "end": None}
TITLE_LENGTH = 80
LOOKED_AT = 6_000
"""Characters of a ticket in which its names are looked for, as triage does."""


ADD_FILE = "add_file"
"""The step of a file that is put on a case; its text is the file's name."""


def is_report(ticket: Ticket) -> bool:
    """Whether its reporter is hidden from units: it is confidential, or it or the case it hangs on is a 举报."""
    return ticket.confidential or REPORT in (
        ticket.request_type,
        ticket.case.request_type if ticket.case is not None else "",
    )


def person_of(ticket: Ticket) -> Person:
    """What is known to be personal of the ticket's reporter."""
    resident = ticket.resident
    entities: list[dict[str, Any]] = ticket.suggestion.get("entities", [])
    found = [each for each in entities if each["kind"] in PERSONAL]
    names = {resident.name, *(each["text"] for each in found if each["kind"] == "person")}
    names |= names_given(f"{ticket.title}\n{ticket.text[:LOOKED_AT]}")
    marks = {resident.phone, ticket.sender, ticket.code, *(each["text"] for each in found if each["kind"] != "person")}
    local = ticket.sender.partition("@")[0] if "@" in ticket.sender else ""
    if len(local) > 3:
        marks.add(local)
    doors = {each["value"]["door"] for each in entities if (each.get("value") or {}).get("door")}
    return Person(frozenset(names - {""}), frozenset(marks - {""}), frozenset(doors))


def _people(ticket: Ticket) -> list[Person]:
    """The ticket's reporter and the others of its case."""
    return [person_of(each) for each in (ticket.case.tickets if ticket.case is not None else [ticket])]


class Reader:
    """One actor's view. ``opened`` are ids of tickets that he had shown to him unmasked, on record."""

    def __init__(self, district: District, actor: Actor, opened: Iterable[str] = ()) -> None:
        self.district = district
        self.actor = actor
        self.is_unit = actor.role in UNIT_ROLES
        self.sees_all = actor.role in WORK_WITH_PEOPLE
        """Whether no person is masked for him: nothing needs to be looked up or filtered."""
        self._opened = frozenset(opened)
        self._veils: dict[tuple[str, Sight, bool], Veil] = {}
        self._units = district.units.descendants(actor.unit) if self.is_unit and actor.unit else frozenset()

    def sight(self, ticket: Ticket, *, listed: bool = False) -> Sight:
        """What he sees of the ticket's reporter when he opens it, or (``listed``) in a list beside others."""
        if self.sees_all:
            return Sight.OPEN
        if self.is_unit:
            if is_report(ticket):
                return Sight.HIDDEN
            return Sight.OPEN if not listed and self._handles(ticket.case) else Sight.MASKED
        opened = not listed and self.actor.role in MAY_OPEN and ticket.id in self._opened
        return Sight.OPEN if opened else Sight.MASKED

    def sees(self, ticket: Ticket) -> bool:
        """Whether the person himself is shown: his name, his numbers, where he stood, what he sent along."""
        return self.sight(ticket) is Sight.OPEN

    def sees_code(self, ticket: Ticket) -> bool:
        """Whether he is shown the lookup code. With it one rates, reopens and withdraws: no unit does so for itself."""
        return self.sees(ticket) and not self.is_unit

    def may_open(self, ticket: Ticket) -> bool:
        """Whether he is offered to have the person shown."""
        return self.actor.role in MAY_OPEN and not self.sees(ticket)

    def _handles(self, case: Case | None) -> bool:
        return case is not None and any(part.unit in self._units for part in case.units)

    def of(self, ticket: Ticket) -> Veil:
        """For the texts of a ticket that he opens; other reporters on its case stay as hidden as they are to him."""
        return self._veil(ticket.case, [ticket], self.sight(ticket), listed=False)

    def listed(self, ticket: Ticket) -> Veil:
        """For the texts of a ticket in a list or a file."""
        return self._veil(ticket.case, [ticket], self.sight(ticket, listed=True), listed=True)

    def on(self, case: Case) -> Veil:
        """For the answer of a case, which all its reporters are told."""
        widest = max((self.sight(each) for each in case.tickets), default=Sight.MASKED)
        return self._veil(case, (), widest, listed=False)

    @staticmethod
    def outside(ticket: Ticket) -> str:
        """The ticket's answer for whoever holds its code: no person in it, but the numbers that offices give out."""
        return Veil.of_answer(_people(ticket)).text(ticket.answer)

    @staticmethod
    def words_outside(ticket: Ticket) -> Veil:
        """For the resident's own words as whoever holds the code reads them: his neighbour may hold it, too."""
        return Veil(Sight.MASKED, masked=_people(ticket))

    def record(self, case: Case | None, ticket: Ticket | None = None) -> Veil:
        """For the desk's own record (titles, steps, requests): numbers are masked there for everybody."""
        about = case.tickets if case is not None else [ticket] if ticket is not None else []
        widest = max((self.sight(each, listed=True) for each in about), default=Sight.MASKED)
        return self._veil(case, about, max(widest, Sight.MASKED), listed=True)

    def _veil(self, case: Case | None, alone: Sequence[Ticket], sight: Sight, *, listed: bool) -> Veil:
        """The veil of this sight that knows the people of the whole case; one is made for many lines of a list."""
        if self.sees_all:
            return _BARE[sight]
        key = (case.id if case is not None else "", sight, listed)
        if case is not None and key in self._veils:
            return self._veils[key]
        people: dict[Sight, list[Person]] = {each: [] for each in Sight}
        for ticket in case.tickets if case is not None else alone:
            people[self.sight(ticket, listed=listed)].append(person_of(ticket))
            if self.is_unit:
                people[Sight.MASKED].append(Person(marks=frozenset({ticket.code})))
        made = Veil(sight, masked=people[Sight.MASKED], hidden=people[Sight.HIDDEN])
        if case is not None:
            self._veils[key] = made
        return made

    def title(self, case: Case) -> str:
        """The title of a case in a list, a file or a notice."""
        return self._title(case, self.record(case))

    def title_opened(self, case: Case) -> str:
        """The title of a case that he opens: whoever handles it has to go to the door."""
        return self._title(case, self.on(case))

    @staticmethod
    def _title(case: Case, veil: Veil) -> str:
        """It is the beginning of a ticket's words, so those are masked before they are cut."""
        for ticket in case.tickets:
            words = ticket.title or ticket.text
            if case.title and words.startswith(case.title):
                return veil.text(words)[:TITLE_LENGTH]
        return veil.text(case.title)

    def name(self, ticket: Ticket, *, listed: bool = False) -> str:
        """The reporter's name; empty when it is not known or hidden."""
        name, sight = ticket.resident.name, self.sight(ticket, listed=listed)
        return name if sight is Sight.OPEN else mask_name(name) if sight is Sight.MASKED else ""

    def address(self, ticket: Ticket, external: str) -> str:
        """The name a platform knows him by."""
        sight = self.sight(ticket)
        return external if sight is Sight.OPEN else mask_address(external) if sight is Sight.MASKED else ""

    def place(self, ticket: Ticket, place: dict[str, Any]) -> dict[str, Any] | None:
        """The place sent along; for whoever does not see the person nothing finer than the community."""
        if not place or self.sees(ticket):
            return place or None
        community = ticket.community or ticket.street
        return {"label": self.district.units.get(community).name} if community in self.district.units else None

    def suggestion(self, ticket: Ticket) -> dict[str, Any]:
        """The suggestion; without the words it marks and the entities that name a person, unless he is seen."""
        whole = ticket.suggestion
        if not whole or self.sees(ticket):
            return _without_other_cases(whole) if whole and self.is_unit else whole
        veil = self.of(ticket)
        entities = [_coarse(each) for each in whole.get("entities", []) if each["kind"] not in PERSONAL]
        kept = {name: value for name, value in whole.items() if name in OF_THE_MATTER}
        sifted = kept | {
            **{name: whole.get(name, []) for name in OF_OTHER_CASES},
            "matters": [each | _NOWHERE for each in whole.get("matters", [])],
            "entities": _through(veil, entities),
            "urgency": _through(veil, whole.get("urgency", {})),
            "why": veil.text(whole.get("why", "")),
            "reasons": [],
        }
        return _without_other_cases(sifted) if self.is_unit else sifted

    def finds(self, ticket: Ticket, wanted: Iterable[Word]) -> bool:
        """Whether each word stands in what he reads of the ticket in a list; masked digits and names are not found."""
        numbers = [ticket.number, *([ticket.case.number] if ticket.case is not None else [])]
        return _has(numbers, self._texts(ticket), wanted)

    def finds_case(self, case: Case, wanted: Iterable[Word]) -> bool:
        """Whether each stands in the case's number or title or in its tickets', as he reads them."""
        texts = [self.title(case), *(text for ticket in case.tickets for text in self._texts(ticket))]
        return _has([case.number, *(ticket.number for ticket in case.tickets)], texts, wanted)

    def _texts(self, ticket: Ticket) -> list[str]:
        veil = self.listed(ticket)
        return [veil.text(ticket.title), veil.text(ticket.text)]

    def step_texts(
        self, steps: Iterable[Step], case: Case | None, ticket: Ticket | None = None
    ) -> list[dict[str, Any]]:
        """What happened, line by line, in words he may read.

        The name of a file is hidden from whom ``case_files.of_case`` hides the file: the desk's, of a reporter's case.
        """
        veil = self.record(case, ticket)
        hides = self.is_unit and case is not None and any(is_report(each) for each in case.tickets)
        return [
            {
                "at": step.at,
                "move": step.move,
                "label": step.label,
                "actor": veil.text(step.actor_name),
                "role": step.role,
                "from": step.source,
                "to": step.target,
                "unit": step.unit,
                "reason": veil.text(step.reason),
                "text": "" if hides and step.move == ADD_FILE and not _of_unit(step) else veil.text(step.text),
            }
            for step in steps
        ]


def _of_unit(step: Step) -> bool:
    return step.role in UNIT_ROLES


_BARE = {Sight.OPEN: Veil(Sight.OPEN), Sight.MASKED: Veil.of_numbers(), Sight.HIDDEN: Veil(Sight.HIDDEN)}
"""For who sees everybody: nobody's words need to be known."""


def _without_other_cases(suggestion: dict[str, Any]) -> dict[str, Any]:
    """A suggestion as a unit reads it: of cases that may be others' not even that there are any."""
    units = [each | {"returns": []} for each in suggestion.get("unit", [])]
    told = {"why": ""} if any(each.get("returns") for each in suggestion.get("unit", [])) else {}
    return suggestion | {name: [] for name in OF_OTHER_CASES} | {"unit": units} | told


def _coarse(entity: dict[str, Any]) -> dict[str, Any]:
    """An entity without house and door, and without its place in the text, which is not the text he reads."""
    value = {name: each for name, each in (entity.get("value") or {}).items() if name not in TO_THE_HOUSE}
    words = {"text": value.get("name", "**")} if entity["kind"] == "address" else {}
    return entity | _NOWHERE | words | {"value": value}


def _through(veil: Veil, value: Any) -> Any:
    """Every text in a JSON value as it may be read."""
    if isinstance(value, str):
        return veil.text(value)
    if isinstance(value, dict):
        return {name: _through(veil, each) for name, each in value.items()}
    return [_through(veil, each) for each in value] if isinstance(value, list) else value


def _has(numbers: Iterable[str], texts: Iterable[str], wanted: Iterable[Word]) -> bool:
    named, read = tuple(numbers), [text.casefold() for text in texts]
    return all(any(map(word.is_number, named)) or any(word.text.casefold() in text for text in read) for word in wanted)
