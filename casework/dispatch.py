"""Opening cases and handing them to units (派单). The same functions serve the automatic and the human dispatcher."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from casework import automatic, city_deadlines, deadlines, ended_units, facts, rules
from casework.actors import NOTHING, SYSTEM, Actor, Given
from casework.errors import AgainstDirectory, NeedMissing, NotAllowed, UnknownCategory, UnknownRequestType, UnknownUnit
from casework.lifecycle import move_case, move_ticket, note
from casework.tables import Case, CaseUnit, Correction, Request, Step, Ticket
from casework.telling import notify
from district.directory import Resolution
from district.pack import District
from district.schemas import OTHER, UnitKind
from district.units import UnitNotMeant
from storage.numbers import short_number

TITLE = 80
"""Characters of a ticket's words that its case takes for a title."""


def find_unit(district: District, typed: str, label: str = "承办单位") -> str:
    """The code of a unit as somebody typed it (``Units.typed``) in the field of this label. Raises ``UnknownUnit``."""
    try:
        return district.units.typed(typed).code
    except UnitNotMeant as problem:
        raise UnknownUnit(typed, problem.sentence(label)) from problem


def check_category(district: District, category: str) -> None:
    """Raises ``UnknownCategory`` unless it is a third-level category's code."""
    if category not in district.taxonomy or district.taxonomy.get(category).level != 3:
        raise UnknownCategory(category)


def check_request_type(district: District, name: str) -> None:
    """Raises ``UnknownRequestType`` unless the district has a request type of this name."""
    known = tuple(each.name for each in district.request_types)
    if name not in known:
        raise UnknownRequestType(name, known)


def resolve(district: District, case: Case | Ticket) -> Resolution:
    """What the directory says for this category in this area."""
    return district.directory.resolve(case.category, street=case.street or None, community=case.community or None)


def proposed_by_returns(ticket: Ticket) -> dict[str, Any] | None:
    """The unit that the suggestion puts before the directory's, since that one gave cases like this one back to it."""
    first = (ticket.suggestion.get("unit") or [{}])[0]
    return first if first.get("basis") == "returns" else None


def open_case(session: Session, district: District, ticket: Ticket, *, actor: Actor, now: datetime) -> Case:
    """File a ticket: open a case for it (立案). The clocks that run from its first moment
    count from the ticket's intake.

    The ticket's category must be set. Raises as ``move_ticket`` does, and ``NeedMissing``.
    """
    case = begin(session, district, ticket, now=now, since=ticket.opened_at)
    join(session, district, ticket, case, actor=actor, now=now)
    note(session, "open", "立案", actor=actor, now=now, case=case, target=case.state)
    return case


def begin(
    session: Session, district: District, ticket: Ticket, *, now: datetime, since: datetime | None = None
) -> Case:
    """A case for this ticket that it does not hang on yet; its first clocks count ``since`` then, or from now.

    Raises ``NeedMissing`` and ``UnknownCategory``.
    """
    if not ticket.category:
        raise NeedMissing("立案", "category")
    check_category(district, ticket.category)
    rules.keep(session, district, now=now)
    local = now.astimezone(district.calendars.zone)
    case = Case(
        number=short_number(session, "C", local.date()),
        state=district.workflow.case.initial,
        rule_version=district.rule_version,
        title=(ticket.title or ticket.text)[:TITLE],
        category=ticket.category,
        request_type=ticket.request_type or OTHER,
        urgency=ticket.urgency,
        street=ticket.street,
        community=ticket.community,
        proposed_unit=ticket.unit,
        opened_at=now,
        returns=0,
        reworks=0,
    )
    resolution = resolve(district, ticket)
    if resolution.line is not None:
        case.directory_line, case.clause = resolution.line.line, resolution.line.clause
    if not case.proposed_unit and resolution.lead:
        case.proposed_unit = ended_units.standing(district, resolution.lead, now=now)
    session.add(case)
    session.flush()
    book = rules.today(district)
    for clock in book.workflow.case.starts:
        deadlines.start(book, case, clock, now=since or now)
    return case


def join(session: Session, district: District, ticket: Ticket, case: Case, *, actor: Actor, now: datetime) -> Step:
    """Hang a ticket on a case (立案 or 并单). Its resident is answered, called back and counted by himself."""
    ticket.case = case
    ticket.unit = case.lead_unit or case.proposed_unit
    step = move_ticket(session, district, ticket, "file", actor=actor, now=now)
    city_deadlines.rebind(session, district, case, ticket)
    return step


def accept(
    session: Session,
    district: District,
    ticket: Ticket,
    *,
    actor: Actor,
    now: datetime,
    category: str = "",
    unit: str = "",
    request_type: str = "",
    urgency: str = "",
) -> None:
    """Take a suggestion over, with whatever the person corrects in it; corrections are kept for learning.

    Raises ``UnknownCategory``, ``UnknownUnit`` and ``UnknownRequestType``.
    """
    if request_type:
        check_request_type(district, request_type)
    suggested = ticket.suggestion
    best = (suggested.get("category") or [{}])[0]
    chosen = {
        "category": category or ticket.category or best.get("code", ""),
        "request_type": request_type or ticket.request_type,
        "urgency": urgency or ticket.urgency,
        "unit": find_unit(district, unit) if unit else ticket.unit,
    }
    if chosen["category"]:
        check_category(district, chosen["category"])
    proposals = {
        "category": best.get("code", ""),
        "request_type": (suggested.get("request_type") or {}).get("value", ""),
        "urgency": (suggested.get("urgency") or {}).get("level", ""),
        "unit": (suggested.get("unit") or [{}])[0].get("code", ""),
    }
    given = {"category": category, "unit": unit, "request_type": request_type, "urgency": urgency}
    changed = False
    for field, value in chosen.items():
        before = getattr(ticket, field) or proposals[field]
        changed |= bool(given[field]) and not value == before == proposals[field]
        if given[field] and value != proposals[field]:
            session.add(
                Correction(
                    ticket_id=ticket.id,
                    field=field,
                    suggested=proposals[field],
                    corrected=value,
                    by=actor.id,
                    at=now,
                    model=str(suggested.get("model", "")),
                )
            )
        setattr(ticket, field, value)
    if not ticket.unit:
        by_returns = proposed_by_returns(ticket) if ticket.category == proposals["category"] else None
        ticket.unit = (by_returns or {}).get("code") or resolve(district, ticket).lead or proposals["unit"]
        ticket.unit = ended_units.standing(district, ticket.unit, now=now)
    ticket.needs_review = False
    if category or unit:
        automatic.decided(session, district, [ticket], actor=actor, now=now, unit=ticket.unit if unit else "")
    if any(given.values()):
        move, label = ("correct", "更正研判") if changed else ("confirm", "确认研判")
        note(session, move, label, actor=actor, now=now, ticket=ticket, unit=ticket.unit)
    facts.refresh(session, district, ticket, now=now)


def dispatch(
    session: Session,
    district: District,
    case: Case,
    unit: str,
    *,
    actor: Actor,
    now: datetime,
    given: Given = NOTHING,
    approved: Request | None = None,
    move: str = "dispatch",
) -> Step:
    """Hand the case to a unit as lead; co-handlers are the directory's unless given.

    ``move`` is the workflow's name for it: a dispatch, one outside the directory (override), or arbitration's word.
    Against the directory it needs a reason, and the case says so. Raises ``UnknownUnit``, ``UnitEnded``,
    ``AgainstDirectory`` and as ``move_case`` does.
    """
    code = find_unit(district, unit or case.proposed_unit)
    resolution = resolve(district, case)
    line = resolution.line
    ended_units.check(district, code, now=now)
    named = ended_units.standing(district, resolution.lead, now=now) if resolution.lead else ""
    against = line is not None and bool(named) and named != code
    if against and line is not None and not (given.reason or given.text):
        raise AgainstDirectory(line.line, district.units.get(named).name)
    # Set before the move, so that those whom the move tells are the new units.
    case.lead_unit, case.against_directory, case.dispatched_at = code, against, now
    case.dispatched_by, case.signed_at, case.contacted_at = actor.id, None, None
    case.first_unit = case.first_unit or code
    case.proposed_unit = ""
    if line is not None:
        case.directory_line, case.clause = line.line, line.clause
    co_units = given.co_units if given.co_units is not None else () if against else resolution.co_units
    standing = (ended_units.standing(district, find_unit(district, other), now=now) for other in co_units)
    set_units(case, code, tuple(filter(None, standing)))
    ask_anew(case)
    given = replace(given, unit=code)
    step = move_case(session, district, case, move, actor=actor, now=now, given=given, approved=approved)
    if line is not None and against and is_pushed_down(district, resolution.lead or "", code):
        _tell_of_push(session, district, case, code, actor=actor, given=given, now=now)
    _follow(session, district, case, code, now=now)
    automatic.dispatched(session, district, case, actor=actor, now=now)
    return step


def check_may_dispatch(district: District, actor: Actor) -> None:
    """Raises ``NotAllowed`` for who dispatches no case at all; whether he dispatches this one the move decides."""
    moves = [move for move in district.workflow.case.transitions if move.name == "dispatch"]
    if not any(actor.role in move.roles for move in moves):
        raise NotAllowed("派单", "您的角色没有这项权限")


DOWN = frozenset({UnitKind.STREET, UnitKind.COMMUNITY})
"""Whom a bureau's work must not be pushed down to (基层减负)."""


def is_pushed_down(district: District, lead: str, unit: str) -> bool:
    """Whether work that the directory gives to ``lead``, a bureau or a utility, goes to a street or a community."""
    if lead not in district.units:
        return False
    return district.units.get(lead).kind not in DOWN and district.units.get(unit).kind in DOWN


def _tell_of_push(
    session: Session, district: District, case: Case, unit: str, *, actor: Actor, given: Given, now: datetime
) -> None:
    reason = given.text or given.reason
    label = "部门事项派往街道社区"
    note(session, "push_down", label, actor=actor, now=now, case=case, text=reason, unit=unit)
    notify(session, district, "supervisor", "pushed_down", now=now, case=case, unit=unit, fields={"reason": reason})


def ask_anew(case: Case) -> None:
    """What co-handlers have told the lead was about what is over; they are asked again."""
    for part in case.units:
        part.answer, part.answered_at, part.answered_by = "", None, ""


def set_units(case: Case, lead: str, co_units: tuple[str, ...]) -> None:
    """Who has a part in the case; what was there before is replaced."""
    wanted = {unit: "co" for unit in co_units if unit != lead} | ({lead: "lead"} if lead else {})
    for row in list(case.units):
        if row.unit not in wanted:
            case.units.remove(row)
        else:
            row.part = wanted.pop(row.unit)
    for unit, part in wanted.items():
        case.units.append(CaseUnit(unit=unit, part=part))


def _follow(session: Session, district: District, case: Case, unit: str, *, now: datetime) -> None:
    for ticket in case.tickets:
        ticket.unit = unit
        facts.refresh(session, district, ticket, now=now)


def give_back(
    session: Session,
    district: District,
    case: Case,
    move: str,
    *,
    actor: Actor,
    now: datetime,
    given: Given,
    approved: Request | None = None,
) -> Step:
    """The case comes back to the desk: by an approved return (``take_back``), or recalled before signing (撤回)."""
    step = move_case(session, district, case, move, actor=actor, now=now, given=given, approved=approved)
    if move == "take_back":
        automatic.returned(session, district, case, actor=actor, now=now)
    proposed = find_unit(district, given.proposed_unit, "建议承办单位") if given.proposed_unit else ""
    case.lead_unit, case.proposed_unit, case.signed_at = "", proposed, None
    case.contacted_at = None  # it was the other unit's word; the next one makes its own first contact
    set_units(case, "", ())
    for ticket in case.tickets:
        facts.refresh(session, district, ticket, now=now)
    return step


def without_a_person(session: Session, district: District, ticket: Ticket, *, now: datetime) -> Case:
    """Accept, file and dispatch (自动派单). Only for categories that are switched on, and what ``may_go`` allows."""
    accept(session, district, ticket, actor=SYSTEM, now=now)
    case = open_case(session, district, ticket, actor=SYSTEM, now=now)
    if ticket.unit:
        dispatch(session, district, case, ticket.unit, actor=SYSTEM, now=now)
    return case
