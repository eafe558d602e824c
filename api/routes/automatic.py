"""``/api/v1/automatic``: automatic dispatch by category: figures, the tickets behind them, and the switches."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from api import automatic_views as views
from api.auth import CurrentDesk, CurrentVisitor
from api.paging import After, Limit, page
from api.writing import CurrentWriter
from casework import automatic, automatic_figures
from casework.automatic_figures import Figure
from casework.errors import UnknownCategory
from casework.reading import Reader

router = APIRouter(prefix="/api/v1/automatic", tags=["automatic"])


@router.get("")
async def list_(desk: CurrentDesk, who: CurrentVisitor) -> dict[str, Any]:
    """Every category with a decision or a switch, by code, and the pack's rules."""
    automatic.check_may_see(who.actor)

    def read() -> dict[str, Any]:
        with desk.database.read() as session:
            found = automatic_figures.figures(session)
        items = [views.figures_json(desk.district, found[code]) for code in sorted(found)]
        return page(items, "") | {"rules": views.rules_json(desk.district.automatic)}

    return await run_in_threadpool(read)


@router.get("/{category}")
async def show(
    category: str,
    desk: CurrentDesk,
    who: CurrentVisitor,
    figure: Figure = "shadow",
    after: After = "",
    limit: Limit = 50,
) -> dict[str, Any]:
    """One category's figures, its history, and the tickets behind one of the figures, the newest first."""
    automatic.check_may_see(who.actor)
    if category not in desk.district.taxonomy:
        raise UnknownCategory(category)

    def read() -> dict[str, Any]:
        with desk.database.read() as session:
            found = automatic_figures.figures(session, category=category)[category]
            rows, cursor = automatic_figures.behind(session, category, figure, after=after, limit=limit)
            reader = Reader(desk.district, who.actor)
            return views.figures_json(desk.district, found) | {
                "history": [views.switch_json(row) for row in automatic_figures.history(session, category=category)],
                "figure": figure,
                **page([views.judgement_json(reader, row) for row in rows], cursor),
            }

    return await run_in_threadpool(read)


class Turn(BaseModel):
    """Which way the switch is turned, and why."""

    on: bool
    reason: str = Field("", max_length=500)


@router.post("/{category}")
async def turn(category: str, given: Turn, writer: CurrentWriter) -> dict[str, Any]:
    """Switch automatic dispatch of a category on or off."""

    def work(session: Session) -> dict[str, Any]:
        district = writer.desk.district
        automatic.turn(
            session, district, category, on=given.on, reason=given.reason, actor=writer.actor, now=writer.now
        )
        session.flush()
        return views.figures_json(district, automatic_figures.figures(session, category=category)[category])

    return await writer.run(given.model_dump(), work)
