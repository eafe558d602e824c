"""Long names with one character mistaken for another that looks like it (北宛门大街), found where the rest is whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from district.name_starts import Starts
from district.sounds import rare

_KIND = re.compile(
    r"(?:大街|大道|街|路|儿?胡同儿?|巷|社区|居委会|居民区|小区|大院|家属[区院楼]|[东西南北][里区院]|家园|花园|佳园|嘉园|雅苑|苑|新居|名邸|公寓楼?|宿舍楼?|"
    r"医院|[小中]学|公园|广场|市场|商场|地铁站|派出所|司法所|办事处|街道办?|街道办事处|沿线|辅路)$"
)
_HEAD = 3
"""Characters of a name without the word for its kind: with fewer, another character makes another name."""
_LEAST = 4
_OTHERS = frozenset("东南西北中上下前后左右大小新老内外一二三四五六七八九十甲乙丙丁第号0123456789")
"""Characters that tell one place from its neighbour."""
_HAN = re.compile("[\u4e00-\u9fff]")
_SPLIT = 2
_TAIL = 3
_MOST = 20
"""Rare characters looked at of one text."""


class Slips:
    """Names in which one character may be wrong."""

    def __init__(self, names: Iterable[str]) -> None:
        long: list[str] = []
        self._by_tail: dict[str, list[str]] = {}
        self._without: dict[tuple[str, str], list[str]] = {}
        for name in names:
            kind = _KIND.search(name)
            if kind is not None and kind.start() >= _HEAD:
                long.append(name)
                self._by_tail.setdefault(name[_SPLIT:], []).append(name)
            if len(name) >= _LEAST:
                for at in range(len(name)):
                    self._without.setdefault((name[:at], name[at + 1 :]), []).append(name)
        self._heads = Starts(long, _SPLIT)
        self._tails = Starts(self._by_tail, _TAIL)
        self._longest = max((len(after) + len(before) for before, after in self._without), default=0)

    def find(self, text: str) -> Iterator[tuple[int, str]]:
        """Where a name with one wrong character stands, and the name as it should be."""
        for at, names in self._heads.candidates(text):
            yield from ((at, name) for name in names if _is_slip(name, text[at : at + len(name)]))
        for at, tails in self._tails.candidates(text):
            start = at - _SPLIT
            for tail in tails:
                if start >= 0 and text.startswith(tail, at):
                    written = text[start : at + len(tail)]
                    yield from ((start, name) for name in self._by_tail[tail] if _is_slip(name, written))
        yield from self._rare(text)

    def _rare(self, text: str) -> Iterator[tuple[int, str]]:
        """Names with a character of no common use (徳), which nobody writes on purpose."""
        for at in rare(text)[:_MOST]:
            for before in range(self._longest + 1):
                for after in range(max(0, _LEAST - 1 - before), self._longest - before + 1):
                    if before > at:
                        break
                    key = text[at - before : at], text[at + 1 : at + 1 + after]
                    yield from ((at - before, name) for name in self._without.get(key, ()))


def _is_slip(name: str, written: str) -> bool:
    """Whether exactly one character is another, before the word for its kind, and tells no neighbour."""
    if len(name) != len(written):
        return False
    wrong = [at for at, (one, other) in enumerate(zip(name, written, strict=True)) if one != other]
    if len(wrong) != 1:
        return False
    at = wrong[0]
    kind = _KIND.search(name)
    alike = name[at] not in _OTHERS and written[at] not in _OTHERS and _HAN.match(written[at]) is not None
    return alike and kind is not None and at < kind.start()
