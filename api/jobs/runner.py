"""The job runner: DBOS with one queue for deliveries, schedules for the upkeep, and threads for the pollers.

DBOS's own defaults that would hurt are set here: an executor id of its own for each process (with the default, a
second process re-runs work in flight), a fixed application version (with the default, an upgrade leaves pending
work lying), a short polling interval, and finished rows deleted by age.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from dbos import DBOS, DBOSConfig, SetEnqueueOptions, SetWorkflowID
from sqlalchemy.engine import make_url

from api import running_calls, scanning
from api.desk import Desk
from api.jobs import alerting, answers, dropped, fetching, knowledge, reaching, sending, silence, upkeep, watched
from api.jobs.pollers import Pollers
from storage import deliveries
from storage.deliveries import Delivery
from storage.locks import Lock, try_lock

log = logging.getLogger(__name__)

QUEUE = "deliveries"
APPLICATION_VERSION = "1"
SLOTS = 16
KEPT = timedelta(days=2)

AGAIN = timedelta(minutes=1)
"""A delivery still due after that long is enqueued once more: its workflow failed, or died with its process. Two at a
time do no harm, for one of them gets the lease."""


class JobsRunElsewhere(Exception):
    """Another process runs the jobs of this home; on SQLite exactly one may."""

    def __init__(self) -> None:
        super().__init__(
            "另一个进程正在运行任务,SQLite 上只能有一个：请停掉它，或加 --no-jobs 只提供页面，或改用 PostgreSQL"
        )


_desk: Desk | None = None
_executor = ""


def _running_desk() -> Desk:
    if _desk is None:
        raise RuntimeError("jobs are not running in this process")
    return _desk


@DBOS.step(name="send")
def _send(delivery_id: str) -> str:
    return sending.send(_running_desk(), delivery_id, by=_executor)


@DBOS.workflow(name="deliver")
def _deliver(delivery_id: str) -> str:
    return _send(delivery_id)


def _scheduled(name: str, work: Callable[[Desk], int]) -> Callable[[datetime, Any], None]:
    @DBOS.step(name=f"{name}_step")
    def step() -> int:
        return watched.run(_running_desk(), name, work)

    @DBOS.workflow(name=name)
    def workflow(_at: datetime, _context: Any) -> None:
        step()

    return workflow


def _tidy(desk: Desk) -> int:
    """Delete workflows of DBOS by age, as many as there are: it keeps every one for ever.

    Those never finished go too. No work here lasts days, so their process is gone, and what they were to do is found
    again in the database.
    """
    before = (desk.now() - KEPT).isoformat()
    deleted = 0
    while old := DBOS.list_workflows(end_time=before, limit=500, load_input=False, load_output=False):
        DBOS.delete_workflows([each.workflow_id for each in old])
        deleted += len(old)
    return deleted


SCHEDULES: dict[str, tuple[str, Callable[[datetime, Any], None]]] = {
    name: (cron, _scheduled(name, work))
    for name, cron, work in (
        ("fetch_media", "*/5 * * * * *", fetching.fetch_due),
        ("go_on_in_silence", "*/2 * * * * *", silence.go_on),
        ("take_dropped", "*/5 * * * * *", dropped.take_dropped),
        ("scan_files", "*/10 * * * * *", scanning.scan_waiting),
        ("assess_left_over", "*/10 * * * * *", upkeep.assess_left_over),
        ("end_quiet_calls", "30 * * * * *", running_calls.end_quiet),
        ("seal_audit", "*/10 * * * * *", upkeep.seal_audit),
        ("check_clocks", "0 * * * * *", upkeep.check_clocks),
        ("check_reviews", "20 1 * * * *", upkeep.check_reviews),  # the day begins at another hour elsewhere
        ("check_alerts", "*/10 * * * * *", alerting.check_alerts),
        ("follow_failed", "*/5 * * * * *", reaching.follow_failed),
        ("release_idle", "25 * * * * *", upkeep.release_idle),
        ("ask_residents", "45 * * * * *", upkeep.ask_residents),
        ("keep_articles", "15 * * * * *", knowledge.keep_articles),
        ("find_gaps", "0 41 20 * * *", knowledge.find_gaps),  # UTC: before the day begins
        ("refit_answers", "0 43 3 * * 1", answers.refit),
        ("draw_inspections", "0 29 16 * * *", upkeep.draw_inspections),  # UTC: after midnight in China
        ("sweep_blobs", "0 17 3 * * *", upkeep.sweep_blobs),
        ("forget", "0 11 * * * *", upkeep.forget),
        ("tidy", "0 7 * * * *", _tidy),
    )
}


def workflow_id(delivery: Delivery, now: datetime) -> str:
    """The same for one attempt within ``AGAIN``, in which it is therefore enqueued once."""
    waited = int((now - delivery.due_at) / AGAIN)
    return f"{delivery.id}:{delivery.due_at.timestamp():.3f}:{delivery.attempts}:{waited}"


class JobRunner:
    """Jobs of one process. ``start`` raises ``JobsRunElsewhere`` on SQLite when another process has them."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._stop = threading.Event()
        self._lock: Lock | None = None
        self._slot = 0
        self._sweeper: threading.Thread | None = None
        self._pollers = Pollers(desk)
        self._enqueued: set[str] = set()

    def start(self) -> None:
        """Take a slot unless that was done, launch DBOS, start sweeping and polling."""
        global _desk, _executor
        self.take_slot()
        _desk, _executor = self.desk, f"slot-{self._slot}"
        DBOS(config=self._config(_executor))
        DBOS.launch()
        DBOS.register_queue(
            QUEUE,
            # By worker, not over all: there, a workflow that a dead process left running would block its resident.
            partition_worker_concurrency=1,
            worker_concurrency=8,
            polling_interval_sec=self.desk.settings.jobs_poll_seconds,
            on_conflict="always_update",
        )
        DBOS.apply_schedules(
            [
                {"schedule_name": name, "workflow_fn": workflow, "schedule": cron, "context": None}
                for name, (cron, workflow) in SCHEDULES.items()
            ]
        )
        self._sweeper = threading.Thread(target=self._sweep, name="delivery-sweep", daemon=True)
        self._sweeper.start()
        self._pollers.start()

    def take_slot(self) -> None:
        """Take the first free slot, and with it the workflows of a dead process that had it.

        Raises ``JobsRunElsewhere``. Safe to call twice.
        """
        if self._lock is not None:
            return
        slots = 1 if self.desk.database.is_sqlite else SLOTS
        for slot in range(slots):
            self._lock = try_lock(self.desk.database, self.desk.home, f"jobs-{slot}")
            if self._lock is not None:
                self._slot = slot
                return
        raise JobsRunElsewhere

    def try_slot(self) -> None:
        """Take a slot and give it back. Raises ``JobsRunElsewhere``."""
        self.take_slot()
        self._give_back()

    def _give_back(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _config(self, executor: str) -> DBOSConfig:
        url = make_url(self.desk.settings.url)
        if self.desk.database.is_sqlite:
            url = url.set(database=str(self.desk.home / "jobs.sqlite"))
        return {
            "name": "yingsheng",
            "system_database_url": url.render_as_string(hide_password=False),
            "executor_id": executor,
            "application_version": APPLICATION_VERSION,
            "log_level": "WARNING",
            "enable_otlp": False,
            "use_listen_notify": False,
        }

    def _sweep(self) -> None:
        """Enqueue whatever is due and not queued. Nothing depends on the fate of one workflow."""
        try:
            alerting.know_lines(self.desk)
            upkeep.recount_calendars(self.desk)  # the pack and chinesecalendar change with a start, and only then
        except Exception:
            log.exception("lines of alerts not known, or deadlines not counted anew")
        while not self._stop.wait(self.desk.settings.jobs_poll_seconds):
            try:
                upkeep.free_leases(self.desk)
                reaching.release_waiting(self.desk)
                self.enqueue_due()
            except Exception:
                log.exception("delivery sweep failed")

    def enqueue_due(self) -> int:
        """Enqueue the due deliveries; the same attempt of the same delivery is enqueued once in ``AGAIN``.

        DBOS knows an attempt again by its id, but only after writing; so what this process enqueued while it is still
        due is remembered, or a crowd that waits to be sent would be written down anew at every sweep.
        """
        now = self.desk.now()
        with self.desk.database.read() as session:
            due = {workflow_id(each, now): each for each in deliveries.due(session, now=now)}
        fresh = [attempt for attempt in due if attempt not in self._enqueued]
        for attempt in fresh:
            with SetWorkflowID(attempt), SetEnqueueOptions(queue_partition_key=due[attempt].recipient):
                DBOS.enqueue_workflow(QUEUE, _deliver, due[attempt].id)
        self._enqueued = set(due)
        return len(fresh)

    def stop(self) -> None:
        """Stop sweeping and polling, let running workflows end, give the slot back."""
        self._stop.set()
        self._pollers.stop()
        if self._sweeper is not None:
            self._sweeper.join(timeout=10)
        DBOS.destroy(workflow_completion_timeout_sec=5)
        self._give_back()
