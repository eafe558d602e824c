"""Times a text names: dates, parts of the day, clocks, spans and what recurs, found as runs of small words.

The words are those of everyday Chinese (上周三晚上十点半, 每天早上5点到7点); ``moments`` tells what a run means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from triage import moments
from triage.moments import Value, Word

_N = r"(?:\d{1,2}|[一二三四五六七八九十两廿]{1,3})"
_DIGIT = r"(?:\d|[零〇一二三四五六七八九])"
_WEEK = r"(?:周|星期|礼拜)"
_PART = (
    r"凌晨|清晨|(?:大|一)?清早|一大早|大早上|早上|早晨|早间|上午|中午|午间|正午|晌午|下午|午后|傍晚|黄昏|大?晚上|晚间|"
    r"夜晚|夜里|夜间|(?:大|深更|三更|后)?半夜|深夜|午夜"
)
_UNIT = r"(?:小时|钟头|分钟|天|日|周|星期|礼拜|月|年)"
_NO_DAY = r"(?![楼院线门店井桥房机台库仓文令]|电梯|公寓|地块|通知)"

_WORDS: tuple[tuple[str, str], ...] = (
    (
        "every",
        rf"每(?:逢|到|个)?(?:天|日|晚|早|周末|{_WEEK}[一二三四五六日天]|{_WEEK}|年|个?月)(?!前)|天天|日日|夜夜|"
        rf"(?:每|逢)?个?工作日|每(?:逢|到)?(?=早|晚|夜|凌晨|半夜|傍晚|中午|下午|上午)",
    ),
    ("year", rf"{_DIGIT}{{4}}年|(?<!\d)\d{{2}}年(?=\d{{1,2}}月|[春夏秋冬初底末])|[今去前明本]年"),
    (
        "season",
        r"(?<=年)(?:[初底末中]|年[初底末中]|[春夏秋冬][天季]?)|年[初底末]|[上下]半年|(?<![立初])[春夏秋冬][天季]",
    ),
    ("date", r"(?<!\d)\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?!\d)日?"),
    ("date", rf"(?<!\d){_N}月份?{_N}[日号]{_NO_DAY}|(?<![\d./-])\d{{1,2}}[./]\d{{1,2}}(?=日|号|那天|当天|[晚早]上)"),
    (
        "month",
        rf"(?:上上个?|上个?|这个?|本|当|下个?)月份?(?:[上中下]旬|[初底末中])?|(?<![\d个]){_N}月份?(?!\d)(?:[上中下]旬|[初底末中])?"
        "|月[初底末]|月中旬?|[腊正]月(?:[初十廿][一二三四五六七八九十])?",
    ),
    ("monthday", rf"(?<![\d第.]){_N}[日号]{_NO_DAY}"),
    (
        "week",
        rf"(?:上上|上|这|本|下下|下)个?{_WEEK}(?:[一二三四五六日天末]|[1-6](?!\d))?|{_WEEK}(?:六日|[一二三四五六日天末](?![个年天]))",
    ),
    ("day", r"大前天|前[天日晚]|[昨今明][天日晚早晨夜儿](?:个|儿)?|大?后天|当[天日晚]"),
    (
        "ago",
        rf"(?:{_N}|半|几|好几|数|十几|一两|两三|三四)(?:多|来)?(?:个多?)?半?(?:多|来)?{_UNIT}(?:多)?(?:以前|之前|前)(?!后)",
    ),
    (
        "recent",
        r"[前这近](?:几|两|些|三|一)个?(?:天|日|周|星期|月|年)|[前这]一?(?:段时间|阵子)|最近(?:[几两三一](?:天|周|个月|年))?|近[期日来]|日前",
    ),
    (
        "feast",
        r"元旦|春节|大年(?:初[一二三四五六七]|三十)|除夕|元宵节?|清明节?|五一|劳动节|端午节?|中秋节?|国庆节?",
    ),
    ("part", rf"{_PART}|早晚高峰|[早晚]高峰"),
    ("clock", r"(?<![\d:.])(?:[01]?\d|2[0-4]):[0-5]\d(?![\d:])"),
    (
        "clock",
        rf"(?<![\d第.]){_N}点(?:钟|整|半|[一三]刻|(?:{_N}分|零{_N}|[1-5]\d|[二三四五]?十[一二三四五六七八九]?))?(?:多|左右|来钟|许)?(?![儿点]|意见|建议|要求|诉求|原因|问题)"
        r"|(?<![\d.])\d{1,2}时(?:\d{1,2}分)?(?![候间段速代效])",
    ),
    ("link", r"(?:一直)?(?:[到至~～]|[-—]{1,2})"),
)
_FIRST = "[\\d零〇一二三四五六七八九十两廿每天日夜逢个工今去前明本年春夏秋冬初底末腊正上下这当月周星礼昨大后半几好数近最元除清端中劳国凌早晨正晌午傍黄晚深三到至~～—-]"
_WORD = re.compile(
    f"(?={_FIRST})(?:" + "|".join(f"(?P<{kind}_{at}>{form})" for at, (kind, form) in enumerate(_WORDS)) + ")"
)
_LEVELS = {
    kind: level
    for level, kinds in enumerate(
        (
            ("every",),
            ("year",),
            ("season", "month"),
            ("date", "monthday", "week", "day", "ago", "recent", "feast"),
            ("part",),
            ("clock",),
        )
    )
    for kind in kinds
}
_BETWEEN = frozenset({"", "的", "都", " ", "那天", "当天", "的那天", "那天的"})
_MOST = 400
"""Words looked at of one text."""


def find(text: str, at: datetime | None) -> list[tuple[int, int, Value]]:
    """Start, end and meaning of every time in the text.

    The meaning is told in the zone of ``at``, the moment of the message: ``start`` and ``end`` (RFC 3339), ``from`` and
    ``to`` where only hours are named, with ``recurring`` where they come again; empty where the words leave it open.
    A clock is a moment: its start is its end; else the end is what comes right after.
    """
    found = []
    for run in _runs(text):
        left, right = _halves(run)
        if _names_a_time(left, right):
            found.append((run[0].start, run[-1].end, moments.value(left, right, at)))
    return found


def _words(text: str) -> Iterator[Word]:
    for count, found in enumerate(_WORD.finditer(text)):
        if count == _MOST:
            return
        kind = (found.lastgroup or "").rpartition("_")[0]
        yield Word(kind, found[0], found.start(), found.end())


def _runs(text: str) -> Iterator[list[Word]]:
    """Words that stand together, from the wider to the narrower, at most one link among them."""
    run: list[Word] = []
    for word in _words(text):
        if run and not _goes_on(run, word, text):
            yield from _closed(run)
            run = []
        if run or word.kind != "link":
            run.append(word)
    yield from _closed(run)


def _goes_on(run: Sequence[Word], word: Word, text: str) -> bool:
    last = run[-1]
    if text[last.end : word.start] not in _BETWEEN:
        return False
    if word.kind == "link":
        return last.end == word.start and all(each.kind != "link" for each in run)
    return last.kind == "link" or _LEVELS[last.kind] < _LEVELS[word.kind]


def _closed(run: list[Word]) -> Iterator[list[Word]]:
    while run and run[-1].kind == "link":
        run.pop()
    if run:
        yield run


def _halves(run: Sequence[Word]) -> tuple[list[Word], list[Word]]:
    """The words before the link and after it."""
    at = next((number for number, word in enumerate(run) if word.kind == "link"), len(run))
    return list(run[:at]), list(run[at + 1 :])


def _names_a_time(left: Sequence[Word], right: Sequence[Word]) -> bool:
    """A bare 15号 is a house or a line as often as a day, a bare 一点 a little."""
    kinds = {word.kind for word in left}
    if [word.text for word in left] == ["一点"] and not right:
        return False
    return kinds != {"monthday"} or any(word.kind in {"monthday", "date"} for word in right)
