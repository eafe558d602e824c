"""Where the figures are taken: a home set up once with the demo pack, and copies of it to work in."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api import judging
from api.desk import Desk
from api.intake_files import Report, take
from api.setting_up import set_up
from api.settings import Settings
from casework import dispatch
from casework.actors import SYSTEM
from casework.tables import Ticket
from channels.message import Account
from drills.payloads import letter
from storage import migrate
from triage.training import pack_samples

CASES = 60
"""Cases open before anything is measured: more than triage compares a new matter with."""
FIRST = 900_000
"""Number of the first letter of the cases that are open: no measured message has it."""


class Place:
    """The prepared home and what is made of it. The folder goes when the context ends."""

    def __init__(self, folder: Path, given: Path | None) -> None:
        self.folder = folder
        self.home = folder / "home"
        self._copies = 0
        if given is not None:
            shutil.copytree(given, self.home)

    def prepare(self) -> None:
        """Set the home up where that was not done before, and open cases in it."""
        desk = Desk(Settings(home=self.home))
        try:
            set_up(desk, lambda _line: None)
            _open_cases(desk)
        finally:
            desk.close()

    def copy(self) -> Path:
        """A home of one's own, wholly on the disk: what is still being written out would hold up what is measured."""
        self._copies += 1
        made = Path(shutil.copytree(self.home, self.folder / f"copy{self._copies}"))
        os.sync()
        return made

    @contextmanager
    def desk(self) -> Iterator[Desk]:
        """A desk on a copy, warm, with the first, slow calls behind it."""
        desk = Desk(Settings(home=self.copy()))
        try:
            desk.warm_up()
            judging.think(desk, "小区门口的路灯不亮了")
            yield desk
        finally:
            desk.close()


@contextmanager
def place(given: Path | None) -> Iterator[Place]:
    """A prepared place in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="yingsheng-bench-") as folder:
        found = Place(Path(folder), given)
        found.prepare()
        yield found


def texts(desk: Desk, number: int) -> list[str]:
    """Sample appeals of the pack, evenly over all categories."""
    samples = pack_samples(desk.district.folder)
    return [sample.text for sample in samples[:: max(1, len(samples) // number)]][:number]


def _open_cases(desk: Desk) -> None:
    migrate.upgrade(desk.database)
    report = Report()
    payloads = [(str(number), letter(FIRST + number)) for number in range(CASES)]
    take(desk, Account("mailbox", "earlier"), payloads, report)
    now = desk.now()
    with desk.database.write.begin() as session:
        for receipt in report.receipts:
            ticket = session.get_one(Ticket, receipt.ticket_id)
            if ticket.case_id is None:
                dispatch.open_case(session, desk.district, ticket, actor=SYSTEM, now=now)
