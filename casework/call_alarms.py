"""An emergency heard while a call still runs: the staff are alerted then and there, once for each call.

Its alert is about the call until there is a ticket, which takes it over: nobody is alerted of the same words twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import alerts
from casework.alarms import EMERGENCY
from casework.people_tables import Alert
from casework.privacy import mask_text
from district.pack import District
from storage.running_calls import RunningCall
from triage.assessment import Urgency


def sound(session: Session, district: District, call: RunningCall, urgency: Urgency, *, now: datetime) -> bool:
    """Alert everybody on duty and the supervisors of what was heard in a call that is held. Whether that was new."""
    if urgency.level != EMERGENCY or call.alert_id is not None or call.ended_at is not None:
        return False
    reasons = mask_text("；".join(urgency.reasons))
    text = f"通话中听到突发情况（{reasons}），通话仍在进行，请立即处置。"
    alert = alerts.raise_alert(session, district, "emergency", key_of(call), text, now=now, everybody=True)
    if alert is None:
        return False
    call.alert_id = alert.id
    call.version += 1
    return True


def key_of(call: RunningCall) -> str:
    """The alert's key: a call's number may be longer than a key."""
    whole = f"{call.channel}\n{call.account}\n{call.call_id}"
    return f"call:{hashlib.sha256(whole.encode()).hexdigest()[:32]}"


def hand_over(session: Session, call: RunningCall, ticket_id: str) -> None:
    """The call's ticket is there: the alert is about it from now on."""
    alert = session.get(Alert, call.alert_id) if call.alert_id is not None else None
    if alert is not None and alert.ticket_id is None:
        alert.ticket_id = ticket_id


def still_runs(session: Session, alert: Alert) -> bool:
    """Whether the call that the alert is about still runs."""
    query = select(RunningCall.call_id).where(RunningCall.alert_id == alert.id, RunningCall.ended_at.is_(None))
    return session.scalar(query.limit(1)) is not None


def calls_of(session: Session, raised: Iterable[Alert]) -> dict[str, RunningCall]:
    """The calls that alerts without a ticket are about, by the alert's id."""
    wanted = [each.id for each in raised if each.kind == EMERGENCY and each.ticket_id is None]
    if not wanted:
        return {}
    found = session.scalars(select(RunningCall).where(RunningCall.alert_id.in_(wanted)))
    return {each.alert_id: each for each in found if each.alert_id is not None}
