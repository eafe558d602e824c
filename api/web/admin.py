"""管理: what waits for the administrator, and the state of channels, jobs and settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api import channel_health, models
from api.auth import CurrentDesk, CurrentVisitor
from api.cli.settings import masked
from api.desk import Desk
from api.settings import Settings
from api.web import admin_doors, render
from casework import directory_versions
from storage import audit, job_runs, second_factor, sign_ins
from storage.deliveries import Delivery
from storage.identity import StaffSession, User
from storage.job_runs import JobRun
from storage.quarantine import Quarantined

router = APIRouter(prefix="/admin")
TOTP_SETTING = "/admin/settings?q=totp"
TROUBLED = ("failed", "perhaps_sent", "dead")

JOBS: dict[str, tuple[str, str, timedelta]] = {
    "fetch_media": ("取回附件", "每 5 秒", timedelta(minutes=5)),
    "go_on_in_silence": ("居民沉默后继续对话", "每 2 秒", timedelta(minutes=5)),
    "take_dropped": ("收取放入文件夹的表格", "每 5 秒", timedelta(minutes=5)),
    "scan_files": ("附件查毒", "每 10 秒", timedelta(minutes=5)),
    "assess_left_over": ("补做研判", "每 10 秒", timedelta(minutes=5)),
    "end_quiet_calls": ("结束没有声音的通话", "每分钟", timedelta(minutes=10)),
    "seal_audit": ("封存审计", "每 10 秒", timedelta(minutes=5)),
    "check_clocks": ("检查时限、发出预警", "每分钟", timedelta(minutes=10)),
    "check_reviews": ("挂账到期提醒", "每小时", timedelta(hours=3)),
    "check_alerts": ("告警升级", "每 10 秒", timedelta(minutes=5)),
    "follow_failed": ("未送达的改走别的渠道", "每 5 秒", timedelta(minutes=5)),
    "release_idle": ("收回无人应答的会话", "每分钟", timedelta(minutes=10)),
    "ask_residents": ("发出回访问卷", "每分钟", timedelta(minutes=10)),
    "keep_articles": ("知识条目到期、发布", "每分钟", timedelta(minutes=10)),
    "find_gaps": ("查找知识缺口", "每天", timedelta(hours=26)),
    "refit_answers": ("校正应答权重", "每周一", timedelta(days=8)),
    "draw_inspections": ("抽取质检样本", "每天", timedelta(hours=26)),
    "sweep_blobs": ("清理无主文件", "每天", timedelta(hours=26)),
    "forget": ("清除到期的登录和记录", "每小时", timedelta(hours=3)),
    "tidy": ("清理任务记录", "每小时", timedelta(hours=3)),
}
"""By job: what it does, how often it is meant to run, and after how long without a run something is wrong."""


@dataclass(frozen=True, slots=True)
class Concern:
    """Something that waits for the administrator, and where he sees to it."""

    level: str
    words: str
    href: str
    act: str


@router.get("")
async def overview(request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """What wants seeing to; below it one tile for each page."""
    admin_doors.check(who)

    def read() -> HTMLResponse:
        accounts = channel_health.look(desk)
        with desk.database.read() as session:
            concerns = [*_concerns(session, desk), *_of_channels(accounts)]
            counts = _counts(session, desk)
        return render.page(
            request,
            "admin.html",
            who,
            tabs=admin_doors.tabs(who),
            concerns=sorted(concerns, key=lambda each: each.level != "red"),
            counts=counts,
            accounts=accounts,
            model=models.promoted(desk),
            rule_version=desk.district.rule_version,
        )

    return await run_in_threadpool(read)


def _concerns(session: Session, desk: Desk) -> Iterator[Concern]:
    now = desk.now()
    if held := session.scalar(select(func.count(Quarantined.id)).where(Quarantined.state == "held")):
        yield Concern("amber", f"{held} 份来件无法读取", "/trouble?show=held", "查看")
    unsent = select(func.count(Delivery.id)).where(
        Delivery.state.in_(TROUBLED), Delivery.followed.not_in(("way", "desk", "parts"))
    )
    if number := session.scalar(unsent):
        yield Concern("amber", f"{number} 条消息没有发出", "/trouble?show=unsent", "查看")
    if locked := sign_ins.locked_out(session, now=now):
        yield Concern("amber", f"{len(locked)} 处登录因密码输错次数过多被锁定", "/admin/users", "查看")
    failing = [each for each in job_runs.list_all(session) if each.error]
    if failing:
        names = "、".join(JOBS[each.name][0] if each.name in JOBS else each.name for each in failing)
        yield Concern("red", f"任务出错：{names}", "/admin/jobs", "查看")
    if late := [run for run in job_runs.list_all(session) if _is_late(run, desk)]:
        yield Concern("red", f"{len(late)} 项任务很久没有运行", "/admin/jobs", "查看")
    if models.promoted(desk) is None:
        yield Concern("red", "没有启用研判模型，来件不能自动研判", "/admin/models", "查看")
    seal, unsealed = audit.state(session)
    if unsealed and seal is not None and now - seal.at > timedelta(hours=1):
        yield Concern("amber", f"{unsealed} 行审计一小时以上没有封存", "/admin/jobs", "查看任务")
    weak = [role for role in ("administrator", "auditor") if role not in desk.settings.totp_roles]
    if weak and not desk.settings.demo:
        yield Concern("quiet", "管理员、审计员可以只凭密码登录，建议要求动态验证码", TOTP_SETTING, "看设置")


def _of_channels(accounts: list[channel_health.Health]) -> Iterator[Concern]:
    for each in accounts:
        if each.level != "ok":
            name = f"{each.label}（{each.account.name}）"
            yield Concern(
                "red" if each.level == "error" else "amber", f"{name}：{each.words}", "/admin/channels", "查看"
            )


def _counts(session: Session, desk: Desk) -> dict[str, int]:
    signed_in = select(func.count(StaffSession.user_id.distinct())).where(StaffSession.expires_at > desk.now())
    return {
        "users": session.scalar(select(func.count(User.id)).where(User.disabled.is_(False))) or 0,
        "signed_in": session.scalar(signed_in) or 0,
        "factors": len(second_factor.those_in_force(session)),
        "rules": len(directory_versions.rules_kept(session, desk.district)),
        "lines": len(desk.district.directory),
        "jobs": len(job_runs.list_all(session)),
    }


def _is_late(run: JobRun, desk: Desk) -> bool:
    return run.name in JOBS and desk.now() - run.began_at > JOBS[run.name][2]


@router.get("/channels")
async def channels(request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Each account: what came, what went, what is the matter."""
    admin_doors.check(who)

    def read() -> HTMLResponse:
        rows = channel_health.look(desk)
        rows.sort(key=lambda each: (each.level == "ok", not each.failed, each.account.channel, each.account.name))
        return render.page(request, "admin_channels.html", who, tabs=admin_doors.tabs(who), rows=rows)

    return await run_in_threadpool(read)


@router.get("/jobs")
async def jobs(request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """The last run of each job."""
    admin_doors.check(who)

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            runs = {run.name: run for run in job_runs.list_all(session)}
        rows = [(name, *JOBS.get(name, (name, "", None)), runs.get(name)) for name in dict.fromkeys((*JOBS, *runs))]
        late = {name for name, run in runs.items() if _is_late(run, desk)}
        rows.sort(key=lambda row: (not (row[4] and row[4].error), row[0] not in late))
        return render.page(request, "admin_jobs.html", who, tabs=admin_doors.tabs(who), rows=rows, late=late)

    return await run_in_threadpool(read)


@router.get("/settings")
async def settings(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    q: Annotated[str, Query(max_length=60)] = "",
    changed: bool = False,  # noqa: FBT001, FBT002  (a checkbox)
) -> Response:
    """The settings in force, secrets masked, to be searched."""
    admin_doors.check(who)

    def read() -> HTMLResponse:
        rows = [row for row in _settings(desk) if not q or q.lower() in f"{row['variable']} {row['meaning']}".lower()]
        rows = [row for row in rows if row["set"] or not changed]
        values: dict[str, Any] = {"rows": rows, "q": q, "changed": changed, "home": str(desk.home)}
        return render.page(request, "admin_settings.html", who, tabs=admin_doors.tabs(who), **values)

    return await run_in_threadpool(read)


def _settings(desk: Desk) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "variable": f"YINGSHENG_{name.upper()}",
            "value": _shown(masked(getattr(desk.settings, name), name)),
            "default": _shown(masked(field.get_default(call_default_factory=True), name)),
            "set": name in desk.settings.model_fields_set,
            "meaning": field.description or "",
        }
        for name, field in Settings.model_fields.items()
    ]


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "（不设）"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, frozenset):
        return "、".join(sorted(str(each) for each in value)) or "（无）"
    if isinstance(value, dict):
        named = (f"{channel}/{name}" for channel, accounts in value.items() for name in accounts)
        return "、".join(named) or "（无）"
    return str(value)
