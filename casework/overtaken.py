"""Two who have one ticket open: the second to decide is told who was first, when and what, and overwrites nothing."""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from casework.actors import Actor
from casework.errors import DecidedMeanwhile
from casework.tables import Step, Ticket
from storage.database import is_id

_WORDS = frozenset({"correct", "confirm", "merge", "merge_case", "take_in", "unmerge", "split_off", "split"})
"""Steps that decide something and leave the states as they are."""
_NOBODYS = ("system", "resident")


def _decisions(ticket: Ticket) -> tuple[ColumnElement[bool], ...]:
    of_it = Step.ticket_id == ticket.id
    if ticket.case_id is not None:
        of_it = or_(of_it, Step.case_id == ticket.case_id)
    return of_it, or_(Step.target != "", Step.move.in_(_WORDS)), Step.role.not_in(_NOBODYS)


def seen_as(session: Session, ticket: Ticket) -> str:
    """What a reader has seen decided, to be handed in with his own decision; empty: nothing was."""
    query = select(Step.id).where(*_decisions(ticket)).order_by(Step.id.desc()).limit(1)
    return session.scalar(query) or "-"


def last(session: Session, ticket: Ticket) -> Step | None:
    """What a person last decided about the ticket, or the case that it is on."""
    return session.scalar(select(Step).where(*_decisions(ticket)).order_by(Step.id.desc()).limit(1))


def check(session: Session, ticket: Ticket, seen: str, actor: Actor) -> None:
    """Raises ``DecidedMeanwhile`` when another has decided something since ``seen`` (``seen_as``); empty: unasked."""
    if not seen:
        return
    wanted: list[ColumnElement[bool]] = [*_decisions(ticket), Step.actor != actor.id]
    if is_id(seen):
        wanted.append(Step.id > seen)
    step = session.scalar(select(Step).where(*wanted).order_by(Step.id.desc()).limit(1))
    if step is not None:
        raise DecidedMeanwhile(ticket.number, step.actor_name, step.label)
