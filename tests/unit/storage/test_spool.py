"""What is spooled survives its process, is handed on once and in order, and what was cut off is never taken for a message."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage.spool import Spool

NOW = datetime(2031, 5, 6, 8, 0, tzinfo=UTC)
DYING = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from storage.spool import Spool
spool = Spool(Path(sys.argv[1]))
for number in range(12):
    spool.put("telegram", "main", f"message {number}".encode(), now=datetime(2031, 5, 6, 8, number, tzinfo=UTC))
os._exit(9)
"""


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[], Spool]]:
    """Opens spools of the folder, as so many processes would."""
    made: list[Spool] = []

    def another() -> Spool:
        made.append(Spool(tmp_path))
        return made[-1]

    yield another
    for spool in made:
        spool.close()


def left_by_a_dead_process(folder: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", DYING, str(folder)], check=False, cwd=Path(__file__).parents[3])
    assert ended.returncode == 9


def test_what_a_dead_process_left_is_found_in_its_order_with_its_moment(
    opened: Callable[[], Spool], tmp_path: Path
) -> None:
    left_by_a_dead_process(tmp_path)
    found = list(opened().left())
    assert [each.payload for each in found] == [f"message {number}".encode() for number in range(12)]
    assert [each.received_at.minute for each in found] == list(range(12))
    assert {(each.channel, each.account) for each in found} == {("telegram", "main")}


def test_what_is_done_is_not_found_again(opened: Callable[[], Spool], tmp_path: Path) -> None:
    left_by_a_dead_process(tmp_path)
    first = opened()
    for each in list(first.left())[:10]:
        first.done(each)
    first.close()
    assert [each.payload for each in opened().left()] == [b"message 10", b"message 11"]


def test_nobody_takes_what_a_living_process_has(opened: Callable[[], Spool]) -> None:
    living = opened()
    living.put("telegram", "main", b"mine", now=NOW)
    assert list(opened().left()) == []


def test_two_that_start_do_not_both_take_what_is_left(opened: Callable[[], Spool], tmp_path: Path) -> None:
    left_by_a_dead_process(tmp_path)
    first, second = opened(), opened()
    assert len(list(first.left())) == 12
    assert list(second.left()) == []


@pytest.mark.parametrize("kept", [0, 10, 160])
def test_one_that_was_cut_off_is_set_aside_and_its_neighbours_are_found(
    opened: Callable[[], Spool], tmp_path: Path, kept: int, caplog: pytest.LogCaptureFixture
) -> None:
    left_by_a_dead_process(tmp_path)
    torn = sorted(tmp_path.glob("*/*.in"))[3]
    os.truncate(torn, kept)
    found = list(opened().left())
    assert len(found) == 11
    assert b"message 3" not in {each.payload for each in found}
    assert "set aside" in caplog.text
    assert len(list(tmp_path.glob("*/*.broken"))) == 1


def test_an_emptied_folder_goes(opened: Callable[[], Spool], tmp_path: Path) -> None:
    left_by_a_dead_process(tmp_path)
    first = opened()
    for each in first.left():
        first.done(each)
    first.close()
    last = opened()
    assert list(last.left()) == []
    assert len(list(tmp_path.iterdir())) == 1


def test_bytes_of_any_kind_come_back_as_they_were(opened: Callable[[], Spool]) -> None:
    spool = opened()
    for payload in (b"", b"\n\n", b"{}\n", bytes(range(256)) * 40):
        spool.put("telegram", "main", payload, now=NOW)
    spool.close()
    assert [each.payload for each in opened().left()] == [b"", b"\n\n", b"{}\n", bytes(range(256)) * 40]
