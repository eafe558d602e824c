"""Fifty officers act at once on a thousand cases: what they were told was done is done, and nobody stops another.

Each looks at a case as a page shows it and then acts, in a transaction of his own, as the API does; half of the acts go
to a tenth of the cases, so that they collide. Residents ask again meanwhile, and the clock check runs. Afterwards
``drills.ledger`` compares what each was told with what the database holds.
"""

from __future__ import annotations

import argparse
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from api.desk import Desk
from api.jobs import upkeep
from api.settings import Settings
from benchmarks.figures import percentile
from casework import acts, callbacks, desk_work, event_merging, filing, intake, lifecycle, merging, requests
from casework.actors import Actor, CallbackResult, Given
from casework.callbacks import CALLABLE, SATISFACTION
from casework.errors import CaseworkError
from casework.event_tables import Event
from casework.tables import Case, Request, Step, Ticket
from district.schemas import Role
from drills import caseload, databases, ledger
from drills.caseload import Caseload
from drills.ledger import MARK, Done
from drills.lives import AHEAD, given_by_chance
from storage import migrate

OFFICERS, CASES, SECONDS = 50, 1000, 60.0
PARTS = (Role.UNIT_OFFICER, Role.UNIT_LEAD, Role.DISPATCHER, Role.UNIT_LEAD, Role.CALLBACK_AGENT) * 2 + (
    Role.UNIT_OFFICER,
    Role.RESIDENT,
    Role.SUPERVISOR,
)
"""Who the officers are, in turn: mostly units; residents who ask again are among them."""
HOT = 0.1
"""This share of the cases gets half of the acts."""
CHECKED_EVERY = 5.0
"""Seconds between two checks of the clocks."""
URGING = "怎么还没处理"

Act = Callable[[Session], Done]


@dataclass
class Outcome:
    """What happened in one run."""

    done: list[Done] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    surfaced: list[str] = field(default_factory=list)
    """Errors of the database: an officer would have been told to come again later."""
    ms: list[float] = field(default_factory=list)
    """Milliseconds that each transition took, with the waiting for others."""


@dataclass
class Officer:
    """One of them; ``number`` makes his chances and his name."""

    desk: Desk
    made: Caseload
    number: int
    until: float
    outcome: Outcome = field(default_factory=Outcome)
    _acts: int = 0

    def __post_init__(self) -> None:
        self.chance = random.Random(self.number)
        self.role = PARTS[self.number % len(PARTS)]

    def work(self) -> None:
        """Act until the time is over."""
        while time.monotonic() < self.until:
            self._acts += 1
            case_id = self._one_of()
            try:
                with self.desk.database.read() as session:
                    act = self._choose(session, session.get_one(Case, case_id))
                began = time.perf_counter()
                with self.desk.database.write.begin() as session:
                    done = act(session)
            except CaseworkError as error:
                self.outcome.refused[type(error).__name__] += 1
            except Exception as error:  # whatever it is: that is what the drill looks for
                self.outcome.surfaced.append(told(error))
            else:
                self.outcome.done.append(done)
                if done.kind in ledger.TRANSITIONS:
                    self.outcome.ms.append(1000 * (time.perf_counter() - began))

    def _one_of(self) -> str:
        hot = max(1, int(HOT * len(self.made.cases)))
        number = self.chance.randrange(hot if self.chance.random() < 0.5 else len(self.made.cases))
        return self.made.cases[number]

    def _choose(self, session: Session, case: Case) -> Act:
        """What this one does, having looked at the case."""
        if self.role is Role.RESIDENT:
            return self._urge(self.chance.choice(case.tickets)) if case.tickets else self._write()
        actor = self._as(case)
        if self.role is Role.DISPATCHER and self.chance.random() < 0.35:
            return self._by_the_desk(case, actor)
        waiting = [each for each in case.tickets if each.state in CALLABLE]
        if self.role is Role.CALLBACK_AGENT and waiting:
            return self._call_back(self.chance.choice(waiting), actor)
        open_to_him = [each for each in case.requests if each.state == "pending" and self._decides(each, actor)]
        if open_to_him and self.chance.random() < 0.8:
            return self._decide(self.chance.choice(open_to_him), actor)
        kinds = requests.open_kinds(session, self.desk.district, case, actor, now=self.desk.now())
        if kinds and self.chance.random() < 0.25:
            kind = self.chance.choice(kinds)
            return self._ask(case, kind.name, self._given(kind.reasons), actor)
        moves = lifecycle.case_moves(session, self.desk.district, case, actor)
        ahead = [each for each in moves if each.name in AHEAD]
        every = self.desk.district.workflow.case.transitions
        move = self.chance.choice(ahead if ahead and self.chance.random() < 0.7 else moves or every)
        seen = lifecycle.seen_as(session, case) if self.chance.random() < 0.7 else ""
        return self._move(case, move.name, self._given(move.reasons), actor, seen)

    def _as(self, case: Case) -> Actor:
        """A person in this officer's role; of a unit that has a part in the case. His name marks the act."""
        unit = ""
        if self.role in (Role.UNIT_OFFICER, Role.UNIT_LEAD):
            parts = [part.unit for part in case.units]
            unit = self.chance.choice(parts) if parts else self.desk.district.units.streets[0].code
        return Actor(f"{self.role}-{self.number}", f"{MARK}{self.number}-{self._acts}", self.role, unit)

    def _given(self, reasons: dict[str, str]) -> Given:
        return given_by_chance(self.desk.district, self.chance, reasons, now=self.desk.now())

    def _decides(self, request: Request, actor: Actor) -> bool:
        kinds = {kind.name: kind for kind in self.desk.district.workflow.requests}
        return actor.role in kinds[request.kind].decided_by

    def _common(self, actor: Actor) -> dict[str, Any]:
        """The time is read where the API reads it: before the transaction, whatever it then waits for."""
        return {"actor": actor, "now": self.desk.now()}

    def _move(self, case: Case, name: str, given: Given, actor: Actor, seen: str) -> Act:
        case_id, common = case.id, self._common(actor)

        def act(session: Session) -> Done:
            found = session.get_one(Case, case_id)
            done = acts.perform(session, self.desk.district, found, name, given=given, seen=seen, **common)
            session.flush()
            kind = "move" if isinstance(done, Step) else "ask"
            return Done(actor, kind, name, done.id, case=case_id)

        return act

    def _ask(self, case: Case, kind: str, given: Given, actor: Actor) -> Act:
        case_id, common = case.id, self._common(actor)

        def act(session: Session) -> Done:
            found = session.get_one(Case, case_id)
            asked = requests.ask(session, self.desk.district, found, kind, given=given, **common)
            return Done(actor, "ask", kind, asked.id, case=case_id)

        return act

    def _decide(self, request: Request, actor: Actor) -> Act:
        request_id, approve, common = request.id, self.chance.random() < 0.75, self._common(actor)

        def act(session: Session) -> Done:
            found = session.get_one(Request, request_id)
            requests.decide(session, self.desk.district, found, approve=approve, text="已核", **common)
            verdict = "approved" if approve else "refused"
            return Done(actor, "decide", verdict, request_id, case=found.case_id, request_kind=found.kind)

        return act

    def _call_back(self, ticket: Ticket, actor: Actor) -> Act:
        ticket_id, common = ticket.id, self._common(actor)
        reached = self.chance.random() < 0.8
        result = CallbackResult(
            reached,
            self.chance.random() < 0.8 if reached else None,
            self.chance.random() < 0.6 if reached else None,
            self.chance.choice(SATISFACTION) if reached else "",
        )

        def act(session: Session) -> Done:
            found = session.get_one(Ticket, ticket_id)
            tried = callbacks.record(session, self.desk.district, found, result, **common)
            return Done(actor, "callback", "call_back", tried.id, ticket=ticket_id)

        return act

    def _by_the_desk(self, case: Case, actor: Actor) -> Act:
        """Merging of all kinds, and what they undo; taking a loose ticket over; a withdrawal."""
        luck, common, district = self.chance.random(), self._common(actor), self.desk.district
        ticket_id, case_id = self.chance.choice(self.made.loose), case.id
        hung = self.chance.choice(case.tickets).id if case.tickets else ticket_id
        other, event_id = self._one_of(), self.chance.choice(self.made.events)

        def act(session: Session) -> Done:
            if luck < 0.5:
                ticket = session.get_one(Ticket, ticket_id)
                step = desk_work.merge(session, district, ticket, session.get_one(Case, case_id), **common)
                return Done(actor, "merge", "merge", step.id, ticket=ticket_id, case=case_id)
            if luck < 0.6:
                into = session.get_one(Case, other)
                step = merging.merge_case(session, district, session.get_one(Case, case_id), into, **common)
                return Done(actor, "merge", "merge_case", step.id, case=case_id)
            if luck < 0.75:
                own = merging.unmerge(session, district, session.get_one(Ticket, hung), text="另一件事", **common)
                return Done(actor, "desk", "unmerge", own.id, ticket=hung)
            if luck < 0.85:
                event_merging.merge(session, district, session.get_one(Event, event_id), **common)
                return Done(actor, "event", "event_merge", event_id)
            if luck < 0.95:
                desk_work.accept(session, district, session.get_one(Ticket, ticket_id), reason="按职责", **common)
                return Done(actor, "desk", "accept", ticket_id, ticket=ticket_id)
            step = desk_work.move(session, district, session.get_one(Ticket, hung), "withdraw", **common)
            return Done(actor, "desk", "withdraw", step.id, ticket=hung)

        return act

    def _urge(self, ticket: Ticket) -> Act:
        if self.chance.random() < 0.2:
            return self._write()
        resident = int(ticket.sender.partition("@")[0].removeprefix("r"))
        name, now = f"u{self.number}-{self._acts}", self.desk.now()
        message = caseload.letter(name, resident=resident, text=URGING, token=ticket.code)

        def act(session: Session) -> Done:
            receipt = intake.receive(session, self.desk.district, message, blob="b" * 64, now=now)
            found = session.get_one(Ticket, receipt.ticket_id)
            kind = "new" if found.opened_at == now else "urge"
            return Done(Actor("", "", self.role), kind, name, receipt.message_id, ticket=found.id)

        return act

    def _write(self) -> Act:
        """A new matter, judged and then left to the desk."""
        name, now = f"n{self.number}-{self._acts}", self.desk.now()
        message = caseload.letter(name, resident=self.number, text=f"{name}号楼的路灯不亮了")
        judged = caseload.assessment(self.desk.district, self.chance)

        def act(session: Session) -> Done:
            receipt = intake.receive(session, self.desk.district, message, blob="b" * 64, now=now)
            filing.file(session, self.desk.district, receipt.ticket_id, judged, now=now)
            self.made.loose.append(receipt.ticket_id)
            return Done(Actor("", "", self.role), "new", name, receipt.message_id, ticket=receipt.ticket_id)

        return act


def told(error: Exception) -> str:
    """An error with what the database said of it and the statement that met it; without values."""
    said = " ".join(str(getattr(error, "orig", error)).split())
    statement = " ".join(str(getattr(error, "statement", "")).split())
    return f"{type(error).__name__}: {said[-400:]} [{statement[:200]}]"


def drill(desk: Desk, *, officers: int, cases: int, seconds: float) -> Outcome:
    """Let them act, and reckon up. The outcome is of all of them; raises ``AssertionError`` where something is lost."""
    migrate.upgrade(desk.database)
    loose, residents = max(10, cases // 5), max(4, cases // 3)
    made = caseload.fill(desk.database, desk.district, cases=cases, loose=loose, residents=residents, now=desk.now())
    caseload.gather(desk.database, made, events=max(2, cases // 100), now=desk.now())
    until = time.monotonic() + seconds
    staff = [Officer(desk, made, number, until) for number in range(officers)]
    surfaced: list[str] = []
    threads = [threading.Thread(target=each.work) for each in staff]
    threads.append(threading.Thread(target=_check_clocks, args=(desk, until, surfaced)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    whole = Outcome(surfaced=surfaced)
    for each in staff:
        whole.done += each.outcome.done
        whole.refused += each.outcome.refused
        whole.surfaced += each.outcome.surfaced
        whole.ms += each.outcome.ms
    assert not whole.surfaced, f"{len(whole.surfaced)} errors of the database surfaced: {Counter(whole.surfaced)}"
    differences = ledger.differences(desk.database, desk.district, whole.done, now=desk.now())
    assert not differences, f"{len(differences)} differences: {differences[:10]}"
    return whole


def _check_clocks(desk: Desk, until: float, surfaced: list[str]) -> None:
    """What the minute's job does, oftener."""
    while time.monotonic() < until:
        try:
            upkeep.check_clocks(desk)
        except Exception as error:
            surfaced.append(f"clocks: {told(error)}")
        time.sleep(max(0.0, min(CHECKED_EVERY, until - time.monotonic())))


def check(name: str, settings: Settings, *, officers: int, cases: int, seconds: float) -> Outcome:
    """Run it on a desk of its own and print what happened. ``name`` is the database's."""
    desk = Desk(settings)
    try:
        found = drill(desk, officers=officers, cases=cases, seconds=seconds)
    finally:
        desk.close()
    kinds = ", ".join(f"{kind} {number}" for kind, number in found.refused.most_common())
    p50, p99, most = percentile(found.ms, 0.5), percentile(found.ms, 0.99), max(found.ms)
    print(f"   {name}: {officers} officers, {cases} cases, {seconds:.0f} s: {len(found.done)} acts")
    print(f"      {len(found.done) / seconds:.1f} acts/s, {found.refused.total()} refused ({kinds})")
    print(f"      a transition: p50 {p50:.0f} ms, p99 {p99:.0f} ms, at most {most:.0f} ms; nothing lost")
    return found


def run(given: argparse.Namespace) -> None:
    """Both databases, the second also where the first failed."""
    size: dict[str, Any] = {"officers": given.officers, "cases": given.cases, "seconds": given.officer_seconds}
    failed = []
    with databases.both() as there:
        for name, settings in there.items():
            try:
                check(name, settings, **size)
            except AssertionError as problem:
                failed.append(f"{name}: {problem}")
    assert not failed, "; ".join(failed)
