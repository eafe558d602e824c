"""The order of the callback queue, made by the database and read as far as it is needed: many may wait.

Whoever may be called now stands first, by when the callback is due; below stand the others, by when they may be
called. Nearly all may be called at the same moment, now or when the calling hours next begin (``opening``): they stand
by when the callback is due. Whom that moment does not suit, because he was just tried or wishes to be left alone then,
is one of few: they are read whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from heapq import merge
from itertools import count, groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, select, tuple_
from sqlalchemy.orm import Session

from casework import rules, wishes
from casework.callbacks import TO_CALL
from casework.resident_tables import Resident
from casework.rules import RuleBook
from casework.tables import ALIVE, Callback, Case, Clock, Ticket
from district.callback import Wish
from district.pack import District
from district.schemas import Allowance

CLOCK = "callback"
BATCH = 100
"""So many are read at once."""
Waiting = Select[Ticket]
"""Tickets beside their resident, and their case and its callback clock if there are any: see ``everybody``."""
Kind = tuple[str, bool, str, str]
"""What says how long a callback may take: rules' version (empty: today's), hard, urgency, request type."""

ITS_CLOCK = and_(Clock.case_id == Ticket.case_id, Clock.name == CLOCK, Clock.state.in_(ALIVE))
"""The callback clock of the ticket's case: ``deadlines.start`` sees to it that there is no second one."""
_ROUND = func.coalesce(Case.reworks, 0) + 1
_TOLD = func.coalesce(Ticket.told_at, Ticket.opened_at, type_=Ticket.opened_at.type)
_KIND = (func.coalesce(Case.rule_version, ""), func.coalesce(Case.hard, false()), Ticket.urgency, Ticket.request_type)


def everybody() -> Waiting:
    """Whoever waits to be called back."""
    beside = select(Ticket).join(Ticket.resident).outerjoin(Ticket.case).outerjoin(Clock, ITS_CLOCK)
    return beside.where(TO_CALL)


def opening(district: District, now: datetime) -> datetime:
    """The next moment of the calling hours, in the district's zone: ``now`` if it lies in them."""
    return district.callback.opening(now.astimezone(district.calendars.zone))


def suits(district: District, at: datetime) -> ColumnElement[bool]:
    """Whether he may be called at a moment of the calling hours: ``callable_from`` for the database."""
    quiet = wishes.quiet_at(at)
    if not district.callback.different_hours:
        return ~quiet
    hour = at.replace(minute=0, second=0, microsecond=0)
    tried = exists().where(
        Callback.ticket_id == Ticket.id,
        Callback.round == _ROUND,
        Callback.reached.is_(False),
        Callback.at >= hour,
        Callback.at < hour + timedelta(hours=1),
    )
    return ~quiet & ~tried


def in_turn(session: Session, district: District, waiting: Waiting, *, now: datetime) -> Iterator[str]:
    """The ids of all of them in the queue's order."""
    opens = opening(district, now)
    yield from _by_clock(session, district, waiting.where(suits(district, opens)))
    later = waiting.where(~suits(district, opens)).with_only_columns(Ticket.id, _ROUND, Resident.wishes)
    rows = session.execute(later).all()
    tried = missed(session, (key for key, _, _ in rows))
    known = [(tried[key, turn], key, partial(wishes.may_call, wished)) for key, turn, wished in rows]
    places = [(callable_from(district, tries, wish, now=now)[0] or now, key) for tries, key, wish in known]
    yield from (key for _, key in sorted(places))


def callable_now(session: Session, district: District, waiting: Waiting, *, now: datetime) -> Iterator[str]:
    """The ids of those who may be called now, whose callback is due first before the others."""
    opens = opening(district, now)
    if opens <= now:
        yield from _by_clock(session, district, waiting.where(suits(district, opens)))


def _by_clock(session: Session, district: District, ready: Waiting) -> Iterator[str]:
    """The ids of those who may be called at one moment, whose callback is due first before the others."""
    clocked = (
        ready.where(Clock.id.is_not(None)).with_only_columns(Clock.due_at, Ticket.id).order_by(Clock.due_at, Ticket.id)
    )
    yield from (key for _, key in merge(_read(session, clocked), *_counted(session, district, ready)))


def _counted(session: Session, district: District, ready: Waiting) -> list[Iterator[tuple[Any, ...]]]:
    """(Due, id) in order of those of whose case no clock runs, apart by what they are allowed."""
    bare = ready.where(Clock.id.is_(None))
    alike: defaultdict[tuple[str, Allowance], list[Kind]] = defaultdict(list)
    books: dict[str, RuleBook] = {}
    for version, hard, urgency, request_type in session.execute(bare.with_only_columns(*_KIND).distinct()):
        kind = (version, bool(hard), urgency, request_type)
        book, allowance = allowed(session, district, kind)
        books[book.version] = book
        alike[book.version, allowance].append(kind)
    return [
        _by_due(session, bare.where(tuple_(*_KIND).in_(kinds)), books[version], allowance)
        for (version, allowance), kinds in alike.items()
    ]


def _by_due(session: Session, alike: Waiting, book: RuleBook, allowance: Allowance) -> Iterator[tuple[Any, ...]]:
    """Who was told first is due first, or with the next ones: those are put in order by their ids."""
    told = _read(session, alike.with_only_columns(_TOLD, Ticket.id).order_by(_TOLD, Ticket.id))
    due = ((book.calendars.add(at, allowance).due_at, key) for at, key in told)
    for _, together in groupby(due, key=itemgetter(0)):
        yield from sorted(together)


def allowed(session: Session, district: District, kind: Kind) -> tuple[RuleBook, Allowance]:
    """What a callback is allowed, by the rules of its case or of today."""
    version, hard, urgency, request_type = kind
    book = rules.of_version(session, district, version) if version else rules.today(district)
    column = book.clocks.column(urgency=urgency, hard=hard, request_type=request_type)
    return book, book.clocks.allowance(CLOCK, column)


def missed(session: Session, keys: Iterable[str]) -> defaultdict[tuple[str, int], list[datetime]]:
    """When nobody answered, by ticket and round."""
    found: defaultdict[tuple[str, int], list[datetime]] = defaultdict(list)
    query = select(Callback.ticket_id, Callback.round, Callback.at)
    for key, turn, at in session.execute(query.where(Callback.ticket_id.in_(list(keys)), Callback.reached.is_(False))):
        found[key, turn].append(at)
    return found


def callable_from(
    district: District, tries: list[datetime], wish: Wish | None, *, now: datetime
) -> tuple[datetime | None, str]:
    """From when he may be called, None for now, and what that waits for, in words for the page."""
    pack, zone = district.callback, district.calendars.zone
    local = now.astimezone(zone)
    at = pack.callable_from(local, [each.astimezone(zone) for each in tries], wish)
    if at <= local:
        return None, ""
    if not pack.may_call_at(local):
        return at.astimezone(now.tzinfo), "不在外呼时段"
    if wish is not None and wish(local) is not None:
        return at.astimezone(now.tzinfo), "居民希望此时不被打扰"
    return at.astimezone(now.tzinfo), "这个小时已打过"


def _read(session: Session, query: Select[*tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    for start in count(0, BATCH):
        rows = session.execute(query.limit(BATCH).offset(start)).all()
        yield from map(tuple, rows)
        if len(rows) < BATCH:
            return
