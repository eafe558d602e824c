"""挂账到期: on its review date a suspended case is looked at again; supervisors and its units are told, once a date.

It stays suspended until somebody resumes it: what could not be solved does not become late by a date. It stands on the
follow-up list, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.actors import SYSTEM
from casework.lifecycle import hold, note
from casework.tables import Case, Step
from casework.telling import notify
from district.pack import District

MOVE = "review_due"
LABEL = "挂账复核日期已到"
SUSPENDED = "suspended"


def due(session: Session, district: District, *, now: datetime) -> Sequence[str]:
    """The suspended cases whose review date has come and of which nobody was told yet, in the order of their ids."""
    today = now.astimezone(district.calendars.zone).date()
    query = select(Case.id, Case.review_date).where(Case.state == SUSPENDED, Case.review_date <= today)
    found = {key: day for key, day in session.execute(query) if day is not None}
    told = select(Step.case_id, Step.text).where(Step.case_id.in_(found), Step.move == MOVE)
    known = {(key, words) for key, words in session.execute(told)}
    return sorted(key for key, day in found.items() if (key, _words(day)) not in known)


def tell(session: Session, district: District, case: Case, *, now: datetime) -> None:
    """Put it on the case, and tell; not of a case that was taken up again meanwhile."""
    hold(session, case)
    if case.state != SUSPENDED or case.review_date is None:
        return
    note(session, MOVE, LABEL, actor=SYSTEM, now=now, case=case, text=_words(case.review_date))
    notify(session, district, "supervisor", "review_due", now=now, case=case)
    for unit in sorted(part.unit for part in case.units):
        notify(session, district, "unit", "review_due", now=now, case=case, unit=unit)


def _words(day: date) -> str:
    return f"复核日期 {day.isoformat()}"
