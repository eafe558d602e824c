"""The people of the demo's desk and units, and what each of them does in one act, through casework's own doors."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import yaml
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from api.desk import Desk
from casework import acts, alerts, callbacks, deadlines, desk_work, dispatch, requests
from casework.actors import Actor, CallbackResult, Given
from casework.people_tables import Alert
from casework.tables import Case, Request, Ticket
from casework.tickets import OPEN_TICKETS
from district.schemas import Role, Unit
from knowledge import articles
from storage.identity import User

AGENT = Actor("demo-agent", "坐席·周敏", Role.AGENT)
DISPATCHER = Actor("demo-dispatcher", "派单员·何立", Role.DISPATCHER)
SUPERVISOR = Actor("demo-supervisor", "督办·顾明", Role.SUPERVISOR)
CALLER = Actor("demo-callback", "回访员·许静", Role.CALLBACK_AGENT)

_ASKS = re.compile("请问|咨询|打听|想问|问一下|怎么办理|什么材料|怎么申[请领]|带啥材料")
Outcome = Literal["case", "joined", "direct", "none"]


def read_words(folder: Path) -> dict[str, list[str]]:
    """What units answered and said in history (``samples/answers.yaml``)."""
    words: dict[str, list[str]] = yaml.safe_load((folder / "samples" / "answers.yaml").read_text(encoding="utf-8"))
    return words


@dataclass(slots=True)
class Cast:
    """Plays single acts. ``dice`` decide what the script leaves open.

    Acts share a transaction until ``settle``: the demo makes thousands, and a commit costs more than an act.
    """

    desk: Desk
    dice: random.Random
    words: Mapping[str, Sequence[str]]
    matters: dict[tuple[str, str], str] = field(default_factory=dict)
    """Cases by category and place, so that the same matter told again is joined to them (并单)."""
    _session: Session | None = None
    _known: dict[str, Actor] = field(default_factory=dict)

    @property
    def session(self) -> Session:
        """The transaction under way."""
        if self._session is None:
            self._session = self.desk.database.write()
        return self._session

    def settle(self) -> None:
        """Commit what was done: before anybody else writes, and at the end."""
        if self._session is not None:
            self._session.commit()
            self._session.close()
            self._session = None

    def drop(self) -> None:
        """Forget what is not settled."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def case(self, case_id: str) -> Case:
        """The case."""
        return self.session.get_one(Case, case_id)

    def who(self, actor: Actor) -> Actor:
        """The demo's user of this name, where there is one: a figure of one person's work is one figure."""
        if actor.id not in self._known:
            login = actor.id.removeprefix("demo-")
            key = self.session.scalar(select(User.id).where(User.login == login))
            self._known[actor.id] = replace(actor, id=key) if key else actor
        return self._known[actor.id]

    def say(self, key: str) -> str:
        """One of the texts under this key, or of the longest key that begins it, or what suits anything."""
        known = next((key[:length] for length in range(len(key), 0, -1) if key[:length] in self.words), "any")
        return self.dice.choice(self.words[known])

    def chance(self, share: float) -> bool:
        """True in this share of the throws."""
        return self.dice.random() < share

    def later(self, start: datetime, low: float, high: float, calendar: str = "office") -> datetime:
        """So many open hours of the calendar after ``start``."""
        hours = timedelta(hours=self.dice.uniform(low, high))
        return self.desk.district.calendars.advance(start, hours, calendar).due_at

    def share_of(self, case_id: str, clock: str, share: float, *, after: datetime) -> datetime:
        """When this share of a running clock's time has passed, beyond 1 when it is late; always ``after``."""
        calendars = self.desk.district.calendars
        found = deadlines.running(self.case(case_id), clock)
        if found is None:
            return after + timedelta(minutes=20)
        whole = calendars.elapsed(found.started_at, found.due_at, found.calendar)
        at = calendars.advance(found.started_at, whole * share, found.calendar).due_at
        earliest = after + timedelta(minutes=self.dice.randint(3, 25))
        # An emergency is signed within a quarter of an hour: who is to be in time does not wait for longer.
        return max(at, min(earliest, found.due_at) if share < 1 and found.due_at > after else earliest)

    def state(self, case_id: str) -> str:
        """The case's state."""
        return self.case(case_id).state

    def urgency(self, ticket_id: str) -> str:
        """The ticket's urgency as triage judged it."""
        return self.session.get_one(Ticket, ticket_id).urgency

    def take_up(
        self, ticket_id: str, category: str, place: str, *, now: datetime, plainly: bool = False
    ) -> tuple[Outcome, str]:
        """What the desk does with a ticket first: answer it, join it to a case, or file and dispatch it.

        Return what it did and the case. ``plainly`` files and dispatches by the directory, whatever the dice say.
        """
        ticket = self.session.get_one(Ticket, ticket_id)
        if ticket.state != "assessed" and (ticket.case is None or ticket.case.state != "open"):
            return "none", ""
        if ticket.case is None and not plainly:
            if not category or category.startswith("1802"):
                words = "thanks" if category else "added" if self._wrote_before(ticket) else "direct"
                return self._answer_at_once(ticket, self.say(words), now)
            if _ASKS.search(ticket.text[:120]) and self.chance(0.7):
                return self._answer_at_once(ticket, self._from_article(ticket, category), now)
            if joined := self._join(ticket, category, place, now=now):
                return "joined", joined
        return self._dispatch(ticket, category or ticket.category, place, now=now, plainly=plainly)

    def _answer_at_once(self, ticket: Ticket, text: str, now: datetime) -> tuple[Outcome, str]:
        given = Given(text=text)
        district = self.desk.district
        desk_work.move(self.session, district, ticket, "answer_directly", actor=self.who(AGENT), now=now, given=given)
        return "direct", ""

    def _from_article(self, ticket: Ticket, category: str) -> str:
        """The short answer of an article that was found and is of the right category, else where to go."""
        for hit in ticket.suggestion.get("articles", []):
            article = articles.get(self.session, hit["id"])
            if article.category[:4] == category[:4]:
                return article.short_answer.removeprefix("您好，")
        return self.say("consult")

    def _wrote_before(self, ticket: Ticket) -> bool:
        """Whether the resident opened another ticket within the last day."""
        since = ticket.opened_at - timedelta(days=1)
        earlier = select(Ticket.id).where(
            Ticket.resident_id == ticket.resident_id, Ticket.id != ticket.id, Ticket.opened_at > since
        )
        return self.session.scalar(earlier.limit(1)) is not None

    def _join(self, ticket: Ticket, category: str, place: str, *, now: datetime) -> str:
        case_id = self.matters.get((category, place)) if place else None
        case = self.session.get(Case, case_id) if case_id else None
        if case is None or case.state not in ("open", "dispatched", "in_progress"):
            return ""
        corrected = category if category != ticket.category else ""
        dispatch.accept(
            self.session, self.desk.district, ticket, actor=self.who(DISPATCHER), now=now, category=corrected
        )
        dispatch.join(self.session, self.desk.district, ticket, case, actor=self.who(DISPATCHER), now=now)
        return case.id

    def _dispatch(
        self, ticket: Ticket, category: str, place: str, *, now: datetime, plainly: bool
    ) -> tuple[Outcome, str]:
        district = self.desk.district
        found = district.directory.resolve(category, street=ticket.street or None, community=ticket.community or None)
        unit, reason = found.lead or "", ""
        if found.lead is None:
            # The dispatcher telephones and learns where it is.
            unit = ticket.street or self.dice.choice(self.units_of("street"))
        elif self.chance(0.07) and not plainly and ticket.urgency == "normal":
            bureaus = [code for code in self.units_of("bureau") if code != found.lead]
            unit, reason = self.dice.choice(bureaus), "居民称此前由该单位办理"
        case = desk_work.accept(
            self.session,
            district,
            ticket,
            actor=self.who(DISPATCHER),
            now=now,
            category=category if category != ticket.category else "",
            unit=unit,
            reason=reason,
        )
        if place:
            self.matters[category, place] = case.id
        return "case", case.id

    def act(self, case_id: str, move: str, *, now: datetime, by: Role = Role.UNIT_LEAD, text: str = "") -> str:
        """One move of the case's unit; where it needs approval, the id of the request is returned."""
        case = self.case(case_id)
        given = Given(text=text, reason=self._hear_helpers(case, now) if move == "answer" else "")
        done = acts.perform(
            self.session, self.desk.district, case, move, actor=self.of_unit(case, by), now=now, given=given
        )
        return done.id if isinstance(done, Request) else ""

    def _hear_helpers(self, case: Case, now: datetime) -> str:
        """Co-handlers tell the lead what they did; now and then one is silent, and the lead says why it goes on."""
        for part in [part for part in case.units if part.part == "co" and part.answered_at is None]:
            if self.chance(0.1):
                return "协办单位未按时反馈"
            unit = self.desk.district.units.get(part.unit)
            actor = self._worker("officer", "承办人", Role.UNIT_OFFICER, unit)
            given = Given(text=self.say("helped"))
            acts.perform(self.session, self.desk.district, case, "co_answer", actor=actor, now=now, given=given)
        return ""

    def hand_down(self, case_id: str, *, now: datetime) -> None:
        """A street gives the case to the community it lies in (转下级)."""
        case = self.case(case_id)
        units = self.desk.district.units
        if case.community and case.community in units.descendants(case.lead_unit) - {case.lead_unit}:
            given = Given(unit=case.community)
            lead = self.of_unit(case, Role.UNIT_LEAD)
            acts.perform(self.session, self.desk.district, case, "sub_dispatch", actor=lead, now=now, given=given)

    def ask(self, case_id: str, kind: str, given: Given, *, now: datetime) -> str:
        """The unit's lead asks; the request's id."""
        case = self.case(case_id)
        lead = self.of_unit(case, Role.UNIT_LEAD)
        return requests.ask(self.session, self.desk.district, case, kind, actor=lead, now=now, given=given).id

    def decide(self, request_id: str, *, approve: bool, by: Actor | None, now: datetime, text: str = "") -> None:
        """Decide a request; without ``by`` the lead of the case's unit does."""
        request = requests.get(self.session, request_id)
        actor = self.who(by) if by else self.of_unit(request.case, Role.UNIT_LEAD)
        requests.decide(self.session, self.desk.district, request, approve=approve, actor=actor, now=now, text=text)

    def evidence(self, case_id: str) -> tuple[str, str]:
        """Unit and directory line that a return points to; the street where the directory names the present unit."""
        case = self.case(case_id)
        found = dispatch.resolve(self.desk.district, case)
        other = found.lead if found.lead and found.lead != case.lead_unit else case.street or self.units_of("street")[0]
        return other, found.line.line if found.line else ""

    def misled(self, case_id: str) -> bool:
        """Whether the case went to another unit than the directory's."""
        return self.case(case_id).against_directory

    def answer_text(self, case_id: str) -> str:
        """An answer that suits the case's category, signed by the unit that leads it."""
        case = self.case(case_id)
        unit = self.desk.district.units.get(case.lead_unit)
        phone = f"，电话{unit.phone}" if unit.phone else ""
        return f"{self.say(case.category)}{unit.name}{phone}。"

    def more_time(self, case_id: str) -> Given:
        """What an extension is asked for with: rain and spare parts only where something is repaired."""
        return Given(reason="需多方协调", text=self.say(f"extension{self.case(case_id).category}"))

    def send_on(self, case_id: str, *, now: datetime) -> None:
        """After a return the dispatcher sends the case to the unit proposed."""
        case = self.case(case_id)
        given = Given(unit=case.proposed_unit, reason="按退单意见改派", text="按退单意见改派")
        acts.perform(
            self.session, self.desk.district, case, "dispatch", actor=self.who(DISPATCHER), now=now, given=given
        )

    def resume(self, case_id: str, *, now: datetime) -> None:
        """The supervisor lets a suspended case go on."""
        case = self.case(case_id)
        acts.perform(self.session, self.desk.district, case, "resume", actor=self.who(SUPERVISOR), now=now)

    def told(self, case_id: str) -> list[str]:
        """Tickets of the case whose residents wait for their callback."""
        return [ticket.id for ticket in self.case(case_id).tickets if ticket.state == "told"]

    def in_calling_hours(self, at: datetime) -> datetime:
        """That moment, or when the pack's calling hours next begin."""
        district = self.desk.district
        return district.callback.callable_from(at.astimezone(district.calendars.zone), ()).astimezone(at.tzinfo)

    def call(self, ticket_id: str, result: CallbackResult, *, now: datetime) -> None:
        """One callback; nothing where the ticket waits for none any more (reworked with its case)."""
        ticket = self.session.get_one(Ticket, ticket_id)
        if ticket.state in callbacks.CALLABLE:
            callbacks.record(self.session, self.desk.district, ticket, result, actor=self.who(CALLER), now=now)

    def acknowledge(self, ticket_id: str, *, now: datetime) -> None:
        """Somebody on duty takes on what the ticket raised the alarm about."""
        about = or_(Alert.ticket_id == ticket_id, Alert.case_id == self.session.get_one(Ticket, ticket_id).case_id)
        for key in self.session.scalars(select(Alert.id).where(Alert.state == "open", about)).all():
            alerts.acknowledge(self.session, self.desk.district, key, actor=self.who(SUPERVISOR), now=now)

    def contacted(self, case_id: str) -> bool:
        """Whether the unit is on record as having called the resident."""
        return self.case(case_id).contacted_at is not None

    def end(self, ticket_id: str, move: str, *, now: datetime) -> None:
        """Withdraw a ticket for its resident."""
        ticket = self.session.get_one(Ticket, ticket_id)
        if ticket.state in OPEN_TICKETS:
            desk_work.move(self.session, self.desk.district, ticket, move, actor=self.who(AGENT), now=now)

    def units_of(self, kind: str) -> list[str]:
        """Codes of the district's units of a kind."""
        return [unit.code for unit in self.desk.district.units if unit.kind == kind]

    def of_unit(self, case: Case, role: Role) -> Actor:
        """The lead or an officer of the case's unit, named as the demo's users are."""
        who, title = ("lead", "负责人") if role is Role.UNIT_LEAD else ("officer", "承办人")
        unit = self.desk.district.units.get(case.lead_unit)
        return self._worker(who, title, role, unit)

    def _worker(self, who: str, title: str, role: Role, unit: Unit) -> Actor:
        return self.who(Actor(f"demo-{who}-{unit.code}", f"{unit.short_name or unit.name}·{title}", role, unit.code))
