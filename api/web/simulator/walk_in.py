"""现场登记: a counter's sheet, filled in here or brought as a file, handed in by the counter's real routes."""

from __future__ import annotations

import base64
import csv
import io
from dataclasses import dataclass
from itertools import zip_longest
from typing import Annotated, Any

import httpx
from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from fastapi.responses import Response

from api.auth import CurrentDesk
from api.demo.residents import ACCOUNT, Person
from api.desk import Desk
from api.web.simulator.content import BROUGHT
from api.web.simulator.door import ACTS, Door, calling, demo_account, fragment, said_by
from api.web.simulator.pictures import MOST

router = APIRouter()

COLUMNS = (("date", "日期"), ("name", "姓名"), ("phone", "电话"), ("text", "诉求内容"), ("place", "地点"))
BLANK = dict.fromkeys((name for name, _ in COLUMNS), "")
MOST_ROWS = 200
LONGEST = 5000

Cells = Annotated[list[str] | None, Form(max_length=MOST_ROWS)]


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What is handed in, or ``told``: why it cannot be."""

    content: bytes = b""
    told: str = ""


async def _handed(
    date: Cells = None,
    name: Cells = None,
    phone: Cells = None,
    text: Cells = None,
    place: Cells = None,
    file: Annotated[UploadFile | None, File()] = None,
) -> _Sheet:
    """The file that was brought, else the rows that were filled in, as CSV."""
    if file is not None and file.filename:
        content = await file.read(MOST + 1)
        if len(content) > MOST:
            return _Sheet(told=f"文件超过 {MOST // 1_000_000} MB，没有交出。")
        return _Sheet(content, "" if content else "这个文件是空的。")
    rows = zip_longest(*(each or [] for each in (date, name, phone, text, place)), fillvalue="")
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    if not filled:
        return _Sheet(told="表是空的：至少填一行，或者选一个文件。")
    if any(len(cell) > LONGEST for row in filled for cell in row):
        return _Sheet(told=f"一格最多 {LONGEST} 字。")
    written = io.StringIO()
    csv.writer(written).writerows([[label for _, label in COLUMNS], *filled])
    return _Sheet(written.getvalue().encode("utf-8", "replace"))


Handed = Annotated[_Sheet, Depends(_handed)]


def _values(desk: Desk, person: Person) -> dict[str, Any]:
    """A sheet with two rows that can be taken, one that cannot, and room for more."""
    today = desk.now().astimezone(desk.district.calendars.zone).date().isoformat()
    rows = [
        _row(today, person.name, person.phone, *BROUGHT[0]),
        *(_row(today, *each) for each in BROUGHT[1:]),
    ]
    return {"columns": COLUMNS, "rows": [*rows, BLANK]}


def _row(*cells: str) -> dict[str, str]:
    return {name: cell for (name, _), cell in zip(COLUMNS, cells, strict=True)}


@router.get("/row")
async def row(request: Request) -> Response:
    """One more empty row."""
    return await fragment(request, "sheet_row.html", columns=COLUMNS, row=BLANK)


@router.post("/preview", dependencies=ACTS)
async def preview(request: Request, desk: CurrentDesk, sheet: Handed) -> Response:
    """How the sheet reads; nothing is stored."""
    return await _report(request, desk, "preview", sheet)


@router.post("/records", dependencies=ACTS)
async def records(request: Request, desk: CurrentDesk, sheet: Handed) -> Response:
    """Hand the sheet in."""
    return await _report(request, desk, "records", sheet)


async def _report(request: Request, desk: Desk, act: str, sheet: _Sheet) -> Response:
    """What the counter's route says of the sheet, and the rows it gives back as a file to mend."""
    report: dict[str, Any] | None = None
    returned, told = "", sheet.told
    if not told:
        async with calling(request) as client:
            answer = await _post(client, desk, act, sheet.content)
            told = said_by(answer)
            if not told:
                report = answer.json()
                returned = await _returned(client, desk, sheet.content)
    return await fragment(request, "sheet_report.html", act=act, report=report, returned=returned, told=told)


async def _post(client: httpx.AsyncClient, desk: Desk, act: str, sheet: bytes) -> httpx.Response:
    headers = {"authorization": f"Bearer {demo_account(desk, 'walk_in').settings['token']}"}
    return await client.post(f"/channels/walk-in/{act}", params={"account": ACCOUNT}, content=sheet, headers=headers)


async def _returned(client: httpx.AsyncClient, desk: Desk, sheet: bytes) -> str:
    """The sheet of the refused rows in base 64, for a link in the page; empty where all rows are taken."""
    answer = await _post(client, desk, "rejects", sheet)
    return base64.b64encode(answer.content).decode() if answer.status_code == 200 else ""


DOOR = Door(
    key="walk_in",
    label="窗口",
    lead="窗口一天的登记表，或者自带的 XLSX、CSV：预览、交件都走窗口的真实接口；收不下的行写明原因退回，改好可以再交。",
    channel="walk_in",
    template="walk_in.html",
    values=_values,
    router=router,
    own=False,
    wide=True,
)
