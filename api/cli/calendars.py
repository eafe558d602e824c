"""``yingsheng calendars``: which years are published, and open deadlines counted anew when days off were announced."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from api.cli.cases import actor_of
from api.cli.output import AsJson, Refused, desk_open, print_json, say, table
from api.desk import Desk
from casework import recounting
from casework.recounting import Moved
from casework.tables import Case
from district.calendar import published_years

app = typer.Typer(help="日历与放假安排", no_args_is_help=True)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """各日历的开放时间，及已载入放假安排的年度。"""
    with desk_open() as desk:
        rows: list[dict[str, Any]] = [
            {
                "name": each.name,
                "label": each.label,
                "holidays": each.rule.holidays,
                "published_years": sorted(each.certain_years or ()),
                "stated_years": sorted(each.rule.years),
            }
            for each in desk.district.calendars
        ]
    if as_json:
        print_json(rows)
        return
    known = sorted(published_years())
    say(f"chinesecalendar 含 {known[0]}—{known[-1]} 年")
    lines = [
        (row["name"], row["label"], "计" if row["holidays"] else "不计", "、".join(map(str, row["stated_years"])))
        for row in rows
    ]
    table(lines, ("日历", "名称", "节假日", "本区补充的年度"))


@app.command("recount")
def recount(
    login: Annotated[str, typer.Option("--as", help="以哪位用户的身份操作")] = "",
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只列出会改变的时限，不改")] = False,
    as_json: AsJson = False,
) -> None:
    """放假安排公布后重算未办结的时限，记入办件并提醒承办单位；可重复运行。"""
    if not login and not dry_run:
        raise Refused("请用 --as 写明以哪位用户的身份重算，或加 --dry-run 只看会改变哪些时限")
    with desk_open() as desk:
        with desk.database.read() as session:
            moved = recounting.find_moved(session, desk.district)
        if not dry_run:
            moved = _recount(desk, moved, login)
        zone = desk.district.calendars.zone
    if as_json:
        print_json({"moved": [asdict(each) for each in moved], "done": not dry_run})
        return
    say(f"{len(moved)} 个时限{'会改变' if dry_run else '已重算'}")
    lines = [
        (each.number, each.clock, *(f"{at.astimezone(zone):%Y-%m-%d %H:%M}" for at in (each.before, each.after)))
        for each in moved
    ]
    table(lines, ("办件", "时限", "原到期", "现到期"))


def _recount(desk: Desk, found: list[Moved], login: str) -> list[Moved]:
    """Case by case, each in a transaction of its own; what another process counted meanwhile is not counted twice."""
    done: list[Moved] = []
    with desk.database.write.begin() as session:
        actor = actor_of(session, login)
        recounting.check_may_recount(actor)
    for case_id in dict.fromkeys(each.case_id for each in found):
        with desk.database.write.begin() as session:
            case = session.get_one(Case, case_id)
            done += recounting.recount(session, desk.district, case, actor=actor, now=desk.now())
    return done
