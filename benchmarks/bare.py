"""The smallest application on the same server library: what a page, a start and memory cost before there is a desk."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn
from fastapi import FastAPI

from drills.served import free_port

WITHIN = 30.0
app = FastAPI()


@app.get("/health/live")
async def live() -> dict[str, str]:
    """Alive."""
    return {"status": "alive"}


@contextmanager
def bare() -> Iterator[tuple[int, int, float]]:
    """The application as a process: its port, its process id, and the seconds until it answered."""
    with application("benchmarks.bare") as started:
        yield started


@contextmanager
def application(module: str) -> Iterator[tuple[int, int, float]]:
    """The application of a module that serves itself on the port it is given."""
    port = free_port()
    began = time.monotonic()
    process = subprocess.Popen([sys.executable, "-m", module, str(port)])
    try:
        while not _answers(port):
            assert process.poll() is None, "the bare application ended"
            assert time.monotonic() - began < WITHIN, "the bare application does not answer"
            time.sleep(0.02)
        yield port, process.pid, time.monotonic() - began
    finally:
        process.terminate()
        process.wait(timeout=10)


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/live", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
