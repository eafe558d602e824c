"""研判质量: accuracy over time, calibration, categories and drift, each number with the tickets behind it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response

from api import quality_report as reports
from api.auth import CurrentDesk, CurrentVisitor
from api.desk import Desk
from api.errors import NotFound
from api.periods import Day, calendar_days, given_day
from api.quality_report import By, Report, per_cent
from api.web import render
from api.web.charts import Line, Plot, reliability_plot, time_plot
from casework import quality
from casework.quality import Behind, Figures
from casework.reading import Reader
from casework.shares import share

router = APIRouter()
Code = Annotated[str, Query(max_length=6)]
PAGE = 50
CATEGORIES = 15
"""Categories shown beside another grouping; all of them by category."""
CHANGES = 12
BY_LABELS: dict[By, str] = {"week": "周", "month": "月", "model": "模型版本", "category": "分类"}
WHAT_LABELS = {
    "judged": "已判",
    "right": "分类正确",
    "wrong": "分类判错",
    "unit_wrong": "单位判错",
    "corrected": "被更正",
    "auto": "可自动派出",
}
TURN_LABELS = {"fallen": "下降", "risen": "上升", "": ""}
VERDICT_LABELS = {
    "none": "无数据",
    "stable": "平稳",
    "unsure": "件数太少，不下结论",
    "moderate": "有变化",
    "strong": "变化很大",
}


def _interval(figures: Figures) -> str:
    lower, upper = figures.bounds
    return f"{lower * 100:.0f}–{upper * 100:.0f}%" if figures.judged else ""


def _plot(found: Report) -> Plot | None:
    """Accuracy over time; a single period, versions and categories have no course."""
    if found.by not in ("week", "month") or sum(row.figures.judged > 0 for row in found.rows) < 2:
        return None
    units = [share(row.figures.unit_right, row.figures.unit_judged) for row in found.rows]
    lines = [
        Line("分类准确率", "one", [row.figures.accuracy for row in found.rows]),
        Line("单位准确率", "two", units),
        Line("平均把握", "three", [row.figures.mean_stated for row in found.rows]),
    ]
    return time_plot([row.label.removesuffix(" 起") for row in found.rows], lines)


@router.get("/quality")
async def show(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    by: By = "week",
    first: Annotated[Day, Query(alias="from")] = "",
    last: Annotated[Day, Query(alias="to")] = "",
) -> Response:
    """The report of a stretch of days."""
    quality.check_may_see(who.actor)

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            found = reports.report(session, desk, by=by, first=given_day(first), last=given_day(last))
        days = _days(desk, found)
        return render.page(
            request,
            "quality.html",
            who,
            found=found,
            days=days,
            narrowed=_narrowed(desk, found),
            given={name: value for name, value in (("from", first), ("to", last)) if value},
            by=by,
            groupings=BY_LABELS,
            advice=reports.advice(found),
            definitions=reports.DEFINITIONS,
            gap=reports.gap(found.total),
            error=quality.calibration_error(found.bins),
            plot=_plot(found),
            calibration=reliability_plot([(each.stated, each.right, each.judged) for each in found.bins]),
            categories=found.categories if by == "category" else found.categories[:CATEGORIES],
            changes=[(*row, reports.name_of(desk.district, row[0])) for row in found.drift.shares()[:CHANGES]],
            name_of=lambda code: reports.name_of(desk.district, code),
            share=share,
            per_cent=per_cent,
            interval=_interval,
            turns=TURN_LABELS,
            verdicts=VERDICT_LABELS,
        )

    return await run_in_threadpool(read)


def _narrowed(desk: Desk, found: Report) -> dict[str, dict[str, str]]:
    """What each row is narrowed to, by its key: its days, or its model version."""
    if found.by == "model":
        return {row.key: {"model": row.key} for row in found.rows if row.key}
    if found.by == "category":
        return {}
    begun = [date.fromisoformat(row.key) for row in found.rows]
    ends = [*(each - timedelta(days=1) for each in begun[1:]), reports.last_day(desk, found)]
    return {
        first.isoformat(): {"from": first.isoformat(), "to": last.isoformat()}
        for first, last in zip(begun, ends, strict=True)
    }


def _days(desk: Desk, found: Report) -> dict[str, str]:
    return {
        "from": reports.first_day(desk, found).isoformat(),
        "to": reports.last_day(desk, found).isoformat(),
    }


@router.get("/quality/tickets")
async def behind(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    what: Annotated[str, Query(max_length=20)] = "judged",
    category: Code = "",
    final: Code = "",
    model: Annotated[str, Query(max_length=60)] = "",
    tenth: Annotated[int | None, Query(alias="bin", ge=0, le=quality.BINS - 1)] = None,
    first: Annotated[Day, Query(alias="from")] = "",
    last: Annotated[Day, Query(alias="to")] = "",
    after: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """The tickets behind one number."""
    quality.check_may_see(who.actor)
    if what not in quality.OPENS:
        raise NotFound(f"没有“{what}”这个数")
    chosen = Behind(what, category, final, model, tenth)

    def read() -> HTMLResponse:
        start, end = calendar_days(desk, given_day(first), given_day(last), "week")
        with desk.database.read() as session:
            rows, cursor = quality.behind(session, chosen, start, end, after=after, limit=PAGE)
            reader = Reader(desk.district, who.actor)
            return render.page(
                request,
                "quality_behind.html",
                who,
                rows=rows,
                next=cursor,
                paged=bool(after),
                heading="，".join(_said(desk, chosen)),
                filters=_filters(chosen, first, last),
                back={name: value for name, value in (("from", first), ("to", last)) if value},
                name_of=lambda code: _leaf(desk, code),
                text_for=lambda ticket: reader.listed(ticket).text(ticket.title or ticket.text),
            )

    return await run_in_threadpool(read)


def _said(desk: Desk, chosen: Behind) -> list[str]:
    """What the list is narrowed to, in words."""
    said = [WHAT_LABELS[chosen.what]]
    said += [f"建议为“{_leaf(desk, chosen.category)}”"] if chosen.category else []
    said += [f"改为“{_leaf(desk, chosen.final)}”"] if chosen.final else []
    said += [f"模型 {chosen.model}"] if chosen.model else []
    if chosen.bin is not None:
        said.append(f"把握 {chosen.bin / quality.BINS:.1f}–{(chosen.bin + 1) / quality.BINS:.1f}")
    return said


def _leaf(desk: Desk, code: str) -> str:
    return desk.district.taxonomy.path(code)[-1]


def _filters(chosen: Behind, first: str, last: str) -> dict[str, str]:
    given = {
        "what": chosen.what,
        "category": chosen.category,
        "final": chosen.final,
        "model": chosen.model,
        "bin": "" if chosen.bin is None else str(chosen.bin),
        "from": first,
        "to": last,
    }
    return {name: value for name, value in given.items() if value}


HEAD = (
    "名称",
    "研判件数",
    "可自动派出",
    "可自动派出占比",
    "已判",
    "分类正确",
    "分类准确率",
    "区间下限",
    "区间上限",
    "单位已判",
    "单位正确",
    "单位准确率",
    "前三已判",
    "前三命中",
    "前三命中率",
    "平均把握",
    "被更正",
    "被更正占比",
)
CATEGORY_HEAD = ("前一期已判", "前一期分类准确率", "升降", "最常混淆", "混淆件数")


def spreadsheet_rows(desk: Desk, found: Report) -> list[Sequence[str]]:
    """The table as it stands on the page, with the total last."""
    by_category = found.by == "category"
    rows: list[Sequence[str]] = [(BY_LABELS[found.by], *HEAD[1:], *(CATEGORY_HEAD if by_category else ()))]
    for row in found.rows:
        line = row.category
        more: tuple[str, ...] = ()
        if line is not None:
            confused = reports.name_of(desk.district, line.confused_with) if line.confused else ""
            before = str(line.before.judged), per_cent(line.before.accuracy)
            more = *before, TURN_LABELS[line.turn], confused, str(line.confused)
        rows.append((row.label, *_cells(row.figures), *more))
    rows.append(("合计", *_cells(found.total), *("" for _ in CATEGORY_HEAD if by_category)))
    return rows


def _cells(figures: Figures) -> list[str]:
    lower, upper = figures.bounds
    parts: list[Any] = [
        figures.suggested,
        figures.auto,
        per_cent(share(figures.auto, figures.suggested)),
        figures.judged,
        figures.right,
        per_cent(figures.accuracy),
        per_cent(lower if figures.judged else None),
        per_cent(upper if figures.judged else None),
        figures.unit_judged,
        figures.unit_right,
        per_cent(share(figures.unit_right, figures.unit_judged)),
        figures.three_judged,
        figures.three_right,
        per_cent(share(figures.three_right, figures.three_judged)),
        per_cent(figures.mean_stated),
        figures.corrected,
        per_cent(share(figures.corrected, figures.judged)),
    ]
    return [str(part) for part in parts]
