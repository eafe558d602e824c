"""Runs a program of ours over a file that a stranger made: a process of its own for each file, ended after it.

Decoders of pictures and PDFs are large programs in C. Here they have none of our environment, which holds secrets, no
files to write, and little memory and time. ``python -I watched.py PROGRAM SECONDS ARGUMENT…`` is what is started:
isolated (-I), so that the working directory is no place for code; it bounds itself and becomes the program.
"""

from __future__ import annotations

import resource
import runpy
import subprocess  # runs this very interpreter
import sys
from pathlib import Path

MEMORY = 1_500_000_000
REFUSED = 3
"""With this a program ends that cannot read its file, after a Chinese sentence on standard error."""


def run(
    program: Path, *arguments: str, content: bytes, seconds: int, within: float
) -> subprocess.CompletedProcess[bytes]:
    """What the program made of the content, which it reads from standard input, in so many seconds of computing.

    Raises ``subprocess.TimeoutExpired`` after ``within`` seconds of anybody's clock.
    """
    return subprocess.run(  # noqa: S603
        [sys.executable, "-I", __file__, str(program), str(seconds), *arguments],
        input=content,
        capture_output=True,
        timeout=within,
        check=False,
        env={},
    )


def _bound(seconds: int) -> None:
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def main() -> None:
    """Bound this process, then be the program."""
    _, program, seconds, *arguments = sys.argv
    _bound(int(seconds))
    sys.argv = [program, *arguments]
    runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    main()
