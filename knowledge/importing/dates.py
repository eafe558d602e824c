"""Days in the spellings of people and of spreadsheets."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta

_WRITTEN = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[\sT]\s*\d{1,2}:\d\d(?::\d\d)?)?\s*[起止]?"
)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)")
_SERIAL = re.compile(r"\d{5}")
_FIRST_YEAR = 1949
"""An earlier day is a number that a cell was made a date by mistake."""
_LAST_SERIAL = 73_050
"""2099-12-31."""
_OPEN = frozenset({"长期", "永久", "无", "长期有效", "无限期", "至今", "-", "/"})


def read_day(text: str) -> date | None:
    """The day; None for one that is open (长期). Raises ``ValueError`` where none is meant, or none that can be."""
    folded = unicodedata.normalize("NFKC", text).strip()
    if not folded or folded in _OPEN:
        return None
    found = _WRITTEN.fullmatch(folded) or _COMPACT.fullmatch(folded)
    if found is not None:
        day = date(int(found[1]), int(found[2]), int(found[3]))
    elif _SERIAL.fullmatch(folded) and int(folded) <= _LAST_SERIAL:
        day = date(1899, 12, 30) + timedelta(days=int(folded))  # the days a spreadsheet counts
    else:
        raise ValueError(text)
    if day.year < _FIRST_YEAR:
        raise ValueError(text)
    return day
