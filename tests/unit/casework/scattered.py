"""Cases in any state, with clocks in any state, and tickets on them: rows as chance has them, not as acts made them."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

from casework.callbacks import CALLABLE
from casework.tables import Case, Clock, Ticket
from district.pack import District
from storage.database import new_id

from .conftest import NOW

HOUR = timedelta(hours=1)


def case(district: District, chance: Random, number: int, **given: Any) -> Case:
    """Opened within the last sixty hours."""
    own = {
        "state": chance.choice(list(district.workflow.case.states)),
        "urgency": chance.choice(("normal", "urgent")),
        "hard": chance.random() < 0.2,
        "opened_at": NOW - chance.randint(0, 60) * HOUR,
    }
    fixed = {"rule_version": district.rule_version, "category": "010101", "request_type": "投诉"}
    return Case(id=new_id(), number=f"B-{number}", **(fixed | own | given))


def clock(chance: Random, case: Case, name: str) -> Clock:
    """Due within thirty hours before or after now, on the hour: some at the same time."""
    due = NOW + chance.randint(-30, 30) * HOUR
    return Clock(
        case_id=case.id,
        name=name,
        label=name,
        state=chance.choice(("running", "paused", "stopped")),
        amount=2,
        unit="wd",
        calendar="desk",
        started_at=case.opened_at,
        due_at=due,
        own_due_at=due,
    )


def ticket(chance: Random, number: int, resident: str, case_id: str | None, opened: datetime, **given: Any) -> Ticket:
    """Told an hour after it was opened, closed within forty."""
    state = given["state"]
    own = {
        "urgency": chance.choice(("normal", "normal", "urgent", "emergency")),
        "request_type": chance.choice(("咨询", "投诉", "求助")),
        "told_at": opened + HOUR if state in CALLABLE else None,
        "closed_at": min(opened + chance.randint(0, 40) * HOUR, NOW) if state == "closed" else None,
    }
    fixed = {"channel": "wechat", "account": "main", "sender": "o-1", "last_message_at": opened, "opened_at": opened}
    keys = {"number": f"T-{number}", "code": f"C-{number}", "resident_id": resident, "case_id": case_id}
    return Ticket(**(fixed | keys | own | given))
