"""Many suggestions taken over at once (批量采纳), each in a transaction of its own: what is refused stops no other.

Only what triage is sure of and nobody need look at twice: an emergency, a message of several matters and an unsure
suggestion are opened one by one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from api import errors
from api.desk import Desk
from casework import desk_work, tickets
from casework.actors import Actor
from casework.errors import CaseworkError
from casework.tables import Ticket

AT_ONCE = 50
"""Tickets of one batch at most: what one page shows."""
SURE_FROM = 0.3


def why_not(ticket: Ticket) -> str:
    """Why the ticket is opened by itself, in Chinese; empty: it may be accepted with others."""
    suggestion = ticket.suggestion
    best = (suggestion.get("category") or [{"probability": 0}])[0]
    if ticket.urgency == "emergency":
        return "突发件请逐件处理"
    if best["probability"] < SURE_FROM:
        return "研判拿不准，请打开后选分类"
    if len(suggestion.get("matters", [])) > 1:
        return "来件不止一件事，请打开后拆分"
    return ""


def accept_all(desk: Desk, keys: Iterable[str], actor: Actor) -> list[dict[str, Any]]:
    """What became of each ticket, by number, in their order and each once."""
    return [_accept(desk, key, actor) for key in dict.fromkeys(keys)]


def _accept(desk: Desk, key: str, actor: Actor) -> dict[str, Any]:
    try:
        with desk.database.write.begin() as session:
            ticket = tickets.get_ticket(session, desk.district, key, actor)
            if why := why_not(ticket):
                return {"ticket": ticket.number, "unit": "", "error": why}
            case = desk_work.accept(session, desk.district, ticket, actor=actor, now=desk.now())
            return {"ticket": ticket.number, "unit": case.lead_unit, "error": ""}
    except CaseworkError as error:
        return {"ticket": key, "unit": "", "error": errors.sentence(error)}
