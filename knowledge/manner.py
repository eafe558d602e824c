"""How a message is put: whether it asks, or tells of the writer's own trouble and wants somebody to come.

A desk's articles answer questions. The same words also stand in complaints that sound like questions (怎么还没人来修?),
which no article answers. These signs only count, ``confidence`` weighs them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from knowledge.analysis import fold

LOOKED_AT = 400
"""Characters of a message that are looked at: what comes later in a letter is its story."""
MOST_ASKS, MOST_GRIEVANCES, MOST_CALLS = 2, 3, 2
"""More of the same says no more."""

_SPAN = r"[一二三四五六七八九十两俩仨半几好\d]+个?(?:天|月|年|遍|次|回|周|礼拜|星期|小时)"
_ASKS = re.compile(
    r"怎么?样?(?:办|弄|申|领|报|交|缴|算|走|处理|查|收|用|提|转|换|补|退|选|投|预|评|开)|如何|咋"
    r"|哪(?:里|儿|个|些|天|一)?|几(?:天|点|号|月|岁|个|多|倍|年)|多少|多久|多长|多大|多高"
    r"|什么(?!态度|玩意)|啥(?!都)|[吗么不嘛](?=[?呀啊,。 ]|$)|能不能|可不可以|要不要|是不是|有没有|算不算"
    r"|能(?=.*[吗么不])|可以"
)
_QUESTION = re.compile(
    r"[?]|怎|如何|咋|哪|何|几|多少|多[久长大高]|什么|啥|谁|可以|能|要|需"
    r"|[吗么呢嘛不没](?=[呀啊]?\W*$)|[吗么不没](?=[,。 ])|(.)[不没]\1|是.*还是|有没有|还是"
)
"""A bare topic (暖气不热, 违建) has none of these: nobody knows what is asked."""
_GRIEVES = re.compile(
    r"凭(?:什么|啥)|[怎咋]么?还|为(?:什么|何|啥)|还没|还要|没个?人|不管|到底|推来推去|踢皮球|摆设|不作为|骗|急死|受不了"
    r"|天理|王法|公道|讲理|说理|才(?:来|管|修|能)|至今|到现在|一直|天天|整天|整夜|一夜|半夜|已经|再次"
    r"|又(?:漏|坏|停|堵|把|来|不)|多次|几次|态度|敷衍|推诿|死活|出人命|良心|黑心|坑人|不给个?|不理|拉黑|满意"
    rf"|还(?:不|没|在|立|是)|你们(?!好)|贵(?:单位|局|部门)|{_SPAN}(?:了|没|都|还|多|半)"
)
_CALLS = re.compile(
    r"快来|赶紧|赶快|马上|尽快|派[人个]|来个?人|叫人|帮帮|帮我|求|救|处理一下|解决(?:一下|问题)?|说法|严查|查处|查一?查"
    r"|管管|管一管|催|举报:|我(?:要|想)?(?:举报|投诉|反映)|!"
)


@dataclass(frozen=True, slots=True)
class Manner:
    """How often a message asks, grieves (how long it lasts, who did nothing) and calls for somebody to act."""

    asks: int
    grieves: int
    calls: int
    questions: bool
    """Whether anything is asked at all."""

    @property
    def own_trouble(self) -> bool:
        """Whether something speaks for the writer's own trouble."""
        return bool(self.grieves or self.calls)


def manner_of(message: str) -> Manner:
    """The signs found in the message's beginning, each kind counted up to its most."""
    plain = fold(message[:LOOKED_AT])
    return Manner(
        min(MOST_ASKS, len(_ASKS.findall(plain))),
        min(MOST_GRIEVANCES, len(_GRIEVES.findall(plain))),
        min(MOST_CALLS, len(_CALLS.findall(plain))),
        bool(_QUESTION.search(plain)),
    )
