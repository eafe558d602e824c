"""What alerts are about, and the lines of the banner: what several alerts say of one matter is one line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.people_tables import Alert
from casework.tables import Case, Ticket

FIRST = ("emergency", "silent_night", "red_deadline")
"""The kinds in the order in which a line says them: what the first is says what is to be done."""


@dataclass(frozen=True, slots=True)
class Matter:
    """The case that an alert is about, or the ticket that has none yet."""

    kind: Literal["case", "ticket"]
    number: str


@dataclass(frozen=True, slots=True)
class Line:
    """One matter's open alerts, the gravest first; ``matter`` is None of what is about no case and no ticket."""

    alerts: Sequence[Alert]
    matter: Matter | None
    text: str

    @property
    def alert(self) -> Alert:
        """The alert that is acknowledged for all."""
        return self.alerts[0]


def matters(session: Session, raised: Iterable[Alert]) -> dict[str, Matter]:
    """What these alerts are about, by the alert's id; what is about neither case nor ticket is left out."""
    rows = list(raised)
    if not rows:  # as nearly always: every page asks for its banner
        return {}
    ticket_ids = {row.ticket_id for row in rows if row.ticket_id}
    tickets = {each.id: each for each in session.scalars(select(Ticket).where(Ticket.id.in_(ticket_ids)))}
    case_of = {row.id: row.case_id or _case_of(tickets.get(row.ticket_id or "")) for row in rows}
    wanted = {each for each in case_of.values() if each}
    cases = {each.id: each.number for each in session.scalars(select(Case).where(Case.id.in_(wanted)))}
    found = {}
    for row in rows:
        if number := cases.get(case_of[row.id] or ""):
            found[row.id] = Matter("case", number)
        elif row.ticket_id in tickets:
            found[row.id] = Matter("ticket", tickets[row.ticket_id].number)
    return found


def _case_of(ticket: Ticket | None) -> str | None:
    return ticket.case_id if ticket is not None else None


def beside(session: Session, alert: Alert, others: Sequence[Alert]) -> list[Alert]:
    """Those of the others that are about the same matter."""
    about = matters(session, [alert, *others])
    matter = about.get(alert.id)
    return [each for each in others if matter and each.id != alert.id and about.get(each.id) == matter]


def lines(session: Session, waiting: Sequence[Alert]) -> list[Line]:
    """Open alerts as the banner says them: the first raised first, a matter once."""
    about = matters(session, waiting)
    together: dict[Matter | str, list[Alert]] = defaultdict(list)
    for alert in waiting:
        together[about.get(alert.id, alert.id)].append(alert)
    ordered = [sorted(each, key=lambda alert: FIRST.index(alert.kind)) for each in together.values()]
    return [Line(each, about.get(each[0].id), _said([alert.text for alert in each])) for each in ordered]


def _said(texts: Sequence[str]) -> str:
    """The first text whole, of the others what they do not say in common: the number and the matter are said once."""
    named = texts[0][: texts[0].rfind("）") + 1]
    return texts[0] + "".join(each.removeprefix(named).lstrip("的，") for each in texts[1:])
