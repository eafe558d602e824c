"""What was told of a case's clocks, in Chinese for the page and as data for the interface."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from casework import supervision
from casework.tables import Case

RUNGS = {"yellow": "将到期", "red": "即将到期", "overdue": "逾期"}
AUDIENCES = {"unit": "承办单位", "unit_lead": "承办单位负责人", "desk": "热线", "supervisor": "督办"}


@dataclass(frozen=True, slots=True)
class WarningLine:
    """One rung that a clock passed, as the page tells it."""

    clock: str
    rung: str
    told: str
    at: datetime


def lines(session: Session, case: Case) -> list[WarningLine]:
    """The rungs passed, oldest first."""
    labels = {clock.id: clock.label for clock in case.clocks}
    return [
        WarningLine(labels[each.clock_id], RUNGS.get(each.rung, "逾期未办"), _told(each.told), each.at)
        for each in supervision.warnings(session, case)
    ]


def _told(audiences: str) -> str:
    if not audiences:
        return "检查时已到更高一级，未单独提醒"
    return "已提醒" + "、".join(AUDIENCES[each] for each in audiences.split(","))


def warnings_json(session: Session, case: Case) -> list[dict[str, Any]]:
    """The same as data: ``told`` is empty where only a higher rung was told."""
    names = {clock.id: clock.name for clock in case.clocks}
    return [
        {
            "clock": names[each.clock_id],
            "rung": each.rung,
            "told": each.told.split(",") if each.told else [],
            "due_at": each.due_at,
            "at": each.at,
        }
        for each in supervision.warnings(session, case)
    ]
