"""``yingsheng duty``: the duty roster."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from api import people_views as views
from api.cli.output import AsJson, desk_open, print_json, say, table, told
from api.cli.staff_import import OPERATOR
from casework import duty, roster_lists

app = typer.Typer(help="值班", no_args_is_help=True)


@app.command("list")
def list_(
    days: Annotated[int, typer.Option(min=1, max=366, help="从现在起几天")] = 14, as_json: AsJson = False
) -> None:
    """列出今后的值班。"""
    with desk_open() as desk:
        now, zone = desk.now(), desk.district.calendars.zone
        with desk.database.read() as session:
            found = duty.roster(session, start=now, end=now + timedelta(days=days))
            rows = [views.shift(row, user) for row, user in found]
    if as_json:
        print_json(rows)
        return
    table(
        [
            (
                *(f"{r[at].astimezone(zone):%Y-%m-%d %H:%M}" for at in ("starts", "ends")),
                r["position"],
                r["name"],
                r["phone"],
            )
            for r in rows
        ],
        ("开始", "结束", "顺序", "值班人", "电话"),
    )


@app.command("import")
def import_(file: Annotated[Path, typer.Argument(help="CSV 或 XLSX：开始、结束、用户名、顺序、电话")]) -> None:
    """按表登记值班，有一行不对则全不登记。"""
    with told():
        content = file.read_bytes()
    with desk_open() as desk:
        shifts = roster_lists.read(content, desk.district)
        with desk.database.write.begin() as session:
            made = duty.enter(session, shifts, actor=OPERATOR, now=desk.now())
    say(f"已登记 {len(made)} 班")
