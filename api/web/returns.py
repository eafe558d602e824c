"""退单与派单: what came back and to whom it counts, and work of bureaus that went to streets."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response

from api import returns_view as view
from api.auth import CurrentDesk, CurrentVisitor
from api.periods import Day, given_day, span
from api.web import render
from casework import returns
from casework.reading import Reader

router = APIRouter()


@router.get("/returns")
async def show(request: Request, desk: CurrentDesk, who: CurrentVisitor, first: Day = "", last: Day = "") -> Response:
    """A period's returns by unit and dispatches by whom; a unit sees its own returns."""
    units = desk.district.units.descendants(who.actor.unit) if who.actor.unit else frozenset()

    def read() -> HTMLResponse:
        start, end = span(desk, given_day(first), given_day(last))
        zone = desk.district.calendars.zone
        with desk.database.read() as session:
            found = returns.figures(session, who.actor, start=start, end=end, units=units)
            rows = view.pushed_down(session, Reader(desk.district, who.actor), start=start, end=end)
            return render.page(
                request,
                "returns.html",
                who,
                found=found,
                sees_desk=who.actor.role in returns.MAY_SEE,
                pushed=rows,
                unit_name=lambda code: view.name_of(desk.district, code),
                first=first or start.astimezone(zone).date().isoformat(),
                last=last or (end.astimezone(zone) - timedelta(seconds=1)).date().isoformat(),
            )

    return await run_in_threadpool(read)
