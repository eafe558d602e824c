"""``/api/v1/articles/…``: the life of an article, its versions and differences, and what readers say of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy.orm import Session

from api import article_feedback
from api import article_views as views
from api.auth import CurrentDesk, CurrentVisitor, Visitor
from api.desk import Desk
from api.paging import After, Limit, page
from api.writing import CurrentWriter, Writer
from knowledge import articles, discarding, feedback, lifecycle, versions
from knowledge.reader import ArticleReader
from knowledge.tables import Article

router = APIRouter(prefix="/api/v1/articles", tags=["articles"])
of_feedback = APIRouter(prefix="/api/v1/article-feedback", tags=["articles"])
of_public = APIRouter(prefix="/api/v1/public/articles", tags=["articles"])


class Reason(BaseModel):
    """Why."""

    reason: str = Field("", max_length=500, description="原因，必填")


class FreeReason(BaseModel):
    """Why, if anybody wants to say."""

    reason: str = Field("", max_length=500, description="原因，可不填")


class Moment(BaseModel):
    """When the version comes out."""

    publish_at: AwareDatetime | None = Field(None, description="定时发布的时刻，含时区；不填立即发布")


class NextReview(BaseModel):
    """When the article is looked at again."""

    review_due: date | None = Field(None, description="下次复核日期；不填为一年后")


class Said(BaseModel):
    """What an agent says of an article."""

    kind: feedback.Kind = Field(description="useful 有用，wrong 有误，outdated 过时")
    ticket: str = Field("", max_length=40, description="正在处理的工单编号，可不填")


class PublicWord(BaseModel):
    """What a reader says of an article."""

    kind: feedback.Kind = Field(description="useful 有用，wrong 有误，outdated 过时")


class Resolved(BaseModel):
    """What became of a complaint."""

    outcome: feedback.Outcome = Field(description="fixed 已修改，kept 内容无误")


async def _done(writer: Writer, key: str, act: Callable[..., object], **given: Any) -> dict[str, Any]:
    def work(session: Session) -> dict[str, Any]:
        district, actor = writer.desk.district, writer.actor
        act(session, district, key, actor=actor, now=writer.now, **given)
        article = articles.get(session, key)
        return views.whole(session, district, article, actor, on=writer.desk.today())

    return await writer.run(given, work)


@router.post("/{key}/submit")
async def submit(key: str, writer: CurrentWriter) -> dict[str, Any]:
    """提交审核: the draft, or what was withdrawn, asks for its review."""
    return await _done(writer, key, lifecycle.submit)


@router.post("/{key}/send-back")
async def send_back(key: str, given: Reason, writer: CurrentWriter) -> dict[str, Any]:
    """退回: the version in review, or one that waits for its moment, goes back to its writers with a reason."""
    return await _done(writer, key, lifecycle.send_back, reason=given.reason)


@router.post("/{key}/publish")
async def publish(key: str, given: Moment, writer: CurrentWriter) -> dict[str, Any]:
    """发布: the reviewed version comes out now or at its moment; by an editor who did not write at it."""
    return await _done(writer, key, lifecycle.publish, publish_at=given.publish_at)


@router.post("/{key}/withdraw")
async def withdraw(key: str, given: Reason, writer: CurrentWriter) -> dict[str, Any]:
    """撤下: what is out answers no more, from now on, with a reason."""
    return await _done(writer, key, lifecycle.withdraw, reason=given.reason)


@router.post("/{key}/confirm")
async def confirm(key: str, given: NextReview, writer: CurrentWriter) -> dict[str, Any]:
    """确认仍然有效: what is out is right; the day of the next review is set."""
    return await _done(writer, key, lifecycle.confirm, review_due=given.review_due)


@router.post("/{key}/discard")
async def discard(key: str, given: FreeReason, writer: CurrentWriter) -> dict[str, Any]:
    """舍弃: the draft is thrown away; what is out stays. An article that never was out goes with it."""
    return await _done(writer, key, discarding.discard, reason=given.reason)


@router.post("/{key}/restore")
async def restore(key: str, writer: CurrentWriter) -> dict[str, Any]:
    """取回: the draft that was thrown away last, as it was, within 30 days."""
    return await _done(writer, key, discarding.restore)


async def _read(desk: Desk, who: Visitor, read: Callable[[Session, ArticleReader], dict[str, Any]]) -> dict[str, Any]:
    def work() -> dict[str, Any]:
        with desk.database.read() as session:
            return read(session, ArticleReader(desk.district, who.actor))

    return await run_in_threadpool(work)


@router.get("/{key}/history")
async def history(key: str, desk: CurrentDesk, who: CurrentVisitor) -> dict[str, Any]:
    """What was done to the article, the latest first, with reasons; of drafts for those alone who may read them."""
    return await _read(
        desk, who, lambda session, may: page([views.act_json(act) for act in may.history(session, key)], "")
    )


@router.get("/{key}/versions")
async def list_versions(key: str, desk: CurrentDesk, who: CurrentVisitor) -> dict[str, Any]:
    """All versions that the reader may see, the newest first, without their texts."""
    return await _read(
        desk, who, lambda session, may: page([views.version_json(each) for each in may.versions(session, key)], "")
    )


@router.get("/{key}/versions/{number}")
async def version(key: str, number: int, desk: CurrentDesk, who: CurrentVisitor) -> dict[str, Any]:
    """One version with its whole text."""
    return await _read(desk, who, lambda session, may: views.version_whole(may.version(session, key, number)))


@router.get("/{key}/diff")
async def diff(
    key: str,
    desk: CurrentDesk,
    who: CurrentVisitor,
    before: Annotated[int, Query(alias="from", description="旧版本号")],
    after: Annotated[int, Query(alias="to", description="新版本号")],
) -> dict[str, Any]:
    """How two versions differ, field by field, text by sentence."""
    return await _read(
        desk,
        who,
        lambda session, may: views.difference_json(may.version(session, key, before), may.version(session, key, after)),
    )


@router.get("/{key}/as-of")
async def as_of(
    key: str, desk: CurrentDesk, who: CurrentVisitor, day: Annotated[date, Query(description="哪一天")]
) -> dict[str, Any]:
    """The version that was out at the end of that day and in force on it; ``version`` is null if there was none."""

    def read(session: Session, may: ArticleReader) -> dict[str, Any]:
        article = may.article(session, key)
        found = versions.as_of(session, article.id, day, zone=desk.district.calendars.zone)
        return {"day": day, "version": views.version_whole(found) if found is not None else None}

    return await _read(desk, who, read)


@router.post("/{key}/feedback")
async def say(key: str, given: Said, writer: CurrentWriter) -> dict[str, Any]:
    """Useful, wrong or outdated, said by a member of staff; what is wrong goes to the editors' queue."""

    def work(session: Session) -> dict[str, Any]:
        said = article_feedback.from_agent(
            session, writer.desk, key, given.kind, ticket=given.ticket, actor=writer.actor
        )
        return views.feedback_json(said, session.get_one(Article, said.article_id))

    return await writer.run(given.model_dump(), work)


@of_feedback.get("")
async def queue(desk: CurrentDesk, who: CurrentVisitor, after: After = "", limit: Limit = 50) -> dict[str, Any]:
    """Open complaints, the oldest first."""

    def read(session: Session, _may: ArticleReader) -> dict[str, Any]:
        rows, cursor = feedback.queue(session, who.actor, after=after, limit=limit)
        return page([views.feedback_json(said, article) for said, article in rows], cursor)

    return await _read(desk, who, read)


@of_feedback.post("/{key}/resolve")
async def resolve(key: str, given: Resolved, writer: CurrentWriter) -> dict[str, Any]:
    """An editor has dealt with a complaint."""

    def work(session: Session) -> dict[str, Any]:
        said = feedback.resolve(session, key, given.outcome, actor=writer.actor, now=writer.now)
        return views.feedback_json(said, session.get_one(Article, said.article_id))

    return await writer.run(given.model_dump(), work)


@of_public.post("/{key}/feedback", status_code=204)
async def say_publicly(key: str, given: PublicWord, request: Request, desk: CurrentDesk) -> None:
    """Was this helpful? Said by whoever reads a published article; nothing is kept of him."""
    address = request.client.host if request.client else ""
    await run_in_threadpool(article_feedback.from_public, desk, key, given.kind, address=address)
