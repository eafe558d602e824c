"""``/api/v1/absences``, ``/hand-overs``, ``/open-work``, ``/staff``: the work when people and units change."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, File, Query, UploadFile
from fastapi.concurrency import run_in_threadpool
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy.orm import Session

from api import people_views as views
from api import staff_import
from api.auth import CurrentDesk, CurrentVisitor
from api.writing import CurrentWriter
from casework import absences, hand_over, unit_handovers
from casework.dispatch import find_unit
from casework.errors import NotAllowed
from channels.sheets.table import MAX_BYTES
from storage.identity import find_user

router = APIRouter(prefix="/api/v1", tags=["people"])


class GivenAbsence(BaseModel):
    """Who is away when, and who stands in."""

    login: str = Field(max_length=60, description="请假人的用户名")
    stand_in: str = Field(max_length=60, description="代理人的用户名")
    starts: AwareDatetime
    ends: AwareDatetime
    reason: str = Field("", max_length=200)


class GivenHandOver(BaseModel):
    """From which unit to which, why, and which cases; all open ones where none are named."""

    source: str = Field(max_length=60, description="移出单位代码或名称")
    target: str = Field(max_length=60, description="移入单位代码或名称")
    reason: str = Field(max_length=500)
    cases: list[str] | None = Field(None, max_length=5000, description="办件编号；不给即全部在办件")


@router.get("/absences")
async def list_absences(desk: CurrentDesk, who: CurrentVisitor) -> dict[str, Any]:
    """Absences that run or are to come and concern the reader, and for whom he stands in now."""

    def read() -> dict[str, Any]:
        now = desk.now()
        with desk.database.read() as session:
            rows = absences.listed(session, desk.district, who.actor, now=now)
            standing = absences.standing_in(session, who.actor, now=now)
            return {
                "items": [views.away(row) for row in rows],
                "standing_in_for": [{"login": user.login, "name": user.name} for user in standing],
            }

    return await run_in_threadpool(read)


@router.post("/absences", status_code=201)
async def enter_absence(given: GivenAbsence, writer: CurrentWriter) -> dict[str, Any]:
    """Enter an absence with its stand-in."""

    def work(session: Session) -> dict[str, Any]:
        made = absences.enter(
            session,
            writer.desk.district,
            given.login,
            given.stand_in,
            starts=given.starts,
            ends=given.ends,
            actor=writer.actor,
            now=writer.now,
            reason=given.reason,
        )
        return {"id": made.id, "starts": made.starts, "ends": made.ends}

    return await writer.run(given.model_dump(mode="json"), work)


@router.post("/absences/{key}/end")
async def end_absence(key: str, writer: CurrentWriter) -> dict[str, Any]:
    """销假."""

    def work(session: Session) -> dict[str, Any]:
        ended = absences.end(session, writer.desk.district, key, actor=writer.actor, now=writer.now)
        return {"id": ended.id, "ended_at": ended.ended_at}

    return await writer.run({}, work)


@router.get("/open-work")
async def open_work(
    desk: CurrentDesk,
    who: CurrentVisitor,
    unit: Annotated[str, Query(max_length=60)] = "",
    user: Annotated[str, Query(max_length=60)] = "",
) -> dict[str, Any]:
    """Open cases of a unit, or of one member of staff in his unit."""

    def read() -> dict[str, Any]:
        if who.actor.role not in hand_over.READS:
            raise NotAllowed("查看在办件清单", "由督办、管理员或审计员查看")
        with desk.database.read() as session:
            if user:
                found = find_user(session, user)
                code, cases = found.unit, hand_over.open_work_of(session, desk.district, found)
            else:
                code = find_unit(desk.district, unit)
                cases = hand_over.open_work(session, desk.district, code)
            return {"unit": views.unit(desk.district, code), "items": [views.open_case(case, code) for case in cases]}

    return await run_in_threadpool(read)


@router.get("/hand-overs")
async def list_hand_overs(desk: CurrentDesk, who: CurrentVisitor) -> dict[str, Any]:
    """The latest hand-overs, and what units that ended still have."""

    def read() -> dict[str, Any]:
        district, now = desk.district, desk.now()
        with desk.database.read() as session:
            rows = hand_over.listed(session, who.actor)
            return {
                "items": [
                    views.hand_over(district, row, may_undo=hand_over.may_undo(district, row, now=now)) for row in rows
                ],
                "unit_changes_due": [
                    views.due(district, each) for each in unit_handovers.due(session, district, now=now)
                ],
            }

    return await run_in_threadpool(read)


@router.post("/hand-overs", status_code=201)
async def make_hand_over(given: GivenHandOver, writer: CurrentWriter) -> dict[str, Any]:
    """Hand open work over (督办、管理员)."""

    def work(session: Session) -> dict[str, Any]:
        district = writer.desk.district
        made = hand_over.hand_over(
            session,
            district,
            given.source,
            given.target,
            actor=writer.actor,
            now=writer.now,
            reason=given.reason,
            numbers=given.cases,
        )
        session.refresh(made)
        return views.hand_over(district, made, may_undo=True)

    return await writer.run(given.model_dump(mode="json"), work)


@router.post("/hand-overs/{key}/undo")
async def undo_hand_over(key: str, writer: CurrentWriter) -> dict[str, Any]:
    """Undo a hand-over on its own day; ``cases`` is how many went back."""

    def work(session: Session) -> dict[str, Any]:
        back = hand_over.undo(session, writer.desk.district, key, actor=writer.actor, now=writer.now)
        return {"id": key, "cases": back}

    return await writer.run({}, work)


@router.post("/unit-changes/apply")
async def apply_unit_changes(writer: CurrentWriter) -> dict[str, Any]:
    """Hand over what units that ended still have."""

    def work(session: Session) -> dict[str, Any]:
        district = writer.desk.district
        made = unit_handovers.apply(session, district, actor=writer.actor, now=writer.now)
        session.flush()
        for each in made:
            session.refresh(each)
        return {"items": [views.hand_over(district, each, may_undo=False) for each in made]}

    return await writer.run({}, work)


@router.post("/staff/import")
async def import_staff(
    desk: CurrentDesk,
    who: CurrentVisitor,
    file: Annotated[UploadFile, File()],
    dry_run: bool = True,  # noqa: FBT001, FBT002  (a query parameter)
    disable_missing: bool = False,  # noqa: FBT001, FBT002
) -> dict[str, Any]:
    """Bring a staff list in (管理员); by default only what it would do.

    One-time passwords are told here and never again.
    """
    content = await file.read(MAX_BYTES + 1)

    def work() -> dict[str, Any]:
        rows = staff_import.read(desk, content)
        if dry_run:
            made = staff_import.planned(desk, rows, actor=who.actor, disable_missing=disable_missing)
            return staff_import.document(made, {})
        made, passwords = staff_import.bring_in(desk, rows, actor=who.actor, disable_missing=disable_missing)
        return staff_import.document(made, passwords)

    return await run_in_threadpool(work)
