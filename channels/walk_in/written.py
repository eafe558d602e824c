"""A visit as the counter's clerk wrote it down: one record of the counter's screen."""

from __future__ import annotations

import json
from zoneinfo import ZoneInfo

from channels.message import Account
from channels.walk_in import headings
from channels.walk_in.headings import words_of
from channels.written import Written
from district.sheets import bare_heading

CHINA = ZoneInfo("Asia/Shanghai")
ID_NUMBER = "身份证号"
"""A column of no field: it stands masked beside the matter, whole only in the record as it came."""


def record(given: Written, account: Account) -> bytes:
    """The record's bytes, under headings that the account reads as what they are."""
    words = words_of(account).fields
    values = {
        headings.TIME: f"{given.at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}",
        headings.NAME: given.name,
        headings.PHONE: given.phone,
        headings.TEXT: "\n".join(filter(None, (given.text.strip(), *given.stated))),
        headings.PLACE: given.place,
        headings.CLERK: given.clerk,
        headings.NUMBER: given.number,
    }
    made = {
        next(word for word in headings.DEFAULT[field] if words.get(bare_heading(word)) == field): value
        for field, value in values.items()
        if value
    }
    if given.id_number:
        made[ID_NUMBER] = given.id_number
    return json.dumps(made, ensure_ascii=False).encode("utf-8", "replace")
