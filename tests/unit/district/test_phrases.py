"""``phrases.yaml``: the phrases an agent puts in by the number keys."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import packs
from district.checks import check
from district.pack import District, load

SMALLEST = Path(__file__).parent / "smallest"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SMALLEST, tmp_path / "pack"))


def test_the_demos_phrases_stand_in_the_order_of_the_number_keys() -> None:
    demo: District = load(Path(packs.__file__).parent / "demo")
    assert demo.phrases[0].name == "稍等"
    assert 1 <= len(demo.phrases) <= 9


def test_a_pack_without_the_file_has_no_phrases(copy: Path) -> None:
    assert load(copy).phrases == ()


@pytest.mark.parametrize(
    ("written", "line"),
    [
        ("phrases:\n  - {name: 稍等}\n", 2),
        ('phrases:\n  - {name: 稍等, text: ""}\n', 2),
        ("phrases:\n" + "  - {name: 稍等, text: 请稍等}\n" * 10, 1),
    ],
)
def test_a_breach_names_the_file_and_line(copy: Path, written: str, line: int) -> None:
    (copy / "phrases.yaml").write_text(written, encoding="utf-8")
    (found,) = [each for each in check(copy).problems if each.file == "phrases.yaml"]
    assert found.line == line
