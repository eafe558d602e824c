"""``/api/v1/returns``: returns and dispatches counted to whoever made them, and work pushed down to streets."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool

from api import returns_view as view
from api.auth import CurrentDesk, CurrentVisitor
from api.periods import span
from casework import returns
from casework.reading import Reader

router = APIRouter(prefix="/api/v1/returns", tags=["rates"])


@router.get("")
async def show(
    desk: CurrentDesk,
    who: CurrentVisitor,
    first: Annotated[date | None, Query(alias="from")] = None,
    last: Annotated[date | None, Query(alias="to")] = None,
) -> dict[str, Any]:
    """A period's returns by unit and dispatches by whom; a unit sees its own returns."""
    units = desk.district.units.descendants(who.actor.unit) if who.actor.unit else frozenset()

    def read() -> dict[str, Any]:
        start, end = span(desk, first, last)
        with desk.database.read() as session:
            found = returns.figures(session, who.actor, start=start, end=end, units=units)
            rows = view.pushed_down(session, Reader(desk.district, who.actor), start=start, end=end)
        period = {"from": start, "to": end}
        return {"period": period, **view.figures_json(desk.district, found), "pushed_down": rows}

    return await run_in_threadpool(read)
