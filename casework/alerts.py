"""Alerts to staff (值班告警): raised once, called along the roster until somebody acknowledges, all on record.

Who is on duty is called first. Who does not acknowledge within the pack's minutes is followed by the next on the
roster, and the last of them by all supervisors; each is called once. A call is a notice, the banner on every page of
the one called, and what ``casework.alert_calls`` sends; where none of it arrives the next is called at once.
What raises alerts is in ``casework.emergencies`` and ``casework.alert_watch``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Executable, exists, or_, select
from sqlalchemy.orm import Session

from casework import alert_calls, alert_lines, duty, recording
from casework.actors import SYSTEM, Actor
from casework.alert_calls import Callee
from casework.duty import OnDuty
from casework.errors import NotAllowed
from casework.people_errors import AlertEnded, UnknownAlert
from casework.people_tables import Alert, AlertCall
from casework.tables import Case, Clock, Ticket
from casework.telling import notify
from district.duty import LABELS, AlertKind
from district.pack import District
from district.schemas import Role
from storage.database import is_id
from storage.identity import User
from storage.statements import ByDialect, table_of

READS = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR})
"""Who reads every alert; others read those they were called for."""
ACKNOWLEDGES = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})
"""Who may acknowledge an alert that he was not called for."""
ALL_SUPERVISORS = "全体督办"
MANY = 50
"""Open alerts of one person that are looked at together."""
_TABLE = table_of(Alert)


def _insertion(dialect: Any) -> Executable:
    return dialect.insert(_TABLE).on_conflict_do_nothing(index_elements=["key"]).returning(_TABLE.c.id)  # type: ignore[no-any-return]


_INSERT = ByDialect(_insertion)


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
) -> Alert | None:
    """Raise an alert and call the first on duty, or, with ``everybody``, all on duty and the supervisors at once.

    None when one of this ``key`` was raised before, by another transaction at this moment too. ``text`` names nobody.
    """
    session.flush()
    values = {
        "key": key,
        "kind": kind,
        "text": text,
        "case_id": case.id if case else None,
        "ticket_id": ticket.id if ticket else None,
        "clock_id": clock.id if clock else None,
        "clock_due_at": clock.due_at if clock else None,
        "raised_at": now,
        "due_at": now,
    }
    made = session.connection().execute(_INSERT.of(session), values).scalar_one_or_none()
    if made is None:
        return None
    alert = session.get_one(Alert, made)
    _record(session, alert, "raise_alert", SYSTEM, now=now, kind=kind)
    call_next(session, district, alert, now=now)
    while everybody and alert.due_at is not None:
        call_next(session, district, alert, now=now)
    return alert


def escalate(session: Session, district: District, *, now: datetime) -> int:
    """Call the next for every open alert whose minutes are over, or whose last call reached nobody.

    Return how many alerts called on.
    """
    query = (
        select(Alert)
        .where(Alert.state == "open", Alert.due_at.is_not(None))
        .order_by(Alert.raised_at)
        .with_for_update(skip_locked=True)
    )
    calling = [each for each in session.scalars(query) if _is_due(session, each, now=now)]
    for alert in calling:
        call_next(session, district, alert, now=now)
    return len(calling)


def _is_due(session: Session, alert: Alert, *, now: datetime) -> bool:
    if alert.due_at is not None and alert.due_at <= now:
        return True
    return bool(alert.calls) and alert_calls.is_lost(session, alert, alert.calls[-1])


def call_next(session: Session, district: District, alert: Alert, *, now: datetime) -> None:
    """The next on the roster who was not called yet, then all supervisors; after them nobody is left to call.

    Whom none of the desk's lines reaches has his banner, and the one after him is called at once as well.
    """
    lines = alert_calls.lines(session, district, alert.kind)
    while True:
        called = {call.user_id for call in alert.calls}
        following = next((each for each in duty.on_duty(session, now=now) if each.user.id not in called), None)
        alert.due_at = None
        if following is None and "" in called:
            return
        if following is not None:
            alert.due_at = now + timedelta(minutes=district.duty.minutes(alert.kind))
        call = _call(session, district, alert, following, now=now)
        if following is None or call.ways or not lines:
            return


def _call(session: Session, district: District, alert: Alert, one: OnDuty | None, *, now: datetime) -> AlertCall:
    call = AlertCall(
        alert_id=alert.id,
        step=len(alert.calls),
        user_id=one.user.id if one else "",
        name=one.name if one else ALL_SUPERVISORS,
        at=now,
        ways=[],
    )
    alert.calls.append(call)
    session.flush()
    fields = _fields(session, alert, who=call.name) | {"minutes": str(district.duty.minutes(alert.kind))}
    callees = [Callee(one.user, one.phone)] if one else [Callee(each, each.phone) for each in _supervisors(session)]
    _tell_called(session, district, alert, call, "alert_raised", fields, now=now)
    alert_calls.put_out(session, district, alert, call, callees, fields, now=now)
    ways = sorted({way for way, _, _ in call.ways})
    _record(session, alert, "call_for_alert", SYSTEM, now=now, step=call.step, user=call.user_id, ways=ways)
    return call


def _fields(session: Session, alert: Alert, *, who: str) -> dict[str, str]:
    return {
        "kind": LABELS[alert.kind],  # type: ignore[index]
        "text": alert.text,
        "who": who,
        "link": alert_calls.place_of(session, alert),
    }


def _tell_called(
    session: Session,
    district: District,
    alert: Alert,
    call: AlertCall,
    template: str,
    fields: dict[str, str],
    *,
    now: datetime,
) -> None:
    case = session.get(Case, alert.case_id) if alert.case_id else None
    ticket = session.get(Ticket, alert.ticket_id) if alert.ticket_id and case is None else None
    audience = "person" if call.user_id else "supervisor"
    notify(
        session,
        district,
        audience,
        template,
        now=now,
        case=case,
        ticket=ticket,
        person=call.user_id,
        fields=fields,
    )


def _supervisors(session: Session) -> Sequence[User]:
    query = select(User).where(User.role == str(Role.SUPERVISOR), User.disabled.is_(False)).order_by(User.login)
    return list(session.scalars(query))


def acknowledge(session: Session, district: District, key: str, *, actor: Actor, now: datetime) -> Alert:
    """确认: the alert is somebody's now, nobody else is called for it, and the others who were called hear of it.

    Who takes on an emergency takes on with it what else he was called for about the same matter; a deadline or a
    silent night acknowledged by itself leaves the emergency standing. Raises ``UnknownAlert``, ``NotAllowed`` and
    ``AlertEnded``.
    """
    alert = get(session, key, actor, now=now, lock=True)
    if not may_acknowledge(session, alert, actor, now=now):
        raise NotAllowed("确认告警", "由被呼叫的值班人员、督办或管理员确认")
    if alert.state != "open":
        raise AlertEnded(alert.acknowledged_name)
    whole = alert.kind == "emergency"
    for each in (alert, *(alert_lines.beside(session, alert, waiting(session, actor)) if whole else ())):
        _take_on(session, district, each, actor=actor, now=now)
    return alert


def _take_on(session: Session, district: District, alert: Alert, *, actor: Actor, now: datetime) -> None:
    alert.state, alert.due_at, alert.ended_at = "acknowledged", None, now
    alert.acknowledged_by, alert.acknowledged_name = actor.id, actor.name
    _record(session, alert, "acknowledge_alert", actor, now=now)
    fields = _fields(session, alert, who=actor.name)
    for call in alert.calls:
        if call.user_id != actor.id:
            _tell_called(session, district, alert, call, "alert_acknowledged", fields, now=now)
    alert_calls.tell_acknowledged(session, district, alert, actor.id, fields, now=now)


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


def waiting(session: Session, actor: Actor) -> list[Alert]:
    """Open alerts the actor was called for, the oldest first: what the banner on his pages says."""
    own = [AlertCall.user_id == actor.id]
    if actor.role is Role.SUPERVISOR:
        own.append(AlertCall.user_id == "")
    called = exists().where(AlertCall.alert_id == Alert.id, or_(*own))
    query = select(Alert).where(Alert.state == "open", called).order_by(Alert.raised_at).limit(MANY)
    return list(session.scalars(query))


def _record(session: Session, alert: Alert, act: str, actor: Actor, *, now: datetime, **details: object) -> None:
    recording.record(session, actor, act, "alert", alert.id, now=now, topic="alerts", details=details)
