"""The knowledge base on the pages: search as residents ask, read what is in force."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response
from markupsafe import Markup

from api.auth import CurrentDesk, CurrentVisitor
from api.web import render
from knowledge import answers, articles

router = APIRouter()
PAGE = 20


@router.get("/articles")
async def list_(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    q: Annotated[str, Query(max_length=200)] = "",
    after: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """Search results, or all articles by number."""

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            if q.strip():
                hits = answers.find(desk.index, q, limit=PAGE, on=desk.now().date())
                known = articles.by_numbers(session, [hit.id for hit in hits])
                rows = [
                    {"id": h.id, "title": h.title, "short": known[h.id].short_answer, "highlights": h.highlights}
                    for h in hits
                    if h.id in known
                ]
                cursor = ""
            else:
                found, cursor = articles.list_page(session, after=after, limit=PAGE)
                rows = [{"id": a.number, "title": a.question, "short": a.short_answer, "highlights": ""} for a in found]
            return render.page(request, "articles.html", who, rows=rows, next=cursor, paged=bool(after), q=q)

    return await run_in_threadpool(read)


@router.get("/articles/{key}")
async def show(key: str, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """One article."""

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            article = articles.get(session, key)
            district = desk.district
            known = article.category in district.taxonomy
            return render.page(
                request,
                "article.html",
                who,
                article=article,
                body=Markup(articles.render(article.body)),  # noqa: S704  sanitised by nh3
                usable=articles.usable(article, desk.now().date()),
                unit=district.units.get(article.unit).name if article.unit in district.units else "",
                category="/".join(district.taxonomy.get(article.category).path) if known else "",
            )

    return await run_in_threadpool(read)
