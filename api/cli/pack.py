"""``yingsheng pack check``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.output import AsJson, Refused, desk_open, print_json, say, told
from api.desk import pack_folder
from api.settings import Settings

app = typer.Typer(help="区情数据包", no_args_is_help=True)

COUNTED = {
    "streets": "街道",
    "communities": "社区",
    "bureaus": "委办局",
    "utilities": "公共服务企业",
    "categories_1": "一级分类",
    "categories_2": "二级分类",
    "categories_3": "三级分类",
    "directory_lines": "派单目录条目",
    "places": "地名",
    "city_categories": "市平台分类对应",
    "transitions": "流转",
    "requests": "申请种类",
    "clocks": "时限",
    "calendars": "日历",
    "request_types": "诉求类型",
    "urgency_rules": "紧急规则",
    "templates": "消息模板",
    "rates": "指标",
    "articles": "知识条目",
    "samples": "样例诉求",
}


@app.command()
def check(
    folder: Annotated[Path | None, typer.Argument(help="数据包目录，默认当前设置的数据包")] = None,
    graph: Annotated[Path | None, typer.Option(help="把流程图画到这个文件：.svg 或 .mmd（Mermaid）")] = None,
    against_database: Annotated[
        bool, typer.Option("--against-database", help="再核对在办件：数据包取消的状态是否仍有办件")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """校验数据包；每个错误给出文件和行号。"""
    from district.checks import check as check_pack

    with told():
        chosen = folder or pack_folder(Settings().pack)
        report = check_pack(chosen)
    if as_json:
        print_json(report.as_json())
    else:
        for problem in report.problems:
            print(problem)
        for name, number in report.counts.items():
            print(f"{COUNTED[name]}\t{number}")
    if report.problems:
        raise Refused(f"{chosen} 有 {len(report.problems)} 处问题")
    with told():
        if graph is not None:
            _draw(chosen, graph)
    if against_database:
        _check_states(chosen)


def _draw(folder: Path, file: Path) -> None:
    """The workflow as the file's suffix says."""
    from api import rule_changing
    from district.pack import load

    ways = {".svg": rule_changing.picture, ".mmd": rule_changing.as_text}
    if file.suffix.lower() not in ways:
        raise Refused(f"--graph 的文件须以 .svg 或 .mmd 结尾，给出的是 {file.name}")
    file.write_text(ways[file.suffix.lower()](load(folder)), encoding="utf-8")
    say(f"流程图已画到 {file}")


def _check_states(folder: Path) -> None:
    """Refused where open cases stand in states that this pack has no more."""
    from api import rule_changing
    from district.pack import load

    with desk_open() as desk:
        in_use = rule_changing.states_in_use(desk, load(folder))
    if in_use:
        raise Refused("；".join(in_use))
    say("数据包的流程包含所有在办件的状态")
