"""Two texts that are nearly one word for word, but for a name or a number: two matters told in the same words."""

from __future__ import annotations

import re

from rapidfuzz.distance import Indel, Levenshtein, Opcode

from district import numerals

LIKE, ALIKE = 0.45, 0.8
"""From where on two texts are held against each other character by character, and from where on they are copies."""
SHORTEST = 6
_FORM = re.compile(
    r"来电人|市民|居民|群众|业主|反映|投诉|举报|来电|您好|你好|请尽?快?处理|要求|希望|的|了|吧|啊|呀|呢|\W+"
)
_DIGIT = re.compile(r"[\dA-Za-z零〇一二三四五六七八九十百]")
_TURN = frozenset("东西南北中上下前后左右内外新老大小甲乙丙丁")
_ENDING = re.compile(
    r".{0,3}?(?:路|街|巷|胡同|弄|大道|小区|花园|家园|[嘉佳雅]园|[嘉雅佳新名]?苑|里|区|院|庭|府|邸|公寓|新村|村|镇|乡|屯|沟|庄|湾|城|社区|小学|中学|幼儿园|"
    r"学校|医院|诊所|市场|商场|广场|公园|超市|店|馆|吧|桥|河|站|厂|公司|号|楼|栋|幢|门|口|组|班|期|线)"
)


def stripped(text: str) -> str:
    """A text without the words of the form, small words and marks: what copies are told by."""
    return _FORM.sub("", text)


def swapped(here: str, there: str) -> float:
    """How surely two stripped texts are copies with another name or number put in; symmetric."""
    if min(len(here), len(there)) < SHORTEST or 2 * min(len(here), len(there)) < LIKE * (len(here) + len(there)):
        return 0.0
    like = Indel.normalized_similarity(here, there, score_cutoff=LIKE)
    if like <= LIKE:
        return 0.0
    if any(_slot(here, there, change) for change in Levenshtein.opcodes(here, there)):
        return float(min(1.0, (like - LIKE) / (ALIKE - LIKE)))
    return 0.0


def _slot(here: str, there: str, change: Opcode) -> bool:
    """Whether a change puts in another number, another side, or another name before one ending."""
    if change.tag == "equal":
        return False
    told = _number(here, change.src_start, change.src_end)
    beside = _number(there, change.dest_start, change.dest_end)
    if told and beside:
        return numerals.value(told) != numerals.value(beside)
    was, becomes = here[change.src_start : change.src_end], there[change.dest_start : change.dest_end]
    if not was or not becomes:
        return False
    if _TURN.issuperset(was) and _TURN.issuperset(becomes):
        return True
    after, then = here[change.src_end :], there[change.dest_end :]
    return after[:1] == then[:1] and bool(_ENDING.match(after)) and bool(_ENDING.match(then))


def _number(text: str, start: int, end: int) -> str:
    """The numeral that a changed stretch is in or beside; nothing where it is none."""
    while start > 0 and _DIGIT.match(text[start - 1]):
        start -= 1
    while end < len(text) and _DIGIT.match(text[end]):
        end += 1
    return text[start:end] if text[start:end] and all(_DIGIT.match(each) for each in text[start:end]) else ""
