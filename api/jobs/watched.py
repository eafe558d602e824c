"""Puts down how each job fares, for administrators: now and then where all is well, at once where it is not."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from api.desk import Desk
from api.errors import problem_of
from storage import job_runs

log = logging.getLogger(__name__)
EVERY = timedelta(minutes=1)
"""A job that runs every few seconds is put down so often: else the desk would mostly write that it has done nothing."""

_told: dict[str, tuple[datetime, bool]] = {}
"""By job: when it was put down last, and whether it went well then."""


def run(desk: Desk, name: str, work: Callable[[Desk], int]) -> int:
    """Do the work, and put down how it went. What it raises goes on."""
    began_at, began = desk.now(), time.monotonic()
    try:
        done = work(desk)
    except Exception as problem:
        _put_down(desk, name, began_at, began, error=_words(problem))
        raise
    _put_down(desk, name, began_at, began, done=done)
    return done


def _words(problem: Exception) -> str:
    """The kind of error, with a sentence where it has one; never a statement's values, nor a resident's words."""
    found = problem_of(problem)
    return f"{type(problem).__name__}{f'：{found[2](problem)}' if found else ''}"


def _put_down(desk: Desk, name: str, began_at: datetime, began: float, *, done: int = 0, error: str = "") -> None:
    last = _told.get(name)
    if last is not None and began_at - last[0] < EVERY and last[1] and not error:
        return
    spent = int((time.monotonic() - began) * 1000)
    try:
        with desk.database.write.begin() as session:
            job_runs.put_down(session, name, began_at=began_at, milliseconds=spent, done=done, error=error)
    except Exception:  # the job itself went as it went
        log.exception("how %s went was not put down", name)
    _told[name] = began_at, not error
