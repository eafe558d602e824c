"""Two texts that are nearly one word for word, but for a name or a number: two matters told in the same words."""

from __future__ import annotations

import re

from rapidfuzz.distance import Indel, Levenshtein

from district import numerals

LIKE, ALIKE = 0.45, 0.8
"""From where on two texts are held against each other character by character, and from where on they are copies."""
SHORTEST = 6
_FORM = re.compile(
    r"来电人|市民|居民|群众|业主|反映|投诉|举报|来电|您好|你好|请尽?快?处理|要求|希望|的|了|吧|啊|呀|呢|\W+"
)
_NUMERAL = re.compile(r"\d+|[零〇一二三四五六七八九十百千]+")
_DIGIT = re.compile(r"[\dA-Za-z零〇一二三四五六七八九十百]")
_TURN = frozenset("东西南北中上下前后左右内外新老大小甲乙丙丁")
_ENDING = re.compile(
    r".{0,3}?(?:路|街|巷|胡同|弄|大道|小区|花园|家园|[嘉佳雅]园|[嘉雅佳新名]?苑|里|区|院|庭|府|邸|公寓|新村|村|镇|乡|屯|沟|庄|湾|城|社区|小学|中学|幼儿园|"
    r"学校|医院|诊所|市场|商场|广场|公园|超市|店|馆|吧|桥|河|站|厂|公司|号|楼|栋|幢|门|口|组|班|期|线)"
)


def swapped(one: str, other: str) -> float:
    """How surely two texts are copies with another name or number put in; symmetric."""
    here, there = _FORM.sub("", one), _FORM.sub("", other)
    if min(len(here), len(there)) < SHORTEST or 2 * min(len(here), len(there)) < LIKE * (len(here) + len(there)):
        return 0.0
    like = Indel.normalized_similarity(here, there, score_cutoff=LIKE)
    if like <= LIKE:
        return 0.0
    for kind, start, end, begin, stop in Levenshtein.opcodes(here, there):
        if kind != "equal" and _slot(here, start, end, there, begin, stop):
            return float(min(1.0, (like - LIKE) / (ALIKE - LIKE)))
    return 0.0


def _slot(here: str, start: int, end: int, there: str, begin: int, stop: int) -> bool:
    if (told := _number(here, start, end)) and (beside := _number(there, begin, stop)):
        return numerals.value(told) != numerals.value(beside)
    if start == end or begin == stop:
        return False
    if _TURN.issuperset(here[start:end]) and _TURN.issuperset(there[begin:stop]):
        return True
    return bool(_ENDING.match(here[end:])) and bool(_ENDING.match(there[stop:])) and here[end : end + 1] == there[stop : stop + 1]


def _number(text: str, start: int, end: int) -> str:
    """The numeral that a changed stretch is in or beside; nothing where it is none."""
    while start > 0 and _DIGIT.match(text[start - 1]):
        start -= 1
    while end < len(text) and _DIGIT.match(text[end]):
        end += 1
    return text[start:end] if text[start:end] and all(_DIGIT.match(each) for each in text[start:end]) else ""
