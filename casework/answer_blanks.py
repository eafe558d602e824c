"""Blanks (【…】) of the forms an answer is written from: filled in where the case says what belongs there; an answer
with one left goes to nobody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from casework.privacy import traces
from casework.reading import Reader
from casework.replies_errors import BlanksLeft
from casework.tables import Case
from district.pack import District
from district.phrases import BLANK, blanks_left

_CLAUSES = re.compile(r"[，。！？；,.!?;\n]")
LONGEST = 24
"""Characters of a title that is the name of a matter; a longer one is how it was told."""


def refuse(district: District, answer: str) -> None:
    """Raises ``BlanksLeft`` for an answer with blanks."""
    if found := blanks_left(district.answer_forms, answer):
        raise BlanksLeft(tuple(dict.fromkeys(each[0] for each in found)))


def fill(form: str, known: Mapping[str, str]) -> str:
    """The form with what is known in its blanks; the others stay."""
    return BLANK.sub(lambda blank: known.get(blank[0][1:-1]) or blank[0], form)


def known(reader: Reader, case: Case, *, now: datetime) -> dict[str, str]:
    """What the case says to blanks, in words that an answer, which is public, may have: no door, no number of his."""
    units, today = reader.district.units, now.astimezone(reader.district.calendars.zone)
    lead = units.get(case.lead_unit) if case.lead_unit in units else None
    return {
        "事项": _matter(reader, case),
        "地点": _place(reader, case),
        "单位": lead.name if lead else "",
        "联系电话": lead.phone if lead else "",
        "月日": f"{today.month}月{today.day}日",
    }


def _matter(reader: Reader, case: Case) -> str:
    title, taxonomy = reader.title(case).strip(), reader.district.taxonomy
    if title and len(title) <= LONGEST and "*" not in title and not _CLAUSES.search(title):
        return title
    name = taxonomy.get(case.category).name if case.category in taxonomy else ""
    return f"{name.removesuffix('问题')}问题" if name else ""


def _place(reader: Reader, case: Case) -> str:
    for ticket in case.tickets[:1]:
        for each in reader.suggestion(ticket).get("entities", []):
            text = str(each["text"])
            if each["kind"] == "address" and "*" not in text:
                doors = [start for start, _, _ in traces(text)]
                return text[: min(doors, default=len(text))].strip()
    return ""
