"""``/api/v1/models``: how good the suggestions of the models were."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool

from api import quality_report, quality_views
from api.auth import CurrentDesk, CurrentVisitor
from api.quality_report import By
from casework import quality

router = APIRouter(prefix="/api/v1/models", tags=["models"])


@router.get("/quality")
async def show(
    desk: CurrentDesk,
    who: CurrentVisitor,
    by: By = "week",
    first: Annotated[date | None, Query(alias="from", description="第一天")] = None,
    last: Annotated[date | None, Query(alias="to", description="最后一天")] = None,
) -> dict[str, Any]:
    """Accuracy, calibration and drift of the days; without days the latest twelve weeks, or months."""
    quality.check_may_see(who.actor)

    def read() -> dict[str, Any]:
        with desk.database.read() as session:
            return quality_views.as_json(desk, quality_report.report(session, desk, by=by, first=first, last=last))

    return await run_in_threadpool(read)
