"""The callback desk's queue (回访台): who may be called now stands first, by the clock; below, by when they may be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from casework import claims, rules, wishes
from casework.actors import Actor
from casework.callbacks import TO_CALL, own, round_of
from casework.calling_tables import QuestionnaireSent
from casework.desk_tables import TicketClaim
from casework.errors import NotAllowed
from casework.tables import Callback, Case, Clock, Ticket
from district.callback import Wish
from district.pack import District
from district.schemas import Role

CALLS = frozenset({Role.CALLBACK_AGENT, Role.SUPERVISOR})
"""Who has the callback desk."""
CLOCK = "callback"
SHOWN = 2000


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


def queue(session: Session, district: District, actor: Actor, *, now: datetime) -> list[ToCall]:
    """Everybody who waits to be called back and whom this actor may call. Raises ``NotAllowed``."""
    check_may_call(actor)
    query = (
        select(Ticket)
        .where(TO_CALL)
        .order_by(Ticket.told_at)
        .limit(SHOWN)
        .options(
            selectinload(Ticket.case).options(*([selectinload(Case.units)] if actor.unit else [])),
            selectinload(Ticket.resident),
        )
    )
    found = session.scalars(query).all()
    his = own(session, district, found, actor)
    waiting = [ticket for ticket in found if ticket.id not in his]
    lines = _all(session, district, waiting, now=now)
    return sorted(lines, key=lambda each: (each.from_at is not None, each.from_at or each.due_at, each.ticket.id))


def of(session: Session, district: District, ticket: Ticket, *, now: datetime) -> ToCall:
    """One resident as the queue sees him."""
    return _all(session, district, [ticket], now=now)[0]


def following(session: Session, district: District, actor: Actor, *, now: datetime) -> ToCall | None:
    """The one to call next: callable now, and nobody else's."""
    mine = (each for each in queue(session, district, actor, now=now) if each.from_at is None)
    return next((each for each in mine if each.claim is None or each.claim.by == actor.id), None)


def _all(session: Session, district: District, waiting: Sequence[Ticket], *, now: datetime) -> list[ToCall]:
    keys = [ticket.id for ticket in waiting]
    missed: defaultdict[tuple[str, int], list[datetime]] = defaultdict(list)
    asked: dict[tuple[str, int], QuestionnaireSent] = {}
    held: dict[str, TicketClaim] = {}
    due: dict[str, datetime] = {}
    for at in range(0, len(keys), 500):
        part = keys[at : at + 500]
        tries = select(Callback).where(Callback.ticket_id.in_(part), Callback.reached.is_(False))
        for attempt in session.scalars(tries):
            missed[attempt.ticket_id, attempt.round].append(attempt.at)
        for sent in session.scalars(select(QuestionnaireSent).where(QuestionnaireSent.ticket_id.in_(part))):
            asked[sent.ticket_id, sent.round] = sent
        held |= claims.live_on(session, part, now=now)
        due |= _running(session, [each.case_id for each in waiting[at : at + 500] if each.case_id])
    found = []
    for ticket in waiting:
        this_round = (ticket.id, round_of(ticket))
        until = due.get(ticket.case_id or "") or _counted(session, district, ticket)
        found.append(
            _one(district, ticket, until, missed[this_round], held.get(ticket.id), asked.get(this_round), now=now)
        )
    return found


def _running(session: Session, cases: Sequence[str]) -> dict[str, datetime]:
    """By case, when its callback clock that is not stopped ends: the only one of its clocks that is asked for."""
    query = select(Clock.case_id, Clock.due_at).where(
        Clock.case_id.in_(cases), Clock.state.in_(("running", "paused")), Clock.name == CLOCK
    )
    rows = session.execute(query.order_by(Clock.started_at.desc(), Clock.id.desc()))
    return {row.case_id: row.due_at for row in rows}


def _one(
    district: District,
    ticket: Ticket,
    due: datetime,
    missed: Sequence[datetime],
    claim: TicketClaim | None,
    asked: QuestionnaireSent | None,
    *,
    now: datetime,
) -> ToCall:
    from_at, why = callable_from(district, missed, partial(wishes.may_call, ticket.resident.wishes), now=now)
    tried = district.callback.counted([each.astimezone(district.calendars.zone) for each in missed])
    return ToCall(ticket, due, now > due, tried, from_at, why, claim, asked)


def _counted(session: Session, district: District, ticket: Ticket) -> datetime:
    """When the callback is due where no clock of the case runs: counted from when he was told, by the same table."""
    case = ticket.case
    book = rules.of(session, district, case) if case is not None else rules.today(district)
    hard = case.hard if case is not None else False
    column = book.clocks.column(urgency=ticket.urgency, hard=hard, request_type=ticket.request_type)
    told = ticket.told_at or ticket.opened_at
    return book.calendars.add(told, book.clocks.allowance(CLOCK, column)).due_at


def callable_from(
    district: District, missed: Sequence[datetime], wish: Wish | None, *, now: datetime
) -> tuple[datetime | None, str]:
    """From when he may be called, None for now, and what that waits for, in words for the page."""
    pack, zone = district.callback, district.calendars.zone
    local = now.astimezone(zone)
    tried = [each.astimezone(zone) for each in missed]
    at = pack.callable_from(local, tried, wish)
    if at <= local:
        return None, ""
    if not pack.may_call_at(local):
        return at.astimezone(now.tzinfo), "不在外呼时段"
    if wish is not None and wish(local) is not None:
        return at.astimezone(now.tzinfo), "居民希望此时不被打扰"
    return at.astimezone(now.tzinfo), "这个小时已打过"
