"""Judging and filing in processes of their own, for a desk that is to take in messages while it thinks.

The threads of one process take turns at the interpreter, so a message that comes in waits for those that are judged,
however few threads do it. Here a process judges and files (``api.assistants`` tells how one is asked, and why not by a
pool), with its own copy of the model and the index. Taking in goes first: the others are of lower priority.

Nobody depends on such a process. Until it is loaded, when it died or is late, the tickets are judged here; one that
died is started anew (``api.beside``). It follows the index and the promoted model by itself, as every process of a
desk does.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection

from api import pipeline
from api.assistants import Assistant, Failed, Gone, answer
from api.beside import READY, Beside
from api.desk import Desk
from api.following import Follower
from api.rehearsal import rehearse
from api.settings import Settings

log = logging.getLogger(__name__)

NICE = 5
"""How much the others step back for this process."""
LATE = 30.0
"""Seconds after which one that does not answer is given up and ended: a batch takes less than one."""
LOOK = 0.5
"""Seconds after which one that has nothing to do looks for another model: the next question need not wait for it."""


class ThinkingApart:
    """Judges and files in so many processes. Safe to share between threads; ``close`` ends them all."""

    def __init__(self, desk: Desk, many: int) -> None:
        self._changed = threading.Condition()
        self._ready: set[Assistant] = set()
        self._free: deque[Assistant] = deque()
        self._kept = [
            Beside(desk.settings, _think, name=f"thinking-apart-{number}", ready=self._came, gone=self._left)
            for number in range(many)
        ]

    @property
    def ready(self) -> int:
        """Processes that are loaded and live."""
        with self._changed:
            return len(self._ready)

    def assess(self, ticket_ids: Sequence[str]) -> bool:
        """``pipeline.assess`` there, if it can be. False: nobody does it there, so it is to be done here."""
        assistant = self._drawn()
        if assistant is None:
            return False
        try:
            assistant.do(pipeline.assess, (list(ticket_ids),), within=LATE)
        except Gone:
            assistant.kill()  # where it was late; its keeper notices the end
            log.warning("a process that judges has gone; %d tickets are judged here", len(ticket_ids))
            return False
        except Failed as problem:
            self._give_back(assistant)
            log.warning("a process that judges failed (%s); %d tickets are judged here", problem, len(ticket_ids))
            return False
        self._give_back(assistant)
        return True

    def close(self) -> None:
        """End the processes: what they still judge, the sweep finds. None is left when this returns."""
        for kept in self._kept:
            kept.close()

    def _drawn(self) -> Assistant | None:
        """One that is free, once it is; None where none is to be expected."""
        with self._changed:
            self._changed.wait_for(lambda: self._free or not self._ready, timeout=LATE)
            return self._free.popleft() if self._free else None

    def _give_back(self, assistant: Assistant) -> None:
        with self._changed:
            if assistant in self._ready:
                self._free.append(assistant)
                self._changed.notify_all()

    def _came(self, assistant: Assistant) -> None:
        with self._changed:
            self._ready.add(assistant)
            self._free.append(assistant)
            self._changed.notify_all()

    def _left(self, assistant: Assistant) -> None:
        """Its line closes itself when whoever is asking has let go of it."""
        with self._changed:
            self._ready.discard(assistant)
            with suppress(ValueError):
                self._free.remove(assistant)
            self._changed.notify_all()


def _think(settings: Settings, line: Connection) -> None:
    """The life of a process that judges: until nobody is at the other end. Why it cannot load is told by the desk."""
    os.nice(NICE)
    with suppress(Exception):
        desk = Desk(settings.model_copy(update={"think_apart": 0}))
        desk.warm_up()
        rehearse(desk)
        Follower(desk).start()
        line.send(READY)
        while True:
            while not line.poll(LOOK):
                desk.serving_model.follow()
            work, given = line.recv()
            answer(line, work, (desk, *given))
