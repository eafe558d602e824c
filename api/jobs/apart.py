"""The jobs in a process of their own: what they do all day would take turns with the pages at one interpreter."""

from __future__ import annotations

import os
import signal
import time
from multiprocessing.connection import Connection

from api.beside import READY, Beside
from api.desk import Desk
from api.jobs.runner import JobRunner, JobsRunElsewhere
from api.settings import Settings

GENTLY = 20.0
"""Seconds for the jobs to end by themselves: a delivery that is under way is finished."""
FREED = 3.0
"""Seconds within which the process of a desk that died has gone too."""


class JobsApart:
    """Starts and stops as ``JobRunner`` does, in another process that is kept alive."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._kept: Beside | None = None

    def take_slot(self) -> None:
        """See that there is a slot for the jobs. Raises ``JobsRunElsewhere``.

        That of a desk that died a moment ago is waited for.
        """
        until = time.monotonic() + FREED
        while True:
            try:
                JobRunner(self._desk).try_slot()
            except JobsRunElsewhere:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)
            else:
                return

    def start(self) -> None:
        """Start the process. It takes a few seconds until jobs run, and is not waited for."""
        self._kept = Beside(self._desk.settings, _run, name="jobs-apart")

    def stop(self) -> None:
        """Let running jobs end, and the process with them."""
        if self._kept is not None:
            self._kept.close(within=GENTLY)


def _run(settings: Settings, line: Connection) -> None:
    """The life of the process: jobs, until nobody is at the other end."""
    signal.signal(signal.SIGTERM, _end)
    desk = Desk(settings.model_copy(update={"think_apart": 0}))
    runner = JobRunner(desk)
    try:
        runner.start()
        _until_asked(line)
    finally:
        runner.stop()
        desk.close()


def _until_asked(line: Connection) -> None:
    try:
        line.send(READY)
        line.recv()
    except (OSError, EOFError):
        os._exit(1)  # the desk has died: the one that is started next is to have the jobs at once


def _end(_number: int, _frame: object) -> None:
    raise SystemExit
