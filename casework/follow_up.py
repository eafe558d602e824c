"""The follow-up list (跟踪台): what a supervisor has to see to, with its reason, until he says that he has.

``followed`` (已跟进) hides a line until something new happens (``casework.follow_up_signs``); ``take_back`` undoes it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Executable, delete, select
from sqlalchemy.orm import Session, selectinload

from casework import lifecycle, recording
from casework.actors import Actor
from casework.dispatch import find_unit
from casework.errors import NeedMissing, NotAllowed
from casework.follow_up_signs import RANKS, REASONS, WATCHED, Sign, all_signs
from casework.lifecycle import note
from casework.supervision_errors import NotOnFollowUp
from casework.supervision_tables import FollowedUp, WatchedCase
from casework.tables import Case, Ticket
from district.pack import District
from district.schemas import Role
from storage.statements import ByDialect, table_of

SEES = frozenset({Role.SUPERVISOR, Role.AUDITOR})
FOLLOWS = frozenset({Role.SUPERVISOR})
Show = Literal["open", "followed"]
KEPT = timedelta(days=400)
"""Longer than any of the pack's stretches of days may be."""
_FOLLOWED = table_of(FollowedUp)
_WATCHED = table_of(WatchedCase)


def _following(dialect: Any) -> Executable:
    made = dialect.insert(_FOLLOWED)
    new = {name: made.excluded[name] for name in ("mark", "word", "by", "by_name", "at")}
    upsert: Executable = made.on_conflict_do_update(index_elements=["reason", "subject", "person"], set_=new)
    return upsert


def _watching(dialect: Any) -> Executable:
    made: Executable = dialect.insert(_WATCHED).on_conflict_do_nothing(index_elements=["case_id", "by"])
    return made


_FOLLOW = ByDialect(_following)
_WATCH = ByDialect(_watching)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list: a case, a ticket without one, or a resident by his latest ticket; the gravest sign first.

    ``followed`` is what was said of the gravest where the line was seen to.
    """

    subject: str
    signs: tuple[Sign, ...]
    case: Case | None
    ticket: Ticket | None
    followed: FollowedUp | None


@dataclass(frozen=True, slots=True)
class Listing:
    """One page, the cursor of the next, and how many lines each reason has within the chosen unit."""

    lines: Sequence[Line]
    next: str
    counts: Mapping[str, int]
    total: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the list is narrowed to; empty fields do not narrow. A unit counts with those below it."""

    reason: str = ""
    unit: str = ""
    show: Show = "open"


def check_may_see(actor: Actor) -> None:
    """Raises ``NotAllowed``."""
    if actor.role not in SEES:
        raise NotAllowed("查看跟踪台", "您的角色没有这项权限")


def listing(
    session: Session,
    district: District,
    actor: Actor,
    chosen: Chosen,
    *,
    now: datetime,
    after: str = "",
    limit: int = 50,
) -> Listing:
    """The lines that wait, or those seen to, the gravest reason first, then the one that waits longest.

    Raises ``NotAllowed`` and ``UnknownUnit``.
    """
    check_may_see(actor)
    grouped = _grouped(_shown(session, district, actor, chosen, now=now))
    counts = Counter(reason for signs in grouped.values() for reason in {sign.reason for sign in signs})
    wanted = [
        (_place(signs), signs)
        for signs in grouped.values()
        if not chosen.reason or any(sign.reason == chosen.reason for sign in signs)
    ]
    start = _cursor(after)
    wanted = sorted((each for each in wanted if start is None or each[0] > start), key=lambda each: each[0])
    page = [signs for _, signs in wanted[:limit]]
    following = "{}.{}.{}".format(*wanted[limit - 1][0]) if len(wanted) > limit else ""
    return Listing(_lines(session, page, actor), following, dict(counts), len(grouped))


def _shown(session: Session, district: District, actor: Actor, chosen: Chosen, *, now: datetime) -> list[Sign]:
    units = frozenset[str]()
    if chosen.unit:
        units = frozenset(district.units.descendants(find_unit(district, chosen.unit)))
    seen_to = _seen_to(session)
    return [
        sign
        for sign in all_signs(session, district, actor, now=now)
        if (not units or sign.unit in units) and _is_seen_to(sign, seen_to, actor) is (chosen.show == "followed")
    ]


def _seen_to(session: Session) -> dict[tuple[str, str, str], FollowedUp]:
    return {(row.reason, row.subject, row.person): row for row in session.scalars(select(FollowedUp))}


def _person(sign: Sign, actor: Actor) -> str:
    """Whose alone the word about a sign is: a watched case is nobody's but who watches it."""
    return actor.id if sign.reason == WATCHED else ""


def _is_seen_to(sign: Sign, seen_to: Mapping[tuple[str, str, str], FollowedUp], actor: Actor) -> bool:
    row = seen_to.get((sign.reason, sign.subject, _person(sign, actor)))
    return row is not None and row.mark == sign.mark


def _grouped(signs: Sequence[Sign]) -> dict[str, list[Sign]]:
    """The signs of each subject, the gravest first."""
    grouped: dict[str, list[Sign]] = defaultdict(list)
    for sign in sorted(signs, key=lambda each: (RANKS[each.reason], each.since)):
        grouped[sign.subject].append(sign)
    return grouped


def _place(signs: Sequence[Sign]) -> tuple[int, int, str]:
    first = signs[0]
    return RANKS[first.reason], int(first.since.timestamp() * 1_000_000), first.subject


def _cursor(after: str) -> tuple[int, int, str] | None:
    """The place that a cursor names; None for none, and for what is no cursor."""
    rank, _, rest = after.partition(".")
    since, _, subject = rest.partition(".")
    if not (rank.isdecimal() and since.isdecimal() and subject):
        return None
    return int(rank), int(since), subject


def _lines(session: Session, page: Sequence[Sequence[Sign]], actor: Actor) -> list[Line]:
    keys = {signs[0].case_id for signs in page if signs[0].case_id}
    loading = (
        selectinload(Case.clocks),
        selectinload(Case.units),
        selectinload(Case.tickets).selectinload(Ticket.resident),
    )
    cases = {case.id: case for case in session.scalars(select(Case).where(Case.id.in_(keys)).options(*loading))}
    alone = {sign.ticket_id for signs in page for sign in signs if sign.ticket_id}
    tickets = {ticket.id: ticket for ticket in session.scalars(select(Ticket).where(Ticket.id.in_(alone)))}
    seen_to = _seen_to(session)
    return [
        Line(
            signs[0].subject,
            tuple(signs),
            cases.get(signs[0].case_id or ""),
            tickets.get(signs[0].ticket_id or ""),
            seen_to.get((signs[0].reason, signs[0].subject, _person(signs[0], actor)))
            if _is_seen_to(signs[0], seen_to, actor)
            else None,
        )
        for signs in page
    ]


def follow(session: Session, district: District, subject: str, *, word: str, actor: Actor, now: datetime) -> int:
    """A line was seen to (已跟进): hidden until something new happens to it. Return how many reasons it had.

    Raises ``NotAllowed``, ``NeedMissing`` without a word, and ``NotOnFollowUp``.
    """
    _check_may_follow(actor)
    if not word.strip():
        raise NeedMissing("标为已跟进", "text")
    seen_to = _seen_to(session)
    signs = [
        sign
        for sign in all_signs(session, district, actor, now=now)
        if sign.subject == subject and not _is_seen_to(sign, seen_to, actor)
    ]
    if not signs:
        raise NotOnFollowUp(subject)
    for sign in signs:
        row = {
            "reason": sign.reason,
            "subject": subject,
            "person": _person(sign, actor),
            "mark": sign.mark,
            "word": word.strip(),
            "by": actor.id,
            "by_name": actor.name,
            "at": now,
        }
        session.execute(_FOLLOW.of(session), row)
    _record(session, "follow_up", "已跟进", signs, actor=actor, now=now)
    return len(signs)


def take_back(session: Session, district: District, subject: str, *, actor: Actor, now: datetime) -> int:
    """Undo ``follow``: the line is back with the reasons that it still has. Return how many.

    Raises ``NotAllowed`` and ``NotOnFollowUp`` for a line that is not among those seen to.
    """
    _check_may_follow(actor)
    seen_to = _seen_to(session)
    signs = [
        sign
        for sign in all_signs(session, district, actor, now=now)
        if sign.subject == subject and _is_seen_to(sign, seen_to, actor)
    ]
    if not signs:
        raise NotOnFollowUp(subject)
    for sign in signs:
        session.execute(
            delete(FollowedUp).where(
                FollowedUp.reason == sign.reason,
                FollowedUp.subject == subject,
                FollowedUp.person == _person(sign, actor),
            )
        )
    _record(session, "follow_up_undo", "撤销已跟进", signs, actor=actor, now=now)
    return len(signs)


def _record(session: Session, move: str, label: str, signs: Sequence[Sign], *, actor: Actor, now: datetime) -> None:
    """A step without the word, which is the supervisors' own: units read the steps of their cases."""
    case = session.get(Case, signs[0].case_id) if signs[0].case_id else None
    ticket = session.get(Ticket, signs[0].ticket_id) if case is None and signs[0].ticket_id else None
    note(session, move, label, actor=actor, now=now, case=case, ticket=ticket)


def forget(session: Session, *, now: datetime) -> int:
    """Drop words about lines of long ago, whose reasons are gone. Return how many."""
    found = select(FollowedUp).where(FollowedUp.at < now - KEPT)
    rows = list(session.scalars(found))
    for row in rows:
        session.delete(row)
    return len(rows)


def _check_may_follow(actor: Actor) -> None:
    if actor.role not in FOLLOWS:
        raise NotAllowed("操作跟踪台", "由督办人员操作")


def is_watched(session: Session, case: Case, actor: Actor) -> bool:
    """Whether this actor watches the case."""
    return session.get(WatchedCase, (case.id, actor.id)) is not None


def watch(session: Session, case: Case, *, on: bool, actor: Actor, now: datetime) -> None:
    """Watch a case or watch it no more; nothing is done where it stands so already. Raises ``NotAllowed``."""
    _check_may_follow(actor)
    if is_watched(session, case, actor) is on:
        return
    lifecycle.hold(session, case)
    if on:
        session.execute(_WATCH.of(session), {"case_id": case.id, "by": actor.id, "at": now})
    else:
        session.execute(delete(WatchedCase).where(WatchedCase.case_id == case.id, WatchedCase.by == actor.id))
    act = "watch" if on else "unwatch"
    recording.record(session, actor, act, "case", case.id, now=now, topic="cases")


def words_of(sign: Sign) -> str:
    """The sign for a list: its reason by name and what it rests on."""
    return f"{REASONS[sign.reason]}：{sign.words}"
