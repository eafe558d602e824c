"""Calls while people talk: from the POST of a segment until its event has come to the agent's page.

``CALLS`` calls at once, a segment every ``EVERY`` seconds in each, the platform's token, the agent's session, triage
and search inside. The readers sit in a process of their own beside the server, as browsers do. The baseline is a
segment's way through the smallest application on the same server library that echoes it to its reader as an event.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

from api.setting_up import DEMO_PASSWORD, add_demo_users
from benchmarks.bare import application
from benchmarks.figures import Figure, percentile
from benchmarks.place import Place
from drills.payloads import words
from drills.served import Served

CALLS, EVERY, ROUNDS = 20, 2.0, 12
AIM_MS = 300.0
TOKEN = "bench-line"
ACCOUNT = "bench"
BARE = "echo over SSE, the same server library alone"

app = FastAPI()
_readers: dict[str, asyncio.Queue[str]] = {}


@app.get("/health/live")
async def live() -> dict[str, str]:
    """Alive."""
    return {"status": "alive"}


@app.post("/calls/{call_id}")
async def take(call_id: str, request: Request) -> dict[str, str]:
    """Echo what came to the call's reader."""
    body = await request.json()
    _readers[call_id].put_nowait(str(body["text"]))
    return {}


@app.get("/calls/{call_id}/events")
async def events(call_id: str) -> StreamingResponse:
    """What came, as events."""
    queue = _readers.setdefault(call_id, asyncio.Queue())

    async def lines() -> AsyncIterator[str]:
        yield "retry: 1000\n\n"
        while True:
            yield f"data: {json.dumps(await queue.get(), ensure_ascii=False)}\n\n"

    return StreamingResponse(lines(), media_type="text/event-stream")


@dataclass
class Reader:
    """One agent's page: when each text came to it first."""

    url: str
    headers: dict[str, str]
    came: dict[str, float] = field(default_factory=dict)
    ready: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Read until the server ends the line."""
        try:
            with httpx.stream("GET", self.url, headers=self.headers, timeout=120) as answer:
                for line in answer.iter_lines():
                    self.ready.set()
                    if line.startswith("data: "):
                        self._see(line, time.perf_counter())
        except httpx.HTTPError:
            pass  # the server was stopped: the measuring is over

    def _see(self, line: str, at: float) -> None:
        for text in _marks(line):
            self.came.setdefault(text, at)


def _marks(line: str) -> Iterator[str]:
    """The marks of texts in an event: ``〔3-7〕``, call and round."""
    for part in line.split("〔")[1:]:
        yield part.split("〕")[0]


@contextmanager
def _reading(port: int, paths: list[str], headers: dict[str, str]) -> Iterator[list[Reader]]:
    readers = [Reader(f"http://127.0.0.1:{port}{path}", headers) for path in paths]
    for each in readers:
        threading.Thread(target=each.run, daemon=True).start()
    for each in readers:
        assert each.ready.wait(30), "a page's line does not open"
    yield readers


def _speak(port: int, path: str, headers: dict[str, str], readers: list[Reader]) -> list[float]:
    """Say ``ROUNDS`` segments in each call at their times; milliseconds until each was at its page."""
    began = time.perf_counter() + 0.5
    sent: dict[str, float] = {}
    errors: list[str] = []

    def call(number: int) -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for turn in range(1, ROUNDS + 1):
            due = began + (turn - 1) * EVERY + number * EVERY / CALLS
            time.sleep(max(0.0, due - time.perf_counter()))
            mark = f"{number}-{turn}"
            said = words(number) if turn == 2 else words(number * ROUNDS + turn)[:18]
            body = {"sequence": turn, "speaker": "市民", "text": f"{said}〔{mark}〕", "start": turn * EVERY}
            sent[mark] = time.perf_counter()
            line.request("POST", path.format(call=f"bench-{number}"), json.dumps(body).encode(), headers)
            answer = line.getresponse()
            answer.read()
            if answer.status != 200:
                errors.append(str(answer.status))
        line.close()

    threads = [threading.Thread(target=call, args=(number,)) for number in range(CALLS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    time.sleep(1)
    assert not errors, f"{len(errors)} segments were refused: {errors[0]}"
    came = {mark: at for each in readers for mark, at in each.came.items()}
    missing = sent.keys() - came.keys()
    assert not missing, f"{len(missing)} segments never came to their page"
    return [1000 * (came[mark] - at) for mark, at in sent.items()]


def run(place: Place) -> list[Figure]:
    """p50 and p99 beside the echo's."""
    with place.desk() as desk:
        add_demo_users(desk)
        home = desk.home
    with Served(home, {"hotline": {ACCOUNT: {"token": TOKEN}}}, more=("--no-jobs",)) as served:
        token = {"authorization": f"Bearer {TOKEN}"}
        for number in range(CALLS):
            began = f"{served.url}/channels/hotline/calls/bench-{number}/segments"
            httpx.post(began, json={"caller": f"1380013{number:04d}"}, headers=token).raise_for_status()
        login = {"login": "agent", "password": DEMO_PASSWORD}
        session = httpx.post(f"{served.url}/api/v1/sessions", json=login).raise_for_status().json()["token"]
        paths = [f"/calls/{ACCOUNT}/bench-{number}/events" for number in range(CALLS)]
        with _reading(served.port, paths, {"authorization": f"Bearer {session}"}) as readers:
            found = _speak(served.port, "/channels/hotline/calls/{call}/segments", token, readers)
    with ExitStack() as stack:
        port, _, _ = stack.enter_context(application("benchmarks.live_calls"))
        echoed = [f"/calls/bench-{number}/events" for number in range(CALLS)]
        echoes = stack.enter_context(_reading(port, echoed, {}))
        bare = _speak(port, "/calls/{call}", {}, echoes)
    return [
        Figure(f"live_calls.{name}", percentile(found, share), "ms", BARE, percentile(bare, share), "lower", aim)
        for name, share, aim in (("p50", 0.5, None), ("p99", 0.99, AIM_MS))
    ]


if __name__ == "__main__":
    import sys

    import uvicorn

    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", timeout_graceful_shutdown=1)
