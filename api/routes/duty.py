"""``/api/v1/duty`` and ``/api/v1/alerts``: the duty roster, and the alerts that call those on it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Query, UploadFile
from fastapi.concurrency import run_in_threadpool
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy.orm import Session

from api import people_views as views
from api.auth import CurrentDesk, CurrentVisitor
from api.paging import After, Limit, page
from api.writing import CurrentWriter
from casework import alerts, duty, roster_lists
from casework.duty import Shift
from channels.sheets.table import MAX_BYTES

router = APIRouter(prefix="/api/v1", tags=["duty"])
SHOWN = timedelta(days=14)


class GivenShift(BaseModel):
    """A shift of one member of staff."""

    starts: AwareDatetime
    ends: AwareDatetime
    login: str = Field(max_length=60)
    position: int = Field(1, description="呼叫顺序，1 最先")
    phone: str = Field("", max_length=30)


@router.get("/duty")
async def roster(
    desk: CurrentDesk,
    who: CurrentVisitor,
    starts: Annotated[AwareDatetime | None, Query(alias="from")] = None,
    ends: Annotated[AwareDatetime | None, Query(alias="to")] = None,
) -> dict[str, Any]:
    """The shifts of a time (default: two weeks from now), and who is called now."""

    def read() -> dict[str, Any]:
        duty.check_reader(who.actor)
        now = desk.now()
        start: datetime = starts or now
        with desk.database.read() as session:
            rows = duty.roster(session, start=start, end=ends or start + SHOWN)
            return {
                "items": [views.shift(row, user) for row, user in rows],
                "on_duty": [
                    {"login": each.user.login, "name": each.name, "phone": each.phone, "position": each.position}
                    for each in duty.on_duty(session, now=now)
                ],
            }

    return await run_in_threadpool(read)


@router.post("/duty", status_code=201)
async def enter(given: GivenShift, writer: CurrentWriter) -> dict[str, Any]:
    """Enter a shift (督办、管理员)."""

    def work(session: Session) -> dict[str, Any]:
        (row,) = duty.enter(session, [("", Shift(**given.model_dump()))], actor=writer.actor, now=writer.now)
        return {"id": row.id}

    return await writer.run(given.model_dump(mode="json"), work)


@router.post("/duty/import", status_code=201)
async def import_roster(desk: CurrentDesk, who: CurrentVisitor, file: Annotated[UploadFile, File()]) -> dict[str, Any]:
    """Enter the shifts of a CSV or XLSX, all or none."""
    content = await file.read(MAX_BYTES + 1)

    def work() -> dict[str, Any]:
        shifts = roster_lists.read(content, desk.district)
        with desk.database.write.begin() as session:
            made = duty.enter(session, shifts, actor=who.actor, now=desk.now())
            return {"entered": len(made)}

    return await run_in_threadpool(work)


@router.delete("/duty/{key}")
async def strike(key: str, writer: CurrentWriter) -> dict[str, Any]:
    """Take a shift off the roster."""

    def work(session: Session) -> dict[str, Any]:
        duty.strike(session, key, actor=writer.actor, now=writer.now)
        return {"id": key}

    return await writer.run({}, work)


@router.get("/alerts")
async def list_alerts(
    desk: CurrentDesk,
    who: CurrentVisitor,
    state: Literal["", "open", "acknowledged", "over"] = "",
    after: After = "",
    limit: Limit = 50,
) -> dict[str, Any]:
    """Alerts, the latest first: for supervisors, administrators and auditors all, else those one was called for."""

    def read() -> dict[str, Any]:
        with desk.database.read() as session:
            rows = alerts.listed(session, who.actor, state=state, after=after, limit=limit + 1)
            cursor = rows[limit - 1].id if len(rows) > limit else ""
            return page([views.alert(row) for row in rows[:limit]], cursor)

    return await run_in_threadpool(read)


@router.get("/alerts/{key}")
async def show_alert(key: str, desk: CurrentDesk, who: CurrentVisitor) -> dict[str, Any]:
    """One alert with its calls and the ways they went out by."""

    def read() -> dict[str, Any]:
        with desk.database.read() as session:
            return views.alert(alerts.get(session, key, who.actor, now=desk.now()))

    return await run_in_threadpool(read)


@router.post("/alerts/{key}/acknowledge")
async def acknowledge(key: str, writer: CurrentWriter) -> dict[str, Any]:
    """确认: nobody else is called for it."""

    def work(session: Session) -> dict[str, Any]:
        row = alerts.acknowledge(session, writer.desk.district, key, actor=writer.actor, now=writer.now)
        session.flush()
        return views.alert(row)

    return await writer.run({}, work)
