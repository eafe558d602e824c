"""Which tickets teach triage most (最能教会系统): the queue's other order, for who has time to correct a few.

Margin sampling: the smaller the lead of the first category over the second, the more a person's word decides between
them. T. Scheffer, C. Decomain, S. Wrobel, Active hidden Markov models for information extraction, IDA 2001, 309–318;
after D. D. Lewis, W. A. Gale, A sequential algorithm for training text classifiers, SIGIR 1994, 3–12.

    worth = (1 − lead) × (1 + FEW / (FEW + known))

``known``: matters that persons have confirmed in or moved to the suggested category. One of which nobody has decided
anything counts twice; the raise is halved at ``FEW`` and fades with more. A matter that a person has decided about
already, and a text of no category, are worth nothing and stand last.

A cursor keeps the moment of the first page, and what was decided later does not count on the next ones: while somebody
works down the list nothing is shown twice or passed over.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Float, Select, and_, case, cast, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from casework.judgements import Judgement
from casework.tables import Ticket, TicketFacts
from storage.database import is_id

FEW = 10
"""Known texts of a category at which the raise is halved."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Cursor:
    """``since`` in microseconds; ``after`` is the last ticket that was shown, empty on the first page."""

    since: int
    after: str = ""

    def __str__(self) -> str:
        return f"{self.since}.{self.after}" if self.after else ""

    @property
    def at(self) -> datetime:
        """What was decided later does not count."""
        return _EPOCH + timedelta(microseconds=self.since)


def cursor_of(session: Session, text: str) -> Cursor:
    """The cursor as a page gave it; the beginning, as of the last decision, for anything else."""
    since, _, after = text.partition(".")
    if since.isascii() and since.isdigit() and len(since) <= 16 and is_id(after):
        return Cursor(int(since), after)
    last = session.scalar(select(func.max(Judgement.at)))
    return Cursor((last - _EPOCH) // timedelta(microseconds=1) if last is not None else 0)


def _known(at: datetime) -> Select[str, int]:
    """Matters that a person has decided about, by the category they went to."""
    counted = select(Judgement.final_category, func.count(Judgement.ticket_id)).group_by(Judgement.final_category)
    return counted.where(Judgement.decided_at.is_not(None), Judgement.at <= at)


def known(session: Session, categories: Collection[str]) -> dict[str, int]:
    """How many matters of these categories persons have decided about; none is left out."""
    counted = (
        select(Judgement.final_category, func.count(Judgement.ticket_id))
        .where(Judgement.decided_at.is_not(None), Judgement.final_category.in_(categories))
        .group_by(Judgement.final_category)
    )
    return dict.fromkeys(categories, 0) | {row[0]: row[1] for row in session.execute(counted)}


def worth(lead: float, texts: int) -> float:
    """What a correction is worth, as the database computes it."""
    return (1 - lead) * (1 + FEW / (FEW + texts))


@dataclass(frozen=True, slots=True)
class Order:
    """The order of one listing: joins what it asks for to a query of tickets, and stands a ticket in its place."""

    at: datetime

    def _joined(self, query: Select[Ticket], counts: Select[str, int]) -> tuple[Select[Ticket], ColumnElement[float]]:
        counted = counts.subquery()
        code, number = counted.c
        decided, facts = aliased(Judgement), aliased(TicketFacts)
        joined = (
            query.outerjoin(facts, facts.ticket_id == Ticket.id)
            .outerjoin(counted, code == facts.suggested)
            .outerjoin(
                decided,
                and_(decided.ticket_id == Ticket.id, decided.decided_at.is_not(None), decided.at <= self.at),
            )
        )
        one, few = literal(1.0, Float), literal(float(FEW), Float)
        value = (one - facts.lead) * (one + few / (few + cast(func.coalesce(number, 0), Float)))
        no_use = or_(facts.lead.is_(None), decided.ticket_id.is_not(None))
        return joined, case((no_use, literal(0.0, Float)), else_=value)

    def of(self, session: Session, query: Select[Ticket], after: str = "") -> Select[Ticket]:
        """The query in this order, from behind ``after``; the whole of it when that is not known."""
        joined, value = self._joined(query, _known(self.at))
        if after:
            its_category = select(TicketFacts.suggested).where(TicketFacts.ticket_id == after).scalar_subquery()
            its_count = _known(self.at).where(Judgement.final_category == its_category)
            one, its_value = self._joined(select(Ticket).where(Ticket.id == after), its_count)
            place = session.scalar(one.with_only_columns(its_value, maintain_column_froms=True))
            if place is not None:
                here = (literal(-place, Float), literal(after, Ticket.id.type))
                joined = joined.where(tuple_(-value, Ticket.id) > tuple_(*here))
        return joined.order_by(-value, Ticket.id)
