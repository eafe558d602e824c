"""The shapes of clocks and calendars (时限、日历). Import them from ``district.schemas``."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from itertools import count
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from district.rule import Rule


class Column(StrEnum):
    """The columns of the clock table, in order of precedence from the right: emergency first."""

    CONSULT = "consult"
    STANDARD = "standard"
    HARD = "hard"
    URGENT = "urgent"
    EMERGENCY = "emergency"


class Allowance(Rule):
    """How long a clock allows, written ``4 wh office``: amount, unit, calendar.

    ``wh`` and ``wd`` are working hours and days of the calendar; ``h`` and ``min`` are counted while the
    calendar is open, so they are wall time on ``always``.
    """

    amount: int = Field(gt=0)
    unit: Literal["min", "h", "wh", "wd"]
    calendar: str

    @model_validator(mode="before")
    @classmethod
    def _read(cls, given: Any) -> Any:
        """Take the written form of the pack: ``4 wh office``."""
        if not isinstance(given, str):
            return given
        parts = given.split()
        if len(parts) != 3 or not parts[0].isdecimal():
            msg = f"时限应写作“数量 单位 日历”，例如“4 wh office”；这里是“{given}”"
            raise ValueError(msg)
        return {"amount": int(parts[0]), "unit": parts[1], "calendar": parts[2]}

    def __str__(self) -> str:
        return f"{self.amount} {self.unit} {self.calendar}"


class WarnAt(Rule):
    """Shares of the allowance still left at which a clock turns yellow and red."""

    yellow: float = Field(default=0.3, gt=0, lt=1)
    red: float = Field(default=0.1, gt=0, lt=1)


Told = Literal["unit", "unit_lead", "desk", "supervisor"]
"""Staff a rung tells. ``unit`` is everybody in the lead unit, ``unit_lead`` those who lead it; of a clock that the desk
answers for itself, both are the desk."""


class Rung(Rule):
    """One step of the ladder: when it is reached, and who is told then.

    ``at`` is a level of the clock; ``after_overdue`` so much time of a calendar after the deadline.
    """

    at: Literal["yellow", "red", "overdue"] | None = None
    after_overdue: Allowance | None = None
    tell: tuple[Told, ...] = Field(min_length=1)

    @field_validator("tell", mode="before")
    @classmethod
    def _listed(cls, given: Any) -> Any:
        return (given,) if isinstance(given, str) else given

    @model_validator(mode="after")
    def _one_moment(self) -> Rung:
        if (self.at is None) is (self.after_overdue is None):
            msg = "提醒的一级须写 at(yellow、red、overdue)或 after_overdue 之一"
            raise ValueError(msg)
        return self


class Ladder(Rule):
    """催办阶梯: who is told of a clock that runs low, rung by rung; written as a list."""

    rungs: tuple[Rung, ...]

    @model_validator(mode="before")
    @classmethod
    def _read(cls, given: Any) -> Any:
        return {"rungs": given} if isinstance(given, list | tuple) else given

    @model_validator(mode="after")
    def _upward(self) -> Ladder:
        levels = [_LEVELS.index(each.at) if each.at else len(_LEVELS) for each in self.rungs]
        known = [level for level in levels if level < len(_LEVELS)]
        if levels != sorted(levels) or len(known) != len(set(known)):
            msg = "提醒须按 yellow、red、overdue、after_overdue 的先后各写一级"
            raise ValueError(msg)
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The rungs by name, lowest first: the level, or ``overdue+1`` and so on for those after it."""
        later = count(1)
        return tuple(each.at or f"overdue+{next(later)}" for each in self.rungs)


_LEVELS = ("yellow", "red", "overdue")
DEFAULT_LADDER = Ladder(
    rungs=(
        Rung(at="yellow", tell=("unit",)),
        Rung(at="red", tell=("unit",)),
        Rung(at="overdue", tell=("unit", "supervisor")),
    )
)
"""Of a pack that states none, and of cases in flight since before ladders were."""


class ClockRule(Rule):
    """One clock (时限): its name on the pages and what it allows in each column.

    ``external``: the deadline of a city's order binds it too, and the earlier one counts.
    """

    name: str
    label: str
    allow: dict[Column, Allowance]
    warn: WarnAt = WarnAt()
    external: bool = False
    ladder: Ladder | None = None
    """None: that of the file, else ``DEFAULT_LADDER``; never None in ``district.clocks.Clocks``."""


class Hours(Rule):
    """An open interval of a day, ``09:00-12:00`` written as minutes from midnight; ``24:00`` is 1440."""

    start: int = Field(ge=0, lt=1440)
    end: int = Field(gt=0, le=1440)

    @model_validator(mode="before")
    @classmethod
    def _read(cls, given: Any) -> Any:
        """Take the written form of the pack: ``09:00-12:00``."""
        if not isinstance(given, str):
            return given
        found = re.fullmatch(r"(\d{1,2}):([0-5]\d)\s*-\s*(\d{1,2}):([0-5]\d)", given.strip())
        if not found:
            msg = f"开放时间应写作“09:00-12:00”；这里是“{given}”"
            raise ValueError(msg)
        first, first_minute, last, last_minute = map(int, found.groups())
        return {"start": first * 60 + first_minute, "end": last * 60 + last_minute}

    @model_validator(mode="after")
    def _ordered(self) -> Hours:
        if self.start >= self.end:
            msg = "开放时间的结束须晚于开始；跨午夜的请分成两段"
            raise ValueError(msg)
        return self


class CalendarRule(Rule):
    """When a calendar is open. ``holidays`` says whether the State Council's days off and make-up days (调休) count."""

    name: str
    label: str
    weekdays: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7)
    hours: tuple[Hours, ...] = Field(min_length=1)
    """In order, without overlap."""
    holidays: bool = False
    closed_on: frozenset[str] = frozenset()
    open_on: frozenset[str] = frozenset()
    years: frozenset[int] = frozenset()
    """Years that ``closed_on``/``open_on`` state completely, beside those the chinesecalendar package knows."""

    @model_validator(mode="after")
    def _sound(self) -> CalendarRule:
        if not self.weekdays or not set(self.weekdays) <= set(range(1, 8)):
            msg = "weekdays 须是 1（周一）至 7（周日）中的若干天"
            raise ValueError(msg)
        if any(before.end > after.start for before, after in zip(self.hours, self.hours[1:], strict=False)):
            msg = "开放时间须按先后排列且互不重叠"
            raise ValueError(msg)
        for day in self.closed_on | self.open_on:
            try:
                date.fromisoformat(day)
            except ValueError:
                msg = f"日期应写作“2026-10-01”；这里是“{day}”"
                raise ValueError(msg) from None
        if both := self.closed_on & self.open_on:
            msg = f"同一天既列为休息又列为上班：{'、'.join(sorted(both))}"
            raise ValueError(msg)
        return self
