"""``/api/v1/articles``: search, list, read and write knowledge. Its life is in ``article_life``."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from api import article_views as views
from api.article_views import ArticleText
from api.auth import CurrentDesk, CurrentVisitor
from api.desk import Desk
from api.paging import After, Limit, page
from api.writing import CurrentWriter
from knowledge import answers, articles, contained, lifecycle, listing
from knowledge.index import Filters
from knowledge.listing import ArticleFilter
from knowledge.reader import ArticleReader
from knowledge.tables import Article

router = APIRouter(prefix="/api/v1/articles", tags=["articles"])
IN_USE = frozenset({"", "published", "due"})
"""States whose articles an index holds."""
State = Literal["", "draft", "review", "approved", "published", "due", "expired", "withdrawn", "discarded"]


class Edited(ArticleText):
    """The whole new text, and the version it was written on."""

    base: int | None = Field(None, description="在哪一版上修改；与最新版不同时拒绝，以免覆盖他人的修改")

    def text(self) -> ArticleText:
        """The text alone."""
        return ArticleText.model_validate(self.model_dump(exclude={"base"}))


@router.get("")
async def list_(
    desk: CurrentDesk,
    who: CurrentVisitor,
    q: Annotated[str, Query(max_length=500, description="像居民那样提问；不给 state 时只找正在使用的条目")] = "",
    state: Annotated[State, Query(description="条目或其编写中版本的状态")] = "",
    category: Annotated[str, Query(max_length=6, description="分类代码，含下级")] = "",
    unit: Annotated[str, Query(max_length=10, description="责任单位代码")] = "",
    text: Annotated[str, Query(max_length=100, description="编号或标准问题中的文字")] = "",
    after: After = "",
    limit: Limit = 20,
) -> dict[str, Any]:
    """Articles found for ``q``, the best first; without it those that fit the filters, by number. What never was out
    is found by those alone who may read it.
    """
    wanted = ArticleFilter(state, category, unit, text)
    may = ArticleReader(desk.district, who.actor)

    def read() -> dict[str, Any]:
        with desk.database.read() as session:
            if q.strip():
                found = _asked(session, desk, may, q, wanted, limit)
                _log(desk, q, found)
                return page(found, "")
            rows, cursor = listing.page(session, wanted, after=after, limit=limit, drafts_of=may.units)
            return page([views.brief(article) for article in rows], cursor)

    return await run_in_threadpool(read)


def _asked(
    session: Session, desk: Desk, may: ArticleReader, q: str, wanted: ArticleFilter, limit: int
) -> list[dict[str, Any]]:
    """By the index what is in use, as the database has it now; by the database what no index holds."""
    query = answers.query_of(q)
    if wanted.state not in IN_USE:
        query_of_those = listing.narrowed(select(Article), wanted, may.units)
        found = contained.best(session, query_of_those, query, limit=limit)
        return [{"id": each.number, "question": each.question, "score": share} for each, share in found]
    filters = Filters(category=wanted.category, unit=wanted.unit, on=desk.today())
    hits = desk.index.search(query, limit=limit, filters=filters)
    there = listing.fitting(session, replace(wanted, state=wanted.state or "published"), [hit.id for hit in hits])
    return [
        {"id": hit.id, "question": hit.title, "score": hit.score, "relevance": hit.relevance}
        for hit in hits
        if hit.id in there and articles.usable(there[hit.id], desk.today())
    ]


def _log(desk: Desk, q: str, found: list[dict[str, Any]]) -> None:
    first = found[0] if found else {}
    relevance = float(first.get("relevance", 0.0))
    desk.search_log.searched(
        q, role="staff", page="api", hits=len(found), first=first.get("id", ""), relevance=relevance
    )


@router.post("")
async def create(given: ArticleText, writer: CurrentWriter) -> dict[str, Any]:
    """A new article, a draft. Knowledge editors, and a unit's lead for his own unit."""

    def work(session: Session) -> dict[str, Any]:
        text = given if given.id else given.numbered(lifecycle.free_number(session))
        district, actor = writer.desk.district, writer.actor
        article = lifecycle.create(session, district, text, actor=actor, now=writer.now)
        return views.whole(session, district, article, actor, on=writer.desk.today())

    return await writer.run(given.model_dump(mode="json"), work)


@router.get("/{key}")
async def show(key: str, desk: CurrentDesk, who: CurrentVisitor) -> dict[str, Any]:
    """One article by number: the text that is out, and in which state it is."""

    def read() -> dict[str, Any]:
        with desk.database.read() as session:
            article = ArticleReader(desk.district, who.actor).article(session, key)
            return views.whole(session, desk.district, article, who.actor, on=desk.today())

    return await run_in_threadpool(read)


@router.put("/{key}")
async def edit(key: str, given: Edited, writer: CurrentWriter) -> dict[str, Any]:
    """The text as a new draft version. What is out stays out until the new version is published."""

    def work(session: Session) -> dict[str, Any]:
        district, actor = writer.desk.district, writer.actor
        lifecycle.edit(session, district, key, given.text(), actor=actor, now=writer.now, base=given.base)
        article = articles.get(session, key)
        return views.whole(session, district, article, actor, on=writer.desk.today())

    return await writer.run(given.model_dump(mode="json"), work)
