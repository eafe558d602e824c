"""``yingsheng articles submit|publish|send-back|withdraw|confirm|discard|restore`` and ``history|as-of|diff``: the life
of articles.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from api import article_views as views
from api.cli.cases import As, actor_of
from api.cli.output import AsJson, Refused, day, desk_open, print_json, say, table
from api.desk import Desk
from district.pack import District
from knowledge import articles, content, discarding, lifecycle, versions

Number = Annotated[str, typer.Argument(help="条目编号")]
Numbers = Annotated[list[str], typer.Argument(help="条目编号，可给多个；有一个不成，全部不做")]
Reason = Annotated[str, typer.Option(help="原因")]


def _do(numbers: list[str], login: str, act: Callable[..., object], **given: object) -> None:
    """Do the act to each, in one transaction, and say where each stands then."""
    with desk_open() as desk:
        told = []
        with desk.database.write.begin() as session:
            actor = actor_of(session, login)
            for number in numbers:
                act(session, desk.district, number, actor=actor, now=desk.now(), **given)
                article = articles.get(session, number)
                found = views.whole(session, desk.district, article, actor, on=desk.today())
                written = found["being_written"]
                beside = f"，第 {written['version']} 版{written['status_label']}" if written else ""
                told.append(f"{number} {found['state_label']}{beside}")
    for line in told:
        say(line)


def submit(numbers: Numbers, login: As) -> None:
    """提交审核。"""
    _do(numbers, login, lifecycle.submit)


def publish(
    numbers: Numbers, login: As, at: Annotated[str, typer.Option(help="定时发布，如 2026-04-01T08:00，按本区时间")] = ""
) -> None:
    """发布已提交审核的版本；须由未参与编写的知识管理员进行。"""

    def out(session: Session, district: District, number: str, **given: Any) -> object:
        publish_at = _moment(at, district.calendars.zone) if at else None
        return lifecycle.publish(session, district, number, publish_at=publish_at, **given)

    _do(numbers, login, out)


def _moment(text: str, zone: tzinfo) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as problem:
        raise Refused(f"--at 应为 YYYY-MM-DDTHH:MM，给出的是 {text}") from problem
    return found if found.tzinfo else found.replace(tzinfo=zone)


def send_back(number: Number, login: As, reason: Reason = "") -> None:
    """把待审或待发布的版本退回修改。"""
    _do([number], login, lifecycle.send_back, reason=reason)


def withdraw(number: Number, login: As, reason: Reason = "") -> None:
    """撤下已发布的条目，立即不再用于答复。"""
    _do([number], login, lifecycle.withdraw, reason=reason)


def confirm(
    numbers: Numbers, login: As, review_due: Annotated[str, typer.Option(help="下次复核日期 YYYY-MM-DD")] = ""
) -> None:
    """确认内容仍然正确，并定下次复核日期（不填为一年后）。"""
    _do(numbers, login, lifecycle.confirm, review_due=day(review_due, "--review-due"))


def discard(number: Number, login: As, reason: Reason = "") -> None:
    """舍弃没有发布的草稿，现行内容不变；30 天内可以取回。"""
    _do([number], login, discarding.discard, reason=reason)


def restore(number: Number, login: As) -> None:
    """取回舍弃的草稿。"""
    _do([number], login, discarding.restore)


def history(number: Number, as_json: AsJson = False) -> None:
    """条目的经过：谁在何时对哪一版做了什么，原因。"""
    with desk_open() as desk, desk.database.read() as session:
        rows = [views.act_json(act) for act in versions.history(session, number)]
        zone = desk.district.calendars.zone
    if as_json:
        print_json(rows)
        return
    lines = [
        (f"{row['at'].astimezone(zone):%Y-%m-%d %H:%M}", row["version"], row["label"], row["by_name"], row["reason"])
        for row in rows
    ]
    table(lines, ("时间", "版本", "操作", "操作人", "原因"))


def as_of(
    number: Number, on: Annotated[str, typer.Argument(metavar="DAY", help="日期 YYYY-MM-DD")], as_json: AsJson = False
) -> None:
    """条目在某一天的内容：当日终了时已发布且在有效期内的版本。"""
    with desk_open() as desk, desk.database.read() as session:
        asked = day(on, "DAY")
        if asked is None:
            raise Refused("请给出日期 YYYY-MM-DD")
        found = versions.as_of(session, number, asked, zone=desk.district.calendars.zone)
        whole = views.version_whole(found) if found is not None else None
    if as_json:
        print_json(whole)
    elif whole is None:
        say(f"{number} 在 {on} 没有有效的版本")
    else:
        table([(label, whole[name]) for name, label in content.LABELS.items() if whole[name]], ("项目", "内容"))


def diff(
    number: Number,
    before: Annotated[int | None, typer.Argument(help="旧版本号，默认为最新一版的前一版")] = None,
    after: Annotated[int | None, typer.Argument(help="新版本号，默认为最新一版")] = None,
    as_json: AsJson = False,
) -> None:
    """两个版本的差别，按项目、按句；- 为删去，+ 为新增。"""
    with desk_open() as desk:
        found = _differences(desk, number, before, after)
    if as_json:
        print_json(found)
        return
    print(f"{number} 第 {found['from']} 版 → 第 {found['to']} 版")
    for field in found["fields"]:
        print(field["label"])
        for piece in field["pieces"]:
            print({"same": "  ", "removed": "- ", "added": "+ "}[piece["kind"]] + piece["text"].rstrip("\n"))


def _differences(desk: Desk, number: str, before: int | None, after: int | None) -> dict[str, Any]:
    with desk.database.read() as session:
        latest = versions.listed(session, number)[0].version
        new = versions.one(session, number, after or latest)
        old = versions.one(session, number, before or max(1, new.version - 1))
        return views.difference_json(old, new)


def add_to(group: typer.Typer) -> None:
    """Add the commands to ``articles``."""
    for command in (submit, publish, send_back, withdraw, confirm, discard, restore, history, as_of, diff):
        group.command(command.__name__.replace("_", "-"))(command)
