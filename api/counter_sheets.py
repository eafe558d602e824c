"""A counter's sheet (登记表) brought as a file: looked at, then registered behind the page, with its progress told.

The file waits in the stash of uploads. Registering is begun by one word and goes on in a thread of this process: all
rows are stored first, then judged, a few at a time, so that what comes in meanwhile waits for no more than a few. How
far it has come stands in a file beside the upload, where every process finds it; when the process dies, the same word
begins it again, and the rows that were stored are known.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from sqlalchemy import select

from api import intake_files, pipeline
from api.desk import Desk
from api.errors import NotFound, Unregistrable
from api.import_stash import ImportStash
from api.intake_files import Report
from casework import recording
from casework.actors import Actor
from casework.message_tables import Message
from casework.tables import Ticket
from channels.base import ReturnsRows
from channels.errors import UnreadableMessage
from channels.message import Account, Ignored, InboundMessage, Refused
from channels.plain_cells import write_workbook
from channels.registry import CHANNELS

log = logging.getLogger(__name__)

CHANNEL = "walk_in"
TOGETHER = 8
"""Tickets handed to the judging threads at a time."""
STALE = timedelta(seconds=90)
"""Nothing was told for so long: the process that registered the sheet is gone."""
_AT_ONCE = 500
HEADINGS = ("日期", "时间", "姓名", "联系电话", "诉求内容", "地点", "诉求类型", "希望答复方式", "窗口", "经办人")


@dataclass(frozen=True, slots=True)
class SheetLook:
    """How a sheet reads. ``known`` are the delivery ids of rows that were registered before."""

    good: Sequence[InboundMessage]
    bad: Sequence[Refused]
    ignored: Sequence[Ignored]
    known: frozenset[str]

    @property
    def fresh(self) -> int:
        """Rows that will open a ticket."""
        return len(self.good) - len(self.known)


@dataclass(frozen=True, slots=True)
class Registered:
    """A row and the number of the ticket it is on."""

    message: InboundMessage
    number: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the registering of a sheet has come, by the rows ``of`` it; ``at`` is when that was told."""

    state: Literal["running", "done", "failed"]
    of: int
    at: str
    stored: int = 0
    judged: int = 0
    to_judge: int = 0
    accepted: int = 0
    repeated: int = 0
    failed: int = 0
    """Rows that could not be stored: they lie in quarantine."""

    def is_stale(self, now: datetime) -> bool:
        """Whether it runs no more, though nothing says that it ended."""
        return self.state == "running" and now - datetime.fromisoformat(self.at) > STALE


def account_of(desk: Desk) -> Account:
    """The counter that sheets of pages belong to: the first account, or a bare one."""
    return desk.account_or_bare(CHANNEL, desk.first_account(CHANNEL) or "default")


def look(desk: Desk, content: bytes) -> SheetLook:
    """How the file reads; nothing is stored. Raises ``Unregistrable`` where no row of it can be looked at."""
    account = account_of(desk)
    try:
        found = CHANNELS[CHANNEL].parse(content, account)
    except UnreadableMessage as problem:
        raise Unregistrable(problem.why) from problem
    good = [each for each in found if isinstance(each, InboundMessage)]
    return SheetLook(
        good,
        [each for each in found if isinstance(each, Refused)],
        [each for each in found if isinstance(each, Ignored)],
        _known(desk, account, [each.delivery_id for each in good]),
    )


def _known(desk: Desk, account: Account, wanted: Sequence[str]) -> frozenset[str]:
    of_account = select(Message.delivery_id).where(Message.channel == CHANNEL, Message.account == account.name)
    found: set[str] = set()
    with desk.database.read() as session:
        for at in range(0, len(wanted), _AT_ONCE):
            found.update(session.scalars(of_account.where(Message.delivery_id.in_(wanted[at : at + _AT_ONCE]))))
    return frozenset(found)


def registered(desk: Desk, content: bytes, most: int) -> list[Registered]:
    """The first rows of the file that are on record, with the tickets they are on."""
    account = account_of(desk)
    good = [each for each in CHANNELS[CHANNEL].parse(content, account) if isinstance(each, InboundMessage)][:most]
    query = select(Message.delivery_id, Ticket.number).join(Ticket, Ticket.id == Message.ticket_id)
    of_rows = Message.delivery_id.in_([each.delivery_id for each in good])
    with desk.database.read() as session:
        where = Message.channel == CHANNEL, Message.account == account.name, of_rows
        found = {row.delivery_id: row.number for row in session.execute(query.where(*where))}
    return [Registered(each, found[each.delivery_id]) for each in good if each.delivery_id in found]


def returned(desk: Desk, content: bytes) -> bytes:
    """The rows that cannot be taken, as a sheet to mend with the reason in its last column; empty where all can."""
    channel = CHANNELS[CHANNEL]
    try:
        return channel.returned(content, account_of(desk)) if isinstance(channel, ReturnsRows) else b""
    except UnreadableMessage as problem:
        raise Unregistrable(problem.why) from problem


def template() -> bytes:
    """An empty sheet with the headings that are read. An example in it would be registered by who leaves it there."""
    return write_workbook("登记表", [HEADINGS])


class SheetImport:
    """The registering of one upload by the one who uploaded it."""

    def __init__(self, desk: Desk, actor: Actor, token: str) -> None:
        self._desk, self._actor, self._token = desk, actor, token
        stash = ImportStash(desk.home)
        ((self.name, self.content),) = stash.get(token, owner=actor.id, now=desk.now())[:1]
        self._file: Path = stash.folder / token / "progress.json"

    def progress(self) -> Progress | None:
        """How far it has come; None before it was begun."""
        try:
            return Progress(**json.loads(self._file.read_text("utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as problem:
            raise NotFound("导入进度读不出来，请重新上传") from problem

    def begin(self) -> None:
        """Register the rows that can be taken, behind the page. What was begun and goes on is not begun again."""
        (reading,) = pipeline.read(self._desk, account_of(self._desk), [self.content])
        if reading.problem is not None:
            raise Unregistrable(reading.problem.why)
        reading = replace(reading, refused=(), source=self.name)  # who brought it has them as a sheet to mend
        now = self._desk.now()
        before = self.progress()
        if before is not None and not (before.state == "failed" or before.is_stale(now)):
            return
        first = Progress("running", len(reading.messages), now.isoformat())
        if before is None and not self._first(first):
            return
        self._tell(first)
        with self._desk.database.write.begin() as session:
            details = {"rows": len(reading.messages)}
            recording.record(session, self._actor, "register_sheet", "sheet", self._token, now=now, details=details)
        threading.Thread(target=self._run, args=(reading, first), name="counter-sheet", daemon=True).start()

    def _first(self, progress: Progress) -> bool:
        """Whether this word was the first: two at once begin it once."""
        try:
            with self._file.open("x", encoding="utf-8") as opened:
                opened.write(json.dumps(asdict(progress)))
        except FileExistsError:
            return False
        return True

    def _tell(self, progress: Progress) -> None:
        beside = self._file.with_suffix(".new")
        beside.write_text(json.dumps(asdict(progress)), "utf-8")
        beside.replace(self._file)

    def _run(self, reading: pipeline.Reading, first: Progress) -> None:
        reached = first
        try:
            for reached in self._steps(reading, first):
                self._tell(replace(reached, at=self._desk.now().isoformat()))
        except Exception as problem:
            log.exception("a counter's sheet could not be registered to its end: %s", type(problem).__name__)
            self._tell(replace(reached, state="failed", at=self._desk.now().isoformat()))

    def _steps(self, reading: pipeline.Reading, first: Progress) -> Iterator[Progress]:
        report, fresh, named = Report(), list[str](), (self.name, self.content)
        reached = first
        for tickets in intake_files.store_rows(self._desk, account_of(self._desk), named, reading, report):
            fresh += tickets
            reached = replace(
                reached,
                stored=len(report.receipts),
                accepted=report.count("accepted"),
                repeated=report.count("repeated"),
                failed=report.quarantined,
            )
            yield reached
        reached = replace(reached, to_judge=len(fresh))
        for at in range(0, len(fresh), TOGETHER):
            futures = [self._desk.thinker.submit(each) for each in fresh[at : at + TOGETHER]]
            for future in futures:
                future.exception()
            yield replace(reached, judged=at + len(futures))
        yield replace(reached, judged=len(fresh), state="done")
