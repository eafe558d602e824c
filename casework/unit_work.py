"""A unit's own work (我的办件): what waits for which act, what is due next, what came since it was last looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import Session, selectinload

from casework import deadlines, finding
from casework.actors import UNIT_ROLES, Actor
from casework.reading import Reader
from casework.supervision_orders import UNANSWERED
from casework.supervision_tables import SupervisionOrder
from casework.tables import Case, CaseUnit, Clock, Request, Step, Ticket
from casework.tickets import seen_cases
from casework.unit_tables import TodoVisit
from district.pack import District

ANSWERED = "answered"
"""Whose next step is the callback desk's."""
SUSPENDED = "suspended"
SIGN = "sign"
LONGEST = 5_000
"""Cases that are looked over at most: the nearest deadlines, far more than any unit has in hand."""
FOUND = 200
"""Cases that a search looks through, word by word as the reader may read them."""
FIRST_LOOK = timedelta(days=1)
"""How far back somebody sees who looks for the first time."""
NEWS: Mapping[str, str] = {
    "dispatch": "新派来",
    "override": "新派来",
    "arbitrate": "会商后派来",
    "transfer": "改派来",
    "sub_dispatch": "上级转来",
    "rework": "退回重办",
    "reopen": "重开",
    "urge": "催办",
    "order": "督办",
    "leaders_note": "领导批示",
}
"""Steps that somebody outside the unit makes and that the unit must not miss, in the words of the page."""
DECIDED = "decide_"
"""How the move of a request's decision begins."""
SHOWN_NEWS = 60


@dataclass(frozen=True, slots=True)
class Line:
    """One open case of a unit, as light as a list of many needs it."""

    case_id: str
    state: str
    leads: bool
    due_at: datetime | None
    asked: bool
    """Something that was asked for waits for its decision."""
    told: bool
    """As a co-handler the unit has told the lead what it did."""


@dataclass(frozen=True, slots=True)
class Work:
    """A unit's open cases, the nearest deadline first, and the moments that divide them."""

    lines: Sequence[Line]
    now: datetime
    midnight: datetime
    """The end of the local day."""
    to_sign: frozenset[str]
    """States from which a case is signed."""

    def of(self, name: str) -> list[Line]:
        """The lines of one of ``VIEWS``; those of an unknown name are those in hand."""
        fits = VIEWS.get(name, _in_hand)
        return [line for line in self.lines if fits(self, line)]

    def counts(self) -> dict[str, int]:
        """How many lines each of ``VIEWS`` has."""
        return {name: len(self.of(name)) for name in VIEWS}


def _in_hand(_work: Work, line: Line) -> bool:
    return line.state != SUSPENDED and (line.leads or not line.told)


VIEWS: Mapping[str, Callable[[Work, Line], bool]] = {
    "": _in_hand,
    "today": lambda work, line: line.due_at is not None and work.now <= line.due_at < work.midnight,
    "overdue": lambda work, line: line.due_at is not None and line.due_at < work.now,
    "sign": lambda work, line: line.leads and line.state in work.to_sign and not line.asked,
    "doing": lambda work, line: line.leads and line.state not in work.to_sign and _in_hand(work, line),
    "asked": lambda _work, line: line.asked,
    "co": lambda _work, line: not line.leads and line.state != SUSPENDED,
    "suspended": lambda _work, line: line.state == SUSPENDED,
}
"""What a unit narrows its work to."""


def states_in_hand(district: District) -> frozenset[str]:
    """States of a case in which some unit has it: dispatched, not answered, not over."""
    life = district.workflow.case
    return frozenset(life.states.keys() - {life.initial, ANSWERED, *life.final})


def _to_sign(district: District) -> frozenset[str]:
    moves = district.workflow.case.transitions
    return frozenset(state for move in moves if move.name == SIGN for state in move.sources)


def _mine(district: District, actor: Actor, words: str = "") -> Select[Case]:
    query = seen_cases(district, actor).where(Case.state.in_(states_in_hand(district)))
    people = Reader(district, actor).sees_all
    return query.where(*(finding.in_cases(word, people=people) for word in finding.words(words)))


def look(session: Session, district: District, actor: Actor, *, now: datetime, words: str = "") -> Work:
    """The actor's work; ``words`` narrow it to the cases they all stand in (``finding``) as he may read them."""
    below = district.units.descendants(actor.unit) if actor.unit else frozenset()
    nearest = select(func.min(Clock.due_at)).where(Clock.case_id == Case.id, deadlines.RUNS).scalar_subquery()
    asked = exists().where(Request.case_id == Case.id, Request.state == "pending")
    told = exists().where(CaseUnit.case_id == Case.id, CaseUnit.unit.in_(below), CaseUnit.answered_at.is_not(None))
    light = _mine(district, actor, words).with_only_columns(
        Case.id, Case.state, Case.lead_unit, nearest.label("due_at"), asked.label("asked"), told.label("told")
    )
    rows = session.execute(light.order_by(nearest.is_(None), nearest, Case.id).limit(FOUND if words else LONGEST))
    every = actor.role not in UNIT_ROLES
    lines = [Line(row.id, row.state, every or row.lead_unit in below, row.due_at, row.asked, row.told) for row in rows]
    if words:
        fitting = _readable(session, district, actor, [line.case_id for line in lines], words)
        lines = [line for line in lines if line.case_id in fitting]
    local = now.astimezone(district.calendars.zone)
    midnight = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return Work(lines, now, midnight, _to_sign(district))


def _readable(session: Session, district: District, actor: Actor, keys: Sequence[str], words: str) -> frozenset[str]:
    reader = Reader(district, actor)
    wanted = finding.words(words)
    return frozenset(case.id for case in cases(session, keys) if reader.finds_case(case, wanted))


def cases(session: Session, keys: Sequence[str]) -> list[Case]:
    """These cases with what a list shows of them, in their order. The keys are of cases that the reader may see."""
    query = (
        select(Case)
        .where(Case.id.in_(keys))
        .options(
            selectinload(Case.clocks),
            selectinload(Case.units),
            selectinload(Case.requests),
            selectinload(Case.tickets).selectinload(Ticket.resident),
        )
    )
    found = {case.id: case for case in session.scalars(query)}
    return [found[key] for key in keys if key in found]


def orders_on(session: Session, keys: Sequence[str]) -> dict[str, SupervisionOrder]:
    """The supervision order (督办) that each of these cases has still to answer."""
    query = select(SupervisionOrder).where(SupervisionOrder.case_id.in_(keys), SupervisionOrder.state.in_(UNANSWERED))
    return {order.case_id: order for order in session.scalars(query.order_by(SupervisionOrder.issued_at))}


@dataclass(frozen=True, slots=True)
class News:
    """What came to a unit's cases since it was last looked at: one line for a case and what happened to it."""

    since: datetime
    counts: Mapping[str, int]
    """Of each kind of news (``NEWS``) on how many cases, the most first."""
    steps: Sequence[tuple[Step, str]]
    """Each with its kind, the latest first, at most ``SHOWN_NEWS``."""


def news(session: Session, district: District, actor: Actor, *, now: datetime) -> News:
    """What came since the actor last said that he has seen it, by others than his unit."""
    visit = session.get(TodoVisit, actor.id)
    since = visit.seen_at if visit is not None else now - FIRST_LOOK
    mine = _mine(district, actor).with_only_columns(Case.id)
    query = (
        select(Step)
        .where(Step.case_id.in_(mine), Step.at > since, Step.actor != actor.id)
        .where(or_(Step.move.in_(NEWS), Step.move.startswith(DECIDED, autoescape=True)))
        .order_by(Step.at.desc(), Step.id.desc())
        .limit(SHOWN_NEWS)
    )
    told: dict[tuple[str | None, str], tuple[Step, str]] = {}
    for step in session.scalars(query):
        kind = NEWS.get(step.move) or step.label
        told.setdefault((step.case_id, kind), (step, kind))
    return News(since, dict(Counter(kind for _, kind in told.values()).most_common()), list(told.values()))


def seen(session: Session, actor: Actor, *, now: datetime) -> None:
    """The actor has seen what came up to now (知道了)."""
    visit = session.get(TodoVisit, actor.id)
    if visit is None:
        session.add(TodoVisit(reader=actor.id, seen_at=now))
    else:
        visit.seen_at = max(visit.seen_at, now)
