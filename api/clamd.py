"""ClamAV's daemon over a socket: its published commands PING, VERSION and INSTREAM, nothing of its files."""

from __future__ import annotations

import socket
import struct
import threading
import time
from dataclasses import dataclass

from storage.scans import State

CONNECT = 3.0
ANSWER = 60.0
"""Seconds that one file may take."""
PIECE = 1 << 17
QUIET = 20.0
"""Seconds for which a daemon that could not be reached is not asked again: each page would wait anew."""
_ANSWER_LIMIT = 4096


class ScannerAway(Exception):
    """clamd cannot be reached or does not answer; ``why`` is Chinese."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Result:
    """``found`` is the virus's name, or why clamd could not look into the file."""

    state: State
    found: str = ""


def place_of(address: str) -> str | tuple[str, int]:
    """A path of a Unix socket, or a host and a port. Raises ``ValueError`` for what is neither."""
    if address.startswith("/"):
        return address
    host, colon, port = address.rpartition(":")
    if not (host and colon and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError("应为 主机:端口，或 Unix 套接字的完整路径")
    return host.strip("[]"), int(port)


class Clamd:
    """One daemon. Safe to share between threads."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._place = place_of(address)
        self._away_until = 0.0
        self._why = ""
        self._lock = threading.Lock()

    def scan(self, content: bytes) -> Result:
        """Have one file looked into. Blocks. Raises ``ScannerAway``."""
        answer = self._ask(b"INSTREAM", content)
        said = answer.removeprefix("stream: ")
        if said == "OK":
            return Result("clean")
        if said.endswith(" FOUND"):
            return Result("infected", said.removesuffix(" FOUND")[:200])
        if said.endswith("ERROR"):
            return Result("unscannable", said.removesuffix("ERROR").strip(" .")[:200])
        raise ScannerAway(f"查毒服务的答复无法理解（{said[:60]}）")

    def version(self) -> str:
        """What the daemon calls itself, with the day of its signatures. Raises ``ScannerAway``."""
        return self._ask(b"VERSION", None)

    def _ask(self, command: bytes, content: bytes | None) -> str:
        with self._lock:
            if time.monotonic() < self._away_until:
                raise ScannerAway(self._why)
        try:
            return self._talk(command, content)
        except OSError as problem:
            why = f"查毒服务 {self.address} 连不上（{type(problem).__name__}）"
            with self._lock:
                self._away_until, self._why = time.monotonic() + QUIET, why
            raise ScannerAway(why) from problem

    def _talk(self, command: bytes, content: bytes | None) -> str:
        with _connected(self._place) as line:
            line.sendall(b"z" + command + b"\0")
            if content is not None:
                _send(line, content)
            answer = _received(line)
        if not answer:
            raise ConnectionResetError
        return answer


def _connected(place: str | tuple[str, int]) -> socket.socket:
    if isinstance(place, tuple):
        line = socket.create_connection(place, timeout=CONNECT)
    else:
        line = socket.socket(socket.AF_UNIX)
        line.settimeout(CONNECT)
        try:
            line.connect(place)
        except OSError:
            line.close()
            raise
    line.settimeout(ANSWER)
    return line


def _send(line: socket.socket, content: bytes) -> None:
    """The file in pieces with their length before them; zero ends it. Past its limit clamd answers and hangs up."""
    view = memoryview(content)
    try:
        for start in range(0, len(view), PIECE):
            piece = view[start : start + PIECE]
            line.sendall(struct.pack("!I", len(piece)) + piece)
        line.sendall(struct.pack("!I", 0))
    except (BrokenPipeError, ConnectionResetError):
        return  # its answer says why


def _received(line: socket.socket) -> str:
    answer = bytearray()
    while b"\0" not in answer and len(answer) < _ANSWER_LIMIT:
        part = line.recv(_ANSWER_LIMIT)
        if not part:
            break
        answer += part
    return answer.partition(b"\0")[0].decode("utf-8", "replace").strip()
