"""A desk's casework on a real database of each kind, with the demo district's rules and a fixed calendar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import packs
from casework import acts, callbacks, desk_work, filing, intake
from casework.actors import Actor, CallbackResult, Given
from casework.intake import Receipt
from casework.tables import Case, Request, Step, Ticket
from channels.message import InboundMessage, Sender
from district.automatic import AutomaticRules
from district.pack import District, load
from district.schemas import Role
from drills.suggestions import suggestion
from storage.database import Database
from storage.deliveries import Delivery
from triage.assessment import Assessment, RequestTypeGuess

NOW = datetime(2026, 3, 24, 1, 30, tzinfo=UTC)
"""Tuesday 09:30 in China: an ordinary working day."""

AGENT = Actor("u-agent", "坐席", Role.AGENT)
DISPATCHER = Actor("u-dispatcher", "派单员", Role.DISPATCHER)
SUPERVISOR = Actor("u-supervisor", "督办", Role.SUPERVISOR)
CALLER = Actor("u-caller", "回访员", Role.CALLBACK_AGENT)
AUDITOR = Actor("u-auditor", "审计员", Role.AUDITOR)


@pytest.fixture(scope="session")
def district() -> District:
    return load(Path(packs.__file__).parent / "demo")


def category_of(district: District, *, fixed: bool = True) -> tuple[str, str]:
    """A third-level category whose lead is one unit (or, with ``fixed`` false, the street), and that unit."""
    for category in district.taxonomy.leaves:
        line = district.directory.line_for(category.code, None)
        if line is not None and line.lead.startswith("@street") is not fixed and not line.co_units:
            return category.code, line.lead
    raise LookupError


def assessment(district: District, **changes: Any) -> Assessment:
    """A suggestion as triage would make it."""
    own = {"request_type": RequestTypeGuess("投诉", 0.8), "why": "测试", "model": "test", "took_ms": 1.0}
    return replace(suggestion(district, category_of(district)[0]), **(own | changes))


def text_message(
    text: str = "光明路的路灯坏了三天没人修", *, delivery: str = "1", sender: str = "o-1", **more: Any
) -> InboundMessage:
    return InboundMessage(
        channel=more.pop("channel", "wechat"),
        account="main",
        delivery_id=delivery,
        kind="text",
        sender=Sender(sender, "刘先生"),
        external_id=more.pop("external_id", delivery),
        text=text,
        **more,
    )


@dataclass
class Bench:
    """Short words for what tests do again and again; each act is a transaction of its own."""

    database: Database
    district: District
    now: datetime = NOW
    _count: int = field(default=0)

    def receive(self, message: Any, *, now: datetime | None = None, sms: str = "") -> Receipt:
        with self.database.write.begin() as session:
            return intake.receive(session, self.district, message, blob="b" * 64, now=now or self.now, sms=sms)

    def file(self, ticket_id: str, made: Assessment | None = None, **more: Any) -> None:
        with self.database.write.begin() as session:
            filing.file(session, self.district, ticket_id, made or assessment(self.district), now=self.now, **more)

    def ticket_unfiled(self, text: str = "光明路的路灯坏了三天没人修") -> str:
        """A ticket that triage has not seen; its id."""
        self._count += 1
        return self.receive(text_message(text, delivery=f"d{self._count}", sender=f"o-{self._count}")).ticket_id

    def ticket(self, text: str = "光明路的路灯坏了三天没人修", **changes: Any) -> str:
        """A ticket that triage has assessed; its id."""
        ticket_id = self.ticket_unfiled(text)
        self.file(ticket_id, assessment(self.district, **changes))
        return ticket_id

    def case(self, text: str = "光明路的路灯坏了三天没人修", **changes: Any) -> str:
        """A dispatched case; its id."""
        ticket_id = self.ticket(text, **changes)
        with self.database.write.begin() as session:
            found = session.get_one(Ticket, ticket_id)
            case = desk_work.accept(session, self.district, found, actor=DISPATCHER, now=self.now)
            return case.id

    def lead(self, case_id: str, role: Role = Role.UNIT_LEAD) -> Actor:
        with self.database.read() as session:
            unit = session.get_one(Case, case_id).lead_unit
        return Actor(f"u-{role}-{unit}", "承办单位", role, unit)

    def do(self, case_id: str, name: str, actor: Actor, *, now: datetime | None = None, **given: Any) -> Step | Request:
        with self.database.write.begin() as session:
            case = session.get_one(Case, case_id)
            return acts.perform(
                session, self.district, case, name, actor=actor, now=now or self.now, given=Given(**given)
            )

    def answered(self, **changes: Any) -> str:
        """A case that its lead has signed and answered; its id."""
        case_id = self.case(**changes)
        lead = self.lead(case_id)
        self.do(case_id, "sign", lead)
        self.do(case_id, "answer", lead, text="您好,路灯已修好。")
        return case_id

    def call_back(self, case_id: str, actor: Actor = CALLER, *, now: datetime | None = None, **result: Any) -> None:
        with self.database.write.begin() as session:
            ticket = session.scalars(select(Ticket).where(Ticket.case_id == case_id, Ticket.state == "told")).first()
            assert ticket is not None
            outcome = CallbackResult(**result)
            callbacks.record(session, self.district, ticket, outcome, actor=actor, now=now or self.now)

    def look(self, read: Callable[[Session], Any]) -> Any:
        with self.database.read() as session:
            return read(session)

    def state(self, case_id: str) -> str:
        return self.look(lambda session: session.get_one(Case, case_id).state)

    def ticket_state(self, ticket_id: str) -> str:
        return self.look(lambda session: session.get_one(Ticket, ticket_id).state)

    def said(self, template: str | None = None) -> list[Delivery]:
        query = select(Delivery).order_by(Delivery.created_at, Delivery.id)
        if template:
            query = query.where(Delivery.template == template)
        return self.look(lambda session: list(session.scalars(query)))


@pytest.fixture
def bench(database: Database, district: District) -> Bench:
    from casework import rules

    with database.write.begin() as session:
        rules.keep(session, district, now=NOW)
    return Bench(database, district)


@pytest.fixture
def sqlite_bench(sqlite_database: Database, district: District) -> Bench:
    """On SQLite alone: for rules that are about neither locking nor a dialect."""
    from casework import rules

    with sqlite_database.write.begin() as session:
        rules.keep(session, district, now=NOW)
    return Bench(sqlite_database, district)


@pytest.fixture
def easy(bench: Bench) -> Bench:
    """With rules of small numbers: the first four are reviewed, and the third wrong one is too much."""
    rules = AutomaticRules(
        target=Decimal("0.5"), shadow_decisions=2, floor=Decimal("0.1"), share=Decimal("0.5"), first=4
    )
    bench.district = replace(bench.district, automatic=rules)
    return bench
