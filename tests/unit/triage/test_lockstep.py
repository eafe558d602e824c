"""Computations run part by part give what they give alone."""

from __future__ import annotations

import pytest

from triage import lockstep


def counting(name: str, parts: int, heard: list[str]) -> lockstep.Parts[str]:
    for part in range(parts):
        heard.append(f"{name}{part}")
        yield
    return name


def test_each_part_of_all_comes_before_the_next_part_of_any() -> None:
    heard: list[str] = []
    made = lockstep.run(counting(name, parts, heard) for name, parts in (("a", 1), ("b", 3), ("c", 0), ("d", 2)))
    assert made == ["a", "b", "c", "d"]
    assert heard == ["a0", "b0", "d0", "b1", "d1", "b2"]


def test_a_failure_is_raised() -> None:
    def failing() -> lockstep.Parts[str]:
        yield
        raise LookupError("x")

    with pytest.raises(LookupError):
        lockstep.run([counting("a", 2, []), failing()])
