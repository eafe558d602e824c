"""``yingsheng rates``."""

from __future__ import annotations

from typing import Annotated

import typer

from api import views
from api.cli.output import AsJson, day, desk_open, print_json, table
from api.periods import span
from casework import rates as figures
from district import formulas


def rates(
    by: Annotated[str, typer.Option(help="unit、street、category 或 channel")] = "unit",
    first: Annotated[str, typer.Option("--from", help="第一天 YYYY-MM-DD")] = "",
    last: Annotated[str, typer.Option("--to", help="最后一天 YYYY-MM-DD")] = "",
    successors: Annotated[bool, typer.Option("--successors", help="已撤并的单位计入承接单位")] = False,
    as_json: AsJson = False,
) -> None:
    """三率及其他指标，附分子、分母和公式版本；不给日期时为当前考核周期。"""
    with desk_open() as desk:
        zone = desk.district.calendars.zone
        start, end = span(desk, day(first, "--from"), day(last, "--to"))
        with desk.database.read() as session:
            found = figures.compute(session, desk.district, start=start, end=end, by=by, successors=successors)
            document = views.rates_json(found)
        labels = {rate.name: rate.label for rate in desk.district.formulas.rates}
    if as_json:
        print_json(document)
        return
    since, until = (f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" for moment in (start, end))
    print(f"公式 {found.formula_version}  {since} 至 {until}")
    rows = [
        (
            row.name or "合计",
            row.tickets,
            *(formulas.percent(row.rates[name].value) for name in labels),
            formulas.points(row.composite),
        )
        for row in (*found.rows, found.pooled)
    ]
    table(rows, ("分组", "工单", *labels.values(), "综合"))


def add_to(app: typer.Typer) -> None:
    """Add ``rates``."""
    app.command()(rates)
