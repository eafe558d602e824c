"""An act put on record: in the audit, for whoever asks later, and in the change log, for whoever follows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from casework.actors import Actor
from storage import audit, change_log


def record(
    session: Session,
    actor: Actor,
    act: str,
    subject: str,
    key: str,
    *,
    now: datetime,
    topic: str = "",
    change: str = "",
    details: Mapping[str, Any] | None = None,
) -> None:
    """Put on record that the actor did this to the ``subject`` of this ``key``.

    With a ``topic`` of the change log its followers hear of it, as ``change`` where they know it by another name.
    ``details`` hold codes and keys, never a resident's words.
    """
    audit.record(
        session,
        actor=actor.id,
        role=str(actor.role),
        act=act,
        subject=subject,
        subject_id=key,
        now=now,
        details=dict(details or {}),
    )
    if topic:
        change_log.record(session, topic, key, change or act, now=now)
