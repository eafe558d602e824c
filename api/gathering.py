"""Lends filed tickets what triage reads them with, so that they find their events."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from api.desk import Desk

if TYPE_CHECKING:
    from api.judging import Question
    from triage.assess import Engine

log = logging.getLogger(__name__)


def reading(desk: Desk, asked: Iterable[Question] = ()) -> Engine | None:
    """The engine, with these texts read before any transaction.

    None where that fails, for want of a model or whatever else: tickets are filed all the same, and are of no event.
    """
    try:
        engine = desk.engine
        for each in asked:
            engine.side(each.context.title, each.text, each.context.at)
    except Exception as problem:  # noqa: BLE001  told in the log; no ticket waits for its event
        log.warning("tickets are filed without events: %s", type(problem).__name__)
        return None
    return engine
