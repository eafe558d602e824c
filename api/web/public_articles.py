"""Published articles as anybody reads them: stable addresses, a site map, print, and whether it helped."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote
from xml.sax.saxutils import escape

from fastapi import APIRouter, Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from api import article_attachments, article_feedback
from api.auth import CurrentDesk
from api.desk import Desk
from api.web import render
from api.web.articles import body_html, files_of, names
from api.web.own_site import OWN_PAGES
from knowledge import articles, attachments, content, feedback, writing
from knowledge.errors import ArticleNotFound, AttachmentNotFound
from knowledge.tables import Article

router = APIRouter(dependencies=OWN_PAGES)
ON_A_MAP = 50_000
"""Addresses of one site map at most (sitemaps.org)."""
HELPED = {"useful": "有帮助", "wrong": "内容有误", "outdated": "已经过时"}


@router.get("/knowledge/{key}")
async def show(
    key: str,
    request: Request,
    desk: CurrentDesk,
    thanks: Annotated[str, Query(max_length=1)] = "",
    search: Annotated[str, Query(alias="s", max_length=40)] = "",
) -> Response:
    """One article that is out and in force; whatever else there is of that number does not exist here.

    ``s`` is the key of the search that it was found by, in which it is noted as opened; nothing is noted of whom.
    """

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            article = _out(session, desk, key)
            if search:
                desk.search_log.opened(search, article.number)
            named = names(desk.district, content.of_article(article))
            return render.page(
                request,
                "public_article.html",
                None,
                article=article,
                body=body_html(article.body),
                address=_address(desk, article.number),
                helped=HELPED,
                thanks=bool(thanks),
                **files_of(session, desk, writing.standing_version(session, article)),
                **named,
            )

    return await run_in_threadpool(read)


def _out(session: Session, desk: Desk, key: str) -> Article:
    article = articles.get(session, key)
    if not articles.usable(article, desk.today()):
        raise ArticleNotFound(key)
    return article


@router.get("/knowledge/{key}/files/{file_id}")
async def download(key: str, file_id: str, desk: CurrentDesk) -> Response:
    """A file of what is out and in force, as a download; those of drafts and of former versions do not exist here."""

    def read() -> Response:
        with desk.database.read() as session:
            standing = writing.standing_version(session, _out(session, desk, key))
            found = attachments.find(session, [standing] if standing is not None else [], file_id)
        if found is None:
            raise AttachmentNotFound(key, file_id)
        return article_attachments.given_out(desk, found)

    return await run_in_threadpool(read)


@router.post("/knowledge/{key}/feedback")
async def say(key: str, request: Request, desk: CurrentDesk, kind: Annotated[feedback.Kind, Form()]) -> Response:
    """Was this helpful? Nothing is kept of who says it."""
    address = request.client.host if request.client else ""
    await run_in_threadpool(article_feedback.from_public, desk, key, kind, address=address)
    return RedirectResponse(f"/knowledge/{key}?thanks=1", 303)


@router.get("/sitemap.xml")
async def site_map(desk: CurrentDesk) -> Response:
    """The addresses of all that is out and in force, for search engines."""

    def read() -> str:
        with desk.database.read() as session:
            found = articles.came_out(session, desk.today(), limit=ON_A_MAP)
        zone = desk.district.calendars.zone
        lines = [
            f"<url><loc>{escape(_address(desk, quote(number, safe='')))}</loc>"
            f"<lastmod>{at.astimezone(zone).date().isoformat()}</lastmod></url>"
            for number, at in found
        ]
        head = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        return head + "\n".join(lines) + "\n</urlset>\n"

    return Response(await run_in_threadpool(read), media_type="application/xml")


def _address(desk: Desk, number: str) -> str:
    return f"{desk.settings.public_url.rstrip('/')}/knowledge/{number}"
