"""Judging in processes of their own, for a desk that is to store messages while it thinks.

The threads of one process take turns at the interpreter, so a message that is stored waits for those that are judged,
however few threads do it. Here a process judges (``api.assistants`` tells how one is asked, and why not by a pool),
with its own copy of the model and the index, and this one stores and files. Storing goes first: the others are of
lower priority.

Nobody depends on such a process. Until it is loaded, when it died or is late, the questions are judged here; one that
died is started anew. It follows the index and the promoted model by itself, as every process of a desk does.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection

from api import judging
from api.assistants import Assistant, Failed, Gone, answer, completed
from api.desk import Desk
from api.following import Follower
from api.judging import Judged, Question
from api.settings import Settings

log = logging.getLogger(__name__)

NICE = 5
"""How much the others step back for this process."""
LATE = 30.0
"""Seconds after which one that does not answer is given up and ended: a batch takes less than one."""
LIVED = 60.0
"""Seconds after which one that ended had been well: the next is started at once, and not after a longer pause."""
PAUSES = (1.0, 60.0)
"""Seconds before another is started: at first, doubled each time one ends soon, and at most."""
LOOK = 0.5
"""Seconds after which one that has nothing to do looks for another model: the next question need not wait for it."""
READY = True


class ThinkingApart:
    """Judges in so many processes. Safe to share between threads; ``close`` ends them all."""

    def __init__(self, desk: Desk, many: int) -> None:
        self._desk = desk
        self._changed = threading.Condition()
        self._closed = threading.Event()
        self._all: set[Assistant] = set()
        self._ready: set[Assistant] = set()
        self._free: deque[Assistant] = deque()
        self._keepers = [
            threading.Thread(target=self._keep, name=f"thinking-apart-{number}", daemon=True) for number in range(many)
        ]
        for keeper in self._keepers:
            keeper.start()

    @property
    def ready(self) -> int:
        """Processes that are loaded and live."""
        with self._changed:
            return len(self._ready)

    def judge(self, asked: Sequence[Question]) -> Judged:
        """``judging.judge``, there if it can be and else here."""
        if not asked:
            return []
        assistant = self._drawn()
        if assistant is None:
            return judging.judge(self._desk, asked)
        try:
            judged = assistant.do(judging.judge, (asked,), within=LATE)
        except Gone:
            assistant.kill()  # where it was late; its keeper notices the end
            log.warning("a process that judges has gone; %d tickets are judged here", len(asked))
            return judging.judge(self._desk, asked)
        except Failed as problem:
            self._give_back(assistant)
            log.warning("a process that judges failed (%s); %d tickets are judged here", problem, len(asked))
            return judging.judge(self._desk, asked)
        self._give_back(assistant)
        return completed(self._desk, judged)

    def close(self) -> None:
        """End the processes: what they still judge is not worth keeping. None is left when this returns."""
        with self._changed:
            self._closed.set()
            for assistant in self._all:
                assistant.kill()
            self._changed.notify_all()
        for keeper in self._keepers:
            keeper.join()

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

    def _keep(self) -> None:
        """See to it that one lives."""
        pause, most = PAUSES
        while not self._closed.is_set():
            began = time.monotonic()
            try:
                self._see_through()
            except OSError as problem:
                log.warning("a process to judge in could not be started: %s", problem.strerror)
            if self._closed.is_set():
                return
            pause = PAUSES[0] if time.monotonic() - began > LIVED else min(2 * pause, most)
            log.warning("a process that judges has ended; another is started in %.0f s", pause)
            self._closed.wait(pause)

    def _see_through(self) -> None:
        """Start one, let it be asked once it is loaded, and return when it has ended. Raises ``OSError``."""
        with self._changed:
            if self._closed.is_set():
                return
            with _deaf_to_ctrl_c():
                assistant = Assistant(self._desk.settings, _think)
            self._all.add(assistant)
        try:
            if assistant.is_ready():
                with self._changed:
                    self._ready.add(assistant)
                    self._free.append(assistant)
                    self._changed.notify_all()
            assistant.wait()
        finally:
            with self._changed:
                self._all.discard(assistant)
                self._ready.discard(assistant)
                with suppress(ValueError):
                    self._free.remove(assistant)
                self._changed.notify_all()  # its line closes itself when whoever is asking has let go of it


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """A process that is started inside does not hear Ctrl-C, which is for the desk: it ends with it.

    Other than a handler, the mask of a thread is inherited whichever thread starts the process.
    """
    resource_tracker.ensure_running()  # which would lift the mask if it were started meanwhile
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _think(settings: Settings, line: Connection) -> None:
    """The life of a process that judges: until nobody is at the other end. Why it cannot load is told by the desk."""
    os.nice(NICE)
    with suppress(Exception):
        desk = Desk(settings.model_copy(update={"think_apart": 0}))
        desk.warm_up()
        Follower(desk).start()
        line.send(READY)
        while True:
            while not line.poll(LOOK):
                desk.serving_model.follow()
            work, given = line.recv()
            answer(line, work, (desk, *given))
