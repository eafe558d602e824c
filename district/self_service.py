"""What residents do by themselves on the pages (自助): the pack's ``self_service.yaml``. Every line is optional."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from district.reading import Problems, Stated, build_document, read_document
from district.rule import Rule

FILE = "self_service.yaml"


class Alike(Rule):
    """相似诉求: which matters that others reported are shown to who reports one, and which never are."""

    most: int = Field(3, ge=0, le=5)
    """So many at most; 0 shows none."""
    reporters: int = Field(1, ge=1, le=1000)
    """What fewer residents reported is not shown."""
    hidden: tuple[str, ...] = ()
    """Categories by the beginnings of their codes: private matters that no neighbour is told of."""
    request_types: tuple[str, ...] = ("举报",)
    """Types of request that are never shown."""


class Asked(Rule):
    """验证码: after how many acts of one address within ten minutes a captcha is asked.

    A right answer gives the address as many again: a whole neighbourhood may stand behind it, and nobody is barred.
    """

    appeals: int = Field(6, ge=1, le=10_000)
    lookups: int = Field(12, ge=1, le=10_000)
    """Looks for a matter by a number or code that did not fit."""
    opinions: int = Field(6, ge=1, le=10_000)
    acts: int = Field(20, ge=1, le=10_000)
    """Additions, urgings, verdicts and whatever else is done by a code."""


class SelfServiceRules(Rule):
    """How long a half-filled form is kept, how often one may urge, and the rest of the residents' own pages."""

    draft_hours: int = Field(12, ge=1, le=72)
    """A form that nobody touched for so long is deleted with what was written in it."""
    urge_hours: int = Field(24, ge=1, le=720)
    """Between two urgings (催办) of one matter on the page."""
    alike: Alike = Alike()
    captcha: Asked = Asked()


def read_self_service(folder: Path, problems: Problems) -> Stated[SelfServiceRules] | None:
    """The pack's file; None where it has none, or after noting what is wrong with it."""
    if not (folder / FILE).exists():
        return None
    return build_document(SelfServiceRules, read_document(folder, FILE, problems), problems)
