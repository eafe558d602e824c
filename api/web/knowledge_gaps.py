"""知识缺口: what is asked and not answered, what nobody uses, what repeats, contradicts or cites what was replaced."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from api import gap_views
from api.auth import CurrentDesk, CurrentVisitor
from api.gap_views import PERIODS, Chosen, Show, ShownGap
from api.web import charts, render
from knowledge import gap_marks
from knowledge.errors import UnfitFile
from knowledge.gap_tables import GapReport
from knowledge.lifecycle import ROLES

router = APIRouter(prefix="/articles/gaps")
Part = Literal["gaps", "unused", "overlaps", "regulations"]
PARTS: dict[Part, str] = {
    "gaps": "没有好条目的提问",
    "unused": "没有人用的条目",
    "overlaps": "重复或矛盾",
    "regulations": "引用已被替换的法规",
}
SHOWS: dict[Show, str] = {"open": "待处理", "handled": "已处理", "ignored": "已忽略"}
CHANNELS = render.CHANNEL_LABELS | {
    "search_public": "居民检索",
    "search_search": "工作人员检索",
    "search_ticket": "工单旁检索",
    "search_api": "接口检索",
}
PAGE = 30
LARGEST = 1_000_000
MOST_LINES = 2_000
_ARROW = re.compile(r"\s*(?:→|->|=>|＝>|\t)\s*")

Period = Annotated[int, Query(ge=1, le=PERIODS[-1])]
Channel = Annotated[str, Query(max_length=20)]


@router.get("")
async def show(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    part: Part = "gaps",
    weeks: Period = PERIODS[-1],
    channel: Channel = "",
    show: Show = "open",
    shown: Annotated[str, Query(alias="all", max_length=1)] = "",
    done: Annotated[str, Query(max_length=10)] = "",
    topic: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    """One part of the report; ``done`` and ``topic`` tell what was just done, which can be undone."""
    gap_marks.check_may_see(who.actor)
    chosen = {"part": part, "weeks": str(weeks), "channel": channel, "show": show}

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            report = gap_views.report_of(session)
            kinds = {kind: gap_views.shown(session, report, Chosen(weeks, channel, kind)) for kind in SHOWS}
            found = gap_views.outdated(session, desk)
            outdated = [(number, list(group)) for number, group in groupby(found, key=lambda each: each[0].number)]
            limit = None if shown else PAGE
            return render.page(
                request,
                "gaps.html",
                who,
                part=part,
                report=report,
                computing=desk.gap_reports.is_under_way(report),
                tabs=_tabs(report, len(kinds["open"]), len(outdated)),
                shows=[(kind, label, len(kinds[kind]), _here(chosen, show=kind)) for kind, label in SHOWS.items()],
                chosen=chosen,
                here=_here(chosen),
                periods=[(each, f"最近 {each} 周") for each in PERIODS],
                channels=[(each, CHANNELS.get(each, each)) for each in gap_views.channels(report)],
                may_mark=who.actor.role in gap_marks.MAY_MARK,
                may_write=who.actor.role in ROLES["write"],
                labels=gap_marks.LABELS,
                done=done,
                topic=topic,
                everything=_here(chosen, all="1"),
                **_part(session, report, part, kinds[show], outdated, limit),
            )

    return await run_in_threadpool(read)


def _here(chosen: dict[str, str], **other: str) -> str:
    return "/articles/gaps?" + urlencode({name: value for name, value in (chosen | other).items() if value})


def _tabs(report: GapReport | None, gaps: int, outdated: int) -> list[tuple[Part, str, int | None]]:
    """The parts, each with how many it has; None before anything was counted."""
    document = report.document if report is not None else {}
    overlapping = len(document.get("repeats", ())) + len(document.get("contradictions", ()))
    counts = {"gaps": gaps, "unused": len(document.get("unused", ())), "overlaps": overlapping}
    known = counts if report is not None and report.computed_at else {}
    return [(name, label, outdated if name == "regulations" else known.get(name)) for name, label in PARTS.items()]


def _part(
    session: Session,
    report: GapReport | None,
    part: Part,
    found: Sequence[ShownGap],
    outdated: Sequence[Any],
    limit: int | None,
) -> dict[str, Any]:
    """What the part chosen shows, and of how many."""
    document = report.document if report is not None else {}
    nothing: dict[str, Any] = {"rows": [], "contradictions": [], "known": {}, "total": 0, "regulations": []}
    match part:
        case "gaps":
            known = gap_views.named(session, (gap.kept["near"] for gap in found[:limit]))
            rows: Sequence[Any] = [_gap(gap) for gap in found[:limit]]
            return nothing | {"rows": rows, "known": known, "total": len(found)}
        case "unused":
            numbers = document.get("unused", [])
            rows, total = numbers[:limit], len(numbers)
            return nothing | {"rows": rows, "known": gap_views.named(session, rows), "total": total}
        case "overlaps":
            pairs, against = document.get("repeats", []), document.get("contradictions", [])
            numbers = [each[side] for each in (*pairs[:limit], *against[:limit]) for side in ("one", "other")]
            named = {"known": gap_views.named(session, numbers), "total": max(len(pairs), len(against))}
            return nothing | named | {"rows": pairs[:limit], "contradictions": against[:limit]}
        case "regulations":
            stored = gap_marks.regulations(session)
            return nothing | {"rows": outdated[:limit], "total": len(outdated), "regulations": stored}


def _gap(gap: ShownGap) -> dict[str, Any]:
    return {
        "gap": gap,
        "spark": charts.sparkline([count for _, count in gap.weeks], width=130),
        "says": "，".join(f"{week:%m-%d} 起一周 {count} 次" for week, count in gap.weeks if count),
        "channels": "、".join(f"{CHANNELS.get(name, name)} {count}" for name, count in gap.channels.items()),
    }


@router.post("/compute")
async def compute(desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Have the report computed anew; the page tells when it is there."""
    gap_marks.check_may_mark(who.actor)
    await run_in_threadpool(desk.gap_reports.begin)
    return RedirectResponse("/articles/gaps", 303)


@router.post("/mark")
async def mark(
    desk: CurrentDesk,
    who: CurrentVisitor,
    topic: Annotated[str, Form(max_length=60)],
    state: Annotated[Literal["handled", "ignored", "open"], Form()],
    back: Annotated[str, Form(max_length=300)] = "",
) -> Response:
    """The gap is dealt with, or again not."""

    def work() -> None:
        with desk.database.write.begin() as session:
            gap_views.set_mark(session, desk, topic, None if state == "open" else state, who.actor)

    await run_in_threadpool(work)
    here = back if back.startswith("/articles/gaps?") else "/articles/gaps?part=gaps"
    return RedirectResponse(f"{here}&{urlencode({'done': state, 'topic': topic})}", 303)


# Replaced regulations


@router.post("/regulations")
async def enter(
    desk: CurrentDesk,
    who: CurrentVisitor,
    file: UploadFile | None = None,
    old: Annotated[str, Form(max_length=500)] = "",
    new: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Store a pair, or those of a file: CSV with the old name and the new one, or a line 旧 → 新 each."""
    gap_marks.check_may_mark(who.actor)
    given = await file.read(LARGEST + 1) if file is not None and file.filename else b""
    pairs = list(read_pairs(given)) if given else [(old, new)]

    def work() -> None:
        with desk.database.write.begin() as session:
            gap_marks.enter(session, pairs, actor=who.actor, now=desk.now())

    await run_in_threadpool(work)
    return RedirectResponse("/articles/gaps?part=regulations&done=entered", 303)


def read_pairs(given: bytes) -> Iterator[tuple[str, str]]:
    """The pairs of a file, UTF-8 or GB 18030, without a head 旧…,新…. Raises ``UnfitFile``."""
    if len(given) > LARGEST:
        raise UnfitFile("文件超过 1 MB，请分成几个文件")
    try:
        text = given.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = given.decode("gb18030")
        except UnicodeDecodeError as problem:
            raise UnfitFile("文件不是文本，请另存为 CSV（UTF-8）") from problem
    lines = [line for line in text.replace("\0", "").splitlines() if line.strip()]
    if len(lines) > MOST_LINES:
        raise UnfitFile(f"文件超过 {MOST_LINES} 行，请分成几个文件")
    for number, line in enumerate(lines, 1):
        cells = _ARROW.split(line.strip(), maxsplit=1)
        if len(cells) < 2:
            cells = _cells(line.replace("，", ","))
        if len(cells) < 2:
            raise UnfitFile(f"第 {number} 行没有两栏：应为“旧法规,新法规”")
        if number > 1 or not (cells[0].startswith("旧") and cells[1].startswith("新")):
            yield cells[0], cells[1]


def _cells(line: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(line)), [])
    except csv.Error:
        return []


@router.post("/regulations/{key}/remove")
async def remove(key: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Take a pair out."""

    def work() -> None:
        with desk.database.write.begin() as session:
            gap_marks.remove(session, key, actor=who.actor, now=desk.now())

    await run_in_threadpool(work)
    return RedirectResponse("/articles/gaps?part=regulations&done=removed", 303)


def spreadsheet_rows(found: Sequence[ShownGap]) -> list[Sequence[str]]:
    """The gaps as rows of a sheet under their head."""
    head = ("说的是", "次数", "有好条目没人点开", "按周", "渠道", "问法", "最近的条目", "答复草稿", "状态")
    rows: list[Sequence[str]] = [head]
    for gap in found:
        kept = gap.kept
        rows.append(
            (
                kept["name"],
                str(gap.count),
                str(kept["passed_over"]),
                "；".join(f"{week:%Y-%m-%d} {count}" for week, count in gap.weeks if count),
                "；".join(f"{CHANNELS.get(name, name)} {count}" for name, count in gap.channels.items()),
                "\n".join(kept["examples"]),
                kept["near"],
                kept["draft"],
                gap_marks.LABELS[gap.mark.state] if gap.mark else "待处理",  # type: ignore[index]
            )
        )
    return rows
