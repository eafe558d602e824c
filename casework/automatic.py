"""Automatic dispatch (自动派单): off until a supervisor switches a category on, and off again by itself.

A category may be switched on where its shadow figures qualify (``automatic_figures.missing``). Of what it then sends
a sample is reviewed; when too many of the judged dispatches were wrong (``automatic_figures.is_below``) it is switched
off and the supervisors are told. Switches are rows: every process sees them at its next look.

Whoever changes what a ticket is or where it goes says so here (``dispatched``, ``decided``, ``returned``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from casework import automatic_figures, judgements, recording
from casework.actors import SYSTEM, Actor
from casework.errors import NeedMissing, NotAllowed, NotQualified, UnknownCategory
from casework.judgements import AUTOMATIC, AutomaticSwitch, Judgement
from casework.tables import Case, Ticket
from casework.telling import notify
from district.automatic import AutomaticRules
from district.pack import District
from district.schemas import Role
from storage.database import new_id

TURNS = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})
"""Who turns the switches."""
SEES = TURNS | {Role.DISPATCHER, Role.AUDITOR}
"""Who sees the figures and the history."""


def check_may_see(actor: Actor) -> None:
    """Raises ``NotAllowed``."""
    if actor.role not in SEES:
        raise NotAllowed("查看自动派单", "您的角色没有这项权限")


def switched_on(session: Session) -> frozenset[str]:
    """The categories whose sure suggestions go out without a person, as of now."""
    return frozenset(code for code, row in automatic_figures.switches(session).items() if row.is_on)


def turn(
    session: Session, district: District, category: str, *, on: bool, reason: str, actor: Actor, now: datetime
) -> AutomaticSwitch:
    """Switch a category on or off. To one that stands so already nothing is done.

    Raises ``NotAllowed``, ``UnknownCategory``, ``NeedMissing`` without a reason, and ``NotQualified``, which says what
    is missing to switch it on; switching off is always possible.
    """
    what = "开启自动派单" if on else "关闭自动派单"
    if actor.role not in TURNS:
        raise NotAllowed(what, "由督办人员或管理员操作")
    if category not in district.taxonomy or district.taxonomy.get(category).level != 3:
        raise UnknownCategory(category)
    if not reason.strip():
        raise NeedMissing(what, "reason")
    _hold(session, category)
    found = automatic_figures.figures(session, category=category)[category]
    if found.switch is not None and found.is_on is on:
        return found.switch
    lacks = automatic_figures.missing(district.automatic, found) if on else []
    if lacks:
        raise NotQualified("/".join(district.taxonomy.path(category)), lacks)
    return _turned(session, category, on=on, reason=reason.strip(), actor=actor, now=now)


def _turned(session: Session, category: str, *, on: bool, reason: str, actor: Actor, now: datetime) -> AutomaticSwitch:
    row = AutomaticSwitch(
        id=new_id(), category=category, is_on=on, by=actor.id, by_name=actor.name, at=now, reason=reason
    )
    session.add(row)
    session.flush()
    recording.record(
        session,
        actor,
        "automatic_on" if on else "automatic_off",
        "automatic",
        category,
        now=now,
        topic="automatic",
        change="on" if on else "off",
        details={"switch": row.id},
    )
    return row


def _hold(session: Session, category: str) -> None:
    """Whoever turns or watches one category's switch takes turns; SQLite's writers do anyhow."""
    if session.get_bind().dialect.name == "postgresql":
        name = f"yingsheng:automatic:{category}".encode()
        key = int.from_bytes(hashlib.sha256(name).digest()[:8], "big", signed=True)
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def is_drawn(rules: AutomaticRules, ticket_id: str) -> bool:
    """Whether the ticket is of the share that is reviewed: by its id alone, so that a retried filing draws alike."""
    draw = int.from_bytes(hashlib.sha256(f"automatic:{ticket_id}".encode()).digest()[:4], "big")
    return draw < rules.share * 2**32


def sent(session: Session, district: District, ticket: Ticket, *, now: datetime) -> None:
    """The desk dispatched the ticket by itself: kept, and drawn for review if it is of the sample.

    The first ones after switching on always are. Two at once may both count as the last of them: more are reviewed
    then, never fewer.
    """
    sampled = is_drawn(district.automatic, ticket.id) or _is_among_the_first(session, district, ticket)
    judgements.sent(session, district, ticket, actor=SYSTEM, sampled=sampled, now=now)


def _is_among_the_first(session: Session, district: District, ticket: Ticket) -> bool:
    switched = (
        select(func.max(AutomaticSwitch.at))
        .where(AutomaticSwitch.category == ticket.category, AutomaticSwitch.is_on)
        .scalar_subquery()
    )
    before = select(func.count(Judgement.ticket_id)).where(
        Judgement.suggested_category == ticket.category, Judgement.mode == AUTOMATIC, Judgement.at >= switched
    )
    return (session.scalar(before) or 0) < district.automatic.first


def dispatched(session: Session, district: District, case: Case, *, actor: Actor, now: datetime) -> None:
    """A case was handed to a unit: by the desk itself, or by a person, who thereby decides about its tickets."""
    if actor.id != SYSTEM.id:
        decided(session, district, case.tickets, actor=actor, now=now, unit=case.lead_unit)
        return
    for ticket in sorted(case.tickets, key=lambda each: each.id):
        sent(session, district, ticket, now=now)


def decided(
    session: Session,
    district: District,
    tickets: Sequence[Ticket],
    *,
    actor: Actor,
    now: datetime,
    unit: str = "",
    is_over: bool = False,
) -> None:
    """A person decided about tickets (``judgements.decided``); an automatic dispatch may thereby turn out wrong."""
    if actor.role in (Role.SYSTEM, Role.RESIDENT):
        return
    rows = [
        judgements.decided(session, district, ticket, actor=actor, now=now, unit=unit, is_over=is_over)
        for ticket in sorted(tickets, key=lambda each: each.id)
    ]
    watch(session, district, rows, now=now)


def returned(session: Session, district: District, case: Case, *, actor: Actor, now: datetime) -> None:
    """The return of the case was accepted: whatever proposed its unit was wrong."""
    tickets = sorted(case.tickets, key=lambda each: each.id)
    rows = [judgements.returned(session, ticket, actor=actor, now=now) for ticket in tickets]
    watch(session, district, rows, now=now)


def watch(session: Session, district: District, rows: Iterable[Judgement | None], *, now: datetime) -> None:
    """Switch the categories of these judgements off where too much of what they sent by themselves was wrong."""
    sent_alone = {row.suggested_category for row in rows if row is not None and row.mode == AUTOMATIC}
    for category in sorted(sent_alone):
        _watch(session, district, category, now=now)


def _watch(session: Session, district: District, category: str, *, now: datetime) -> None:
    session.flush()
    _hold(session, category)
    switch = automatic_figures.switches(session).get(category)
    if switch is None or not switch.is_on:
        return
    rules = district.automatic
    reviewed, wrong = automatic_figures.judged(session, rules, category, since=switch.at)
    if not automatic_figures.is_below(rules, reviewed, wrong):
        return
    reason = f"已知对错的 {reviewed} 件中 {wrong} 件有误，低于准确率目标 {automatic_figures.plain(rules.target * 100)}%"
    _turned(session, category, on=False, reason=reason, actor=SYSTEM, now=now)
    fields = {"category": "/".join(district.taxonomy.path(category)), "reason": reason}
    notify(session, district, "supervisor", "automatic_off", now=now, fields=fields)
