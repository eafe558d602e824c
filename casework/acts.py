"""One door for every move of a case, whoever knocks: a page, the API, a command or an approved request.

A verb with something to do beside the transition has its function here by the transition's name; any other
transition of the pack is made as the workflow states it. Where the workflow asks for an approval first, the act
becomes a request, and its decision makes the move.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from casework import callbacks, dispatch, handling, lifecycle, requests
from casework.actors import NOTHING, Actor, Given
from casework.lifecycle import move_case
from casework.tables import Case, Request, Step
from district.pack import District

Verb = Callable[..., Step]


def _hand_over(move: str) -> Verb:
    def verb(
        session: Session,
        district: District,
        case: Case,
        *,
        actor: Actor,
        now: datetime,
        given: Given,
        approved: Request | None,
    ) -> Step:
        unit = given.unit or given.proposed_unit
        return dispatch.dispatch(
            session, district, case, unit, actor=actor, now=now, given=given, approved=approved, move=move
        )

    return verb


def _give_back(move: str) -> Verb:
    def verb(
        session: Session,
        district: District,
        case: Case,
        *,
        actor: Actor,
        now: datetime,
        given: Given,
        approved: Request | None,
    ) -> Step:
        return dispatch.give_back(session, district, case, move, actor=actor, now=now, given=given, approved=approved)

    return verb


VERBS: dict[str, Verb] = {
    "dispatch": _hand_over("dispatch"),
    "override": _hand_over("override"),
    "arbitrate": _hand_over("arbitrate"),
    "take_back": _give_back("take_back"),
    "recall": _give_back("recall"),
    "sign": handling.sign,
    "contact": handling.contact,
    "answer": handling.answer,
    "sub_dispatch": handling.sub_dispatch,
    "suspend": handling.suspend,
    "mark_hard": handling.mark_hard,
    "rework": callbacks.rework,
    "reopen": callbacks.reopen,
}


def perform(
    session: Session,
    district: District,
    case: Case,
    name: str,
    *,
    actor: Actor,
    now: datetime,
    given: Given = NOTHING,
    approved: Request | None = None,
) -> Step | Request:
    """Make the move, or ask for it where it needs approval: the pending ``Request`` is returned then.

    Raises what ``lifecycle.move_case`` raises, and what the verb adds.
    """
    lifecycle.hold(session, case)
    kind = "" if approved is not None else lifecycle.approval_first(session, district, case, name, actor)
    if kind:
        asked = replace(given, proposed_unit=given.proposed_unit or given.unit)
        return requests.ask(session, district, case, kind, actor=actor, now=now, given=asked)
    verb = VERBS.get(name)
    if verb is not None:
        return verb(session, district, case, actor=actor, now=now, given=given, approved=approved)
    return move_case(session, district, case, name, actor=actor, now=now, given=given, approved=approved)
