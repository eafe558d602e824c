"""意见征集, for who manages it: write, publish, close, read what came, publish what came of it.

Residents' words are masked here and in the file; a name and a way to reach somebody are shown one at a time, on record.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from api.auth import CurrentDesk, CurrentVisitor, Visitor
from api.desk import Desk
from api.web import exports, render
from api.web.opinions import LINK
from casework import opinions
from casework.opinion_tables import Consultation, Opinion
from casework.opinions import Asked
from casework.privacy import mask_name, mask_text
from casework.self_service_errors import UnfitOpinion
from storage import audit

router = APIRouter(prefix="/opinion-desk")
DONE = {"created": "已存为草稿", "changed": "已修改", "published": "已发布", "closed": "已截止", "told": "已公布结果"}
MOST_LINKS = 200
IN_A_FILE = 20_000


@router.get("")
async def list_(request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """All of them."""

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            rows = opinions.listed(session, who.actor)
            values: dict[str, Any] = {
                "rows": rows,
                "counts": opinions.counts(session, rows),
                "states": {each.id: opinions.state_of(each, now=desk.now()) for each in rows},
                "labels": opinions.STATES,
                "manages": who.actor.role in opinions.MANAGES,
            }
            return render.page(request, "opinion_desk.html", who, **values)

    return await run_in_threadpool(read)


@router.get("/new")
async def new(request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """The empty form."""
    opinions.check_reads(who.actor)
    return await run_in_threadpool(_form, request, desk, who)


def _form(
    request: Request,
    desk: Desk,
    who: Visitor,
    *,
    of: Consultation | None = None,
    given: dict[str, str] | None = None,
    problem: str = "",
) -> HTMLResponse:
    zone = desk.district.calendars.zone
    kept = {"title": "", "text": "", "choices": "", "closes": "", "asks_contact": ""}
    if of is not None:
        kept = {
            "title": of.title,
            "text": of.text,
            "choices": "\n".join(of.choices),
            "closes": f"{of.closes_at.astimezone(zone):%Y-%m-%dT%H:%M}",
            "asks_contact": "yes" if of.asks_contact else "",
        }
    status = 422 if problem else 200
    values = {"of": of, "given": given or kept, "problem": problem}
    return render.page(request, "opinion_form.html", who, status, **values)


Title = Annotated[str, Form(max_length=400)]
Long = Annotated[str, Form(max_length=60_000)]
Choices = Annotated[str, Form(max_length=4000)]
Closes = Annotated[datetime, Form()]
Flag = Annotated[str, Form(max_length=3)]


@router.post("/new")
async def create(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    title: Title,
    text: Long,
    closes: Closes,
    choices: Choices = "",
    asks_contact: Flag = "",
) -> Response:
    """Keep a draft; or the form again with what is wrong."""
    asked = _asked(desk, title, text, closes, choices, asks_contact)

    def work() -> Response:
        try:
            with desk.database.write.begin() as session:
                made = opinions.create(session, desk.district, asked, actor=who.actor, now=desk.now())
                return _to(made.number, "created")
        except UnfitOpinion as problem:
            return _form(
                request,
                desk,
                who,
                given=_given(asked, closes),
                problem=f"{render.said(problem.field)}{render.said(problem.why)}",
            )

    return await run_in_threadpool(work)


def _asked(desk: Desk, title: str, text: str, closes: datetime, choices: str, asks_contact: str) -> Asked:
    at = closes if closes.tzinfo else closes.replace(tzinfo=desk.district.calendars.zone)
    return Asked(title, text, at, choices.splitlines(), bool(asks_contact))


def _given(asked: Asked, closes: datetime) -> dict[str, str]:
    return {
        "title": asked.title,
        "text": asked.text,
        "choices": "\n".join(asked.choices),
        "closes": f"{closes:%Y-%m-%dT%H:%M}",
        "asks_contact": "yes" if asked.asks_contact else "",
    }


@router.get("/{key}")
async def show(
    key: str,
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    after: Annotated[str, Query(max_length=40)] = "",
    done: Annotated[str, Query(max_length=12)] = "",
) -> Response:
    """One of them: counts, what was answered, and what can be done next."""
    return await run_in_threadpool(_page, request, desk, who, key, after=after, done=DONE.get(done, ""))


def _page(
    request: Request,
    desk: Desk,
    who: Visitor,
    key: str,
    *,
    after: str = "",
    done: str = "",
    problem: str = "",
    seen: Opinion | None = None,
    links: tuple[str, ...] = (),
) -> HTMLResponse:
    with desk.database.read() as session:
        found = opinions.get(session, key, who.actor)
        rows, following = opinions.answers(session, found, who.actor, after=after)
        values = {
            "asked": found,
            "state": opinions.state_of(found, now=desk.now()),
            "labels": opinions.STATES,
            "tally": opinions.tally(session, found),
            "total": opinions.counts(session, [found])[found.id],
            "rows": rows,
            "next": following,
            "first": bool(after),
            "manages": who.actor.role in opinions.MANAGES,
            "done": done,
            "problem": problem,
            "seen": seen,
            "links": links,
            "address": f"{desk.settings.public_url.rstrip('/')}/opinions/{found.number}",
        }
        return render.page(request, "opinion_results.html", who, 422 if problem else 200, **values)


@router.get("/{key}/edit")
async def edit(key: str, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """The form of a draft."""

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            return _form(request, desk, who, of=opinions.get(session, key, who.actor))

    return await run_in_threadpool(read)


@router.post("/{key}/edit")
async def change(
    key: str,
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    title: Title,
    text: Long,
    closes: Closes,
    choices: Choices = "",
    asks_contact: Flag = "",
) -> Response:
    """Change a draft; or the form again with what is wrong."""
    asked = _asked(desk, title, text, closes, choices, asks_contact)

    def work() -> Response:
        try:
            with desk.database.write.begin() as session:
                found = opinions.get(session, key, who.actor)
                opinions.change(session, found, asked, actor=who.actor, now=desk.now())
                return _to(found.number, "changed")
        except UnfitOpinion as problem:
            said = f"{render.said(problem.field)}{render.said(problem.why)}"
        with desk.database.read() as session:
            of = opinions.get(session, key, who.actor)
            return _form(request, desk, who, of=of, given=_given(asked, closes), problem=said)

    return await run_in_threadpool(work)


async def _act(
    request: Request, desk: Desk, who: Visitor, key: str, done: str, work: Callable[[Session, Consultation], None]
) -> Response:
    def run() -> Response:
        try:
            with desk.database.write.begin() as session:
                found = opinions.get(session, key, who.actor)
                work(session, found)
                return _to(found.number, done)
        except UnfitOpinion as problem:
            return _page(request, desk, who, key, problem=f"{render.said(problem.field)}{render.said(problem.why)}")

    return await run_in_threadpool(run)


@router.post("/{key}/publish")
async def publish(key: str, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """发布."""

    def work(session: Session, found: Consultation) -> None:
        opinions.publish(session, found, actor=who.actor, now=desk.now())

    return await _act(request, desk, who, key, "published", work)


@router.post("/{key}/close")
async def close(key: str, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """提前截止."""

    def work(session: Session, found: Consultation) -> None:
        opinions.close(session, found, actor=who.actor, now=desk.now())

    return await _act(request, desk, who, key, "closed", work)


@router.post("/{key}/summary")
async def summarise(key: str, request: Request, desk: CurrentDesk, who: CurrentVisitor, summary: Long = "") -> Response:
    """公布结果."""

    def work(session: Session, found: Consultation) -> None:
        opinions.summarise(session, found, summary, actor=who.actor, now=desk.now())

    return await _act(request, desk, who, key, "told", work)


@router.post("/{key}/links")
async def links(
    key: str,
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    many: Annotated[int, Form(ge=1, le=MOST_LINKS)] = 1,
) -> Response:
    """专用链接: each is good for one answer, to be sent to one resident. They are shown once and not kept."""

    def work() -> HTMLResponse:
        with desk.database.write.begin() as session:
            found = opinions.get(session, key, who.actor)
            opinions.make_links(session, found, many, actor=who.actor, now=desk.now())
            asked, until = found.id, found.closes_at
            address = f"{desk.settings.public_url.rstrip('/')}/opinions/{found.number}"
        names = (secrets.token_hex(8) for _ in range(many))
        made = tuple(f"{address}?t={desk.signer.sign(LINK, asked, name, until=until)}" for name in names)
        return _page(request, desk, who, key, links=made)

    return await run_in_threadpool(work)


@router.post("/{key}/answers/{answer}/contact")
async def contact(key: str, answer: str, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """One resident's name and contact, on record."""

    def work() -> HTMLResponse:
        with desk.database.write.begin() as session:
            found = opinions.get(session, key, who.actor)
            seen = opinions.see_contact(session, found, answer, actor=who.actor, now=desk.now())
            session.expunge(seen)
        return _page(request, desk, who, key, seen=seen)

    return await run_in_threadpool(work)


@router.get("/{key}/answers.csv")
async def file(key: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """The answers as a file, masked; that it was fetched is on record."""

    def work() -> Response:
        zone = desk.district.calendars.zone
        with desk.database.write.begin() as session:
            found = opinions.get(session, key, who.actor)
            rows, _ = opinions.answers(session, found, who.actor, limit=IN_A_FILE)
            lines = [["时间", "选项", "意见", "称呼"]]
            lines += [
                [f"{each.at.astimezone(zone):%Y-%m-%d %H:%M}", each.choice, mask_text(each.text), mask_name(each.name)]
                for each in rows
            ]
            audit.record(
                session,
                actor=who.actor.id,
                role=who.actor.role,
                act="export_opinions",
                subject="consultation",
                subject_id=found.id,
                now=desk.now(),
                details={"rows": len(rows)},
            )
            name = f"opinions-{found.number}.csv"
        headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
        return Response(exports.spreadsheet(lines), media_type="text/csv; charset=utf-8", headers=headers)

    return await run_in_threadpool(work)


def _to(number: str, done: str) -> Response:
    return RedirectResponse(f"/opinion-desk/{number}?done={done}", 303)
