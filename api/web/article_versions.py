"""Versions of an article on the pages: which there were, what each said, how two differ."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response

from api.auth import CurrentDesk, CurrentVisitor
from api.periods import given_day
from api.web import render
from api.web.articles import body_html, files_of, names
from knowledge import acts, content, versions
from knowledge.lifecycle import STATES
from knowledge.reader import ArticleReader
from knowledge.versions import differences

router = APIRouter()


@router.get("/articles/{key}/versions")
async def list_versions(
    key: str, request: Request, desk: CurrentDesk, who: CurrentVisitor, day: Annotated[str, Query(max_length=10)] = ""
) -> Response:
    """All versions and what was done; with ``day`` also which of them stood then."""
    asked = given_day(day)

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            may = ArticleReader(desk.district, who.actor)
            article = may.article(session, key)
            stood = versions.as_of(session, key, asked, zone=desk.district.calendars.zone) if asked else None
            return render.page(
                request,
                "article_versions.html",
                who,
                article=article,
                versions=may.versions(session, key),
                history=may.history(session, key),
                states=STATES,
                act_labels=acts.LABELS,
                day=asked,
                stood=stood,
            )

    return await run_in_threadpool(read)


@router.get("/articles/{key}/versions/{number}")
async def version(
    key: str,
    number: int,
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    against: Annotated[int | None, Query()] = None,
) -> Response:
    """One version, whole, and how it differs from another: the one before it unless it is said which."""

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            may = ArticleReader(desk.district, who.actor)
            article = may.article(session, key)
            found = may.version(session, key, number)
            known = [each.version for each in may.versions(session, key) if each.version != number]
            other = against if against is not None else max((each for each in known if each < number), default=0)
            before = may.version(session, key, other) if other > 0 else None
            text = content.of_version(found.content)
            return render.page(
                request,
                "article_version.html",
                who,
                article=article,
                version=found,
                text=text,
                body=body_html(text["body"]),
                labels=content.LABELS,
                lists=content.LISTS,
                states=STATES,
                before=before,
                differences=differences(before, found) if before is not None else [],
                others=known,
                **files_of(session, desk, found),
                **names(desk.district, text),
            )

    return await run_in_threadpool(read)
