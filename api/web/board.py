"""The day's numbers and the rates; every number opens to the tickets behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.auth import CurrentDesk, CurrentVisitor, Visitor
from api.desk import Desk
from api.errors import NotFound
from api.periods import Day, given_day, span
from api.web import navigation, rate_words, render
from casework import board_figures, publication, rates, tickets
from casework.actors import SYSTEM, UNIT_ROLES
from casework.rates import RateRow, RateTable
from casework.reading import Reader
from casework.tables import TicketFacts

router = APIRouter()

BY_LABELS = {"unit": "承办单位", "street": "街道", "category": "分类", "channel": "渠道"}
KIND_LABELS = {"street": "街道", "bureau": "委办局", "utility": "公共服务企业", "community": "社区", "desk": "热线"}
PAGE = 50
COUNTED = 5000
"""Tickets behind one number at most."""


@dataclass(frozen=True, slots=True)
class Section:
    """Groups that may be compared with each other, in their own order; rank 0 where there is no score."""

    label: str
    rows: Sequence[tuple[RateRow, int]]
    ranked: bool


def sections(table: RateTable) -> list[Section]:
    """The rows apart by kind of unit: streets are ranked among streets, bureaus among bureaus.

    Equal scores share a rank. Categories, channels and tickets without a unit have no rank.
    """
    made = []
    kinds = [kind for kind in KIND_LABELS if any(row.kind == kind for row in table.rows)]
    for kind in (*kinds, ""):
        rows = [row for row in table.rows if row.kind == kind]
        if rows:
            scores = [row.composite for row in rows]
            ranked = [(row, _rank(row.composite, scores) if kind else 0) for row in rows]
            label = KIND_LABELS.get(kind, "其他") if kinds else ""
            made.append(Section(label, ranked, bool(kind)))
    return made


def _rank(score: Decimal | None, scores: Sequence[Decimal | None]) -> int:
    return 0 if score is None else 1 + sum(1 for other in scores if other is not None and other > score)


def name_of(by: str, row: RateRow) -> str:
    """A group's name in the reader's words."""
    return render.CHANNEL_LABELS.get(row.name, row.name) if by == "channel" else row.name


def table_for(session: Session, desk: Desk, who: Visitor, *, by: str, first: str, last: str) -> RateTable:
    """The rates this reader may see: a unit its own and its subordinates'."""
    start, end = span(desk, given_day(first), given_day(last))
    return rates.compute(session, desk.district, start=start, end=end, by=by, units=_own(desk, who))


def _own(desk: Desk, who: Visitor) -> frozenset[str] | None:
    """The units whose tickets this reader may see; None for all."""
    return desk.district.units.descendants(who.actor.unit) if who.actor.role in UNIT_ROLES else None


def _last_counted(session: Session, desk: Desk) -> date | None:
    """The last day anything was counted: where to look when the current period is still empty."""
    last = session.scalar(select(func.max(TicketFacts.counted_at)))
    return last.astimezone(desk.district.calendars.zone).date() if last else None


def _today(session: Session, desk: Desk, who: Visitor) -> list[tuple[str, int, str]]:
    """The day's six numbers, each with the list behind it where the reader has one. A unit has its own page."""
    if who.actor.role in UNIT_ROLES:
        return []
    numbers = board_figures.today(session, desk.district, now=desk.now())
    found = [
        ("收件", numbers["in"], "/tickets"),
        ("待处理", tickets.count_queue(session, SYSTEM), "/tickets?queue=1"),
        ("在办", numbers["open"], "/cases?state=active"),
        ("逾期", numbers["overdue"], "/cases?state=overdue"),
        ("待回访", numbers["to_call_back"], "/callbacks"),
        ("办结", numbers["closed"], "/tickets?state=closed"),
    ]
    return [(name, number, href if navigation.opens(who.actor, href) else "") for name, number, href in found]


@router.get("/rates")
async def show(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    by: str = "unit",
    first: Annotated[Day, Query(alias="from")] = "",
    last: Annotated[Day, Query(alias="to")] = "",
) -> Response:
    """The day's row of numbers, then the rates of a period."""

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            table = table_for(session, desk, who, by=by, first=first, last=last)
            today = _today(session, desk, who)
            missing = publication.missing_notice(session, desk.district, now=desk.now())
            elsewhere = _last_counted(session, desk) if table.pooled.tickets == 0 else None
        return render.page(
            request,
            "rates.html",
            who,
            table=table,
            sections=sections(table),
            names=lambda row: name_of(by, row),
            today=today,
            missing=missing,
            by=by,
            days=rate_words.days(desk, table.start, table.end),
            told=rate_words.period(desk, table.start, table.end),
            counted=rate_words.BY[by],
            period=_period(first, last),
            labels={rate.name: rate.label for rate in desk.district.formulas.rates},
            composite=desk.district.formulas.composite,
            groupings=BY_LABELS,
            elsewhere=(elsewhere - timedelta(days=92), elsewhere) if elsewhere else None,
        )

    return await run_in_threadpool(read)


def _period(first: str, last: str) -> dict[str, str]:
    return {name: value for name, value in (("from", first), ("to", last)) if value}


@router.get("/rates/tickets")
async def behind(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    by: str,
    key: Annotated[str, Query(max_length=20)],
    rate: Annotated[str, Query(max_length=40)],
    part: Annotated[str, Query(pattern="^(numerator|denominator|rest)$")] = "numerator",
    first: Annotated[Day, Query(alias="from")] = "",
    last: Annotated[Day, Query(alias="to")] = "",
    after: Annotated[int, Query(ge=0)] = 0,
) -> Response:
    """The tickets behind one number; ``after`` is how many were shown before."""
    chosen = next((each for each in desk.district.formulas.rates if each.name == rate), None)
    if chosen is None:
        raise NotFound(f"没有“{rate}”这个指标")
    filters: dict[str, Any] = _period(first, last) | {"by": by, "key": key, "rate": rate, "part": part}

    def read() -> HTMLResponse:
        start, end = span(desk, given_day(first), given_day(last))
        with desk.database.read() as session:
            rows = rates.behind(
                session, chosen, part, start=start, end=end, by=by, key=key, units=_own(desk, who), limit=COUNTED
            )
            reader = Reader(desk.district, who.actor)
            return render.page(
                request,
                "behind.html",
                who,
                rows=rows[after : after + PAGE],
                total=len(rows),
                next=after + PAGE if len(rows) > after + PAGE else 0,
                paged=after > 0,
                filters=filters,
                back=_period(first, last) | {"by": by},
                heading=rate_words.heading(chosen, part),
                narrowed=[_group(desk, by, key), rate_words.period(desk, start, end)],
                parts=rate_words.PARTS,
                text_for=lambda ticket: reader.listed(ticket).text(ticket.title or ticket.text),
                states=desk.district.workflow.ticket.states,
            )

    return await run_in_threadpool(read)


def _group(desk: Desk, by: str, key: str) -> str:
    if by in ("unit", "street"):
        return desk.district.units.name_of(key) or "未确定"
    if by == "category":
        return desk.district.taxonomy.get(key).name if key in desk.district.taxonomy else "未确定"
    return render.CHANNEL_LABELS.get(key, key)
