"""Matters brought to each state of the pack's workflow by people who may, the way the pack itself says."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from casework import acts, desk_work, intake, lifecycle, requests
from casework.actors import SYSTEM, Actor, CallbackResult, Given
from casework.tables import Case, Ticket
from channels.message import InboundMessage, Sender
from district.pack import District
from district.process import Role
from tests.integration.role_rules import OF_A_UNIT, Book, Move, Place

SATISFIED = {"reached": True, "contacted": True, "resolved": True, "satisfaction": "satisfied"}


@dataclass(frozen=True)
class Units:
    """A unit that leads, one above it, one that co-handles, one that has no part."""

    lead: str
    above: str
    co: str
    stranger: str

    def of(self, place: Place) -> str:
        return "" if place is Place.NONE else str(getattr(self, place.value))


def units_of(district: District) -> Units:
    """The first unit that has another above it leads; two stand outside that tree."""
    lead = next(unit for unit in district.units if unit.parent)
    outside = [unit.code for unit in district.units if not unit.parent and unit.code != lead.parent]
    return Units(lead.code, lead.parent or "", *outside[:2])


def needed(district: District, units: Units, move: Move, *, now: datetime) -> dict[str, str]:
    """All that any act may need: whoever is refused is refused for who he is, not for what is missing."""
    return {
        "reason": next(iter(move.get("reasons") or {"测试": ""})),
        "text": "已经办好",
        "unit": units.lead,
        "proposed_unit": units.co,
        "directory_line": next(iter(district.directory)).line,
        "review_date": f"{(now + timedelta(days=30)).date()}",
    }


class Bringing:
    """Opens matters and brings them on, in the session's transaction."""

    def __init__(self, session: Session, district: District, book: Book, units: Units, *, now: datetime) -> None:
        self._session = session
        self._district = district
        self._book = book
        self._units = units
        self._now = now
        self._numbers = itertools.count(1)
        self._category = district.taxonomy.leaves[0].code

    def ticket(self, state: str) -> Ticket:
        """A ticket in this state; its case, where it has one, was dispatched."""
        ticket = self._received()
        for move in self._path("ticket", state):
            self._bring_ticket(ticket, move)
        self._session.flush()
        assert ticket.state == state, (ticket.state, state)
        return ticket

    def case(self, state: str) -> Case:
        """A case of one ticket, in this state."""
        ticket = self.ticket(self._book.initial("ticket"))
        case = self._file(ticket)
        for move in self._path("case", state):
            self._bring_case(case, move)
        self._session.flush()
        assert case.state == state, (case.state, state)
        return case

    def request(self, kind: Move) -> str:
        """A request that waits for its decision; its id."""
        case = self.case(kind["states"][0])
        asked = requests.ask(
            self._session,
            self._district,
            case,
            kind["name"],
            actor=self._actor(kind["asked_by"]),
            now=self._now,
            given=self._given(kind),
        )
        return asked.id

    def _received(self) -> Ticket:
        number = next(self._numbers)
        words = "光明路的路灯坏了三天没人修"
        message = InboundMessage(
            channel="wechat",
            account="main",
            delivery_id=f"d{number}",
            kind="text",
            sender=Sender(f"o-{number}", "刘先生"),
            external_id=f"d{number}",
            text=words,
        )
        receipt = intake.receive(self._session, self._district, message, blob="b" * 64, now=self._now)
        self._session.flush()
        return self._session.get_one(Ticket, receipt.ticket_id)

    def _path(self, life: str, state: str) -> list[Move]:
        """The shortest way to the state; what only the system does is done where such a matter is furthest on."""
        ways: deque[tuple[str, list[Move]]] = deque([(self._book.initial(life), [])])
        seen = {self._book.initial(life)}
        while ways:
            at, way = ways.popleft()
            if at == state:
                return way
            for move in self._book.moves(life):
                starts = move["from"][-1:] if move["roles"] == ["system"] else move["from"]
                if at in starts and move["to"] not in seen:
                    seen.add(move["to"])
                    ways.append((move["to"], [*way, move]))
        raise LookupError(state)

    def _actor(self, roles: list[str], place: Place = Place.LEAD) -> Actor:
        role = next((Role(each) for each in roles if each not in ("system", "resident")), None)
        if role is None:
            return SYSTEM
        return Actor(f"u-{role}", "准备", role, self._units.of(place) if role in OF_A_UNIT else "")

    def _given(self, move: Move) -> Given:
        what = needed(self._district, self._units, move, now=self._now)
        day = date.fromisoformat(what.pop("review_date"))
        return Given(
            **what,
            co_units=(self._units.co,),
            review_date=day,
            callback=CallbackResult(**SATISFIED),  # type: ignore[arg-type]
        )

    def _file(self, ticket: Ticket) -> Case:
        actor = self._actor(["dispatcher"])
        return desk_work.accept(
            self._session,
            self._district,
            ticket,
            actor=actor,
            now=self._now,
            category=self._category,
            dispatch_now=False,
        )

    def _bring_ticket(self, ticket: Ticket, move: Move) -> None:
        if move["name"] == "file":
            case = self._file(ticket)
            self._bring_case(case, next(each for each in self._book.moves("case") if each["name"] == "dispatch"))
            return
        lifecycle.move_ticket(
            self._session,
            self._district,
            ticket,
            move["name"],
            actor=self._actor(move["roles"]),
            now=self._now,
            given=self._given(move),
        )
        if move["to"] == "assessed":
            ticket.category = self._category

    def _bring_case(self, case: Case, move: Move) -> None:
        exempt = move.get("exempt", [])
        if move.get("approval") and not exempt:
            self._by_request(case, self._book.kinds[move["approval"]])
            return
        actor = self._actor(exempt or move["roles"], Place.CO if move.get("co_unit") else Place.LEAD)
        if actor is SYSTEM and move["to"] in self._book.final("case"):
            self._call_back(case)
        door: Callable[..., Any] = lifecycle.move_case if actor is SYSTEM else acts.perform
        door(
            self._session,
            self._district,
            case,
            move["name"],
            actor=actor,
            now=self._now,
            given=self._given(move),
        )
        self._session.flush()

    def _call_back(self, case: Case) -> None:
        """A case is over when its tickets are."""
        for move in self._book.moves("ticket"):
            if "callback" in move.get("needs", ()):
                for ticket in case.tickets:
                    self._bring_ticket(ticket, move)

    def _by_request(self, case: Case, kind: Move) -> None:
        now, district = self._now, self._district
        actor = self._actor(kind["asked_by"])
        asked = requests.ask(self._session, district, case, kind["name"], actor=actor, now=now, given=self._given(kind))
        decider = self._actor(kind["decided_by"])
        requests.decide(self._session, district, asked, approve=True, actor=decider, now=now)
