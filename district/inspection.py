"""Quality inspection (质检) of agents' and callers' work by the pack's ``inspection.yaml``."""

from __future__ import annotations

from collections.abc import Container
from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from district.reading import Problems, Stated, build_document, read_document
from district.rule import Rule
from district.timing import Allowance

FILE = "inspection.yaml"
FULL = 100
"""What the items of a sheet add up to, so that work by different sheets can be compared."""
Kind = Literal["answer", "callback", "record"]
"""What is inspected: an answer on the spot (直接答复), a callback (回访), a ticket put on record as a case (立案)."""


class Fault(Rule):
    """A critical fault (一票否决): with it the sum is 0 whatever the items say."""

    code: str = Field(pattern=r"^[A-Z][A-Z0-9]{1,9}$")
    label: str = Field(min_length=1, max_length=60)
    look_at: str = ""


class Item(Rule):
    """One item of a sheet: its full points, and what the inspector looks at."""

    code: str = Field(pattern=r"^[A-Z][A-Z0-9]{1,9}$")
    label: str = Field(min_length=1, max_length=60)
    points: int = Field(ge=1, le=FULL)
    look_at: str = ""


class Sheet(Rule):
    """评分表 for one kind of work."""

    kind: Kind
    label: str = Field(min_length=1, max_length=20)
    items: tuple[Item, ...] = Field(min_length=1)
    critical: tuple[Fault, ...] = ()

    @model_validator(mode="after")
    def _sound(self) -> Sheet:
        codes = [item.code for item in self.items] + [fault.code for fault in self.critical]
        if twice := sorted({code for code in codes if codes.count(code) > 1}):
            msg = f"评分项代码重复：{'、'.join(twice)}"
            raise ValueError(msg)
        total = sum(item.points for item in self.items)
        if total != FULL:
            msg = f"评分表“{self.label}”各项分值合计应为 {FULL}，现为 {total}"
            raise ValueError(msg)
        return self


class InspectionRules(Rule):
    """How much is inspected, by which sheets, and how long the result may be objected to. Without sheets nothing is."""

    share: Decimal = Field(Decimal("0.05"), gt=0, le=1)
    """Of the work of one person in one week …"""
    minimum: int = Field(2, ge=0)
    """… but at least so many, where there are so many."""
    objection: Allowance = Allowance(amount=5, unit="wd", calendar="office")
    """How long after the result the person may object to it, once."""
    sheets: tuple[Sheet, ...] = ()

    @model_validator(mode="after")
    def _once(self) -> InspectionRules:
        kinds = [sheet.kind for sheet in self.sheets]
        if twice := sorted({kind for kind in kinds if kinds.count(kind) > 1}):
            msg = f"一种工作只能有一张评分表，重复的有：{'、'.join(twice)}"
            raise ValueError(msg)
        return self

    def sheet(self, kind: str) -> Sheet | None:
        """The sheet for this kind of work, or None where it is not inspected."""
        return next((sheet for sheet in self.sheets if sheet.kind == kind), None)


def read_inspection(folder: Path, problems: Problems) -> Stated[InspectionRules] | None:
    """The pack's file; None where it has none, or after noting what is wrong with it."""
    if not (folder / FILE).exists():
        return None
    return build_document(InspectionRules, read_document(folder, FILE, problems), problems)


def check_inspection(stated: Stated[InspectionRules] | None, calendars: Container[str], problems: Problems) -> None:
    """The time for objections names a calendar that the pack has."""
    if stated is not None and stated.rule.objection.calendar not in calendars:
        stated.note(problems, f"没有日历“{stated.rule.objection.calendar}”", "objection")
