"""What raises alerts by itself: emergencies, deadlines that turn red, nights in which nobody hears or answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from casework import alerts, call_alarms
from casework.actors import Actor
from casework.message_tables import Message
from casework.people_tables import Alert
from casework.reading import Reader
from casework.tables import Case, Clock, Ticket
from casework.telling import matter
from district.duty import DutyRules
from district.pack import District
from district.schemas import Role

EMERGENCY = "emergency"
FRESH = timedelta(hours=24)
"""An emergency of before is known to somebody, or was before there were alerts."""
LATE = timedelta(hours=1)
"""A deadline that passed longer ago is told by the notices of what is overdue, not by an alert."""
WAITING = ("received", "assessed", "on_case")
AT_ONCE = 100


def check(
    session: Session, district: District, *, now: datetime, failing: Sequence[str] = (), mailbox: str = ""
) -> int:
    """Settle what is over, raise what is new, call the next where nobody answered. Return how many were called.

    ``failing`` are the accounts that cannot be watched, by their names for people.
    """
    _settle(session, district, failing, now=now)
    raised = [
        *_emergencies(session, district, now=now, mailbox=mailbox),
        *_red_deadlines(session, district, now=now, mailbox=mailbox),
        *_silent_night(session, district, failing, now=now, mailbox=mailbox),
    ]
    return len(raised) + alerts.escalate(session, district, now=now, mailbox=mailbox)


def _settle(session: Session, district: District, failing: Sequence[str], *, now: datetime) -> None:
    # One that somebody acknowledges at this moment is left to him.
    standing = select(Alert).where(Alert.state == "open").order_by(Alert.id).with_for_update(skip_locked=True)
    for alert in session.scalars(standing):
        if _is_over(session, district, alert, failing):
            alerts.settle(session, alert, now=now)


def _is_over(session: Session, district: District, alert: Alert, failing: Sequence[str]) -> bool:
    if alert.kind == "red_deadline":
        clock = session.get(Clock, alert.clock_id) if alert.clock_id else None
        return clock is None or clock.state != "running"
    if alert.kind == EMERGENCY:
        ticket = session.get(Ticket, alert.ticket_id) if alert.ticket_id else None
        if ticket is None:
            return not call_alarms.still_runs(session, alert)
        return ticket.state in district.workflow.ticket.final or ticket.told_at is not None
    if alert.key.startswith("unheard:"):
        return not failing or _heard_since(session, alert.raised_at)
    return not _unanswered(session)


def _heard_since(session: Session, moment: datetime) -> bool:
    return session.scalar(select(Message.id).where(Message.received_at > moment).limit(1)) is not None


def _emergencies(session: Session, district: District, *, now: datetime, mailbox: str) -> list[Alert]:
    """One for each matter: reporters on a case that was alerted of, or that another of them was, raise no second."""
    beside = aliased(Ticket)
    known = exists().where(
        Alert.kind == EMERGENCY,
        or_(
            Alert.ticket_id == Ticket.id,
            Alert.case_id == Ticket.case_id,
            exists().where(beside.id == Alert.ticket_id, beside.case_id == Ticket.case_id),
        ),
    )
    query = (
        select(Ticket)
        .where(
            Ticket.urgency == EMERGENCY,
            Ticket.state.in_(WAITING),
            Ticket.told_at.is_(None),
            Ticket.last_message_at > now - FRESH,
            ~known,
        )
        .order_by(Ticket.last_message_at)
        .limit(AT_ONCE)
    )
    made, seen = [], set()
    for ticket in session.scalars(query):
        about = ticket.case_id or ticket.id
        if about in seen:
            continue
        seen.add(about)
        text = f"{_about(district, ticket.case, ticket)}，请立即处置。"
        raised = alerts.raise_alert(
            session,
            district,
            "emergency",
            f"emergency:{about}",
            text,
            now=now,
            case=ticket.case,
            ticket=ticket,
            mailbox=mailbox,
        )
        made.append(raised)
    return [each for each in made if each is not None]


def _red_deadlines(session: Session, district: District, *, now: datetime, mailbox: str) -> list[Alert]:
    """Of clocks that the check of clocks found red; an extended one that turns red again is a new alert."""
    query = (
        select(Clock, Case)
        .join(Case, Case.id == Clock.case_id)
        .where(
            Clock.state == "running",
            Clock.warned.in_(("red", "overdue")),
            Clock.due_at > now - LATE,
            Case.urgency.in_(district.duty.red_urgencies),
            ~exists().where(Alert.clock_id == Clock.id, Alert.clock_due_at == Clock.due_at),
        )
        .order_by(Clock.due_at)
        .limit(AT_ONCE)
    )
    made = []
    for clock, case in session.execute(query).all():
        due = clock.due_at.astimezone(district.calendars.zone)
        text = f"{_about(district, case, None)}的{clock.label}时限 {due:%m月%d日 %H:%M} 到期。"
        key = f"red:{clock.id}:{int(clock.due_at.timestamp())}"
        raised = alerts.raise_alert(
            session, district, "red_deadline", key, text, now=now, case=case, clock=clock, mailbox=mailbox
        )
        made.append(raised)
    return [each for each in made if each is not None]


def _silent_night(
    session: Session, district: District, failing: Sequence[str], *, now: datetime, mailbox: str
) -> list[Alert]:
    """At night, once a night each: nothing is heard while an account fails; an emergency waits and nobody answers."""
    rules = district.duty
    local = now.astimezone(district.calendars.zone)
    if not rules.is_night(local.time()):
        return []
    began = _night_began(rules, local)
    night, quiet = f"{began:%Y%m%d}", timedelta(minutes=rules.silent_minutes)
    made = []
    last = session.scalar(select(func.max(Message.received_at)))
    if failing and (last is None or last <= now - quiet):
        text = f"{'、'.join(failing)}收取失败，已 {rules.silent_minutes} 分钟没有收到任何诉求，请检查线路。"
        raised = alerts.raise_alert(
            session, district, "silent_night", f"unheard:{night}", text, now=now, mailbox=mailbox
        )
        made.append(raised)
    if any(alert.raised_at <= now - quiet for alert in _unanswered(session)) and not _answered_since(session, began):
        text = f"有突发告警超过 {rules.silent_minutes} 分钟无人确认，请任何看到的人立即确认并处置。"
        raised = alerts.raise_alert(
            session,
            district,
            "silent_night",
            f"unanswered:{night}",
            text,
            now=now,
            everybody=True,
            mailbox=mailbox,
        )
        made.append(raised)
    return [each for each in made if each is not None]


def _night_began(rules: DutyRules, local: datetime) -> datetime:
    hour, minute = map(int, rules.night_from.split(":"))
    began = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return began if began <= local else began - timedelta(days=1)


def _unanswered(session: Session) -> list[Alert]:
    return list(session.scalars(select(Alert).where(Alert.kind == EMERGENCY, Alert.state == "open")))


def _answered_since(session: Session, moment: datetime) -> bool:
    query = select(Alert.id).where(Alert.state == "acknowledged", Alert.ended_at >= moment)
    return session.scalar(query.limit(1)) is not None


def _about(district: District, case: Case | None, ticket: Ticket | None) -> str:
    """The number and the matter in words that name nobody: whoever is on duty reads them on any screen."""
    reader = Reader(district, Actor("", "", Role.SUPERVISOR))
    if case is not None:
        return f"办件 {case.number}（{matter(reader.title(case)) or '附件内容'}）"
    if ticket is None:
        return ""
    veil = reader.record(None, ticket)
    return f"工单 {ticket.number}（{matter(veil.text(ticket.title or ticket.text)) or '附件内容'}）"
