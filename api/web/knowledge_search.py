"""查找答案, for residents: by words, by category, or by what others ask. Only what is in force; nothing of who asks."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from api.auth import CurrentDesk
from api.desk import Desk
from api.routes.search import Code, Typed, searcher
from api.web import render
from knowledge import browsing, day_notices
from knowledge.operators import LONGEST

router = APIRouter()
PAGE = 20
MOST = 200
HOT = 8
LATELY = timedelta(days=90)


@router.get("/knowledge")
async def page(
    request: Request,
    desk: CurrentDesk,
    q: Typed = "",
    category: Code = "",
    shown: Annotated[str, Query(alias="all", max_length=1)] = "",
) -> Response:
    """What was found, or what there is."""
    asked = q.strip()[:LONGEST]

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            values = _asked(session, desk, asked, whole=bool(shown)) if asked else _browsed(session, desk, category)
            return render.page(request, "knowledge.html", None, q=asked, **values)

    return await run_in_threadpool(read)


def _asked(session: Session, desk: Desk, asked: str, *, whole: bool) -> dict[str, Any]:
    answer = searcher(desk).search(session, asked, on=desk.today())
    found = [one.article for one in answer.found]
    return _nothing() | {
        "rows": found if whole else found[:PAGE],
        "total": len(found),
        "notes": answer.notes,
        "instead": answer.instead,
        "search": desk.search_log.answered(asked, answer, role="public", page="search"),
        "rest": "" if whole or len(found) <= PAGE else f"/knowledge?{urlencode({'q': asked, 'all': '1'})}",
        "areas": [] if found else _areas(session, desk),
    }


def _browsed(session: Session, desk: Desk, category: str) -> dict[str, Any]:
    on = desk.today()
    known = category if category in desk.district.taxonomy else ""
    rows = browsing.of_area(session, on, known, limit=MOST) if known else []
    return _nothing() | {
        "rows": rows,
        "total": len(rows),
        "area": desk.district.taxonomy.get(known).name if known else "",
        "chosen": known,
        "hot": [] if known else browsing.opened_most(session, on, since=desk.now() - LATELY, limit=HOT),
        "areas": _areas(session, desk),
        "current": [] if known else day_notices.in_force(session, desk.district, desk.now()),
    }


def _nothing() -> dict[str, Any]:
    return {
        "rows": [],
        "total": 0,
        "area": "",
        "chosen": "",
        "hot": [],
        "areas": [],
        "current": [],
        "notes": (),
        "instead": "",
        "search": "",
        "rest": "",
    }


def _areas(session: Session, desk: Desk) -> list[tuple[str, str, int]]:
    taxonomy = desk.district.taxonomy
    found = browsing.by_area(session, desk.today())
    return [(code, taxonomy.get(code).name, count) for code, count in found if code in taxonomy]
