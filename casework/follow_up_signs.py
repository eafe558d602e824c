"""What comes up on the follow-up list (跟踪台): orders, notes and watched cases, and what the pack's numbers bring up.

A ``Sign`` is one reason for one subject: a case, a ticket that has none, or a resident. Its ``mark`` says what the
reason rests on, so that a sign that was seen to comes back when something new has happened. All are read with a few
queries that use indexes and give no words of residents; the list loads the cases of one page only.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from casework import deadlines
from casework.actors import Actor
from casework.supervision_orders import OPEN as OPEN_ORDERS
from casework.supervision_orders import STATES, UNANSWERED
from casework.supervision_tables import LeadersNote, SupervisionOrder, WatchedCase
from casework.tables import Callback, Case, Clock, Ticket
from casework.tickets import OPEN_TICKETS
from district.pack import District
from district.schemas import Role

REASONS: Mapping[str, str] = {
    "order": "督办未结",
    "note": "批示待复",
    "unsatisfied": "多次不满意",
    "returned": "多次退单",
    "overdue": "已逾期",
    "urged": "多次催办",
    "repeat": "重复诉求",
    "review": "挂账到期",
    "watched": "关注",
}
"""The reasons, the gravest first."""
RANKS = {name: rank for rank, name in enumerate(REASONS)}
WATCHED = "watched"


@dataclass(frozen=True, slots=True)
class Sign:
    """One reason. ``words`` say it in Chinese, ``act`` what is to be done about it."""

    reason: str
    subject: str
    case_id: str | None
    unit: str
    since: datetime
    mark: str
    words: str
    act: str
    ticket_id: str | None = None
    """The ticket it is about where it is about no case: one without a case, or the latest of a resident."""


def all_signs(session: Session, district: District, actor: Actor, *, now: datetime) -> list[Sign]:
    """Every sign as of now; of watched cases those that this actor watches, for an auditor everybody's."""
    found: list[Sign] = []
    for read in (_orders, _notes, _overdue, _returned, _unsatisfied, _urged, _repeated, _to_review):
        found += read(session, district, now)
    return found + list(_watched(session, actor))


def _mark(*parts: object) -> str:
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:32]


def _day(district: District, at: datetime) -> str:
    return f"{at.astimezone(district.calendars.zone):%m-%d %H:%M}"


def _orders(session: Session, district: District, now: datetime) -> Iterator[Sign]:
    query = (
        select(SupervisionOrder, Case.lead_unit)
        .join(Case, Case.id == SupervisionOrder.case_id)
        .where(SupervisionOrder.state.in_(OPEN_ORDERS))
    )
    for order, unit in session.execute(query):
        late = order.state in UNANSWERED and order.due_at < now
        answered = order.state == "answered"
        state = "逾期未答复" if late else STATES[order.state]
        yield Sign(
            "order",
            order.case_id,
            order.case_id,
            unit,
            order.answered_at or order.due_at if answered else order.due_at,
            _mark(order.id, order.state, order.due_at, late),
            f"{order.label}{state}" + ("" if answered else f"，时限 {_day(district, order.due_at)}"),
            "审核督办答复" if answered else "升级督办" if late else "等待答复",
        )


def _notes(session: Session, district: District, now: datetime) -> Iterator[Sign]:
    del now
    query = (
        select(LeadersNote, Case.lead_unit)
        .join(Case, Case.id == LeadersNote.case_id)
        .where(LeadersNote.state == "open", LeadersNote.asks_answer)
        .order_by(LeadersNote.entered_at, LeadersNote.id)
    )
    by_case: dict[str, list[LeadersNote]] = defaultdict(list)
    units: dict[str, str] = {}
    for found, unit in session.execute(query):
        by_case[found.case_id].append(found)
        units[found.case_id] = unit
    for case_id, found_here in by_case.items():
        first = found_here[0]
        more = f"等 {len(found_here)} 条" if len(found_here) > 1 else ""
        words = f"{first.office} {first.leader}批示{more}待答复，录入 {_day(district, first.entered_at)}"
        mark = _mark(*(each.id for each in found_here))
        yield Sign("note", case_id, case_id, units[case_id], first.entered_at, mark, words, "催办批示答复")


def _overdue(session: Session, district: District, now: datetime) -> Iterator[Sign]:
    query = (
        select(Clock.case_id, Clock.id, Clock.label, Clock.due_at, Case.lead_unit)
        .join(Case, Case.id == Clock.case_id)
        .where(deadlines.over(now))
        .order_by(Clock.due_at, Clock.id)
    )
    by_case: dict[str, list[tuple[str, str, datetime, str]]] = defaultdict(list)
    for case_id, key, label, due, unit in session.execute(query):
        by_case[case_id].append((key, label, due, unit))
    for case_id, clocks in by_case.items():
        _, _, since, unit = clocks[0]
        words = "、".join(f"{label}（{_day(district, due)}）" for _, label, due, _ in clocks)
        mark = _mark(*(f"{key}:{due}" for key, _, due, _ in clocks))
        yield Sign("overdue", case_id, case_id, unit, since, mark, words, "签发督办" if unit else "尽快派单")


def _returned(session: Session, district: District, now: datetime) -> Iterator[Sign]:
    del now
    query = select(Case.id, Case.lead_unit, Case.returns, Case.opened_at).where(
        Case.returns >= district.supervision.follow_up.returns,
        Case.state.not_in(district.workflow.case.final),
    )
    for case_id, unit, returns, opened_at in session.execute(query):
        yield Sign(
            "returned", case_id, case_id, unit, opened_at, _mark(returns), f"退单 {returns} 次", "会商确定承办单位"
        )


@dataclass(slots=True)
class _Discontent:
    case_id: str | None
    unit: str
    since: datetime
    reworks: int = 0
    refused: int = 0
    ticket_id: str | None = None


def _unsatisfied(session: Session, district: District, now: datetime) -> Iterator[Sign]:
    rules = district.supervision.follow_up
    limit = now - timedelta(days=rules.unsatisfied_days)
    is_open = Case.state.not_in(district.workflow.case.final)
    found: dict[str, _Discontent] = {}
    reworked = select(Case.id, Case.lead_unit, Case.reworks, Case.opened_at).where(
        Case.reworks >= rules.unsatisfied, or_(is_open, Case.closed_at >= limit)
    )
    for key, unit, reworks, at in session.execute(reworked):
        found[key] = _Discontent(key, unit, at, reworks=reworks)
    refused = (
        select(Ticket.id, Ticket.case_id, Case.lead_unit, func.count(Callback.id), func.max(Callback.at))
        .join(Callback, Callback.ticket_id == Ticket.id)
        .outerjoin(Case, Case.id == Ticket.case_id)
        .where(
            Callback.reached,
            or_(Callback.resolved.is_(False), Callback.satisfaction == "dissatisfied"),
            or_(is_open, Callback.at >= limit),
        )
        .group_by(Ticket.id, Ticket.case_id, Case.lead_unit)
        .having(func.count(Callback.id) >= rules.unsatisfied)
    )
    for ticket_id, case_id, unit, times, at in session.execute(refused):
        line = found.setdefault(case_id or ticket_id, _Discontent(case_id, unit or "", at, ticket_id=ticket_id))
        line.refused = max(line.refused, times)
    for subject, each in found.items():
        parts = [f"重办 {each.reworks} 次"] if each.reworks else []
        parts += [f"回访不满意 {each.refused} 次"] if each.refused else []
        mark = _mark(each.reworks, each.refused)
        words = "，".join(parts)
        alone = None if each.case_id else each.ticket_id
        yield Sign("unsatisfied", subject, each.case_id, each.unit, each.since, mark, words, "签发督办", alone)


def _urged(session: Session, district: District, now: datetime) -> Iterator[Sign]:
    del now
    query = (
        select(Ticket.id, Ticket.case_id, Case.lead_unit, Ticket.urgings, Ticket.last_message_at)
        .outerjoin(Case, Case.id == Ticket.case_id)
        .where(Ticket.urgings >= district.callback.urgings_escalate_at, Ticket.state.in_(OPEN_TICKETS))
        .order_by(Ticket.id)
    )
    by_subject: dict[str, list[tuple[str, str | None, str, int, datetime]]] = defaultdict(list)
    for ticket_id, case_id, unit, urgings, at in session.execute(query):
        by_subject[case_id or ticket_id].append((ticket_id, case_id, unit or "", urgings, at))
    for subject, lines in by_subject.items():
        ticket_id, case_id, unit, _, _ = lines[0]
        most, since = max(line[3] for line in lines), min(line[4] for line in lines)
        words = f"催办 {most} 次" + (f"（{len(lines)} 件诉求）" if len(lines) > 1 else "")
        mark = _mark(*(f"{line[0]}:{line[3]}" for line in lines))
        act = "签发督办" if unit else "尽快派单"
        yield Sign("urged", subject, case_id, unit, since, mark, words, act, None if case_id else ticket_id)


def _repeated(session: Session, district: District, now: datetime) -> Iterator[Sign]:
    """Residents who came again and again; what they withdrew is not counted."""
    rules = district.supervision.follow_up
    since = now - timedelta(days=rules.repeat_days)
    counted = and_(Ticket.opened_at >= since, Ticket.opened_at <= now, Ticket.state != "withdrawn")
    often = (
        select(Ticket.resident_id)
        .where(counted)
        .group_by(Ticket.resident_id)
        .having(func.count(Ticket.id) >= rules.repeat_tickets)
    )
    query = (
        select(Ticket.resident_id, Ticket.id, Ticket.case_id, Case.lead_unit, Ticket.opened_at)
        .outerjoin(Case, Case.id == Ticket.case_id)
        .where(counted, Ticket.resident_id.in_(often))
        .order_by(Ticket.opened_at, Ticket.id)
    )
    by_resident: dict[str, list[tuple[str, str | None, str, datetime]]] = defaultdict(list)
    for resident, ticket_id, case_id, unit, at in session.execute(query):
        by_resident[resident].append((ticket_id, case_id, unit or "", at))
    for resident, lines in by_resident.items():
        ticket_id, case_id, unit, at = lines[-1]
        words = f"同一居民 {rules.repeat_days} 天内 {len(lines)} 件"
        yield Sign("repeat", resident, case_id, unit, at, _mark(ticket_id), words, "查看历次诉求", ticket_id)


def _to_review(session: Session, district: District, now: datetime) -> Iterator[Sign]:
    zone = district.calendars.zone
    today = now.astimezone(zone).date()
    query = select(Case.id, Case.lead_unit, Case.review_date).where(
        Case.state == "suspended", Case.review_date.is_not(None), Case.review_date <= today
    )
    for case_id, unit, day in session.execute(query):
        assert day is not None
        since = datetime.combine(day, time(), zone)
        yield Sign("review", case_id, case_id, unit, since, _mark(day), f"挂账复核日期 {day:%m-%d} 已到", "复核挂账")


def _watched(session: Session, actor: Actor) -> Iterable[Sign]:
    watched = select(WatchedCase.case_id, func.min(WatchedCase.at).label("at")).group_by(WatchedCase.case_id)
    if actor.role is not Role.AUDITOR:
        watched = watched.where(WatchedCase.by == actor.id)
    those = watched.subquery()  # grouped before the join: else every case is gone through
    query = select(Case.id, Case.lead_unit, Case.version, those.c.at).join(those, those.c.case_id == Case.id)
    for case_id, unit, version, at in session.execute(query):
        yield Sign(WATCHED, case_id, case_id, unit, at, _mark(version), "您关注的办件", "查看进展")
