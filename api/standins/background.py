"""An ASGI application served on loopback by a thread of this process, for stand-ins beside a desk and for tests."""

from __future__ import annotations

import socket
import threading
import time
from types import TracebackType
from typing import Literal, Self

import uvicorn
from starlette.types import ASGIApp

STARTS_WITHIN = 30.0
"""Seconds."""


class BackgroundServer:
    """A context manager: inside it the application answers at ``url``. ``port`` 0 takes a free one and keeps it."""

    def __init__(
        self, app: ASGIApp, *, host: str = "127.0.0.1", port: int = 0, lifespan: Literal["on", "off"] = "off"
    ) -> None:
        self._app = app
        self._lifespan: Literal["on", "off"] = lifespan
        self.host = host
        self.port = port
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where it answers, without a slash at the end."""
        return f"http://{self.host}:{self.port}"

    @property
    def running(self) -> bool:
        """Whether it listens."""
        return self._thread is not None

    def start(self) -> None:
        """Listen; return when it answers. Raises ``OSError`` when the port is taken."""
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((self.host, self.port))
        except OSError:
            listening.close()
            raise
        self.port = int(listening.getsockname()[1])
        # log_config None: the process that runs the stand-in has its own logging.
        config = uvicorn.Config(
            self._app, log_config=None, access_log=False, lifespan=self._lifespan, timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([listening],), name="standin", daemon=True)
        self._thread.start()
        ends = time.monotonic() + STARTS_WITHIN
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > ends:
                raise RuntimeError(f"the server on {self.url} did not start")
            time.sleep(0.005)

    def stop(self) -> None:
        """Stop listening; connections in use get a second to end."""
        if self._server is not None:
            self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(timeout=10)
        self._server = self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
