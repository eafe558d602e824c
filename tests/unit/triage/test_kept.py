"""What hangs on the pack alone is fitted once, and whatever happens to what was kept, the answers stay the same."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from triage import kept, likeness
from triage.likeness import Likeness

TEXTS = ("灯不亮了", "路灯坏了没有人修", "灯很亮，谢谢师傅", "师傅修得好")
BROKEN = np.array([True, True, False, False])


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    before = kept._folder
    kept.keep_in(tmp_path / "fitted")
    yield tmp_path / "fitted"
    kept.keep_in(before)


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many examples each fit had."""
    seen: list[int] = []
    fitted = likeness._fitted

    def counting(*given: object) -> object:
        seen.append(len(given[0]))  # type: ignore[arg-type]
        return fitted(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(likeness, "_fitted", counting)
    return seen


def alike(texts: tuple[str, ...] = TEXTS, ends: int = 2) -> list[float]:
    found: list[float] = Likeness(texts, [BROKEN], ends=ends).of("路灯不亮").tolist()
    return found


def test_a_second_process_reads_what_the_first_has_fitted(folder: Path, fits: list[int]) -> None:
    assert alike() == alike()
    assert fits == [4]
    assert len(list(folder.glob("likeness-*.npz"))) == 1
    assert list(folder.glob("*.part")) == []


def test_other_examples_or_another_way_of_counting_are_fitted_for_themselves(folder: Path, fits: list[int]) -> None:
    alike()
    alike(("灯又不亮了", *TEXTS[1:]))
    alike(ends=3)
    Likeness(TEXTS, [~BROKEN], ends=2)
    assert fits == [4, 4, 4, 4]


@pytest.mark.parametrize("wrong", [b"", b"PK\x03\x04 no more", b"\x93NUMPY"])
def test_what_cannot_be_read_is_fitted_and_written_again(folder: Path, fits: list[int], wrong: bytes) -> None:
    right = alike()
    (file,) = folder.glob("*.npz")
    file.write_bytes(wrong)
    assert alike() == right
    assert alike() == right
    assert fits == [4, 4]


def test_a_disk_that_takes_nothing_costs_time_and_no_answer(tmp_path: Path, folder: Path, fits: list[int]) -> None:
    right = alike()
    (tmp_path / "file").write_text("")
    kept.keep_in(tmp_path / "file")
    assert alike() == right
    assert fits == [4, 4]


def test_what_no_pack_in_use_asks_for_goes(folder: Path) -> None:
    folder.mkdir()
    for at in range(kept.KINDS + 3):
        old = folder / f"likeness-{at}.npz"
        old.write_bytes(b"")
        os.utime(old, (at, at))
    alike()
    left = {file.name for file in folder.glob("*.npz")}
    assert len(left) == kept.KINDS
    assert not {f"likeness-{at}.npz" for at in range(4)} & left


def test_who_changes_how_it_is_fitted_raises_the_form() -> None:
    """New numbers here: ``likeness.FORM`` goes up by one, or desks go on with what they kept."""
    assert likeness.FORM == 1
    assert alike() == pytest.approx([0.5665], abs=1e-4)
