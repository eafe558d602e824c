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

from casework import callbacks, case_files, dispatch, handling, in_order, lifecycle, requests
from casework.actors import NOTHING, Actor, Given
from casework.lifecycle import RECALL, move_case
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
    RECALL: _give_back(RECALL),
    "transfer": _hand_over("transfer"),
    "co_answer": handling.co_answer,
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
    seen: str = "",
) -> Step | Request:
    """Make the move, or ask for it where it needs approval: the pending ``Request`` is returned then.

    ``seen`` is the case as the actor saw it (``lifecycle.seen_as``): of two who act at once one wins, and the other is
    told what changed. Who needs no approval and makes the move that somebody has asked for approves that by it.
    Raises what ``lifecycle.move_case`` raises, what the verb adds, ``UnknownCaseFile`` and
    ``CaseChanged``.
    """
    lifecycle.hold(session, case)
    lifecycle.check_seen(session, case, seen)
    now = in_order.moment(session, case, now=now)
    lifecycle.check_not_merged(session, case)
    transition = lifecycle.transition_of(session, district, case, name)
    if approved is None and lifecycle.asks_first(transition, actor):
        asked = replace(given, proposed_unit=given.proposed_unit or given.unit)
        lifecycle.check_co_units(district, transition, case, given)
        return requests.ask(session, district, case, transition.approval or "", actor=actor, now=now, given=asked)
    if approved is None:
        case_files.check(session, case, given.attachment, actor)
    if approved is None and transition.approval:
        requests.settle(session, district, case, transition.approval, actor=actor, now=now, given=given)
    verb = VERBS.get(name)
    if verb is not None:
        made = verb(session, district, case, actor=actor, now=now, given=given, approved=approved)
    else:
        made = move_case(session, district, case, name, actor=actor, now=now, given=given, approved=approved)
    case_files.give(session, given.attachment, request=approved, step=made)
    return made
