"""What raises alerts by itself: deadlines that turn red, nights in which nobody hears or answers, what was missed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from casework import alerts, call_alarms, emergencies
from casework.emergencies import EMERGENCY, about
from casework.message_tables import Message
from casework.people_tables import Alert
from casework.tables import Case, Clock, Ticket
from district.duty import DutyRules
from district.pack import District

LATE = timedelta(hours=1)
"""A deadline that passed longer ago is told by the notices of what is overdue, not by an alert."""
AT_ONCE = 100


def check(session: Session, district: District, *, now: datetime, failing: Sequence[str] = ()) -> int:
    """Settle what is over, raise what is new, call the next where nobody answered. Return how many were called.

    ``failing`` are the accounts that cannot be watched, by their names for people.
    """
    _settle(session, district, failing, now=now)
    raised = [
        *emergencies.raise_overlooked(session, district, now=now),
        *_red_deadlines(session, district, now=now),
        *_silent_night(session, district, failing, now=now),
    ]
    return len(raised) + alerts.escalate(session, district, now=now)


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
        if alert.case_id is None and alert.ticket_id is None:
            return not call_alarms.still_runs(session, alert)
        return emergencies.is_over(session, district, alert)
    if alert.key.startswith("unheard:"):
        return not failing or _heard_since(session, alert.raised_at)
    return not _unanswered(session)


def _heard_since(session: Session, moment: datetime) -> bool:
    return session.scalar(select(Message.id).where(Message.received_at > moment).limit(1)) is not None


def _red_deadlines(session: Session, district: District, *, now: datetime) -> list[Alert]:
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
        text = f"{about(district, case, None)}的{clock.label}时限 {due:%m月%d日 %H:%M} 到期。"
        key = f"red:{clock.id}:{int(clock.due_at.timestamp())}"
        raised = alerts.raise_alert(session, district, "red_deadline", key, text, now=now, case=case, clock=clock)
        made.append(raised)
    return [each for each in made if each is not None]


def _silent_night(session: Session, district: District, failing: Sequence[str], *, now: datetime) -> list[Alert]:
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
        raised = alerts.raise_alert(session, district, "silent_night", f"unheard:{night}", text, now=now)
        made.append(raised)
    silent = [alert for alert in _unanswered(session) if alert.raised_at <= now - quiet]
    if silent and not _answered_since(session, began):
        made.append(_unanswered_night(session, district, silent, f"unanswered:{night}", now=now))
    return [each for each in made if each is not None]


def _unanswered_night(
    session: Session, district: District, silent: Sequence[Alert], key: str, *, now: datetime
) -> Alert | None:
    """Everybody is called at once, about the emergency that waits the longest."""
    first = silent[0]
    case = session.get(Case, first.case_id) if first.case_id else None
    ticket = session.get(Ticket, first.ticket_id) if first.ticket_id else None
    named = about(district, case, ticket) or "一次通话"
    more = f"，另有 {len(silent) - 1} 起" if len(silent) > 1 else ""
    text = f"{named}的突发告警已 {district.duty.silent_minutes} 分钟无人确认{more}，请任何看到的人立即确认并处置。"
    return alerts.raise_alert(
        session, district, "silent_night", key, text, now=now, case=case, ticket=ticket, everybody=True
    )


def _night_began(rules: DutyRules, local: datetime) -> datetime:
    hour, minute = map(int, rules.night_from.split(":"))
    began = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return began if began <= local else began - timedelta(days=1)


def _unanswered(session: Session) -> list[Alert]:
    standing = select(Alert).where(Alert.kind == EMERGENCY, Alert.state == "open")
    return list(session.scalars(standing.order_by(Alert.raised_at, Alert.id)))


def _answered_since(session: Session, moment: datetime) -> bool:
    """Whether somebody took on an emergency: a deadline that was acknowledged says nothing of the emergency."""
    query = select(Alert.id).where(Alert.kind == EMERGENCY, Alert.state == "acknowledged", Alert.ended_at >= moment)
    return session.scalar(query.limit(1)) is not None
