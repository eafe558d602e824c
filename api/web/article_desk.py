"""The editors' pages: the list of all articles, the acts of an article's life, readers' feedback."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api import article_feedback
from api.auth import CurrentDesk, CurrentVisitor
from api.desk import Desk
from api.web import render
from api.web.articles import names
from district.pack import District
from district.schemas import UnitKind
from knowledge import articles, content, discarding, feedback, lifecycle, listing
from knowledge.lifecycle import ROLES, STATES
from knowledge.listing import ArticleFilter
from knowledge.reader import ArticleReader

router = APIRouter()
PAGE = 50
CHOICES = [(state, STATES[state]) for state in STATES if state != "replaced"]
ActName = Literal["submit", "send-back", "publish", "withdraw", "confirm", "discard", "restore"]
_DO: Mapping[ActName, Callable[..., object]] = {
    "submit": lifecycle.submit,
    "send-back": lifecycle.send_back,
    "publish": lifecycle.publish,
    "withdraw": lifecycle.withdraw,
    "confirm": lifecycle.confirm,
    "discard": discarding.discard,
    "restore": discarding.restore,
}


@router.get("/articles/manage")
async def manage(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    q: Annotated[str, Query(max_length=100)] = "",
    state: Annotated[str, Query(max_length=12)] = "",
    category: Annotated[str, Query(max_length=6)] = "",
    unit: Annotated[str, Query(max_length=10)] = "",
    after: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """All articles that the reader may see, in whichever state, by number."""
    asked = {"q": q, "state": state, "category": category, "unit": unit}

    def read() -> HTMLResponse:
        district = desk.district
        with desk.database.read() as session:
            may = ArticleReader(district, who.actor)
            wanted = ArticleFilter(state, category, unit, q)
            found, cursor = listing.page(session, wanted, after=after, limit=PAGE, drafts_of=may.units)
            readable = list(filter(may.reads_drafts, found))
            written = listing.being_written(session, readable)
            if state == "discarded":
                written = listing.thrown_away(session, readable)
            rows = [(each, written.get(each.id), names(district, content.of_article(each))) for each in found]
            return render.page(
                request,
                "article_list.html",
                who,
                rows=rows,
                next=cursor,
                paged=bool(after),
                filters={name: value for name, value in asked.items() if value},
                states=STATES,
                state_choices=CHOICES,
                category_choices=_categories(district),
                unit_choices=[(each.code, each.name) for each in units(district)],
                may_write=who.actor.role in ROLES["write"],
                complaints=feedback.count_open(session) if who.actor.role in feedback.MAY_SEE else None,
            )

    return await run_in_threadpool(read)


def _categories(district: District) -> list[tuple[str, str]]:
    """First-level categories: their codes are the first two digits."""
    return sorted({(leaf.code[:2], leaf.path[0]) for leaf in district.taxonomy.leaves})


def units(district: District) -> list[Any]:
    """The units that may answer for an article."""
    return [unit for unit in district.units if unit.kind is not UnitKind.COMMUNITY]


# Feedback


@router.get("/articles/feedback")
async def complaints(
    request: Request, desk: CurrentDesk, who: CurrentVisitor, after: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    """What readers found wrong or outdated, the oldest first."""

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            rows, cursor = feedback.queue(session, who.actor, after=after, limit=PAGE)
            return render.page(
                request,
                "article_feedback.html",
                who,
                rows=rows,
                next=cursor,
                paged=bool(after),
                labels=feedback.LABELS,
                outcomes=feedback.OUTCOMES,
                may_resolve=who.actor.role is feedback.RESOLVES,
            )

    return await run_in_threadpool(read)


@router.post("/articles/feedback/{key}")
async def resolve(
    key: str, desk: CurrentDesk, who: CurrentVisitor, outcome: Annotated[feedback.Outcome, Form()]
) -> Response:
    """It is dealt with."""

    def work() -> None:
        with desk.database.write.begin() as session:
            feedback.resolve(session, key, outcome, actor=who.actor, now=desk.now())

    await run_in_threadpool(work)
    return RedirectResponse("/articles/feedback", 303)


@router.post("/articles/{key}/feedback")
async def say(
    key: str,
    desk: CurrentDesk,
    who: CurrentVisitor,
    kind: Annotated[feedback.Kind, Form()],
    ticket: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Useful, wrong or outdated."""

    def work() -> str:
        with desk.database.write.begin() as session:
            article_feedback.from_agent(session, desk, key, kind, ticket=ticket.strip(), actor=who.actor)
            return articles.get(session, key).number

    return RedirectResponse(f"/articles/{await run_in_threadpool(work)}?done=feedback", 303)


# Acts


@router.post("/articles/{key}/{act}")
async def perform(
    key: str,
    act: ActName,
    desk: CurrentDesk,
    who: CurrentVisitor,
    reason: Annotated[str, Form(max_length=500)] = "",
    publish_at: Annotated[datetime | None, Form()] = None,
    review_due: Annotated[date | None, Form()] = None,
) -> Response:
    """One act of the article's life; a moment without a zone is one of the district's."""
    given: dict[str, dict[str, Any]] = {
        "submit": {},
        "send-back": {"reason": reason},
        "publish": {"publish_at": _in_zone(publish_at, desk)},
        "withdraw": {"reason": reason},
        "confirm": {"review_due": review_due},
        "discard": {"reason": reason},
        "restore": {},
    }

    def work() -> str:
        with desk.database.write.begin() as session:
            _DO[act](session, desk.district, key, actor=who.actor, now=desk.now(), **given[act])
            return articles.get(session, key).number

    return RedirectResponse(f"/articles/{await run_in_threadpool(work)}?done={act}", 303)


def _in_zone(moment: datetime | None, desk: Desk) -> datetime | None:
    if moment is None or moment.tzinfo is not None:
        return moment
    return moment.replace(tzinfo=desk.district.calendars.zone)
