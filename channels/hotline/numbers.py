"""Telephone numbers as switchboards write them, made one (the mainland's numbering: 区号 010, 02x, 0xxx)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container

_EXTENSION = re.compile(r"(?:转|分机|ext\.?|#|,|x)+[:\s]{0,3}([0-9]{1,6})$", re.IGNORECASE)
_FILLING = re.compile(r"[\s()\-.·_—]")
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"(010|02[0-9]|0[3-9][0-9]{2})([2-9][0-9]{6,7})")
_ABROAD = re.compile(r"(?:\+|00)[1-9][0-9]{6,14}")
_OTHER = re.compile(r"[0-9]{3,12}")


def normalised(written: str, no_number: Container[str]) -> str:
    """``13800000000``, ``0571-88880000`` or ``0571-88880000-803``; "" where there is no number to call back.

    The country's own code and the 0 that exchanges put before a mobile number go; local and service numbers stay as
    digits, those from abroad begin with ``+``. A number with masked digits is none: it belongs to many.
    """
    plain = unicodedata.normalize("NFKC", written).strip()
    if plain.lower() in no_number:
        return ""
    plain, extension = _without_extension(plain)
    digits = _FILLING.sub("", plain)
    for prefix in ("+86", "0086", "086"):
        if digits.startswith(prefix):
            digits = digits.removeprefix(prefix)
            digits = digits if digits.startswith(("0", "1")) or len(digits) < 9 else f"0{digits}"
            break
    if _ABROAD.fullmatch(digits):
        return f"+{digits.lstrip('+0')}"
    if digits.startswith("86") and _MOBILE.fullmatch(digits[2:]):
        digits = digits[2:]
    if digits.startswith("0") and _MOBILE.fullmatch(digits[1:]):
        digits = digits[1:]
    if _MOBILE.fullmatch(digits):
        return digits
    if landline := _landline(digits):
        return f"{landline}-{extension}" if extension else landline
    return digits if _OTHER.fullmatch(digits) and set(digits) != {"0"} else ""


def _without_extension(plain: str) -> tuple[str, str]:
    if found := _EXTENSION.search(plain):
        return plain[: found.start()], found[1]
    parts = plain.split("-")
    if len(parts) == 3 and parts[0].strip().startswith("0") and re.fullmatch(r"[0-9]{1,6}", parts[2].strip()):
        return "-".join(parts[:2]), parts[2].strip()
    return plain, ""


def _landline(digits: str) -> str:
    """Area code and number; the area codes of one digit after 0 are 010 and 02x, all others have four digits."""
    found = _LANDLINE.fullmatch(digits)
    return f"{found[1]}-{found[2]}" if found else ""
