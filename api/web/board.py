"""The day's numbers and the rates; every number opens to the tickets behind it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import func, select

from api import views
from api.auth import CurrentDesk, CurrentVisitor
from api.desk import Desk
from api.periods import span
from api.web import render
from casework import rates
from casework.actors import UNIT_ROLES
from casework.tables import TicketFacts
from district import formulas

router = APIRouter()

BY_LABELS = {"unit": "承办单位", "street": "街道", "category": "分类", "channel": "渠道"}


def _day_start(desk: Desk) -> datetime:
    """When the present assessment day began."""
    zone = desk.district.calendars.zone
    day = formulas.assessment_day(desk.now(), desk.district.formulas, zone)
    midnight = datetime.combine(day, datetime.min.time(), zone)
    return midnight - timedelta(days=1) + timedelta(hours=desk.district.formulas.cut_off_hour)


def _last_counted(desk: Desk) -> date | None:
    """The last day anything was counted: where to look when the current period is still empty."""
    with desk.database.read() as session:
        last = session.scalar(select(func.max(TicketFacts.counted_at)))
    return last.astimezone(desk.district.calendars.zone).date() if last else None


@router.get("/rates")
async def show(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    by: str = "unit",
    first: Annotated[str, Query(alias="from", pattern=r"^(\d{4}-\d{2}-\d{2})?$")] = "",
    last: Annotated[str, Query(alias="to", pattern=r"^(\d{4}-\d{2}-\d{2})?$")] = "",
) -> Response:
    """The day's row of numbers, then the rates of a period."""
    units = desk.district.units.descendants(who.actor.unit) if who.actor.role in UNIT_ROLES else None

    def read() -> HTMLResponse:
        start, end = span(desk, _date(first), _date(last))
        with desk.database.read() as session:
            table = rates.compute(session, desk.district, start=start, end=end, by=by, units=units)
            today = rates.today(session, start=_day_start(desk), now=desk.now())
        elsewhere = _last_counted(desk) if table.pooled.tickets == 0 else None
        return render.page(
            request,
            "rates.html",
            who,
            table=table,
            today=today,
            by=by,
            first=first,
            last=last,
            labels={rate.name: rate.label for rate in desk.district.formulas.rates},
            columns={rate.name: rate.numerator[0].column for rate in desk.district.formulas.rates},
            composite=desk.district.formulas.composite,
            groupings=BY_LABELS,
            elsewhere=(elsewhere - timedelta(days=92), elsewhere) if elsewhere else None,
        )

    return await run_in_threadpool(read)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


@router.get("/rates/tickets")
async def behind(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    by: str,
    key: Annotated[str, Query(max_length=20)],
    column: Annotated[str, Query(max_length=30)],
    first: Annotated[str, Query(alias="from", pattern=r"^(\d{4}-\d{2}-\d{2})?$")] = "",
    last: Annotated[str, Query(alias="to", pattern=r"^(\d{4}-\d{2}-\d{2})?$")] = "",
) -> Response:
    """The tickets behind one number."""

    def read() -> HTMLResponse:
        start, end = span(desk, _date(first), _date(last))
        with desk.database.read() as session:
            found = rates.behind(session, start=start, end=end, by=by, key=key, column=column)
            mine = [ticket for ticket in found if who.actor.role not in UNIT_ROLES or _own(desk, who, ticket.unit)]
            return render.page(
                request,
                "behind.html",
                who,
                rows=mine,
                column=column,
                text_for=lambda ticket: views.text_for(who.actor, ticket, ticket.title or ticket.text),
                states=desk.district.workflow.ticket.states,
            )

    return await run_in_threadpool(read)


def _own(desk: Desk, who: CurrentVisitor, unit: str) -> bool:
    return bool(unit) and unit in desk.district.units.descendants(who.actor.unit)
