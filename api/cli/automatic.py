"""``yingsheng automatic``: automatic dispatch by category, its figures and its switches."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from api import automatic_views as views
from api.cli.cases import As, actor_of
from api.cli.output import AsJson, desk_open, print_json, say, table
from casework import automatic, automatic_figures

app = typer.Typer(help="自动派单", no_args_is_help=True)
Category = Annotated[str, typer.Argument(help="三级分类代码")]
Reason = Annotated[str, typer.Option(help="原因")]


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """各分类的对照数、自动派出数和开关。"""
    with desk_open() as desk, desk.database.read() as session:
        found = automatic_figures.figures(session)
        rows = [views.figures_json(desk.district, found[code]) for code in sorted(found)]
    if as_json:
        print_json(rows)
        return
    heads = ("代码", "分类", "开关", "对照数", "一致", "准确率下限", "自动派出", "已判定", "有误", "可否开启")
    table([_line(row) for row in rows], heads)


def _line(row: dict[str, Any]) -> tuple[object, ...]:
    shadow, sent = row["shadow"], row["automatic"]
    lower = f"{shadow['wilson']['lower']:.4f}" if shadow["wilson"] else "无数据"
    return (
        row["category"]["code"],
        "/".join(row["category"]["path"]),
        "开" if row["on"] else "关",
        shadow["n"],
        shadow["right"],
        lower,
        sent["n"],
        sent["reviewed"],
        sent["wrong"],
        "可以" if row["eligible"] else "；".join(row["why_not"]),
    )


def _turn(category: str, reason: str, login: str, *, on: bool, as_json: bool) -> None:
    with desk_open() as desk, desk.database.write.begin() as session:
        actor = actor_of(session, login)
        automatic.turn(session, desk.district, category, on=on, reason=reason, actor=actor, now=desk.now())
        session.flush()
        found = automatic_figures.figures(session, category=category)[category]
        document = views.figures_json(desk.district, found)
    if as_json:
        print_json(document)
    else:
        say(f"“{'/'.join(document['category']['path'])}”的自动派单现在是{'开' if on else '关'}")


@app.command("on")
def on_(category: Category, login: As, reason: Reason, as_json: AsJson = False) -> None:
    """开启一类的自动派单；对照数不够的不能开启。"""
    _turn(category, reason, login, on=True, as_json=as_json)


@app.command("off")
def off(category: Category, login: As, reason: Reason, as_json: AsJson = False) -> None:
    """关闭一类的自动派单；随时可以。"""
    _turn(category, reason, login, on=False, as_json=as_json)
