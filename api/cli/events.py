"""``yingsheng events``: mass events, their tickets and curves."""

from __future__ import annotations

from typing import Annotated

import typer

from api import event_views as views
from api.cli.cases import READER
from api.cli.output import AsJson, desk_open, print_json, table
from casework import event_list
from casework.event_list import Show
from casework.reading import Reader

app = typer.Typer(help="群体事件", no_args_is_help=True)
ALL = 10_000
WORDS = {True: "已结束", False: "进行中"}


@app.command("list")
def list_(
    show: Annotated[Show, typer.Option(help="open 进行中，over 已结束，all 全部")] = "all",
    days: Annotated[int, typer.Option(help="最近多少天内有人反映的", min=1, max=3660)] = event_list.DAYS,
    as_json: AsJson = False,
) -> None:
    """列出群体事件，最近有人反映的在前。"""
    with desk_open() as desk, desk.database.read() as session:
        now = desk.now()
        found, _ = event_list.mass_events(session, desk.district, READER, now=now, show=show, days=days, limit=ALL)
        rows = views.listed(session, desk.district, found, now=now)
    if as_json:
        print_json(rows)
        return
    lines = [
        (
            row["number"],
            WORDS[row["over"]],
            row["reporters"],
            row["tickets"],
            row["place"],
            "/".join(row["category"]["path"]) if row["category"] else "",
            row["first_at"].isoformat(timespec="minutes"),
            row["last_at"].isoformat(timespec="minutes"),
        )
        for row in rows
    ]
    table(lines, ("事件", "状态", "人数", "工单", "地点", "分类", "首次反映", "最近反映"))


@app.command()
def show(key: Annotated[str, typer.Argument(help="事件编号或 id")], as_json: AsJson = False) -> None:
    """查看一个事件：反映人数的曲线和它的工单。"""
    with desk_open() as desk, desk.database.read() as session:
        event = event_list.get(session, key, READER)
        found = views.whole(session, Reader(desk.district, READER), event, now=desk.now(), limit=ALL)
    if as_json:
        print_json(found)
        return
    for bar in found["curve"]:
        print(f"{bar['from']:%m-%d %H:%M}\t{bar['reporters']}\t{'▮' * bar['reporters']}")
    lines = [
        (each["number"], each["channel"], each["state_label"], each["why_not"], each["title"] or each["text"][:60])
        for each in found["items"]
    ]
    table(lines, ("工单", "渠道", "状态", "不能并单的原因", "内容"))
