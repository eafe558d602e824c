"""Load whose sending times are fixed in advance: a request that waits for a slow one before it counts the wait."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import urlencode

CONNECTIONS = 64
TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class Call:
    """One request."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "text/xml"})

    @property
    def target(self) -> str:
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path


@dataclass(slots=True)
class Outcome:
    """Milliseconds from the moment each request was due to its whole answer, and what went wrong."""

    ms: list[float]
    errors: list[str]
    answers: list[bytes]


def send(port: int, calls: list[Call], *, per_second: float) -> Outcome:
    """Send every call at its time, each over the next free of ``CONNECTIONS`` kept-alive connections."""
    outcome, taking, numbers = Outcome([], [], []), threading.Lock(), count()
    started = time.perf_counter() + 0.2

    def work() -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
        while (number := next(numbers)) < len(calls):
            due = started + number / per_second
            time.sleep(max(0.0, due - time.perf_counter()))
            try:
                answer = ask(line, calls[number])
            except (OSError, http.client.HTTPException) as problem:
                with taking:
                    outcome.errors.append(type(problem).__name__)
                line.close()
                continue
            with taking:
                outcome.ms.append(1000 * (time.perf_counter() - due))
                outcome.answers.append(answer[1])
                if answer[0] != 200:
                    outcome.errors.append(str(answer[0]))
        line.close()

    _in_threads(work, CONNECTIONS)
    return outcome


def ask(line: http.client.HTTPConnection, call: Call) -> tuple[int, bytes]:
    """Make one request: the status and the whole answer. Raises ``OSError``, ``HTTPException``."""
    line.request(call.method, call.target, body=call.body or None, headers=call.headers)
    response = line.getresponse()
    return response.status, response.read()


def _in_threads(work: Callable[[], None], many: int) -> None:
    threads = [threading.Thread(target=work, daemon=True) for _ in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
