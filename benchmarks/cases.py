"""What a move of a case costs on a desk with many cases: each act in a transaction of its own, by the domain functions.

The baseline of the same run, taken in turn with the acts: a transaction with one INSERT and its commit on the same
database. The acts are those of an ordinary case: sign, contact, the officer's answer (which asks for approval), the
lead's decision, the callback that closes it.
"""

from __future__ import annotations

import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import Table, insert, select, text
from sqlalchemy.orm import Session

from api.desk import Desk
from api.settings import Settings
from benchmarks.figures import Figure, percentile, spent
from benchmarks.place import Place
from casework import acts, callbacks, requests
from casework.actors import Actor, CallbackResult, Given
from casework.judgements import Judgement
from casework.message_tables import Message
from casework.tables import Callback, Case, CaseUnit, Clock, Notice, Request, Step, Ticket, TicketFacts
from district.schemas import Role
from drills import caseload
from drills.servers import postgres
from storage import migrate
from storage.audit import AuditRow
from storage.database import new_id
from storage.deliveries import Delivery
from storage.numbers import Counter
from storage.statements import table_of

CASES, MEASURED, PATTERNS = 20_000, 300, 40
"""Cases on the desk, those of them that are measured, and those that the others are copies of."""
CLOSED = 34
"""Patterns that have been handled to their end; the others are in progress."""
ALONE = "one INSERT and its commit, same database"
CALLER = Actor("u-caller", "回访员", Role.CALLBACK_AGENT)
CONTENT = CallbackResult(reached=True, contacted=True, resolved=True, satisfaction="satisfied")

Act = Callable[[Session], object]

PARTS: list[tuple[Table, str]] = [
    (table_of(Case), "id"),
    (table_of(Ticket), "id"),
    *((table_of(each), "case_id") for each in (CaseUnit, Clock, Request)),
    *((table_of(each), "ticket_id") for each in (Message, Callback, TicketFacts, Judgement, Delivery)),
    (table_of(Step), "case_id"),
    (table_of(Step), "ticket_id"),
    (table_of(Notice), "case_id"),
    (table_of(AuditRow), "subject_id"),
]
"""What is on record of a case and its tickets: the tables, and the column that names one of them."""
UNIQUE = ("number", "code", "delivery_id", "external_id", "purpose", "recipient")
"""Columns in which no two rows may say the same."""


def run(_place: Place) -> list[Figure]:
    """On SQLite, and on PostgreSQL where it is installed."""
    figures = []
    for name, settings in _databases():
        desk = Desk(settings)
        try:
            figures += _measure(desk, name)
        finally:
            desk.close()
    return figures


def _databases() -> Iterator[tuple[str, Settings]]:
    with tempfile.TemporaryDirectory(prefix="yingsheng-bench-") as folder, postgres() as url:
        yield "sqlite", Settings(home=Path(folder) / "sqlite")
        if url is None:
            print("PostgreSQL is not here (apt-get install postgresql)", file=sys.stderr)
            return
        yield "postgres", Settings(home=Path(folder) / "postgres", database_url=SecretStr(url))


def _measure(desk: Desk, name: str) -> list[Figure]:
    measured = _fill(desk)
    alone, took = [], defaultdict(list)
    for number, case_id in enumerate(measured):
        for what, act in _life(desk, case_id):
            alone.append(_timed(desk, _one_row(f"bench:{number}:{what}")))
            took[what].append(_timed(desk, act))
    took["any"] = [ms for found in took.values() for ms in found]
    return [
        Figure(f"case.{name}.{what}.{rank}", percentile(found, share), "ms", ALONE, percentile(alone, share), "lower")
        for what, found in took.items()
        for rank, share in (("p50", 0.5), ("p99", 0.99))
    ]


def _timed(desk: Desk, act: Act) -> float:
    def work() -> None:
        with desk.database.write.begin() as session:
            act(session)

    return 1000 * spent(work)


def _one_row(name: str) -> Act:
    return lambda session: session.execute(insert(table_of(Counter)), {"name": name, "value": 1})


def _life(desk: Desk, case_id: str) -> list[tuple[str, Act]]:
    """The acts of one case from its signing to its end, in order."""
    with desk.database.read() as session:
        unit = session.get_one(Case, case_id).lead_unit
    officer, lead = (Actor(f"u-{role}", "承办人", role, unit) for role in (Role.UNIT_OFFICER, Role.UNIT_LEAD))

    def move(name: str, words: str = "", *, reason: str = "") -> Act:
        given = Given(text=words, reason=reason)
        return lambda session: acts.perform(
            session, desk.district, session.get_one(Case, case_id), name, actor=officer, now=desk.now(), given=given
        )

    def decide(session: Session) -> object:
        asked = session.scalars(select(Request).where(Request.case_id == case_id)).one()
        return requests.decide(session, desk.district, asked, approve=True, actor=lead, now=desk.now(), text="同意")

    def call(session: Session) -> object:
        ticket = session.scalars(select(Ticket).where(Ticket.case_id == case_id)).one()
        return callbacks.record(session, desk.district, ticket, CONTENT, actor=CALLER, now=desk.now())

    return [
        ("sign", move("sign")),
        ("contact", move("contact", "已电话联系")),
        ("answer", move("answer", "井盖已更换", reason="不待协办单位反馈")),
        ("decide", decide),
        ("callback", call),
    ]


def _fill(desk: Desk) -> list[str]:
    """Patterns handled to where they are, the copies of them, and fresh cases: their ids, to be measured."""
    migrate.upgrade(desk.database)
    before = desk.now() - timedelta(days=10)
    patterns = caseload.fill(desk.database, desk.district, cases=PATTERNS, now=before).cases
    for number, case_id in enumerate(patterns):
        life = _life(desk, case_id)
        for _, act in life if number < CLOSED else life[:1]:
            _timed(desk, act)
    _multiply(desk, patterns, (CASES - MEASURED) // PATTERNS)
    return caseload.fill(desk.database, desk.district, cases=MEASURED, now=desk.now(), first=PATTERNS).cases


def _multiply(desk: Desk, patterns: Sequence[str], times: int) -> None:
    """Copy each pattern so often, with all that is on record of it, under keys and numbers of its own."""
    with desk.database.read() as session:
        whole = [(table, rows) for table, column in PARTS if (rows := _rows(session, table, column, patterns))]
    for number in range(times):
        keys = {row["id"]: new_id() for _, rows in whole for row in rows if "id" in row}
        with desk.database.write.begin() as session:
            for table, rows in whole:
                session.connection().execute(insert(table), [_copy(row, keys, number) for row in rows])
    if not desk.database.is_sqlite:
        with desk.database.writer.connect() as connection:
            connection.execute(text("ANALYZE"))


def _rows(session: Session, table: Table, column: str, cases: Sequence[str]) -> list[dict[str, Any]]:
    tickets = session.scalars(select(Ticket.id).where(Ticket.case_id.in_(cases))).all()
    query = select(table).where(table.c[column].in_([*cases, *tickets]))
    return [dict(row) for row in session.execute(query).mappings()]


def _copy(row: dict[str, Any], keys: dict[str, str], number: int) -> dict[str, Any]:
    made = {name: keys.get(value, value) if isinstance(value, str) else value for name, value in row.items()}
    return made | {name: f"{row[name]}-{number}" for name in UNIQUE if row.get(name)}
