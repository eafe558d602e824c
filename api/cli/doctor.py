"""``yingsheng doctor``: what is wrong with this desk, and how to mend it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer
from sqlalchemy import func, select, text

from api import models, rule_changing
from api.clamd import ScannerAway
from api.cli import doctor_accounts
from api.cli.environment import trouble
from api.cli.finding import Finding
from api.cli.output import AsJson, Refused, desk_open, print_json
from api.desk import Desk
from api.jobs import alerting
from casework import alert_calls, deadlines, duty, infections, publication, recounting, rule_changes
from casework.people_tables import DutyShift
from casework.tables import Clock
from district.duty import WAY_LABELS
from knowledge import weights
from storage import audit, migrate, quarantine
from storage.deliveries import Delivery
from storage.errors import StorageError
from storage.identity import User
from storage.scans import Scan

DAY = timedelta(hours=24)
ROSTER = "在“值班”页排班，或 yingsheng duty import"
LOW_DISK = 1_000_000_000


def _database(desk: Desk) -> Iterator[Finding]:
    current, newest = migrate.revision(desk.database)
    if current != newest:
        yield Finding("数据库", "error", f"结构版本 {current or '无'}，需要 {newest}", "运行 yingsheng setup")
        return
    with desk.database.read() as session:
        if desk.database.is_sqlite:
            verdict = session.execute(text("PRAGMA quick_check")).scalar()
            if verdict != "ok":
                yield Finding("数据库", "error", f"SQLite 自检：{verdict}", "停机，从备份恢复")
                return
    yield Finding("数据库", "ok", f"结构版本 {current}")


def _disk(desk: Desk) -> Iterator[Finding]:
    free = shutil.disk_usage(desk.home).free
    level = "ok" if free > LOW_DISK else "warning"
    yield Finding("磁盘", level, f"{desk.home} 剩余 {free / 1e9:.1f} GB", "" if level == "ok" else "清理磁盘")


def _pack(desk: Desk) -> Iterator[Finding]:
    district = desk.district
    yield Finding("区情数据", "ok", f"{district.manifest.district}，规则版本 {district.rule_version[:12]}")


def _rules(desk: Desk) -> Iterator[Finding]:
    """Open cases that go by older rules, and states among them that the pack has no more."""
    with desk.database.read() as session:
        waiting = rule_changes.waiting(session, desk.district)
    for sentence in rule_changing.states_in_use(desk, desk.district):
        yield Finding("流程版本", "warning", sentence, "yingsheng cases migrate --dry-run 查看其余办件")
    yield Finding("流程版本", "ok", f"{waiting} 件在办件按旧版本办理" if waiting else "在办件都按现行版本办理")


def _model(desk: Desk) -> Iterator[Finding]:
    version = models.promoted(desk)
    if version is None:
        yield Finding("研判模型", "error", "没有可用模型", "运行 yingsheng setup 或 yingsheng train")
        return
    if not (why := models.fault(desk, version)):
        yield Finding("研判模型", "ok", version)
        return
    problem = models.broken(desk, version, why)
    found = models.stand_in(desk, version)
    serving = f"新启动的进程暂用 {found.version}" if found else "没有可以代替的旧版本"
    ways = [f"yingsheng promote {problem.usable[0]}"] if problem.usable else []
    mend = "、".join(["从备份恢复这个版本的文件夹", *ways, "yingsheng train --without-comparison"])
    yield Finding("研判模型", "error", f"启用的模型 {version} 不可用：{why}；{serving}", f"任选其一：{mend}")


def _index(desk: Desk) -> Iterator[Finding]:
    desk.follower.catch_up()
    yield Finding("知识索引", "ok", f"{desk.index.engine},{desk.index.size()} 条")


def _weights(desk: Desk) -> Iterator[Finding]:
    """What the answer bot has learnt on this desk, and why it does not use it."""
    with desk.database.read() as session:
        found = weights.using(session)
        stored = found.stored.version if found.stored else 0
    if found.why_not:
        words = f"第 {stored} 版{found.why_not}；暂用随程序的权重"
        yield Finding("应答权重", "warning", words, "运行 yingsheng answers refit，或加 --reset 回到随程序的权重")
        return
    yield Finding("应答权重", "ok", f"第 {found.version} 版" if found.version else "随程序")


def _calendar(desk: Desk) -> Iterator[Finding]:
    """From October the next year's notice is waited for; until it is loaded, what rests on it is provisional."""
    with desk.database.read() as session:
        missing = publication.missing_notice(session, desk.district, now=desk.now())
        moved = recounting.find_moved(session, desk.district)
    if missing is not None:
        mend = "在 calendars.yaml 中补充该年度安排，或升级 chinesecalendar，然后重新启动"
        yield Finding("日历", "warning", missing.sentence, mend)
    if moved:
        mend = "yingsheng calendars recount --as 用户"
        yield Finding("日历", "warning", f"放假安排有变，{len(moved)} 个时限待重新计算", mend)
    if missing is not None or moved:
        return
    yield Finding("日历", "ok", "所需年度均已公布")


def _duty(desk: Desk) -> Iterator[Finding]:
    """Whom an alert finds in the next 24 hours, and by which ways."""
    now, zone = desk.now(), desk.district.calendars.zone
    with desk.database.read() as session:
        alone = duty.first_gap(session, start=now, end=now + DAY)
        shifts = duty.roster(session, start=now, end=now + DAY)
    lines = {line.way for line in alerting.lines(desk)}
    wanted = {way: label for way, label in WAY_LABELS.items() if desk.district.duty.uses(way)}
    if not shifts:
        yield Finding("值班", "warning", "今后 24 小时无人值班，告警直接通知全体督办", ROSTER)
    elif alone is not None:
        words = f"{alone[0].astimezone(zone):%m月%d日 %H:%M} 至 {alone[1].astimezone(zone):%m月%d日 %H:%M} 无人值班"
        yield Finding("值班", "warning", words, "在“值班”页补排")
    if silent := [label for way, label in wanted.items() if way not in lines]:
        mend = "在 YINGSHENG_ACCOUNTS 中配置账号，或在 duty.yaml 的 ways 中去掉这种方式"
        yield Finding("值班", "warning", f"告警方式没有可用的账号：{'、'.join(silent)}", mend)
    for name in _unreachable(shifts, lines & wanted.keys()):
        yield Finding("值班", "warning", f"{name}没有手机或邮箱，告警只有系统内提醒", "在“人员”页填写联系方式")
    if shifts and alone is None and not silent:
        yield Finding("值班", "ok", f"今后 24 小时有人值班，共 {len(shifts)} 班")


def _unreachable(shifts: Sequence[tuple[DutyShift, User]], lines: Collection[str]) -> list[str]:
    """Names on duty whom neither SMS nor letter reaches, where the desk sends any; a robot's group may be muted."""
    found = dict.fromkeys(
        user.name
        for shift, user in shifts
        if not ("sms" in lines and (alert_calls.mobile(shift.phone) or alert_calls.mobile(user.phone)))
        and not ("mail" in lines and user.email)
    )
    return list(found) if {"sms", "mail"} & set(lines) else []


def _scanner(desk: Desk) -> Iterator[Finding]:
    with desk.database.read() as session:
        infected = session.scalar(select(func.count()).select_from(Scan).where(Scan.state == "infected"))
        waiting = len(infections.waiting(session, now=desk.now(), limit=1000)) if desk.scanner else 0
    if infected:
        yield Finding("查毒", "warning", f"{infected} 个附件查出病毒，已隔离", "在提醒中查看是哪些工单")
    if desk.scanner is None:
        yield Finding("查毒", "ok", "没有设置，附件不查毒")
        return
    try:
        words = desk.scanner.version()
    except ScannerAway as problem:
        told = "未查毒的附件暂不能查看" if desk.settings.unscanned_files == "block" else "附件注明未查毒后照给"
        words = f"{problem.why};{waiting} 个附件等待查毒，{told}"
        yield Finding("查毒", "warning", words, "启动 clamd，或更正 YINGSHENG_CLAMD")
        return
    yield Finding("查毒", "ok", f"{words};{waiting} 个附件等待查毒")


def _work(desk: Desk) -> Iterator[Finding]:
    with desk.database.read() as session:
        held = len(quarantine.held(session, limit=1000))
        unsent = session.scalar(
            select(func.count(Delivery.id)).where(
                Delivery.state.in_(("failed", "perhaps_sent", "dead")),
                Delivery.followed.not_in(("way", "desk", "parts")),  # it went another way
            )
        )
        stuck = session.scalar(
            select(func.count(Delivery.id)).where(
                Delivery.state.in_(("queued", "waiting")), Delivery.due_at < desk.now() - timedelta(minutes=5)
            )
        )
        overdue = session.scalar(select(func.count(Clock.id)).where(deadlines.over(desk.now())))
    with desk.database.read() as session:
        try:
            seals, rows = audit.verify(session)
        except StorageError as problem:
            yield Finding("审计", "error", str(problem), "保全现场，核对备份")
        else:
            yield Finding("审计", "ok", f"{seals} 个封条，{rows} 行")
    if held:
        yield Finding("隔离", "warning", f"{held} 份来件无法读取", "yingsheng quarantine list")
    if unsent:
        yield Finding("发送", "warning", f"{unsent} 条消息没有发出", "yingsheng deliveries list")
    if stuck:
        yield Finding("任务", "warning", f"{stuck} 条消息到期五分钟仍未发送", "确认 serve 或 worker 正在运行任务")
    yield Finding("时限", "ok" if not overdue else "warning", f"{overdue or 0} 个时限已逾期")


Checks = Mapping[Callable[[Desk], Iterator[Finding]], str]
NAMES: Checks = {
    _disk: "磁盘",
    _pack: "区情数据",
    _database: "数据库",
    _rules: "流程版本",
    _model: "研判模型",
    _index: "知识索引",
    _weights: "应答权重",
    _calendar: "日历",
    doctor_accounts.accounts: doctor_accounts.ACCOUNTS,
    doctor_accounts.last_came: "来信",
    _duty: "值班",
    _scanner: "查毒",
    _work: "工作",
}


REMOTE: Checks = {doctor_accounts.platforms: doctor_accounts.PLATFORMS}
"""What asks servers elsewhere."""


def examine(desk: Desk, checks: Checks = NAMES) -> list[Finding]:
    """Run every check; what fails to run is a finding itself."""
    findings: list[Finding] = []
    for check, name in checks.items():
        try:
            findings += check(desk)
        except Exception as problem:  # noqa: BLE001  a doctor that faints helps nobody
            words = trouble(problem) or f"{type(problem).__name__}: {problem}"
            findings.append(Finding(name, "error", words))
    return findings


def doctor(
    offline: Annotated[bool, typer.Option("--offline", help="不联网：不向各渠道的平台核对账号")] = False,
    as_json: AsJson = False,
) -> None:
    """检查数据库、索引、模型、日历、渠道账号（向平台核对）和时限，并说明如何修复。"""
    with desk_open() as desk:
        findings = [*examine(desk), *([] if offline else examine(desk, REMOTE))]
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        signs = {"ok": "✓", "warning": "!", "error": "✗"}
        for finding in findings:
            print(f"{signs[finding.level]} {finding.check}:{finding.words}")
            if finding.mend:
                print(f"    → {finding.mend}")
    if any(finding.level == "error" for finding in findings):
        raise Refused("有需要修复的问题")


def add_to(app: typer.Typer) -> None:
    """Add ``doctor``."""
    app.command()(doctor)
