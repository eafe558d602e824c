"""A script played in this process, time moved by hand: without a fault, to know how it ends, or with one power cut.

After a cut only the database is left: what was in memory is forgotten, the platform delivers the last update again,
and the desk's sweeps find what lies between.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import event

from api import pipeline
from api.desk import Desk
from api.golden.passing import PassingTime
from api.golden.payloads import Numbered
from api.golden.script import Script, Turn
from api.jobs import upkeep
from channels.message import Account
from drills import scripts
from drills.endings import CHANNEL, Ending, ending

ACCOUNT = "rehearsal"
PAUSE = timedelta(seconds=20)
"""Between two turns."""
_WRITES = ("INSERT", "UPDATE", "DELETE")


class PowerCut(BaseException):
    """The process is gone. No ``except Exception`` of the desk holds it up."""


@dataclass(slots=True)
class Cut:
    """The power is cut before the ``at``-th statement that writes, transaction that begins or commits. Once."""

    at: int
    passed: int = 0
    done: bool = False
    trail: list[str] = field(default_factory=list)

    def step(self, what: str) -> None:
        """Something is about to be written. Raises ``PowerCut`` when its time has come."""
        if self.done:
            return
        self.passed += 1
        self.trail.append(what)
        if self.passed == self.at:
            self.done = True
            raise PowerCut(what)


@contextmanager
def cutting(desk: Desk, cut: Cut) -> Iterator[None]:
    """Inside, the cut is counted down by whatever the desk writes."""
    engine = desk.database.writer

    def before(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement.lstrip()[:6].upper() in _WRITES:
            cut.step(" ".join(statement.split()[:3]))

    def begin(_connection: Any) -> None:
        cut.step("BEGIN")

    def commit(_connection: Any) -> None:
        cut.step("COMMIT")

    listened = (("before_cursor_execute", before), ("begin", begin), ("commit", commit))
    for name, listener in listened:
        event.listen(engine, name, listener)
    try:
        yield
    finally:
        for name, listener in listened:
            event.remove(engine, name, listener)


class Rehearsal:
    """One script, played to a desk by a resident who is new there. It has the desk's clock."""

    def __init__(self, desk: Desk, script: Script, sender: int, *, at: datetime) -> None:
        self.desk, self.script, self.sender = desk, script, sender
        self.account = Account(CHANNEL, ACCOUNT)
        self.time = PassingTime(desk, str(sender), at=at)
        self.number = 0
        self.messages: dict[int, int] = {}

    def play(self) -> None:
        """Play it to its end."""
        for at, turn in enumerate(self.script.turns, 1):
            payload = self._payload(at, turn) if turn.wait is None else None
            try:
                self._act(payload, turn.wait or PAUSE)
            except PowerCut:
                self._start_again(payload, turn.wait or PAUSE)

    def ended(self) -> Ending:
        """How it ended."""
        with self.desk.database.read() as session:
            return ending(session, ACCOUNT, str(self.sender))

    def _payload(self, at: int, turn: Turn) -> bytes:
        self.number += 1
        self.messages[at] = self.number
        edits = self.messages[turn.edit.turn] if turn.edit is not None else None
        return json.dumps(scripts.update(Numbered(turn, self.number, self.sender, self.time.now, edits))).encode()

    def _act(self, payload: bytes | None, after: timedelta) -> None:
        ends = self.time.now + after
        if payload is not None:
            self._deliver(payload)
        self._until(ends)

    def _deliver(self, payload: bytes) -> None:
        received = pipeline.receive(self.desk, self.account, payload)
        assert received.held is None, f"cannot be read: {received.held}"
        self.time.take(received)

    def _until(self, moment: datetime) -> None:
        """Time passes, and the sweep has come by."""
        self.time.until(moment)
        upkeep.assess_left_over(self.desk)

    def _start_again(self, payload: bytes | None, after: timedelta) -> None:
        """A new process: nothing is in hand, the platform asks again, the sweep comes when its time is over."""
        self.time.forget()
        self.time.now += timedelta(seconds=5)
        self._act(payload, max(after, upkeep.LEFT_OVER + timedelta(seconds=5)))
        self._until(self.time.now + timedelta(seconds=10))
