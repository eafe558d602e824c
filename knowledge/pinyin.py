"""Text as it is typed on a keyboard: by its syllables, or by their first letters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from district.sounds import SYLLABLES, syllable

MOST = 4
"""Readings of one text; a title with more characters of two readings is rare."""

_ALSO = {
    "行": "hang xing",
    "长": "zhang chang",
    "重": "chong zhong",
    "调": "diao tiao",
    "还": "huan hai",
    "乐": "yue le",
    "参": "can shen",
    "差": "chai cha",
    "降": "jiang xiang",
    "给": "gei ji",
    "率": "lv shuai",
    "会": "hui kuai",
    "单": "dan shan",
    "卡": "ka qia",
    "都": "dou du",
    "角": "jiao jue",
    "觉": "jiao jue",
    "绿": "lv lu",
    "便": "bian pian",
    "曾": "ceng zeng",
    "传": "chuan zhuan",
    "校": "xiao jiao",
    "血": "xue xie",
    "厦": "sha xia",
    "折": "zhe she",
    "盛": "sheng cheng",
    "系": "xi ji",
    "钥": "yao yue",
    "女": "nv nu",
    "旅": "lv lu",
    "律": "lv lu",
    "铝": "lv lu",
    "虑": "lv lu",
}
"""Characters in common use with a second reading, and those whose ü is often typed as u."""


class Reading(NamedTuple):
    """A text by its characters' syllables; what is no Chinese character (letters, figures) reads as itself."""

    syllables: tuple[str, ...]

    @property
    def letters(self) -> str:
        """Every syllable in full, one after another."""
        return "".join(self.syllables)

    @property
    def capitals(self) -> str:
        """The same, every syllable with a capital: GongJiJin. So it shows where one may begin."""
        return "".join(map(str.capitalize, self.syllables))

    @property
    def initials(self) -> str:
        """The first letter of every syllable."""
        return "".join(each[0] for each in self.syllables)


_BEGUN = frozenset(each[:end] for each in SYLLABLES for end in range(1, len(each) + 1))
_LONGEST = max(map(len, SYLLABLES))


def syllabled(letters: str) -> list[str]:
    """How letters can be cut into syllables, the last perhaps not typed to its end, in ``Reading.capitals``' writing.

    ``fangan`` is FangAn and FanGan. Empty where they are no pinyin, as ``gz`` is none; at most ``MOST`` ways, those
    with the longest syllables first.
    """
    return list(islice(_cuts(letters, set()), MOST))


def _cuts(letters: str, dead: set[str]) -> Iterator[str]:
    """``dead`` are endings known to be no pinyin: without them a long run of letters would be cut over and over."""
    if letters in _BEGUN:
        yield letters.capitalize()
    found = letters in _BEGUN
    for end in range(min(_LONGEST, len(letters) - 1), 0, -1):
        if letters[:end] in SYLLABLES and letters[end:] not in dead:
            for rest in _cuts(letters[end:], dead):
                found = True
                yield letters[:end].capitalize() + rest
    if not found:
        dead.add(letters)


def readings(text: str) -> Sequence[Reading]:
    """How a text can be read: the usual way first, then with one character in its other reading, at most ``MOST``."""
    usual = tuple(syllable(each) or each for each in text)
    ways = [Reading(usual)]
    for at, each in islice(((at, each) for at, each in enumerate(text) if each in _ALSO), MOST - 1):
        ways += [Reading((*usual[:at], other, *usual[at + 1 :])) for other in _ALSO[each].split() if other != usual[at]]
    return ways[:MOST]
