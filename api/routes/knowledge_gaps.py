"""``/api/v1/knowledge/gaps``: what the knowledge base lacks, as last computed, and what became of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from api import gap_views
from api.auth import CurrentDesk, CurrentVisitor
from api.gap_views import PERIODS, Chosen, Show, ShownGap
from api.writing import CurrentWriter
from knowledge import gap_marks

router = APIRouter(prefix="/api/v1/knowledge", tags=["articles"])


class Mark(BaseModel):
    """What became of a gap."""

    topic: str = Field(max_length=60, description="缺口的 topic")
    state: Literal["open", "handled", "ignored"]


class Pair(BaseModel):
    """A regulation and what replaced it."""

    old: str = Field(max_length=500)
    new: str = Field(max_length=500)


class Pairs(BaseModel):
    """Pairs to store; one of a known old name takes its place."""

    items: list[Pair] = Field(max_length=2_000)


@router.get("/gaps")
async def show(
    desk: CurrentDesk,
    who: CurrentVisitor,
    weeks: Annotated[int, Query(ge=1, le=PERIODS[-1], description="最近多少周")] = PERIODS[-1],
    channel: Annotated[str, Query(max_length=20)] = "",
    show: Show = "open",
) -> dict[str, Any]:
    """Questions without a good article by topic, counted in this period and channel; unused, repeated, contradicting
    and outdated articles; and when it was computed (null: never).
    """
    gap_marks.check_may_see(who.actor)

    def read() -> dict[str, Any]:
        with desk.database.read() as session:
            report = gap_views.report_of(session)
            document = report.document if report is not None else {}
            found = gap_views.shown(session, report, Chosen(weeks, channel, show))
            outdated = gap_views.outdated(session, desk)
        computed = report.computed_at if report is not None else None
        return {
            "computed_at": computed.astimezone(desk.district.calendars.zone).isoformat() if computed else None,
            "computing": desk.gap_reports.is_under_way(report),
            "asked": document.get("asked", 0),
            "served": document.get("served", 0),
            "items": [_gap(gap) for gap in found],
            "unused": document.get("unused", []),
            "repeats": document.get("repeats", []),
            "contradictions": document.get("contradictions", []),
            "replaced": [
                {"number": each.number, "basis": each.basis, "replaced_by": each.replaced_by} for each, _ in outdated
            ],
        }

    return await run_in_threadpool(read)


def _gap(gap: ShownGap) -> dict[str, Any]:
    kept = gap.kept
    return {
        **{name: kept[name] for name in ("topic", "name", "examples", "replies", "draft", "near", "passed_over")},
        "count": gap.count,
        "weeks": [{"monday": monday.isoformat(), "count": count} for monday, count in gap.weeks],
        "channels": dict(gap.channels),
        "state": gap.mark.state if gap.mark else "open",
    }


@router.post("/gaps", status_code=202)
async def compute(desk: CurrentDesk, who: CurrentVisitor) -> dict[str, Any]:
    """Have it computed anew, beside; ``GET`` tells when it is there."""
    gap_marks.check_may_mark(who.actor)
    await run_in_threadpool(desk.gap_reports.begin)
    return {"computing": True}


@router.post("/gaps/marks")
async def mark(given: Mark, writer: CurrentWriter) -> dict[str, Any]:
    """A gap is dealt with until it grows (``handled``, ``ignored``), or again not (``open``)."""

    def work(session: Session) -> dict[str, Any]:
        state = None if given.state == "open" else given.state
        gap_views.set_mark(session, writer.desk, given.topic, state, writer.actor)
        return given.model_dump()

    return await writer.run(given.model_dump(), work)


@router.get("/regulations")
async def regulations(desk: CurrentDesk, who: CurrentVisitor) -> dict[str, Any]:
    """Regulations that were replaced, by the old name."""
    gap_marks.check_may_see(who.actor)

    def read() -> dict[str, Any]:
        with desk.database.read() as session:
            return {
                "items": [{"id": each.id, "old": each.old, "new": each.new} for each in gap_marks.regulations(session)]
            }

    return await run_in_threadpool(read)


@router.post("/regulations")
async def enter(given: Pairs, writer: CurrentWriter) -> dict[str, Any]:
    """Store pairs of old and new."""

    def work(session: Session) -> dict[str, Any]:
        pairs = [(pair.old, pair.new) for pair in given.items]
        return {"changed": gap_marks.enter(session, pairs, actor=writer.actor, now=writer.now)}

    return await writer.run(given.model_dump(), work)


@router.delete("/regulations/{key}")
async def remove(key: str, writer: CurrentWriter) -> dict[str, Any]:
    """Take a pair out."""

    def work(session: Session) -> dict[str, Any]:
        gap_marks.remove(session, key, actor=writer.actor, now=writer.now)
        return {"removed": key}

    return await writer.run(key, work)
