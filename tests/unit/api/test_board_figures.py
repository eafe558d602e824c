"""Figures are computed once for all readers, no more often than they may be, and never shown too old."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from api.board_figures import AT_LEAST, AT_MOST, HELD, SHARE, TOO_OLD, Computed, Kept

NOW = datetime(2026, 3, 24, 1, 30, tzinfo=UTC)


class Counting:
    """A computation that counts how often it ran; it waits while ``gate`` is closed."""

    def __init__(self) -> None:
        self.ran = 0
        self.now, self.tip, self.took = NOW, 1, 0.0
        self.gate = threading.Event()
        self.gate.set()
        self.pool = ThreadPoolExecutor(4)
        self.kept: Kept[int] = Kept(self._run, self.pool)

    def _run(self) -> Computed[int]:
        assert self.gate.wait(10)
        self.ran += 1
        return Computed(self.ran, self.now, self.tip, self.took)

    def get(self, patience: float = 10.0) -> int | None:
        found = self.kept.get(self.tip, self.now, patience)
        return found.figures if found is not None else None


@pytest.fixture
def counting() -> Iterator[Counting]:
    made = Counting()
    yield made
    made.gate.set()
    made.pool.shutdown()


def test_readers_share_one_computation(counting: Counting) -> None:
    counting.gate.clear()
    with ThreadPoolExecutor(8) as readers:
        asked = [readers.submit(counting.get) for _ in range(8)]
        counting.gate.set()
        assert {each.result() for each in asked} == {1}
    assert counting.ran == 1


def test_what_was_written_is_counted_but_not_at_every_write(counting: Counting) -> None:
    assert counting.get() == 1
    counting.tip += 1
    counting.now += AT_LEAST - timedelta(milliseconds=1)
    assert counting.get() == 1
    counting.now = NOW + AT_LEAST
    assert counting.get() == 2


def test_without_a_write_figures_hold_until_clocks_may_have_run_out(counting: Counting) -> None:
    assert counting.get() == 1
    counting.now = NOW + AT_MOST - timedelta(milliseconds=1)
    assert counting.get() == 1
    counting.now = NOW + AT_MOST
    assert counting.get() == 2


def test_figures_that_are_dear_hold_longer(counting: Counting) -> None:
    counting.took = 1.0
    assert counting.get() == 1
    counting.tip += 1
    counting.now = NOW + timedelta(seconds=SHARE - 1)
    assert counting.get() == 1
    counting.now = NOW + timedelta(seconds=SHARE)
    assert counting.get() == 2


def test_no_figures_hold_for_more_than_half_a_minute_while_things_happen(counting: Counting) -> None:
    counting.took = 10.0
    assert counting.get() == 1
    counting.tip += 1
    counting.now = NOW + HELD - timedelta(seconds=1)
    assert counting.get() == 1
    counting.now = NOW + HELD
    assert counting.get() == 2


def test_who_cannot_wait_is_given_the_figures_of_before(counting: Counting) -> None:
    assert counting.get() == 1
    counting.gate.clear()
    counting.now = NOW + AT_MOST
    assert counting.get(patience=0.01) == 1
    counting.now = NOW + TOO_OLD
    assert counting.get(patience=0.01) is None, "they are too old to be shown"
    counting.gate.set()
    assert counting.get() == 2


def test_who_cannot_wait_for_the_first_figures_is_given_none(counting: Counting) -> None:
    counting.gate.clear()
    assert counting.get(patience=0.01) is None
    counting.gate.set()
    assert counting.get() == 1


def test_a_failure_is_told_to_who_waits_and_tried_again(counting: Counting) -> None:
    counting.took = float("nan")
    broken: Kept[int] = Kept(lambda: Computed(1 // int(counting.tip - 1), NOW, 1, 0.0), counting.pool)
    with pytest.raises(ZeroDivisionError):
        broken.get(1, NOW, 10.0)
    counting.tip = 2
    found = broken.get(1, NOW, 10.0)
    assert found is not None
    assert found.figures == 1


def test_a_clock_that_was_set_back_does_not_keep_figures_for_ever(counting: Counting) -> None:
    assert counting.get() == 1
    counting.now = NOW - timedelta(hours=1)
    assert counting.get() == 2
