"""派单台: one screen says what to do now: the queue, requests to judge, cases without a unit, 会商, mass events."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from api.auth import CurrentDesk, CurrentVisitor
from api.desk import Desk
from api.web import charts, events, judged, judging, render
from casework import dispatch_desk, event_list, requests, tickets
from casework.actors import Actor
from casework.errors import NotAllowed
from casework.reading import Reader
from casework.tables import Case
from casework.tickets import Sort

router = APIRouter()
Decided = Annotated[str, Query(max_length=40)]
IN_QUEUE, ASKED, BESIDE = 6, 4, 5
"""Lines of each part: what is done next, not all there is."""
ORDERS = {"": "突发优先", "unsure": "最拿不准", "teaching": "最能教会系统"}


@router.get("/dispatch")
async def show(
    request: Request, desk: CurrentDesk, who: CurrentVisitor, sort: Sort = "", decided: Decided = ""
) -> Response:
    """What a dispatcher does now; ``sort`` is the order of the queue on it, ``decided`` what he just decided."""
    if who.actor.role not in dispatch_desk.SEES:
        raise NotAllowed("派单台", "由派单员和督办使用")

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            reader = Reader(desk.district, who.actor)
            values = _queue(session, desk, reader, sort) | _asked(session, desk, reader)
            values |= _beside(session, desk, reader)
            values["just_decided"] = judged.of(session, desk, who, decided)
            return render.page(request, "dispatch.html", who, sort=sort, orders=ORDERS, **values)

    return await run_in_threadpool(read)


def _queue(session: Session, desk: Desk, reader: Reader, sort: str) -> dict[str, Any]:
    chosen = tickets.TicketFilter(queue=True, sort=sort)
    found = tickets.list_tickets(session, desk.district, reader.actor, chosen, limit=IN_QUEUE)
    return {
        "waiting": found.items,
        "waiting_count": tickets.count_queue(session, reader.actor),
        "pressing": tickets.count_pressing(session, reader.actor),
        "text_for": lambda ticket: reader.listed(ticket).text(ticket.title or ticket.text),
        "unit_for": lambda ticket: _unit(desk, ticket.unit or _suggested(ticket.suggestion)),
    }


def _suggested(suggestion: dict[str, Any]) -> str:
    first = (suggestion.get("unit") or [{}])[0]
    return str(first.get("code", ""))


def _unit(desk: Desk, code: str) -> str:
    return desk.district.units.name_of(code)


def _asked(session: Session, desk: Desk, reader: Reader) -> dict[str, Any]:
    found = requests.queue(session, desk.district, reader.actor, now=desk.now())
    labels = {each.name: each.label for each in desk.district.workflow.requests}
    kinds: dict[str, int] = {}
    for each in found:
        kinds[each.kind] = kinds.get(each.kind, 0) + 1
    return {
        "asked": judging.told(session, desk, reader, found[:ASKED]),
        "asked_count": len(found),
        "kinds": [(name, labels.get(name, name), count) for name, count in sorted(kinds.items())],
        "verdicts": judging.VERDICTS,
        "back": "/dispatch",
        "units": [unit for unit in desk.district.units if unit.kind != "community"],
    }


def _beside(session: Session, desk: Desk, reader: Reader) -> dict[str, Any]:
    district, actor = desk.district, reader.actor
    chosen = tickets.CaseFilter((district.workflow.case.initial,))
    open_cases = tickets.list_cases(session, district, actor, chosen, limit=BESIDE).items
    waiting, waiting_count = dispatch_desk.arbitrations(session, limit=BESIDE)
    return {
        "open_cases": [(case, reader.title(case), _unit(desk, case.proposed_unit)) for case in open_cases],
        "open_count": dispatch_desk.count_open(session, district),
        "arbitrations": [
            (each, reader.title(each.case), _unit(desk, each.case.lead_unit), _unit(desk, each.proposed_unit))
            for each in waiting
        ],
        "arbitration_count": waiting_count,
        "mass": _mass(session, desk, actor),
        "perhaps_hard": [_hard(reader, case) for case in dispatch_desk.perhaps_hard(session, district, limit=BESIDE)],
    }


def _mass(session: Session, desk: Desk, actor: Actor) -> list[dict[str, Any]]:
    now = desk.now()
    found, _ = event_list.mass_events(session, desk.district, actor, now=now, show="open", limit=BESIDE)
    about = event_list.summaries(session, desk.district, found)
    return [
        {
            "event": each,
            "key": each.number or each.id,
            "spark": charts.sparkline([bar.reporters for bar in about[each.id].curve]),
            "most": max((bar.reporters for bar in about[each.id].curve), default=0),
            **events.name(desk.district, about[each.id]),
        }
        for each in found
    ]


def _hard(reader: Reader, case: Case) -> dict[str, Any]:
    approved = [each.kind for each in case.requests if each.state == "approved"]
    return {
        "case": case,
        "title": reader.title(case),
        "returned": approved.count("return"),
        "extended": approved.count("extension"),
    }
