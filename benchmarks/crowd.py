"""A desk with very many cases over two years: patterns lived through by the product's own functions, then copied.

A copy is shifted in time, keys and all: keys are ordered by time, and so are the lists. What the copies are made of
says how the desk looks: most matters are over, a few thousand are under way, a few hundred wait for the desk.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import Engine, Table, func, select
from sqlalchemy.orm import Session
from sqlalchemy.types import Integer, String, TypeDecorator, Uuid

from api.desk import Desk
from casework import acts, callbacks, desk_work, filing, intake, requests, rules
from casework.actors import Actor, CallbackResult, Given
from casework.judgements import Judgement
from casework.message_tables import Message
from casework.resident_tables import Identity, Resident
from casework.tables import Callback, Case, CaseUnit, Clock, Notice, Request, Step, Ticket, TicketFacts
from channels.message import InboundMessage, Sender
from district.pack import District
from district.schemas import Role
from drills.suggestions import suggestion
from storage.audit import AuditRow
from storage.change_log import Change
from storage.database import UTCDateTime
from storage.deliveries import Delivery
from storage.statements import table_of
from triage.assessment import UrgencyLevel

SEED, TWO_YEARS, LATELY = 11, timedelta(days=720), timedelta(days=4)
PART = 100
"""Copies written in one transaction."""
CHANNELS = ("hotline", "wechat", "wechat", "mailbox", "telegram", "walk_in")
DISPATCHER = Actor("u-dispatcher", "派单员", Role.DISPATCHER)
CALLER = Actor("u-caller", "回访员", Role.CALLBACK_AGENT)
RESULTS = tuple(
    CallbackResult(reached=True, contacted=True, resolved=resolved, satisfaction=word)
    for resolved, word in ((True, "satisfied"), (True, "satisfied"), (True, "basically_satisfied"))
)
COPIED: tuple[tuple[Table, str], ...] = (
    (table_of(Resident), "id"),
    (table_of(Identity), "resident_id"),
    (table_of(Case), "id"),
    (table_of(Ticket), "id"),
    *((table_of(each), "case_id") for each in (CaseUnit, Clock, Request)),
    *((table_of(each), "ticket_id") for each in (Message, Callback, TicketFacts, Judgement, Delivery)),
    (table_of(Step), "case_id"),
    (table_of(Step), "ticket_id"),
    (table_of(Notice), "case_id"),
    (table_of(AuditRow), "subject_id"),
    (table_of(Change), "key"),
)
"""What is on record of a matter: the tables, and the column that names its resident, case or ticket."""
ALONE = frozenset({"number", "code", "delivery_id", "external_id", "purpose", "recipient", "external", "sender"})
"""Columns in which no two rows may say the same, and those that name a resident on his channel."""
MADE_THERE = {"change_log": frozenset({"id", "transaction"})}
"""Columns that a database fills itself."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Matters of one state: how many patterns, how many copies of each, and the span that the copies came in."""

    state: str
    patterns: int
    copies: int
    span: timedelta


def kinds(cases: int) -> tuple[Kind, ...]:
    """The kinds that make a desk of about so many matters."""
    few = max(1, cases // 2000)
    live = (("assessed", 8), ("open", 4), ("dispatched", 12), ("in_progress", 56), ("answered", 20))
    over = max(1, (cases - few * sum(number for _, number in live)) // 190)
    return (*(Kind(state, number, few, LATELY) for state, number in live), Kind("closed", 190, over, TWO_YEARS))


def fill(desk: Desk, *, cases: int, texts: Sequence[str]) -> None:
    """Fill a desk that is set up, from the texts' matters."""
    chance, number = random.Random(SEED), 0
    with desk.database.write.begin() as session:
        rules.keep(session, desk.district, now=desk.now())
    for kind in kinds(cases):
        made: list[str] = []
        for _ in range(kind.patterns):
            number += 1
            made += _lived(desk, kind.state, number, texts[number % len(texts)], chance)
        _copy(desk, kind, made)
    if not desk.database.is_sqlite:
        with desk.database.writer.connect() as connection:
            connection.exec_driver_sql("ANALYZE")
    with desk.database.read() as session:
        there = session.scalar(select(func.count(Ticket.id))) or 0
    assert there > cases * 0.9, f"{there} tickets of {cases} were written"


def _lived(desk: Desk, state: str, number: int, text: str, chance: random.Random) -> list[str]:
    """One matter brought to its state: the ids of its ticket, case and resident."""
    began = desk.now() - timedelta(days=12 if state == "closed" else 6 if state == "answered" else 1)
    channel = CHANNELS[number % len(CHANNELS)]
    message = InboundMessage(
        channel=channel,
        account="crowd",
        delivery_id=f"crowd-{number}",
        kind="text",
        sender=Sender(f"crowd-{number}", chance.choice(("刘先生", "王女士", "陈先生", "赵女士"))),
        external_id=f"crowd-{number}",
        text=text,
    )
    with desk.database.write.begin() as session:
        key = intake.receive(session, desk.district, message, blob="b" * 64, now=began).ticket_id
        if not key:  # words that open no matter
            return []
        found = _guess(desk.district, chance)
        filing.file(session, desk.district, key, found, now=began)
        ticket = session.get_one(Ticket, key)
        ids = [ticket.id, ticket.resident_id]
        if state == "assessed":
            return ids
        case = desk_work.accept(
            session, desk.district, ticket, actor=DISPATCHER, now=began, reason="按职责", dispatch_now=state != "open"
        )
        ids.append(case.id)
    for at, act in _life(desk, case.id, case.lead_unit, began, chance)[: _ACTS[state]]:
        with desk.database.write.begin() as session:
            act(session, at)
    return ids


def _guess(district: District, chance: random.Random) -> Any:
    """A suggestion; a few categories make most of the work, as everywhere."""
    leaves = district.taxonomy.leaves
    leaf = leaves[int(len(leaves) * chance.random() ** 3)]
    urgency: UrgencyLevel = "urgent" if chance.random() < 0.05 else "normal"
    street = chance.choice([each.code for each in district.units.streets])
    asked = chance.choice(("投诉", "咨询", "求助", "举报"))
    return suggestion(district, leaf.code, request_type=asked, urgency=urgency, street=street)


_ACTS = {"open": 0, "dispatched": 0, "in_progress": 2, "answered": 4, "closed": 5}
"""How many acts of its life a matter of this state has seen."""
Act = Callable[[Session, datetime], object]


def _life(desk: Desk, key: str, unit: str, began: datetime, chance: random.Random) -> list[tuple[datetime, Act]]:
    """From the dispatch to the end: each act with its time."""
    officer, lead = (Actor(f"u-{role}", "承办人", role, unit) for role in (Role.UNIT_OFFICER, Role.UNIT_LEAD))
    district = desk.district

    def move(name: str, words: str = "", reason: str = "") -> Act:
        given = Given(text=words, reason=reason)
        return lambda session, at: acts.perform(
            session, district, session.get_one(Case, key), name, actor=officer, now=at, given=given
        )

    def decide(session: Session, at: datetime) -> object:
        (asked,) = session.get_one(Case, key).requests
        return requests.decide(session, district, asked, approve=True, actor=lead, now=at, text="同意")

    def call(session: Session, at: datetime) -> object:
        (ticket,) = session.get_one(Case, key).tickets
        return callbacks.record(session, district, ticket, chance.choice(RESULTS), actor=CALLER, now=at)

    hours = (1, 5, 50, 55, 80)
    given = (
        move("sign"),
        move("contact", "已电话联系，约定两天内处理"),
        move("answer", "已派人到现场处理完毕", "不待协办单位反馈"),
        decide,
        call,
    )
    return [(began + timedelta(hours=each), act) for each, act in zip(hours, given, strict=True)]


def _copy(desk: Desk, kind: Kind, ids: Sequence[str]) -> None:
    """Write the copies, each earlier than the one before, so many to a transaction."""
    read, write = (_sqlite_rows, _to_sqlite) if desk.database.is_sqlite else (_postgres_rows, _to_postgres)
    engine = desk.database.writer
    whole = [(Columns(table), read(engine, Columns(table), column, ids)) for table, column in COPIED]
    keys = {value for columns, rows in whole for row in rows for value in columns.keys_of(row)}
    shifts = [kind.span * ((number + 1) / kind.copies) for number in range(kind.copies - 1)]
    for at in range(0, len(shifts), PART):
        part = list(enumerate(shifts[at : at + PART], start=at))
        write(engine, [(columns, _shifted(columns, rows, keys, kind.state, part)) for columns, rows in whole if rows])


class Columns:
    """The columns of a table that are copied, and which of them are keys, times and names that are unique."""

    def __init__(self, table: Table) -> None:
        self.table = table.name
        columns = [each for each in table.columns if each.name not in MADE_THERE.get(table.name, ())]
        self.names = [each.name for each in columns]
        self.own = self.names.index("id") if "id" in self.names else -1
        self.keyed = [at for at, each in enumerate(columns) if _names_something(each.type)]
        self.timed = [at for at, each in enumerate(columns) if isinstance(each.type, UTCDateTime)]
        self.alone = [at for at, name in enumerate(self.names) if name in ALONE]
        self.counted = [at for at, each in enumerate(columns) if isinstance(each.type, Integer)]

    def keys_of(self, row: Sequence[Any]) -> Iterator[str]:
        if self.own >= 0:
            yield str(row[self.own]).replace("-", "")


def _names_something(kind: Any) -> bool:
    inner = kind.impl if isinstance(kind, TypeDecorator) else kind
    return isinstance(inner, Uuid) or (isinstance(inner, String) and inner.length == 80)


def _shifted(
    columns: Columns, rows: Sequence[Sequence[Any]], keys: set[str], state: str, part: Iterable[tuple[int, timedelta]]
) -> Iterator[list[Any]]:
    for number, shift in part:
        for row in rows:
            made = list(row)
            for at in columns.keyed:
                made[at] = _key(made[at], keys, shift)
            for at in columns.timed:
                made[at] = _time(made[at], shift)
            for at in columns.alone:
                if made[at] and made[at] != "\\N":
                    made[at] = f"{made[at]}-{state[0].upper()}{number}"
            yield made


def _key(value: Any, keys: set[str], shift: timedelta) -> Any:
    """The key of the same row in the copy: as random as it was, and as much earlier as the copy is."""
    if not isinstance(value, str) or len(value) not in (32, 36):
        return value
    plain = value.replace("-", "")
    if plain not in keys:
        return value
    made = f"{int(plain[:12], 16) - int(1000 * shift.total_seconds()):012x}{plain[12:]}"
    return made if len(value) == 32 else str(UUID(made))


def _time(value: Any, shift: timedelta) -> Any:
    if not value or value == "\\N":
        return value
    return (datetime.fromisoformat(value) - shift).isoformat(" ", "microseconds")


def _sqlite_rows(engine: Engine, columns: Columns, column: str, ids: Sequence[str]) -> list[tuple[Any, ...]]:
    wanted = [form for key in ids for form in (key, key.replace("-", ""))]
    names, marks = ", ".join(f'"{name}"' for name in columns.names), ", ".join("?" * len(wanted))
    with engine.connect() as connection:
        found = connection.exec_driver_sql(
            f'SELECT {names} FROM {columns.table} WHERE "{column}" IN ({marks})',
            tuple(wanted),
        )
        return [tuple(row) for row in found]


def _to_sqlite(engine: Engine, parts: Iterable[tuple[Columns, Iterator[list[Any]]]]) -> None:
    with engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        assert raw is not None
        raw.execute("PRAGMA foreign_keys=OFF")
        raw.execute("PRAGMA synchronous=OFF")
        raw.execute("BEGIN IMMEDIATE")
        for columns, rows in parts:
            names, marks = ", ".join(f'"{name}"' for name in columns.names), ", ".join("?" * len(columns.names))
            raw.executemany(f"INSERT INTO {columns.table} ({names}) VALUES ({marks})", rows)
        raw.execute("COMMIT")
    engine.dispose()  # the next connection is as safe as it should be


def _postgres_rows(engine: Engine, columns: Columns, column: str, ids: Sequence[str]) -> list[tuple[Any, ...]]:
    """As the text that COPY writes: what is not changed comes back as it was."""
    names, wanted = ", ".join(f'"{name}"' for name in columns.names), ", ".join(f"'{UUID(key)}'" for key in ids)
    query = f'COPY (SELECT {names} FROM {columns.table} WHERE "{column}"::text IN ({wanted})) TO STDOUT'
    with engine.connect() as connection, _raw(connection).cursor() as cursor, cursor.copy(query) as lines:
        text = b"".join(bytes(each) for each in lines).decode()
    return [tuple(line.split("\t")) for line in text.splitlines()]


def _to_postgres(engine: Engine, parts: Iterable[tuple[Columns, Iterator[list[Any]]]]) -> None:
    with engine.connect() as connection:
        raw = _raw(connection)
        with raw.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            for columns, rows in parts:
                names = ", ".join(f'"{name}"' for name in columns.names)
                with cursor.copy(f"COPY {columns.table} ({names}) FROM STDIN") as lines:  # type: ignore[arg-type]
                    for row in rows:
                        lines.write("\t".join(row) + "\n")
        raw.commit()  # of this transaction the engine knows nothing


def _raw(connection: Any) -> psycopg.Connection:
    raw = connection.connection.dbapi_connection
    assert isinstance(raw, psycopg.Connection)
    return raw


def largest_unit(session: Session) -> str:
    """The unit with the most cases in progress."""
    count = func.count(Case.id)
    query = select(Case.lead_unit).where(Case.state == "in_progress").group_by(Case.lead_unit).order_by(count.desc())
    return session.scalars(query.limit(1)).one()
