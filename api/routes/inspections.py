"""``/api/v1/inspections``: quality inspection: what was drawn, scores, objections, figures."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from api import inspection_views as views
from api.auth import CurrentDesk, CurrentVisitor
from api.paging import After, Limit, page
from api.periods import Day, calendar_days, given_day
from api.writing import CurrentWriter
from casework import inspection, inspection_figures
from casework.inspection import Chosen, Marks
from casework.reading import Reader

router = APIRouter(prefix="/api/v1/inspections", tags=["inspections"])
Points = Annotated[dict[str, int], Field(max_length=100, description="各评分项得分，按代码")]
Critical = Annotated[list[str], Field(max_length=100, description="查出的一票否决项代码")]


class Scored(BaseModel):
    """The points by item, and why any were lost."""

    points: Points
    critical: Critical = []
    comment: str = Field("", max_length=2000)


class Objection(BaseModel):
    """Why the result is not right."""

    text: str = Field(max_length=2000)


class Decision(BaseModel):
    """What becomes of the result: without points it stands."""

    text: str = Field(max_length=2000)
    points: Points | None = None
    critical: Critical = []


@router.get("")
async def list_(
    desk: CurrentDesk,
    who: CurrentVisitor,
    state: Annotated[str, Query(max_length=10)] = "",
    kind: Annotated[str, Query(max_length=10)] = "",
    worker: Annotated[str, Query(max_length=80)] = "",
    after: After = "",
    limit: Limit = 50,
) -> dict[str, Any]:
    """Inspections, the newest first; to who inspects nothing his own results."""
    inspection.check_may_see(who.actor)

    def read() -> dict[str, Any]:
        with desk.database.read() as session:
            chosen = Chosen(state, kind, worker)
            rows, cursor = inspection.listing(session, who.actor, chosen, after=after, limit=limit)
            reader = Reader(desk.district, who.actor)
            return page([views.brief_json(reader, row) for row in rows], cursor)

    return await run_in_threadpool(read)


@router.get("/figures")
async def figures(
    desk: CurrentDesk,
    who: CurrentVisitor,
    first: Annotated[Day, Query(alias="from")] = "",
    last: Annotated[Day, Query(alias="to")] = "",
) -> dict[str, Any]:
    """Figures of the work of these days (without days the latest weeks), by person."""
    inspection.check_may_see(who.actor)
    start, end = calendar_days(desk, given_day(first), given_day(last), "week")

    def read() -> dict[str, Any]:
        with desk.database.read() as session:
            total, each = inspection_figures.figures(session, who.actor, start, end)
        return {
            "from": start,
            "until": end,
            "total": views.figures_json(total),
            "items": [views.figures_json(one) for one in each],
        }

    return await run_in_threadpool(read)


@router.get("/{key}")
async def show(key: str, desk: CurrentDesk, who: CurrentVisitor) -> dict[str, Any]:
    """One inspection with its sheet."""

    def read() -> dict[str, Any]:
        with desk.database.read() as session:
            return views.whole_json(Reader(desk.district, who.actor), inspection.get(session, key, who.actor))

    return await run_in_threadpool(read)


@router.post("/{key}/score")
async def score(key: str, given: Scored, writer: CurrentWriter) -> dict[str, Any]:
    """Score drawn work."""

    def work(session: Session) -> dict[str, Any]:
        district, actor = writer.desk.district, writer.actor
        row = inspection.get(session, key, actor)
        marks = Marks(given.points, given.critical)
        inspection.score(session, district, row, marks, comment=given.comment, actor=actor, now=writer.now)
        return views.whole_json(Reader(district, actor), row)

    return await writer.run(given.model_dump(), work)


@router.post("/{key}/objection")
async def object_to(key: str, given: Objection, writer: CurrentWriter) -> dict[str, Any]:
    """Object to one's result."""

    def work(session: Session) -> dict[str, Any]:
        district, actor = writer.desk.district, writer.actor
        row = inspection.get(session, key, actor)
        inspection.object_to(session, district, row, text=given.text, actor=actor, now=writer.now)
        return views.whole_json(Reader(district, actor), row)

    return await writer.run(given.model_dump(), work)


@router.post("/{key}/decision")
async def decide(key: str, given: Decision, writer: CurrentWriter) -> dict[str, Any]:
    """Decide about an objection."""

    def work(session: Session) -> dict[str, Any]:
        district, actor = writer.desk.district, writer.actor
        row = inspection.get(session, key, actor)
        marks = Marks(given.points, given.critical) if given.points is not None else None
        inspection.decide(session, district, row, text=given.text, marks=marks, actor=actor, now=writer.now)
        return views.whole_json(Reader(district, actor), row)

    return await writer.run(given.model_dump(), work)
