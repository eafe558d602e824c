"""Every crash point of a dialogue, one after the other: before each statement that writes, each begin, each commit.

The script is played once without a cut, then once for each point by another resident, and must end as it did.
"""

from __future__ import annotations

from dataclasses import dataclass

from api import clock
from api.desk import Desk
from api.golden.script import Script
from drills import scripts
from drills.endings import Cast, faults
from drills.rehearsal import ACCOUNT, Cut, Rehearsal, cutting

SILENT = tuple(
    Script.model_validate({"name": name, "turns": turns})
    for name, turns in (
        (
            "asked for the place, he is silent, and comes back",
            [{"resident": "我们小区外面的路灯好几天不亮了，请派人来修"}, {"wait": "6h"}, {"resident": "查进度"}],
        ),
        ("an answer after which he is silent", [{"resident": "低保怎么申请、什么样的家庭能批？"}, {"wait": "6h"}]),
        ("too few words and a pause, then more", [{"resident": "那个"}, {"resident": "路灯不亮了，请派人来修"}]),
    )
)
"""Six hours are longer than the desk waits for any answer."""
GOLDEN = (
    "汇总以后改地点",
    "拿不准的长话，是补充",
    "拿不准的长话，是新的事",
    "问时间时楼上着火",
    "问高龄津贴，没解决交给人",
    "公积金两篇都像，先问是哪一样，选第一个",
    "撤了以后反映新的事",
    "汇总以后转人工",
    "改了前一条，改成出人命的事",
    "催一次",
)
"""Of the demo pack: all ways on which a turn, a judgement or a silence is kept."""
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
        first = Rehearsal(self.desk, script, sender, at=clock.now())
        with cutting(self.desk, whole):
            first.play()
        expected = first.ended()
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


def check(name: str, desk: Desk) -> None:
    """Cut at every point of the scripts and tell how many there were. Raises ``AssertionError``."""
    cutter, among = Cutter(desk), (*SILENT, *scripts.named(*GOLDEN))
    clock_of_desk = desk.now
    try:
        found = [fault for script in among for fault in cutter.every_point(script)]
    finally:
        desk.now = clock_of_desk
    print(f"   {name}: the power was cut at {len(cutter.points)} points of {len(among)} dialogues")
    assert not found, f"{len(found)} faults\n   " + "\n   ".join(found[:20])
