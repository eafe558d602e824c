"""Files that other programs leave in an account's folder are taken once, and put away by what became of them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from api.desk import Desk
from api.jobs.dropped import LARGEST, SETTLED, take_dropped
from api.settings import Settings
from casework.tables import Ticket

ACCOUNTS = {
    "hotline": {"line": {"drop": "drop/calls"}},
    "walk_in": {"counter": {"drop": "drop/counter"}},
    "city": {"x": {}},
}
CALL = json.dumps(
    {
        "call_id": "C-20260305-0091",
        "caller": "13800138051",
        "started_at": "2026-03-05T10:02:11+08:00",
        "turns": [{"speaker": "caller", "start": 1.0, "text": "槐荫路北口的井盖松了，车一过就响"}],
    },
    ensure_ascii=False,
)
SHEET = "日期,姓名,电话,诉求内容\n2026-03-05 9:30,陶女士,13800138052,路灯不亮\n2026-03-05 9:40,苗先生,12,井盖松动\n"


@pytest.fixture
def desk(home: Path) -> Iterator[Desk]:
    made = Desk(Settings(home=home, accounts=ACCOUNTS, _env_file=None))  # type: ignore[call-arg]
    take_dropped(made)  # makes the folders
    yield made
    made.close()


def leave(desk: Desk, name: str, text: str, *, ago: float = SETTLED + 5) -> Path:
    file = desk.home / "drop" / name
    file.write_text(text, encoding="utf-8")
    at = desk.now().timestamp() - ago
    os.utime(file, (at, at))
    return file


def tickets(desk: Desk) -> int:
    with desk.database.read() as session:
        return session.scalar(select(func.count(Ticket.id))) or 0


def test_a_file_is_taken_once_and_put_away(desk: Desk) -> None:
    before = tickets(desk)
    file = leave(desk, "calls/day.json", CALL)
    assert take_dropped(desk) == 1
    assert (file.parent / "taken" / "day.json").read_text("utf-8") == CALL
    leave(desk, "calls/day.json", CALL)
    assert take_dropped(desk) == 1
    assert tickets(desk) == before + 1
    assert len(list((file.parent / "taken").iterdir())) == 2, "neither file covers the other"


def test_what_is_still_being_written_is_left_alone(desk: Desk) -> None:
    for name, ago in (("calls/new.json", 0.0), ("calls/big.json.part", 60.0), ("calls/.hidden", 60.0)):
        leave(desk, name, CALL, ago=ago)
    assert take_dropped(desk) == 0


def test_what_cannot_be_taken_lies_apart_with_its_reasons(desk: Desk) -> None:
    before = tickets(desk)
    sheet, garbage = leave(desk, "counter/3月5日.csv", SHEET), leave(desk, "calls/noise.json", "{")
    assert take_dropped(desk) == 2
    assert tickets(desk) == before + 1, "the good row"
    assert "第 3 行" in (sheet.parent / "refused" / "3月5日.csv.txt").read_text("utf-8")
    assert (garbage.parent / "refused" / "noise.json").exists()
    assert not sheet.exists()
    assert not garbage.exists()


def test_a_link_to_a_file_elsewhere_is_not_followed(desk: Desk, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.json"
    elsewhere.write_text(CALL, encoding="utf-8")
    at = desk.now().timestamp() - 60
    os.utime(elsewhere, (at, at))
    (desk.home / "drop" / "calls" / "link.json").symlink_to(elsewhere)
    assert take_dropped(desk) == 0


def test_a_file_too_large_to_read_is_put_away_unread(desk: Desk) -> None:
    file = leave(desk, "calls/large.json", "")
    with file.open("r+b") as written:
        written.truncate(LARGEST + 1)
    at = desk.now().timestamp() - 60
    os.utime(file, (at, at))
    take_dropped(desk)
    assert "MB" in (file.parent / "refused" / "large.json.txt").read_text("utf-8")


def test_a_folder_that_cannot_be_made_holds_up_no_other(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    calls = desk.home / "drop" / "calls"
    for folder in ("taken", "refused"):
        (calls / folder).rmdir()
    calls.rmdir()
    calls.write_text("a file where the folder was", encoding="utf-8")
    leave(desk, "counter/a.csv", SHEET)
    assert take_dropped(desk) == 1
    assert "hotline/line" in caplog.text
