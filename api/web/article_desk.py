"""The editors' pages: the list of all articles, writing, the acts of an article's life, readers' feedback."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import ValidationError
from sqlalchemy.orm import Session

from api import article_feedback, errors, gap_views, invalid
from api.article_views import ArticleText
from api.auth import CurrentDesk, CurrentVisitor, Visitor
from api.desk import Desk
from api.errors import Forbidden
from api.web import render
from api.web.articles import names
from district.pack import District
from district.schemas import UnitKind
from district.visible import stripped
from knowledge import articles, content, feedback, lifecycle, listing, writing
from knowledge.errors import BaseMissing, KnowledgeError
from knowledge.lifecycle import ROLES, STATES
from knowledge.listing import ArticleFilter
from knowledge.reader import ArticleReader

router = APIRouter()
PAGE = 50
_BASE = re.compile("[0-9]{1,9}")
CHOICES = [(state, STATES[state]) for state in STATES if state != "replaced"]
LABELS = content.LABELS | {"id": "编号"}
ActName = Literal["submit", "send-back", "publish", "withdraw", "confirm"]


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
            written = listing.being_written(session, filter(may.reads_drafts, found))
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
                unit_choices=[(each.code, each.name) for each in _units(district)],
                may_write=who.actor.role in ROLES["write"],
                complaints=feedback.count_open(session) if who.actor.role in feedback.MAY_SEE else None,
            )

    return await run_in_threadpool(read)


def _categories(district: District) -> list[tuple[str, str]]:
    """First-level categories: their codes are the first two digits."""
    return sorted({(leaf.code[:2], leaf.path[0]) for leaf in district.taxonomy.leaves})


def _units(district: District) -> list[Any]:
    return [unit for unit in district.units if unit.kind is not UnitKind.COMMUNITY]


# Writing


def _blank() -> dict[str, str]:
    return dict.fromkeys(("id", *content.CONTENT), "")


def _shown(district: District, text: Mapping[str, Any]) -> dict[str, str]:
    """Content as the form shows it: lists a line an item, codes with the names that the lists offer them by."""
    shown = {name: "\n".join(value) if isinstance(value, list) else str(value or "") for name, value in text.items()}
    called = names(district, text)
    return shown | {name: f"{shown[name]} {called[name]}".strip() for name in ("category", "unit")}


def _text(form: Mapping[str, str], number: str) -> ArticleText:
    """What the form says. Raises ``ValidationError``."""
    given: dict[str, Any] = {name: stripped(form[name]) for name in content.CONTENT}
    given |= {name: list(filter(None, map(stripped, form[name].splitlines()))) for name in content.LISTS}
    given |= {name: given[name] or None for name in content.DAYS}
    for name in ("category", "unit"):
        given[name] = given[name].split(" ")[0]  # the code before the name that the list offers
    return ArticleText.model_validate({"id": number, **given})


def _form_page(
    request: Request, desk: Desk, who: Visitor, form: Mapping[str, str], *, key: str, base: int | str, problem: str = ""
) -> HTMLResponse:
    district = desk.district
    return render.page(
        request,
        "article_form.html",
        who,
        422 if problem else 200,
        form=form,
        key=key,
        base=base,
        problem=problem,
        labels=content.LABELS,
        categories=[(leaf.code, "/".join(leaf.path)) for leaf in district.taxonomy.leaves],
        units=_units(district),
        streets=[(unit.code, unit.name) for unit in district.units.streets],
    )


def _check_writer(who: Visitor) -> None:
    if who.actor.role not in ROLES["write"]:
        raise Forbidden("您的角色不能编写知识条目，请联系知识管理员")


@router.get("/articles/new")
async def new(
    request: Request, desk: CurrentDesk, who: CurrentVisitor, gap: Annotated[str, Query(max_length=60)] = ""
) -> Response:
    """The empty form, or what is known of a gap filled in."""
    _check_writer(who)
    form = _blank() | {"unit": who.actor.unit} | await run_in_threadpool(gap_views.draft_for, desk, gap)
    return await run_in_threadpool(lambda: _form_page(request, desk, who, form, key="", base=0))


@router.get("/articles/{key}/edit")
async def edit_form(key: str, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """The form with the latest text."""
    _check_writer(who)

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            article = articles.get(session, key)
            lifecycle.check(desk.district, who.actor, "write", article.number, article.unit)
            being_written = writing.open_version(session, article)
            text = content.of_version(being_written.content) if being_written else content.of_article(article)
            base = being_written.version if being_written else article.version
            return _form_page(request, desk, who, _shown(desk.district, text), key=article.number, base=base)

    return await run_in_threadpool(read)


async def _written(request: Request) -> dict[str, str]:
    sent = await request.form()
    return {name: str(sent.get(name, "")).replace("\0", "") for name in ("id", "base", *content.CONTENT)}


@router.post("/articles/new")
async def create(request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """A new draft; or the form again, with what is wrong and all that was written."""
    _check_writer(who)
    form = await _written(request)

    def work(session: Session) -> str:
        text = _text(form, form["id"].strip())
        text = text if text.id else text.numbered(lifecycle.free_number(session))
        return lifecycle.create(session, desk.district, text, actor=who.actor, now=desk.now()).number

    return await _save(request, desk, who, form, "", work)


@router.post("/articles/{key}/edit")
async def edit(key: str, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """A new draft version; or the form again."""
    _check_writer(who)
    form = await _written(request)

    def work(session: Session) -> str:
        if not _BASE.fullmatch(form["base"]):
            raise BaseMissing(key)
        base, text = int(form["base"]), _text(form, "")
        lifecycle.edit(session, desk.district, key, text, actor=who.actor, now=desk.now(), base=base)
        return articles.get(session, key).number

    return await _save(request, desk, who, form, key, work)


async def _save(
    request: Request, desk: Desk, who: Visitor, form: Mapping[str, str], key: str, work: Callable[[Session], str]
) -> Response:
    def run() -> Response:
        try:
            with desk.database.write.begin() as session:
                number = work(session)
        except ValidationError as problem:
            sentence = invalid.sentence(problem.errors(), LABELS)
        except KnowledgeError as problem:
            sentence = errors.sentence(problem)
        else:
            return RedirectResponse(f"/articles/{number}?done=saved", 303)
        base = form["base"] if _BASE.fullmatch(form["base"]) else ""
        return _form_page(request, desk, who, form, key=key, base=base, problem=sentence)

    return await run_in_threadpool(run)


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
    }
    do: Callable[..., object] = getattr(lifecycle, act.replace("-", "_"))

    def work() -> str:
        with desk.database.write.begin() as session:
            do(session, desk.district, key, actor=who.actor, now=desk.now(), **given[act])
            return articles.get(session, key).number

    return RedirectResponse(f"/articles/{await run_in_threadpool(work)}?done={act}", 303)


def _in_zone(moment: datetime | None, desk: Desk) -> datetime | None:
    if moment is None or moment.tzinfo is not None:
        return moment
    return moment.replace(tzinfo=desk.district.calendars.zone)
