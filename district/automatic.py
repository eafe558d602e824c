"""When the desk may dispatch by itself (自动派单): the pack's ``automatic.yaml``."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from pydantic import Field

from district.reading import Problems, Stated, build_document, read_document
from district.rule import Rule

FILE = "automatic.yaml"


class AutomaticRules(Rule):
    """What a category must have shown before it may be switched on, and what it must show while it is."""

    target: Decimal = Field(Decimal("0.98"), gt=0, lt=1)
    """Precision that the reviewed automatic dispatches must keep; below it the category is switched off."""
    shadow_decisions: int = Field(30, ge=1)
    """Decisions of persons on suggestions that would have been sent, before it may be switched on."""
    floor: Decimal = Field(Decimal("0.9"), gt=0, lt=1)
    """What the lower Wilson bound (95 %) of the shadow precision must reach."""
    share: Decimal = Field(Decimal("0.1"), gt=0, le=1)
    """Share of the automatic dispatches that a person reviews."""
    first: int = Field(20, ge=0)
    """So many after switching on are all reviewed."""
    window: int = Field(100, ge=1)
    """So many of the latest judged dispatches are looked at."""


def read_automatic(folder: Path, problems: Problems) -> Stated[AutomaticRules] | None:
    """The pack's file; None where it has none, or after noting what is wrong with it."""
    if not (folder / FILE).exists():
        return None
    return build_document(AutomaticRules, read_document(folder, FILE, problems), problems)
