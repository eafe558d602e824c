"""The command ``yingsheng``, run in this process as a shell would run it."""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from api import pipeline
from api.cli import main
from api.desk import Desk
from api.settings import Settings
from casework import desk_work
from casework.actors import Actor
from casework.tables import Ticket
from channels.message import Account
from district.schemas import Role
from drills.payloads import wechat_text
from tests.conftest import SmallDesk

WECHAT = {"token": "wx-token-is-secret", "app_id": "wx1", "app_secret": "wx-secret-is-secret", "mode": "plain"}
ACCOUNTS: dict[str, Any] = {
    "wechat": {"main": WECHAT},
    "mailbox": {
        "north": {"address": "north@example.com", "imap_password": "imap-is-secret"},
        "south": {"address": "south@example.com"},
    },
}


@dataclass(frozen=True)
class Done:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        assert self.code == 0, self.err
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """JSON Lines on stdout."""
        return [json.loads(line) for line in self.out.splitlines()]

    def refused(self) -> str:
        """The one line that says why the input or the state refuses it."""
        assert self.code == 1, (self.code, self.out, self.err)
        assert self.err.startswith("错误："), self.err
        assert self.err.count("\n") == 1, self.err
        return self.err.strip()


class Command:
    """Runs commands on one home."""

    def __init__(
        self, home: Path, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str], **environment: str
    ) -> None:
        self.home = home
        self._patch = patch
        self._capture = capture
        self.environment: Mapping[str, str] = {
            "YINGSHENG_HOME": str(home),
            "YINGSHENG_ACCOUNTS": json.dumps(ACCOUNTS),
            **environment,
        }

    def __call__(self, *arguments: object, stdin: bytes | str = b"") -> Done:
        given = stdin.encode() if isinstance(stdin, str) else stdin
        self._capture.readouterr()
        with self._patch.context() as patch:
            for name, value in self.environment.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["yingsheng", *map(str, arguments)])
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given), encoding="utf-8"))
            try:
                main()
                code: object = 0
            except SystemExit as ended:
                code = ended.code
        said = self._capture.readouterr()
        return Done(code if isinstance(code, int) else 0, said.out, said.err)


MAIN = Account("wechat", "main", ACCOUNTS["wechat"]["main"])
DISPATCHER = Actor("u-dispatcher", "派单员", Role.DISPATCHER)
CUT = b"<xml><ToUserName>gh"


def work(home: Path, **settings: Any) -> Path:
    """On this home: one dispatched case, one ticket that waits, and one payload in quarantine."""
    desk = Desk(Settings(home=home, accounts=ACCOUNTS, _env_file=None, **settings))  # type: ignore[call-arg]
    for number in (0, 1):
        pipeline.take(desk, MAIN, wechat_text(number))
    pipeline.take(desk, MAIN, CUT, source="cut.xml")
    with desk.database.write.begin() as session:
        first = session.scalars(select(Ticket).order_by(Ticket.number)).first()
        assert first is not None
        desk_work.accept(session, desk.district, first, actor=DISPATCHER, now=desk.now(), unit="U001", reason="测试")
    desk.close()
    return home


@pytest.fixture(scope="module")
def worked_home(set_up_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's home with some work done on it."""
    return work(Path(shutil.copytree(set_up_home, tmp_path_factory.mktemp("worked") / "home")))


@pytest.fixture
def run(
    worked_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Command:
    """Commands on the shared home: for what writes nothing, or writes what nobody else looks at."""
    monkeypatch.chdir(tmp_path)
    return Command(worked_home, monkeypatch, capsys)


@pytest.fixture
def alone(
    worked_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Command:
    """Commands on a home of one's own."""
    monkeypatch.chdir(tmp_path)
    return Command(Path(shutil.copytree(worked_home, tmp_path / "home")), monkeypatch, capsys)


@pytest.fixture(scope="module")
def worked_small_home(small_desk: SmallDesk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The like of ``worked_home`` with the small pack."""
    home = Path(shutil.copytree(small_desk.home, tmp_path_factory.mktemp("worked") / "home"))
    return work(home, pack=str(small_desk.pack))


@pytest.fixture
def alone_on_small(
    small_desk: SmallDesk,
    worked_small_home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Command:
    """Commands on a home of one's own with the small pack: for what trains a model."""
    monkeypatch.chdir(tmp_path)
    home = Path(shutil.copytree(worked_small_home, tmp_path / "home"))
    return Command(home, monkeypatch, capsys, YINGSHENG_PACK=str(small_desk.pack))


def look(command: Command, query: Any) -> Any:
    desk = Desk(Settings(home=command.home, _env_file=None))  # type: ignore[call-arg]
    try:
        with desk.database.read() as session:
            return session.scalar(query)
    finally:
        desk.close()


def files(folder: Path, **contents: bytes) -> list[Path]:
    """Files of these names; an underscore in a name is a dot."""
    made = []
    for name, content in contents.items():
        path = folder / name.replace("_", ".")
        path.write_bytes(content)
        made.append(path)
    return made


def json_lines(*rows: dict[str, Any]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
