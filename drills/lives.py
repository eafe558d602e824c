"""Random lives of cases: legal and illegal acts by everybody, and after each act what must hold of the case.

A life is made by its seed alone, so a breach is found again by ``run_one(…, seed)``; the acts that led to it are named.
Time passes between the acts, by minutes or by days, into nights, holidays and past deadlines.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.desk import Desk
from api.settings import Settings
from casework import acts, callbacks, desk_work, filing, intake, lifecycle, merging, requests, rules, supervision
from casework.actors import Actor, CallbackResult, Given
from casework.callbacks import SATISFACTION
from casework.errors import CaseworkError
from casework.tables import Case, Request, Ticket
from channels.message import InboundMessage, Sender
from district.pack import District
from district.schemas import Role
from drills import databases
from drills.invariants import breaches
from drills.suggestions import suggestion
from storage import migrate
from storage.database import Database
from triage.assessment import Assessment

BEGIN = datetime(2026, 9, 14, 1, tzinfo=UTC)
ACTS = 36
"""Acts of one life at most."""
ILLEGAL = 0.2
"""Share of acts that somebody tries without looking at what he may do."""
LIVES = 5000
DESK_ROLES = (Role.AGENT, Role.DISPATCHER, Role.SUPERVISOR, Role.CALLBACK_AGENT, Role.ADMINISTRATOR, Role.AUDITOR)
AHEAD = frozenset({"dispatch", "sign", "answer", "resume"})
"""Moves that bring a case nearer to its end: without a hand a life of chance would seldom get there."""
PAUSES = (timedelta(minutes=7), timedelta(hours=1), timedelta(hours=5), timedelta(hours=20), timedelta(days=4))


class Broken(AssertionError):
    """Something does not hold; the message says what, in which life, and after which acts."""


@dataclass
class Life:
    """One life under way."""

    database: Database
    district: District
    seed: int
    chance: random.Random = field(init=False)
    now: datetime = field(init=False)
    tickets: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.now = BEGIN + timedelta(minutes=self.chance.randrange(60 * 24 * 40))

    def live(self) -> None:
        """Live it. Raises ``Broken``."""
        for number in range(self.chance.choice((1, 1, 1, 2, 3, 13))):
            self._report(number)
        for _ in range(self.chance.randrange(6, ACTS)):
            self.now += self.chance.choice(PAUSES) * self.chance.random()
            self._check(self._act())
        self._check(*self.tickets)

    def _report(self, number: int) -> None:
        categories = self.district.taxonomy.leaves
        category = categories[self.chance.randrange(len(categories))].code
        street = self.chance.choice([each.code for each in self.district.units.streets])
        message = InboundMessage(
            channel="wechat",
            account="main",
            delivery_id=f"{self.seed}-{number}",
            kind="text",
            sender=Sender(f"o-{self.seed}-{number}", ""),
            external_id=f"{self.seed}-{number}",
            text="楼下的井盖坏了",
        )
        judged = self._judged(category, street)
        with self.database.write.begin() as session:
            ticket_id = intake.receive(session, self.district, message, blob="b" * 64, now=self.now).ticket_id
        with self.database.write.begin() as session:
            filing.file(session, self.district, ticket_id, judged, now=self.now)
        self.tickets.append(ticket_id)

    def _judged(self, category: str, street: str) -> Assessment:
        kind = self.chance.choice(("投诉", "咨询", "求助", "举报"))
        level: Any = self.chance.choice(("normal",) * 6 + ("urgent", "emergency"))
        return suggestion(self.district, category, request_type=kind, urgency=level, street=street)

    def _act(self) -> str:
        """One act of somebody, in a transaction of its own, and whose ticket it was about.

        A refusal must be one of casework's own errors.
        """
        about = ""
        try:
            with self.database.write.begin() as session:
                ticket = self._one_of(session)
                about = ticket.id
                what, do = self._choose(session, ticket)
                self.told.append(f"{self.now:%m-%d %H:%M} {what}")
                do()
        except CaseworkError as error:
            self.told[-1] += f" → {type(error).__name__}"
            self.refused[type(error).__name__] += 1
        else:
            self.done[what.split()[0]] += 1
        return about

    def _one_of(self, session: Session) -> Ticket:
        """One of the life's tickets, seldom one that is over."""
        rows = session.scalars(select(Ticket).where(Ticket.id.in_(self.tickets)))
        found = sorted(rows, key=lambda each: self.tickets.index(each.id))
        alive = [each for each in found if each.state not in self.district.workflow.ticket.final]
        return self.chance.choice(alive if alive and self.chance.random() < 0.9 else found)

    def _choose(self, session: Session, ticket: Ticket) -> tuple[str, Callable[[], object]]:
        if self.chance.random() < 0.04:
            return "clocks", lambda: supervision.check_clocks(session, self.district, now=self.now)
        if self.chance.random() < ILLEGAL:
            return self._blind(session, ticket)
        if ticket.state == "assessed" or (ticket.case is not None and ticket.case.state == "open"):
            return self._by_the_desk(session, ticket)
        if ticket.state == "told":
            return self._callback(session, ticket)
        if ticket.case is not None:
            return self._by_the_workflow(session, ticket.case)
        return self._blind(session, ticket)

    def _by_the_desk(self, session: Session, ticket: Ticket) -> tuple[str, Callable[[], object]]:
        actor = self._member(self.chance.choice((Role.AGENT, Role.DISPATCHER, Role.DISPATCHER, Role.SUPERVISOR)))
        common: dict[str, Any] = {"actor": actor, "now": self.now}
        waiting = [each for each in (ticket.case.requests if ticket.case else ()) if each.state == "pending"]
        if waiting:
            return self._decision(session, waiting[0])
        other = self._other_case(session, ticket)
        if other is not None and self.chance.random() < 0.5:
            return "merge", lambda: desk_work.merge(session, self.district, ticket, other, **common)
        if self.chance.random() < 0.1:
            given = Given(reason="court", text="请向法院起诉")
            name = self.chance.choice(("reject", "answer_directly", "withdraw"))
            return name, lambda: desk_work.move(session, self.district, ticket, name, given=given, **common)
        return "accept", lambda: desk_work.accept(session, self.district, ticket, reason="按实际职责", **common)

    def _other_case(self, session: Session, ticket: Ticket) -> Case | None:
        query = select(Case).join(Ticket, Ticket.case_id == Case.id).where(Ticket.id.in_(self.tickets))
        cases = [case for case in session.scalars(query.order_by(Case.number)) if case.id != ticket.case_id]
        return self.chance.choice(cases) if cases else None

    def _callback(self, session: Session, ticket: Ticket) -> tuple[str, Callable[[], object]]:
        actor = self._member(self.chance.choice((Role.CALLBACK_AGENT,) * 5 + (Role.SUPERVISOR, Role.AGENT)))
        reached = self.chance.random() < 0.75
        result = CallbackResult(
            reached,
            self.chance.random() < 0.8 if reached else None,
            self.chance.random() < 0.6 if reached else None,
            self.chance.choice(SATISFACTION) if reached else "",
        )
        return "call_back", lambda: callbacks.record(session, self.district, ticket, result, actor=actor, now=self.now)

    def _by_the_workflow(self, session: Session, case: Case) -> tuple[str, Callable[[], object]]:
        """A move, a request or a decision that is open to somebody now."""
        waiting = sorted(
            (request for request in case.requests if request.state == "pending"), key=lambda each: each.kind
        )
        if waiting and self.chance.random() < 0.7:
            return self._decision(session, self.chance.choice(waiting))
        actor = self._somebody(case)
        if self.chance.random() < 0.25:
            kinds = requests.open_kinds(session, self.district, case, actor, now=self.now)
            if kinds:
                kind = self.chance.choice(kinds)
                given = self._given(kind.reasons)
                return f"ask {kind.name}", lambda: requests.ask(
                    session, self.district, case, kind.name, actor=actor, now=self.now, given=given
                )
        moves = lifecycle.case_moves(session, self.district, case, actor)
        if moves:
            ahead = [each for each in moves if each.name in AHEAD]
            move = self.chance.choice(ahead if ahead and self.chance.random() < 0.6 else moves)
            return self._move(session, case, move.name, actor, self._given(move.reasons))
        return self._blind(session, self.chance.choice(sorted(case.tickets, key=lambda each: each.number)))

    def _decision(self, session: Session, request: Request) -> tuple[str, Callable[[], object]]:
        kind = next(each for each in self.district.workflow.requests if each.name == request.kind)
        actor = self._in_role(self.chance.choice(kind.decided_by), request.case)
        approve = self.chance.random() < 0.7
        verdict = "approve" if approve else "refuse"
        return f"{verdict} {kind.name}", lambda: requests.decide(
            session, self.district, request, approve=approve, actor=actor, now=self.now, text="已核"
        )

    def _blind(self, session: Session, ticket: Ticket) -> tuple[str, Callable[[], object]]:
        """Somebody tries something, whatever the state and his role are."""
        case = ticket.case
        actor = self._somebody(case)
        names = [each.name for each in self.district.workflow.case.transitions]
        if case is None or self.chance.random() < 0.3:
            moves = [each.name for each in self.district.workflow.ticket.transitions if each.name != "answer_directly"]
            name = self.chance.choice([*moves, "unmerge"])
            if name == "unmerge":
                return name, lambda: merging.unmerge(
                    session, self.district, ticket, actor=actor, now=self.now, text="另一件事"
                )
            given = self._given({})
            return f"ticket {name} by {actor.role}", lambda: desk_work.move(
                session, self.district, ticket, name, actor=actor, now=self.now, given=given
            )
        other = self._other_case(session, ticket)
        if other is not None and self.chance.random() < 0.2:
            return "merge_case", lambda: merging.merge_case(
                session, self.district, case, other, actor=actor, now=self.now
            )
        return self._move(session, case, self.chance.choice(names), actor, self._given({}))

    def _move(
        self, session: Session, case: Case, name: str, actor: Actor, given: Given
    ) -> tuple[str, Callable[[], object]]:
        return f"{name} by {actor.role}", lambda: acts.perform(
            session, self.district, case, name, actor=actor, now=self.now, given=given
        )

    def _given(self, reasons: dict[str, str]) -> Given:
        return given_by_chance(self.district, self.chance, reasons, now=self.now)

    def _somebody(self, case: Case | None) -> Actor:
        if case is not None and case.lead_unit and self.chance.random() < 0.8:
            parts = sorted(part.unit for part in case.units)
            return self._in_role(self.chance.choice((Role.UNIT_OFFICER, Role.UNIT_LEAD)), case, parts)
        return self._member(self.chance.choice(DESK_ROLES))

    def _in_role(self, role: Role, case: Case | None, parts: list[str] | None = None) -> Actor:
        if role in (Role.UNIT_OFFICER, Role.UNIT_LEAD) and case is not None:
            unit = self.chance.choice(parts) if parts else case.lead_unit
            return Actor(f"u-{role}-{unit}", "承办单位", role, unit)
        return self._member(role)

    def _member(self, role: Role) -> Actor:
        return Actor(f"u-{role}-{self.chance.randrange(2)}", str(role), role)

    def _check(self, *about: str) -> None:
        with self.database.read() as session:
            query = select(Case).join(Ticket, Ticket.case_id == Case.id).where(Ticket.id.in_(about))
            for case in session.scalars(query.distinct()):
                if found := breaches(session, self.district, case, now=self.now):
                    raise Broken(f"seed {self.seed}: {found}\n   " + "\n   ".join(self.told))


def given_by_chance(district: District, chance: random.Random, reasons: dict[str, str], *, now: datetime) -> Given:
    """What moves and requests need, now and then without."""
    if chance.random() < 0.1:
        return Given()
    bureaus = [unit.code for unit in district.units if unit.kind in ("bureau", "street")]
    day: date = (now + timedelta(days=chance.randrange(1, 60))).date() + timedelta(days=1)
    return Given(
        reason=chance.choice([*reasons]) if reasons else chance.choice(("", "情况复杂")),
        text="已处理" if chance.random() < 0.9 else "",
        unit=chance.choice(bureaus),
        co_units=tuple(chance.sample(bureaus, chance.choice((0, 0, 1, 2)))),
        proposed_unit=chance.choice(bureaus),
        directory_line="DL-0001",
        review_date=day,
    )


@dataclass
class Tally:
    """What happened in many lives."""

    lives: int = 0
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)


def live(database: Database, district: District, *, lives: int, first: int = 0) -> Tally:
    """Live so many lives, of the seeds from ``first`` on. Raises ``Broken`` at the first breach."""
    tally = Tally()
    with database.write.begin() as session:
        rules.keep(session, district, now=BEGIN)
    for seed in range(first, first + lives):
        life = Life(database, district, seed)
        life.live()
        tally.lives += 1
        tally.done += life.done
        tally.refused += life.refused
    return tally


def check(name: str, settings: Settings, *, lives: int) -> None:
    """Live them on a desk of one's own and tell what happened."""
    desk = Desk(settings)
    try:
        migrate.upgrade(desk.database)
        tally = live(desk.database, desk.district, lives=lives)
    finally:
        desk.close()
    done, refused = sum(tally.done.values()), sum(tally.refused.values())
    print(f"   {name}: {tally.lives} lives, {done} acts done, {refused} refused ({len(tally.refused)} kinds of error)")


def run(given: argparse.Namespace) -> None:
    """Both databases."""
    with databases.both() as there:
        for name, settings in there.items():
            check(name, settings, lives=given.lives)
