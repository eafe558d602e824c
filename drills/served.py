"""The desk's server as a process of its own, for drills, end-to-end tests and benchmarks."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

STARTED_WITHIN = 60.0


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Served:
    """The desk's server as a process that can be stopped or killed, and started anew on the same home.

    As a context manager it starts, waits until the desk is ready, and stops. What it says on stderr is in ``log``.
    """

    def __init__(self, home: Path, accounts: Mapping[str, Any], *, command: str = "serve", **environment: str) -> None:
        self.home = home
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = home / "serve.log"
        self.starts = 0
        self._command = [sys.executable, "-m", "api.cli", command, "--port", str(self.port)]
        self._environment = os.environ | {
            "YINGSHENG_HOME": str(home),
            "YINGSHENG_ACCOUNTS": json.dumps(accounts),
            "OMP_NUM_THREADS": "1",
            **environment,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, until: str = "/health/live") -> float:
        """Start and wait until this address answers 200. Return the seconds it took."""
        began = time.monotonic()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self._command, env=self._environment, stderr=log)
        self.starts += 1
        while time.monotonic() - began < STARTED_WITHIN:
            try:
                if httpx.get(f"{self.url}{until}", timeout=5).status_code == 200:
                    return time.monotonic() - began
            except httpx.HTTPError:
                pass
            assert self.process.poll() is None, f"the server ended: {self.log.read_text('utf-8')[-2000:]}"
            time.sleep(0.02)
        raise AssertionError(f"the server does not answer: {self.log.read_text('utf-8')[-2000:]}")

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
        self.start(until="/health/ready")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
