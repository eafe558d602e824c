"""Values of template and subscription messages under the platform's limits (公众平台「参数值内容限制说明」).

What a field may hold is told by its name: ``thing1`` is of the kind ``thing``. A value beyond the limit would have the
whole message refused (47003), so it is cut; an empty one stands as a dash or 无.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_FREE = 200
_NUMBERED = re.compile(r"\d+$")
_ELLIPSIS = "…"
_NOT_ASCII = re.compile(r"[^\x20-\x7e]")
_NOT_HAN = re.compile(r"[^\u4e00-\u9fff]")
_NOT_PHONE = re.compile(r"[^0-9+\- ]")
_NOT_NUMBER = re.compile(r"[^0-9.]")
_NOT_LETTER = re.compile(r"[^A-Za-z]")


def fit(field: str, value: str) -> str:
    """The value as a field of this name takes it, never empty."""
    kind = _NUMBERED.sub("", field)
    return _KINDS.get(kind, _free)(" ".join(value.split()))


def _cut(value: str, most: int) -> str:
    return value if len(value) <= most else value[: most - 1] + _ELLIPSIS


def _free(value: str) -> str:
    return _cut(value, _FREE) or "无"


def _thing(value: str) -> str:
    return _cut(value, 20) or "无"


def _short_thing(value: str) -> str:
    return _cut(value, 5) or "无"


def _character_string(value: str) -> str:
    return _NOT_ASCII.sub("", value)[:32].strip() or "-"


def _number(value: str) -> str:
    return _NOT_NUMBER.sub("", value)[:32] or "0"


def _letter(value: str) -> str:
    return _NOT_LETTER.sub("", value)[:32] or "N"


def _symbol(value: str) -> str:
    return value[:5] or "-"


def _phrase(value: str) -> str:
    return _NOT_HAN.sub("", value)[:5] or "无"


def _name(value: str) -> str:
    """Ten Chinese characters or twenty letters."""
    return value[: 20 if value.isascii() else 10] or "无"


def _phone_number(value: str) -> str:
    return _NOT_PHONE.sub("", value)[:17].strip() or "-"


def _car_number(value: str) -> str:
    return value[:8] or "无"


def _twenty(value: str) -> str:
    return value[:20] or "无"


_KINDS: dict[str, Callable[[str], str]] = {
    "thing": _thing,
    "short_thing": _short_thing,
    "character_string": _character_string,
    "number": _number,
    "letter": _letter,
    "symbol": _symbol,
    "phrase": _phrase,
    "name": _name,
    "phone_number": _phone_number,
    "car_number": _car_number,
    "amount": _twenty,
    "time": _twenty,
    "date": _twenty,
    "const": _twenty,
}
