"""质检: what was drawn, the sheet, one's own results, and the figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from api import inspection_views
from api.auth import CurrentDesk, CurrentVisitor
from api.desk import Desk
from api.errors import FieldTooLong, Forbidden
from api.periods import Day, calendar_days, given_day
from api.web import render
from casework import inspection, inspection_figures
from casework.actors import Actor
from casework.inspection import Chosen, Marks
from casework.inspection_draw import WORKERS
from casework.inspection_tables import Inspection
from casework.reading import Reader
from casework.supervision_errors import BadScore
from casework.tables import Callback
from district.inspection import Sheet

router = APIRouter(prefix="/inspection")
PAGE = 50
WORDS = 2000
KINDS = {"answer": "直接答复", "callback": "回访", "record": "受理立案"}


@router.get("")
async def list_(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    state: Annotated[str, Query(max_length=10)] = "drawn",
    kind: Annotated[str, Query(max_length=10)] = "",
    worker: Annotated[str, Query(max_length=80)] = "",
    after: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """All inspections, for supervisors and auditors; everybody else has a page of his own."""
    if who.actor.role not in inspection.SEES_ALL:
        inspection.check_may_see(who.actor)
        return RedirectResponse("/inspection/mine", 303)

    def read() -> HTMLResponse:
        chosen = Chosen("" if state == "all" else state, kind, worker)
        with desk.database.read() as session:
            rows, cursor = inspection.listing(session, who.actor, chosen, after=after, limit=PAGE)
            return render.page(
                request,
                "inspections.html",
                who,
                rows=_lines(rows),
                next=cursor,
                paged=bool(after),
                filters={k: v for k, v in {"state": state, "kind": kind, "worker": worker}.items() if v},
                state=state,
                kind=kind,
                kinds=KINDS,
                states=inspection.STATES,
                rules=desk.district.inspection,
            )

    return await run_in_threadpool(read)


def _lines(rows: Any) -> list[tuple[Inspection, Sheet]]:
    return [(row, inspection.sheet_of(row)) for row in rows]


@router.get("/mine")
async def mine(
    request: Request, desk: CurrentDesk, who: CurrentVisitor, after: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    """我的质检: one's own results, with the figures of the latest weeks."""
    if who.actor.role not in WORKERS:
        raise Forbidden("您的角色没有自己的质检结果")
    start, end = calendar_days(desk, None, None, "week")

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            rows, cursor = inspection.listing(session, who.actor, Chosen(), mine=True, after=after, limit=PAGE)
            total, _ = inspection_figures.figures(session, who.actor, start, end)
            return render.page(
                request,
                "my_inspections.html",
                who,
                rows=_lines(rows),
                next=cursor,
                paged=bool(after),
                states=inspection.STATES,
                total=total,
                mean=inspection_views.mean_of(total),
            )

    return await run_in_threadpool(read)


@router.get("/figures")
async def figures(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    first: Annotated[Day, Query(alias="from")] = "",
    last: Annotated[Day, Query(alias="to")] = "",
) -> Response:
    """Figures by person."""
    inspection.check_may_see(who.actor)
    start, end = calendar_days(desk, given_day(first), given_day(last), "week")

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            total, each = inspection_figures.figures(session, who.actor, start, end)
        zone = desk.district.calendars.zone
        return render.page(
            request,
            "inspection_figures.html",
            who,
            total=total,
            each=each,
            mean_of=inspection_views.mean_of,
            kinds=KINDS,
            first=f"{start.astimezone(zone):%Y-%m-%d}",
            last=last or f"{desk.now().astimezone(zone):%Y-%m-%d}",
            everybody=who.actor.role in inspection.SEES_ALL,
        )

    return await run_in_threadpool(read)


@router.get("/{key}")
async def show(key: str, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """One inspection: the work beside its sheet."""

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            row = inspection.get(session, key, who.actor)
            return render.page(request, "inspection.html", who, **_values(session, desk, row, who.actor))

    return await run_in_threadpool(read)


def _values(session: Session, desk: Desk, row: Inspection, actor: Actor) -> dict[str, Any]:
    reader = Reader(desk.district, actor)
    ticket = row.ticket
    listed, record = reader.listed(ticket).text, reader.record(ticket.case, ticket).text
    callback = session.get(Callback, row.work) if row.kind == "callback" else None
    return {
        "row": row,
        "sheet": inspection.sheet_of(row),
        "state": inspection.STATES[row.state],
        "text": listed("\n".join(part for part in (ticket.title, ticket.text) if part)),
        "answer": listed(ticket.answer),
        "callback": callback,
        "said": record(callback.text) if callback is not None else "",
        "category": "/".join(desk.district.taxonomy.path(ticket.category))
        if ticket.category in desk.district.taxonomy
        else "",
        "unit": desk.district.units.name_of(ticket.unit),
        "comment": record(row.comment),
        "objection": record(row.objection),
        "decision": record(row.decision),
        "may_score": inspection.may_score(row, actor),
        "may_object": inspection.may_object(row, actor, now=desk.now()),
        "may_decide": inspection.may_decide(row, actor),
    }


def _marks(form: Mapping[str, Any], critical: list[str]) -> Marks:
    """The points of a sheet's form; raises ``BadScore`` for what is no number."""
    points: dict[str, int] = {}
    for name, value in form.items():
        if not name.startswith("points-"):
            continue
        text = str(value).strip()
        if not (text.isascii() and text.isdecimal() and len(text) <= 3):
            raise BadScore("得分应是整数")
        points[name.removeprefix("points-")] = int(text)
    return Marks(points, critical)


def _words(form: Mapping[str, Any], name: str) -> str:
    """A text of the form, whole: what is longer than the API takes is refused and not cut. Raises ``FieldTooLong``."""
    text = str(form.get(name, ""))
    if len(text.replace("\r\n", "\n")) > WORDS:
        raise FieldTooLong
    return text


@router.post("/{key}/score")
async def score(key: str, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Score it, and go on to the next."""
    form = await request.form()
    marks = _marks(form, [str(each) for each in form.getlist("critical")])
    comment = _words(form, "comment")

    def work() -> str:
        with desk.database.write.begin() as session:
            row = inspection.get(session, key, who.actor)
            inspection.score(session, desk.district, row, marks, comment=comment, actor=who.actor, now=desk.now())
        with desk.database.read() as session:
            following = inspection.following(session, who.actor, besides=key)
        return f"/inspection/{following.id}" if following else "/inspection"

    return RedirectResponse(await run_in_threadpool(work), 303)


@router.post("/{key}/objection")
async def object_to(
    key: str, desk: CurrentDesk, who: CurrentVisitor, reason: Annotated[str, Form(max_length=2000)] = ""
) -> Response:
    """Object to one's result."""

    def work() -> None:
        with desk.database.write.begin() as session:
            row = inspection.get(session, key, who.actor)
            inspection.object_to(session, desk.district, row, text=reason, actor=who.actor, now=desk.now())

    await run_in_threadpool(work)
    return RedirectResponse(f"/inspection/{key}", 303)


@router.post("/{key}/decision")
async def decide(key: str, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Decide about an objection: the result stands, or the points of the form take its place."""
    form = await request.form()
    changed = form.get("verdict") == "change"
    marks = _marks(form, [str(each) for each in form.getlist("critical")]) if changed else None
    text = _words(form, "text")

    def work() -> None:
        with desk.database.write.begin() as session:
            row = inspection.get(session, key, who.actor)
            inspection.decide(session, desk.district, row, text=text, marks=marks, actor=who.actor, now=desk.now())

    await run_in_threadpool(work)
    return RedirectResponse(f"/inspection/{key}", 303)
