"""A counter's sheet of twelve thousand rows, from its bytes to filed tickets, beside as many single records.

Baselines of the same run: records of a counter's screen handed in one by one, and chat messages taken in batches; each
is what twelve thousand single messages would take at that rate.
"""

from __future__ import annotations

import io
import json
import resource
from datetime import timedelta

from openpyxl import Workbook  # type: ignore[import-untyped]

from api.assistants import Assistants, apart
from api.desk import Desk
from api.intake_files import BATCH, Report, take
from benchmarks.figures import Figure, spent
from benchmarks.place import Place
from channels.message import Account
from drills.payloads import STARTED, wechat_text, words

ROWS = 12_000
SINGLE, BATCHED = 100, 1_000
"""Messages of a baseline."""
HEADINGS = ("序号", "来访时间", "姓名", "联系电话", "诉求内容", "诉求地址", "诉求类型", "窗口", "经办人")


def run(place: Place) -> list[Figure]:
    """The sheet, then the same again, which adds nothing."""
    with place.desk() as desk, apart(desk) as aside:
        _chats(desk, aside, 0)  # until its processes have loaded
        chats = _chats(desk, aside, 1)
        singles = _singles(desk)
        sheet = workbook(ROWS)
        took = _import(desk, sheet, aside, accepted=ROWS)
        again = _import(desk, sheet, aside, accepted=0)
        chats = (chats + _chats(desk, aside, 2)) / 2
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        Figure("sheet.12000", took, "s", "12,000 single records, one by one", ROWS / singles, "lower", ROWS / singles),
        Figure("sheet.12000.batched", took, "s", "12,000 chat messages in batches", ROWS / chats, "lower"),
        Figure("sheet.12000.again", again, "s", "the first time", took, "lower"),
        Figure("sheet.12000.memory", peak, "MB", "the sheet's bytes", len(sheet) / 1e6, "lower"),
    ]


def workbook(rows: int) -> bytes:
    """An XLSX as a counter keeps it, each row another resident's matter."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("登记")
    sheet.append(["来访登记表"])
    sheet.append(list(HEADINGS))
    for number in range(rows):
        at = (STARTED + timedelta(minutes=number)).strftime("%Y-%m-%d %H:%M")
        phone = 13_800_000_000 + number
        sheet.append([number + 1, at, f"居民{number}", phone, words(number), f"{number}号院", "投诉", "3号", "甲"])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _import(desk: Desk, sheet: bytes, aside: Assistants, *, accepted: int) -> float:
    report = Report()
    took = spent(lambda: take(desk, Account("walk_in", "bench"), [("sheet.xlsx", sheet)], report, assistants=aside))
    assert report.count("accepted") == accepted, report.count("accepted")
    assert report.quarantined == 0
    return took


def _singles(desk: Desk) -> float:
    """Records a second, each handed in by itself."""
    payloads = [
        (f"{number}", json.dumps({"诉求内容": words(number), "电话": f"{13_900_000_000 + number}"}).encode())
        for number in range(SINGLE)
    ]
    report = Report()
    took = spent(lambda: take(desk, Account("walk_in", "single"), payloads, report, batch=1))
    assert report.count("accepted") == SINGLE
    return SINGLE / took


def _chats(desk: Desk, aside: Assistants, number: int) -> float:
    payloads = [(f"{at}", wechat_text(at)) for at in range(number * BATCHED, (number + 1) * BATCHED)]
    report = Report()
    took = spent(lambda: take(desk, Account("wechat", "sheets"), payloads, report, assistants=aside, batch=BATCH))
    assert report.count("accepted") == BATCHED
    return BATCHED / took
