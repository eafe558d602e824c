"""The banner (告警横幅) at the head of every page: open alerts its reader was called for, and for whom he stands in.

A page comes with it, so nothing moves under the pointer when it is there; an open page asks for it again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from casework import absences, alert_lines, alerts, call_alarms
from casework.actors import Actor
from casework.alert_lines import Line
from storage.identity import User
from storage.running_calls import RunningCall

LINES = 5
"""Lines that a banner has at most."""


@dataclass(frozen=True, slots=True)
class Banner:
    """What is said; ``calls`` are those that alerts without a ticket are about, by the alert's id.

    ``late`` are the alerts whose deadline, which their text tells as one to come, is over by now.
    """

    lines: Sequence[Line] = ()
    standing: Sequence[User] = ()
    calls: Mapping[str, RunningCall] = field(default_factory=dict)
    late: frozenset[str] = frozenset()


def read(session: Session, actor: Actor, *, now: datetime) -> Banner:
    """What the actor's pages say at their head; for nearly everybody nearly always nothing."""
    lines = alert_lines.lines(session, alerts.waiting(session, actor))[:LINES]
    calls = call_alarms.calls_of(session, [line.alert for line in lines])
    late = {line.alert.id for line in lines if any(_is_over(each.clock_due_at, now) for each in line.alerts)}
    return Banner(lines, absences.standing_in(session, actor, now=now), calls, frozenset(late))


def _is_over(due_at: datetime | None, now: datetime) -> bool:
    return due_at is not None and due_at <= now
