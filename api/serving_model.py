"""The promoted model in the memory of a process: taken up when it changes, kept or stood in
for by an older one when it cannot be used.
"""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING

from triage.errors import TriageError

if TYPE_CHECKING:
    from api.desk import Desk
    from triage.assess import Engine
    from triage.model import Model

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
    a successor the others go on with what there is. Where the promoted model cannot be used, the one in memory stays,
    or else an older one stands in; its folder is looked at too, so that it is taken up once it is mended.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._loading = threading.Lock()
        self._engine: Engine | None = None
        self._given: Model | None = None
        self._seen: object = None
        self.trouble = ""
        """Why the promoted model is not the one in use, without paths of the machine; empty where it is."""

    @property
    def loaded(self) -> bool:
        return self._engine is not None

    def engine(self) -> Engine:
        """Raises ``NotSetUp`` and ``UnusableModel`` where there is none to go on with."""
        engine = self._engine
        if engine is not None and self._look() == self._seen:
            return engine
        if not self._loading.acquire(blocking=engine is None):
            assert engine is not None
            return engine
        try:
            if self._engine is None or self._look() != self._seen:
                self._load()
            assert self._engine is not None
            return self._engine
        finally:
            self._loading.release()

    def follow(self) -> None:
        """Take up what has changed since it was last asked; what is wrong is in ``trouble``."""
        from api.desk import NotSetUp

        if (self.loaded or self.trouble) and self._look() != self._seen:
            with suppress(NotSetUp, TriageError):
                self.engine()

    def use(self, engine: Engine) -> None:
        """Go on with this engine until another model is promoted."""
        with self._loading:
            self._engine, self._given, self.trouble = engine, None, ""
            self._seen = self._look()

    def take(self, model: Model) -> None:
        """Go on with this model, which was promoted and need not be read again, when next asked."""
        with self._loading:
            self._engine, self._given = None, model

    def forget(self) -> None:
        """Load anew when next asked."""
        with self._loading:
            self._engine = self._given = None

    def _look(self) -> object:
        """What changes when there is another model to take up: the pointer, and the folder of one in trouble."""
        from api.models import folder_stamp, pointer_stamp

        return pointer_stamp(self._desk), folder_stamp(self._desk) if self.trouble else ()

    def _load(self) -> None:
        from api.models import folder_stamp, pointer_stamp

        before, following = self._engine, self._engine is not None
        looked = pointer_stamp(self._desk), folder_stamp(self._desk)  # what changes from here on is seen next time
        try:
            with for_good() if following else nullcontext():  # the first is loaded as the process warms up
                self._engine, self.trouble = self._promoted(), ""
            self._seen = looked[0], ()
        except Exception as problem:
            self.trouble, self._seen = _words(problem), looked
            self._engine = before or self._stand_in(problem)
            if self._engine is None:
                raise
            version = self._engine.model.version
            self.trouble += f"；暂用内存中的 {version}" if before else f"；暂用 {version}"
            unforeseen = problem if not isinstance(problem, TriageError) else None
            log.error("the promoted model cannot be used (%s), %s is in use", problem, version, exc_info=unforeseen)  # noqa: TRY400
            return
        if following:
            log.info("model %s is in use", self._engine.model.version)

    def _promoted(self) -> Engine:
        from api.desk import NotSetUp
        from api.models import load_model, promoted
        from triage import threads
        from triage.assess import Engine

        threads.one_each()
        if (name := promoted(self._desk)) is None:
            raise NotSetUp("研判模型")
        given, self._given = self._given, None
        return Engine(self._desk.district, given if given and given.version == name else load_model(self._desk, name))

    def _stand_in(self, problem: Exception) -> Engine | None:
        """For a model that is broken; whatever else fails would fail again."""
        from api.models import promoted, stand_in
        from triage.assess import Engine

        if not isinstance(problem, TriageError) or not (name := promoted(self._desk)):
            return None
        found = stand_in(self._desk, name)
        return Engine(self._desk.district, found) if found else None


def _words(problem: Exception) -> str:
    """What of the problem may be told to whoever asks."""
    from api.desk import NotSetUp

    if isinstance(problem, TriageError):
        return str(problem)
    if isinstance(problem, NotSetUp):
        return "没有启用的模型"
    return f"启用的模型装不进来（{type(problem).__name__}）"
