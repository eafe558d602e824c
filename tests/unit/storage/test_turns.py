"""The queue of a pool: nobody overtakes, and who does not wait long enough leaves the line."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from sqlalchemy.util.queue import Empty

from storage.database import Database
from storage.turns import InTurn, PoolInTurn

WAITERS = 12


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.001)


def waiting(queue: InTurn[int]) -> int:
    return len(queue._line)


def in_line(queue: InTurn[int], served: list[int], number: int) -> threading.Thread:
    def take() -> None:
        served.append(queue.get(timeout=20) * 0 + number)
        queue.put(1)

    before = waiting(queue)
    thread = threading.Thread(target=take)
    thread.start()
    until(lambda: waiting(queue) == before + 1)
    return thread


def test_who_waits_is_served_in_the_order_in_which_he_came() -> None:
    queue: InTurn[int] = InTurn(1)
    served: list[int] = []
    threads = [in_line(queue, served, number) for number in range(WAITERS)]
    queue.put(1)
    for thread in threads:
        thread.join()
    assert served == list(range(WAITERS))
    assert not waiting(queue)


def test_whoever_asks_when_it_comes_free_does_not_overtake_one_who_waits() -> None:
    queue: InTurn[int] = InTurn(1)
    served: list[int] = []
    thread = in_line(queue, served, 7)
    with pytest.raises(Empty):
        queue.get(block=False)
    queue.put(1)
    thread.join()
    assert served == [7]
    assert queue.get(block=False) == 1


@pytest.mark.parametrize("place", [0, 1, 2])
def test_who_waited_long_enough_leaves_the_line_and_holds_nobody_up(place: int) -> None:
    queue: InTurn[int] = InTurn(1)
    served: list[int] = []
    threads = [in_line(queue, served, number) for number in range(place)]
    with pytest.raises(Empty):
        queue.get(timeout=0.05)
    threads.append(in_line(queue, served, 99))
    queue.put(1)
    for thread in threads:
        thread.join()
    assert served == [*range(place), 99]


def test_the_database_serves_its_writers_and_readers_in_turn(database: Database) -> None:
    assert isinstance(database.writer.pool, PoolInTurn)
    assert isinstance(database.reader.pool, PoolInTurn)
