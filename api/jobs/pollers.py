"""Pollers: one thread with an event loop for each account that is watched (mailboxes, bots without a webhook).

Of several workers only one watches an account; the others try to take over while it holds the account's lock.
"""

from __future__ import annotations

import asyncio
import logging
import threading

from api import pipeline
from api.acknowledging import acknowledge
from api.desk import Desk
from channels import watching
from channels.base import Acknowledges, Poller
from channels.errors import ChannelMisconfigured
from channels.message import Account
from channels.registry import CHANNELS
from storage.locks import try_lock

log = logging.getLogger(__name__)

TAKE_OVER_SECONDS = 15.0
MISCONFIGURED_SECONDS = 300.0


class Pollers:
    """All pollers of one process."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._loops: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[None]]] = []

    def start(self) -> None:
        """Watch every account of every channel that can be watched and has an address to watch."""
        for account in self.desk.settings.list_accounts():
            channel = CHANNELS.get(account.channel)
            if isinstance(channel, Poller) and channel.watches(account):
                thread = threading.Thread(target=self._run, args=(channel, account), daemon=True)
                thread.name = f"watch-{account.channel}-{account.name}"
                thread.start()
                self._threads.append(thread)

    def _run(self, channel: Poller, account: Account) -> None:
        name = f"poller-{account.channel}-{account.name}"
        while not self._stop.is_set():
            lock = try_lock(self.desk.database, self.desk.home, name)
            if lock is None:
                self._stop.wait(TAKE_OVER_SECONDS)
                continue
            try:
                asyncio.run(self._watch(channel, account))
            except ChannelMisconfigured as problem:
                log.error("account %s/%s: %s", account.channel, account.name, problem)  # noqa: TRY400
                watching.note(self.desk.state(account), watching.FAILING_FROM)
                self._stop.wait(MISCONFIGURED_SECONDS)
            except asyncio.CancelledError:
                pass
            except Exception:
                log.exception("watching %s/%s ended", account.channel, account.name)
                self._stop.wait(TAKE_OVER_SECONDS)
            finally:
                lock.release()

    async def _watch(self, channel: Poller, account: Account) -> None:
        async def receive(payload: bytes, delivery_id: str) -> None:
            received = await asyncio.to_thread(
                pipeline.receive, self.desk, account, payload, delivery_id=delivery_id, source=account.channel
            )
            if isinstance(channel, Acknowledges):
                beside.append(asyncio.create_task(acknowledge(channel, payload, account)))
            for receipt in received.receipts:
                if receipt.fresh and receipt.pause:
                    self.desk.thinker.put_off(receipt.ticket_id, receipt.pause)
            fresh = [receipt.ticket_id for receipt in received.receipts if receipt.fresh and not receipt.pause]
            if fresh:  # stored is enough for the mailbox to go on; thinking happens beside it
                beside.append(asyncio.create_task(asyncio.to_thread(pipeline.assess, self.desk, fresh)))
            beside[:] = [task for task in beside if not task.done()]

        beside: list[asyncio.Task[None]] = []
        task = asyncio.ensure_future(channel.watch(account, self.desk.state(account), receive))
        entry = (asyncio.get_running_loop(), task)
        self._loops.append(entry)
        try:
            await task
        finally:
            self._loops.remove(entry)

    def stop(self) -> None:
        """Cancel every watch and wait for the threads."""
        self._stop.set()
        for loop, task in list(self._loops):
            loop.call_soon_threadsafe(task.cancel)
        for thread in self._threads:
            thread.join(timeout=10)
