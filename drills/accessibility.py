"""Every page on both screens: a desk's in light and a phone's in dark. CI opens each page on one of the two."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

TESTS = "tests/e2e/test_accessibility.py"


def run(_given: argparse.Namespace) -> None:
    """Raises ``AssertionError`` when axe finds something on any of them."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n0", TESTS],
        cwd=Path(__file__).parents[1],
        env=os.environ | {"YINGSHENG_TEST_BOTH_SCREENS": "1"},
        check=False,
    )
    assert done.returncode == 0, f"{TESTS} found pages that shut somebody out"
