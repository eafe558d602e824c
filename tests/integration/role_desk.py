"""One desk with a matter in every state of the pack's workflow, and somebody of every standing signed in to it."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.orm import Session

from api import clock
from api.app import create_app
from api.desk import Desk
from api.settings import Settings
from api.standins.background import BackgroundServer
from casework import rules
from casework.tables import Case, Request, Ticket
from storage import identity
from tests.integration.role_matters import Bringing, Units, needed, units_of
from tests.integration.role_rules import STANDINGS, Book, Cell, Move, Standing

NOW = datetime(2026, 3, 24, 2, 0, tzinfo=UTC)
"""Tuesday, ten in the morning in China: nothing is refused for the hour."""
PASSWORD = "known-to-everybody"
UNCHANGED = (
    "SELECT group_concat(id || state || reworks || returns || lead_unit || hard) FROM cases",
    "SELECT group_concat(id || state || coalesce(case_id, '') || coalesce(answer, '')) FROM tickets",
    "SELECT group_concat(id || state) FROM requests",
    "SELECT count(*) FROM steps",
    "SELECT count(*) FROM callbacks",
    "SELECT count(*) FROM deliveries",
    "SELECT count(*) FROM notices",
    "SELECT count(*) FROM change_log",
)
"""What a refused act leaves as it was."""


@dataclass
class RoleDesk:
    """The desk; ``put_back`` undoes whatever was done since it was prepared."""

    desk: Desk
    client: httpx.Client
    book: Book
    units: Units
    tokens: dict[Standing, tuple[str, str]] = field(default_factory=dict)
    """Session and CSRF token."""
    keys: dict[tuple[str, str, str], str] = field(default_factory=dict)
    """By life, act and state (of requests to decide: by life, act and kind)."""
    in_hand: dict[tuple[str, str, str], bool] = field(default_factory=dict)
    """Whether a unit has it: its case was dispatched."""
    before: tuple[Any, ...] = ()

    @property
    def _file(self) -> Path:
        return self.desk.home / "yingsheng.sqlite"

    def keep(self) -> None:
        """From now on this is what ``put_back`` goes back to."""
        self.desk.database.dispose()
        assert not self._file.with_name(f"{self._file.name}-wal").exists(), "what a second file holds is not copied"
        shutil.copy(self._file, self._file.with_suffix(".kept"))
        self.before = self.seen()

    def put_back(self) -> None:
        if figures := vars(self.desk).pop("board_figures", None):
            figures.close()  # they are read in threads of their own
        self.desk.database.dispose()
        for beside in ("-wal", "-shm"):
            self._file.with_name(f"{self._file.name}{beside}").unlink(missing_ok=True)
        shutil.copy(self._file.with_suffix(".kept"), self._file)

    def seen(self) -> tuple[Any, ...]:
        """The same as ``before`` while nothing was done."""
        with closing(sqlite3.connect(self._file)) as connection:
            return tuple(connection.execute(query).fetchone()[0] for query in UNCHANGED)

    @staticmethod
    def _place(cell: Cell) -> tuple[str, str, str]:
        return (cell.life, cell.act, cell.name) if cell.act == "decide" else (cell.life, "at", cell.state)

    def key(self, cell: Cell) -> str:
        """Of the ticket, case or request that the act is on."""
        return self.keys[self._place(cell)]

    def is_in_hand(self, cell: Cell) -> bool:
        return self.in_hand[self._place(cell)]

    def case_of(self, request: str) -> str:
        with self.desk.database.read() as session:
            return session.get_one(Request, request).case_id

    def given(self, move: Move) -> dict[str, str]:
        """All that it needs; of a move that becomes a request what the request needs."""
        asked = self.book.kinds.get(move.get("approval") or "", {})
        return needed(self.desk.district, self.units, {**asked, **move}, now=NOW)

    def send(self, who: Standing | None, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        """As a script does it: with the token, and JSON."""
        headers = {"authorization": f"Bearer {self.tokens[who][0]}"} if who else {}
        return self.client.request(method, path, json=body, headers=headers)

    def submit(
        self, who: Standing | None, method: str, path: str, body: dict[str, Any] | None = None, **more: Any
    ) -> httpx.Response:
        """As a browser does it: with the cookie, and a form that holds the page's token."""
        token, csrf = self.tokens[who] if who else ("", "")
        headers = {"cookie": f"yingsheng_session={token}"} if who else {}
        data = None if method == "GET" else {**(body or {}), "csrf": csrf}
        return self.client.request(method, path, data=data, headers=headers, **more)


def _sign_in(made: RoleDesk, session: Session) -> None:
    people = [(each.login, f"{each}", str(each.role), made.units.of(each.place)) for each in STANDINGS]
    identity.add_demo_users(session, people, password=PASSWORD, now=NOW)
    session.flush()
    for each in STANDINGS:
        token = identity.open_session(session, identity.find_user(session, each.login), now=NOW) or ""
        session.flush()
        found = identity.resume_session(session, token, now=NOW)
        assert found is not None
        made.tokens[each] = token, found[1].csrf


def _bring(made: RoleDesk, session: Session) -> None:
    bringing = Bringing(session, made.desk.district, made.book, made.units, now=NOW)
    for state in made.book.states("ticket"):
        ticket: Ticket = bringing.ticket(state)
        made.keys["ticket", "at", state] = ticket.id
        made.in_hand["ticket", "at", state] = ticket.case is not None
    for state in made.book.states("case"):
        case: Case = bringing.case(state)
        made.keys["case", "at", state] = case.id
        made.in_hand["case", "at", state] = state != made.book.initial("case")
    for kind in made.book.kinds.values():
        made.keys["case", "decide", kind["name"]] = bringing.request(kind)
        made.in_hand["case", "decide", kind["name"]] = kind["states"][0] != made.book.initial("case")


@pytest.fixture(scope="module")
def role_desk(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RoleDesk]:
    """On SQLite alone: no rule about roles is the database's. It has no model and no articles."""
    home = tmp_path_factory.mktemp("roles") / "home"
    home.mkdir()
    shutil.copy(migrated_sqlite, home / "yingsheng.sqlite")
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        patch.setattr(clock, "now", lambda: NOW)  # of this desk and of every command's
        desk = Desk(Settings(home=home, demo=True, _env_file=None))  # type: ignore[call-arg]
        stack.callback(desk.close)
        served = stack.enter_context(BackgroundServer(create_app(desk)))
        client = stack.enter_context(httpx.Client(base_url=served.url, timeout=60))
        made = RoleDesk(desk, client, Book(), units_of(desk.district))
        with desk.database.write.begin() as session:
            rules.keep(session, desk.district, now=NOW)
            _sign_in(made, session)
            _bring(made, session)
        made.keep()
        yield made
