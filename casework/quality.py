"""How good the suggestions were (研判质量): figures over ``judgements``, by period, model version and category.

A suggestion is *judged* (已判) while its matter is with a unit by a person's word: he dispatched it, or he reviewed an
automatic dispatch that was drawn; what came back is judged again with its next dispatch. What the desk sent by itself
and nobody drew is not counted, nor what a unit then returned of it: of those the wrong ones alone would be known. Nor
is what was answered at once or refused: nobody needed its category. A suggestion belongs to the period of its first
decision.

Of the judged: the *category* is right where the matter went to the suggested one. The *unit* is right where the matter
is with the suggested one in the end, and no review said otherwise; asked of suggestions that name a unit. *Top 3*: the
category is among the first three; asked where the ticket still has the suggestion that was decided on. *Corrected*:
category or unit became another. Of all suggestions decided on, *auto* are those that could have gone out without a
person.

Calibration compares the mean stated probability with the share that was right, all together and in ten bins
(A. H. Murphy, R. L. Winkler, Reliability of subjective probability forecasts of precipitation and temperature,
J. R. Stat. Soc. C 26 (1977), 41–47). A share of nothing is None, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from casework import judgements
from casework.actors import Actor
from casework.errors import NotAllowed
from casework.judgements import AUTO, PERSON, WRONG, Judgement
from casework.shares import how_many, share, wilson
from casework.tables import TicketFacts
from district.schemas import Role

SEES = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR})
"""Who sees these figures; a unit never does."""

BINS = 10


def check_may_see(actor: Actor) -> None:
    """Raises ``NotAllowed``."""
    if actor.role not in SEES:
        raise NotAllowed("查看研判质量", "由督办人员、管理员或审计人员查看")


JUDGED = and_(
    Judgement.decided_at.is_not(None),
    Judgement.final_unit != "",
    or_(Judgement.mode == PERSON, Judgement.sampled),
)
_SUGGESTED = Judgement.suggested_category != ""
_RIGHT = Judgement.final_category == Judgement.suggested_category
_HAS_UNIT = Judgement.suggested_unit != ""
_SAID_WRONG = and_(Judgement.reviewed_at.is_not(None), Judgement.outcome == WRONG, _RIGHT)
"""A review found it wrong, and nothing has been corrected yet: it is the unit's fault until the category is changed."""
_UNIT_RIGHT = and_(Judgement.final_unit == Judgement.suggested_unit, ~_SAID_WRONG)
_IN_THREE = Judgement.final_category.in_((TicketFacts.suggested, TicketFacts.second, TicketFacts.third))
_THREE_KNOWN = TicketFacts.suggested == Judgement.suggested_category
_PARTS: Mapping[str, ColumnElement[bool]] = {
    "auto": Judgement.decision == AUTO,
    "judged": JUDGED,
    "right": and_(JUDGED, _RIGHT),
    "wrong": and_(JUDGED, ~_RIGHT),
    "unit_judged": and_(JUDGED, _HAS_UNIT),
    "unit_right": and_(JUDGED, _HAS_UNIT, _UNIT_RIGHT),
    "unit_wrong": and_(JUDGED, _HAS_UNIT, ~_UNIT_RIGHT),
    "three_judged": and_(JUDGED, _THREE_KNOWN),
    "three_right": and_(JUDGED, _THREE_KNOWN, _IN_THREE),
    "corrected": and_(JUDGED, or_(~_RIGHT, and_(_HAS_UNIT, ~_UNIT_RIGHT))),
}
Group = ColumnElement[Any] | InstrumentedAttribute[str]
OPENS = ("judged", "right", "wrong", "unit_wrong", "corrected", "auto")
"""What opens to the tickets behind it."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of one group, named as in the module's text; ``stated`` is the sum of the judged's probabilities."""

    suggested: int = 0
    auto: int = 0
    judged: int = 0
    right: int = 0
    unit_judged: int = 0
    unit_right: int = 0
    three_judged: int = 0
    three_right: int = 0
    corrected: int = 0
    stated: float = 0.0

    @property
    def accuracy(self) -> float | None:
        """Share of the judged whose category was right."""
        return share(self.right, self.judged)

    @property
    def bounds(self) -> tuple[float, float]:
        """Wilson's 95 % interval of it."""
        return wilson(self.right, self.judged)

    @property
    def mean_stated(self) -> float | None:
        """Mean of the probabilities that triage stated for the judged."""
        return share(self.stated, self.judged)


_COUNTS = tuple(each.name for each in fields(Figures) if each.name not in ("suggested", "stated"))
_SUMS: Sequence[ColumnElement[Any]] = (
    func.count(Judgement.ticket_id),
    *(how_many(_PARTS[name]) for name in _COUNTS),
    func.coalesce(func.sum(case((JUDGED, Judgement.probability), else_=0.0)), 0.0),
)


def _within(start: datetime, end: datetime) -> ColumnElement[bool]:
    return and_(Judgement.at >= start, Judgement.at < end, _SUGGESTED)


def _figures(row: Sequence[Any]) -> Figures:
    counts = dict(zip(("suggested", *_COUNTS), map(int, row[:-1]), strict=True))
    return Figures(**counts, stated=float(row[-1]))


def _counted(group: Group, start: datetime, end: datetime) -> Select[Any]:
    return (
        select(group, *_SUMS)
        .select_from(Judgement)
        .outerjoin(TicketFacts, TicketFacts.ticket_id == Judgement.ticket_id)
        .where(_within(start, end))
        .group_by(group)
    )


def by_period(session: Session, starts: Sequence[datetime], end: datetime) -> list[Figures]:
    """The figures of each period, which lasts to the next one's start; all of them in one query."""
    ends = [*starts[1:], end]
    number = case(*((Judgement.at < each, place) for place, each in enumerate(ends)), else_=len(starts))
    found = {int(row[0]): _figures(row[1:]) for row in session.execute(_counted(number, starts[0], end))}
    return [found.get(each, Figures()) for each in range(len(starts))]


def by_model(session: Session, start: datetime, end: datetime) -> dict[str, Figures]:
    """The figures of each model version that was decided on, by its name."""
    rows = session.execute(_counted(Judgement.model, start, end))
    return {row[0]: _figures(row[1:]) for row in sorted(rows, key=lambda row: str(row[0]))}


def pooled(groups: Sequence[Figures]) -> Figures:
    """The figures of all groups together."""
    return Figures(*(sum(getattr(each, field.name) for each in groups) for field in fields(Figures)))


@dataclass(frozen=True, slots=True)
class CategoryLine:
    """One suggested category: now, in the period of equal length before, and what it was taken for most often."""

    code: str
    now: Figures
    before: Figures
    confused_with: str = ""
    confused: int = 0

    @property
    def turn(self) -> str:
        """``fallen`` or ``risen`` where the intervals of the two periods lie apart; else empty."""
        if not self.now.judged or not self.before.judged:
            return ""
        if self.now.bounds[1] < self.before.bounds[0]:
            return "fallen"
        return "risen" if self.now.bounds[0] > self.before.bounds[1] else ""


def by_category(session: Session, start: datetime, end: datetime) -> list[CategoryLine]:
    """Every category that was suggested in the period or before, by how many were judged."""
    suggested = Judgement.suggested_category
    now = {row[0]: _figures(row[1:]) for row in session.execute(_counted(suggested, start, end))}
    earlier = _counted(suggested, start - (end - start), start)
    before = {row[0]: _figures(row[1:]) for row in session.execute(earlier)}
    confusions = _confusions(session, start, end)
    lines = [
        CategoryLine(code, now.get(code, Figures()), before.get(code, Figures()), *confusions.get(code, ("", 0)))
        for code in now.keys() | before.keys()
    ]
    return sorted(lines, key=lambda line: (-line.now.judged, -line.before.judged, line.code))


def _confusions(session: Session, start: datetime, end: datetime) -> dict[str, tuple[str, int]]:
    """Of each suggested category, the one that persons made of it most often instead."""
    suggested, final = Judgement.suggested_category, Judgement.final_category
    number = func.count(Judgement.ticket_id)
    query = select(suggested, final, number).where(_within(start, end), _PARTS["wrong"]).group_by(suggested, final)
    found: dict[str, tuple[str, int]] = {}
    for code, other, count in sorted(session.execute(query), key=lambda row: (-row[2], row[1])):
        found.setdefault(code, (other, count))
    return found


@dataclass(frozen=True, slots=True)
class Bin:
    """Judged suggestions whose probability lies from ``number``/10 to before the next tenth; 1 is in the last."""

    number: int
    judged: int = 0
    right: int = 0
    stated: float = 0.0


_BIN = case(*((Judgement.probability < (each + 1) / BINS, each) for each in range(BINS - 1)), else_=BINS - 1)


def reliability(session: Session, start: datetime, end: datetime) -> list[Bin]:
    """The ten bins, empty ones too."""
    sums = func.count(Judgement.ticket_id), how_many(_RIGHT), func.sum(Judgement.probability)
    query = select(_BIN, *sums).where(_within(start, end), JUDGED).group_by(_BIN)
    found = {int(row[0]): Bin(int(row[0]), int(row[1]), int(row[2]), float(row[3])) for row in session.execute(query)}
    return [found.get(number, Bin(number)) for number in range(BINS)]


def calibration_error(bins: Sequence[Bin]) -> float | None:
    """Expected calibration error: the bins' gaps between stated and right, weighed by how many are in each."""
    judged = sum(each.judged for each in bins)
    return share(sum(abs(each.stated - each.right) for each in bins), judged)


@dataclass(frozen=True, slots=True)
class Behind:
    """What the tickets behind a number are narrowed to; empty fields do not narrow. ``what`` is one of ``OPENS``."""

    what: str = "judged"
    category: str = ""
    final: str = ""
    model: str = ""
    bin: int | None = None


def behind(
    session: Session, chosen: Behind, start: datetime, end: datetime, *, after: str = "", limit: int = 50
) -> tuple[list[Judgement], str]:
    """The judgements behind a number, the newest ticket first, and the cursor of the next page."""
    query = select(Judgement).where(_within(start, end), _PARTS[chosen.what])
    for column, value in (
        (Judgement.suggested_category, chosen.category),
        (Judgement.final_category, chosen.final),
        (Judgement.model, chosen.model),
    ):
        if value:
            query = query.where(column == value)
    if chosen.bin is not None:
        query = query.where(_BIN.in_((chosen.bin,)))
    return judgements.newest(session, query, after=after, limit=limit)
