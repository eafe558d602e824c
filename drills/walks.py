"""Each person's day in a browser: all walks of the end-to-end tests, one after the other."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path


def run(_given: argparse.Namespace) -> None:
    """Raises ``AssertionError`` when a walk does not arrive."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n0", "-m", "chromium", "tests/e2e"],
        cwd=Path(__file__).parents[1],
        check=False,
    )
    assert done.returncode == 0, "a walk through the pages did not arrive"
