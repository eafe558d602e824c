"""Time goes forward on a case and a ticket: nothing is put on record before what is there."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from casework.deadline_errors import ClockBackwards
from casework.tables import Case, Step, Ticket
from storage.statements import table_of

SKEW = timedelta(minutes=2)
"""What the clocks of two machines of one desk may differ by."""

_STEP = table_of(Step)
_LAST = {
    name: select(func.max(_STEP.c.at)).where(_STEP.c[column] == bindparam("of"))
    for name, column in (("case", "case_id"), ("ticket", "ticket_id"))
}


def moment(session: Session, case: Case | None, *, now: datetime, ticket: Ticket | None = None) -> datetime:
    """When an act that was begun at ``now`` happens: not before the last step of its case, and of its ticket.

    Who waited for another to let go of the case has read the clock before him, and two machines may differ by ``SKEW``;
    dated as he read it, his act would stop a clock before it began. Raises ``ClockBackwards`` where the last step of
    the case is later by more than ``SKEW``.
    """
    latest = now
    if case is not None and (last := _last(session, "case", case.id)) is not None:
        if now < last - SKEW:
            raise ClockBackwards(case.number, now, last)
        latest = max(latest, last)
    if ticket is not None and (last := _last(session, "ticket", ticket.id)) is not None and now >= last - SKEW:
        latest = max(latest, last)
    return latest


def _last(session: Session, name: str, key: str) -> datetime | None:
    last: datetime | None = session.connection().execute(_LAST[name], {"of": key}).scalar_one()
    return last
