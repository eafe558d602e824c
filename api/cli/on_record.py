"""Acts of the command line on record: they are the operator's, who has the machine and needs no sign-in."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from api.desk import Desk
from storage import audit

COMMAND = "command"


def record(session: Session, desk: Desk, act: str, subject: str, subject_id: str, **details: Any) -> None:
    """An audit row in the transaction of the act; ``details`` hold codes and counts."""
    audit.record(
        session,
        actor=COMMAND,
        role=COMMAND,
        act=act,
        subject=subject,
        subject_id=subject_id,
        now=desk.now(),
        details=details,
    )
