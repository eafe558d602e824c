"""Plays a written walk: a sheet of dated acts, each by somebody, on a desk with the demo district's rules.

``tests/walks/README.md`` describes the sheets. Nothing here computes a deadline, a state or a rate: acts go through
the same functions as a page's, and what came of them is read back as rows to be compared with sheets worked by hand.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import acts, callbacks, city_orders, desk_work, filing, intake, merging, requests, urging
from casework.actors import SYSTEM, Actor, CallbackResult, Given
from casework.errors import CaseworkError
from casework.tables import Case, Clock, Ticket
from channels.message import CityOrder, InboundMessage, Sender
from district.pack import District
from district.schemas import Role
from drills.suggestions import suggestion
from storage.database import Database
from triage.assessment import Assessment

ZONE = ZoneInfo("Asia/Shanghai")
TELLS = {"yes": True, "no": False, "": None}
OF_TICKETS = ("answer_directly", "reject", "withdraw")


@dataclass(frozen=True, slots=True)
class Act:
    """One line of the sheet of acts."""

    number: int
    at: datetime
    who: str
    act: str
    subject: str
    details: dict[str, str]


def acts_of(file: Path) -> Iterator[Act]:
    """The acts in the order of the sheet. Raises ``ValueError`` for one that is dated before the act above it."""
    before = datetime(1970, 1, 1, tzinfo=UTC)
    with file.open(encoding="utf-8", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines), 2):
            at = datetime.fromisoformat(row["at"]).replace(tzinfo=ZONE).astimezone(UTC)
            if at < before:
                msg = f"line {number}: {row['at']} lies before the act above it"
                raise ValueError(msg)
            before = at
            pairs = [part.split("=", 1) for part in row["details"].split(";") if part.strip()]
            details = {name.strip(): value.strip() for name, value in pairs}
            yield Act(number, at, row["who"].strip(), row["act"].strip(), row["subject"].strip(), details)


def actor_of(who: str) -> Actor:
    """``dispatcher``, ``dispatcher-2``, ``officer:U001``, ``lead:U001``: the role, and the unit or which of them."""
    kind, _, unit = who.partition(":")
    name = kind.partition("-")[0]
    role = {"officer": Role.UNIT_OFFICER, "lead": Role.UNIT_LEAD, "caller": Role.CALLBACK_AGENT}.get(name)
    return Actor(f"u-{who}", who, role or Role(name), unit)


@dataclass
class Player:
    """A desk on which a walk is played. ``tickets`` and ``cases`` know the sheet's labels."""

    database: Database
    district: District
    tickets: dict[str, str] = field(default_factory=dict)
    cases: dict[str, str] = field(default_factory=dict)

    def play(self, file: Path) -> None:
        """Play the whole sheet. Raises ``AssertionError`` with the line of an act that is refused, or not refused."""
        for each in acts_of(file):
            refused = each.details.pop("refused", "")
            try:
                self._do(each)
                became = ""
            except CaseworkError as error:
                became = type(error).__name__
            assert became == refused, f"line {each.number}: {each.act} {each.subject}: {became or 'not refused'}"

    def _do(self, act: Act) -> None:
        if act.act == "report":
            self._report(act)
            return
        with self.database.write.begin() as session:
            if act.act == "expect":
                self._expect(session, act)
            elif act.subject.startswith("T"):
                self._on_ticket(session, act)
            else:
                self._on_case(session, act)

    def _report(self, act: Act) -> None:
        """A message comes in and is judged: as the sheet says, whatever triage would think of its words."""
        label, given = act.subject, act.details
        message = self._message(label, given)
        with self.database.write.begin() as session:
            receive = city_orders.receive if message.order is not None else intake.receive
            receipt = receive(session, self.district, message, blob="b" * 64, now=act.at)
            assert receipt.ticket_id, f"line {act.number}: no ticket came of it"
        self.tickets[label] = receipt.ticket_id
        with self.database.write.begin() as session:
            filing.file(session, self.district, receipt.ticket_id, self._judged(given), now=act.at)
            ticket = session.get_one(Ticket, receipt.ticket_id)
            if ticket.case is not None and "case" in given:
                self.cases[given["case"]] = ticket.case.id

    def _message(self, label: str, given: dict[str, str]) -> InboundMessage:
        number, channel = given.get("order", ""), given.get("channel", "wechat")
        if number:
            order = CityOrder(number=number, act="issue", deadline=moment_of(given["deadline"]))
            sender, channel = Sender(f"1380000{int(label[1:]):04d}", "", ""), "city"
        else:
            order, sender = None, Sender(f"o-{label}", "")
        return InboundMessage(
            channel=channel,
            account="main",
            delivery_id=label,
            kind="text",
            sender=sender,
            external_id=number or label,
            text=given.get("text", f"小区里的事请你们处理，诉求{label}"),
            order=order,
        )

    def _judged(self, given: dict[str, str]) -> Assessment:
        level: Any = given.get("urgency", "normal")
        kind, street = given.get("type", "投诉"), given.get("street", "")
        return suggestion(self.district, given["category"], request_type=kind, urgency=level, street=street)

    def _on_ticket(self, session: Session, act: Act) -> None:
        ticket = session.get_one(Ticket, self.tickets[act.subject])
        given, actor = act.details, actor_of(act.who)
        if act.act in ("accept", "file"):
            case = desk_work.accept(
                session,
                self.district,
                ticket,
                actor=actor,
                now=act.at,
                unit=given.get("unit", ""),
                reason=given.get("reason", ""),
                dispatch_now=act.act == "accept",
            )
            self.cases[given["case"]] = case.id
        elif act.act == "merge":
            into = session.get_one(Case, self.cases[given["into"]])
            desk_work.merge(session, self.district, ticket, into, actor=actor, now=act.at)
        elif act.act == "unmerge":
            text = given.get("text", "")
            own = merging.unmerge(session, self.district, ticket, actor=actor, now=act.at, text=text)
            self.cases[given["case"]] = own.id
        elif act.act == "urge":
            purpose = f"urging-{act.number}"
            urging.urge(session, self.district, ticket, "催办", purpose=purpose, actor=SYSTEM, now=act.at)
        elif act.act == "call_back":
            callbacks.record(session, self.district, ticket, _result(given), actor=actor, now=act.at)
        else:
            assert act.act in OF_TICKETS, f"line {act.number}: no act {act.act} of a ticket"
            what = Given(reason=given.get("reason", ""), text=given.get("text", ""))
            desk_work.move(session, self.district, ticket, act.act, actor=actor, now=act.at, given=what)

    def _on_case(self, session: Session, act: Act) -> None:
        case = session.get_one(Case, self.cases[act.subject])
        actor = actor_of(act.who)
        if act.act == "merge_case":
            master = session.get_one(Case, self.cases[act.details["into"]])
            merging.merge_case(session, self.district, case, master, actor=actor, now=act.at)
        elif act.act == "ask":
            kind = act.details["kind"]
            requests.ask(session, self.district, case, kind, actor=actor, now=act.at, given=_given(act.details))
        elif act.act == "decide":
            self._decide(session, act, case, actor)
        else:
            given = _given(act.details)
            acts.perform(session, self.district, case, act.act, actor=actor, now=act.at, given=given)

    def _decide(self, session: Session, act: Act, case: Case, actor: Actor) -> None:
        kind = act.details["kind"]
        waiting = [each for each in case.requests if each.kind == kind and each.state == "pending"]
        assert len(waiting) == 1, f"line {act.number}: {len(waiting)} requests of {kind} wait"
        requests.decide(
            session,
            self.district,
            waiting[0],
            approve=act.details["verdict"] == "approve",
            actor=actor,
            now=act.at,
            text=act.details.get("text", ""),
            unit=act.details.get("unit", ""),
        )

    def _expect(self, session: Session, act: Act) -> None:
        """What stands at this moment: state, lead, clock with clock_state and due, requests that wait."""
        if act.subject.startswith("T"):
            found: dict[str, str] = {"state": session.get_one(Ticket, self.tickets[act.subject]).state}
        else:
            case = session.get_one(Case, self.cases[act.subject])
            found = {"state": case.state, "lead": case.lead_unit, "pending": _pending(case)}
            if "clock" in act.details:
                clock = [each for each in case.clocks if each.name == act.details["clock"]][-1]
                found |= {"clock": clock.name, "clock_state": clock.state, "due": shown(clock.due_at)}
        wanted = {name: found.get(name) for name in act.details}
        assert act.details == wanted, f"line {act.number}: {act.subject} is {wanted}, the sheet says {act.details}"

    def look(self, read: Callable[[Session], Any]) -> Any:
        """Read something."""
        with self.database.read() as session:
            return read(session)


def _pending(case: Case) -> str:
    return "|".join(sorted(each.kind for each in case.requests if each.state == "pending"))


def _given(details: dict[str, str]) -> Given:
    co_units = details.get("co_units")
    return Given(
        reason=details.get("reason", ""),
        text=details.get("text", ""),
        unit=details.get("unit", ""),
        co_units=None if co_units is None else tuple(filter(None, co_units.split("|"))),
        directory_line=details.get("line", ""),
        proposed_unit=details.get("proposed_unit", ""),
        review_date=date.fromisoformat(details["review_date"]) if "review_date" in details else None,
    )


def _result(details: dict[str, str]) -> CallbackResult:
    return CallbackResult(
        details.get("reached", "yes") == "yes",
        TELLS[details.get("contacted", "")],
        TELLS[details.get("resolved", "")],
        details.get("satisfaction", ""),
        details.get("text", ""),
    )


def moment_of(text: str) -> datetime:
    """A local moment of a sheet."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


def shown(at: datetime | None) -> str:
    """A moment as the sheets write it: ``2026-09-21 09:05``, with seconds where there are any; empty for none."""
    if at is None:
        return ""
    local = at.astimezone(ZONE)
    return f"{local:%Y-%m-%d %H:%M:%S}" if local.second else f"{local:%Y-%m-%d %H:%M}"


def clock_rows(session: Session, cases: dict[str, str]) -> list[tuple[str, ...]]:
    """Every running of every clock: case, clock, which of its runs, started, due, stopped, state."""
    rows = []
    for label, case_id in cases.items():
        counted: dict[str, int] = {}
        query = select(Clock).where(Clock.case_id == case_id).order_by(Clock.started_at, Clock.id)
        for clock in session.scalars(query):
            counted[clock.name] = counted.get(clock.name, 0) + 1
            run = str(counted[clock.name])
            moments = shown(clock.started_at), shown(clock.due_at), shown(clock.stopped_at)
            rows.append((label, clock.name, run, *moments, _clock_state(clock)))
    return sorted(rows)


def _clock_state(clock: Clock) -> str:
    if clock.state != "stopped" or clock.stopped_at is None:
        return clock.state
    return "late" if clock.stopped_at > clock.due_at else "in_time"


def case_rows(session: Session, cases: dict[str, str]) -> list[tuple[str, ...]]:
    """Every case: state, lead unit, first unit, returns, reworks."""
    found = {label: session.get_one(Case, case_id) for label, case_id in cases.items()}
    return sorted(
        (label, case.state, case.lead_unit, case.first_unit, str(case.returns), str(case.reworks))
        for label, case in found.items()
    )


def ticket_rows(session: Session, tickets: dict[str, str]) -> list[tuple[str, ...]]:
    """Every ticket: state, why it was closed, unit it counts to, when it counts, and what counts, as 0 and 1."""
    rows = []
    for label, ticket_id in tickets.items():
        ticket = session.get_one(Ticket, ticket_id)
        facts = ticket.facts
        assert facts is not None
        counts = (
            facts.effective_callback,
            facts.contacted_in_time,
            facts.resolved,
            facts.satisfied,
            facts.basically_satisfied,
            facts.excluded,
        )
        rows.append((label, ticket.state, ticket.close_reason, facts.unit, shown(facts.counted_at), *map(str, counts)))
    return sorted(rows)
