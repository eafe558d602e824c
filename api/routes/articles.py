"""``/api/v1/articles``: search and read knowledge."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool

from api.auth import CurrentDesk, CurrentVisitor
from api.paging import After, Limit, page
from knowledge import answers, articles
from knowledge.tables import Article

router = APIRouter(prefix="/api/v1/articles", tags=["articles"])


def brief(article: Article) -> dict[str, Any]:
    """An article in a list."""
    return {
        "id": article.number,
        "question": article.question,
        "short_answer": article.short_answer,
        "category": article.category,
        "status": article.status,
        "version": article.version,
        "valid_from": article.valid_from,
        "valid_until": article.valid_until,
    }


@router.get("")
async def list_(
    desk: CurrentDesk,
    who: CurrentVisitor,
    q: Annotated[str, Query(max_length=500)] = "",
    after: After = "",
    limit: Limit = 20,
) -> dict[str, Any]:
    """Articles found for ``q``, the best first; without it all, by number."""
    del who

    def read() -> dict[str, Any]:
        if q.strip():
            hits = answers.find(desk.index, q, limit=limit, on=desk.now().date())
            return page([{"id": hit.id, "question": hit.title, "score": hit.score} for hit in hits], "")
        with desk.database.read() as session:
            rows, cursor = articles.list_page(session, after=after, limit=limit)
            return page([brief(article) for article in rows], cursor)

    return await run_in_threadpool(read)


@router.get("/{key}")
async def show(key: str, desk: CurrentDesk, who: CurrentVisitor) -> dict[str, Any]:
    """One article by number."""
    del who

    def read() -> dict[str, Any]:
        with desk.database.read() as session:
            article = articles.get(session, key)
            more = {name: getattr(article, name) for name in articles.CONTENT}
            return brief(article) | more | {"usable": articles.usable(article, desk.now().date())}

    return await run_in_threadpool(read)
