"""What became of suggestions (研判结果): one row a ticket, written when it is known what a person makes of one.

It is written when a person first decides about a suggestion (dispatch, opening a case, direct answer, refusal, merging,
a correction), or when the desk dispatches by itself; never at intake, where the suggestion on the ticket is enough.

A suggestion was *right* where the matter went to the suggested category and the suggested lead unit by a person's word;
*wrong* where category or unit became another, where the unit's return was accepted, and where a person ended the matter
without any unit; *open* until then. What was once wrong stays so: a dispatch by the desk alone would have gone astray.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Executable, Float, ForeignKey, Index, Select, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship, selectinload

from casework.actors import Actor
from casework.tables import Ticket
from district.pack import District
from storage.database import Base, Key, is_id, new_id
from storage.statements import ByDialect, table_of

RIGHT, WRONG, OPEN = "right", "wrong", "open"
PERSON, AUTOMATIC = "person", "automatic"
AUTO, REVIEW = "auto", "review"


class Judgement(Base):
    """What triage suggested for a ticket, and what was decided. ``decision``: would the desk have sent it by itself."""

    __tablename__ = "judgements"
    __table_args__ = (
        Index("ix_judgements_suggested_category_mode_at", "suggested_category", "mode", "at"),
        Index("ix_judgements_sampled_outcome", "sampled", "outcome"),
        Index("ix_judgements_final_category_at_decided_at", "final_category", "at", "decided_at"),
    )

    ticket_id: Mapped[str] = mapped_column(Key, ForeignKey("tickets.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True, doc="of the first decision, or of the automatic dispatch")
    model: Mapped[str] = mapped_column(String(60), default="")
    suggested_category: Mapped[str] = mapped_column(String(6), default="")
    probability: Mapped[float] = mapped_column(Float, default=0.0, doc="of the suggested category")
    suggested_unit: Mapped[str] = mapped_column(String(10), default="")
    decision: Mapped[str] = mapped_column(String(10), doc="auto or review")
    mode: Mapped[str] = mapped_column(String(10), doc="who sent it: person or automatic")
    final_category: Mapped[str] = mapped_column(String(6), default="")
    final_unit: Mapped[str] = mapped_column(String(10), default="", doc="empty while no unit has it")
    outcome: Mapped[str] = mapped_column(String(10), doc="right, wrong or open")
    by: Mapped[str] = mapped_column(String(80), doc="who decided last; system while nobody has")
    decided_at: Mapped[datetime | None] = mapped_column(doc="when a person last decided; None while nobody has")
    sampled: Mapped[bool] = mapped_column(default=False, doc="an automatic dispatch drawn for review (抽查)")
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[str] = mapped_column(String(80), default="")

    ticket: Mapped[Ticket] = relationship()


class AutomaticSwitch(Base):
    """自动派单开关 of a category: one row each time it is turned; the last one counts."""

    __tablename__ = "automatic_switches"
    __table_args__ = (Index("ix_automatic_switches_category_id", "category", "id"),)

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    category: Mapped[str] = mapped_column(String(6))
    is_on: Mapped[bool]
    by: Mapped[str] = mapped_column(String(80))
    by_name: Mapped[str] = mapped_column(String(120), default="")
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text, default="")


TO_REVIEW = Ticket.id.in_(select(Judgement.ticket_id).where(Judgement.sampled, Judgement.outcome == OPEN))
"""Tickets that the desk dispatched by itself, drawn for review and not reviewed yet."""

_TABLE = table_of(Judgement)


def _insertion(dialect: Any) -> Executable:
    return dialect.insert(_TABLE).on_conflict_do_nothing()  # type: ignore[no-any-return]


_INSERT = ByDialect(_insertion)


def may_go(district: District, ticket: Ticket) -> bool:
    """Whether the ticket's suggestion may go out without a person, were its category switched on.

    Triage said ``auto``, and the unit it names for the category is the one that the directory gives: the probabilities
    of several categories may add up to another unit than the best category's own.
    """
    suggested = ticket.suggestion
    category, unit = _first(suggested, "category"), _first(suggested, "unit")
    code = category.get("code", "")
    if suggested.get("decision") != AUTO or code not in district.taxonomy:
        return False
    found = district.directory.resolve(code, street=ticket.street or None, community=ticket.community or None)
    return bool(found.lead) and found.lead == unit.get("code", "")


def sent(session: Session, district: District, ticket: Ticket, *, actor: Actor, sampled: bool, now: datetime) -> None:
    """The desk dispatched the ticket by itself: open until a person says whether that was right."""
    row = _row(session, district, ticket, AUTOMATIC, actor, now=now)
    if row is None:
        return
    _keep(row, district, ticket)
    row.mode, row.at, row.outcome, row.sampled = AUTOMATIC, now, OPEN, sampled
    row.final_category, row.final_unit = row.suggested_category, row.suggested_unit


def decided(
    session: Session,
    district: District,
    ticket: Ticket,
    *,
    actor: Actor,
    now: datetime,
    unit: str = "",
    is_over: bool = False,
) -> Judgement | None:
    """A person decided about the ticket as it now stands; None where triage suggested nothing.

    ``unit`` is the lead unit that he chose, empty where he chose none; ``is_over``: and none will have it.
    """
    row = _row(session, district, ticket, PERSON, actor, now=now)
    if row is None:
        return None
    row.final_category = ticket.category or row.final_category
    row.final_unit = "" if is_over else unit or row.final_unit
    row.by, row.decided_at = actor.id, now
    same = row.final_category == row.suggested_category and not (unit and unit != row.suggested_unit)
    if not same or is_over:
        row.outcome = WRONG
    elif unit and row.outcome == OPEN:
        row.outcome = RIGHT
    return row


def returned(session: Session, ticket: Ticket, *, actor: Actor, now: datetime) -> Judgement | None:
    """The unit's return was accepted, and nobody has it now; None where nothing was suggested."""
    row = held(session, ticket.id)
    if row is not None:
        row.final_unit, row.outcome, row.by, row.decided_at = "", WRONG, actor.id, now
    return row


def _row(
    session: Session, district: District, ticket: Ticket, mode: str, actor: Actor, *, now: datetime
) -> Judgement | None:
    """The ticket's row, held for this transaction, made where there is none yet. Two processes make it once."""
    row = held(session, ticket.id)
    if row is not None and row.mode == PERSON and row.outcome == OPEN:
        _keep(row, district, ticket)  # he wrote more since a person confirmed it, and was judged anew
    if row is not None or not ticket.suggestion:
        return row
    values = _suggested(district, ticket) | {
        "ticket_id": ticket.id,
        "at": now,
        "mode": mode,
        "final_category": "",
        "final_unit": "",
        "outcome": OPEN,
        "by": actor.id,
        "decided_at": None,
        "sampled": False,
        "reviewed_at": None,
        "reviewed_by": "",
    }
    session.flush()
    session.connection().execute(_INSERT.of(session), values)
    return held(session, ticket.id)


def held(session: Session, ticket_id: str) -> Judgement | None:
    """The ticket's row as it now stands, locked for this transaction; None where it has none."""
    query = select(Judgement).where(Judgement.ticket_id == ticket_id).with_for_update()
    return session.scalar(query.execution_options(populate_existing=True))


def newest(session: Session, query: Select[Judgement], *, after: str, limit: int) -> tuple[list[Judgement], str]:
    """A page of the judgements asked for, with ticket and case, the newest ticket first; and the next page's cursor."""
    query = query.options(selectinload(Judgement.ticket).selectinload(Ticket.case))
    query = query.order_by(Judgement.ticket_id.desc()).limit(limit + 1)
    rows = list(session.scalars(query.where(Judgement.ticket_id < after) if is_id(after) else query))
    return rows[:limit], rows[limit - 1].ticket_id if len(rows) > limit else ""


def _keep(row: Judgement, district: District, ticket: Ticket) -> None:
    for name, value in _suggested(district, ticket).items():
        setattr(row, name, value)


def _suggested(district: District, ticket: Ticket) -> dict[str, Any]:
    """What the row keeps of the suggestion that is on the ticket now."""
    suggested = ticket.suggestion
    category = _first(suggested, "category")
    return {
        "model": str(suggested.get("model", ""))[:60],
        "suggested_category": category.get("code", ""),
        "probability": float(category.get("probability", 0.0)),
        "suggested_unit": _first(suggested, "unit").get("code", ""),
        "decision": AUTO if may_go(district, ticket) else REVIEW,
    }


def _first(suggested: dict[str, Any], field: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = suggested.get(field) or [{}]
    return found[0]
