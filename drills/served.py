"""The desk's processes, for drills, end-to-end tests and benchmarks: the server, and the worker beside it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType
from typing import Any, Self

STARTED_WITHIN = 180.0
"""A wait, not an aim: of a machine on which much else runs."""


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Running:
    """One command as a process that can be stopped or killed, and started anew on the same home."""

    def __init__(self, home: Path, accounts: Mapping[str, Any], command: list[str], **environment: str) -> None:
        self.home = home
        self.log = home / f"{command[0]}.log"
        self.starts = 0
        self._command = [sys.executable, "-m", "api.cli", *command]
        self._environment = os.environ | {
            "YINGSHENG_HOME": str(home),
            "YINGSHENG_ACCOUNTS": json.dumps(accounts),
            "OMP_NUM_THREADS": "1",
            **environment,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def _launch(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self._command, env=self._environment, stderr=log)
        self.starts += 1

    def _is_up(self) -> bool:
        raise NotImplementedError

    def _wait(self) -> float:
        began = time.monotonic()
        while time.monotonic() - began < STARTED_WITHIN:
            if self._is_up():
                return time.monotonic() - began
            assert self.process is not None
            assert self.process.poll() is None, f"the process ended: {self.log.read_text('utf-8')[-2000:]}"
            time.sleep(0.02)
        raise AssertionError(f"the process does not answer: {self.log.read_text('utf-8')[-2000:]}")

    def start(self) -> float:
        """Start and wait until it is up. Return the seconds it took. One that does not come up is ended."""
        self._launch()
        try:
            return self._wait()
        except AssertionError:
            self.kill()
            raise

    def kill(self) -> None:
        """As a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """As an operator would."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self.process is None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class Served(Running):
    """The desk's server. As a context manager it starts, waits until the desk is ready, and stops.

    What it says on stderr is in ``log``; ``more`` are further options of the command.
    """

    def __init__(
        self,
        home: Path,
        accounts: Mapping[str, Any],
        *,
        command: str = "serve",
        more: tuple[str, ...] = (),
        **environment: str,
    ) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._until = "/health/live"
        super().__init__(home, accounts, [command, "--port", str(self.port), *more], **environment)

    def start(self, *, until: str = "/health/live") -> float:
        """Start and wait until this address answers 200. Return the seconds it took."""
        self._until = until
        return super().start()

    def _is_up(self) -> bool:
        """Asked fifty times a second: a client of httpx would read the machine's certificates each time."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", self._until)
            return connection.getresponse().status == HTTPStatus.OK
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def __enter__(self) -> Self:
        self.start(until="/health/ready")
        return self


class Working(Running):
    """The jobs alone, beside a server without them."""

    def __init__(self, home: Path, accounts: Mapping[str, Any], **environment: str) -> None:
        super().__init__(home, accounts, ["worker"], **environment)
        self._said = 0

    def start(self) -> float:
        """Start and wait until it says that jobs run. Return the seconds it took."""
        self._said = self.log.stat().st_size if self.log.exists() else 0
        return super().start()

    def _is_up(self) -> bool:
        return "任务运行中".encode() in self.log.read_bytes()[self._said :]
