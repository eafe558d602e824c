"""Finding many names in a text at once: as written, by their sound, and short forms that stand in a tell-tale place."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from district.name_starts import Starts
from district.schemas import Place
from district.slips import Slips
from district.sounds import sounded

_HAN = re.compile("[\u4e00-\u9fff]")
_ENDINGS = frozenset("区里园苑院街路道巷楼坊居邸寓桥村站场学馆城店市堂所宫库营湾岸亭井荡同号舍厕心岛校线处带会")
"""Last characters that show a name to be complete."""
_GOES_ON = re.compile(
    r"[面边侧头口段方向部角端学间午层理事法公案证]|门(?![口前外])|[路街道巷](?![灯面上口边沿中旁两没有的坑])"
)
"""After a name that may be only the beginning of another: 双塔东 in 双塔东路, 贡院后 in 贡院后面."""
_FREE_BEFORE = frozenset("在到去从住来往离于是和跟与及或对的了给由找经过近旁被把让叫我们这那进出")
_INSIDE = re.compile(
    r"[面头边程]|的(?!居民|业主|住户|租户|人|老|小区|楼|路|灯|物业|垃圾|停车|车位|健身|道|门|院|广场|绿化|树|井|电|水管|下水|自来水|暖|房|消防|.(?:大爷|大妈|阿姨|师傅|奶奶|女士|先生|老师)|网格|社区)"
)
"""After a name that ends with 里 and goes without the word for its kind: 稻田里的秸秆 lies inside a field."""
_ON_A_FLOOR = frozenset("阁梯盘层板")
_GOES_ON_SHORT = frozenset("区院吃国级型孩伙心名号时")
"""The same after a name of two characters: 南小 in 南小区."""
_BOUND = {"区": "社小园校地市山城郊片辖景厂街库矿湖功住居宿家生疫县全本"}
"""A first character that more often ends a word: 社区医院 names no 区医院."""
_OTHER = re.compile(r"(?<![重全更最创刚])新$")
"""Before a name of a compound it makes another name: 新世纪小区 is not 世纪小区."""
_NO_DISTRICT = re.compile(
    r"(?:[小社园校城郊地辖片街景库东西南北中老新全本我灾山矿湖厂属活舍宅发一二三四五六七八九十\d]区|[城菜早夜超门都全本我]市)$"
)
"""What ends like a district or a city and is none: 小区, 超市."""
_HOUSE = re.compile(
    r"的小区|[\d一二三四五六七八九十]{1,3}(?:号?[楼院栋幢座]|栋|幢|单元|期|区)|[A-Za-z东西南北][座区院门]|小区|大院|院里|院内|"
    r"[那这]边|附近|门口|物业|业委会|业主|居民|旁边|对面|里头|地库|车库"
)
"""After the short name of a compound: which of its houses, or who lives there."""
_SOUND_FROM = 3
"""Characters of a name that is known by its sound."""
_LIKELY_FROM, _SURE_FROM = 4, 6
_TELLS = frozenset("诉映报区道于是住位市询家和")
"""What stands before a name in a report, beside the words after which any word may begin."""
_KIND_WORDS = frozenset(
    {"医院", "小学", "中学", "公园", "广场", "市场", "商场", "剧场", "小区", "大院", "宿舍", "诊所", "药房"}
)
"""A short name that is hardly more than such a word is not known by its sound: 去医院 is not 区医院."""


@dataclass(frozen=True, slots=True)
class Hit:
    """``text[start:end]`` goes by a name of these places; ``outside``: named as lying in another district."""

    start: int
    end: int
    places: tuple[Place, ...]
    outside: bool = False


class NameIndex:
    """Names to places, and ``short`` ones that count only before a building's number (翡翠3号楼)."""

    def __init__(
        self,
        given: Mapping[str, Sequence[Place]],
        derived: Mapping[str, Sequence[Place]],
        short: Mapping[str, Sequence[Place]],
        around: Iterable[str],
    ) -> None:
        self._names = {name: tuple(places) for name, places in (*derived.items(), *given.items()) if len(name) > 1}
        self._short = {name: tuple(places) for name, places in short.items() if name not in self._names}
        self._starts = Starts(self._names, 2)
        heard: dict[str, dict[str, None]] = {}
        for name in self._names:
            if len(name) > _SOUND_FROM or (
                len(name) == _SOUND_FROM and name[1:] not in _KIND_WORDS and name[-1] != "站"
            ):
                heard.setdefault(sounded(name), {})[name] = None
        self._heard = {sound: tuple(same) for sound, same in heard.items()}
        self._heard_starts = Starts(self._heard, _SOUND_FROM)
        self._slips = Slips(given)
        self._around = frozenset(around)

    def find(self, text: str) -> list[Hit]:
        """In order of appearance, without overlap: names as written first, what is left by sound and in short."""
        hits = self._written(text)
        hits = _with(hits, self._by_sound(text))
        hits = _with(hits, self._with_slips(_without(text, hits)))
        return _with(hits, self._in_short(text))

    def _written(self, text: str) -> list[Hit]:
        hits: list[Hit] = []
        done = 0
        for at, names in self._starts.candidates(text):
            if at < done:
                continue
            for name in names:
                end = at + len(name)
                if text.startswith(name, at) and _stands(name, text, at, end, done):
                    hits.append(Hit(at, end, self._names[name], self._is_outside(text, at)))
                    done = end
                    break
        return hits

    def _by_sound(self, text: str) -> list[Hit]:
        heard = sounded(text)
        hits: list[Hit] = []
        done = 0
        for at, sounds in self._heard_starts.candidates(heard):
            if at < done:
                continue
            for sound in sounds:
                end = at + len(sound)
                if heard.startswith(sound, at) and (places := self._alike(sound, text, at, end)):
                    hits.append(Hit(at, end, places, self._is_outside(text, at)))
                    done = end
                    break
        return hits

    def _alike(self, sound: str, text: str, start: int, end: int) -> tuple[Place, ...]:
        """The places whose name is written almost like this; none where too little of it is left."""
        written = text[start:end]
        found: dict[Place, None] = {}
        for name in self._heard[sound]:
            wrong = sum(one != other for one, other in zip(name, written, strict=True))
            if self._is_slip(name, written, wrong) and _stands(name, text, start, end, 0):
                vague = len(name) == _LIKELY_FROM and name[2:] in _KIND_WORDS
                if not vague or _is_free(text, start) or text[start - 1] in _TELLS:
                    found |= dict.fromkeys(self._names[name])
        return tuple(found)

    @staticmethod
    def _is_slip(name: str, written: str, wrong: int) -> bool:
        """Of a short name only one character may be wrong, and not the one that tells a street from a lane."""
        if len(name) == _SOUND_FROM and name[-1] != written[-1]:
            return False
        return wrong <= (1 if len(name) < _SURE_FROM else len(name) // 2)

    def _with_slips(self, text: str) -> list[Hit]:
        found: dict[tuple[int, int], dict[Place, None]] = {}
        for at, name in self._slips.find(text):
            if _stands(name, text, at, at + len(name), 0):
                found.setdefault((at, at + len(name)), {}).update(dict.fromkeys(self._names[name]))
        hits: list[Hit] = []
        for (start, end), places in sorted(found.items(), key=lambda each: (each[0][0], -each[0][1])):
            if not hits or hits[-1].end <= start:
                hits.append(Hit(start, end, tuple(places), self._is_outside(text, start)))
        return hits

    def _in_short(self, text: str) -> list[Hit]:
        hits: list[Hit] = []
        for found in _HOUSE.finditer(text):
            end = found.start()
            for size in (4, 3, 2):
                places = self._short.get(text[max(0, end - size) : end]) if end >= size else None
                if places and _is_free(text, end - size):
                    hits.append(Hit(end - size, end, places, self._is_outside(text, end - size)))
                    break
        return hits

    def _is_outside(self, text: str, at: int) -> bool:
        before = text[max(0, at - 9) : at].removesuffix("的")
        if not self._around or before[-1:] not in _DISTRICT_ENDS or _NO_DISTRICT.search(before):
            return False
        return not any(before.endswith(name) for name in self._around)


_DISTRICT_ENDS = frozenset("省市县区州")


def _without(text: str, hits: Sequence[Hit]) -> str:
    """The text with blanks where a name is known already."""
    parts: list[str] = []
    done = 0
    for hit in hits:
        parts += text[done : hit.start], " " * (hit.end - hit.start)
        done = hit.end
    return "".join((*parts, text[done:])) if hits else text


def _with(hits: list[Hit], more: list[Hit]) -> list[Hit]:
    """Both, in order; of ``more`` only what overlaps none of ``hits``."""
    if not more:
        return hits
    starts = [hit.start for hit in hits]
    kept = []
    for hit in more:
        at = bisect_left(starts, hit.end)
        if at == 0 or hits[at - 1].end <= hit.start:
            kept.append(hit)
    return sorted((*hits, *kept), key=lambda hit: hit.start) if kept else hits


def _stands(name: str, text: str, start: int, end: int, done: int) -> bool:
    """Whether the name stands by itself and is not a piece of another word; a name ends at ``done`` before it."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    begins_within = before[-1:] in _BOUND.get(name[0], ()) or _OTHER.search(before)
    if (before and begins_within) or _ends_within(name, text, end):
        return False
    if name[-1] in _ENDINGS and len(name) > 2:
        return True
    if len(name) > 2:
        return not _GOES_ON.match(after)
    free = _is_free(text, start) or start == done
    return free and not _GOES_ON.match(after) and after[:1] not in _GOES_ON_SHORT


def _ends_within(name: str, text: str, end: int) -> bool:
    """Whether the last character of the name belongs to the next word: 先锋里 in 先锋里程, 龙王堂街 in 龙王堂街道."""
    if name[-1] == "里":
        return len(name) == _SOUND_FROM and _INSIDE.match(text, end) is not None
    if name[-1] == "街":
        return text.startswith("道", end) and not text.startswith("道路", end)
    return name[-1] == "楼" and text[end : end + 1] in _ON_A_FLOOR


def _is_free(text: str, start: int) -> bool:
    """Whether a word may begin here."""
    return start == 0 or text[start - 1] in _FREE_BEFORE or not _HAN.match(text[start - 1])
