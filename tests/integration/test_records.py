"""Counter sheets, by command and by HTTP: preview, a row-by-row report, the bad rows back, stopped and repeated."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from openpyxl import load_workbook  # type: ignore[import-untyped]
from sqlalchemy import func, select
from typer.testing import CliRunner

from api import pipeline
from api.app import create_app
from api.cli import app as command
from api.desk import Desk
from api.intake_files import Report, take
from api.settings import Settings
from api.standins.background import BackgroundServer
from casework.tables import Ticket
from channels.message import Account
from storage.quarantine import Quarantined

TOKEN = "counter-test-token"
ACCOUNTS = {"walk_in": {"hall": {"token": TOKEN}, "street": {"token": "another"}}}
HEADING = "日期,姓名,电话,诉求内容\n"


def sheet(*rows: str) -> bytes:
    return (HEADING + "".join(f"{row}\n" for row in rows)).encode()


def good(number: int) -> str:
    return f"2026-03-05,居民{number},1380013{number:04d},光明路{number}号院门口的井盖不见了，车都不敢走"


MIXED = sheet(
    good(1), "2026-03-05,居民2,12,楼道的灯坏了，晚上看不见路", good(3), '2026-03-05,居民4,13800130004,=HYPERLINK("x")'
)


@pytest.fixture
def desk(home: Path) -> Iterator[Desk]:
    made = Desk(Settings(home=home, accounts=ACCOUNTS, _env_file=None))  # type: ignore[call-arg]
    yield made
    made.close()


@pytest.fixture(scope="module")
def url(set_up_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = Path(shutil.copytree(set_up_home, tmp_path_factory.mktemp("records") / "home"))
    desk = Desk(Settings(home=home, accounts=ACCOUNTS, _env_file=None))  # type: ignore[call-arg]
    with BackgroundServer(create_app(desk), lifespan="on") as server:
        yield f"{server.url}/channels/walk-in"


def post(url: str, payload: bytes, account: str = "hall", token: str = TOKEN) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}"}
    return httpx.post(url, content=payload, params={"account": account}, headers=headers, timeout=30)


def counted(desk: Desk, table: type) -> int:
    with desk.database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_preview_tells_how_a_sheet_reads_and_stores_nothing(url: str) -> None:
    for _ in range(2):
        shown = post(f"{url}/preview", MIXED).json()
        assert (shown["messages"], [error["row"] for error in shown["errors"]]) == (2, [3, 5])
        assert "井盖" in shown["first"][0]
    assert post(f"{url}/records", MIXED).json()["accepted"] == 2


def test_good_rows_are_taken_and_the_same_sheet_again_adds_nothing(url: str) -> None:
    payload = sheet(good(11), "2026-03-05,居民12,12,楼道的灯坏了，晚上看不见路")
    first, again = (post(f"{url}/records", payload).json() for _ in range(2))
    assert (first["accepted"], first["quarantined"], again["accepted"], again["repeated"]) == (1, 1, 0, 1)
    (error,) = first["errors"]
    assert (error["row"], error["field"]) == (3, "电话")
    assert error["message"]


def test_bad_rows_come_back_as_a_sheet_with_the_reason_in_a_last_column(url: str) -> None:
    answer = post(f"{url}/rejects", MIXED)
    rows = list(load_workbook(io.BytesIO(answer.content)).worksheets[0].iter_rows(values_only=True))
    assert rows[0][:4] == ("日期", "姓名", "电话", "诉求内容")
    assert [row[1] for row in rows[1:]] == ["居民2", "居民4"]
    assert all(row[-1] for row in rows)
    assert post(f"{url}/rejects", sheet(good(21))).status_code == 204


def test_a_counter_hands_in_with_its_own_token_only(url: str) -> None:
    assert post(f"{url}/records", MIXED, token="guess").status_code == 401
    assert post(f"{url}/records", MIXED, account="street").status_code == 401
    assert post(f"{url}/records", MIXED, account="nobody").status_code == 404
    assert post(f"{url}/preview", MIXED, token="guess").status_code == 401


def test_a_file_that_is_no_sheet_goes_to_quarantine_with_its_reason(url: str) -> None:
    answer = post(f"{url}/records", b"\x00\x01\x02").json()
    assert (answer["accepted"], answer["quarantined"]) == (0, 1)
    assert answer["errors"][0]["row"] is None


def test_a_long_sheet_that_was_stopped_is_finished_by_taking_it_again(desk: Desk) -> None:
    payload = sheet(*(good(number) for number in range(100, 170)))
    account = Account("walk_in", "hall")

    def stop(_done: int) -> None:
        if counted(desk, Ticket) >= 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take(desk, account, [("sheet.csv", payload)], Report(), batch=10, told=stop)
    assert counted(desk, Ticket) == 20
    report = Report()
    take(desk, account, [("sheet.csv", payload)], report, batch=10)
    assert (report.count("accepted"), report.count("repeated"), counted(desk, Ticket)) == (50, 20, 70)
    with desk.database.read() as session:
        assert session.scalar(select(func.count(Ticket.assessed_at))) == 70


def test_each_refused_row_lies_in_quarantine_with_its_file_and_can_be_retried(desk: Desk) -> None:
    take(desk, Account("walk_in", "hall"), [("sheet.csv", MIXED)], Report())
    with desk.database.read() as session:
        held = list(session.scalars(select(Quarantined).order_by(Quarantined.where)))
    assert [row.where[:6] for row in held] == ["第 3 行 ", "第 5 行 "]
    assert {(row.source, desk.blobs.get(row.blob)) for row in held} == {("sheet.csv", MIXED)}
    pipeline.retry_quarantined(desk, held[0].id)
    with desk.database.read() as session:
        again = session.get_one(Quarantined, held[0].id)
        assert (again.state, again.attempts) == ("held", 2)
    assert counted(desk, Ticket) == 2


def test_the_command_previews_and_writes_the_bad_rows(home: Path, tmp_path: Path) -> None:
    file, bad = tmp_path / "sheet.csv", tmp_path / "bad.xlsx"
    file.write_bytes(MIXED)
    environment = {"YINGSHENG_HOME": str(home)}
    done = CliRunner().invoke(
        command, ["intake", "walk_in", str(file), "--preview", "--rejects", str(bad), "--json"], env=environment
    )
    assert done.exit_code == 0, done.output
    (shown,) = json.loads(done.stdout)
    assert (shown["messages"], len(shown["errors"])) == (2, 2)
    assert len(list(load_workbook(bad).worksheets[0].iter_rows())) == 3
    refused = CliRunner().invoke(command, ["intake", "wechat", str(file), "--rejects", str(bad)], env=environment)
    assert refused.exit_code == 1
