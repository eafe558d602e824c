"""``yingsheng dialogue test``: the pack's golden dialogues, played."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.output import Refused, desk_open, dump
from api.golden import play as playing
from api.golden import script as scripts
from api.golden.play import Played

app = typer.Typer(no_args_is_help=True, help="会话脚本")


@app.command("test")
def play(
    folder: Annotated[Path | None, typer.Argument(help="脚本所在目录；默认为数据包的 dialogues/")] = None,
    only: Annotated[str, typer.Option(help="只演名称里含有这些字的脚本")] = "",
    show: Annotated[bool, typer.Option("--show", help="把每一轮说了什么也打印出来")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出一份 JSON")] = False,
) -> None:
    """把会话脚本逐个演一遍，与写明的回话核对；在临时库里进行，不动现有数据。"""
    with desk_open() as desk:
        place = folder or desk.district.folder / "dialogues"
        try:
            found = [each for each in scripts.read(place) if only in each.script.name]
        except scripts.BadScript as problem:
            raise Refused(str(problem)) from None
        results: list[tuple[str, Played]] = []
        with playing.scratch(desk) as stage:
            for placed, played in zip(found, playing.play(stage, [each.script for each in found]), strict=True):
                results.append((placed.file, played))
                print(f"\r{len(results)}/{len(found)}", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
    failed = sum(bool(played.faults) for _, played in results)
    if as_json:
        print(dump(_document(results, failed)))
    else:
        _print(results, show=show)
        print(f"{len(results)} 个脚本，{len(results) - failed} 个通过，{failed} 个不符")
    if failed:
        raise typer.Exit(1)


def _print(results: list[tuple[str, Played]], *, show: bool) -> None:
    for file, played in results:
        if played.faults or show:
            print(f"{'×' if played.faults else '✓'} {file} {played.script.name}")
        for line in played.lines if show else ():
            print(f"    {line}")
        for fault in played.faults:
            print(f"  ! {fault}")


def _document(results: list[tuple[str, Played]], failed: int) -> dict[str, Any]:
    return {
        "played": len(results),
        "failed": failed,
        "dialogues": [
            {"file": file, "name": played.script.name, "faults": played.faults, "turns": played.lines}
            for file, played in results
        ],
    }
