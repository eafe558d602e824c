"""Alerts to staff (值班告警): raised once, called along the roster until somebody acknowledges, all on record.

Who is on duty is called first. Who does not acknowledge within the pack's minutes is followed by the next on the
roster, and the last of them by all supervisors; each is called once. A call is a notice, the banner on every page of
the one called, and a letter where his account has an address and the desk a mailbox.
What raises alerts by itself is in ``casework.alert_watch``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from casework import duty, recording
from casework.actors import SYSTEM, Actor
from casework.duty import OnDuty
from casework.errors import NotAllowed
from casework.people_errors import AlertEnded, UnknownAlert
from casework.people_tables import Alert, AlertCall
from casework.tables import Case, Clock, Ticket
from casework.telling import notify
from district.duty import LABELS, AlertKind
from district.pack import District
from district.schemas import Role
from storage import deliveries
from storage.database import is_id
from storage.identity import User

READS = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR})
"""Who reads every alert; others read those they were called for."""
ACKNOWLEDGES = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})
"""Who may acknowledge an alert that he was not called for."""
ALL_SUPERVISORS = "全体督办"


def raise_alert(
    session: Session,
    district: District,
    kind: AlertKind,
    key: str,
    text: str,
    *,
    now: datetime,
    case: Case | None = None,
    ticket: Ticket | None = None,
    clock: Clock | None = None,
    everybody: bool = False,
    mailbox: str = "",
) -> Alert | None:
    """Raise an alert and call the first on duty, or, with ``everybody``, all on duty and the supervisors at once.

    None when one of this ``key`` was raised before. ``text`` names nobody; ``mailbox`` is the account that letters go
    out by, if any.
    """
    if session.scalar(select(Alert.id).where(Alert.key == key)) is not None:
        return None
    alert = Alert(
        key=key,
        kind=kind,
        text=text,
        case_id=case.id if case else None,
        ticket_id=ticket.id if ticket else None,
        clock_id=clock.id if clock else None,
        clock_due_at=clock.due_at if clock else None,
        raised_at=now,
        due_at=now,
    )
    session.add(alert)
    session.flush()
    _record(session, alert, "raise_alert", SYSTEM, now=now, kind=kind)
    call_next(session, district, alert, now=now, mailbox=mailbox)
    while everybody and alert.due_at is not None:
        call_next(session, district, alert, now=now, mailbox=mailbox)
    return alert


def escalate(session: Session, district: District, *, now: datetime, mailbox: str = "") -> int:
    """Call the next for every open alert whose minutes are over. Return how many were called."""
    query = (
        select(Alert)
        .where(Alert.state == "open", Alert.due_at <= now)
        .order_by(Alert.raised_at)
        .with_for_update(skip_locked=True)
    )
    waiting = list(session.scalars(query))
    for alert in waiting:
        call_next(session, district, alert, now=now, mailbox=mailbox)
    return len(waiting)


def call_next(session: Session, district: District, alert: Alert, *, now: datetime, mailbox: str) -> None:
    """The next on the roster who was not called yet, then all supervisors; after them nobody is left to call."""
    called = {call.user_id for call in alert.calls}
    following = next((each for each in duty.on_duty(session, now=now) if each.user.id not in called), None)
    alert.due_at = None
    if following is not None:
        minutes = district.duty.minutes(alert.kind)
        alert.due_at = now + timedelta(minutes=minutes)
        _call(session, district, alert, following, now=now, mailbox=mailbox)
    elif "" not in called:
        _call(session, district, alert, None, now=now, mailbox=mailbox)


def _call(
    session: Session, district: District, alert: Alert, one: OnDuty | None, *, now: datetime, mailbox: str
) -> None:
    call = AlertCall(
        alert_id=alert.id,
        step=len(alert.calls),
        user_id=one.user.id if one else "",
        name=one.name if one else ALL_SUPERVISORS,
        at=now,
    )
    alert.calls.append(call)
    session.flush()
    fields = {
        "kind": LABELS[alert.kind],  # type: ignore[index]
        "text": alert.text,
        "minutes": str(district.duty.minutes(alert.kind)),
    }
    case = session.get(Case, alert.case_id) if alert.case_id else None
    ticket = session.get(Ticket, alert.ticket_id) if alert.ticket_id and case is None else None
    audience, person = ("person", one.user.id) if one else ("supervisor", "")
    notify(session, district, audience, "alert_raised", now=now, case=case, ticket=ticket, person=person, fields=fields)
    words = district.templates.render_offered("alert_raised", "person", fields)
    for user in [one.user] if one else _supervisors(session):
        if mailbox and user.email:
            deliveries.enqueue(
                session,
                purpose=f"alert:{alert.id}:{user.id}",
                channel="mailbox",
                account=mailbox,
                recipient=user.email,
                recipient_name=user.name,
                template="alert_raised",
                title=words.subject or LABELS[alert.kind],  # type: ignore[index]
                text=words.text,
                now=now,
            )
    _record(session, alert, "call_for_alert", SYSTEM, now=now, step=call.step, user=call.user_id)


def _supervisors(session: Session) -> Sequence[User]:
    query = select(User).where(User.role == str(Role.SUPERVISOR), User.disabled.is_(False)).order_by(User.login)
    return list(session.scalars(query))


def acknowledge(session: Session, key: str, *, actor: Actor, now: datetime) -> Alert:
    """确认: the alert is somebody's now, and nobody else is called for it.

    Raises ``UnknownAlert``, ``NotAllowed`` and ``AlertEnded``.
    """
    alert = get(session, key, actor, now=now, lock=True)
    if not may_acknowledge(session, alert, actor, now=now):
        raise NotAllowed("确认告警", "由被呼叫的值班人员、督办或管理员确认")
    if alert.state != "open":
        raise AlertEnded(alert.acknowledged_name)
    alert.state, alert.due_at, alert.ended_at = "acknowledged", None, now
    alert.acknowledged_by, alert.acknowledged_name = actor.id, actor.name
    _record(session, alert, "acknowledge_alert", actor, now=now)
    return alert


def settle(session: Session, alert: Alert, *, now: datetime) -> None:
    """What the alert is about has ended before anybody acknowledged: nobody is called any more."""
    alert.state, alert.due_at, alert.ended_at = "over", None, now
    _record(session, alert, "settle_alert", SYSTEM, now=now)


def may_acknowledge(session: Session, alert: Alert, actor: Actor, *, now: datetime) -> bool:
    """Who was called, who is on duty now, a supervisor, an administrator."""
    if actor.role in ACKNOWLEDGES or any(call.user_id == actor.id for call in alert.calls):
        return True
    return any(each.user.id == actor.id for each in duty.on_duty(session, now=now))


def get(session: Session, key: str, actor: Actor, *, now: datetime, lock: bool = False) -> Alert:
    """The alert, for one who may read it. Raises ``UnknownAlert``."""
    found = session.get(Alert, key, with_for_update=lock, populate_existing=lock) if is_id(key) else None
    if found is None or not (actor.role in READS or may_acknowledge(session, found, actor, now=now)):
        raise UnknownAlert(key)
    return found


def listed(session: Session, actor: Actor, *, state: str = "", after: str = "", limit: int = 50) -> list[Alert]:
    """Alerts the actor may read, the latest first: all, or those he was called for."""
    query = select(Alert).order_by(Alert.id.desc()).limit(limit)
    if actor.role not in READS:
        query = query.where(exists().where(AlertCall.alert_id == Alert.id, AlertCall.user_id == actor.id))
    if state:
        query = query.where(Alert.state == state)
    if after:
        query = query.where(Alert.id < after) if is_id(after) else query.where(Alert.id.is_(None))
    return list(session.scalars(query))


def waiting(session: Session, actor: Actor, *, limit: int = 5) -> list[Alert]:
    """Open alerts the actor was called for, the oldest first: what the banner on his pages says."""
    own = [AlertCall.user_id == actor.id]
    if actor.role is Role.SUPERVISOR:
        own.append(AlertCall.user_id == "")
    called = exists().where(AlertCall.alert_id == Alert.id, or_(*own))
    query = select(Alert).where(Alert.state == "open", called).order_by(Alert.raised_at).limit(limit)
    return list(session.scalars(query))


def _record(session: Session, alert: Alert, act: str, actor: Actor, *, now: datetime, **details: object) -> None:
    recording.record(session, actor, act, "alert", alert.id, now=now, topic="alerts", details=details)
