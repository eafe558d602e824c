"""The city's numbers of orders, and what spreadsheets make of them. A number that lost digits names another order."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, time
from decimal import Decimal

from channels.cleaning import clean_line
from channels.sheets.table import Value, shown

LONGEST = 60
KEPT = 10**15
"""A spreadsheet keeps fifteen digits of a number; those behind them have become zeros."""

_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[eE]\+\d{1,2}|\d\.\d+[eE]\d{1,2}")


class NumberUnfit(Exception):
    """No order can be known by this; ``why`` is Chinese and shown."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def read(value: Value, *, in_sheet: bool) -> str:
    """The number in one spelling. Raises ``NumberUnfit``."""
    if isinstance(value, datetime | time) or (isinstance(value, int | float) and _lost(value, in_sheet=in_sheet)):
        raise _spoilt(shown(value))
    written = unicodedata.normalize("NFKC", clean_line(shown(value), 4000)).replace(" ", "").lstrip("'")
    if not written:
        raise NumberUnfit("没有市平台工单编号")
    if len(written) > LONGEST:
        raise NumberUnfit(f"工单编号超过 {LONGEST} 字")
    if not any(each.isdigit() for each in written):
        raise NumberUnfit(f"“{written}”不是工单编号")
    return _whole(written) if _SCIENTIFIC.fullmatch(written) else written


def _lost(value: float, *, in_sheet: bool) -> bool:
    inexact = in_sheet or isinstance(value, float)
    return value < 0 or value != int(value) or (inexact and value >= KEPT)


def _whole(written: str) -> str:
    number = Decimal(written)
    if len(number.as_tuple().digits) <= number.adjusted():
        raise _spoilt(written)
    return str(int(number))


def _spoilt(written: str) -> NumberUnfit:
    return NumberUnfit(f"“{written[:40]}”被表格软件改成了数字或日期，原来的编号已丢失，请把这一列设为文本后重填")
