"""Supervision (督办) and the follow-up list (跟踪台) by the pack's ``supervision.yaml``."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from district.reading import Problems, Stated, build_document, read_document
from district.rule import Rule
from district.schemas import Role
from district.timing import Allowance

FILE = "supervision.yaml"
ISSUERS = frozenset({Role.SUPERVISOR, Role.DISPATCHER, Role.ADMINISTRATOR})
"""Roles a pack may let issue orders: a unit gives itself none, and an auditor changes nothing."""


class OrderLevel(Rule):
    """One level of supervision orders, for example 黄色督办."""

    name: str = Field(pattern=r"^[a-z_]{1,10}$")
    label: str = Field(min_length=1, max_length=20)
    colour: Literal["amber", "red"] = "amber"
    term: Allowance
    """How long the unit has to answer, where the supervisor sets no other length."""


class FollowUpRules(Rule):
    """From when on a case comes up on the follow-up list by itself."""

    repeat_tickets: int = Field(3, ge=2)
    """So many tickets of one resident …"""
    repeat_days: int = Field(90, ge=1, le=366)
    """… within so many days (重复诉求)."""
    returns: int = Field(2, ge=1)
    """So many accepted returns of one case (退单)."""
    unsatisfied: int = Field(2, ge=1)
    """So many reworks of a case, or callbacks in which one resident was not content."""
    unsatisfied_days: int = Field(30, ge=1, le=366)
    """How long after it a case that is closed is still listed for it."""


class SupervisionRules(Rule):
    """Levels of supervision orders, the mildest first, and what comes up by itself.

    A level above the first follows an order of the level before it on the same case; else it needs a reason.
    """

    issued_by: frozenset[Role] = Field(frozenset({Role.SUPERVISOR}), min_length=1)
    levels: tuple[OrderLevel, ...] = Field(
        (
            OrderLevel(name="yellow", label="黄色督办", term=Allowance(amount=2, unit="wd", calendar="office")),
            OrderLevel(
                name="red", label="红色督办", colour="red", term=Allowance(amount=1, unit="wd", calendar="office")
            ),
        ),
        min_length=1,
    )
    follow_up: FollowUpRules = FollowUpRules()

    @model_validator(mode="after")
    def _sound(self) -> SupervisionRules:
        names = [level.name for level in self.levels]
        if len(set(names)) < len(names):
            msg = "督办级别的 name 重复"
            raise ValueError(msg)
        if barred := sorted(self.issued_by - ISSUERS):
            msg = f"这些角色不能签发督办：{'、'.join(barred)}"
            raise ValueError(msg)
        return self

    def level(self, name: str) -> OrderLevel | None:
        """The level of this name, or None."""
        return next((level for level in self.levels if level.name == name), None)

    def above(self, name: str) -> OrderLevel | None:
        """The level that follows this one; None above the last, and above one the pack no longer has."""
        names = [level.name for level in self.levels]
        at = names.index(name) + 1 if name in names else len(names)
        return self.levels[at] if at < len(names) else None

    def below(self, name: str) -> OrderLevel | None:
        """The level that comes before this one, or None."""
        names = [level.name for level in self.levels]
        at = names.index(name) if name in names else 0
        return self.levels[at - 1] if at else None


def read_supervision(folder: Path, problems: Problems) -> Stated[SupervisionRules] | None:
    """The pack's file; None where it has none, or after noting what is wrong with it."""
    if not (folder / FILE).exists():
        return None
    return build_document(SupervisionRules, read_document(folder, FILE, problems), problems)


def check_supervision(stated: Stated[SupervisionRules] | None, calendars: Container[str], problems: Problems) -> None:
    """Terms name calendars that the pack has, those of a pack without the file too."""
    if stated is None:
        for level in SupervisionRules().levels:
            if level.term.calendar not in calendars:
                problems.add(FILE, 1, f"没有日历“{level.term.calendar}”，请写 {FILE}，给出{level.label}的时限")
        return
    for at, level in enumerate(stated.rule.levels):
        if level.term.calendar not in calendars:
            stated.note(problems, f"没有日历“{level.term.calendar}”", "levels", at, "term")
