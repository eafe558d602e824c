"""晨报: an assessment day on paper and as a workbook, for the morning's meeting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from api.auth import CurrentDesk, CurrentVisitor, Visitor
from api.desk import Desk
from api.periods import YEARS, Day, given_day
from api.web import render
from api.web.board import sections
from api.web.overview_panels import three
from casework import board_behind, board_report, event_list, publication, tickets
from casework.board_report import Report
from casework.deadline_errors import PeriodNotStarted
from casework.errors import BadPeriod
from casework.reading import Reader
from district import formulas

router = APIRouter()
Row = Sequence[str]
NUMBERS = {
    "in": "来件",
    "closed": "办结",
    "late": "逾期",
    "emergency": "突发来件",
    "mass": "新增群体事件",
    "returned": "申请退单",
}


@dataclass(frozen=True, slots=True)
class Ranked:
    """A unit's place among its kind, and by how many places it rose since the day before; None: it had none."""

    section: str
    rank: int
    name: str
    score: Decimal | None
    shares: Sequence[str]
    rose: int | None

    @property
    def change(self) -> str:
        """In words."""
        if self.rose is None:
            return "新上榜"
        return "持平" if self.rose == 0 else f"升 {self.rose} 位" if self.rose > 0 else f"降 {-self.rose} 位"


class View:
    """One day's report as one reader sees it. Raises ``BadPeriod``, ``PeriodNotStarted`` and ``ProvisionalDays``."""

    def __init__(self, session: Session, desk: Desk, who: Visitor, asked: date | None) -> None:
        self.desk, self.zone = desk, desk.district.calendars.zone
        self.last = board_report.last_whole_day(desk.district, desk.now())
        day = asked or self.last
        if not YEARS[0] < day.year <= YEARS[1]:
            raise BadPeriod(str(asked), str(asked))
        if day > self.last:
            raise PeriodNotStarted(day.isoformat())
        self.found: Report = board_report.report(session, desk.district, day)
        publication.check_publishable(desk.district, start=self.found.period_start, end=self.found.end, now=desk.now())
        self.reader = Reader(desk.district, who.actor)
        self.sees_events = who.actor.role in event_list.SEES
        self.rates = three(desk.district)

    def numbers(self) -> list[tuple[str, int, int]]:
        """Label, number, and the number of the day before."""
        return [
            (label, self.found.numbers[key], self.found.before[key])
            for key, label in NUMBERS.items()
            if key != "mass" or self.sees_events
        ]

    def pooled(self) -> list[tuple[str, str, str]]:
        """Label, rate of the day, rate of the period up to the day's end, with what they are shares of."""
        day, so_far = self.found.of_day.pooled, self.found.so_far.pooled
        rows = [("综合得分", formulas.points(day.composite), formulas.points(so_far.composite))]
        for rate in self.desk.district.formulas.rates:
            cells = [
                f"{formulas.percent(each.rates[rate.name].value)}（{_parts(each.rates[rate.name])}）"
                for each in (day, so_far)
            ]
            rows.append((rate.label, cells[0], cells[1]))
        return rows

    def ranks(self) -> list[Ranked]:
        """Who has a score, kind by kind, with the places won or lost since the day before."""
        before = {row.key: rank for section in sections(self.found.day_before) for row, rank in section.rows if rank}
        return [
            Ranked(
                section.label,
                rank,
                row.name,
                row.composite,
                [formulas.percent(row.rates[name].value) for name, _ in self.rates],
                before[row.key] - rank if row.key in before else None,
            )
            for section in sections(self.found.so_far)
            for row, rank in section.rows
            if rank
        ]

    def late(self) -> list[dict[str, Any]]:
        """The cases that were late, the longest first."""
        return [
            {
                "number": each.case.number,
                "title": self.reader.title(each.case)[:60],
                "unit": self.unit(each.case.lead_unit or each.case.proposed_unit),
                "clock": each.clock.label,
                "due": each.clock.due_at,
                "by": _length(self.found.end - each.clock.due_at),
            }
            for each in self.found.late
        ]

    def emergencies(self) -> list[dict[str, Any]]:
        """The day's emergencies in the words that this reader may read."""
        return [
            {
                "number": each.number,
                "words": self.reader.listed(each).text(each.title or each.text)[:60],
                "state": tickets.how_far(self.desk.district, each),
                "at": each.opened_at,
                "street": self.unit(each.street),
            }
            for each in self.found.emergencies
        ]

    def events(self) -> list[dict[str, Any]]:
        """Mass events that were reported in the day."""
        taxonomy = self.desk.district.taxonomy
        return [
            {
                "key": event.number or event.id,
                "place": about.place or "地点不详",
                "matter": taxonomy.get(about.category).name if about.category in taxonomy else "分类未定",
                "reporters": event.reporters,
                "tickets": event.tickets,
                "first": event.first_at,
                "last": event.last_at,
            }
            for event, about in (self.found.events if self.sees_events else ())
        ]

    def unit(self, code: str) -> str:
        """A unit's name."""
        return self.desk.district.units.get(code).name if code in self.desk.district.units else "未定"

    def exact(self, at: datetime) -> str:
        """A moment for a cell."""
        return f"{at.astimezone(self.zone):%Y-%m-%d %H:%M}"


def _parts(value: formulas.RateValue) -> str:
    return "/".join(f"{number:f}".removesuffix(".0") for number in (value.numerator, value.denominator))


def _length(late: timedelta) -> str:
    days, hours = late.days, late.seconds // 3600
    return f"{days} 天 {hours} 小时" if days else f"{hours} 小时" if hours else "不到 1 小时"


@router.get("/board/report")
async def show(request: Request, desk: CurrentDesk, who: CurrentVisitor, day: Day = "") -> Response:
    """The report of a day, the last whole one where none is asked for."""
    board_behind.check_may_see(who.actor)

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            view = View(session, desk, who, given_day(day))
            return render.page(
                request,
                "board_report.html",
                who,
                view=view,
                report=view.found,
                earlier=(view.found.day - timedelta(days=1)).isoformat(),
                later=(view.found.day + timedelta(days=1)).isoformat() if view.found.day < view.last else "",
            )

    return await run_in_threadpool(read)


def sheets(session: Session, desk: Desk, who: Visitor, day: date | None) -> list[tuple[str, list[Row]]]:
    """The report's parts as sheets: name, head and rows."""
    view = View(session, desk, who, day)
    found = view.found
    about: list[Row] = [
        ("项目", "当日", "前一日"),
        ("考核日", f"{found.day:%Y-%m-%d}", ""),
        ("起", view.exact(found.start), ""),
        ("止", view.exact(found.end), ""),
        ("公式", found.so_far.formula_version, ""),
        *((label, str(count), str(before)) for label, count, before in view.numbers()),
    ]
    rates: list[Row] = [("指标", "当日", "考核期至当日"), *view.pooled()]
    ranks: list[Row] = [("类别", "名次", "单位", "综合得分", *(label for _, label in view.rates), "名次变化")]
    ranks += [
        (row.section, str(row.rank), row.name, formulas.points(row.score), *row.shares, row.change)
        for row in view.ranks()
    ]
    late: list[Row] = [("办件", "事项", "主办", "时限", "到期", "已超")]
    late += [
        (row["number"], row["title"], row["unit"], row["clock"], view.exact(row["due"]), row["by"])
        for row in view.late()
    ]
    urgent: list[Row] = [("工单", "诉求", "街道", "状态", "来件")]
    urgent += [
        (row["number"], row["words"], row["street"], row["state"], view.exact(row["at"])) for row in view.emergencies()
    ]
    events: list[Row] = [("编号", "地点", "事项", "反映人数", "工单", "首次", "最近")]
    events += [
        (
            row["key"],
            row["place"],
            row["matter"],
            str(row["reporters"]),
            str(row["tickets"]),
            view.exact(row["first"]),
            view.exact(row["last"]),
        )
        for row in view.events()
    ]
    back: list[Row] = [("单位", "申请退单", "同意", "不同意", "待审")]
    back += [
        (view.unit(each.unit), *map(str, (each.asked, each.approved, each.wrongful, each.pending)))
        for each in found.returns
    ]
    made = [("概况", about), ("三率", rates), ("排名", ranks), ("逾期", late), ("突发", urgent)]
    return [*made, *([("群体事件", events)] if view.sees_events else []), ("退单", back)]
