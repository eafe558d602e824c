"""What the knowledge base lacks, from what was asked of it: questions without a good article, articles nobody uses.

Pure: what was asked is handed in, masked by whoever read it. What is wrong within the articles themselves (repeats,
contradictions, replaced regulations) is found by ``knowledge.overlaps``.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import heapify, heappop, heappush
from itertools import takewhile

from knowledge.analysis import fold, grams, is_bigram
from knowledge.evidence import without_function_words

Cut = Callable[[str], Iterable[str]]
"""Cuts a text into words."""

GOOD = 0.5
"""Probability from which an article found is a good one although nobody used it."""
GENERIC = frozenset(
    (  # noqa: SIM905  a list would take forty lines
        "办理 申请 孩子 小孩 老人 时候 多少钱 多少 少钱 收费 免费 电话 材料 手续 条件 办法 部门 单位 公司 政府 "
        "问题 情况 政策 规定 外地 本地 老家 家里 家人 现在 今年 明年 去年 每年 一年 一个 一次 一个月 个月 时间 "
        "地方 地址 证明 网上 手机 报名 预约 查询 咨询 反映 举报 投诉 处理 登记 找谁 必须 合法 附近 小区 街道 "
        "补贴 标准 工作 人员 作人 工作人员 社区 丢了 坏了 没人 别人 人家 知道 麻烦 "
    ).split()
)
"""Words of any question to a desk: they are no topic."""
COMMON, TOO_COMMON = 0.2, 0.05
"""A word in more than this share of all that was asked tells nothing: of few questions, and of many."""
MANY = 20
"""From so many questions on the share of a word is counted at all; of so many a topic may always be."""
LOOKED_AT = 200
"""Characters of a question from which its topic is taken: the title, and how it begins."""
NAMED, EXAMPLES = 3, 5
LONGEST_NAME = 12
_GAP = re.compile(r"\W")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it was asked. ``text`` and ``reply`` are masked; ``best`` is the first article found.

    ``used``: it was answered with an article (by the bot, by an agent, or opened from the search). ``passed_over``: a
    good one was found, and nobody who asked this opened anything. ``reply`` is what an agent wrote to it.
    """

    text: str
    at: datetime
    channel: str
    best: str = ""
    probability: float = 0.0
    used: bool = False
    reply: str = ""
    passed_over: bool = False

    @property
    def served(self) -> bool:
        """Whether there was a good article."""
        return bool(self.best) and (self.used or (self.probability >= GOOD and not self.passed_over))


@dataclass(frozen=True, slots=True)
class Gap:
    """Questions without a good article that are about one thing.

    ``topic`` is the word they share, ``name`` their own most telling words. ``weeks`` (``2026-W48``, ISO, in the zone
    of the times given) and ``channels`` count them, ``days`` both at once: day, channel, how many. ``draft`` is the
    reply most like the others that agents wrote, a first draft of an article; ``near`` is the article most often found
    first, which may only have to be widened. ``passed_over``: so many found a good article that nobody opened.
    """

    topic: str
    name: str
    count: int
    weeks: dict[str, int]
    channels: dict[str, int]
    examples: tuple[str, ...]
    replies: int
    draft: str
    near: str
    passed_over: int
    days: tuple[tuple[str, str, int], ...]


def without_article(asked: Sequence[Asked], cut: Cut) -> list[Gap]:
    """The gaps, the most asked first. A question without any telling word (在吗) belongs to none.

    Questions are one gap that share a word: the one that tells most and is shared by most comes first, then the next
    among the questions that are left. What is asked again and again in the same words says what it is about once.
    """
    by_text: dict[str, list[Asked]] = defaultdict(list)
    for one in asked:
        by_text[one.text].append(one)
    texts = list(by_text)
    telling = Telling(texts, cut)
    left = {at for at, text in enumerate(texts) if telling.parts[at] and any(not one.served for one in by_text[text])}
    gaps = [
        _gap([one for at in group for one in by_text[texts[at]] if not one.served], group, topic, telling)
        for topic, group in telling.groups(left)
    ]
    return sorted(gaps, key=lambda gap: (-gap.count, gap.name))


def unused(numbers: Iterable[str], asked: Sequence[Asked]) -> list[str]:
    """Of these articles the ones with which nothing was answered and that were no good one for anything asked."""
    served = {one.best for one in asked if one.served}
    return sorted(set(numbers) - served)


class Telling:
    """Which words of some texts tell what they are about, and how much: the rarer, the more.

    ``parts`` are the telling words of each text and its pairs of characters: the dictionary cuts 养狗证 and 狗证 apart.
    """

    def __init__(self, texts: Sequence[str], cut: Cut) -> None:
        plain = [without_function_words(text[:LOOKED_AT]) for text in texts]
        self._texts = texts
        words = [dict.fromkeys(word for word in cut(text) if len(word) > 1) for text in plain]
        parts = [
            dict.fromkeys([*each, *filter(is_bigram, grams(text))]) for each, text in zip(words, plain, strict=True)
        ]
        held = Counter(part for each in parts for part in each)
        share = min(COMMON * len(texts), max(MANY, TOO_COMMON * len(texts)))
        most = share if len(texts) >= MANY else math.inf
        telling = {part: count for part, count in held.items() if count <= most and part not in GENERIC}
        self._idf = {part: math.log(1 + len(texts) / count) for part, count in telling.items()}
        self.words = [[word for word in each if word in self._idf] for each in words]
        self.parts = [frozenset(part for part in each if part in self._idf) for each in parts]

    def groups(self, left: set[int]) -> Iterator[tuple[str, list[int]]]:
        """Each topic with the texts that share it, no text twice; what shares nothing is a group by itself."""
        holding: dict[str, set[int]] = defaultdict(set)
        for at in left:
            for part in self.parts[at]:
                holding[part].add(at)
        waiting = [(-self._told(part, len(texts)), -len(part), part) for part, texts in holding.items()]
        heapify(waiting)
        while waiting:
            told, length, topic = heappop(waiting)
            group = holding[topic] & left
            if group and self._told(topic, len(group)) < -told:
                heappush(waiting, (-self._told(topic, len(group)), length, topic))  # some were taken by another topic
            elif group:
                left -= group
                yield topic, sorted(group)

    def called(self, topic: str, places: Sequence[int]) -> str:
        """The topic with what stands before and behind it in all of several texts: 源车 is called 新能源车."""
        sides = [fold(self._texts[at]).partition(topic) for at in places]
        if len(sides) < 2 or not all(side[1] for side in sides):
            return topic
        before = _beginning([_GAP.split(side[0])[-1][::-1] for side in sides])[::-1]
        behind = _beginning([_GAP.split(side[2])[0] for side in sides])
        return (before + topic + behind)[:LONGEST_NAME]

    def _told(self, part: str, texts: int) -> float:
        """How much a word tells of so many texts; one text alone is no topic before all that several share."""
        return self._idf[part] * (texts if texts > 1 else 1e-3)


def _gap(asked: Sequence[Asked], places: Sequence[int], topic: str, telling: Telling) -> Gap:
    called = telling.called(topic, places)
    counted = Counter(word for at in places for word in telling.words[at] if topic not in word and word not in called)
    shared = [word for word in counted if counted[word] > 1 or len(places) == 1]
    others = sorted(shared, key=lambda word: (-counted[word], word))[: NAMED - 1]
    newest = sorted(asked, key=lambda one: one.at, reverse=True)
    replies = list(dict.fromkeys(one.reply.strip() for one in newest if one.reply.strip()))
    near = Counter(one.best for one in asked if one.best).most_common(1)
    days = Counter((one.at.date().isoformat(), one.channel) for one in asked)
    return Gap(
        topic=topic,
        name=" ".join([called, *others]),
        count=len(asked),
        weeks=dict(sorted(Counter(_week(one.at) for one in asked).items())),
        channels=dict(Counter(one.channel for one in asked).most_common()),
        examples=tuple(dict.fromkeys(one.text for one in newest))[:EXAMPLES],
        replies=len(replies),
        draft=_most_typical(replies),
        near=near[0][0] if near else "",
        passed_over=sum(one.passed_over for one in asked),
        days=tuple((day, channel, count) for (day, channel), count in sorted(days.items())),
    )


def _beginning(texts: Sequence[str]) -> str:
    """What all of them begin with."""
    return "".join(each[0] for each in takewhile(lambda letters: len(set(letters)) == 1, zip(*texts, strict=False)))


def _week(at: datetime) -> str:
    year, week, _ = at.isocalendar()
    return f"{year}-W{week:02d}"


def _most_typical(replies: Sequence[str]) -> str:
    """The reply whose pairs of characters are most those of the others, by the sum of cosines; the newest of equals.

    What a pair weighs in all replies is summed once, so it takes no more time than reading them.
    """
    pairs = [{reply[at : at + 2] for at in range(len(reply) - 1)} for reply in replies]
    weights: dict[str, float] = defaultdict(float)
    for each in pairs:
        for pair in each:
            weights[pair] += 1 / math.sqrt(len(each))
    shared = [sum(weights[pair] for pair in sorted(each)) / math.sqrt(len(each) or 1) for each in pairs]
    return replies[shared.index(max(shared))] if replies else ""
