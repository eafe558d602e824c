"""``yingsheng city``: the city's orders, what waits to be uploaded to its platform, and its categories without ours."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.city_uploads import CITY, sheet_of
from api.cli.cases import As, actor_of
from api.cli.on_record import record
from api.cli.output import AsJson, desk_open, print_json, say, table
from casework import city_reports, tickets
from storage import uploads

app = typer.Typer(help="市平台工单", no_args_is_help=True)


@app.command()
def orders(as_json: AsJson = False) -> None:
    """在办的市平台工单，时限近的在前。"""
    with desk_open() as desk, desk.database.read() as session:
        rows = [
            {
                "number": each.number,
                "ticket": each.ticket.number,
                "category": each.category,
                "mapped": each.mapped,
                "deadline_at": each.deadline_at,
                "return_state": each.return_state,
                "extension_state": each.extension_state,
            }
            for each in city_reports.open_orders(session, limit=2000)
        ]
    if as_json:
        print_json(rows)
    else:
        heads = ("市平台编号", "工单", "时限", "市平台分类", "本区分类")
        table([(r["number"], r["ticket"], r["deadline_at"] or "", r["category"], r["mapped"]) for r in rows], heads)


@app.command()
def unmapped(as_json: AsJson = False) -> None:
    """没有对应到本区分类的市平台分类，多的在前。先按现在的对应表重新查一遍。"""
    with desk_open() as desk, desk.database.write.begin() as session:
        found = city_reports.map_anew(session, desk.district)
        rows = [
            {"category": each.category, "orders": each.orders, "last": each.last}
            for each in city_reports.unmapped(session)
        ]
    if found:
        say(f"{found} 件工单的分类现在有了对应")
    if as_json:
        print_json(rows)
    else:
        table([(r["category"], r["orders"], r["last"]) for r in rows], ("市平台分类", "工单数", "最近一件"))


@app.command()
def upload(
    target: Annotated[Path, typer.Argument(help="写到这个 XLSX 文件")],
    mark: Annotated[bool, typer.Option("--mark", help="同时记为已上传")] = False,
) -> None:
    """把待上传的办理动作写成表格，供上传市平台。"""
    with desk_open() as desk, desk.database.write.begin() as session:
        waiting = uploads.waiting(session, CITY)
        target.write_bytes(sheet_of(waiting))
        if mark:
            uploads.mark_uploaded(session, [each.id for each in waiting], now=desk.now())
        record(session, desk, "export_city_upload", "deliveries", "", count=len(waiting), marked=mark)
    say(f"{len(waiting)} 项已写入 {target}" + ("，记为已上传" if mark else ""))


@app.command("return")
def return_(
    ticket: Annotated[str, typer.Argument(help="工单编号")],
    text: Annotated[str, typer.Option(help="理由")],
    user: As,
) -> None:
    """申请把工单退回市平台。"""
    with desk_open() as desk, desk.database.write.begin() as session:
        actor = actor_of(session, user)
        found = tickets.get_ticket(session, desk.district, ticket, actor)
        city_reports.ask_return(session, desk.district, found, actor=actor, text=text, now=desk.now())
    say("已向市平台申请退回，等待批复")
