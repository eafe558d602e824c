"""``yingsheng pack check``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.output import AsJson, Refused, print_json, say, told
from api.desk import pack_folder
from api.settings import Settings

app = typer.Typer(help="区情数据包", no_args_is_help=True)


@app.command()
def check(
    folder: Annotated[Path | None, typer.Argument(help="数据包目录，默认当前设置的数据包")] = None,
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
            say(str(problem))
        for name, number in report.counts.items():
            print(f"{name}\t{number}")
    if report.problems:
        raise Refused(f"{chosen} 有 {len(report.problems)} 处问题")
