"""看板: today's numbers, the three rates and the shapes behind them; every number opens to its cases."""

from __future__ import annotations

import re
import time
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.auth import CurrentDesk, CurrentVisitor, Visitor
from api.board_figures import PATIENCE, Computed, Moment
from api.desk import Desk
from api.errors import NotFound
from api.periods import YEARS
from api.web import charts, rate_words, render
from api.web import overview_panels as shown
from api.web.overview_panels import Chosen, Panel
from casework import board_behind, event_list, tickets
from casework.board_figures import Period
from casework.deadline_errors import PeriodNotStarted
from casework.errors import BadPeriod
from casework.reading import Reader
from casework.tables import Ticket
from district import formulas

router = APIRouter()

Month = Annotated[str, Query(pattern=r"^(\d{4}-\d{2})?$")]
By = Literal["unit", "street", "top_category"]
Step = Literal["day", "week"]
WAIT = 30.0
"""Seconds that the charts' data waits for the first figures of all."""
OFFERED = 12
"""Periods offered for choice."""


def chosen_of(desk: Desk, period: str, by: str, step: str, *, excluded: bool) -> Chosen:
    """What is asked for; the current period where none is. Raises ``BadPeriod`` and ``PeriodNotStarted``."""
    rules, zone = desk.district.formulas, desk.district.calendars.zone
    current = formulas.period_month(desk.now(), rules, zone)
    return Chosen(month_of(period, current), by, step, excluded)


def month_of(period: str, current: tuple[int, int]) -> tuple[int, int]:
    """The month that an address names, or the current one. Raises ``BadPeriod`` and ``PeriodNotStarted``."""
    found = re.fullmatch(r"(\d{4})-(\d{2})", period)
    if found is None:
        return current
    month = (int(found[1]), int(found[2]))
    if not 1 <= month[1] <= 12 or not YEARS[0] < month[0] <= YEARS[1]:
        raise BadPeriod(period, period)
    if month > current:
        raise PeriodNotStarted(period)
    return month


class View:
    """The board as one reader asked for it; what is not computed within ``patience`` seconds in all is None."""

    def __init__(self, desk: Desk, who: Visitor, chosen: Chosen, patience: float = PATIENCE) -> None:
        self.desk, self.who, self.chosen = desk, who, chosen
        ends = time.monotonic() + patience
        self._period(patience=0)  # it is begun beside the other
        self.moment: Computed[Moment] | None = desk.board_figures.moment(patience=patience)
        self.period = self._period(patience=max(0.0, ends - time.monotonic()))

    def _period(self, *, patience: float) -> Computed[Period] | None:
        return self.desk.board_figures.period(self.chosen.month, with_excluded=self.chosen.excluded, patience=patience)

    @property
    def is_ready(self) -> bool:
        """Whether there is anything to show."""
        return self.moment is not None and self.period is not None

    @property
    def is_behind(self) -> bool:
        """Whether something was written that a number or a chart does not count yet."""
        tip = self.desk.feed.tip()
        return any(each is not None and each.tip < tip for each in (self.moment, self.period))

    def panels(self) -> dict[str, Panel]:
        """All panels by key; none while they are computed."""
        if self.moment is None or self.period is None:
            return {}
        return shown.panels(self.desk.district, self.chosen, self.moment.figures.figures, self.period.figures)

    def numbers(self) -> list[dict[str, Any]]:
        """The six numbers; none while they are computed."""
        return shown.numbers(self.moment.figures.figures) if self.moment is not None else []

    def computed(self) -> str:
        """When it was computed, in words."""
        if self.moment is None or self.period is None:
            return "正在统计，几秒后自动显示"
        zone = self.desk.district.calendars.zone
        first, second = (f"{each.at.astimezone(zone):%H:%M:%S}" for each in (self.moment, self.period))
        return f"统计于 {first}" if first == second else f"数字统计于 {first}，图表统计于 {second}"

    def beside(self, session: Session) -> dict[str, Any]:
        """Emergencies and mass events as this reader may see them."""
        if self.moment is None:
            return {"emergencies": [], "events": [], "who_sees_events": False}
        reader = Reader(self.desk.district, self.who.actor)
        keys = self.moment.figures.figures.emergencies
        query = select(Ticket).where(Ticket.id.in_(keys)).options(*tickets.what_masking_asks(reader))
        rows = session.scalars(query.order_by(Ticket.id.desc())) if keys else ()
        emergencies = [
            (each, reader.listed(each).text(each.title or each.text)[:60], tickets.how_far(self.desk.district, each))
            for each in rows
        ]
        may_see = self.who.actor.role in event_list.SEES
        return {"emergencies": emergencies, "events": self._events() if may_see else [], "who_sees_events": may_see}

    def _events(self) -> list[dict[str, Any]]:
        taxonomy = self.desk.district.taxonomy
        return [
            {
                "key": each.key,
                "name": each.about.place or "地点不详",
                "matter": taxonomy.get(each.about.category).name if each.about.category in taxonomy else "分类未定",
                "reporters": each.reporters,
                "last_at": each.last_at,
                "spark": charts.sparkline([bar.reporters for bar in each.about.curve]),
                "most": max((bar.reporters for bar in each.about.curve), default=0),
            }
            for each in (self.moment.figures.events if self.moment is not None else ())
        ]

    def words(self) -> dict[str, Any]:
        """What the page says of the period, and what it offers instead."""
        rules, zone = self.desk.district.formulas, self.desk.district.calendars.zone
        current = formulas.period_month(self.desk.now(), rules, zone)
        start, end = formulas.month_period(*self.chosen.month, rules, zone)
        offered = shown.month_choices(max(current, self.chosen.month), OFFERED)
        listed = offered if self.chosen.month in offered else [*offered, self.chosen.month]
        return {
            "months": [(f"{year}-{month:02d}", f"{year} 年 {month} 月") for year, month in listed],
            "told": rate_words.period(self.desk, start, end),
            "day": self.moment.figures.figures.start if self.moment is not None else None,
            "elsewhere": self._elsewhere(),
        }

    def _elsewhere(self) -> str:
        """The last period before that has tickets, where the chosen one has none."""
        if self.period is None or self.period.figures.course[-1][1].tickets:
            return ""
        found = [month for month, row in self.period.figures.course if row.tickets]
        return f"{found[-1][0]}-{found[-1][1]:02d}" if found else ""


def waited_for(desk: Desk, who: Visitor, chosen: Chosen) -> View:
    """The board once there is one: only who would have nothing to show waits for long."""
    view = View(desk, who, chosen)
    return view if view.is_ready else View(desk, who, chosen, patience=WAIT)


@router.get("/board")
async def show(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    period: Month = "",
    by: By = "street",
    step: Step = "day",
    excluded: bool = False,  # noqa: FBT001, FBT002  (a query parameter)
    wall: bool = False,  # noqa: FBT001, FBT002  (a query parameter)
) -> Response:
    """The board; ``wall`` is for a screen that hangs there: large, without a menu, renewed by itself."""
    board_behind.check_may_see(who.actor)

    def read() -> HTMLResponse:
        chosen = chosen_of(desk, period, by, step, excluded=excluded)
        view = View(desk, who, chosen)
        with desk.database.read() as session:
            beside = view.words() | view.beside(session)
        return render.page(
            request,
            "board_wall.html" if wall else "board.html",
            who,
            view=view,
            chosen=chosen,
            panels=view.panels(),
            numbers=view.numbers(),
            groupings=shown.BY_LABELS,
            steps=shown.STEP_LABELS,
            missing=view.moment.figures.missing if view.moment is not None else None,
            tip=desk.feed.tip(),
            three=shown.three(desk.district),
            **beside,
        )

    return await run_in_threadpool(read)


@router.get("/board/data")
async def data(
    desk: CurrentDesk,
    who: CurrentVisitor,
    request: Request,
    period: Month = "",
    by: By = "street",
    step: Step = "day",
    excluded: bool = False,  # noqa: FBT001, FBT002  (a query parameter)
) -> Response:
    """What the charts draw, and the numbers as of now: one answer for the whole page."""
    board_behind.check_may_see(who.actor)

    def read() -> dict[str, Any]:
        chosen = chosen_of(desk, period, by, step, excluded=excluded)
        view = waited_for(desk, who, chosen)
        with desk.database.read() as session:
            beside = view.beside(session)
        aside = render.environment().get_template("board_beside.html").render(render.shared(request) | beside)
        pooled = view.period.figures.tables[by].pooled if view.period is not None else None
        return {
            "ready": view.is_ready,
            "behind": view.is_behind,
            "computed": view.computed(),
            "numbers": {each["key"]: each["count"] for each in view.numbers()},
            "rates": {name: formulas.percent(each.value) for name, each in pooled.rates.items()} if pooled else {},
            "score": formulas.points(pooled.composite) if pooled else "",
            "panels": {key: {**panel.data, "empty": not panel.rows} for key, panel in view.panels().items()},
            "beside": aside,
        }

    return JSONResponse(await run_in_threadpool(read), headers={"cache-control": "no-store"})


@router.get("/board/table")
async def table(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    panel: Annotated[str, Query(max_length=20)],
    period: Month = "",
    by: By = "street",
    step: Step = "day",
    excluded: bool = False,  # noqa: FBT001, FBT002  (a query parameter)
) -> Response:
    """The table of one chart: a piece for the board, and a page of its own for who has no script."""
    board_behind.check_may_see(who.actor)

    def read() -> HTMLResponse:
        chosen = chosen_of(desk, period, by, step, excluded=excluded)
        view = waited_for(desk, who, chosen)
        found = view.panels().get(panel)
        if found is None:
            raise NotFound(f"看板上没有“{panel}”这张图")
        values: dict[str, Any] = {"panel": found, "chosen": chosen, "computed": view.computed()}
        if request.headers.get("hx-request"):
            return render.piece(request, "board_table_piece.html", **values)
        return render.page(request, "board_table.html", who, **values)

    return await run_in_threadpool(read)


@router.get("/board/map.json")
async def outlines(desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """The outlines of the streets, for the map; they change with the pack only."""
    board_behind.check_may_see(who.actor)
    found = desk.district.street_map
    if found is None:
        raise NotFound("规则包里没有街道地图")
    names = {each.code: each.short_name or each.name for each in desk.district.units.streets}
    return JSONResponse(found.geojson(names), headers={"cache-control": "private, max-age=600"})
