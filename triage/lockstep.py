"""Several computations part by part: the first part of each, then the second part of each, and so on.

A part finds in the processor's cache what it used for the text before. Done text by text, the parts of one text drive
each other's data out, and each begins with slow memory again: fifty texts take a third longer so.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import TypeVar

Result = TypeVar("Result")

Parts = Generator[None, None, Result]
"""A computation that yields after each of its parts and returns its result."""


def run(computations: Iterable[Parts[Result]]) -> list[Result]:
    """The results, in the order given. Raises what one of them raises."""
    results: dict[int, Result] = {}
    going = list(enumerate(computations))
    many = len(going)
    while going:
        still = []
        for number, computation in going:
            try:
                next(computation)
            except StopIteration as end:
                results[number] = end.value
            else:
                still.append((number, computation))
        going = still
    return [results[number] for number in range(many)]
