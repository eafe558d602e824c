"""Long names with one character mistaken for another that looks like it (北宛门大街), found where the rest is whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from district.sounds import is_common

_KIND = re.compile(
    r"(?:大街|大道|街|路|儿?胡同儿?|巷|社区|居委会|居民区|小区|大院|家属[区院楼]|[东西南北][里区院]|家园|花园|佳园|嘉园|雅苑|苑|新居|名邸|公寓楼?|宿舍楼?|"
    r"医院|[小中]学|公园|广场|市场|商场|地铁站|派出所|司法所|办事处|街道办?|街道办事处|沿线|辅路)$"
)
_HEAD = 3
"""Characters of a name without the word for its kind: with fewer, another character makes another name."""
_LEAST = 4
_OTHERS = frozenset("东南西北中上下前后左右大小新老内外一二三四五六七八九十甲乙丙丁第号0123456789")
"""Characters that tell one place from its neighbour."""
_SPLIT = 2
_HAN = re.compile("[\u4e00-\u9fff]")


class Slips:
    """Names in which one character may be wrong. One of the halves is whole, and leads to the name."""

    def __init__(self, names: Iterable[str]) -> None:
        self._by_head: dict[str, list[str]] = {}
        self._by_tail: dict[str, list[str]] = {}
        for name in names:
            if len(name) >= _LEAST:
                self._by_head.setdefault(name[:_SPLIT], []).append(name)
                self._by_tail.setdefault(name[_SPLIT : 2 * _SPLIT], []).append(name)

    def find(self, text: str) -> Iterator[tuple[int, str]]:
        """Where a name with one wrong character stands, and the name as it should be."""
        for at in range(len(text) - _SPLIT + 1):
            piece = text[at : at + _SPLIT]
            for name in self._by_head.get(piece, ()):
                if _is_slip(name, text[at : at + len(name)]):
                    yield at, name
            if at >= _SPLIT:
                start = at - _SPLIT
                for name in self._by_tail.get(piece, ()):
                    if _is_slip(name, text[start : start + len(name)]):
                        yield start, name


def _is_slip(name: str, written: str) -> bool:
    """Whether exactly one character is another, and could hardly be meant."""
    if len(name) != len(written):
        return False
    wrong = [at for at, (one, other) in enumerate(zip(name, written, strict=True)) if one != other]
    if len(wrong) != 1:
        return False
    at = wrong[0]
    if name[at] in _OTHERS or written[at] in _OTHERS or not _HAN.match(written[at]):
        return False
    if not is_common(written[at]):
        return True  # 徳: written by nobody on purpose
    kind = _KIND.search(name)
    return kind is not None and kind.start() >= _HEAD and at < kind.start()
