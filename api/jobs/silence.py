"""The job of silences: a dialogue in which a resident said nothing for long enough goes on without him."""

from __future__ import annotations

import logging

from api import pipeline
from api.desk import Desk
from casework.dialogue import keeping, talking

log = logging.getLogger(__name__)


def go_on(desk: Desk) -> int:
    """Go on in every dialogue that is due, each in a transaction of its own. Return how many."""
    with desk.database.read() as session:
        found = keeping.due(session, now=desk.now())
    tickets = [_go_on(desk, dialogue_id) for dialogue_id in found]
    pipeline.assess(desk, [ticket for ticket in dict.fromkeys(tickets) if ticket])
    return len(found)


def _go_on(desk: Desk, dialogue_id: str) -> str:
    """The ticket to be judged, or empty; a failure of one holds up none."""
    try:
        with desk.database.write.begin() as session:
            return talking.went_silent(session, desk.district, dialogue_id, now=desk.now())
    except Exception:
        log.exception("dialogue %s could not go on", dialogue_id)
        return ""
