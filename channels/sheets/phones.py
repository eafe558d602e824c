"""Telephone numbers as counters write them and as spreadsheets spoil them."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation

from channels.sheets.table import Value, shown

_NONE = frozenset(
    {
        "",
        "无",
        "无电话",
        "没有",
        "不详",
        "未留",
        "未提供",
        "不便提供",
        "拒绝提供",
        "暂无",
        "匿名",
        "/",
        "-",
        "--",
        "—",
        "——",
    }
)
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?e\+?\d{1,2}")
_TRAILING_ZEROS = re.compile(r"(\d{5,15})\.0+")
_JOINTS = re.compile(r"(?<=[\d)])[\s\-‐‑–—.·()]+(?=\d)|^\((?=\d)")
_NUMBER = re.compile(r"(?<!\d)\+?\d{5,15}(?!\d)")
_MOBILE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
_EXTENSION = re.compile(r"\s*(?:转|ext\.?|x|#)\s*(\d{1,6})(?!\d)")
_SOUND = re.compile(
    r"1[3-9]\d{9}"  # mobile
    r"|(?:0\d{2,3})?[2-9]\d{6,7}"  # fixed line, with or without its area
    r"|[48]00\d{7}|9[56]\d{3,6}|1[02]\d{3,4}"  # service numbers
    r"|\+\d{8,15}"  # abroad
)


class PhoneUnfit(Exception):
    """Nobody can be called on this; ``why`` is Chinese and shown to the counter."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def read(value: Value) -> tuple[str, str]:
    """The first number in a cell, in digits (``01062345678-801`` with an extension), and the words beside it.

    Both are empty where nobody left one. Raises ``PhoneUnfit``.
    """
    text = " ".join(unicodedata.normalize("NFKC", shown(value)[:200]).replace("\0", "").split()).lstrip("'")
    if text in _NONE:
        return "", ""
    whole = _unspoiled(text.lower())
    # Two mobile numbers with a blank between them are not one of 22 digits.
    joined = whole if _MOBILE.search(whole) else _JOINTS.sub("", whole)
    found = [_bare(number) for number in _NUMBER.findall(joined)]
    sound = [number for number in found if _SOUND.fullmatch(number)]
    if not sound:
        digits = sum(character.isdigit() for character in text)
        raise PhoneUnfit(f"“{text[:40]}”不是电话号码" + (f"（{digits} 位数字）" if digits else "；没有电话请留空"))
    extension = _EXTENSION.search(joined)
    first = sound[0] + (f"-{extension[1]}" if extension and not sound[0].startswith("1") else "")
    beside = text if len(found) > 1 or _words(joined) else ""
    return first, beside


def _unspoiled(text: str) -> str:
    """13912345678.0 and 1.3912345678E10 are whole numbers again. Raises ``PhoneUnfit`` where digits are gone."""
    if (trailing := _TRAILING_ZEROS.fullmatch(text)) is not None:
        return trailing[1]
    if not _SCIENTIFIC.fullmatch(text):
        return text
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    exponent = number.adjusted()
    if len(number.as_tuple().digits) <= exponent or exponent > 15:
        raise PhoneUnfit(f"“{text.upper()}”被表格软件改成了科学计数，后面的数字已丢失，请把这一列设为文本后重填")
    return str(int(number))


def _bare(number: str) -> str:
    """Without China's own prefix: +86, 0086, or 86 before a mobile number."""
    for prefix in ("+86", "0086", "86"):
        rest = number.removeprefix(prefix)
        if rest != number and (prefix != "86" or re.fullmatch(r"1[3-9]\d{9}", rest)):
            return rest
    return number


def _words(joined: str) -> str:
    return re.sub(r"[\s,，;；/、+]+", "", _NUMBER.sub("", _EXTENSION.sub("", joined)))
