"""The rooms of the house: who may import whom, who reads the clock, who names the adapters, how long a file may be."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("district", "storage", "channels", "triage", "knowledge", "casework", "api")
BESIDE = ("packs", "benchmarks", "drills", "tests")
LINES = 400

CLOCKS = {
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "time": {"time", "time_ns", "localtime", "gmtime", "ctime", "strftime"},
    "func": {"now", "current_timestamp", "localtimestamp"},
}
"""What reads the wall clock, by the name it hangs on; ``func`` is SQL's. Monotonic clocks measure, and may be read."""

MAY_NAME_ADAPTERS = {
    "channels/registry.py": {"wechat", "mailbox", "telegram"},
    # The web half of the one adapter: the path is WeChat's own, and whether an answer fits WeChat's passive reply
    # is asked before its delivery is taken on lease.
    "api/routes/wechat.py": {"wechat"},
}


def sources(*folders: str) -> Iterator[Path]:
    return (file for folder in folders for file in sorted((ROOT / folder).rglob("*.py")))


def name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def nodes(file: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(file.read_text(encoding="utf-8")))


def reads_of_the_clock(file: Path) -> Iterator[int]:
    for node in nodes(file):
        if isinstance(node, ast.Attribute):
            holder = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
            if node.attr in CLOCKS.get(holder, ()):
                yield node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            yield from (node.lineno for each in node.names if each.name in CLOCKS["time"])


@cache
def adapters() -> frozenset[str]:
    """Packages and modules of ``channels`` that export a ``CHANNEL``."""
    exporting = (
        file for file in sources("channels") if re.search(r"^CHANNEL\b", file.read_text("utf-8"), re.MULTILINE)
    )
    return frozenset(file.relative_to(ROOT / "channels").parts[0].removesuffix(".py") for file in exporting)


def adapters_imported(file: Path) -> set[str]:
    imported: set[str] = set()
    for node in nodes(file):
        if isinstance(node, ast.ImportFrom):
            whole = [f"{node.module}.{each.name}" for each in node.names]
        elif isinstance(node, ast.Import):
            whole = [each.name for each in node.names]
        else:
            continue
        imported |= {path.split(".")[1] for path in whole if path.startswith("channels.")}
    return imported & adapters()


def test_the_import_contracts_hold() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("room", [room for room in ROOMS if room != "api"])
def test_no_room_but_the_edge_reads_the_clock(room: str) -> None:
    assert [f"{name(file)}:{line}" for file in sources(room) for line in reads_of_the_clock(file)] == []


def test_the_edge_reads_the_clock_in_one_place() -> None:
    found = {name(file) for file in sources("api") for _ in reads_of_the_clock(file)}
    assert found == {"api/clock.py"}


def test_only_the_registry_names_the_adapters() -> None:
    assert adapters() >= {"wechat", "mailbox", "telegram"}
    named = {
        name(file): found
        for file in sources(*ROOMS)
        if file.relative_to(ROOT).parts[:2] not in {("channels", adapter) for adapter in adapters()}
        if (found := adapters_imported(file))
    }
    assert {file: found - MAY_NAME_ADAPTERS.get(file, set()) for file, found in named.items()} == {
        file: set() for file in MAY_NAME_ADAPTERS
    }


def test_no_adapter_imports_another() -> None:
    for adapter in adapters():
        for file in sources(f"channels/{adapter}"):
            assert adapters_imported(file) <= {adapter}, name(file)


def test_no_file_is_too_long_to_read() -> None:
    long = {name(file): file.read_bytes().count(b"\n") for file in sources(*ROOMS, *BESIDE)}
    assert {file: lines for file, lines in long.items() if lines > LINES} == {}


def test_no_file_is_a_drawer_for_everything() -> None:
    drawers = {"utils", "util", "helpers", "helper", "common", "misc"}
    assert [
        name(file) for file in sources(*ROOMS, *BESIDE) if drawers & {*file.parts[len(ROOT.parts) : -1], file.stem}
    ] == []
