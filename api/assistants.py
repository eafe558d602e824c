"""Processes that help with a long import: they read payloads and judge texts, so that this one can store and file.

Reading and thinking take most of the time of a message and keep a processor busy, and the threads of one process take
turns at that. An assistant has the model and the index loaded once. What is handed to and fro are values, and payloads
are put on disk where they are read; messages and tickets are written by this process alone (an assistant reads the
database once, when its index catches up). What an assistant that is gone had in hand is done here. One that is killed
while it sends a large answer is not noticed: the import then stands still, and no message is lost.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar

from api import pipeline
from api.desk import Desk
from api.pipeline import Judged, Question, Reading
from api.settings import Settings
from channels.message import Account

log = logging.getLogger(__name__)

MOST = 2
"""Processes: more read and judge faster than one can store."""

Result = TypeVar("Result")


class Assistants(Protocol):
    """Who is asked now and answers when the answer is wanted."""

    def read(self, account: Account, payloads: Sequence[bytes]) -> Callable[[], list[Reading]]:
        """``pipeline.read``."""
        ...

    def judge(self, asked: Sequence[Question]) -> Callable[[], Judged]:
        """``pipeline.judge``."""
        ...


@dataclass(frozen=True, slots=True)
class Here:
    """No assistants: this process does all, when it is wanted."""

    desk: Desk

    def read(self, account: Account, payloads: Sequence[bytes]) -> Callable[[], list[Reading]]:
        return partial(pipeline.read, self.desk, account, payloads)

    def judge(self, asked: Sequence[Question]) -> Callable[[], Judged]:
        return partial(pipeline.judge, self.desk, asked)


@dataclass(frozen=True, slots=True)
class Apart:
    """The assistants of a pool."""

    desk: Desk
    pool: ProcessPoolExecutor

    def read(self, account: Account, payloads: Sequence[bytes]) -> Callable[[], list[Reading]]:
        return self._hand_over(pipeline.read, account, payloads)

    def judge(self, asked: Sequence[Question]) -> Callable[[], Judged]:
        return self._hand_over(pipeline.judge, asked) if asked else list

    def _hand_over(self, work: Callable[..., Result], *given: Any) -> Callable[[], Result]:
        here = partial(work, self.desk, *given)
        try:
            return partial(_outcome, self.pool.submit(_do, work, *given), here)
        except Exception as problem:  # noqa: BLE001  a pool with a dead process takes nothing more
            log.warning("an assistant is gone (%s); its work is done here", type(problem).__name__)
            return here


@contextmanager
def apart(desk: Desk) -> Iterator[Assistants]:
    """Assistants of processes of their own, while inside; where there is a single processor, this one."""
    processors = len(os.sched_getaffinity(0))
    if processors == 1:
        yield Here(desk)
        return
    # Not forked: another thread of this process may hold a lock that the copy would wait for for ever.
    fresh, settings = multiprocessing.get_context("spawn"), (desk.settings,)
    with ProcessPoolExecutor(min(MOST, processors), mp_context=fresh, initializer=_begin, initargs=settings) as pool:
        yield Apart(desk, pool)


def _outcome(given: Future[Result], here: Callable[[], Result]) -> Result:
    try:
        return given.result()
    except Exception as problem:  # noqa: BLE001  whatever failed there succeeds here, or fails where it is seen
        log.warning("an assistant failed (%s); its work is done here", type(problem).__name__)
        return here()


_desk: Desk
"""Of an assistant."""


def _begin(settings: Settings) -> None:
    global _desk  # noqa: PLW0603  a pool's processes have no other place to keep what they load
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that stores; it ends this one
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _desk = Desk(settings)
    _desk.warm_up()


def _end_with_parent() -> None:
    """A pool's process waits for work for ever, also when nobody is left to give it any."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _do(work: Callable[..., Result], *given: Any) -> Result:
    return work(_desk, *given)
