"""The smallest pack that passes every check, and a copy of it to break."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from district.pack import District, load

SMALLEST = Path(__file__).parent / "smallest"


@pytest.fixture(scope="session")
def smallest() -> District:
    return load(SMALLEST)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SMALLEST, tmp_path / "pack"))


@pytest.fixture
def edit(copy: Path) -> Callable[[str, str, str], int]:
    """Replaces words that stand exactly once in a file of the copy, and tells the line of the first of them."""

    def change(file: str, old: str, new: str) -> int:
        path = copy / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{file} has {text.count(old)} × {old}"
        path.write_text(text.replace(old, new), encoding="utf-8")
        return text.count("\n", 0, text.index(old)) + 1

    return change
