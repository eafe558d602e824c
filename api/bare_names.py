"""Names that stand in a text without anything that introduces them: 王小明 低保, as one types into a search field.

``casework.privacy`` and ``triage.persons`` find the names that people give themselves or call others by. Here a word is
held for a name by its surname alone, unless the dictionary knows it as something else: a search loses little by it.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from triage.persons import DOUBLE_SURNAMES, SURNAMES

Cut = Callable[[str], Iterable[str]]
_SURNAMES = frozenset(SURNAMES) - frozenset("车路单关解付时房施阳于")
"""Without those that are nearly always a word."""
_DOUBLE = tuple(DOUBLE_SURNAMES.split("|"))
_HAN = re.compile("[\u4e00-\u9fff]+")
_NO_NAME = frozenset(
    "的了是在和与及或也都就而着吗呢吧啊呀嘛么之于其以被把从向对为我你您他她它这那有没很还又请能不要办怎几"
)
"""What stands in no given name, or so seldom that a search is worth more."""
_PARTED = re.compile(f"(?<![\u4e00-\u9fff])[{SURNAMES}] {{1,3}}[\u4e00-\u9fff]{{1,2}}(?![\u4e00-\u9fff])")
_CLEAR = frozenset(SURNAMES) - frozenset(
    "黄马何高金石白万严向温文牛安齐易常乔伍康施史项毛方夏江田董于程苏龙段雷汤樊甘祝包宁尚符古时穆农司车连麦党宫费冷米"
    "全边卫席单管路游成苗谷盛曲官阳简解关房屈柴蒙华蓝梅童凌季原公和花水钱"
)
"""Surnames that are hardly ever a word by themselves: with the word after them they make a name."""
_BEFORE = frozenset("查找问给叫替帮由跟让请")
_COUNTING = frozenset("一二三四五六七八九十几两这那每半整")
"""张 after these counts sheets."""
_NO_PERSON = frozenset("村庄镇乡路街巷站店铺院馆局委所厂区场园桥河江湖山楼县市省费证卡")
"""What a name seldom ends with, and a place often."""
_PLAIN = ("安全", "胡同", "许可", "柳絮", "易燃")
LONGEST = 4


def find(text: str, cut: Cut) -> list[tuple[int, int]]:
    """Start and end of what may be a name, in the text's order. ``text`` is folded as ``cut`` folds it."""
    found = [one.span() for one in _PARTED.finditer(text)]
    for run in _HAN.finditer(text):
        found += [(run.start() + start, run.start() + end) for start, end in _within(run[0], frozenset(cut(run[0])))]
    return sorted(found)


def _within(run: str, words: frozenset[str]) -> Iterator[tuple[int, int]]:
    tokens = list(_tokens(run, words))
    at = 0
    while at < len(tokens):
        start, end = tokens[at]
        if end - start > 2 and run[start] in _BEFORE and _is_name(run[start + 1 : end]):
            yield start + 1, end  # 查高玉 is taken for one word
        elif end - start == 2 and run[start] in _BEFORE and run[start + 1] in _SURNAMES and at + 1 < len(tokens):
            if _is_name(run[start + 1 : tokens[at + 1][1]]):  # 查何 杰平
                at += 1
                yield start + 1, tokens[at][1]
        elif end - start == 1 or run[start:end] in _DOUBLE:
            before, began = run[start - 1 : start], at
            while at + 1 < len(tokens) and tokens[at + 1][1] - start <= 3 + (run[start:end] in _DOUBLE):
                at += 1
            if _parted(run, before, tokens[began : at + 1]):
                yield start, tokens[at][1]
            else:
                at = began
        elif _is_name(run[start:end]):
            yield start, end
        at += 1


def _parted(run: str, before: str, pieces: Sequence[tuple[int, int]]) -> bool:
    """Whether what the dictionary leaves in pieces (覃 韦 民, 刘 国文) is a name."""
    name = run[pieces[0][0] : pieces[-1][1]]
    alone = all(end - start == 1 for start, end in pieces[1:])
    clear = alone or name[0] in _CLEAR or name.startswith(_DOUBLE)
    return clear and before not in _COUNTING and _is_name(name)


def _tokens(run: str, words: frozenset[str]) -> Iterator[tuple[int, int]]:
    """The longest word at each place; what is in none, character by character."""
    longest = max(map(len, words), default=1)
    at = 0
    while at < len(run):
        sizes = range(min(longest, len(run) - at), 1, -1)
        size = next((each for each in sizes if run[at : at + each] in words), 1)
        yield at, at + size
        at += size


def _is_name(word: str) -> bool:
    double = word.startswith(_DOUBLE)
    if not 2 + double <= len(word) <= 3 + double or not (double or word[0] in _SURNAMES):
        return False
    if word.startswith(_PLAIN):
        return False
    return not _NO_NAME & set(word[1:]) and word[-1] not in _NO_PERSON and word not in _ordinary()


@lru_cache(maxsize=1)
def _ordinary() -> frozenset[str]:
    """The dictionary's words that begin with a surname and are no names: about 20,000."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jieba
    found = set()
    with Path(jieba.__file__).with_name("dict.txt").open(encoding="utf-8") as lines:
        for line in lines:
            word, _, kind = line.split(" ")
            if len(word) <= LONGEST and word[0] in SURNAMES and not kind.startswith("nr"):
                found.add(word)
    return frozenset(found)
