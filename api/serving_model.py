"""The promoted model in the memory of a process: taken up when it changes, kept when its successor cannot be used."""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from api.desk import Desk
    from triage.assess import Engine

log = logging.getLogger(__name__)


@contextmanager
def for_good() -> Iterator[None]:
    """What is loaded inside is kept: the garbage collector looks at nothing that stood before this ended well.

    Else it goes through all of it again and again, while loading and after, and every request waits each time.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
    gc.freeze()


class ServingModel:
    """The engine to judge with. Safe to share between threads.

    Every process looks at the promotion itself (one stat of a file), so nobody has to tell it. While one thread loads
    a successor the others go on with what there is.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._loading = threading.Lock()
        self._engine: Engine | None = None
        self._stamp: tuple[int, int] | None = None
        self.trouble = ""
        """Why the promoted model is not the one in use; empty where it is."""

    @property
    def loaded(self) -> bool:
        return self._engine is not None

    def engine(self) -> Engine:
        """Raises ``NotSetUp`` and ``UnusableModel`` where there is none to go on with."""
        from api.models import pointer_stamp

        engine, stamp = self._engine, pointer_stamp(self._desk)
        if engine is not None and stamp == self._stamp:
            return engine
        if not self._loading.acquire(blocking=engine is None):
            assert engine is not None
            return engine
        try:
            if self._engine is None or stamp != self._stamp:
                self._load(stamp)
            assert self._engine is not None
            return self._engine
        finally:
            self._loading.release()

    def use(self, engine: Engine) -> None:
        """Go on with this engine until another model is promoted."""
        from api.models import pointer_stamp

        with self._loading:
            self._engine, self._stamp = engine, pointer_stamp(self._desk)

    def forget(self) -> None:
        """Load anew when next asked."""
        with self._loading:
            self._engine = None

    def _load(self, stamp: tuple[int, int] | None) -> None:
        from api.models import load_engine

        following = self._engine is not None
        try:
            with for_good() if following else nullcontext():  # the first is loaded as the process warms up
                self._engine, self._stamp, self.trouble = load_engine(self._desk), stamp, ""
        except Exception as problem:
            if not following:
                raise
            self._stamp, self.trouble = stamp, str(problem)  # not tried again until another is promoted
            log.exception("the promoted model cannot be used; the one before stays")
            return
        if following:
            log.info("model %s is in use", self._engine.model.version)
