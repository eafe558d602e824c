"""The gallery: every component that pages are made of, from the same macros, with sample values.

It is for whoever builds pages, and there for administrators, and for everybody in demo mode.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from types import SimpleNamespace
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from api.auth import CurrentDesk, Visitor, maybe_visitor
from api.errors import Forbidden, NotSignedIn
from api.web import charts, render, sprite
from casework.deadlines import ClockView
from district.schemas import Role

router = APIRouter()

GREYS = tuple(f"g{number}" for number in range(12))
GROUNDS = ("ground", "surface", "soft", "line", "edge", "dot", "text", "quiet", "mark")
STATES = ("accent", "green", "amber", "red")
SIZES = (12, 13, 14, 15, 16, 17, 18, 20, 28)
"""Type sizes of the desk, in px."""
NEEDS = ("unit", "proposed_unit", "directory_line", "reason", "review_date", "text", "attachment")


@router.get("/gallery")
async def show(request: Request, desk: CurrentDesk, who: Annotated[Visitor | None, Depends(maybe_visitor)]) -> Response:
    """All components on one page."""
    if not desk.settings.demo:
        if who is None:
            raise NotSignedIn
        if who.actor.role is not Role.ADMINISTRATOR:
            raise Forbidden("组件页只给系统管理员看")
    now = desk.now()
    return render.page(
        request,
        "gallery.html",
        who,
        greys=GREYS,
        grounds=GROUNDS,
        states=STATES,
        sizes=SIZES,
        needs=NEEDS,
        drawings=_drawings(),
        clocks=_clocks(now),
        steps=_steps(now),
        units=list(desk.district.units)[:5],
        plot=charts.time_plot(("1月", "2月", "3月", "4月"), [charts.Line("准确率", "one", (0.82, 0.86, 0.85, 0.9))]),
    )


@lru_cache(maxsize=1)
def _drawings() -> tuple[str, ...]:
    return tuple(sorted(sprite.named()))


def _clocks(now: datetime) -> list[ClockView]:
    """A clock in each of its levels."""
    lengths = {"green": 27.0, "yellow": 5.0, "red": 0.7, "overdue": -50.0, "paused": 8.0, "done": 3.0, "late": -2.0}
    lengths |= {"withdrawn": 3.0}
    state = {"paused": "paused", "done": "stopped", "late": "stopped", "withdrawn": "withdrawn"}
    return [
        ClockView(
            name="answer",
            label="答复",
            state=state.get(level, "running"),
            due_at=now + timedelta(hours=hours),
            left=timedelta(hours=hours),
            level=level,
            provisional=False,
            sentence="答复时限 5个工作日（工作时间）",
            own_due_at=now + timedelta(hours=hours),
            external_due_at=None,
        )
        for level, hours in lengths.items()
    ]


def _steps(now: datetime) -> list[SimpleNamespace]:
    days = (("派单", "何立", "", 3), ("签收", "路灯所", "", 2), ("答复", "路灯所", "已更换灯头，夜间复查正常。", 1))
    return [
        SimpleNamespace(label=what, actor=by, at=now - timedelta(days=ago), text=text) for what, by, text, ago in days
    ]
