"""What a resident is promised of his matter, in words to be read to him: by when he is spoken to and answered."""

from __future__ import annotations

from casework.tables import Ticket
from district.errors import UnknownName
from district.pack import District

_UNITS = {"min": "分钟", "h": "小时", "wh": "个工作小时", "wd": "个工作日"}


def promise(district: District, ticket: Ticket) -> str:
    """两小时内与您联系，五个工作日内答复您: by the pack's clocks; empty where it has no such clocks."""
    column = district.clocks.column(urgency=ticket.urgency, hard=False, request_type=ticket.request_type)
    told = []
    for clock, words in (("contact", "内与您联系"), ("answer", "内答复您")):
        try:
            allowed = district.clocks.allowance(clock, column)
        except UnknownName:
            continue
        told.append(f"{allowed.amount} {_UNITS[allowed.unit]}{words}")
    return "，".join(told)
