"""Every crash point of a dialogue, one after the other: before each statement that writes, each begin, each commit.

The script is played once without a cut, then once for each point by another resident, and must end as it did.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from api import clock
from api.desk import Desk
from api.golden.script import Script
from drills import scripts
from drills.endings import Cast, faults
from drills.rehearsal import ACCOUNT, Cut, Rehearsal, cutting

SCRIPTS = (
    "路灯不亮，问到地点就汇总",
    "汇总后说要改地点",
)
FIRST = 610_000_000
"""Numbers of the residents begin here."""


@dataclass(frozen=True, slots=True)
class Point:
    """A place at which the power was cut: the script, its number there and what was about to be written."""

    script: str
    number: int
    what: str


class Cutter:
    """Plays scripts on one desk, each time as another resident."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.points: list[Point] = []
        """Where the power was cut."""
        self._residents = iter(range(FIRST, FIRST * 2))

    def every_point(self, script: Script) -> list[str]:
        """What went wrong at any of them, in words."""
        whole = Cut(at=0)
        sender = next(self._residents)
        with cutting(self.desk, whole):
            expected = Rehearsal(self.desk, script, sender, at=clock.now()).play()
        with self.desk.database.read() as session:
            found = faults(session, [Cast(ACCOUNT, str(sender), script.name, expected)])
        for number in range(1, whole.passed + 1):
            cut = Cut(at=number)
            cast = Cast(ACCOUNT, str(next(self._residents)), script.name, expected)
            with cutting(self.desk, cut):
                Rehearsal(self.desk, script, int(cast.sender), at=clock.now()).play()
            if not cut.done:
                break  # fewer statements than the first time: what is written once for all was written
            self.points.append(Point(script.name, number, cut.trail[-1]))
            with self.desk.database.read() as session:
                found += [f"cut {number}, before {cut.trail[-1]}: {each}" for each in faults(session, [cast])]
        return found


def check(name: str, desk: Desk, *, among: Sequence[str] = SCRIPTS) -> None:
    """Cut at every point of these scripts and tell how many there were. Raises ``AssertionError``."""
    cutter = Cutter(desk)
    clock_of_desk = desk.now
    try:
        found = [fault for script in scripts.named(*among) for fault in cutter.every_point(script)]
    finally:
        desk.now = clock_of_desk
    print(f"   {name}: the power was cut at {len(cutter.points)} points of {len(among)} dialogues")
    assert not found, f"{len(found)} faults\n   " + "\n   ".join(found[:20])
