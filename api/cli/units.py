"""``yingsheng units``: the units of the pack, and carrying out their changes."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from api import people_views as views
from api.cli.output import AsJson, desk_open, print_json, say, table
from api.cli.staff_import import OPERATOR
from casework import unit_handovers

app = typer.Typer(help="承办单位", no_args_is_help=True)


@app.command("list")
def list_(
    ended: Annotated[bool, typer.Option("--ended", help="只列已定撤并的")] = False,
    as_json: AsJson = False,
) -> None:
    """列出单位；已撤并的附日期和承接单位。"""
    with desk_open() as desk:
        changes, units = desk.district.unit_changes, desk.district.units
        rows: list[dict[str, Any]] = []
        for unit in units:
            day = changes.ended_on(unit.code)
            if ended and day is None:
                continue
            heirs = [change.target for change in changes.changes_of(unit.code) if change.target]
            rows.append({"code": unit.code, "name": unit.name, "kind": unit.kind, "ended_on": day, "successors": heirs})
    if as_json:
        print_json(rows)
        return
    lines = [(r["code"], r["name"], r["ended_on"] or "", "、".join(r["successors"])) for r in rows]
    table(lines, ("代码", "名称", "撤并日期", "承接单位"))


@app.command("apply-changes")
def apply_changes(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只看将移交什么")] = False,
    as_json: AsJson = False,
) -> None:
    """按 unit_changes.csv 把已撤并单位的在办件和人员移交承接单位；可以反复执行。"""
    with desk_open() as desk:
        district, now = desk.district, desk.now()
        with desk.database.read() as session:
            found = [views.due(district, each) for each in unit_handovers.due(session, district, now=now)]
        if not dry_run and found:
            with desk.database.write.begin() as session:
                unit_handovers.apply(session, district, actor=OPERATOR, now=now)
    if as_json:
        print_json({"applied": not dry_run, "units": found})
        return
    lines = [
        (unit["unit"]["name"], (each["to"] or {}).get("name", "无承接单位，请人工改派"), len(each["numbers"]))
        for unit in found
        for each in unit["cases"]
    ]
    table(lines, ("撤并单位", "移交给", "办件数"))
    people = sum(len(unit["staff"]) for unit in found if unit["staff_to"])
    say(f"{'将移交' if dry_run else '已移交'} {sum(line[2] for line in lines)} 件，人员 {people} 名")
