"""What the agent picks and types while people still talk (坐席记录), and what becomes of it when the call is over.

A field holds the last word said of it. The fields that state something (place, time, contact …) go into the call's
transcript at hang-up, a line each below the caller's words, so they stand on its ticket and are judged with it; the
category is the agent's correction of what triage suggests for that ticket.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import dispatch, recording
from casework.actors import Actor
from casework.call_errors import CallOver, UnknownCallField
from casework.desk_work import check_desk
from casework.message_tables import Message
from casework.tables import Correction, Ticket
from district.pack import District
from district.schemas import Role
from storage.running_calls import CallNote, RunningCall, notes

CATEGORY = "category"
MATTER = "matter"
"""The matter in the agent's own words, where he registers it while people still talk."""
STATES = {"matter": "诉求", "place": "地点", "time": "时间", "contact": "联系方式", "object": "对象", "note": "备注"}
"""Fields that state something, with the words they have on the ticket."""
FIELDS = (CATEGORY, *STATES)
LONGEST = 500
LONGEST_MATTER = 2_000
READS = frozenset({Role.AGENT, Role.DISPATCHER, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR})
"""Who sees running calls; who writes on them is the desk (``casework.actors.DESK``)."""
BY_THE_AGENT = "坐席记录"


@dataclass(frozen=True, slots=True)
class Noted:
    """One field as it stands."""

    field: str
    value: str
    by_name: str
    at: datetime


def keep(
    session: Session, district: District, call: RunningCall, field: str, value: str, *, actor: Actor, now: datetime
) -> None:
    """Put down a field of a call that is held and runs; an empty value takes it back.

    Raises ``NotAllowed``, ``CallOver``, ``UnknownCallField`` and ``UnknownCategory``.
    """
    check_desk(actor, "记录通话")
    if call.ended_at is not None:
        raise CallOver(call.call_id)
    if field not in FIELDS:
        raise UnknownCallField(field)
    value = " ".join(value.split())[: LONGEST_MATTER if field == MATTER else LONGEST]
    if field == CATEGORY and value:
        dispatch.check_category(district, value)
    row = session.get(CallNote, (call.channel, call.account, call.call_id, field))
    if (row.value if row is not None else "") == value:
        return
    if not value:
        session.delete(row)
    else:
        if row is None:
            row = CallNote(channel=call.channel, account=call.account, call_id=call.call_id, field=field)
            session.add(row)
        row.value, row.by, row.by_name, row.role, row.at = value, actor.id, actor.name, str(actor.role), now
    call.version += 1
    details = {"field": field} | ({"category": value} if field == CATEGORY else {})
    recording.record(session, actor, "note_call", "call", subject(call), now=now, topic="calls", details=details)


def subject(call: RunningCall) -> str:
    """The call as the audit names it."""
    return f"{call.account}/{call.call_id}"[:80]


def of(session: Session, call: RunningCall) -> list[Noted]:
    """The fields of a call as they stand."""
    rows = notes(session, call.channel, call.account, call.call_id)
    return [Noted(row.field, row.value, row.by_name, row.at) for row in rows]


def stated(session: Session, call: RunningCall) -> Sequence[str]:
    """The lines that the agent adds to the caller's words, in the order of ``STATES``."""
    told = {each.field: each.value for each in of(session, call)}
    return [f"{BY_THE_AGENT} {label}：{told[field]}" for field, label in STATES.items() if field in told]


def take_category(session: Session, district: District, ticket: Ticket, *, first: bool, now: datetime) -> bool:
    """Put the category that an agent picked during the call on its ticket, as that agent's correction or confirmation.

    Return whether one was picked: then a person has decided. ``first``: the ticket has its first suggestion; a later
    one changes nothing that a person has corrected since.
    """
    row = session.scalars(
        select(CallNote)
        .join(
            Message,
            (Message.channel == CallNote.channel)
            & (Message.account == CallNote.account)
            & (Message.external_id == CallNote.call_id),
        )
        .where(Message.ticket_id == ticket.id, CallNote.field == CATEGORY)
        .order_by(CallNote.at.desc())
        .limit(1)
    ).first()
    if row is None or row.value not in district.taxonomy:
        return False
    corrected = select(Correction.id).where(Correction.ticket_id == ticket.id, Correction.field == CATEGORY)
    if first or (ticket.category != row.value and session.scalar(corrected.limit(1)) is None):
        agent = Actor(row.by, row.by_name, Role(row.role))
        dispatch.accept(session, district, ticket, actor=agent, now=now, category=row.value)
    return True
