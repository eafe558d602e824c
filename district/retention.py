"""How long personal data are kept and when they are erased before (保存期限与删除依据): the pack's ``retention.yaml``.

Source: 个人信息保护法 article 47: grounds of erasure; within a term that law sets processing ends, storing goes on.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from district.reading import Problems, Stated, build_document, read_document
from district.rule import Rule

FILE = "retention.yaml"
Kept = Literal["category", "unit", "clocks", "facts", "audit", "answer", "community"]
ALWAYS: tuple[Kept, ...] = ("category", "unit", "clocks", "facts", "audit")
"""What an erasure never takes: the rates are counted from it, and it tells of no person."""


class Ground(Rule):
    """删除依据: why personal data are erased. ``within_term``: also before the law's term of keeping is over."""

    code: str = Field(pattern=r"[a-z_]{2,40}")
    label: str = Field(min_length=1, max_length=40)
    basis: str = Field(min_length=1, max_length=200)
    within_term: bool = False


GROUNDS = (
    Ground(code="purpose_over", label="处理目的已实现，不再必要", basis="个人信息保护法第四十七条第一款第（一）项"),
    Ground(code="term_over", label="保存期限已届满", basis="个人信息保护法第四十七条第一款第（二）项"),
    Ground(code="consent_withdrawn", label="个人撤回同意", basis="个人信息保护法第四十七条第一款第（三）项"),
    Ground(
        code="unlawful",
        label="违反法律或约定处理个人信息",
        basis="个人信息保护法第四十七条第一款第（四）项",
        within_term=True,
    ),
)


class RetentionRules(Rule):
    """Years that closed matters are kept with their persons, grounds of erasure, and what stays after it."""

    closed_years: int = Field(3, ge=0, le=100)
    """Counted from the day a ticket was closed."""
    export_days: int = Field(7, ge=1, le=90)
    """How long an approved export may be fetched."""
    keeps: tuple[Kept, ...] = (*ALWAYS, "answer")
    """What stays. ``answer`` (公开答复) and ``community`` may be left out: then they are erased, too."""
    grounds: Annotated[tuple[Ground, ...], Field(min_length=1)] = GROUNDS

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if missing := [each for each in ALWAYS if each not in self.keeps]:
            msg = f"keeps 缺少 {'、'.join(missing)}：考核和审计要用到，不能删除"
            raise ValueError(msg)
        codes = [ground.code for ground in self.grounds]
        if len(set(codes)) < len(codes):
            msg = "grounds 中的 code 重复"
            raise ValueError(msg)
        return self

    def ground(self, code: str) -> Ground | None:
        """The ground of this code, or None."""
        return next((each for each in self.grounds if each.code == code), None)


def read_retention(folder: Path, problems: Problems) -> Stated[RetentionRules] | None:
    """The pack's file; None where it has none, or after noting what is wrong with it."""
    if not (folder / FILE).exists():
        return None
    return build_document(RetentionRules, read_document(folder, FILE, problems), problems)
