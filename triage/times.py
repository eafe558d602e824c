"""Times a text names: dates, parts of the day, clocks, spans and what recurs, found as runs of small words.

The words are those of everyday Chinese (上周三晚上十点半, 每天早上5点到7点); ``moments`` tells what a run means.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from triage import moments
from triage.moments import Value, Word
from triage.time_words import LEVELS, PATTERN

_BETWEEN = frozenset({"", "的", "都", " ", "那天", "当天", "的那天", "那天的"})
_MOST_LINKS = 2
_MOST = 400
"""Words looked at of one text."""


def find(text: str, at: datetime | None) -> list[tuple[int, int, Value]]:
    """Start, end and meaning of every time in the text.

    The meaning is told in the zone of ``at``, the moment of the message: ``start`` and ``end`` (RFC 3339), ``from`` and
    ``to`` where only hours are named, with ``recurring`` where they come again; empty where the words leave it open.
    The end is what comes right after: an hour after 三点, a minute after 三点半.
    """
    found = []
    for run in _runs(text):
        left, *more = _between_links(run)
        right = more[0] if more else []
        if _names_a_time(left, right):
            told = moments.every_day(*more) if len(more) > 1 else moments.value(left, right, at)
            found.append((run[0].start, run[-1].end, told))
    return found


def _words(text: str) -> Iterator[Word]:
    for count, found in enumerate(PATTERN.finditer(text)):
        if count == _MOST:
            return
        yield Word(found.lastgroup or "", found[0], found.start(), found.end())


def _runs(text: str) -> Iterator[list[Word]]:
    """Words that stand together, from the wider to the narrower, with a link or two among them (周一到周五7点到9点)."""
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
        return last.end == word.start and sum(each.kind == "link" for each in run) < _MOST_LINKS
    return last.kind == "link" or LEVELS[last.kind] < LEVELS[word.kind]


def _closed(run: list[Word]) -> Iterator[list[Word]]:
    while run and run[-1].kind == "link":
        run.pop()
    if run:
        yield run


def _between_links(run: Sequence[Word]) -> list[list[Word]]:
    """The words before, between and after the links."""
    parts: list[list[Word]] = [[]]
    for word in run:
        if word.kind == "link":
            parts.append([])
        else:
            parts[-1].append(word)
    return parts


def _names_a_time(left: Sequence[Word], right: Sequence[Word]) -> bool:
    """A bare 15号 is a house as often as a day, a bare 一点 a little; a bare 今年 or 每天 says nothing of a matter."""
    kinds = {word.kind for word in left}
    if len(left) == 1 and not right and (left[0].text in {"一点", "今年"} or left[0].kind == "every"):
        return False
    return kinds != {"monthday"} or any(word.kind in {"monthday", "date"} for word in right)
