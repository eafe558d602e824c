"""What automatic dispatch would have been worth, and what it is: figures per category from ``judgements``.

*Shadow* figures (对照数) count persons' decisions on suggestions that would have been sent, and nothing else.
*Automatic* figures count what the desk sent by itself since the category was last switched on. A judged dispatch is one
that a person reviewed, that a unit returned, or that a person corrected.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, get_args

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select
from sqlalchemy.orm import Session, aliased

from casework import judgements
from casework.judgements import AUTO, AUTOMATIC, OPEN, PERSON, RIGHT, WRONG, AutomaticSwitch, Judgement
from casework.shares import how_many, share, wilson
from district.automatic import AutomaticRules

Figure = Literal["shadow", "shadow_right", "shadow_wrong", "automatic", "reviewed", "wrong", "waiting"]
FIGURES: tuple[Figure, ...] = get_args(Figure)
"""What opens to the tickets behind it."""


@dataclass(frozen=True, slots=True)
class Figures:
    """One category's. ``since`` is when it was last switched on; what is ``automatic`` counts from there."""

    category: str
    switch: AutomaticSwitch | None = None
    since: datetime | None = None
    shadow: int = 0
    shadow_right: int = 0
    automatic: int = 0
    reviewed: int = 0
    wrong: int = 0
    waiting: int = 0
    """Drawn for review, and not reviewed yet."""

    @property
    def is_on(self) -> bool:
        """Whether sure suggestions of the category go out without a person."""
        return self.switch is not None and self.switch.is_on

    @property
    def precision(self) -> float | None:
        """Of the shadow decisions; None without any."""
        return share(self.shadow_right, self.shadow)

    @property
    def bounds(self) -> tuple[float, float]:
        """Wilson's interval of it."""
        return wilson(self.shadow_right, self.shadow)

    @property
    def reviewed_precision(self) -> float | None:
        """Of the judged automatic dispatches; None without any."""
        return share(self.reviewed - self.wrong, self.reviewed)


def missing(rules: AutomaticRules, found: Figures) -> list[str]:
    """What a category lacks to be switched on, in Chinese; nothing: it qualifies."""
    lacks = []
    if found.shadow < rules.shadow_decisions:
        lacks.append(f"对照数 {found.shadow} 件，至少要 {rules.shadow_decisions} 件")
    lower = found.bounds[0]
    if Decimal(str(lower)) < rules.floor:
        lacks.append(f"对照准确率的置信下限为 {per_cent_down(lower)}%，至少要 {plain(rules.floor * 100)}%")
    return lacks


def per_cent_down(share: float) -> str:
    """A share in per cent, rounded down: so that 89.99 is never shown as the 90 it misses."""
    return f"{int(share * 1000) / 10:.1f}"


def plain(number: Decimal) -> str:
    """A number without needless zeros."""
    return f"{number.normalize():f}"


_LATER = aliased(AutomaticSwitch)
_TURNED_LATER = exists().where(_LATER.category == AutomaticSwitch.category, _LATER.id > AutomaticSwitch.id)
_AS_THEY_STAND = select(AutomaticSwitch).where(~_TURNED_LATER)
_SINCE = (
    select(AutomaticSwitch.category, func.max(AutomaticSwitch.at).label("since"))
    .where(AutomaticSwitch.is_on)
    .group_by(AutomaticSwitch.category)
    .subquery()
)
_SHADOW = and_(Judgement.mode == PERSON, Judgement.decision == AUTO, Judgement.outcome.in_((RIGHT, WRONG)))
_SENT = and_(Judgement.mode == AUTOMATIC, Judgement.at >= _SINCE.c.since)
_PARTS: Mapping[str, ColumnElement[bool]] = {
    "shadow": _SHADOW,
    "shadow_right": and_(_SHADOW, Judgement.outcome == RIGHT),
    "shadow_wrong": and_(_SHADOW, Judgement.outcome == WRONG),
    "automatic": _SENT,
    "reviewed": and_(_SENT, Judgement.outcome != OPEN),
    "wrong": and_(_SENT, Judgement.outcome == WRONG),
    "waiting": and_(_SENT, Judgement.sampled, Judgement.outcome == OPEN),
}


def switches(session: Session) -> dict[str, AutomaticSwitch]:
    """The switch of every category that was ever turned, as it now stands."""
    return {row.category: row for row in session.scalars(_AS_THEY_STAND)}


def figures(session: Session, *, category: str = "") -> dict[str, Figures]:
    """The figures of every category with a decision or a switch, or of one; that one also where it has neither."""
    names = ("shadow", "shadow_right", "automatic", "reviewed", "wrong", "waiting")
    counted = (
        select(Judgement.suggested_category, *(how_many(_PARTS[name]) for name in names))
        .outerjoin(_SINCE, _SINCE.c.category == Judgement.suggested_category)
        .where(Judgement.suggested_category != "", or_(_SHADOW, Judgement.mode == AUTOMATIC))
        .group_by(Judgement.suggested_category)
    )
    turned = switches(session)
    if category:
        counted = counted.where(Judgement.suggested_category == category)
        turned = {code: switch for code, switch in turned.items() if code == category}
    since = {row.category: row.since for row in session.execute(select(_SINCE.c.category, _SINCE.c.since))}
    found = {
        code: Figures(code, turned.get(code), since.get(code), *map(int, numbers))
        for code, *numbers in session.execute(counted)
    }
    for code in [*turned, *filter(None, (category,))]:
        found.setdefault(code, Figures(code, turned.get(code), since.get(code)))
    return found


def behind(
    session: Session, category: str, figure: str, *, after: str = "", limit: int = 50
) -> tuple[list[Judgement], str]:
    """The judgements behind one of ``FIGURES``, the newest ticket first, and the cursor of the next page."""
    query = (
        select(Judgement)
        .outerjoin(_SINCE, _SINCE.c.category == Judgement.suggested_category)
        .where(Judgement.suggested_category == category, _PARTS.get(figure, false()))
    )
    return judgements.newest(session, query, after=after, limit=limit)


def history(session: Session, *, category: str = "", limit: int = 50) -> list[AutomaticSwitch]:
    """When switches were turned, by whom and why, the latest first."""
    query = select(AutomaticSwitch).order_by(AutomaticSwitch.id.desc()).limit(limit)
    return list(session.scalars(query.where(AutomaticSwitch.category == category) if category else query))


def judged(session: Session, rules: AutomaticRules, category: str, *, since: datetime) -> tuple[int, int]:
    """Of the automatic dispatches since then, the latest ``window`` that are judged: how many, and how many wrong."""
    latest = (
        select(Judgement.outcome)
        .where(
            Judgement.suggested_category == category,
            Judgement.mode == AUTOMATIC,
            Judgement.at >= since,
            Judgement.outcome != OPEN,
        )
        .order_by(Judgement.decided_at.desc(), Judgement.ticket_id.desc())
        .limit(rules.window)
    )
    outcomes = list(session.scalars(latest))
    return len(outcomes), outcomes.count(WRONG)


def is_below(rules: AutomaticRules, reviewed: int, wrong: int) -> bool:
    """Whether the reviewed precision has fallen below its target: wrong > (1 − target) × max(reviewed, first).

    So long as fewer than ``first`` are reviewed it is as if the rest of them were right: one act of three does not
    speak for a third of all. With a target of 0.98 and ``first`` 20 the first wrong one of less than 50 is above it.
    """
    return wrong > (1 - rules.target) * max(reviewed, rules.first)
