"""规则版本更新: open cases go on by the rules of today instead of those they began with; previewed, done, on record.

A case keeps its version until somebody decides otherwise. What the new rules do not know (a state, a clock, a pending
request) keeps a case where it is. Deadlines stay what was promised unless a recount is asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, selectinload

from casework import lifecycle, recording, rule_recount, rules
from casework.actors import Actor
from casework.errors import NotAllowed
from casework.rule_change_errors import CannotMigrate, CaseIsOver, StateInUse, UnknownRuleVersion
from casework.rule_fit import obstacles, state_is_gone
from casework.rules import RuleBook
from casework.tables import Case, RuleVersion
from district.pack import District
from district.schemas import Role
from storage import audit

MIGRATES = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})
SEES = MIGRATES | {Role.AUDITOR}
LABEL = "流程版本更新"
ACT = "rule_version"
"""The step and the audit row of each case."""
RUN = "migrate_rules"
"""The audit row of a batch: from which versions, how many cases went and stayed."""
BATCH = 200
"""Cases that are read, and that a caller should change, in one transaction."""


@dataclass(frozen=True, slots=True)
class Group:
    """Open cases of one old version in one state: how many, how many of them can go on by the new rules."""

    version: str
    pack_version: str
    first_seen: datetime
    state: str
    label: str
    count: int
    movable: int
    in_use: bool
    """The new workflow has no such state."""


@dataclass(frozen=True, slots=True)
class Stay:
    """A case that keeps its rules, with the reasons in Chinese."""

    key: str
    number: str
    version: str
    state_label: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a migration to ``version`` would do. ``deadlines`` would move by a recount, ``overdue`` of them into the
    past; both are counted whether or not a recount is asked for, over the cases that can move.
    """

    version: str
    recount: bool
    groups: tuple[Group, ...]
    movable: tuple[str, ...]
    stays: tuple[Stay, ...]
    deadlines: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Done:
    """What a migration did: numbers of the cases moved, those that stayed, how many deadlines moved."""

    moved: tuple[str, ...]
    stays: tuple[Stay, ...]
    deadlines: int


def check_may_see(actor: Actor) -> None:
    """Raises ``NotAllowed`` for roles that have no say in the rules."""
    if actor.role not in SEES:
        raise NotAllowed("查看流程版本更新", "您的角色没有这项权限，请联系管理员或督办")


def check_may_migrate(actor: Actor) -> None:
    """Raises ``NotAllowed`` for all but supervisors and administrators."""
    if actor.role not in MIGRATES:
        raise NotAllowed("更新流程版本", "只有督办和管理员可以更新办件的流程版本")


def find_version(session: Session, text: str) -> str:
    """The version that begins with these characters. Raises ``UnknownRuleVersion`` unless it is one alone."""
    query = select(RuleVersion.version).where(RuleVersion.version.startswith(text, autoescape=True)).limit(2)
    found = session.scalars(query).all()
    if not text or len(found) != 1:
        raise UnknownRuleVersion(text)
    return found[0]


def _old(district: District, from_version: str | None) -> Select[Case]:
    query = select(Case).where(Case.closed_at.is_(None), Case.rule_version != district.rule_version)
    return query.where(Case.rule_version == from_version) if from_version else query


def states_in_use(session: Session, district: District) -> list[StateInUse]:
    """States that the workflow of this pack does not have and open cases stand in: one for each, as a fact.

    The cases keep their rules and go on; they are told of when the desk starts, by doctor, and by the pack's check.
    """
    chosen = _old(district, None).with_only_columns(Case.rule_version, Case.state, func.count())
    labels: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for version, state, count in session.execute(chosen.group_by(Case.rule_version, Case.state).order_by(Case.state)):
        if state not in district.workflow.case.states:
            book = rules.of_version(session, district, version)
            labels[state] = book.workflow.case.states.get(state, state)
            counts[state] += count
    return [StateInUse(labels[state], count) for state, count in counts.items()]


def waiting(session: Session, district: District) -> int:
    """How many open cases go by other rules than today's."""
    return session.scalar(_old(district, None).with_only_columns(func.count())) or 0


def preview(
    session: Session, district: District, *, now: datetime, recount: bool = False, from_version: str | None = None
) -> Plan:
    """What ``migrate`` would do to the open cases of other versions, or of one; nothing is changed."""
    new = rules.today(district)
    stood: Counter[tuple[str, str]] = Counter()
    moving: Counter[tuple[str, str]] = Counter()
    movable: list[str] = []
    stays: list[Stay] = []
    moved = overdue = 0
    for case in _cases(session, _old(district, from_version)):
        old = rules.of(session, district, case)
        stood[case.rule_version, case.state] += 1
        why = obstacles(old, new, case, recount=recount)
        if why:
            stays.append(_stay(old, case, why))
            continue
        moving[case.rule_version, case.state] += 1
        movable.append(case.id)
        for one in rule_recount.count(new, case):
            due = rule_recount.binding(new, case, one)
            moved += due != one.clock.due_at
            overdue += due != one.clock.due_at and one.clock.state == "running" and due < now <= one.clock.due_at
    groups = tuple(_group(session, district, key, stood[key], moving[key]) for key in sorted(stood))
    groups = tuple(sorted(groups, key=lambda each: (each.first_seen, each.version)))
    return Plan(district.rule_version, recount, groups, tuple(movable), tuple(stays), moved, overdue)


def _cases(session: Session, chosen: Select[Case]) -> Iterator[Case]:
    """In the order they were opened, with all that the rules bind, some hundred at a time."""
    keys = session.scalars(chosen.with_only_columns(Case.id).order_by(Case.id)).all()
    for start in range(0, len(keys), BATCH):
        query = select(Case).where(Case.id.in_(keys[start : start + BATCH])).order_by(Case.id)
        whole = query.options(selectinload(Case.tickets), selectinload(Case.clocks), selectinload(Case.requests))
        yield from session.scalars(whole).all()


def _stay(old: RuleBook, case: Case, why: tuple[str, ...]) -> Stay:
    label = old.workflow.case.states.get(case.state, case.state)
    return Stay(case.id, case.number, case.rule_version, label, why)


def _group(session: Session, district: District, key: tuple[str, str], count: int, movable: int) -> Group:
    version, state = key
    row = session.get_one(RuleVersion, version)
    label = rules.of_version(session, district, version).workflow.case.states.get(state, state)
    in_use = state not in district.workflow.case.states
    return Group(version, row.pack_version, row.first_seen, state, label, count, movable, in_use)


def migrate(
    session: Session,
    district: District,
    keys: Sequence[str],
    *,
    actor: Actor,
    now: datetime,
    recount: bool = False,
) -> Done:
    """Let these cases go on by today's rules; each is looked at again, and what does not fit any more stays.

    A case that is closed or goes by today's rules already is passed over. Raises ``NotAllowed``.
    """
    check_may_migrate(actor)
    rules.keep(session, district, now=now)
    moved: list[str] = []
    stays: list[Stay] = []
    deadlines, versions = 0, set()
    for case in _cases(session, _old(district, None).where(Case.id.in_(keys))):
        lifecycle.hold(session, case)
        if case.closed_at is not None or case.rule_version == district.rule_version:
            continue
        old = rules.of(session, district, case)
        why = obstacles(old, rules.today(district), case, recount=recount)
        if why:
            stays.append(_stay(old, case, why))
            continue
        versions.add(old.version)
        deadlines += _move(session, district, case, old, actor=actor, now=now, recount=recount)
        moved.append(case.number)
    session.flush()
    if moved or stays:
        counts = {"moved": len(moved), "stayed": len(stays), "deadlines": deadlines, "recount": recount}
        _record(session, district, actor, counts | {"from": sorted(versions)}, now=now)
    return Done(tuple(moved), tuple(stays), deadlines)


def migrate_one(
    session: Session, district: District, case: Case, *, actor: Actor, now: datetime, recount: bool = False
) -> Done:
    """Let this one case go on by today's rules; nothing happens to one that does already.

    Raises ``NotAllowed``, ``CaseIsOver``, ``StateInUse`` (with the number of open cases that stand there) and
    ``CannotMigrate``.
    """
    check_may_migrate(actor)
    if case.closed_at is not None:
        raise CaseIsOver(case.number)
    done = migrate(session, district, [case.id], actor=actor, now=now, recount=recount)
    for stay in done.stays:
        if state_is_gone(rules.today(district), case):
            here = _old(district, None).where(Case.state == case.state).with_only_columns(func.count())
            raise StateInUse(stay.state_label, session.scalar(here) or 0)
        raise CannotMigrate(stay.number, "；".join(stay.reasons))
    return done


def _move(
    session: Session, district: District, case: Case, old: RuleBook, *, actor: Actor, now: datetime, recount: bool
) -> int:
    """One case's version, its clocks where asked for, and the step that tells of both; how many deadlines moved."""
    new, zone = rules.today(district), district.calendars.zone
    words = [f"由 {old.workflow.version}（{old.version[:12]}）更新为 {new.workflow.version}（{new.version[:12]}）"]
    moved = 0
    for one in rule_recount.count(new, case) if recount else ():
        before = one.clock.due_at
        if rule_recount.take_over(new, case, one):
            moved += 1
            then, after = before.astimezone(zone), one.clock.due_at.astimezone(zone)
            words.append(f"{one.clock.label}时限由 {then:%m月%d日 %H:%M} 改为 {after:%m月%d日 %H:%M}")
    if not moved:
        words.append("各项时限不变")
    case.rule_version = new.version
    text = "；".join(words)
    lifecycle.note(session, ACT, LABEL, actor=actor, now=now, case=case, text=text, unit=case.lead_unit)
    return moved


def _record(session: Session, district: District, actor: Actor, details: dict[str, object], *, now: datetime) -> None:
    recording.record(
        session, actor, RUN, "rule_version", district.rule_version, now=now, details=details | {"by": actor.name}
    )


def runs(session: Session, *, limit: int = 20) -> list[audit.AuditRow]:
    """The batches migrated before, the latest first; ``details`` as ``migrate`` records them."""
    query = select(audit.AuditRow).where(audit.AuditRow.act == RUN).order_by(audit.AuditRow.id.desc()).limit(limit)
    return list(session.scalars(query))
