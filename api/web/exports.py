"""Lists as CSV and XLSX files, for a spreadsheet: the rows and the words the reader sees on the page, and no others."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from sqlalchemy.orm import Session

from api import follow_up_views, gap_views, quality_report
from api.auth import CurrentDesk, CurrentVisitor, Visitor
from api.desk import Desk
from api.errors import NotFound
from api.gap_views import PERIODS, Chosen, Show
from api.periods import Day, given_day
from api.quality_report import By
from api.web import board, cases, knowledge_gaps, overview, overview_report, quality, render
from api.web.overview_panels import spreadsheet_rows
from casework import board_behind, deadlines, follow_up, publication, rules, tickets
from casework.quality import check_may_see
from casework.reading import Reader
from casework.tables import Case, Ticket
from casework.tickets import Page
from channels.plain_cells import write_csv, write_sheets
from district import formulas
from knowledge import gap_marks
from storage import audit

router = APIRouter(prefix="/export")
AT_MOST = 10_000
BATCH = 200
Row = Sequence[str]
Form = Literal["csv", "xlsx"]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_CELL = 32_767
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
"""What a workbook cannot hold at all."""


def spreadsheet(rows: Iterable[Row]) -> bytes:
    """UTF-8 with a mark, so that a spreadsheet reads the Chinese; what a resident wrote never runs as a formula."""
    out = io.StringIO()
    write_csv(out, rows)
    return out.getvalue().encode("utf-8-sig", "replace")


def at_most(rows: Sequence[Row], limit: int = AT_MOST) -> Sequence[Row]:
    """A head and its rows; where there are more than ``limit``, only so many, and a sentence that says it."""
    if len(rows) - 1 <= limit:
        return rows
    told = f"只含前 {limit} 行，其余没有导出，请缩小范围"
    return [(*rows[0], told), *rows[1 : limit + 1], (told,)]


def workbook(name: str, rows: Iterable[Row]) -> bytes:
    """The same as XLSX, every cell of it text."""
    return write_sheets([(name, map(_fit, rows))])


def _fit(row: Row) -> Row:
    return [_UNPRINTABLE.sub("", text)[:MAX_CELL] for text in row]


def _file(
    desk: Desk, who: Visitor, name: str, rows: Sequence[Row], filters: dict[str, str], form: Form = "csv"
) -> Response:
    """The file, with an audit row: what leaves the desk is on record, and by which filters, but not what was typed.

    A list that is cut says so in its head, in its last line and in the header ``x-rows-cut-at``.
    """
    cut = len(rows) - 1 > AT_MOST
    count = min(len(rows) - 1, AT_MOST)
    rows = at_most(rows)
    _record(desk, who, name, rows=count, filters=filters, cut=cut)
    headers = _headers(desk, name, form)
    if cut:
        headers["x-rows-cut-at"] = str(AT_MOST)
    if form == "xlsx":
        return Response(workbook(name, rows), media_type=XLSX, headers=headers)
    return Response(spreadsheet(rows), media_type="text/csv; charset=utf-8", headers=headers)


def _record(desk: Desk, who: Visitor, name: str, *, rows: int, filters: dict[str, str], cut: bool = False) -> None:
    with desk.database.write.begin() as session:
        audit.record(
            session,
            actor=who.actor.id,
            role=who.actor.role,
            act="export",
            subject="list",
            subject_id=name,
            now=desk.now(),
            details={"rows": rows, "filters": sorted(filters), "cut": cut},
        )


def _headers(desk: Desk, name: str, form: Form) -> dict[str, str]:
    day = f"{desk.now().astimezone(desk.district.calendars.zone):%Y%m%d}"
    disposition = f"attachment; filename*=UTF-8''{quote(f'{name}{day}.{form}')}"
    return {"content-disposition": disposition, "cache-control": "no-store"}


def _all(session: Session, page: Callable[[str], Page[Any]], row: Callable[[Any], Row]) -> list[Row]:
    """The rows of all pages, one more than a file holds at most; each page is let go of before the next."""
    rows: list[Row] = []
    after = ""
    while len(rows) <= AT_MOST:
        found = page(after)
        rows += [row(item) for item in found.items]
        session.expunge_all()
        after = found.next
        if not after:
            break
    return rows[: AT_MOST + 1]


def _exact(desk: Desk, at: datetime | None) -> str:
    return f"{at.astimezone(desk.district.calendars.zone):%Y-%m-%d %H:%M}" if at else ""


def _unit(desk: Desk, code: str) -> str:
    return desk.district.units.get(code).name if code in desk.district.units else ""


def _category(desk: Desk, code: str) -> str:
    return "/".join(desk.district.taxonomy.get(code).path) if code in desk.district.taxonomy else ""


@router.get("/tickets.csv")
async def ticket_list(
    desk: CurrentDesk,
    who: CurrentVisitor,
    state: str = "",
    channel: str = "",
    urgency: str = "",
    q: Annotated[str, Query(max_length=100)] = "",
    queue: bool = False,  # noqa: FBT001, FBT002  (a query parameter)
    sample: bool = False,  # noqa: FBT001, FBT002  (a query parameter)
    sort: Annotated[str, Query(pattern="^(teaching|unsure)?$")] = "",
) -> Response:
    """The list of tickets as it is narrowed and sorted on the page."""
    chosen = tickets.TicketFilter(state, channel, urgency, "", q, queue, sample, sort)
    head = ("工单", "渠道", "来件", "诉求", "分类", "诉求类型", "紧急程度", "单位", "状态", "催办", "办结")

    reader = Reader(desk.district, who.actor)

    def row(ticket: Ticket) -> Row:
        return (
            ticket.number,
            render.CHANNEL_LABELS.get(ticket.channel, ticket.channel),
            _exact(desk, ticket.opened_at),
            reader.listed(ticket).text("\n".join(part for part in (ticket.title, ticket.text) if part)),
            _category(desk, ticket.category),
            ticket.request_type,
            render.URGENCY_LABELS.get(ticket.urgency, ticket.urgency),
            _unit(desk, ticket.unit),
            tickets.state_label(desk.district, ticket),
            str(ticket.urgings),
            _exact(desk, ticket.closed_at),
        )

    def read() -> Response:
        with desk.database.read() as session:
            rows = _all(
                session,
                lambda after: tickets.list_tickets(session, desk.district, who.actor, chosen, after=after, limit=BATCH),
                row,
            )
        given = {
            "state": state,
            "channel": channel,
            "urgency": urgency,
            "q": q,
            "queue": "1" if queue else "",
            "sample": "1" if sample else "",
            "sort": sort,
        }
        return _file(desk, who, "诉求", [head, *rows], {k: v for k, v in given.items() if v})

    return await run_in_threadpool(read)


@router.get("/cases.csv")
async def case_list(
    desk: CurrentDesk,
    who: CurrentVisitor,
    state: Annotated[str, Query(max_length=20)] = "",
    unit: Annotated[str, Query(max_length=10)] = "",
    street: Annotated[str, Query(max_length=10)] = "",
    q: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """The list of cases as it is narrowed on the page."""
    given = {"state": state, "unit": unit, "street": street, "q": q.strip()}
    filters = {name: value for name, value in given.items() if value}
    head = ("办件", "事项", "分类", "诉求类型", "主办", "街道", "状态", "立案", "时限", "到期", "答复", "办结")

    def read() -> Response:
        reader = Reader(desk.district, who.actor)
        with desk.database.read() as session:

            def row(case: Case) -> Row:
                clock = deadlines.binding(case)
                book = rules.of(session, desk.district, case)
                return (
                    case.number,
                    reader.title(case),
                    _category(desk, case.category),
                    case.request_type,
                    _unit(desk, case.lead_unit),
                    _unit(desk, case.street),
                    book.workflow.case.states.get(case.state, case.state),
                    _exact(desk, case.opened_at),
                    clock.label if clock else "",
                    _exact(desk, clock.due_at if clock else None),
                    _exact(desk, case.answered_at),
                    _exact(desk, case.closed_at),
                )

            rows = _all(
                session,
                lambda after: cases.select_cases(session, desk, who.actor, filters, after=after, limit=BATCH),
                row,
            )
        return _file(desk, who, "办件", [head, *rows], filters)

    return await run_in_threadpool(read)


@router.get("/rates.csv")
async def rate_table(
    desk: CurrentDesk,
    who: CurrentVisitor,
    by: str = "unit",
    first: Annotated[Day, Query(alias="from")] = "",
    last: Annotated[Day, Query(alias="to")] = "",
) -> Response:
    """The rates with numerators and denominators, the kinds of units apart."""

    def read() -> Response:
        with desk.database.read() as session:
            table = board.table_for(session, desk, who, by=by, first=first, last=last)
        publication.check_publishable(desk.district, start=table.start, end=table.end, now=desk.now())
        known = desk.district.formulas.rates
        parts = [f"{rate.label}{part}" for rate in known for part in ("", "分子", "分母")]
        rows: list[Row] = [("类别", "名次", board.BY_LABELS[by], "工单", "综合得分", *parts)]
        for section in board.sections(table):
            rows += [
                (section.label, str(rank or ""), *_figures(row, board.name_of(by, row), [each.name for each in known]))
                for row, rank in section.rows
            ]
        rows.append(("合计", "", *_figures(table.pooled, "", [each.name for each in known])))
        return _file(desk, who, "三率", rows, {"by": by, "from": first, "to": last})

    return await run_in_threadpool(read)


def _figures(row: Any, name: str, known: Sequence[str]) -> list[str]:
    figures = [name, str(row.tickets), formulas.points(row.composite)]
    for each in known:
        value = row.rates[each]
        figures += [formulas.percent(value.value), f"{value.numerator:f}", f"{value.denominator:f}"]
    return figures


@router.get("/board.csv")
async def board_table(
    desk: CurrentDesk,
    who: CurrentVisitor,
    panel: Annotated[str, Query(max_length=20)],
    period: overview.Month = "",
    by: overview.By = "street",
    step: overview.Step = "day",
    excluded: bool = False,  # noqa: FBT001, FBT002  (a query parameter)
) -> Response:
    """The table of one chart of the board."""
    board_behind.check_may_see(who.actor)

    def read() -> Response:
        chosen = overview.chosen_of(desk, period, by, step, excluded=excluded)
        found = overview.waited_for(desk, who, chosen)
        shown = found.panels().get(panel)
        if shown is None or found.period is None:
            raise NotFound(f"看板上没有“{panel}”这张图")
        if panel in ("rates", "course", "map"):
            figures = found.period.figures
            publication.check_publishable(desk.district, start=figures.start, end=figures.end, now=desk.now())
        return _file(desk, who, shown.label, spreadsheet_rows(shown), chosen.filters(panel=panel))

    return await run_in_threadpool(read)


@router.get("/board-report.xlsx")
async def morning_report(desk: CurrentDesk, who: CurrentVisitor, day: Day = "") -> Response:
    """The morning report (晨报), a sheet for each of its parts."""
    board_behind.check_may_see(who.actor)

    def read() -> Response:
        with desk.database.read() as session:
            sheets = overview_report.sheets(session, desk, who, given_day(day))
        count = sum(len(rows) - 1 for _, rows in sheets)
        _record(desk, who, "晨报", rows=count, filters={"day": day} if day else {})
        body = write_sheets([(name, [_fit(row) for row in rows]) for name, rows in sheets])
        return Response(body, media_type=XLSX, headers=_headers(desk, "晨报", "xlsx"))

    return await run_in_threadpool(read)


@router.get("/quality.csv")
async def quality_table(
    desk: CurrentDesk,
    who: CurrentVisitor,
    by: By = "week",
    first: Annotated[Day, Query(alias="from")] = "",
    last: Annotated[Day, Query(alias="to")] = "",
) -> Response:
    """The figures of the suggestions' quality, with what they are shares of."""
    check_may_see(who.actor)

    def read() -> Response:
        with desk.database.read() as session:
            found = quality_report.report(session, desk, by=by, first=given_day(first), last=given_day(last))
        rows = quality.spreadsheet_rows(desk, found)
        return _file(desk, who, "研判质量", rows, {"by": by, "from": first, "to": last})

    return await run_in_threadpool(read)


@router.get("/gaps.csv")
async def gap_table(
    desk: CurrentDesk,
    who: CurrentVisitor,
    weeks: knowledge_gaps.Period = PERIODS[-1],
    channel: knowledge_gaps.Channel = "",
    show: Show = "open",
) -> Response:
    """The gaps of the knowledge base, of this choice."""
    gap_marks.check_may_see(who.actor)

    def read() -> Response:
        with desk.database.read() as session:
            chosen = Chosen(weeks, channel, show)
            found = gap_views.shown(session, gap_views.report_of(session), chosen)
            rows = knowledge_gaps.spreadsheet_rows(found)
        return _file(desk, who, "知识缺口", rows, {"weeks": str(weeks), "channel": channel, "show": show})

    return await run_in_threadpool(read)


@router.get("/follow-up.{form}")
async def follow_up_list(
    form: Form,
    desk: CurrentDesk,
    who: CurrentVisitor,
    reason: Annotated[str, Query(max_length=12)] = "",
    unit: Annotated[str, Query(max_length=10)] = "",
    show: follow_up.Show = "open",
) -> Response:
    """The follow-up list as it is narrowed on the page."""
    follow_up.check_may_see(who.actor)

    def read() -> Response:
        with desk.database.read() as session:
            chosen = follow_up.Chosen(reason, unit, show)
            found = follow_up.listing(session, desk.district, who.actor, chosen, now=desk.now(), limit=AT_MOST + 1)
            reader = Reader(desk.district, who.actor)
            rows: list[Row] = [follow_up_views.HEAD]
            rows += [follow_up_views.cells(session, desk, reader, line) for line in found.lines]
        given = {"reason": reason, "unit": unit, "show": show}
        return _file(desk, who, "跟踪台", rows, {k: v for k, v in given.items() if v}, form)

    return await run_in_threadpool(read)
