"""A case as the pages show it: clocks, moves open to the reader, requests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from api import case_files, supervision_views
from api.desk import Desk
from api.web import reply_check, unit_panel
from casework import deadlines, lifecycle, open_requests, requests, returns, rules
from casework.actors import DESK
from casework.case_files import OPENED_BY
from casework.desk_work import joinable
from casework.reading import Reader
from casework.staff import ROLES
from casework.tables import ALIVE, Case
from district.process import Transition

OFFERED_ELSEWHERE = frozenset({"close", "rework"})


def case_panel(session: Session, desk: Desk, case: Case, reader: Reader) -> dict[str, Any]:
    """Values for the case's panel."""
    district, actor = reader.district, reader.actor
    book = rules.of(session, district, case)
    clocks = [deadlines.view(book, case, clock, now=desk.now()) for clock in case.clocks]
    moves = [m for m in lifecycle.case_moves(session, district, case, actor) if m.name not in OFFERED_ELSEWHERE]
    due = {clock.name: clock.due_at for clock in case.clocks if clock.state == "running"}
    moves.sort(key=lambda move: _urgency(move, due))
    now = desk.now()
    lost = returns.lost(session, book.calendars, case, now=now)
    helpers = [
        {"name": district.units.get(part.unit).name, "answer": part.answer, "at": part.answered_at}
        for part in sorted(case.units, key=lambda each: each.unit)
        if part.part == "co"
    ]
    mine = {
        kind.name: kind
        for kind in book.workflow.requests
        if requests.may_decide(session, district, case, kind, actor, now=now)
    }
    day = now.astimezone(district.calendars.zone).date()
    may_ask = [
        kind for kind in requests.open_kinds(session, district, case, actor, now=now) if kind.name != requests.ANSWER
    ]
    return unit_panel.values(session, reader, case, moves, [kind.name for kind in may_ask], now=now) | {
        "case": case,
        "say": reader.record(case).text,
        "state_label": book.workflow.case.states[case.state],
        "running": sorted((clock for clock in clocks if clock.state in ALIVE), key=lambda clock: clock.due_at),
        "stopped": [clock for clock in clocks if clock.state not in ALIVE],
        "moves": moves,
        "next_move": _next_move(moves, due, book.workflow.case.initial),
        "may_ask": may_ask,
        "returns_until_signed": unit_panel.returns_until_signed(may_ask, moves),
        "pending": [request for request in case.requests if request.state == "pending"],
        "decides": mine,
        "extended": {
            kind.name: open_requests.if_approved(session, district, case, kind) for kind in book.workflow.requests
        },
        "deciders": {kind.name: [ROLES[role] for role in kind.decided_by] for kind in book.workflow.requests},
        "withdraws": [
            request.id
            for request in case.requests
            if request.state == "pending"
            and open_requests.may_withdraw(request, requests.kind_of(book.workflow, request.kind), actor)
        ],
        "evidence": [file for file in case_files.listed(session, reader, case) if file["request"]],
        "opens_files": actor.role in OPENED_BY,
        "replies": {
            request.id: reply_check.of_request(desk, reader, request, decides=request.kind in mine)
            for request in case.requests
            if request.state == "pending"
        },
        "lapsing": open_requests.lapsing(book.workflow, case),
        "kinds": {kind.name: kind for kind in book.workflow.requests},
        "lead": district.units.get(case.lead_unit).name if case.lead_unit else "",
        "proposed": district.units.get(case.proposed_unit) if case.proposed_unit else None,
        "helpers": helpers,
        "silent": [each["name"] for each in helpers if each["at"] is None],
        "seen": lifecycle.seen_as(session, case),
        "lost": lost,
        "lost_words": _lost_words(lost),
        "may_merge": actor.role in DESK and joinable(book.workflow, case),
        "category": "/".join(district.taxonomy.get(case.category).path) if case.category else "",
        "street": district.units.get(case.street).name if case.street else "",
        "community": district.units.get(case.community).name if case.community else "",
        "units": [
            unit
            for unit in district.units
            if unit.kind != "community" and not district.unit_changes.ended(unit.code, day)
        ],
        "supervision": supervision_views.panel(session, desk, case, reader),
        "approval": {move.name: lifecycle.asks_first(move, actor) for move in moves},
    }


def _lost_words(lost: list[returns.Loss]) -> str:
    """How long the case was with units that did not keep it: days and hours of wall time, hours of office time."""
    wall = sum((each.wall for each in lost), timedelta())
    office = sum((each.office for each in lost), timedelta())
    hours = int(wall / timedelta(hours=1))
    days = f"{hours // 24} 天 " if hours >= 24 else ""
    return f"{days}{hours % 24} 小时（工作时间 {office / timedelta(hours=1):.1f} 小时），不计入后来单位的时限"


def _urgency(move: Transition, due: Mapping[str, datetime]) -> tuple[bool, float, int]:
    """Moves that satisfy the nearest deadline stand first; among them the one that satisfies nothing else."""
    moments = [due[name].timestamp() for name in move.stops if name in due]
    return (not moments, min(moments, default=0.0), len(move.stops))


def _next_move(moves: list[Transition], due: Mapping[str, datetime], initial: str) -> str:
    """The move the case waits for: it satisfies the nearest deadline without beginning it anew."""
    waited_for = (
        move.name
        for move in moves
        if move.target != initial and any(name in due for name in move.stops if name not in move.starts)
    )
    return next(waited_for, "")
