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
from multiprocessing.connection import Connection, wait
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


class Gone(Exception):
    """The assistant has died."""


class Failed(Exception):
    """The assistant could not do it, or not say what came of it."""


class Assistant:
    """A process and the line to it. ``life`` is what it does, given the settings and its end of the line."""

    def __init__(self, settings: Settings, life: Callable[[Settings, Connection], None]) -> None:
        # Not forked: another thread of this process may hold a lock that the copy would wait for for ever.
        fresh = multiprocessing.get_context("spawn")
        self._line, theirs = fresh.Pipe()
        self._process: BaseProcess = fresh.Process(target=life, args=(settings, theirs), daemon=True)
        self._process.start()
        theirs.close()  # theirs alone from now on: if it dies, the line ends

    @property
    def pid(self) -> int | None:
        """Its process."""
        return self._process.pid

    def do(self, work: Callable[..., Result], given: Sequence[Any], *, within: float | None = None) -> Result:
        """``work`` as the assistant does it. Raises ``Gone``, after so many seconds as well, or ``Failed``."""
        try:
            self._line.send((work, given))
            if within is not None and not self._line.poll(within):
                raise Gone
            done, result = self._line.recv()
        except (OSError, EOFError) as problem:
            raise Gone from problem
        if not done:
            raise Failed(result)
        return result  # type: ignore[no-any-return]  # what a line carries has no type

    def is_ready(self) -> bool:
        """Wait for the first word of one that announces itself; False where it died before."""
        try:
            return bool(self._line.recv())
        except (OSError, EOFError):
            return False

    def wait(self) -> None:
        """Until it has ended."""
        wait([self._process.sentinel])
        self._process.join()

    def kill(self) -> None:
        """Let it end, without waiting for that."""
        self._process.kill()

    def dismiss(self) -> None:
        """End it: nothing it still does is worth keeping. Whoever waits for it hears ``Gone``."""
        self._process.kill()
        self._process.join()

    def ask_to_end(self) -> None:
        """Let it end by itself, if it listens."""
        with suppress(OSError):
            self._line.send(None)

    def close(self) -> None:
        """Give the line back, when nobody waits at it any more."""
        self._line.close()


class Apart:
    """Assistants in processes of their own; a thread of this one waits for each."""

    ahead = 1

    def __init__(self, desk: Desk, assistants: Sequence[Assistant], waiting: ThreadPoolExecutor) -> None:
        self._desk = desk
        self._waiting = waiting
        self._free: SimpleQueue[Assistant | None] = SimpleQueue()
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
        return completed(self._desk, _outcome(answers, partial(judging.judge, self._desk, asked)))

    def _do(self, work: Callable[..., Result], *given: Any) -> Result:
        assistant = self._drawn()
        try:
            if assistant is None:
                raise Gone
            return assistant.do(work, given)
        except Gone:
            assistant = None
            raise
        finally:
            self._free.put(assistant)

    def _drawn(self) -> Assistant | None:
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


def _started(settings: Settings, many: int) -> list[Assistant]:
    """Up to so many, as the system lets start. They inherit that Ctrl-C is ignored, from their first instruction on."""
    assistants: list[Assistant] = []
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        while len(assistants) < many:
            assistants.append(Assistant(settings, _assist))
    except OSError as problem:
        log.warning("an assistant could not be started: %s", problem.strerror)
    finally:
        signal.signal(signal.SIGINT, before)
    return assistants


def completed(desk: Desk, judged: Judged) -> Judged:
    """What an assistant could not judge may have been its own fault: it is judged here."""
    again = [question for question, found in judged if isinstance(found, NotJudged)]
    if not again:
        return judged
    known = [(question, found) for question, found in judged if not isinstance(found, NotJudged)]
    return [*known, *judging.judge(desk, again)]


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
            answer(line, work, (desk, *given))


def answer(line: Connection, work: Callable[..., Any], given: Sequence[Any]) -> None:
    """What came of the work, to whoever asked; or that it failed, and how."""
    try:
        told = ForkingPickler.dumps((True, work(*given)))
    except Exception as problem:  # noqa: BLE001  done by the process that asked, which says what is wrong
        told = ForkingPickler.dumps((False, type(problem).__name__))
    line.send_bytes(told)
