"""Numbers that Word writes itself (自动编号): 第一条, 一、 and 1. are in no text of the file, they are counted here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
BULLET = "-"
_LEVELS = 9
_DIGITS = "零一二三四五六七八九"


@dataclass(frozen=True, slots=True)
class _Level:
    kind: str
    pattern: str
    start: int


@dataclass(slots=True)
class WordLists:
    """The lists of one document and how far each was counted; ``label`` is to be asked in the order of the text."""

    levels: Mapping[str, Mapping[int, _Level]]
    counted: dict[str, list[int]] = field(default_factory=dict)
    of: Mapping[str, str] = field(default_factory=dict)

    def label(self, number: str, level: int) -> str:
        """What stands before the next paragraph of list ``number``: a bullet, a number, or nothing."""
        known = self.levels.get(self.of.get(number, ""), {})
        here = known.get(level)
        if here is None or not 0 <= level < _LEVELS or here.kind == "none":
            return ""
        if here.kind == "bullet":
            return BULLET
        counts = self.counted.setdefault(self.of[number], [0] * _LEVELS)
        counts[level] = counts[level] + 1 if counts[level] else here.start
        counts[level + 1 :] = [0] * (_LEVELS - level - 1)
        label = here.pattern
        for each in range(level + 1):
            kind = known[each].kind if each in known else "decimal"
            label = label.replace(f"%{each + 1}", spelt(counts[each] or 1, kind))
        return label


def read_lists(numbering: Element | None) -> WordLists:
    """The lists that ``word/numbering.xml`` states."""
    if numbering is None:
        return WordLists({})
    levels: dict[str, dict[int, _Level]] = {}
    for abstract in numbering.iter(f"{W}abstractNum"):
        levels[abstract.get(f"{W}abstractNumId", "")] = {
            int(each.get(f"{W}ilvl", "0")): _Level(
                _value(each, "numFmt", "decimal"), _value(each, "lvlText", ""), _whole(_value(each, "start", "1"))
            )
            for each in abstract.iter(f"{W}lvl")
            if each.get(f"{W}ilvl", "0").isdecimal()
        }
    of = {
        each.get(f"{W}numId", ""): _value(each, "abstractNumId", "") for each in numbering.findall(f"{W}num")
    }  # each number of a list counts on from the others of the same abstract list, as Word shows it
    return WordLists(levels, of=of)


def _value(parent: Element, name: str, otherwise: str) -> str:
    found = parent.find(f"{W}{name}")
    return otherwise if found is None else found.get(f"{W}val", otherwise)


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 1


def spelt(number: int, kind: str) -> str:
    """A number in one of the kinds of ECMA-376 (17.18.59) that Chinese documents use; others as figures."""
    if kind in {
        "chineseCounting",
        "chineseCountingThousand",
        "ideographDigital",
        "japaneseCounting",
        "taiwaneseCounting",
    }:
        return chinese(number)
    if kind == "decimalEnclosedCircle" and 1 <= number <= 20:
        return chr(0x2460 + number - 1)
    if kind in {"lowerLetter", "upperLetter"} and 1 <= number <= 26:
        return chr((97 if kind == "lowerLetter" else 65) + number - 1)
    return str(number)


def chinese(number: int) -> str:
    """1 to 9999 as Chinese documents count: 十二, 一百零五; others as figures."""
    if not 0 < number < 10_000:
        return str(number)
    said, gap = "", False
    for unit, word in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit:
            said += ("零" if gap and said else "") + _DIGITS[digit] + word
        gap = digit == 0
    return said.removeprefix("一") if 10 <= number < 20 else said
