"""Rates (三率 and the others): ratios of sums over ``ticket_facts``, by formulas that are data of the pack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy import case as sql_case
from sqlalchemy.orm import InstrumentedAttribute, Session

from casework.errors import BadPeriod, UnknownGrouping
from casework.tables import Ticket, TicketFacts
from district import formulas
from district.formulas import COLUMNS, RateValue
from district.pack import District
from district.schemas import Rate

Group = InstrumentedAttribute[str] | ColumnElement[str]
GROUPINGS: Mapping[str, Group] = {
    "unit": TicketFacts.unit,
    "street": TicketFacts.street,
    "category": TicketFacts.category,
    "top_category": func.substr(TicketFacts.category, 1, 2),
    "channel": TicketFacts.channel,
}
"""What the rates may be grouped by; the first-level categories (一级分类) are told by their two digits."""


@dataclass(frozen=True, slots=True)
class RateRow:
    """The rates of one group. ``tickets`` is how many tickets stand behind them, ``volume`` those accepted."""

    key: str
    name: str
    kind: str
    tickets: int
    rates: Mapping[str, RateValue]
    composite: Decimal | None


@dataclass(frozen=True, slots=True)
class RateTable:
    """Rates of a period with the formula's version; ``mean`` is the mean of the groups' rates, beside the pooled."""

    formula_version: str
    start: datetime
    end: datetime
    by: str
    rows: Sequence[RateRow]
    pooled: RateRow
    mean: Mapping[str, Decimal | None]
    excluded: int


def in_period(start: datetime, end: datetime) -> ColumnElement[bool]:
    """A ticket belongs to the period its callback was completed in; one not called back, to that of its intake."""
    counted = and_(TicketFacts.counted_at >= start, TicketFacts.counted_at < end)
    open_ = and_(TicketFacts.counted_at.is_(None), TicketFacts.opened_at >= start, TicketFacts.opened_at < end)
    return or_(counted, open_)


def _sums(query: Select[int]) -> Select[int]:
    return query.add_columns(*(func.coalesce(func.sum(getattr(TicketFacts, name)), 0) for name in COLUMNS))


def compute(
    session: Session,
    district: District,
    *,
    start: datetime,
    end: datetime,
    by: str = "unit",
    with_excluded: bool = False,
    units: frozenset[str] | None = None,
    successors: bool = False,
) -> RateTable:
    """All rates of the pack's formulas from ``start`` to before ``end``, grouped and pooled.

    ``units`` narrows to tickets of these units, for a unit that may see only its own. Excluded tickets (剔除) are
    left out unless asked for. A unit that ended has a row of its own, or is, with ``successors``, counted to the one
    unit that had its work at the end. Raises ``UnknownGrouping`` and ``BadPeriod``.
    """
    if by not in GROUPINGS:
        raise UnknownGrouping(by)
    if end < start:
        raise BadPeriod(start.isoformat(), end.isoformat())
    where = [in_period(start, end)]
    if units is not None:
        where.append(TicketFacts.unit.in_(units))
    excluded = session.scalar(select(func.count()).where(*where, TicketFacts.excluded == 1)) or 0
    if not with_excluded:
        where.append(TicketFacts.excluded == 0)
    lead = _grouped(session, where, GROUPINGS[by])
    first = _grouped(session, where, TicketFacts.first_unit) if by == "unit" else lead
    if successors and by in ("unit", "street"):
        lead, first = (_rolled(district, counted, end) for counted in (lead, first))
    rows = [
        _row(district, key, by, {"lead": lead.get(key, NOBODY), "first": first.get(key, NOBODY)})
        for key in lead.keys() | first.keys()
    ]
    all_of_them = session.execute(_sums(select(func.count()).where(*where))).one()
    whole: Sums = all_of_them[0], dict(zip(COLUMNS, all_of_them[1:], strict=True))
    pooled = _row(district, "", by, {"lead": whole, "first": whole})
    rows = [row for row in rows if row.tickets or row.key]
    rows.sort(key=lambda row: (row.composite is None, -(row.composite or 0), -row.tickets, row.key))
    return RateTable(district.formulas.version, start, end, by, rows, pooled, _mean(rows), excluded)


def course(
    session: Session, district: District, starts: Sequence[datetime], *, with_excluded: bool = False
) -> Sequence[RateRow]:
    """The pooled rates of periods that follow one another, given by where each starts and the last one ends.

    One pass over the facts, however many periods.
    """
    first, *rest = starts
    at = func.coalesce(TicketFacts.counted_at, TicketFacts.opened_at, type_=TicketFacts.opened_at.type)
    number = sql_case(*((at < each, place) for place, each in enumerate(rest)))
    where = [at >= first, at < rest[-1]]
    if not with_excluded:
        where.append(TicketFacts.excluded == 0)
    query = _sums(select(func.count()).where(*where)).add_columns(number).group_by(number)
    found = {row[-1]: (row[0], dict(zip(COLUMNS, row[1:-1], strict=True))) for row in session.execute(query)}
    counted = [found.get(place, NOBODY) for place in range(len(rest))]
    return [_row(district, "", "", {"lead": each, "first": each}) for each in counted]


Sums = tuple[int, Mapping[str, int]]
"""Tickets of a group, and the sums of its columns."""

NOBODY: Sums = (0, dict.fromkeys(COLUMNS, 0))


def _grouped(session: Session, where: Sequence[ColumnElement[bool]], group: Group) -> dict[str, Sums]:
    query = _sums(select(func.count()).where(*where)).add_columns(group).group_by(group)
    return {row[-1] or "": (row[0], dict(zip(COLUMNS, row[1:-1], strict=True))) for row in session.execute(query)}


def _rolled(district: District, counted: Mapping[str, Sums], end: datetime) -> dict[str, Sums]:
    """The sums of units that had ended by ``end`` added to their successor's; a split or closed unit keeps its own."""
    day = (end - timedelta(microseconds=1)).astimezone(district.calendars.zone).date()
    rolled: dict[str, Sums] = {}
    for code, (tickets, sums) in counted.items():
        heir = district.unit_changes.successor(code, day) or code
        before, added = rolled.get(heir, NOBODY)
        rolled[heir] = (before + tickets, {name: added[name] + sums[name] for name in COLUMNS})
    return rolled


def _row(district: District, key: str, by: str, counted: Mapping[str, Sums]) -> RateRow:
    """The rates of a group; each is computed over the tickets that count to it (``Rate.counts_to``)."""
    values = {rate.name: formulas.compute(rate, counted[rate.counts_to][1]) for rate in district.formulas.rates}
    name, kind = _name(district, by, key)
    composite = formulas.composite(district.formulas.composite, values)
    return RateRow(key, name, kind, counted["lead"][0], values, composite)


def _name(district: District, by: str, key: str) -> tuple[str, str]:
    if not key:
        return "未确定", ""
    if by in ("unit", "street"):
        unit = district.units.get(key)
        return unit.name, str(unit.kind)
    if by in ("category", "top_category"):
        return "/".join(district.taxonomy.get(key).path), ""
    return key, ""


def _mean(rows: Sequence[RateRow]) -> dict[str, Decimal | None]:
    names = {name for row in rows for name in row.rates}
    means: dict[str, Decimal | None] = {}
    for name in sorted(names):
        known = [value for row in rows if row.key and (value := row.rates[name].value) is not None]
        means[name] = sum(known, Decimal(0)) / len(known) if known else None
    return means


def counted_in(rate: Rate, part: str) -> ColumnElement[bool]:
    """The tickets of a part of the rate: numerator, denominator, or ``rest``: of the denominator, but in no numerator.

    What a formula weighs counts whole here, as a ticket is in a list or is not.
    """
    above, below = (
        or_(*(getattr(TicketFacts, term.column) == 1 for term in terms)) for terms in (rate.numerator, rate.denominator)
    )
    return above if part == "numerator" else and_(below, ~above) if part == "rest" else below


def behind(
    session: Session,
    rate: Rate,
    part: str,
    *,
    start: datetime,
    end: datetime,
    by: str,
    key: str,
    units: frozenset[str] | None = None,
    limit: int = 5000,
) -> Sequence[Ticket]:
    """The tickets behind one number of ``compute``: ``part`` as in ``counted_in``. Newest first.

    Raises ``UnknownGrouping``.
    """
    if by not in GROUPINGS:
        raise UnknownGrouping(by)
    group = TicketFacts.first_unit if by == "unit" and rate.counts_to == "first" else GROUPINGS[by]
    query = (
        select(Ticket)
        .join(TicketFacts, TicketFacts.ticket_id == Ticket.id)
        .where(in_period(start, end), group == key, counted_in(rate, part), TicketFacts.excluded == 0)
        .order_by(Ticket.opened_at.desc())
        .limit(limit)
    )
    if units is not None:
        query = query.where(TicketFacts.unit.in_(units))
    return list(session.scalars(query))
