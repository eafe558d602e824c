"""What one ticket's page shows: the queue beside it, its conversation and suggestion, the moves open to the reader."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy.orm import Session

from api import opening
from api.answering import PLACES
from api.desk import Desk
from api.web import at_desk as at_desk_line
from api.web import call_links, calling, splitting, talk
from api.web.case_panel import case_panel
from api.web.render import SURE_FROM
from casework import (
    asking_back,
    at_desk,
    callbacks,
    city_orders,
    city_reports,
    event_list,
    lifecycle,
    overtaken,
    resident_history,
    spot_checks,
    tickets,
    wishes,
)
from casework.actors import Actor
from casework.city_tables import order_of
from casework.desk_work import TELLS, joinable
from casework.judgements import AUTOMATIC, WRONG, Judgement
from casework.privacy import Sight
from casework.reading import Reader
from casework.tables import Case, Ticket
from casework.telling import reports_up
from district.schemas import Role
from knowledge import articles, bot, day_notices
from knowledge.notices import Notice, about
from knowledge.sources import source_of
from knowledge.tables import Article

WORKS_THE_QUEUE = frozenset({Role.AGENT, Role.DISPATCHER})
"""Roles that take one ticket after the other: the queue stands beside the ticket for them."""
DECIDES = WORKS_THE_QUEUE | {Role.SUPERVISOR}
BESIDE = 30
NOBODY = "居民"
"""A resident whose name is not known, or not for this reader."""
OFFERED = ("answer_directly", "reject", "withdraw")


def values(session: Session, desk: Desk, reader: Reader, ticket: Ticket, *, sort: str = "") -> dict[str, Any]:
    """Values for the ticket's page; ``sort`` is the order of the queue beside it."""
    actor = reader.actor
    district = desk.district
    person, veil = reader.sees(ticket), reader.of(ticket)
    moves = [move for move in lifecycle.moves(district.workflow.ticket, ticket.state, actor) if move.name in OFFERED]
    undecided = ticket.state in ("received", "assessed")
    judgement = session.get(Judgement, ticket.id) if actor.role in DECIDES else None
    return (
        beside(session, desk, actor, sort)
        | at_desk_line.values(session, desk, actor, ticket)
        | splitting.values(session, reader, ticket)
        | talk.values(session, desk, reader, ticket)
        | {
            "seen": overtaken.seen_as(session, ticket),
            "suggestion": reader.suggestion(ticket),
            "reasons": _marks(ticket) if person else [],
            "body": veil.text(ticket.text),
            "title": veil.text(ticket.title),
            "sees_person": person,
            "sees_code": reader.sees_code(ticket),
            "hidden": veil.sight is Sight.HIDDEN,
            "may_open": reader.may_open(ticket),
            "opening_reasons": opening.REASONS,
            "resident_name": reader.name(ticket) or NOBODY,
            "contact": _contact(ticket) if person else "",
            "steps": reader.step_texts(tickets.timeline(session, ticket=ticket), ticket.case, ticket),
            "callbacks": callbacks.attempts(session, ticket),
            "moves": moves,
            "answers_directly": any(move.name == "answer_directly" for move in moves),
            "may_accept": actor.role in DECIDES
            and (undecided or (ticket.case is not None and ticket.case.state == "open")),
            "may_dispatch": actor.role in (Role.DISPATCHER, Role.SUPERVISOR),
            "sent_alone": judgement,
            "may_review": spot_checks.may_review(judgement, actor),
            "to_mend": judgement is not None and judgement.mode == AUTOMATIC and judgement.outcome == WRONG,
            "may_merge": actor.role in DECIDES and undecided and ticket.case is None,
            "may_tell": actor.role in TELLS,
            "may_ask_back": asking_back.may_ask(district, ticket, actor),
            "calling": calling.panel(session, desk, reader, ticket),
            "panel": case_panel(session, desk, ticket.case, reader) if ticket.case is not None else None,
            "articles": articles_beside(session, desk, ticket),
            "day_notices": _notices_about(session, desk, ticket),
            "event": event_list.of_ticket(session, ticket) if actor.role in event_list.SEES else None,
            "city": _city(session, desk, reader, ticket),
            "similar": similar_cases(session, reader, ticket),
            "past": _past(session, reader, ticket),
            "categories": list(district.taxonomy.leaves),
            "units": [unit for unit in district.units if unit.kind != "community"],
            "state_label": tickets.state_label(district, ticket),
            "resident_bar": _resident_bar(actor, ticket),
            "call_links": call_links.links(session, desk, reader, ticket),
        }
    )


def _resident_bar(actor: Actor, ticket: Ticket) -> dict[str, Any] | None:
    """The way to the resident's page and how he wishes to be spoken to, for the desk."""
    if actor.role not in resident_history.SEES:
        return None
    return {"may_confide": actor.role in DECIDES, "wishes": wishes.lines(ticket.resident.wishes)}


def _city(session: Session, desk: Desk, reader: Reader, ticket: Ticket) -> dict[str, Any] | None:
    """The order of the city's that opened the ticket, with what may be asked about it."""
    order = order_of(session, ticket) if reports_up(ticket.channel) else None
    if order is None:
        return None
    may_return = city_reports.may_ask_return(desk.district, order, ticket, reader.actor, now=desk.now())
    mapped = desk.district.taxonomy.get(order.mapped).path if order.mapped in desk.district.taxonomy else ()
    return {
        "order": order,
        "may_return": may_return,
        "mapped": " / ".join(mapped),
        "verdict": reader.of(ticket).text(city_orders.told(order)),
    }


def beside(session: Session, desk: Desk, actor: Actor, sort: str) -> dict[str, Any]:
    """The queue, for those who work it, with who has what."""
    if actor.role not in WORKS_THE_QUEUE:
        return {"waiting": [], "waiting_count": 0, "sort": "", "having": {}, "me": actor.id}
    queue = tickets.TicketFilter(queue=True, sort=sort)
    found = tickets.list_tickets(session, desk.district, actor, queue, limit=BESIDE)
    return {
        "waiting": found.items,
        "waiting_count": tickets.count_queue(session, actor),
        "sort": sort,
        "having": at_desk.having(session, found.items, now=desk.now()),
        "me": actor.id,
    }


def _contact(ticket: Ticket) -> str:
    """How the resident can be reached: the telephone he gave, else his mail address."""
    entities = ticket.suggestion.get("entities", [])
    given = [str(each.get("text", "")) for each in entities if each.get("kind") == "phone"]
    number = ticket.resident.phone or (given[0] if given else "")
    return f"电话 {number}" if number else ticket.sender if "@" in ticket.sender else ""


def _marks(ticket: Ticket) -> list[dict[str, Any]]:
    """The words that spoke for the suggestion; none for one that is not believed."""
    best = (ticket.suggestion.get("category") or [{"probability": 0}])[0]
    return ticket.suggestion.get("reasons", []) if best["probability"] >= SURE_FROM else []


def articles_beside(session: Session, desk: Desk, ticket: Ticket) -> list[tuple[Article, str]]:
    """The articles beside the ticket that may answer today, each with the words to quote and where they are from."""
    numbers = [each["id"] for each in ticket.suggestion.get("articles", [])]
    known = articles.by_numbers(session, numbers) if numbers else {}
    usable = [known[each] for each in numbers if each in known and articles.usable(known[each], desk.today())]
    return [(article, bot.answer_of(source_of(article, desk.district))) for article in usable]


def _notices_about(session: Session, desk: Desk, ticket: Ticket) -> Sequence[Notice]:
    """The notices of the day that fit the place and matter of a ticket that is not over."""
    if ticket.state in desk.district.workflow.ticket.final:
        return ()
    now = desk.now()
    current = day_notices.in_force(session, desk.district, now)
    named = [str(each["text"]) for each in ticket.suggestion.get("entities", []) if each["kind"] in PLACES]
    units = desk.district.units
    named += [units.get(code).name for code in (ticket.street, ticket.community) if code and code in units]
    return about(f"{ticket.title}\n{ticket.text}", named, current, now)


def similar_cases(session: Session, reader: Reader, ticket: Ticket) -> list[dict[str, Any]]:
    """Similar cases that the reader may see."""
    wanted = {each["case_id"]: each for each in ticket.suggestion.get("similar_cases", [])}
    found = _seen(session, reader, ticket, wanted)
    states = reader.district.workflow.case.states
    return [
        {
            "number": found[key].number,
            "title": reader.title(found[key]),
            "state": states.get(found[key].state, found[key].state),
            "opened_at": found[key].opened_at,
            "joinable": joinable(reader.district.workflow, found[key]),
            "score": each["score"],
            "same_matter": each["same_matter"],
        }
        for key, each in wanted.items()
        if key in found
    ]


def _past(session: Session, reader: Reader, ticket: Ticket) -> list[dict[str, Any]]:
    """Past cases like this one that the reader may see, with who answered them and who had given them back."""
    guesses = {each["case_id"]: each for each in ticket.suggestion.get("past_cases", [])}
    returned = {key: unit["name"] for unit in ticket.suggestion.get("unit", []) for key in unit.get("returns", [])}
    found = _seen(session, reader, ticket, [*guesses, *(key for key in returned if key not in guesses)])
    return [
        {
            "number": case.number,
            "title": reader.title(case),
            "unit": reader.district.units.get(case.lead_unit).name if case.lead_unit else "",
            "returned_by": returned.get(key, ""),
            "opened_at": case.opened_at,
        }
        for key, case in found.items()
    ]


def _seen(session: Session, reader: Reader, ticket: Ticket, wanted: Iterable[str]) -> dict[str, Case]:
    """Other cases by their ids, in the order given; those the reader may not see are left out."""
    keys = [key for key in wanted if key != ticket.case_id]
    if not keys:
        return {}
    seen = tickets.seen_cases(reader.district, reader.actor).where(Case.id.in_(keys))
    found = {case.id: case for case in session.scalars(seen)}
    return {key: found[key] for key in keys if key in found}
