"""How a unit handles its case: sign, contact the resident, hand down its own tree, answer, suspend, call it hard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from casework import anonymous, answer_blanks, deadlines, ended_units, facts, replies
from casework.actors import SYSTEM, Actor, Given
from casework.dispatch import find_unit, set_units
from casework.errors import NotAllowed, ReviewDatePast
from casework.lifecycle import co_parts, move_case, move_ticket
from casework.rules import of
from casework.tables import Case, Request, Step
from casework.telling import in_line, notify
from district.pack import District

CALL, VISIT, RELAY, OTHER = "call", "visit", "relay", "other"
WAYS: Mapping[str, str] = {CALL: "电话", VISIT: "上门", RELAY: "经热线中心转告", OTHER: "其他方式"}
"""How a unit reached its resident, as the ``reason`` of a contact; one without a way says it in its text alone."""


def sign(
    session: Session,
    district: District,
    case: Case,
    *,
    actor: Actor,
    now: datetime,
    given: Given,
    approved: Request | None = None,
) -> Step:
    """签收: the unit takes the case."""
    step = move_case(session, district, case, "sign", actor=actor, now=now, given=given, approved=approved)
    case.signed_at = now
    return step


def contact(
    session: Session,
    district: District,
    case: Case,
    *,
    actor: Actor,
    now: datetime,
    given: Given,
    approved: Request | None = None,
) -> Step:
    """联系居民: only the first contact stops the clock. The record says its way first, unless it was a call."""
    if given.reason in WAYS and given.reason != CALL and given.text:
        given = replace(given, text=f"{WAYS[given.reason]}：{given.text}")
    step = move_case(session, district, case, "contact", actor=actor, now=now, given=given, approved=approved)
    case.contacted_at = case.contacted_at or now
    return step


def sub_dispatch(
    session: Session,
    district: District,
    case: Case,
    *,
    actor: Actor,
    now: datetime,
    given: Given,
    approved: Request | None = None,
) -> Step:
    """转下级: within the unit's own tree; the clocks run on. Raises ``NotAllowed`` for a unit outside it."""
    code = find_unit(district, given.unit)
    ended_units.check(district, code, now=now)
    if code not in district.units.descendants(case.lead_unit):
        raise NotAllowed("转下级办理", "只能转给本单位的下级单位")
    case.lead_unit = code
    set_units(case, code, tuple(case.co_units))
    step = move_case(session, district, case, "sub_dispatch", actor=actor, now=now, given=given, approved=approved)
    for ticket in case.tickets:
        ticket.unit = code
        facts.refresh(session, district, ticket, now=now)
    return step


def co_answer(
    session: Session,
    district: District,
    case: Case,
    *,
    actor: Actor,
    now: datetime,
    given: Given,
    approved: Request | None = None,
) -> Step:
    """协办反馈: a co-handler tells the lead what it did; the lead is told. Said again, the last word stands."""
    parts = co_parts(district, actor, case)
    step = move_case(session, district, case, "co_answer", actor=actor, now=now, given=given, approved=approved)
    for part in parts:
        part.answer, part.answered_at, part.answered_by = given.text, now, actor.id
    fields = {"helper": "、".join(district.units.get(part.unit).name for part in parts), "text": given.text}
    notify(session, district, "unit", "co_answered", now=now, case=case, unit=case.lead_unit, fields=fields)
    return step


def answer(
    session: Session,
    district: District,
    case: Case,
    *,
    actor: Actor,
    now: datetime,
    given: Given,
    approved: Request | None = None,
) -> Step:
    """答复: the case is answered and each ticket's resident is told on his own channel.

    A reporter whose ticket is closed already is not told again. An approved answer is the officer's who wrote it. The
    record of handling stays with the desk and the unit; what the reply check warned of is kept beside the answer.
    Raises ``BlanksLeft``.
    """
    answer_blanks.refuse(district, given.text)
    warnings = replies.look_over(district, case, given.text, actor=actor, now=now)
    step = move_case(session, district, case, "answer", actor=actor, now=now, given=given, approved=approved)
    replies.note_despite(session, case, warnings, actor=actor, now=now)
    replies.keep_record(session, case, given.record, actor=actor, now=now)
    case.answer, case.answered_at = given.text, now
    case.answered_by = approved.asked_by if approved is not None else actor.id
    for ticket in in_line(case.tickets):
        if ticket.state == "on_case":
            ticket.answer, ticket.told_at = given.text, now
            move_ticket(session, district, ticket, "tell", actor=SYSTEM, now=now, given=given)
        else:
            facts.refresh(session, district, ticket, now=now)
    anonymous.close(session, district, case.tickets, now=now)
    return step


def suspend(
    session: Session,
    district: District,
    case: Case,
    *,
    actor: Actor,
    now: datetime,
    given: Given,
    approved: Request | None = None,
) -> Step:
    """挂账: by an approved request with a review date."""
    if given.review_date is not None and given.review_date <= now.astimezone(district.calendars.zone).date():
        raise ReviewDatePast(given.review_date.isoformat())
    step = move_case(session, district, case, "suspend", actor=actor, now=now, given=given, approved=approved)
    case.review_date = given.review_date
    return step


def mark_hard(
    session: Session,
    district: District,
    case: Case,
    *,
    actor: Actor,
    now: datetime,
    given: Given,
    approved: Request | None = None,
) -> Step:
    """认定疑难: by a dispatcher, or by an approved request; never by triage. The clocks are counted by its column."""
    step = move_case(session, district, case, "mark_hard", actor=actor, now=now, given=given, approved=approved)
    case.hard = True
    deadlines.reallow(of(session, district, case), case)
    return step
