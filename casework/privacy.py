"""Masking of personal data (脱敏) for pages, lists and logs."""

from __future__ import annotations

import re

_PHONE = re.compile(r"(?<!\d)(1[3-9]\d)\d{4}(\d{4})(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)(0\d{2,3}-?)\d{4}(\d{3,4})(?!\d)")
_ID_NUMBER = re.compile(r"(?<!\d)(\d{6})\d{8}(\d{3}[\dXx])(?!\d)")
_MAIL = re.compile(r"([A-Za-z0-9])[A-Za-z0-9._%+-]*(@[A-Za-z0-9.-]+)")
_DOOR = re.compile(r"\d{1,3}\s*(?:号楼|栋|幢|单元|室|门)(?:\s*[-—]?\s*\d{1,4}\s*(?:单元|号|室|门))*")


def mask_text(text: str) -> str:
    """The text with phone numbers, ID numbers, mail addresses and the door of an address hidden."""
    text = _ID_NUMBER.sub(r"\1********\2", text)
    text = _PHONE.sub(r"\1****\2", text)
    text = _LANDLINE.sub(r"\1****\2", text)
    text = _MAIL.sub(r"\1***\2", text)
    return _DOOR.sub("**", text)


def mask_name(name: str) -> str:
    """刘晓明 → 刘**; an empty name stays empty."""
    return name[:1] + "*" * min(max(len(name) - 1, 0), 2)


def mask_address(external: str) -> str:
    """An identifier of a platform: the ends are kept so that two can be told apart."""
    if "@" in external:
        return _MAIL.sub(r"\1***\2", external)
    return external if len(external) <= 6 else f"{external[:3]}***{external[-3:]}"
