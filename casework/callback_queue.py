"""The callback desk's queue (回访台): who may be called now stands first, by the clock; below, by when they may be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice

from sqlalchemy import case as sql_case
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework import callback_order, claims, finding, wishes
from casework.actors import Actor
from casework.callback_order import Waiting, callable_from
from casework.callbacks import own, round_of
from casework.calling_tables import QuestionnaireSent
from casework.desk_tables import TicketClaim
from casework.errors import NotAllowed
from casework.reading import Reader
from casework.tables import Clock, Ticket
from casework.tickets import what_masking_asks
from district.pack import District
from district.schemas import Role

CALLS = frozenset({Role.CALLBACK_AGENT, Role.SUPERVISOR})
"""Who has the callback desk."""
FARTHEST = 1_000_000
"""Place in the queue that an address may ask for; nobody waits behind it."""


@dataclass(frozen=True, slots=True)
class ToCall:
    """A resident to be called back. ``from_at`` is None when that is now; ``why`` says what it waits for."""

    ticket: Ticket
    due_at: datetime
    overdue: bool
    missed: int
    """Attempts of this round that count."""
    from_at: datetime | None
    why: str
    claim: TicketClaim | None
    questionnaire: QuestionnaireSent | None


def check_may_call(actor: Actor) -> None:
    """Raises ``NotAllowed``."""
    if actor.role not in CALLS:
        raise NotAllowed("回访", "您的角色没有回访权限")


class Queue:
    """Everybody who waits to be called back and whom this actor may call; of them those in whose ticket he finds
    ``words``. Raises ``NotAllowed``.
    """

    def __init__(self, session: Session, district: District, actor: Actor, *, now: datetime, words: str = "") -> None:
        check_may_call(actor)
        self._session, self._district, self._actor, self._now = session, district, actor, now
        self._reader = Reader(district, actor)
        self._waiting: Waiting = callback_order.everybody().where(~own(district, actor))
        if words:
            self._waiting = self._finding(words)

    def _finding(self, words: str) -> Waiting:
        """The database looks in the words as they were written; what he finds must stand in them as he reads them."""
        wanted = finding.words(words)
        people = self._reader.sees_all
        written = self._waiting.where(*(finding.in_tickets(word, people=people) for word in wanted))
        if people:
            return written
        found = self._session.scalars(written.options(*what_masking_asks(self._reader)))
        return self._waiting.where(Ticket.id.in_([each.id for each in found if self._reader.finds(each, wanted)]))

    def count(self) -> tuple[int, int]:
        """How many wait, and how many of them may be called now."""
        opens = callback_order.opening(self._district, self._now)
        ready = sql_case((callback_order.suits(self._district, opens), 1), else_=0)
        counted = self._waiting.with_only_columns(func.count(), func.coalesce(func.sum(ready), 0))
        total, fitting = self._session.execute(counted).one()
        return total, 0 if opens > self._now else fitting

    def page(self, *, start: int = 0, after: str = "", limit: int = 50) -> list[ToCall]:
        """So many of the queue, from its ``start`` or behind a ticket; from the start where that is not in it."""
        keys = callback_order.in_turn(self._session, self._district, self._waiting, now=self._now)
        start = min(start, FARTHEST)
        shown = list(islice(_behind(keys, after) if after else keys, start, start + limit))
        query = select(Ticket).where(Ticket.id.in_(shown)).options(*what_masking_asks(self._reader))
        found = {each.id: each for each in self._session.scalars(query)}
        return _all(self._session, self._district, [found[key] for key in shown], now=self._now)

    def following(self) -> ToCall | None:
        """The one to call next: callable now, and nobody else's."""
        free = self._waiting.where(~claims.of_another(self._actor, now=self._now))
        keys = callback_order.callable_now(self._session, self._district, free, now=self._now)
        key = next(keys, None)
        if key is None:
            return None
        return of(self._session, self._district, self._session.get_one(Ticket, key), now=self._now)


def _behind(keys: Iterator[str], after: str) -> Iterator[str]:
    passed = []
    for key in keys:
        if key == after:
            return keys
        passed.append(key)
    return iter(passed)


def of(session: Session, district: District, ticket: Ticket, *, now: datetime) -> ToCall:
    """One resident as the queue sees him."""
    return _all(session, district, [ticket], now=now)[0]


def _all(session: Session, district: District, shown: Sequence[Ticket], *, now: datetime) -> list[ToCall]:
    keys = [ticket.id for ticket in shown]
    missed = callback_order.missed(session, keys)
    sent = session.scalars(select(QuestionnaireSent).where(QuestionnaireSent.ticket_id.in_(keys)))
    asked = {(each.ticket_id, each.round): each for each in sent}
    held = claims.live_on(session, keys, now=now)
    clocks = select(Ticket.id, Clock.due_at).join(Clock, callback_order.ITS_CLOCK).where(Ticket.id.in_(keys))
    due = {row.id: row.due_at for row in session.execute(clocks)}
    zone = district.calendars.zone
    found = []
    for ticket in shown:
        this_round = (ticket.id, round_of(ticket))
        until, tries = due.get(ticket.id) or _counted(session, district, ticket), missed[this_round]
        from_at, why = callable_from(district, tries, partial(wishes.may_call, ticket.resident.wishes), now=now)
        tried = district.callback.counted([each.astimezone(zone) for each in tries])
        claim, questionnaire = held.get(ticket.id), asked.get(this_round)
        found.append(ToCall(ticket, until, now > until, tried, from_at, why, claim, questionnaire))
    return found


def _counted(session: Session, district: District, ticket: Ticket) -> datetime:
    """When the callback is due where no clock of the case runs: counted from when he was told, by the same table."""
    case = ticket.case
    version, hard = (case.rule_version, case.hard) if case is not None else ("", False)
    kind = (version, hard, ticket.urgency, ticket.request_type)
    book, allowance = callback_order.allowed(session, district, kind)
    return book.calendars.add(ticket.told_at or ticket.opened_at, allowance).due_at
