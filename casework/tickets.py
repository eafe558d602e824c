"""Finding tickets and cases, and who may see which."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Literal, TypeVar

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, literal, or_, select, tuple_
from sqlalchemy import case as sql_case
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.sql.base import ExecutableOption

from casework import claims, deadlines, finding, teaching, unsure
from casework.actors import UNIT_ROLES, Actor
from casework.errors import UnknownCase, UnknownTicket
from casework.finding import Word
from casework.judgements import TO_REVIEW
from casework.lookup_codes import code_of
from casework.message_tables import Message
from casework.reading import Reader
from casework.tables import Case, CaseUnit, Clock, Step, Ticket
from district.pack import District
from district.schemas import Role
from storage.database import is_id

TEACHING = "teaching"
Sort = Literal["", "teaching", "unsure"]
"""The orders of the queue: its own, what teaches triage most first, what it is least sure of first."""
OPEN_TICKETS = ("received", "assessed", "on_case", "told", "answered_directly")
Item = TypeVar("Item", Ticket, Case)


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One page of a list; ``next`` is the cursor of the following one, empty at the end."""

    items: Sequence[Item]
    next: str


def seen_cases(district: District, actor: Actor) -> Select[Case]:
    """The cases this actor may see: a unit those it or a descendant leads or co-handles, and no others."""
    query = select(Case)
    if actor.role not in UNIT_ROLES:
        return query
    if not actor.unit:
        return query.where(false())
    below = district.units.descendants(actor.unit)
    return query.where(exists().where(CaseUnit.case_id == Case.id, CaseUnit.unit.in_(below)))


def seen_tickets(district: District, actor: Actor) -> Select[Ticket]:
    """The tickets this actor may see: a unit those on its cases."""
    query = select(Ticket)
    if actor.role in UNIT_ROLES:
        return query.where(Ticket.case_id.in_(seen_cases(district, actor).with_only_columns(Case.id)))
    return query


def get_case(session: Session, district: District, key: str, actor: Actor) -> Case:
    """The case by id or number. Raises ``UnknownCase`` also for a case the actor may not see."""
    wanted = or_(Case.number == key, Case.id == key) if is_id(key) else Case.number == key
    found = session.scalar(seen_cases(district, actor).where(wanted))
    if found is None:
        raise UnknownCase(key)
    return found


def sees_case(session: Session, district: District, case_id: str, actor: Actor) -> bool:
    """Whether the actor may see the case of this id, and so what hangs on it."""
    query = seen_cases(district, actor).where(Case.id == case_id).with_only_columns(Case.id)
    return session.scalar(query) is not None


def get_ticket(session: Session, district: District, key: str, actor: Actor) -> Ticket:
    """The ticket by id, number or code. Raises ``UnknownTicket`` also for one the actor may not see."""
    wanted = or_(Ticket.number == key, Ticket.code == key)
    if is_id(key):
        wanted = or_(wanted, Ticket.id == key)
    ticket = session.scalar(seen_tickets(district, actor).where(wanted))
    if ticket is None:
        raise UnknownTicket(key)
    return ticket


def how_far(district: District, ticket: Ticket) -> str:
    """The state of a ticket in the desk's words; of one that is on a case, the state of the case, which says more."""
    states = district.workflow
    if ticket.state == "on_case" and ticket.case is not None:
        return states.case.states.get(ticket.case.state, ticket.case.state)
    return states.ticket.states.get(ticket.state, ticket.state)


def by_code(session: Session, code: str) -> Ticket:
    """The ticket of a resident's lookup code. Raises ``UnknownTicket``."""
    ticket = session.scalar(select(Ticket).where(Ticket.code == code_of(code)))
    if ticket is None:
        raise UnknownTicket(code)
    return ticket


def by_number_and_code(session: Session, number: str, code: str) -> Ticket:
    """The ticket of which both are right. Raises ``UnknownTicket``, in as much time whichever of them is wrong."""
    found = session.scalar(select(Ticket).where(Ticket.code == code_of(code)))
    known = found.number if found is not None else secrets.token_hex(6)
    stated = Word("".join(number.split()))
    if not hmac.compare_digest(known.encode(), (stated.number or stated.text.upper()).encode()) or found is None:
        raise UnknownTicket(code)
    return found


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """What a list of tickets is narrowed to; empty fields do not narrow."""

    state: str = ""
    channel: str = ""
    urgency: str = ""
    category: str = ""
    text: str = ""
    queue: bool = False
    """Only what waits for the desk: not yet decided, or on a case that is not dispatched."""
    sample: bool = False
    """Only automatic dispatches that wait for review (抽查), whatever became of their cases; ``queue`` says no more."""
    sort: str = ""
    """Of the queue: empty, its own order; ``teaching``, what teaches triage most first; ``unsure``, what it is least
    sure of first. Elsewhere it says nothing.
    """

    @property
    def teaches(self) -> bool:
        """Whether the queue is asked for in the order of ``casework.teaching``."""
        return self.queue and not self.sample and self.sort == TEACHING

    @property
    def unsure(self) -> bool:
        """Whether the queue is asked for in the order of ``casework.unsure``."""
        return self.queue and not self.sample and self.sort == unsure.UNSURE


def list_tickets(
    session: Session, district: District, actor: Actor, chosen: TicketFilter, *, after: str = "", limit: int = 50
) -> Page[Ticket]:
    """Tickets, newest first; the queue with emergencies first, then the one that waits longest, unless sorted else."""
    reader, wanted = Reader(district, actor), finding.words(chosen.text)
    query = _narrow(seen_tickets(district, actor), chosen, people=reader.sees_all).options(*what_masking_asks(reader))
    in_turn = chosen.queue or chosen.sample
    if in_turn:
        query = query.where(TO_REVIEW if chosen.sample else waiting_for(actor))

    def shows(ticket: Ticket) -> bool:
        return not wanted or reader.sees_all or reader.finds(ticket, wanted)

    if chosen.teaches:
        return _teaching(session, query, shows, after, limit)
    if chosen.unsure:
        return _page(
            lambda last: list(session.scalars(unsure.ordered(session, query, last).limit(limit + 1))),
            shows,
            after,
            limit,
        )
    query = query.order_by(*(QUEUE_ORDER if in_turn else (Ticket.id.desc(),)))

    def behind(last: str) -> list[Ticket]:
        part = _behind(session, query, last) if in_turn else query.where(Ticket.id < last) if last else query
        return list(session.scalars(part.limit(limit + 1)))

    return _page(behind, shows, after, limit)


def arrived(
    session: Session, district: District, actor: Actor, chosen: TicketFilter, keys: Collection[str]
) -> Sequence[str]:
    """Which of these tickets the list of ``chosen`` would show, wherever in it; as their ids."""
    reader, wanted = Reader(district, actor), finding.words(chosen.text)
    query = _narrow(seen_tickets(district, actor), chosen, people=reader.sees_all).where(Ticket.id.in_(keys))
    if chosen.queue:
        query = query.where(waiting_for(actor))
    if not wanted or reader.sees_all:
        return list(session.scalars(query.with_only_columns(Ticket.id)))
    found = session.scalars(query.options(*what_masking_asks(reader)))
    return [ticket.id for ticket in found if reader.finds(ticket, wanted)]


def _teaching(
    session: Session, query: Select[Ticket], shows: Callable[[Ticket], bool], after: str, limit: int
) -> Page[Ticket]:
    """One page in the order of what teaches most."""
    start = teaching.cursor_of(session, after)
    order = teaching.Order(start.at)

    def behind(last: str) -> list[Ticket]:
        return list(session.scalars(order.of(session, query, last).limit(limit + 1)))

    found = _page(behind, shows, start.after, limit)
    return Page(found.items, str(teaching.Cursor(start.since, found.next)))


def _page(behind: Callable[[str], list[Item]], shows: Callable[[Item], bool], after: str, limit: int) -> Page[Item]:
    """One page of the rows that ``shows`` lets through.

    The database searches the words as they were written; what a reader finds must stand in the words as he reads
    them, else a masked number could be asked for digit by digit. Names are masked by what triage found in a text and
    by who wrote it, so this is settled row by row here, and no masked copy of the texts has to be kept up to date.
    """
    found: list[Item] = []
    while True:
        rows = behind(after)
        found += filter(shows, rows)
        if len(found) > limit or len(rows) <= limit:
            return Page(found[:limit], found[limit - 1].id if len(found) > limit else "")
        after = rows[-1].id


def what_masking_asks(reader: Reader) -> list[ExecutableOption]:
    """What is loaded with a list of tickets: for who sees masked words also whose words they are."""
    case, resident = selectinload(Ticket.case), selectinload(Ticket.resident)
    if reader.sees_all:
        return [case, resident]
    beside = case.selectinload(Case.tickets).selectinload(Ticket.resident)
    return [beside, case.selectinload(Case.units), resident]


UNDECIDED_STATES = ("received", "assessed")
UNDECIDED = Ticket.state.in_(UNDECIDED_STATES)
_UNDISPATCHED = exists().where(Case.id == Ticket.case_id, Case.state == "open")
WAITING = or_(UNDECIDED, and_(Ticket.state == "on_case", _UNDISPATCHED))
"""What waits for the desk: undecided tickets, and those on a case without a unit (an emergency's, a returned one's)."""


def state_label(district: District, ticket: Ticket) -> str:
    """The ticket's state in words: of one whose case waits to be dispatched (again: 撤回、退单), the case's."""
    case, life = ticket.case, district.workflow.case
    if ticket.state == "on_case" and case is not None and case.state == life.initial:
        return life.states[case.state]
    return district.workflow.ticket.states.get(ticket.state, ticket.state)


def waiting_for(actor: Actor) -> ColumnElement[bool]:
    """What waits for this member of the desk: an agent decides, whoever dispatches takes the open cases too."""
    return UNDECIDED if actor.role is Role.AGENT else WAITING


_RANK = sql_case(
    (Ticket.urgency == "emergency", 0), (Ticket.caller_marked, 3), (Ticket.urgency == "urgent", 1), else_=2
)
"""Emergencies first, whoever tells of them; what a marked caller (恶意骚扰) sends otherwise stands last."""


def _rank(ticket: Ticket) -> int:
    if ticket.urgency == "emergency":
        return 0
    return 3 if ticket.caller_marked else {"urgent": 1}.get(ticket.urgency, 2)


QUEUE_ORDER = (_RANK, Ticket.opened_at, Ticket.id)


def _behind(session: Session, query: Select[Ticket], after: str) -> Select[Ticket]:
    """Only what stands behind this ticket in the queue; the whole queue when it is not known."""
    last = session.get(Ticket, after) if is_id(after) else None
    if last is None:
        return query
    place = (literal(_rank(last)), literal(last.opened_at, Ticket.opened_at.type), literal(last.id, Ticket.id.type))
    return query.where(tuple_(*QUEUE_ORDER) > tuple_(*place))


def first_in_queue(
    session: Session, district: District, actor: Actor, *, now: datetime, besides: str = "", sort: str = ""
) -> Ticket | None:
    """The ticket that the actor takes next, ``besides`` the one he just had; None when the queue is empty.

    What another has claimed (领单) is passed over.
    """
    waiting = seen_tickets(district, actor).where(waiting_for(actor), Ticket.state != "received")
    waiting = waiting.where(~claims.of_another(actor, now=now))
    if besides:
        waiting = waiting.where(Ticket.id != besides)
    if sort == TEACHING:
        order = teaching.Order(teaching.cursor_of(session, "").at)
        return session.scalar(order.of(session, waiting).limit(1))
    if sort == unsure.UNSURE:
        return session.scalar(unsure.ordered(session, waiting).limit(1))
    return session.scalar(waiting.order_by(*QUEUE_ORDER).limit(1))


def _narrow(query: Select[Ticket], chosen: TicketFilter, *, people: bool) -> Select[Ticket]:
    for column, value in (
        (Ticket.state, chosen.state),
        (Ticket.channel, chosen.channel),
        (Ticket.urgency, chosen.urgency),
    ):
        if value:
            query = query.where(column == value)
    if chosen.category:
        query = query.where(Ticket.category.startswith(chosen.category, autoescape=True))
    return query.where(*(finding.in_tickets(word, people=people) for word in finding.words(chosen.text)))


def count_queue(session: Session, actor: Actor) -> int:
    """How many tickets wait for this member of the desk."""
    return session.scalar(select(func.count(Ticket.id)).where(waiting_for(actor))) or 0


def count_pressing(session: Session, actor: Actor) -> int:
    """How many of them are emergencies or urgent."""
    query = select(func.count(Ticket.id)).where(waiting_for(actor), Ticket.urgency != "normal")
    return session.scalar(query) or 0


_NEAREST = select(func.min(Clock.due_at)).where(Clock.case_id == Case.id, deadlines.RUNS).scalar_subquery()
_SHOWN_WITH_CASES = (
    selectinload(Case.clocks),
    selectinload(Case.units),
    selectinload(Case.tickets).selectinload(Ticket.resident),
)


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """What a list of cases is narrowed to."""

    states: tuple[str, ...] = ()
    unit: str = ""
    street: str = ""
    category: str = ""
    text: str = ""
    overdue_at: datetime | None = None
    """Only those of which a clock that runs is over by then; the oldest first."""


def list_cases(
    session: Session, district: District, actor: Actor, chosen: CaseFilter, *, after: str = "", limit: int = 50
) -> Page[Case]:
    """Cases the actor may see, newest first; of those overdue the oldest."""
    query = seen_cases(district, actor)
    if chosen.overdue_at is not None:
        query = query.where(deadlines.overdue(chosen.overdue_at))
    if chosen.states:
        query = query.where(Case.state.in_(chosen.states))
    if chosen.unit:
        query = query.where(exists().where(and_(CaseUnit.case_id == Case.id, CaseUnit.unit == chosen.unit)))
    if chosen.street:
        query = query.where(Case.street == chosen.street)
    if chosen.category:
        query = query.where(Case.category.startswith(chosen.category, autoescape=True))
    reader, wanted = Reader(district, actor), finding.words(chosen.text)
    query = query.where(*(finding.in_cases(word, people=reader.sees_all) for word in wanted))
    query = query.options(*_SHOWN_WITH_CASES)
    oldest = chosen.overdue_at is not None

    def behind(last: str) -> list[Case]:
        part = query.where(Case.id > last if oldest else Case.id < last) if last else query
        return list(session.scalars(part.order_by(Case.id if oldest else Case.id.desc()).limit(limit + 1)))

    return _page(behind, lambda case: not wanted or reader.sees_all or reader.finds_case(case, wanted), after, limit)


def due_first(
    session: Session, district: District, actor: Actor, states: Collection[str], *, limit: int
) -> tuple[Sequence[Case], int]:
    """The cases in these states that the actor may see, what is due next first; and how many there are in all."""
    query = seen_cases(district, actor).where(Case.state.in_(states))
    count = session.scalar(query.with_only_columns(func.count(Case.id))) or 0
    ordered = query.order_by(_NEAREST.is_(None), _NEAREST, Case.id).options(*_SHOWN_WITH_CASES)
    return list(session.scalars(ordered.limit(limit))), count


def conversation(session: Session, ticket: Ticket) -> Sequence[Message]:
    """The resident's messages on this ticket, oldest first."""
    query = select(Message).where(Message.ticket_id == ticket.id).order_by(Message.received_at, Message.id)
    return list(session.scalars(query.options(selectinload(Message.attachments))))


def timeline(session: Session, *, ticket: Ticket | None = None, case: Case | None = None) -> Sequence[Step]:
    """What happened to a ticket and its case, oldest first; what both tell of one moment under one label, once."""
    wanted = []
    if ticket is not None:
        wanted.append(Step.ticket_id == ticket.id)
        if ticket.case_id is not None:
            wanted.append(Step.case_id == ticket.case_id)
    if case is not None:
        wanted.append(Step.case_id == case.id)
    steps = list(session.scalars(select(Step).where(or_(*wanted)).order_by(Step.at, Step.id)))
    told = {(step.at, step.label) for step in steps if step.ticket_id is not None}
    return [step for step in steps if step.ticket_id is not None or (step.at, step.label) not in told]
