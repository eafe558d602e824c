"""Time goes forward on a case: nothing is put on record before what is there."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from casework.deadline_errors import ClockBackwards
from casework.tables import Case, Step
from storage.statements import table_of

SKEW = timedelta(minutes=2)
"""What the clocks of two machines of one desk may differ by."""

_STEP = table_of(Step)
_LAST = select(func.max(_STEP.c.at)).where(_STEP.c.case_id == bindparam("of_case"))


def moment(session: Session, case: Case, *, now: datetime) -> datetime:
    """When an act on the case happens that was begun at ``now``: not before the case's last step.

    Who waited for another to let go of the case has read the clock before him, and two machines may differ by ``SKEW``;
    dated as he read it, his act would stop a clock before it began. Raises ``ClockBackwards`` beyond ``SKEW``.
    """
    last = session.connection().execute(_LAST, {"of_case": case.id}).scalar_one()
    if last is None or now >= last:
        return now
    if now < last - SKEW:
        raise ClockBackwards(case.number, now, last)
    return last
