"""What a phone shows: numbers, templates with their places filled, and how many parts a text goes in."""

from __future__ import annotations

import re
from typing import Any

from api.standins.sms.refusals import Refusal

ONE_PART = 70
LONG_PART = 67
"""UTF-16 units: of a text that goes in one part, and of each part of a longer one, which also carries its number."""

LONGEST = 500
LONGEST_VALUE = 64
_MOBILE = re.compile(r"(?:\+?86)?(1[3-9][0-9]{9})")
_PLACE = re.compile(r"\{(\w+)\}")


def mobile(given: object) -> str:
    """The 11 digits. Raises ``Refusal``."""
    found = _MOBILE.fullmatch(given) if isinstance(given, str) else None
    if found is None:
        raise Refusal(2001)
    return found[1]


def parts(text: str) -> int:
    """How many parts the text goes in, heading included."""
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    return 1 if units <= ONE_PART else -(-units // LONG_PART)


def filled(template: str, params: Any) -> str:
    """The template with a value in each place. Raises ``Refusal``."""
    given = {} if params is None else params
    if not isinstance(given, dict):
        raise Refusal(1004, "params")
    places = _PLACE.findall(template)
    for name in given:
        if name not in places:
            raise Refusal(2004, str(name))
    for name in places:
        value = given.get(name)
        if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_VALUE:
            raise Refusal(2004, name)
    return _PLACE.sub(lambda place: given[place[1]], template)


def headed(heading: str, text: str) -> str:
    """The text as the phone shows it. Raises ``Refusal``."""
    if not text.strip():
        raise Refusal(2005)
    shown = f"【{heading}】{text}" if heading else text
    if len(shown) > LONGEST:
        raise Refusal(2006)
    return shown
