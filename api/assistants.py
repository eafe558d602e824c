"""Processes that help with a long import: they read payloads and judge texts, so that this one can store and file.

Reading and thinking take most of the time of a message and keep a processor busy, and the threads of one process take
turns at that. An assistant has the model and the index loaded once. What is handed to and fro are values, and payloads
and attachments are put on disk where they are read; messages and tickets are written by this process alone (an
assistant reads the database once, when its index catches up).

Each assistant has a line of its own, whose other end nobody else holds: so one that dies is noticed at once, whatever
it was doing. What it had in hand is done here. No pool of the standard library is used for that reason: its processes
share the lines, and whoever reads waits for ever for the rest of what a dead one was writing.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import ForkingPickler
from queue import Empty, SimpleQueue
from typing import Any, Protocol, TypeVar

from api import judging, pipeline
from api.desk import Desk
from api.judging import Judged, NotJudged, Question
from api.pipeline import Reading
from api.settings import Settings
from channels.message import Account

log = logging.getLogger(__name__)

MOST = 2
"""Processes: more read and judge faster than one can store."""

Result = TypeVar("Result")


class Assistants(Protocol):
    """Who is asked now and answers when the answer is wanted."""

    @property
    def ahead(self) -> int:
        """Batches that are read, and batches that are judged, while another is stored: so nobody waits for the next."""
        ...

    def read(self, account: Account, payloads: Sequence[bytes]) -> Callable[[], list[Reading]]:
        """``pipeline.read``."""
        ...

    def judge(self, asked: Sequence[Question]) -> Callable[[], Judged]:
        """``judging.judge``."""
        ...


@dataclass(frozen=True, slots=True)
class Here:
    """No assistants: this process does all, when it is wanted."""

    desk: Desk
    ahead: int = 0

    def read(self, account: Account, payloads: Sequence[bytes]) -> Callable[[], list[Reading]]:
        return partial(pipeline.read, self.desk, account, payloads)

    def judge(self, asked: Sequence[Question]) -> Callable[[], Judged]:
        return partial(judging.judge, self.desk, asked)


class _Gone(Exception):
    """The assistant has died."""


class _Failed(Exception):
    """The assistant could not do it, or not say what came of it."""


class _Assistant:
    """A process and the line to it."""

    def __init__(self, settings: Settings) -> None:
        # Not forked: another thread of this process may hold a lock that the copy would wait for for ever.
        fresh = multiprocessing.get_context("spawn")
        self._line, theirs = fresh.Pipe()
        self._process: BaseProcess = fresh.Process(target=_assist, args=(settings, theirs), daemon=True)
        self._process.start()
        theirs.close()  # theirs alone from now on: if it dies, the line ends

    def do(self, work: Callable[..., Result], given: Sequence[Any]) -> Result:
        """``work`` as the assistant does it. Raises ``_Gone`` or ``_Failed``."""
        try:
            self._line.send((work, given))
            done, result = self._line.recv()
        except (OSError, EOFError) as problem:
            raise _Gone from problem
        if not done:
            raise _Failed(result)
        return result  # type: ignore[no-any-return]  # what a line carries has no type

    def dismiss(self) -> None:
        """End it: nothing it still does is worth keeping. Whoever waits for it hears ``_Gone``."""
        self._process.kill()
        self._process.join()

    def close(self) -> None:
        """Give the line back, when nobody waits at it any more."""
        self._line.close()


class Apart:
    """Assistants in processes of their own; a thread of this one waits for each."""

    ahead = 1

    def __init__(self, desk: Desk, assistants: Sequence[_Assistant], waiting: ThreadPoolExecutor) -> None:
        self._desk = desk
        self._waiting = waiting
        self._free: SimpleQueue[_Assistant | None] = SimpleQueue()
        """As many as threads; None in the place of one that is gone."""
        for assistant in assistants:
            self._free.put(assistant)

    def read(self, account: Account, payloads: Sequence[bytes]) -> Callable[[], list[Reading]]:
        asked = self._waiting.submit(self._do, pipeline.read, account, payloads)
        return partial(_outcome, asked, partial(pipeline.read, self._desk, account, payloads))

    def judge(self, asked: Sequence[Question]) -> Callable[[], Judged]:
        if not asked:
            return list
        answers = self._waiting.submit(self._do, judging.judge, asked)
        return partial(self._judged, answers, asked)

    def _judged(self, answers: Future[Judged], asked: Sequence[Question]) -> Judged:
        """What an assistant could not judge may have been its own fault: it is judged here."""
        judged = _outcome(answers, partial(judging.judge, self._desk, asked))
        again = [question for question, answer in judged if isinstance(answer, NotJudged)]
        if not again:
            return judged
        known = [(question, answer) for question, answer in judged if not isinstance(answer, NotJudged)]
        return [*known, *judging.judge(self._desk, again)]

    def _do(self, work: Callable[..., Result], *given: Any) -> Result:
        assistant = self._drawn()
        try:
            if assistant is None:
                raise _Gone
            return assistant.do(work, given)
        except _Gone:
            assistant = None
            raise
        finally:
            self._free.put(assistant)

    def _drawn(self) -> _Assistant | None:
        """One that lives, if it is free."""
        drawn = self._free.get()
        if drawn is None:
            with suppress(Empty):
                drawn = self._free.get_nowait()
                self._free.put(None)
        return drawn


@contextmanager
def apart(desk: Desk) -> Iterator[Assistants]:
    """Assistants of processes of their own, while inside; where there is one processor or no room for them, this one.

    To be called by the main thread: Ctrl-C is for this process alone.
    """
    processors = len(os.sched_getaffinity(0))
    assistants = _started(desk.settings, min(MOST, processors)) if processors > 1 else []
    if not assistants:
        yield Here(desk)
        return
    with ExitStack() as ends:  # in the order opposite to this
        for assistant in assistants:
            ends.callback(assistant.close)
        waiting = ends.enter_context(ThreadPoolExecutor(len(assistants), thread_name_prefix="assistant"))
        for assistant in assistants:
            ends.callback(assistant.dismiss)
        yield Apart(desk, assistants, waiting)


def _started(settings: Settings, many: int) -> list[_Assistant]:
    """Up to so many, as the system lets start. They inherit that Ctrl-C is ignored, from their first instruction on."""
    assistants: list[_Assistant] = []
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        while len(assistants) < many:
            assistants.append(_Assistant(settings))
    except OSError as problem:
        log.warning("an assistant could not be started: %s", problem.strerror)
    finally:
        signal.signal(signal.SIGINT, before)
    return assistants


def _outcome(given: Future[Result], here: Callable[[], Result]) -> Result:
    try:
        return given.result()
    except Exception as problem:  # noqa: BLE001  whatever failed there succeeds here, or fails where it is seen
        log.warning("an assistant failed (%s %s); its work is done here", type(problem).__name__, problem)
        return here()


def _assist(settings: Settings, line: Connection) -> None:
    """An assistant's life: until nobody is at the other end. Why a desk cannot be loaded is told by who uses it."""
    with suppress(Exception):
        desk = Desk(settings)
        desk.warm_up()
        while True:
            work, given = line.recv()
            _answer(line, work, (desk, *given))


def _answer(line: Connection, work: Callable[..., Any], given: Sequence[Any]) -> None:
    try:
        answer = ForkingPickler.dumps((True, work(*given)))
    except Exception as problem:  # noqa: BLE001  done by the process that asked, which says what is wrong
        answer = ForkingPickler.dumps((False, type(problem).__name__))
    line.send_bytes(answer)
