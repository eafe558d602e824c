"""Triage of many messages by other processes, so that storing and filing them need not wait for it.

Thinking takes most of a message's time and keeps a processor busy, and the threads of one process take turns at that.
A long import therefore has its texts judged by processes of their own, each with the model and the index loaded once,
while this one stores the next messages and files those before. What is handed over is values; only this process
writes. A process that dies costs time, not messages: its texts are judged here.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial

from api import pipeline
from api.desk import Desk
from api.pipeline import Answer, Judged, Question
from api.settings import Settings

log = logging.getLogger(__name__)

MOST = 2
"""Processes: more judge faster than one can store."""

Judge = Callable[[Sequence[Question]], Callable[[], Judged]]
"""Given questions, when there is time: the way to the answers, which waits for them."""


def here(desk: Desk) -> Judge:
    """Judge in this process, when the answers are wanted."""
    return lambda asked: partial(pipeline.judge, desk, asked)


@contextmanager
def apart(desk: Desk) -> Iterator[Judge]:
    """Judge in other processes; in this one where there is a single processor."""
    processors = len(os.sched_getaffinity(0))
    if processors == 1:
        yield here(desk)
        return
    # Not forked: another thread of this process may hold a lock that the copy would wait for for ever.
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        min(MOST, processors), mp_context=fresh, initializer=_begin, initargs=(desk.settings,)
    ) as pool:
        yield partial(_hand_over, desk, pool)


def _hand_over(desk: Desk, pool: ProcessPoolExecutor, asked: Sequence[Question]) -> Callable[[], Judged]:
    if not asked:
        return list
    try:
        given = pool.submit(_judge, asked)
    except BrokenProcessPool:
        return partial(pipeline.judge, desk, asked)
    return partial(_answers, desk, given, asked)


def _answers(desk: Desk, given: Future[list[Answer]], asked: Sequence[Question]) -> Judged:
    try:
        return list(zip(asked, given.result(), strict=True))
    except BrokenProcessPool:
        log.warning("a process that judges has died; %d tickets are judged here", len(asked))
        return pipeline.judge(desk, asked)


_desk: Desk
"""Of a process that judges."""


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


def _judge(asked: Sequence[Question]) -> list[Answer]:
    return [answer for _, answer in pipeline.judge(_desk, asked)]
