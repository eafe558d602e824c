"""A file in which ClamAV finds something is kept and never given out; one it could not see is told as such."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from api import pipeline, scanning
from api.app import create_app
from api.clamd import Clamd, Result, ScannerAway, place_of
from api.cli.doctor import examine
from api.desk import Desk
from api.setting_up import DEMO_PASSWORD
from api.settings import Settings
from api.standins.background import BackgroundServer
from casework.tables import Notice
from drills import clamav
from storage import scans
from storage.blobs import digest_of
from storage.scans import Scan
from tests.conftest import missing
from tests.integration import photographs

INFECTED = b"%PDF-1.4\n" + clamav.VIRUS
NOWHERE = "127.0.0.1:1"


@pytest.fixture(scope="module")
def daemon() -> Iterator[clamav.Daemon]:
    with clamav.clamd() as running:
        if running is None:
            missing("clamav-daemon", "clamd")
            return
        yield running


@pytest.fixture
def open_desk(home: Path) -> Iterator[Callable[..., Desk]]:
    with contextlib.ExitStack() as stack:

        def opened(clamd: str, unscanned: str = "block") -> Desk:
            settings = Settings(home=home, clamd=clamd, unscanned_files=unscanned, _env_file=None)  # type: ignore[call-arg,arg-type]
            desk = Desk(settings)
            stack.callback(desk.close)
            return desk

        yield opened


def receive(desk: Desk, *files: tuple[str, bytes], number: int = 1) -> str:
    """A letter with these files; the id of its ticket."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"li{number}@example.com", "mayor@example.com", "小区路灯"
    mail["Message-ID"] = f"<scan-{number}@example.com>"
    mail.set_content(f"槐安里{number}号楼门口路灯不亮")
    for name, content in files:
        mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    (receipt,) = pipeline.receive(desk, desk.account_or_bare("mailbox", "mayor"), mail.as_bytes()).receipts
    return receipt.ticket_id


@contextlib.contextmanager
def staff(desk: Desk) -> Iterator[httpx.Client]:
    with BackgroundServer(create_app(desk)) as server, httpx.Client(base_url=server.url, timeout=30) as client:
        assert client.post("/login", data={"login": "dispatcher", "password": DEMO_PASSWORD}).status_code == 303
        yield client


def address(client: httpx.Client, ticket: str, name: str) -> str:
    """Where the file of that name is downloaded."""
    found = re.search(
        rf'href="(/tickets/[^"]+/attachments/[^"/]+)" download[^>]*>{re.escape(name)}<', page(client, ticket)
    )
    assert found, page(client, ticket)
    return found[1]


def page(client: httpx.Client, ticket: str) -> str:
    return client.get(f"/tickets/{ticket}").text


def states(desk: Desk) -> dict[str, str]:
    with desk.database.read() as session:
        return {row.digest: row.state for row in session.scalars(select(Scan))}


def notices(desk: Desk) -> list[str]:
    with desk.database.read() as session:
        return list(session.scalars(select(Notice.text).where(Notice.template == "infected")))


@pytest.mark.clamd
@pytest.mark.parametrize("by", ["tcp", "path"])
def test_the_daemon_is_asked_over_tcp_and_over_a_unix_socket(daemon: clamav.Daemon, by: str) -> None:
    clamd = Clamd(str(getattr(daemon, by)))
    assert clamd.scan(b"") == Result("clean")
    assert clamd.scan(bytes(400_000)) == Result("clean")
    assert clamd.scan(bytes(300_000) + clamav.VIRUS + bytes(300_000)) == Result("infected", clamav.NAME)
    assert clamd.scan(bytes(8 * clamav.LARGEST)) == Result("unscannable", "INSTREAM size limit exceeded")
    assert clamd.version().startswith("ClamAV ")


@pytest.mark.clamd
def test_what_arrives_is_scanned_once_and_an_infection_told_to_the_desk(
    daemon: clamav.Daemon, open_desk: Callable[..., Desk]
) -> None:
    desk = open_desk(daemon.tcp)
    clean = photographs.png()
    ticket = receive(desk, ("好.png", clean), ("坏.pdf", INFECTED))
    receive(desk, ("again.png", clean), number=2)
    assert scanning.scan_waiting(desk) == 2
    assert states(desk) == {digest_of(clean): "clean", digest_of(INFECTED): "infected"}
    assert scanning.scan_waiting(desk) == 0
    (told,) = notices(desk)
    assert clamav.NAME in told
    assert desk.blobs.get(digest_of(INFECTED)) == INFECTED
    with staff(desk) as client:
        shown = page(client, ticket)
        assert f"坏.pdf 查出病毒（{clamav.NAME}）" in shown
        assert "未查毒" not in shown
        good = address(client, ticket, "好.png")
        assert client.get(good).content == clean
        assert client.get(f"{good}/thumbnail").status_code == 200


@pytest.mark.clamd
def test_who_is_faster_than_the_jobs_has_the_file_scanned_and_gets_no_infected_one(
    daemon: clamav.Daemon, open_desk: Callable[..., Desk]
) -> None:
    desk = open_desk(daemon.tcp)
    ticket = receive(desk, ("坏.pdf", INFECTED))
    with staff(desk) as client:
        assert "未查毒" in page(client, ticket)
        bad = address(client, ticket, "坏.pdf")
        for path in (bad, f"{bad}/picture", f"{bad}/thumbnail"):
            refused = client.get(path)
            assert refused.status_code == 403
            assert "查出病毒" in refused.text
            assert clamav.VIRUS not in refused.content
        assert "坏.pdf 查出病毒" in page(client, ticket)
    assert len(notices(desk)) == 1


def test_an_infected_file_is_not_given_out_when_the_scanner_is_gone(open_desk: Callable[..., Desk]) -> None:
    desk = open_desk("")
    ticket = receive(desk, ("坏.pdf", INFECTED), ("好.png", photographs.png()))
    with staff(desk) as client:
        bad = address(client, ticket, "坏.pdf")
        assert client.get(bad).status_code == 200
        with desk.database.write.begin() as session:
            assert scans.keep(session, digest_of(INFECTED), "infected", "Some.Virus", now=desk.now())
            assert not scans.keep(session, digest_of(INFECTED), "clean", "", now=desk.now())
        assert client.get(bad).status_code == 403
        assert "未查毒" not in page(client, ticket)


@pytest.mark.parametrize(("unscanned", "status"), [("block", 503), ("allow", 200)])
def test_while_the_scanner_is_away_a_file_is_held_back_or_given_as_not_scanned(
    open_desk: Callable[..., Desk], unscanned: str, status: int
) -> None:
    desk = open_desk(NOWHERE, unscanned)
    ticket = receive(desk, ("好.png", photographs.png()))
    assert scanning.scan_waiting(desk) == 0
    assert states(desk) == {}
    with staff(desk) as client:
        assert "未查毒" in page(client, ticket)
        given = client.get(address(client, ticket, "好.png"))
        assert given.status_code == status
        assert (given.content == photographs.png()) == (status == 200)
        assert ("未查毒" in given.text) == (status == 503)
    (finding,) = [each for each in examine(desk) if each.check == "查毒"]
    assert (finding.level, NOWHERE in finding.words, "1 个附件等待查毒" in finding.words) == ("warning", True, True)


@pytest.mark.clamd
def test_what_waited_is_scanned_when_the_scanner_is_back(daemon: clamav.Daemon, open_desk: Callable[..., Desk]) -> None:
    receive(open_desk(NOWHERE), ("好.png", photographs.png()))
    back = open_desk(daemon.tcp)
    assert scanning.scan_waiting(back) == 1
    (finding,) = [each for each in examine(back) if each.check == "查毒"]
    assert (finding.level, "ClamAV" in finding.words) == ("ok", True)


@pytest.mark.clamd
def test_a_file_beyond_the_scanners_limit_counts_as_not_scanned(
    daemon: clamav.Daemon, open_desk: Callable[..., Desk]
) -> None:
    large = b"%PDF-1.4\n" + bytes(8 * clamav.LARGEST)
    desk = open_desk(daemon.tcp)
    ticket = receive(desk, ("大.pdf", large))
    assert scanning.scan_waiting(desk) == 1
    assert scanning.scan_waiting(desk) == 0
    with staff(desk) as client:
        assert "未查毒</strong>（INSTREAM size limit exceeded）" in page(client, ticket)
        assert client.get(address(client, ticket, "大.pdf")).status_code == 503


@pytest.mark.parametrize("answer", [b"", b"what?\0", b"stream: maybe\0"])
def test_an_answer_that_says_nothing_is_no_clean_bill(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def once() -> None:
            line, _ = server.accept()
            with line:
                while not line.recv(65536).endswith(b"\0\0\0\0"):
                    pass
                line.sendall(answer)

        thread = threading.Thread(target=once)
        thread.start()
        with pytest.raises(ScannerAway):
            Clamd(f"127.0.0.1:{server.getsockname()[1]}").scan(b"abc")
        thread.join()


@pytest.mark.parametrize(
    ("address", "place"),
    [("/run/clamd.ctl", "/run/clamd.ctl"), ("localhost:3310", ("localhost", 3310)), ("[::1]:3310", ("::1", 3310))],
)
def test_the_scanner_stands_at_a_path_or_a_port(address: str, place: object) -> None:
    assert place_of(address) == place


@pytest.mark.parametrize("wrong", ["clamd", ":3310", "localhost:", "localhost:x", "localhost:70000", "run/clamd.ctl"])
def test_a_place_that_is_none_is_refused_with_the_settings(wrong: str) -> None:
    with pytest.raises(ValueError, match="主机:端口"):
        Settings(clamd=wrong, _env_file=None)  # type: ignore[call-arg]
