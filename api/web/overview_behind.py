"""What stands behind a number of the board: its tickets or cases, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from api.auth import CurrentDesk, CurrentVisitor
from api.desk import Desk
from api.errors import NotFound
from api.periods import Day, given_day, span
from api.web import rate_words, render
from api.web.overview import Month, month_of
from api.web.overview_panels import UNKNOWN, stretch_labels
from casework import board_behind, deadlines, rules
from casework.board_behind import NONE, OF_CASES, OF_TICKETS, Behind
from casework.reading import Reader
from casework.tables import Case
from district import formulas
from district.schemas import Rate

router = APIRouter()
PAGE = 50
Code = Annotated[str, Query(max_length=10)]
Flag = Annotated[str, Query(pattern="^[01]?$")]
WHAT = {
    "in": "来件",
    "closed": "办结",
    "open": "在办",
    "overdue": "逾期",
    "emergency": "突发",
    "to_call_back": "待回访",
    "accepted": "已受理",
    "accepted_closed": "已受理并办结",
    "rate": "",
}


class Asked:
    """The query of an address, as it is given; an alias for FastAPI to fill."""

    def __init__(
        self,
        what: Annotated[str, Query(max_length=20)],
        unit: Code = "",
        street: Code = "",
        category: Annotated[str, Query(pattern=r"^(\d{2,6}|-)?$")] = "",
        channel: Annotated[str, Query(max_length=20)] = "",
        besides: Annotated[str, Query(max_length=200)] = "",
        hour: Annotated[str, Query(pattern=r"^([01]?\d|2[0-3])?$")] = "",
        age: Annotated[str, Query(pattern=r"^\d?$")] = "",
        late: Flag = "",
        rate: Annotated[str, Query(max_length=40)] = "",
        part: Annotated[str, Query(pattern="^(numerator|denominator|rest)?$")] = "",
        excluded: Flag = "",
        period: Month = "",
        first: Annotated[Day, Query(alias="from")] = "",
        last: Annotated[Day, Query(alias="to")] = "",
    ) -> None:
        self.filters = {
            "what": what,
            "unit": unit,
            "street": street,
            "category": category,
            "channel": channel,
            "besides": besides,
            "hour": hour,
            "age": age,
            "late": late,
            "rate": rate,
            "part": part,
            "excluded": excluded,
            "period": period,
            "from": first,
            "to": last,
        }
        self.filters = {name: value for name, value in self.filters.items() if value}

    def get(self, name: str) -> str:
        """One of them; empty where it is not given."""
        return self.filters.get(name, "")

    def behind(self, desk: Desk) -> Behind:
        """What it asks for. Raises ``NotFound``, ``BadPeriod`` and ``PeriodNotStarted``."""
        what = self.get("what")
        if what not in OF_CASES | OF_TICKETS:
            raise NotFound(f"看板上没有“{what}”这个数")
        stretches = len(desk.district.formulas.ageing)
        if self.get("age") and int(self.get("age")) > stretches:
            raise NotFound("看板上没有这一段时长")
        start, end = (None, None) if what in OF_CASES else self._span(desk)
        return Behind(
            what,
            start,
            end,
            unit=self.get("unit"),
            street=self.get("street"),
            category=self.get("category"),
            channel=self.get("channel"),
            besides=tuple(filter(None, self.get("besides").split("."))),
            hour=int(self.get("hour")) if self.get("hour") else None,
            age=int(self.get("age")) if self.get("age") else None,
            late=self.get("late") == "1" if self.get("late") else None,
            rate=self._rate(desk) if what == "rate" else None,
            part=self.get("part") or "numerator",
            with_excluded=self.get("excluded") == "1",
        )

    def _rate(self, desk: Desk) -> Rate:
        name = self.get("rate")
        found = next((each for each in desk.district.formulas.rates if each.name == name), None)
        if found is None:
            raise NotFound(f"没有“{name}”这个指标")
        return found

    def _span(self, desk: Desk) -> tuple[datetime, datetime]:
        """The period or the days asked for; without, the present assessment day, and of a rate the present period."""
        rules, zone = desk.district.formulas, desk.district.calendars.zone
        if self.get("period"):
            return formulas.month_period(*month_of(self.get("period"), _current(desk)), rules, zone)
        if self.get("from") or self.get("to") or self.get("what") == "rate":
            return span(desk, given_day(self.get("from")), given_day(self.get("to")))
        return formulas.day_span(formulas.assessment_day(desk.now(), rules, zone), rules, zone)

    def words(self, desk: Desk, asked: Behind) -> list[str]:
        """What the list is narrowed to, in the reader's words."""
        units, taxonomy = desk.district.units, desk.district.taxonomy
        said = [WHAT[asked.what] or _rate_words(asked)]
        said += ["含已剔除的"] if asked.with_excluded else []
        said += [_name(units, asked.street, "street")] if asked.street else []
        said += [_name(units, asked.unit, "unit")] if asked.unit else []
        said += [_name(taxonomy, asked.category, "category")] if asked.category else []
        said += [render.CHANNEL_LABELS.get(asked.channel, asked.channel)] if asked.channel else []
        said += [f"件数最多的 {len(asked.besides)} 个单位以外"] if asked.besides else []
        said += [f"{asked.hour} 时至 {asked.hour + 1} 时"] if asked.hour is not None else []
        said += [f"立案 {stretch_labels(desk.district.formulas.ageing)[asked.age]}"] if asked.age is not None else []
        said += ["已逾期" if asked.late else "未逾期"] if asked.late is not None else []
        return said


def _current(desk: Desk) -> tuple[int, int]:
    return formulas.period_month(desk.now(), desk.district.formulas, desk.district.calendars.zone)


def _name(known: Any, code: str, what: str) -> str:
    return known.get(code).name if code in known else UNKNOWN[what] if code == NONE else code


def _rate_words(asked: Behind) -> str:
    return rate_words.heading(asked.rate, asked.part) if asked.rate is not None else ""


def _cases(session: Session, desk: Desk, reader: Reader, found: Sequence[Case]) -> list[dict[str, Any]]:
    lines = []
    for case in found:
        clock = deadlines.binding(case)
        book = rules.of(session, desk.district, case)
        lines.append(
            {
                "case": case,
                "title": reader.title(case),
                "state": book.workflow.case.states.get(case.state, case.state),
                "clock": deadlines.view(book, case, clock, now=desk.now()) if clock else None,
            }
        )
    return lines


@router.get("/board/behind")
async def list_(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    given: Annotated[Asked, Depends()],
    after: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """The tickets or cases behind one number, the newest first."""
    board_behind.check_may_see(who.actor)

    def read() -> HTMLResponse:
        asked, now = given.behind(desk), desk.now()
        reader = Reader(desk.district, who.actor)
        with desk.database.read() as session:
            found = board_behind.listing(session, desk.district, asked, who.actor, now=now, after=after, limit=PAGE)
            total = board_behind.count(session, desk.district, asked, who.actor, now=now)
            heading, *narrowed = given.words(desk, asked)
            return render.page(
                request,
                "board_behind.html",
                who,
                tickets=found.tickets,
                cases=_cases(session, desk, reader, found.cases),
                of_cases=asked.of_cases,
                total=total,
                next=found.next,
                paged=bool(after),
                heading=heading,
                narrowed=narrowed,
                asked=asked,
                filters=given.filters,
                parts=rate_words.PARTS if asked.rate is not None else {},
                period=rate_words.period(desk, asked.start, asked.end) if asked.start and asked.end else "",
                text_for=lambda ticket: reader.listed(ticket).text(ticket.title or ticket.text),
                unit_name=desk.district.units.name_of,
                states=desk.district.workflow.ticket.states,
            )

    return await run_in_threadpool(read)
