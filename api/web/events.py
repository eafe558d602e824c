"""群体事件: what many report at once, how it grows, and its merging into one case."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api import gathering
from api.auth import CurrentDesk, CurrentVisitor
from api.web import charts, render
from casework import event_list, event_merging, events, tickets
from casework.actors import DESK
from casework.event_list import Part, Show, Summary
from casework.event_tables import Event
from casework.reading import Reader
from district.pack import District

router = APIRouter()
PAGE = 100
SHOWS: dict[Show, str] = {"open": "进行中", "over": "已结束", "all": "全部"}
SPANS = (3, 7, 30, 366)
NO_PLACE = "地点不详"
NO_CATEGORY = "分类未定"


def name(district: District, about: Summary) -> dict[str, str]:
    """What an event is called: its place and its matter."""
    path = district.taxonomy.path(about.category) if about.category in district.taxonomy else ()
    *above, own = path or (NO_CATEGORY,)
    return {"place": about.place or NO_PLACE, "matter": own, "above": " / ".join(above)}


def _line(district: District, event: Event, about: Summary, now: datetime) -> dict[str, Any]:
    return {
        "event": event,
        "key": event.number or event.id,
        "over": event_list.is_over(district, event, now=now),
        "about": about,
        "spark": charts.sparkline([bar.reporters for bar in about.curve]),
        "most": max((bar.reporters for bar in about.curve), default=0),
        **name(district, about),
    }


@router.get("/events")
async def list_(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    show: Show = "open",
    days: Annotated[int, Query(ge=1, le=366)] = event_list.DAYS,
    after: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """The mass events of the last days, the latest reported first."""

    def read() -> HTMLResponse:
        now = desk.now()
        with desk.database.read() as session:
            found, cursor = event_list.mass_events(
                session, desk.district, who.actor, now=now, show=show, days=days, after=after, limit=PAGE
            )
            about = event_list.summaries(session, desk.district, found)
        return render.page(
            request,
            "events.html",
            who,
            lines=[_line(desk.district, each, about[each.id], now) for each in found],
            next=cursor,
            paged=bool(after),
            show=show,
            shows=SHOWS,
            days=days,
            spans=sorted({*SPANS, days}),
            filters={"show": show, "days": days},
            rule=desk.district.matters.event,
        )

    return await run_in_threadpool(read)


@router.get("/events/{key}")
async def show(
    key: str,
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    start: Annotated[datetime | None, Query(alias="from")] = None,
    end: Annotated[datetime | None, Query(alias="to")] = None,
    after: Annotated[str, Query(max_length=40)] = "",
    merged: Annotated[int | None, Query(ge=0)] = None,
    out: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """One event: its curve, its tickets (of one bar, where it is asked for), what merging would do."""
    zone = desk.district.calendars.zone
    part = Part(*(each if each is None or each.tzinfo else each.replace(tzinfo=zone) for each in (start, end)))

    def read() -> HTMLResponse:
        now = desk.now()
        with desk.database.read() as session:
            event = event_list.get(session, key, who.actor)
            reader = Reader(desk.district, who.actor)
            about = event_list.summaries(session, desk.district, [event])[event.id]
            rows, cursor = event_list.reports(session, reader, event, part, after=after, limit=PAGE)
            plan = event_merging.plan(session, desk.district, event)
            line = _line(desk.district, event, about, now)
            return render.page(
                request,
                "event.html",
                who,
                **line,
                rows=rows,
                next=cursor,
                paged=bool(after),
                part=part,
                filters=_asked(part),
                plot=_plot(line["key"], about) if about.curve else None,
                curve_words=_stretch,
                plan=plan,
                why={ticket.id: words for ticket, words in plan.refused},
                there={ticket.id for ticket in plan.there},
                together=_on_one_case(plan),
                taken_out=event_list.taken_out(session, reader, event),
                may_act=who.actor.role in DESK,
                merged=merged,
                out=out,
                states=desk.district.workflow.ticket.states,
                text_for=lambda ticket: reader.listed(ticket).text(ticket.title or ticket.text),
                rule=desk.district.matters.event,
            )

    return await run_in_threadpool(read)


def _asked(part: Part) -> dict[str, str]:
    given = {"from": part.start, "to": part.end}
    return {name: at.isoformat() for name, at in given.items() if at is not None}


def _on_one_case(plan: event_merging.Plan) -> set[str]:
    """Tickets that hang on one case with another of the event: they cannot be taken out."""
    cases: dict[str, list[str]] = {}
    for ticket in (*plan.there, *plan.ready, *(each for each, _ in plan.refused)):
        if ticket.case_id is not None:
            cases.setdefault(ticket.case_id, []).append(ticket.id)
    return {key for keys in cases.values() if len(keys) > 1 for key in keys}


def _stretch(bar: event_list.Bar) -> str:
    """The time of a bar in words."""
    return f"{bar.start:%m-%d %H:%M} 至 {bar.end:%m-%d %H:%M}"


def _plot(key: str, about: Summary) -> charts.BarPlot:
    by_day = bool(about.curve) and about.curve[0].end - about.curve[0].start >= event_list.STEPS[-2]
    return charts.bar_plot(
        [
            (
                f"{bar.start:%m-%d}" if by_day else f"{bar.start:%m-%d %H:%M}",
                bar.reporters,
                f"{_stretch(bar)}：{bar.reporters} 人",
                f"/events/{key}?{urlencode({'from': bar.start.isoformat(), 'to': bar.end.isoformat()})}#tickets",
            )
            for bar in about.curve
        ]
    )


@router.post("/events/{key}/merge")
async def merge(key: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Merge every ticket that can be into the master case."""

    def work() -> str:
        with desk.database.write.begin() as session:
            event = event_list.get(session, key, who.actor)
            plan = event_merging.merge(session, desk.district, event, actor=who.actor, now=desk.now())
            return f"/events/{event.number or event.id}?merged={len(plan.ready)}"

    return RedirectResponse(await run_in_threadpool(work), 303)


@router.post("/events/{key}/tickets/{ticket}/{way}")
async def move(key: str, ticket: str, way: Literal["out", "back"], desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Take a ticket out of the event (``out``), or put it back (``back``)."""

    def work() -> str:
        engine = gathering.reading(desk) if way == "out" else None
        with desk.database.write.begin() as session:
            district, actor, now = desk.district, who.actor, desk.now()
            event = event_list.get(session, key, actor)
            found = tickets.get_ticket(session, district, ticket, actor)
            if way == "back":
                events.put_back(session, district, event, found, actor=actor, now=now)
            else:
                events.take_out(session, district, event, found, engine, actor=actor, now=now)
            done = f"?out={found.number}" if way != "back" else ""
            return f"/events/{event.number or event.id}{done}"

    return RedirectResponse(await run_in_threadpool(work), 303)
