"""What was done about orders, as the sheet that a clerk uploads where the city's platform has no interface for us."""

from __future__ import annotations

from collections.abc import Sequence

from channels.cleaning import clean_text
from channels.message import OutboundMessage
from channels.plain_cells import write_workbook
from channels.sheets.table import MAX_CELL

COLUMNS = ("工单编号", "办理动作", "办理内容", "办理结果", "原因", "申请办结时限", "承办单位", "区工单编号")
_ACTS = {"receipt": "签收", "answer": "答复", "return": "退单", "extension": "延期"}
_OUTCOMES = {"answered": "已办理", "answered_directly": "直接答复", "rejected": "不予受理", "withdrawn": "诉求人撤诉"}


def sheet(messages: Sequence[OutboundMessage]) -> bytes:
    """An XLSX with a line for each act, in the order given; every cell is text."""
    lines = [COLUMNS, *map(_line, messages)]
    return write_workbook("工单回传", ([clean_text(text)[:MAX_CELL] for text in line] for line in lines), headed=False)


def _line(each: OutboundMessage) -> tuple[str, ...]:
    details = each.details
    return (
        each.recipient,
        _ACTS.get(each.act, each.act),
        each.text,
        _OUTCOMES.get(details.get("outcome", ""), ""),
        details.get("reason", ""),
        details.get("deadline", ""),
        details.get("unit", ""),
        details.get("ticket", ""),
    )
