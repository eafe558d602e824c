"""How an alert's call goes out (呼叫方式): by every way of ``duty.yaml`` that the desk has an account for.

Which accounts there are is a matter of settings, which the process that sends knows; an emergency is found by any
process, deep in a transaction. So the lines are kept in the database, and the job of alerts keeps them up to date.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from casework.people_tables import Alert, AlertCall, AlertLine
from district.duty import LABELS, Way
from district.pack import District
from storage import deliveries
from storage.deliveries import Delivery
from storage.identity import User

EVERYBODY = "@all"
"""Whom a robot calls where none of the called has a mobile phone."""
_MOBILE = re.compile(r"1[3-9]\d{9}")
_NO_DIGIT = re.compile(r"[\s\-()（）]|^(?:\+|00)86")
LOST = frozenset({"failed", "dead"})


@dataclass(frozen=True, slots=True)
class Line:
    """What a way goes out by. ``pages``: where the desk's pages are, without a slash at the end."""

    way: Way
    channel: str
    account: str
    pages: str = ""


@dataclass(frozen=True, slots=True)
class Callee:
    """Somebody to be called, with the phone of his shift or of his account."""

    user: User
    phone: str

    @property
    def mobile(self) -> str:
        """The phone as eleven digits; empty where it is no mobile phone."""
        return mobile(self.phone) or mobile(self.user.phone)


def mobile(phone: str) -> str:
    """The phone as eleven digits; empty where it is no mobile phone of the mainland."""
    digits = _NO_DIGIT.sub("", phone)
    return digits if _MOBILE.fullmatch(digits) else ""


def know(session: Session, lines: Sequence[Line]) -> None:
    """These are the lines there are, from now on."""
    known = {each.way: each for each in session.scalars(select(AlertLine))}
    for line in lines:
        row = known.pop(line.way, None)
        if row is None:
            row = AlertLine(way=line.way)
            session.add(row)
        if (row.channel, row.account, row.pages) != (line.channel, line.account, line.pages):
            row.channel, row.account, row.pages = line.channel, line.account, line.pages
    if known:
        session.execute(delete(AlertLine).where(AlertLine.way.in_(known)))


def lines(session: Session, district: District, kind: str) -> list[AlertLine]:
    """The lines that a call of this kind goes out by, in the order of ``duty.yaml``."""
    known = {each.way: each for each in session.scalars(select(AlertLine))}
    return [known[way] for way in district.duty.ways_of(kind) if way in known]


def place_of(session: Session, alert: Alert) -> str:
    """The address of the alert's page; only its path where nobody knows the desk's."""
    pages = session.scalar(select(AlertLine.pages).where(AlertLine.pages != "").limit(1)) or ""
    return f"{pages}/alerts/{alert.id}"


def put_out(
    session: Session,
    district: District,
    alert: Alert,
    call: AlertCall,
    callees: Sequence[Callee],
    fields: Mapping[str, str],
    *,
    now: datetime,
) -> None:
    """Queue the call's messages and note them on it: one of the robot, an SMS and a letter to each whom they reach."""
    made = []
    for line in lines(session, district, alert.kind):
        purpose = f"alert:{alert.id}:{call.step}"
        if line.way == "robot":
            phones = [each.mobile for each in callees if each.mobile]
            mention = ",".join(dict.fromkeys(phones)) or (EVERYBODY if not call.user_id else "")
            key = _send(session, district, alert, line, "alert_raised", fields, purpose, now=now, mention=mention)
            made.append([line.way, key, ""])
            continue
        for each in callees:
            if _reaches(line, each):
                key = _send(session, district, alert, line, "alert_raised", fields, purpose, now=now, to=each)
                made.append([line.way, key, each.user.id])
    call.ways = made


def tell_acknowledged(
    session: Session, district: District, alert: Alert, by: str, fields: Mapping[str, str], *, now: datetime
) -> None:
    """Whoever was called hears, by the ways he was called, that it is somebody's; not that one himself (``by``)."""
    known = {each.way: each for each in session.scalars(select(AlertLine))}
    reached = {(way, user_id) for call in alert.calls for way, _, user_id in call.ways if user_id != by}
    users = {each.id: each for each in session.scalars(select(User).where(User.id.in_([key for _, key in reached])))}
    purpose, template = f"alert:{alert.id}:done", "alert_acknowledged"
    for way, user_id in sorted(reached):
        line = known.get(way)
        callee = Callee(users[user_id], users[user_id].phone) if user_id in users else None
        if line is not None and (way == "robot" or (callee is not None and _reaches(line, callee))):
            _send(session, district, alert, line, template, fields, purpose, now=now, to=callee)


def is_lost(session: Session, alert: Alert, call: AlertCall) -> bool:
    """Whether the call was sent and every message of it failed, or is put off beyond the minute to acknowledge."""
    keys = [key for _, key, _ in call.ways]
    query = select(Delivery).where(Delivery.id.in_(keys)).execution_options(populate_existing=True)
    found = list(session.scalars(query))
    return bool(found) and all(_is_lost(each, alert) for each in found)


def _is_lost(delivery: Delivery, alert: Alert) -> bool:
    if delivery.state in LOST:
        return True
    put_off = alert.due_at is not None and delivery.due_at >= alert.due_at
    return delivery.state == "queued" and delivery.attempts > 0 and put_off


def states(session: Session, calls: Sequence[AlertCall]) -> dict[str, str]:
    """The state of each message of these calls, by the delivery's key."""
    keys = [key for call in calls for _, key, _ in call.ways]
    query = select(Delivery.id, Delivery.state).where(Delivery.id.in_(keys))
    return {row.id: row.state for row in session.execute(query)}


def _reaches(line: AlertLine, callee: Callee) -> bool:
    return bool(callee.mobile if line.way == "sms" else callee.user.email)


def _send(
    session: Session,
    district: District,
    alert: Alert,
    line: AlertLine,
    template: str,
    fields: Mapping[str, str],
    purpose: str,
    *,
    now: datetime,
    to: Callee | None = None,
    mention: str = "",
) -> str:
    words = district.templates.render_offered(template, line.channel, fields)
    link = fields["link"]
    # The link is promised whatever the pack's words are; where nobody knows the desk's address there is none.
    text = words.text if link in words.text or "://" not in link else f"{words.text}\n{link}"
    recipient = alert.id  # of the robot: its group has no address, and one alert does not wait behind another
    if to is not None:
        recipient = to.mobile if line.way == "sms" else to.user.email
    return deliveries.enqueue(
        session,
        purpose=f"{purpose}:{line.way}" + (f":{to.user.id}" if to else ""),
        channel=line.channel,
        account=line.account,
        recipient=recipient,
        recipient_name=to.user.name if to else "",
        template=template,
        title=words.subject or LABELS[alert.kind],  # type: ignore[index]
        text=text,
        details={"mention": mention} if mention else {},
        now=now,
    )
