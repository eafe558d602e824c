"""A private ClamAV daemon for tests: its own folder, socket and port, and one harmless signature of our own."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from getpass import getuser
from pathlib import Path

BINARY = Path("/usr/sbin/clamd")
VIRUS = b"YINGSHENG-HARMLESS-WORDS-THAT-COUNT-AS-A-VIRUS"
NAME = "Yingsheng.Test.UNOFFICIAL"
LARGEST = 1_000_000
"""Bytes of a stream that it takes."""


@dataclass(frozen=True, slots=True)
class Daemon:
    """Where it listens."""

    port: int
    path: Path

    @property
    def tcp(self) -> str:
        return f"127.0.0.1:{self.port}"


@contextmanager
def clamd() -> Iterator[Daemon | None]:
    """A running daemon; None where the Debian package clamav-daemon is not installed."""
    if not BINARY.exists():
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="clamd-") as folder:
        home = Path(folder)
        (home / "signatures").mkdir()
        (home / "signatures" / "own.ndb").write_text(f"Yingsheng.Test:0:*:{VIRUS.hex()}\n")
        daemon = Daemon(_free_port(), home / "clamd.sock")
        (home / "clamd.conf").write_text(
            f"DatabaseDirectory {home / 'signatures'}\nLocalSocket {daemon.path}\nTCPSocket {daemon.port}\n"
            f"TCPAddr 127.0.0.1\nForeground yes\nStreamMaxLength {LARGEST}\nUser {getuser()}\nLogFile {home / 'log'}\n"
        )
        process = subprocess.Popen(
            [BINARY, "-c", home / "clamd.conf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            _wait(daemon, process)
            yield daemon
        finally:
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(daemon: Daemon, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", daemon.port), timeout=5) as line:
            line.sendall(b"zPING\0")
            if line.recv(10).startswith(b"PONG"):
                return
        time.sleep(0.1)
    raise RuntimeError("clamd did not start")
