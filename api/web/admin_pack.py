"""规则与目录: the pack that is loaded, the directory to be searched, and what differs between kept versions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response

from api.auth import CurrentDesk, CurrentVisitor
from api.desk import Desk
from api.web import admin_doors, render
from casework import directory_versions, rule_changes
from casework.directory_versions import Kept
from district.differences import Difference
from district.directory import COMMUNITY, STREET
from district.schemas import DirectoryLine

router = APIRouter(prefix="/admin/pack")
PAGE = 100
MOST = 500
AREAS = {STREET: "所在街道", COMMUNITY: "所在社区"}
FILES = {
    "asks.yaml": "追问什么",
    "automatic.yaml": "自动派单",
    "city_categories.csv": "市平台分类对应",
    "duplicates.yaml": "重复与群体事件",
    "examples.csv": "研判样例",
    "gazetteer.csv": "地名",
    "hotline.yaml": "通话转写",
    "pack.yaml": "名称与版本",
    "phrases.yaml": "常用语",
    "self_service.yaml": "居民自助",
    "unit_changes.csv": "单位变更",
    "walk_in.yaml": "现场登记表",
    "workflow.yaml": "流程",
    "clocks.yaml": "时限",
    "calendars.yaml": "日历",
    "request_types.yaml": "诉求类型",
    "directory.csv": "派单目录",
    "taxonomy.csv": "诉求分类",
    "units.csv": "承办单位",
    "formulas.yaml": "三率公式",
    "templates.yaml": "告知用语",
    "urgency.yaml": "紧急判断",
    "callback.yaml": "回访",
    "dialogue.yaml": "对话",
    "duty.yaml": "值班告警",
    "notices.yaml": "告知时间",
    "retention.yaml": "个人信息留存",
    "supervision.yaml": "督办",
    "inspection.yaml": "质检",
    "synonyms.yaml": "同义词",
    "reply_check.yaml": "答复检查",
    "city.yaml": "市平台",
}
Version = Annotated[str, Query(max_length=64)]
Kind = Annotated[str, Query(pattern="^(rules|directory)$")]


@router.get("")
async def show(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    of: Kind = "rules",
    before: Version = "",
    now: Version = "",
) -> Response:
    """The pack, its files, and two versions beside one another."""
    admin_doors.check(who)

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            kept = {
                "rules": directory_versions.rules_kept(session, desk.district),
                "directory": directory_versions.directories_kept(session, desk.district),
            }
            old, new = before or _earlier(kept[of]), now or _latest(kept[of])
            compare = directory_versions.compare_rules if of == "rules" else directory_versions.compare_directories
            found = compare(session, old, new) if old and new and old != new else []
            waiting = rule_changes.waiting(session, desk.district)
        return render.page(
            request,
            "admin_pack.html",
            who,
            tabs=admin_doors.tabs(who),
            files=_files(desk),
            kept=kept,
            of=of,
            before=old,
            chosen=new,
            found=_readable(desk, found[:MOST]),
            count=len(found),
            waiting=waiting,
        )

    return await run_in_threadpool(read)


def _latest(kept: Sequence[Kept]) -> str:
    return next((each.version for each in kept if each.current), kept[0].version if kept else "")


def _earlier(kept: Sequence[Kept]) -> str:
    latest = _latest(kept)
    return next((each.version for each in kept if each.version != latest), "")


def _files(desk: Desk) -> list[tuple[str, str, int]]:
    """Files of the pack with what they hold and their size."""
    found = sorted(path for path in desk.district.folder.iterdir() if path.suffix in (".yaml", ".csv", ".jsonl"))
    return [(path.name, FILES.get(path.name, ""), path.stat().st_size) for path in found]


def _readable(desk: Desk, found: Sequence[Difference]) -> list[Difference]:
    return list(found) if not found or found[0].part != "派单目录" else [_with_category(desk, each) for each in found]


def _with_category(desk: Desk, each: Difference) -> Difference:
    """The line with the category that it now stands for: a number alone says nothing."""
    try:
        line = desk.district.directory.get(each.what)
    except LookupError:
        return each
    return Difference(each.part, each.kind, f"{each.what} {_category(desk, line)}", each.field, each.before, each.now)


def _category(desk: Desk, line: DirectoryLine) -> str:
    return desk.district.taxonomy.get(line.category).name if line.category in desk.district.taxonomy else line.category


@router.get("/directory")
async def directory(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    q: Annotated[str, Query(max_length=60)] = "",
    after: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """The lines of the directory, by number, category, unit or words of the clause."""
    admin_doors.check(who)

    def read() -> HTMLResponse:
        rows = [row for row in (_line(desk, line) for line in desk.district.directory) if _fits(row, q)]
        later = [row for row in rows if row["line"] > after] if after else rows
        return render.page(
            request,
            "admin_directory.html",
            who,
            tabs=admin_doors.tabs(who),
            rows=later[:PAGE],
            count=len(rows),
            total=len(desk.district.directory),
            q=q,
            following=later[PAGE - 1]["line"] if len(later) > PAGE else "",
            first=bool(after),
            version=desk.district.directory.version,
        )

    return await run_in_threadpool(read)


def _line(desk: Desk, line: DirectoryLine) -> dict[str, str]:
    def name(code: str | None) -> str:
        if not code:
            return ""
        return AREAS.get(code, "") or desk.district.units.name_of(code) or code

    return {
        "line": line.line,
        "category": _category(desk, line),
        "code": line.category,
        "lead": name(line.lead),
        "co_units": "、".join(name(each) for each in line.co_units),
        "area": name(line.area),
        "clause": line.clause,
        "basis": line.basis,
    }


def _fits(row: dict[str, str], words: str) -> bool:
    text = " ".join(row.values()).lower()
    return all(word in text for word in words.lower().split())
