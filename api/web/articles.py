"""The knowledge base on the pages: read what is out, say whether it helped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response
from markupsafe import Markup
from sqlalchemy.orm import Session

from api import article_attachments, article_views, scanning
from api.auth import CurrentDesk, CurrentVisitor, Visitor
from api.desk import Desk
from api.web import render
from district.pack import District
from knowledge import acts, articles, content, feedback, lifecycle, listing, markdown, writing
from knowledge.lifecycle import ROLES
from knowledge.listing import ArticleFilter
from knowledge.reader import ArticleReader
from knowledge.tables import Article, ArticleAttachment, ArticleVersion

router = APIRouter()
PAGE = 20


def names(district: District, text: Mapping[str, Any]) -> dict[str, Any]:
    """What the codes of category, unit and street are called; empty for those the district has not."""
    units = district.units
    return {
        "category": "/".join(district.taxonomy.path(text["category"])) if text["category"] in district.taxonomy else "",
        "unit": units.name_of(text["unit"]),
        "street": units.name_of(text["street"]),
    }


def body_html(text: str) -> Markup:
    """A body as HTML for a page."""
    return Markup(markdown.render(text))  # noqa: S704  sanitised by nh3


@router.get("/articles")
async def list_(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    after: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """All that is out, by number."""

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            found, cursor = listing.page(session, ArticleFilter(state="published"), after=after, limit=PAGE)
            rows = [{"id": a.number, "title": a.question, "short": a.short_answer} for a in found]
            may_write = who.actor.role in ROLES["write"]
            return render.page(
                request, "articles.html", who, rows=rows, next=cursor, paged=bool(after), may_write=may_write
            )

    return await run_in_threadpool(read)


def files_of(session: Session, desk: Desk, version: ArticleVersion | None) -> dict[str, Any]:
    """The files of a version for a page, and what the virus scanner said of them."""
    files = version.attachments if version is not None else []
    return {"files": files, "scans": scanning.shown(session, desk, files)}


def article_page(
    request: Request, desk: Desk, who: Visitor, session: Session, article: Article, **more: Any
) -> HTMLResponse:
    """The page of an article: what is out, its state, what the visitor may do with it."""
    text = content.of_article(article)
    reader = ArticleReader(desk.district, who.actor)
    being_written = reader.being_written(session, article)
    return render.page(
        request,
        "article.html",
        who,
        article=article,
        body=body_html(article.body),
        usable=articles.usable(article, desk.today()),
        states=lifecycle.STATES,
        being_written=being_written,
        restorable=article_views.may_restore(session, desk.district, article, who.actor, on=desk.today()),
        **files_of(session, desk, writing.standing_version(session, article)),
        may=lifecycle.open_to(desk.district, who.actor, article, being_written),
        wrote=being_written is not None and who.actor.id in being_written.editors,
        history=reader.history(session, article.number)[:8],
        act_labels=acts.LABELS,
        feedback_labels=feedback.LABELS,
        counts=feedback.counts(session, article),
        **names(desk.district, text),
        **more,
    )


@router.get("/articles/{key}")
async def show(
    key: str,
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    ticket: Annotated[str, Query(max_length=40)] = "",
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """One article; ``ticket`` is the one at which the reader is, and goes with what he says of the article."""

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            article = ArticleReader(desk.district, who.actor).article(session, key)
            return article_page(request, desk, who, session, article, ticket=ticket, done=done)

    return await run_in_threadpool(read)


@router.get("/articles/{key}/files/{file_id}")
async def download(key: str, file_id: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """A file of a version that the reader may read, as a download."""
    return await run_in_threadpool(lambda: article_attachments.given_out(desk, _file(desk, who, key, file_id)))


@router.get("/articles/{key}/files/{file_id}/picture")
async def picture(key: str, file_id: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """A picture, or the first page of a PDF, as the desk drew it."""
    return await run_in_threadpool(lambda: article_attachments.drawn(desk, _file(desk, who, key, file_id), "shown"))


@router.get("/articles/{key}/files/{file_id}/thumbnail")
async def thumbnail(key: str, file_id: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """The same, small."""
    return await run_in_threadpool(lambda: article_attachments.drawn(desk, _file(desk, who, key, file_id), "small"))


def _file(desk: Desk, who: Visitor, key: str, file_id: str) -> ArticleAttachment:
    with desk.database.read() as session:
        return ArticleReader(desk.district, who.actor).attachment(session, key, file_id)
