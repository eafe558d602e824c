"""Masking of personal data (脱敏) in words: for pages, lists, files and logs.

Two strengths. *Masked* keeps the ends, so that two numbers can be told apart: for staff who have no business with the
person. *Hidden* keeps nothing: for the unit that a 举报 is about, to whom four digits of a neighbour are his name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from triage.persons import DOUBLE_SURNAMES, SURNAMES

_GAP = r"[-—.· \u3000]?"
_NUMBERS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(rf"(?<!\d)(\d{{6}}){_GAP}\d{{4}}{_GAP}\d{{4}}{_GAP}(\d{{3}}[\dXxＸｘ])(?!\d)"), r"\1********\2"),
    (
        re.compile(rf"(?<!\d)((?:[+＋]?86{_GAP})?[1１][3-9３-９]\d){_GAP}\d{{4}}{_GAP}(\d{{4}})(?!\d)"),
        r"\1****\2",
    ),
    (re.compile(rf"(?<!\d)([(（]?[0０]\d{{2,3}}[)）]?{_GAP})\d{{4}}{_GAP}(\d{{3,4}})(?!\d)"), r"\1****\2"),
)
_MAIL = re.compile(r"(?<![A-Za-z0-9._%+-])([._%+-]*[A-Za-z0-9])[A-Za-z0-9._%+-]*([@＠][A-Za-z0-9.-]+)")
"""Tried only where a run of such letters begins: a long run without an @ is walked through once."""
_HOUSE = r"\d{1,3}\s{0,3}(?:号楼|栋|幢)"
_IN_IT = (
    r"(?:\s{0,3}(?:[-—]\s{0,3})?(?:"
    r"(?:\d{1,4}|[一二三四五六七八九十]{1,3})\s{0,3}(?:单元|号(?!楼)|室|门|层|楼(?!道))"
    r"|[A-Za-z甲乙丙丁东南西北中]\s{0,3}单元|\d{3,4}(?!\s{0,3}[\d.多余户人个年天元米家]))"
    r"|\s{0,3}[-—]\s{0,3}\d{1,4}(?!\d|\s{0,3}(?:号楼|栋|幢)))"
)
_DOOR = re.compile(rf"{_HOUSE}{_IN_IT}+|\d{{1,4}}\s{{0,3}}(?:单元|室|门){_IN_IT}*")
"""The way to a flat: 3号楼1201室, 3号楼二单元, 1201室. A house by itself (3号楼, 柳浪街12号) is a public place."""
_HOUSE_OR_DOOR = re.compile(rf"{_HOUSE}{_IN_IT}*|{_DOOR.pattern}")
"""Where nothing may be kept, the house goes too: whom a 举报 is about knows his neighbours."""
_PLATE = re.compile(
    r"([京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]\s*[A-Za-z])\s*[·.]?\s*[A-Za-z0-9]{5,6}(?![A-Za-z0-9])"
)
_COORDINATE = re.compile(r"(?<![\d.])(\d{1,3}[.．]\d)\d{3,}(?![\d.])")
_LONG = re.compile(r"(?<!\d)(?!20\d{6}-\d{4})\d{7,}(?!\d)")
"""Any long number: an account, a QQ, a telephone without its area code; the numbers of tickets and cases stay."""
_HANDLE = re.compile(r"((?:微信|QQ|qq|VX|vx|Vx)号?\s{0,3}(?:[:：是为]\s{0,3})?)[A-Za-z0-9_-]{5,}")

_HAN = "\u4e00-\u9fff"
_NAME = f"(?:(?:{DOUBLE_SURNAMES})[{_HAN}]{{0,2}}|[{SURNAMES}][{_HAN}]{{1,2}})"
_INTRODUCED = re.compile(
    r"((?:我叫|我是|本人(?:是|叫)?|名叫|姓名|联系人|举报人|投诉人|反映人|诉求人|来信人|署名|落款)"
    rf"\s{{0,3}}(?:[:：是为]\s{{0,3}})?)({_NAME})"
    rf"(?=$|[^{_HAN}]|的|电话|手机|身份|家住|住在|住址|反映|举报|投诉|要求|现)"
)
"""How people name themselves; what follows must be a surname and end like a name, or it is an ordinary word."""
_SIGNED = re.compile(
    rf"(?m)((?:^|[—,，。!！ \u3000])(?=[{_HAN}]{{2,4}}\s{{0,9}}(?:敬上|谨上|拜上|敬启|谨启|敬呈))"
    rf"|(?:敬礼|谢谢|感谢|盼复|商祺|——)[!！。.,，]?\s{{0,9}}(?=[{_HAN}]{{2,4}}[ \u3000]{{0,9}}$))((?!谢谢|感谢){_NAME})"
)
"""A name under a letter: before 敬上, or alone after the words that end one."""
_NAMED = re.compile(
    rf"(?:举报人|投诉人|反映人|诉求人|来电人|来信人)\s{{0,3}}[:：]?\s{{0,3}}({_NAME})"
    rf"(?=$|[^{_HAN}]|的|所|称|说|反映|举报|投诉|要求|来电|来信)"
)
_TO_THE_DOOR = re.compile(r"室|(?:号楼|栋|幢|单元|[-—])\s{0,3}\d{3,4}")
_TITLES = "(?:先生|女士|小姐|阿姨|大爷|大妈|大姐|大哥|师傅|同志|老师|某某?)"
NOTHING_LEFT = "**"


def mask_text(text: str) -> str:
    """The text with telephone and ID numbers, mail addresses, number plates, coordinates and flats masked."""
    return _DOOR.sub("**", _mask(text, _NUMBERS))


def mask_answer(text: str) -> str:
    """The like for an answer that offices wrote: the landline to call and the door to go to are their own, and stay."""
    return _mask(text, _NUMBERS[:2])


def _mask(text: str, numbers: Iterable[tuple[re.Pattern[str], str]]) -> str:
    for form, ends in numbers:
        text = form.sub(ends, text)
    text = _MAIL.sub(r"\1***\2", text)
    text = _PLATE.sub(r"\1*****", text)
    return _COORDINATE.sub(r"\1***", text)


def hide_text(text: str) -> str:
    """The text with the same things, any long number, chat handles and names people give themselves taken out."""
    for form, _ in _NUMBERS:
        text = form.sub(NOTHING_LEFT, text)
    for form in (_MAIL, _PLATE, _COORDINATE, _HOUSE_OR_DOOR, _LONG):
        text = form.sub(NOTHING_LEFT, text)
    text = _HANDLE.sub(rf"\1{NOTHING_LEFT}", text)
    for form in (_INTRODUCED, _SIGNED):
        text = form.sub(rf"\1{NOTHING_LEFT}", text)
    return text


def traces(text: str) -> Iterator[tuple[int, int, str]]:
    """Where the text has personal data, and what: start, end, a name for it.

    Offices give their own numbers out, so a landline is none; neither is a house, but the door in it is.
    """
    identity, mobile, _ = (form for form, _ in _NUMBERS)
    for form, what in ((identity, "身份证号"), (mobile, "手机号"), (_PLATE, "车牌号"), (_HANDLE, "社交账号")):
        yield from ((*found.span(), what) for found in form.finditer(text))
    yield from ((*found.span(), "门牌") for found in _DOOR.finditer(text) if _TO_THE_DOOR.search(found[0]))
    yield from ((*found.span(1), "诉求人姓名") for found in _NAMED.finditer(text))


def names_given(text: str) -> frozenset[str]:
    """The names by which people introduce themselves or sign in a text."""
    return frozenset(found[2] for form in (_INTRODUCED, _SIGNED) for found in form.finditer(text))


def mask_name(name: str) -> str:
    """刘晓明 → 刘**; an empty name stays empty."""
    return name[:1] + "*" * min(max(len(name) - 1, 0), 2)


def mask_address(external: str) -> str:
    """An identifier of a platform: the ends are kept so that two can be told apart."""
    if "@" in external:
        return _MAIL.sub(r"\1***\2", external)
    return external if len(external) <= 6 else f"{external[:3]}***{external[-3:]}"


class Sight(IntEnum):
    """How much of a person somebody sees; the greater, the less."""

    OPEN = 0
    MASKED = 1
    HIDDEN = 2


@dataclass(frozen=True, slots=True)
class Person:
    """What is known to be personal of one reporter, so that it is found again in any text."""

    names: frozenset[str] = frozenset()
    marks: frozenset[str] = frozenset()
    """Numbers, addresses, plates, the lookup code."""
    doors: frozenset[str] = frozenset()
    """What follows a place down to the door: gone for whoever does not see the person."""


def _pattern(words: Iterable[str], more: Iterable[str] = ()) -> re.Pattern[str] | None:
    """The words, the longest first; between the characters of a word blanks may stand (王 小 明)."""
    kept = sorted({"".join(word.split()) for word in words if len(word.strip()) > 1}, key=len, reverse=True)
    parts = [r"\s*".join(re.escape(letter) for letter in word) for word in kept]
    parts += more
    return re.compile("|".join(parts), re.IGNORECASE) if parts else None


def _called(name: str) -> Iterable[str]:
    """王先生, 王某: how a person of this name is called."""
    if 2 <= len(name) <= 4 and name[0] in SURNAMES:
        yield f"{name[0]}{_TITLES}"


class Veil:
    """Turns texts into what somebody may read: what he sees of the one they are about, and of others they may name."""

    __slots__ = ("_general", "_hidden", "_marks", "_names", "sight")

    def __init__(self, sight: Sight, *, masked: Iterable[Person] = (), hidden: Iterable[Person] = ()) -> None:
        self.sight = sight
        self._general = _GENERAL[sight]
        gone, soft = list(hidden), list(masked)
        if sight is Sight.HIDDEN:
            gone, soft = gone + soft, []
        names = {name for person in gone for name in person.names}
        doors = (door for person in (*gone, *soft) for door in person.doors)
        self._hidden = _pattern(
            [*names, *(mark for person in gone for mark in person.marks), *doors],
            sorted({form for name in names for form in _called(name)}),
        )
        self._names = _pattern(name for person in soft for name in person.names)
        self._marks = _pattern(mark for person in soft for mark in person.marks)

    def text(self, text: str) -> str:
        """The text as it may be read."""
        for form, instead in ((self._hidden, _gone), (self._marks, _mark), (self._names, _name)):
            if form is not None:
                text = form.sub(instead, text)
        return self._general(text)

    @classmethod
    def of_numbers(cls) -> Veil:
        """Masks numbers and addresses and leaves names: the desk's own record, read by who works with residents."""
        veil = cls(Sight.MASKED)
        veil._general = mask_text
        return veil

    @classmethod
    def of_answer(cls, people: Iterable[Person]) -> Veil:
        """For an answer as whoever holds its code reads it; the people it is for are masked in it."""
        known = list(people)
        veil = cls(Sight.MASKED, masked=known)
        veil._hidden = _pattern(door for person in known for door in person.doors)
        veil._general = lambda text: mask_answer(_nameless(text))
        return veil


def _gone(_found: re.Match[str]) -> str:
    return NOTHING_LEFT


def _mark(found: re.Match[str]) -> str:
    masked = mask_text(found[0])
    return masked if masked != found[0] else mask_address(found[0]) if len(found[0]) > 6 else NOTHING_LEFT


def _name(found: re.Match[str]) -> str:
    return mask_name(found[0])


def _masked(text: str) -> str:
    return mask_text(_nameless(text))


def _nameless(text: str) -> str:
    return _INTRODUCED.sub(lambda found: found[1] + mask_name(found[2]), text)


def _as_it_is(text: str) -> str:
    return text


_GENERAL: dict[Sight, Callable[[str], str]] = {
    Sight.OPEN: _as_it_is,
    Sight.MASKED: _masked,
    Sight.HIDDEN: hide_text,
}
