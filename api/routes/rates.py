"""``/api/v1/rates``: the rates with formula version, numerators and denominators."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool

from api import views
from api.auth import CurrentDesk, CurrentVisitor
from api.periods import span
from casework import rates
from casework.actors import UNIT_ROLES

router = APIRouter(prefix="/api/v1/rates", tags=["rates"])


@router.get("")
async def show(
    desk: CurrentDesk,
    who: CurrentVisitor,
    by: str = "unit",
    first: Annotated[date | None, Query(alias="from")] = None,
    last: Annotated[date | None, Query(alias="to")] = None,
    excluded: bool = False,  # noqa: FBT001, FBT002  (a query parameter)
    successors: bool = False,  # noqa: FBT001, FBT002
) -> dict[str, Any]:
    """The rates of a period, grouped; a unit sees its own and those below it.

    With ``successors`` units that ended are counted to the unit that has their work.
    """
    units = desk.district.units.descendants(who.actor.unit) if who.actor.role in UNIT_ROLES else None

    def read() -> dict[str, Any]:
        start, end = span(desk, first, last)
        with desk.database.read() as session:
            table = rates.compute(
                session,
                desk.district,
                start=start,
                end=end,
                by=by,
                with_excluded=excluded,
                units=units,
                successors=successors,
            )
            return views.rates_json(table)

    return await run_in_threadpool(read)
