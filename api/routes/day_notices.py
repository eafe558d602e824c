"""``/api/v1/day-notices``: notices of the day (通告, 停水停电等). ``/api/v1/notices`` are the reader's own (提醒)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy.orm import Session

from api import day_notice_views as views
from api.auth import CurrentDesk, CurrentVisitor
from api.paging import After, Limit, page
from api.writing import CurrentWriter, Writer
from knowledge import day_notices
from knowledge.bot_tables import DayNotice
from knowledge.day_notices import NoticeText

router = APIRouter(prefix="/api/v1/day-notices", tags=["day-notices"])
Shown = Literal["current", "coming", "past", "withdrawn", "all"]


class GivenNotice(BaseModel):
    """What a notice says."""

    text: str = Field(description="通告内容，不超过 300 字")
    begins: AwareDatetime = Field(description="开始时间，含时区")
    ends: AwareDatetime = Field(description="结束时间，含时区，在开始之后，最长 60 天")
    unit: str = Field(max_length=10, description="责任单位代码")
    area: str = Field("", description="范围：街道、社区（名称或代码）或其他地点，用顿号分开；空为全区")
    subject: str = Field("", max_length=2, description="停的是什么：水、电、气、热、路、网；内容已写明时可空")
    source: str = Field("", description="来源，如供水公司")

    def told(self) -> NoticeText:
        """The same as the room below has it."""
        return NoticeText(**self.model_dump(exclude={"version"}))


class ChangedNotice(GivenNotice):
    """What a notice says from now on."""

    version: int | None = Field(None, description="修改所依据的版本；已有更新的版本时拒绝")


@router.get("")
async def list_(
    desk: CurrentDesk,
    who: CurrentVisitor,
    state: Annotated[
        Shown, Query(description="current 生效中，coming 即将开始，past 已结束，withdrawn 已撤回")
    ] = "all",
    after: After = "",
    limit: Limit = 50,
) -> dict[str, Any]:
    """Notices of the day, the latest entered first."""

    def read() -> dict[str, Any]:
        now = desk.now()
        wanted = None if state == "all" else state
        with desk.database.read() as session:
            rows, cursor = day_notices.listed(session, wanted, now=now, after=after, limit=limit)
            return page([views.brief(row, desk.district, who.actor, now=now) for row in rows], cursor)

    return await run_in_threadpool(read)


@router.get("/{key}")
async def show(key: str, desk: CurrentDesk, who: CurrentVisitor) -> dict[str, Any]:
    """One notice by number or id."""

    def read() -> dict[str, Any]:
        with desk.database.read() as session:
            return views.brief(day_notices.get(session, key), desk.district, who.actor, now=desk.now())

    return await run_in_threadpool(read)


def _told(writer: Writer, row: DayNotice) -> dict[str, Any]:
    return views.brief(row, writer.desk.district, writer.actor, now=writer.now)


@router.post("")
async def add(given: GivenNotice, writer: CurrentWriter) -> dict[str, Any]:
    """Enter a notice (知识管理员；单位负责人限本单位及下属单位)."""

    def work(session: Session) -> dict[str, Any]:
        district, now = writer.desk.district, writer.now
        return _told(writer, day_notices.add(session, district, given.told(), actor=writer.actor, now=now))

    return await writer.run(given.model_dump(mode="json"), work)


@router.put("/{key}")
async def edit(key: str, given: ChangedNotice, writer: CurrentWriter) -> dict[str, Any]:
    """Change a notice that is in force or to come."""

    def work(session: Session) -> dict[str, Any]:
        district, now = writer.desk.district, writer.now
        row = day_notices.edit(session, district, key, given.told(), actor=writer.actor, now=now, base=given.version)
        return _told(writer, row)

    return await writer.run(given.model_dump(mode="json"), work)


@router.post("/{key}/{act}")
async def perform(key: str, act: Literal["end", "withdraw", "restore"], writer: CurrentWriter) -> dict[str, Any]:
    """提前结束 now what is in force; 撤回 what was wrong; 恢复 what was withdrawn."""

    def work(session: Session) -> dict[str, Any]:
        row = day_notices.ACTS[act](session, writer.desk.district, key, actor=writer.actor, now=writer.now)
        return _told(writer, row)

    return await writer.run({}, work)
