"""The server as a process: how soon it answers, how soon it acknowledges under load, how much memory it took."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from sqlalchemy import func, select

from api.desk import Desk
from api.settings import Settings
from api.standins.wechat import Signer, WeChatServer
from benchmarks.bare import bare
from benchmarks.figures import Figure, in_turn, percentile, spent
from benchmarks.load import Call, Outcome, send
from benchmarks.place import Place
from casework.message_tables import Message
from drills.payloads import wechat_text
from drills.served import Served

PER_SECOND, SECONDS = 50, 20
MESSAGES = PER_SECOND * SECONDS
STARTS = 3
PAGE_WITHIN, READY_WITHIN = 3.0, 6.0
IMPORTS = "import fastapi, sqlalchemy, sklearn"
BARE_ROUTE = "/health/live of the same server, same load"
BARE_APP = "FastAPI and uvicorn alone"
LIVE = Call("GET", "/health/live")
ACCOUNT = {
    "token": "bench-token",
    "app_id": "wx000000000000bench",
    "app_secret": "bench-secret",
    "encoding_aes_key": "bench0bench0bench0bench0bench0bench0bench00",
    "mode": "aes",
}


def starts(place: Place) -> list[Figure]:
    """A second start, on a home that is set up: until the first page, and until model and index are there as well."""
    home = place.copy()
    imports, page, ready, empty = in_turn(
        lambda _: spent(lambda: subprocess.run([sys.executable, "-c", IMPORTS], check=True)),
        lambda _: _start(home, "/login"),
        lambda _: _start(home, "/health/ready"),
        lambda _: _start_bare(),
        rounds=STARTS,
    )
    return [
        Figure("start.page", page, "s", f'python -c "{IMPORTS}"', imports, "lower", PAGE_WITHIN),
        Figure("start.ready", ready, "s", f'python -c "{IMPORTS}"', imports, "lower", READY_WITHIN),
        Figure("start.page.bare", page, "s", BARE_APP, empty, "lower"),
    ]


def webhook(place: Place) -> list[Figure]:
    """Signed, encrypted callbacks at 50 a second, and the most memory the server ever had (VmHWM)."""
    home = place.copy()
    with WeChatServer() as wechat:
        server = Served(home, {"wechat": {"bench": ACCOUNT | {"api_base": wechat.url}}})
        with server:
            plain = send(server.port, [LIVE] * MESSAGES, per_second=PER_SECOND)
            signer = Signer(ACCOUNT)
            calls = [_callback(signer, number) for number in range(MESSAGES)]
            asked = send(server.port, calls, per_second=PER_SECOND)
            assert server.process is not None
            memory = _peak(server.process.pid)
    _check(home, asked)
    with bare() as (port, process, _):
        send(port, [LIVE] * PER_SECOND, per_second=PER_SECOND)
        empty = _peak(process)
    times = [
        Figure(
            f"webhook.{name}",
            percentile(asked.ms, share),
            "ms",
            BARE_ROUTE,
            percentile(plain.ms, share),
            "lower",
            aim,
        )
        for name, share, aim in (("p50", 0.5, None), ("p99", 0.99, 5000.0))
    ]
    passive = sum(answer != b"success" for answer in asked.answers)
    return [
        *times,
        Figure("webhook.failed", len(asked.errors), "", BARE_ROUTE, len(plain.errors), "lower", 0),
        Figure("webhook.answered_passively", passive, "", "callbacks sent", MESSAGES, "higher"),
        Figure("memory.peak", memory, "MB", BARE_APP, empty, "lower"),
    ]


def _callback(signer: Signer, number: int) -> Call:
    request = signer.request(wechat_text(number))
    return Call("POST", "/channels/wechat/bench", dict(request.query), request.body)


def _check(home: Path, asked: Outcome) -> None:
    desk = Desk(Settings(home=home))
    try:
        with desk.database.read() as session:
            stored = session.scalar(select(func.count(Message.id)).where(Message.account == "bench"))
    finally:
        desk.close()
    assert stored == MESSAGES, f"{stored} of {MESSAGES} callbacks stored; {len(asked.errors)} failed"


def _start(home: Path, until: str) -> float:
    server = Served(home, {})
    try:
        return server.start(until=until)
    finally:
        server.stop()


def _start_bare() -> float:
    with bare() as (_, _, seconds):
        return seconds


def _peak(process: int) -> float:
    """Megabytes the process held at most."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
