"""Residents who chat at once: what each says, turn by turn, and when. Fixed before anything is measured."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

RESIDENTS = 200
PAUSE = (9.0, 21.0)
"""Seconds a resident reads, thinks and types before his next turn, evenly between: so each says one thing in fifteen
seconds, and 200 of them thirteen things a second."""

_ROADS = ("泉水街", "玉华路", "翠微路", "龙泉路", "甘露街", "玉泉大街")
_MATTERS = (
    "家门口那条路晚上路灯全灭了，黑得看不清台阶，老人都不敢下楼",
    "马路上的井盖翘起来一角，车一压就咣当响，骑车的容易摔着",
    "便道上堆了三天的装修垃圾没人清走，灰吹得到处都是，请派人运走",
    "楼门口的垃圾桶两天没人倒，苍蝇成堆，味道大得开不了窗",
    "路口的大树枝子断了半截挂在电线上，风一刮就晃，请来人锯掉",
)
_QUESTIONS = (
    "电动自行车怎么上牌，要带哪些材料？",
    "社保卡丢了怎么补办，在哪里办？",
    "老年卡怎么办，多大岁数可以办？",
    "身份证快到期了怎么换领，要多久？",
)


@dataclass(frozen=True, slots=True)
class Said:
    """One turn of a resident. ``at``: seconds after the beginning."""

    resident: int
    turn: int
    at: float
    text: str


@dataclass(frozen=True)
class Crowd:
    """Everything that is said by ``many`` residents, each of whom begins within one pause of the beginning."""

    many: int = RESIDENTS

    @cached_property
    def turns(self) -> Sequence[Said]:
        """In the order in which they are said."""
        chance = random.Random(12345)
        said = []
        for resident in range(self.many):
            at = chance.uniform(0, sum(PAUSE) / 2)
            for turn, text in enumerate(script(resident)):
                said.append(Said(resident, turn, at, text))
                at += chance.uniform(*PAUSE)
        return sorted(said, key=lambda each: each.at)

    @property
    def per_second(self) -> float:
        """Turns a second, over the time in which they are said."""
        return len(self.turns) / (self.turns[-1].at - self.turns[0].at)


def script(resident: int) -> tuple[str, ...]:
    """The turns of one resident; every second asks first and brings his matter after it.

    A matter in whole sentences, the place that is asked for, yes to the summary; a question that an article answers,
    and that it did; how his matter stands; thanks.
    """
    place = f"{_ROADS[resident % len(_ROADS)]}{resident % 40 + 2}号门口"
    matter = (_MATTERS[resident % len(_MATTERS)], place, "没有问题")
    question = (_QUESTIONS[resident % len(_QUESTIONS)], "解决了")
    begun = (*question, *matter) if resident % 2 else (*matter, *question)
    return (*begun, "查进度", "谢谢")
