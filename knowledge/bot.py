"""What the answer bot says to a message: an answer out of one article, one question back, or a person takes over.

Nothing is made up: an answer is the article's own short answer with its number, version and validity. Emergencies
always reach a person, however well an article fits, and so do complaints, reports and requests for help about
somebody's own trouble, and complaints of several matters; asking how to complain is a question like any other. What
complains and what only has the words of a complaint is told by the message's grievance.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from knowledge.analysis import fold
from knowledge.confidence import Confidence
from knowledge.evidence import TROUBLES, Found, Row, Source, Told, describe, weighed
from knowledge.manner import manner_of
from knowledge.notices import Notice, about

Act = Literal["answer", "clarify", "hand_over"]
Why = Literal["", "notice", "emergency", "several", "trouble", "no_question", "nothing_found", "not_sure"]

SURE = 0.5
"""Probability of a kind of request from which it is believed."""
CLARIFIED = 0.3
"""Probability of the first article from which it may be asked back, when the second competes."""
CLOSE = 0.5
"""How much of the first's probability the second must have, answering alone, to compete."""
LONGEST = 300
"""Characters of an answer taken from an article without short answer (a chat reply, GB/T 44191-2024)."""
NOTICES = 3

REASONS: dict[Why, str] = {
    "": "",
    "notice": "当天有相关通告",
    "emergency": "可能有紧急情况，须人工立即处理",
    "several": "一次说了几件事，须人工分开办理",
    "trouble": "反映的是自身遇到的问题，须登记办理",
    "no_question": "只说了事情，没有提出问题",
    "nothing_found": "知识库里没有相关条目",
    "not_sure": "没有把握确定是哪一条",
}
_SENTENCE = re.compile(r"[^。！？!?\n]+[。！？!?]?")
_KIND_OF_STREET = re.compile("(?:街道|镇|乡|地区)(?:办事处)?$")
_NO_WORD = re.compile(r"\W+")


@dataclass(frozen=True, slots=True)
class Reply:
    """What the bot says. ``article`` is the number of the article answered with, ``options`` those it asks between.

    ``probability`` is that the first article found answers the message, 0 without one; ``why`` is the reason of a
    hand-over (``REASONS`` in words) or ``notice``. ``evidence`` is kept with what becomes of the answer, to learn from.
    """

    act: Act
    text: str
    probability: float = 0.0
    article: str | None = None
    version: int | None = None
    options: tuple[str, ...] = ()
    why: Why = ""
    evidence: Row = ()


def decide(
    message: str,
    found: Sequence[Found],
    told: Told,
    *,
    now: datetime,
    confidence: Confidence,
    notices: Sequence[Notice] = (),
) -> Reply:
    """The reply to ``message``. ``found`` are the hits, the best first; ``now`` is in the district's zone.

    What is not published, not yet or no longer in force on that day is passed over as if it had not been found, and so
    is what is for another street than the message names.
    """
    fitting = [one for one in found if one.article.in_force(now.date()) and one.article.serves(told.streets)]
    usable = weighed(fitting, told)
    evidence = describe(message, usable, told) if usable else ()
    probability = round(confidence.probability(evidence), 4) if usable else 0.0
    why = _for_a_person(message, told)
    current = about(message, told.places, notices, now)
    if why == "emergency":
        return Reply("hand_over", "", probability, why=why, evidence=evidence)
    if current:
        text = "\n".join(notice.said() for notice in current[:NOTICES])
        act: Act = "hand_over" if why else "answer"
        return Reply(act, text, probability, why=why or "notice", evidence=evidence)
    if why or not usable:
        return Reply("hand_over", "", probability, why=why or "nothing_found", evidence=evidence)
    return _out_of(usable, message, told, probability, evidence, confidence)


def _out_of(
    usable: Sequence[Found], message: str, told: Told, probability: float, evidence: Row, confidence: Confidence
) -> Reply:
    """The reply out of the articles found, for a message that may be answered."""
    if len(streets := _by_street(usable)) > 1:
        return _street_asked(message, usable, streets, told, confidence)
    if probability >= confidence.threshold:
        article = usable[0].article
        return Reply("answer", answer_of(article), probability, article.number, article.version, evidence=evidence)
    if probability >= CLARIFIED and _competes(message, usable, told, confidence):
        options = tuple(one.article.number for one in usable[:2])
        return Reply("clarify", _asked_back(usable[:2]), probability, options=options, evidence=evidence)
    return Reply("hand_over", "", probability, why="not_sure", evidence=evidence)


def _for_a_person(message: str, told: Told) -> Why:
    """Why a message reaches a person whatever was found; empty if it may be answered."""
    if told.urgency == "emergency":
        return "emergency"
    manner = manner_of(message)
    if told.grievance > 0:
        if told.matters > 1:
            return "several"
        if told.kind in TROUBLES and told.sure >= SURE and (told.places or manner.own_trouble):
            return "trouble"
    return "" if manner.questions else "no_question"


def _competes(message: str, usable: Sequence[Found], told: Told, confidence: Confidence) -> bool:
    """Whether the second article would be as good as the first, were the first not there."""
    if len(usable) < 2:
        return False
    alone = confidence.probability(describe(message, [usable[1], *usable[2:]], told))
    return alone >= CLOSE * confidence.probability(describe(message, [usable[0], *usable[2:]], told))


def _by_street(usable: Sequence[Found]) -> list[Found]:
    """The first article and those that answer its question for other streets, the best of each street."""
    first = usable[0].article
    if not first.street:
        return []
    asked = _questions_of(first)
    best: dict[str, Found] = {}
    for one in usable:
        if one.article.street and asked & _questions_of(one.article):
            best.setdefault(one.article.street, one)
    return list(best.values())


def _questions_of(article: Source) -> frozenset[str]:
    """Its known questions without the street's name."""
    names = {fold(article.area), _KIND_OF_STREET.sub("", fold(article.area))} - {""}
    found = (fold(question) for question in (article.question, *article.similar))
    plain = (_without(question, sorted(names, key=len, reverse=True)) for question in found)
    return frozenset(question for question in plain if question)


def _without(text: str, names: Sequence[str]) -> str:
    for name in names:
        text = text.replace(name, "")
    return _NO_WORD.sub("", text)


def _street_asked(
    message: str, usable: Sequence[Found], streets: Sequence[Found], told: Told, confidence: Confidence
) -> Reply:
    """Which street it is, where the message names none; the articles of the other streets do not speak against it."""
    others = [one for one in usable if one not in streets]
    evidence = describe(message, [streets[0], *others], told)
    probability = round(confidence.probability(evidence), 4)
    if probability < CLARIFIED:
        return Reply("hand_over", "", probability, why="not_sure", evidence=evidence)
    options = tuple(one.article.number for one in streets)
    return Reply("clarify", _asked_where(streets), probability, options=options, evidence=evidence)


def _asked_where(streets: Sequence[Found]) -> str:
    names = " ".join(f"{at}. {one.article.area or one.article.question}" for at, one in enumerate(streets, 1))
    return f"这件事各街道的答复不同，请问您在哪个街道？{names} 请回复数字；都不是请回复“人工”。"


def _asked_back(two: Sequence[Found]) -> str:
    one, other = (found.article.question for found in two)
    return f"请问您想问的是哪一个？1. {one} 2. {other} 请回复数字；都不是请回复“人工”。"


def answer_of(article: Source) -> str:
    """The short answer, or the article's first sentences where it has none, and where it is from."""
    return f"{article.short_answer.strip() or _beginning(article.body)}\n{citation_of(article)}"


def citation_of(article: Source) -> str:
    """Number, version, the street it is for, validity and the first legal basis, as people read them."""
    area = f"，适用于：{article.area}" if article.area else ""
    since = f"{article.valid_from:%Y-%m-%d}起" if article.valid_from else ""
    until = f"至{article.valid_until:%Y-%m-%d}" if article.valid_until else ""
    validity = f"，{since}{until}有效" if since or until else "，长期有效"
    basis = f"，依据{article.basis[0]}" if article.basis else ""
    return f"（知识条目 {article.number} 第{article.version}版{area}{validity}{basis}）"


def _beginning(body: str) -> str:
    taken = ""
    for sentence in _SENTENCE.finditer(body):
        if taken and len(taken) + len(sentence[0]) > LONGEST:
            break
        taken += sentence[0].strip()
    return taken[:LONGEST]
