"""Messages of platforms that wait for a word: kept on disk first (``storage.spool``), then stored one after another.

The platform hears that its message arrived once it is on disk. A thread of its own stores what came, in the order in
which it came and several in one transaction, and hands the tickets on to triage. While the database is busy it comes
again; what cannot be stored for another reason goes to quarantine with its bytes. What a process that died had not
stored, the next one stores when it starts.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING

from sqlalchemy.exc import OperationalError

from api import pipeline
from api.pipeline import Received
from channels.errors import UnreadableMessage
from channels.message import Account
from storage.spool import Spool, Spooled

if TYPE_CHECKING:
    from api.desk import Desk

log = logging.getLogger(__name__)

TOGETHER = 8
"""Payloads stored in one transaction at most: its beginning and end cost as much as half a message."""
PAUSE = 0.5
"""Seconds before a busy database is asked again."""
LAST = 5.0
"""Seconds for what waits when the desk closes; what is left then is stored by the next start."""
UNDER_WAY = 5.0
"""Seconds more for the transaction under way to end: its messages are not to be left and stored at once."""

_Waiting = tuple[Spooled, "Future[Received]"]


class Storer:
    """Keeps, then stores. Safe to share between threads; the thread starts with the first payload."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._spool = Spool(desk.home / "spool")
        self._waiting: deque[_Waiting] = deque()
        self._changed = threading.Condition()
        self._closing: float | None = None
        self._thread: threading.Thread | None = None

    def take(self, account: Account, payload: bytes) -> Future[Received]:
        """Keep a payload: it is on disk when this returns. The future tells what became of it, once it is stored.

        Raises ``OSError`` where it cannot be kept: whoever sent it is to hear so and sends it again.
        """
        spooled = self._spool.put(account.channel, account.name, payload, now=self._desk.now())
        return self._enqueue(spooled)

    def resume(self) -> int:
        """Have stored what processes that died left. Return how much that is."""
        found = list(self._spool.left())
        for spooled in found:
            self._enqueue(spooled)
        if found:
            log.warning("%d messages that an ended process had kept are stored now", len(found))
        return len(found)

    def waiting(self) -> int:
        """How many are kept and not yet stored."""
        with self._changed:
            return len(self._waiting)

    def close(self) -> None:
        """Store what waits, for a few seconds at most; the rest stays on disk for the next start."""
        with self._changed:
            self._closing = time.monotonic() + LAST
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=LAST + UNDER_WAY)
        self._spool.close()

    def _enqueue(self, spooled: Spooled) -> Future[Received]:
        future: Future[Received] = Future()
        future.set_running_or_notify_cancel()  # whoever stops waiting does not stop the storing
        with self._changed:
            self._waiting.append((spooled, future))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="storer", daemon=True)
                self._thread.start()
            self._changed.notify_all()
        return future

    def _run(self) -> None:
        while batch := self._next():
            with self._desk.thinker.after_this():
                self._store(batch)
            with self._changed:
                for _ in batch:
                    self._waiting.popleft()

    def _next(self) -> list[_Waiting]:
        """The first that wait, all of one account; nothing when it is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing is not None)
            if not self._waiting or self._over():
                return []
            first = self._waiting[0][0]
            batch: list[_Waiting] = []
            for each in self._waiting:
                if len(batch) == TOGETHER or (each[0].channel, each[0].account) != (first.channel, first.account):
                    break
                batch.append(each)
            return batch

    def _over(self) -> bool:
        return self._closing is not None and time.monotonic() > self._closing

    def _store(self, batch: Sequence[_Waiting]) -> None:
        """Until they are stored or in quarantine, or the desk closes: a database and a disk come back."""
        while not self._over():
            try:
                self._settle(batch)
            except Exception as problem:  # noqa: BLE001  whatever it was, what waits behind them is not given up
                what = problem.orig if isinstance(problem, OperationalError) else problem
                log.warning("%d messages cannot be stored now (%s: %s)", len(batch), type(problem).__name__, what)
                with self._changed:
                    self._changed.wait_for(lambda: self._closing is not None, timeout=PAUSE)
            else:
                return

    def _settle(self, batch: Sequence[_Waiting]) -> None:
        """Store them, or put the one that cannot be stored into quarantine.

        Raises ``OperationalError`` and ``OSError`` where database or disk are at fault, and nothing of it stays.
        """
        try:
            stored = self._stored([spooled for spooled, _ in batch])
        except (OperationalError, OSError):
            raise
        except Exception as problem:
            if len(batch) > 1:
                for each in batch:
                    self._store([each])
                return
            log.exception("a message of %s could not be stored", batch[0][0].channel)
            stored = [self._quarantined(batch[0][0], problem)]
        for (spooled, future), received in zip(batch, stored, strict=True):
            self._spool.done(spooled)
            self._hand_on(received)
            future.set_result(received)

    def _stored(self, batch: Sequence[Spooled]) -> list[Received]:
        desk, first = self._desk, batch[0]
        account = desk.account_or_bare(first.channel, first.account)
        readings = pipeline.read(desk, account, [each.payload for each in batch])
        sound = [
            (reading, each.received_at) for reading, each in zip(readings, batch, strict=True) if not reading.problem
        ]
        receipts = iter(pipeline.store_as_of(desk, sound)) if sound else iter(())
        return [
            Received(receipts=next(receipts))
            if reading.problem is None
            else Received(held=pipeline.hold(desk, account, each.payload, reading.problem))
            for reading, each in zip(readings, batch, strict=True)
        ]

    def _quarantined(self, spooled: Spooled, problem: Exception) -> Received:
        why = UnreadableMessage("", f"入库出错（{type(problem).__name__}）")
        account = self._desk.account_or_bare(spooled.channel, spooled.account)
        return Received(held=pipeline.hold(self._desk, account, spooled.payload, why))

    def _hand_on(self, received: Received) -> None:
        for receipt in received.receipts:
            if receipt.fresh and receipt.pause:
                self._desk.thinker.put_off(receipt.ticket_id, receipt.pause)
            elif receipt.fresh:
                self._desk.thinker.submit(receipt.ticket_id)
