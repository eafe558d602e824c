"""``yingsheng evaluate``: measure triage and search on files; nothing of the home's database is looked at."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.output import AsJson, Refused, print_json, told
from api.desk import pack_folder
from api.settings import Settings

if TYPE_CHECKING:
    from triage.request_type import RequestTypes

app = typer.Typer(help="评测", no_args_is_help=True)


@app.command()
def triage(
    test: Annotated[Path, typer.Option(help="测试文件（JSON Lines，可 .gz）")],
    train: Annotated[list[Path] | None, typer.Option(help="训练文件，可重复")] = None,
    target: Annotated[str, typer.Option(help="category、unit 或 request_type")] = "category",
    taxonomy: Annotated[Path | None, typer.Option(help="冷启动：分类表 CSV，代替 --train")] = None,
    labels: Annotated[str, typer.Option(help="冷启动：只用这些标签，逗号分隔")] = "",
    unlabelled: Annotated[list[Path] | None, typer.Option(help="无标签文本文件，可重复：词义由此学得")] = None,
    as_json: AsJson = False,
) -> None:
    """在第一组文件上训练，在第二个文件上衡量。"""
    from triage.evaluation import evaluate_triage
    from triage.examples import FIELDS

    if target not in FIELDS:
        raise typer.BadParameter(f"--target 应为 {'、'.join(FIELDS)} 之一")
    if bool(train) == bool(taxonomy):
        raise typer.BadParameter("--train 与 --taxonomy 必须且只能给出一个")
    with told():
        document = evaluate_triage(
            train or [],
            test,
            target=target,
            taxonomy=taxonomy,
            labels=[label.strip() for label in labels.split(",") if label.strip()] or None,
            unlabelled=unlabelled or [],
            kinds=_kinds() if target == "request_type" and train else None,
        )
    _print(document, as_json=as_json)


def _kinds() -> RequestTypes:
    """The request types of the pack in use; its example sentences teach other kinds too."""
    from district.pack import load
    from triage.request_type import RequestTypes

    district = load(pack_folder(Settings().pack))
    return RequestTypes(district.request_types, district.examples)


@app.command()
def search(
    articles: Annotated[Path, typer.Option(help="文章文件（JSON Lines，可 .gz）")],
    queries: Annotated[Path, typer.Option(help="查询文件（JSON Lines，可 .gz）")],
    pairs: Annotated[Path | None, typer.Option(help="问题与其答案，用于拟合排序")] = None,
    engine: Annotated[str, typer.Option(help="检索引擎")] = "auto",
    as_json: AsJson = False,
) -> None:
    """建索引、提问、衡量。"""
    from knowledge.evaluation import evaluate_search

    with told(), tempfile.TemporaryDirectory(prefix="yingsheng-") as home:
        document = evaluate_search(articles, queries, pairs=pairs, engine=engine, home=Path(home))
    _print(document, as_json=as_json)


def _print(document: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        print_json(document)
        return
    for name, value in document.items():
        if name != "per_class":
            print(f"{name}\t{value}")
    if not document:
        raise Refused("没有结果")
