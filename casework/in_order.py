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


def check_in_order(session: Session, case: Case, *, now: datetime) -> None:
    """Refuse an act whose ``now`` lies before the case's last step, but for the ``SKEW`` between machines.

    Raises ``ClockBackwards``.
    """
    last = session.connection().execute(_LAST, {"of_case": case.id}).scalar_one()
    if last is not None and now < last - SKEW:
        raise ClockBackwards(case.number, now, last)
