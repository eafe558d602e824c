"""A figure with its baseline, and how both are printed."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value beside what it is compared with, both from this run."""

    name: str
    value: float
    unit: str
    baseline_name: str
    baseline: float
    better: Literal["higher", "lower"]
    aim: float | None = None

    @property
    def ratio(self) -> float:
        """Value by baseline."""
        return self.value / self.baseline if self.baseline else float("inf")

    @property
    def met(self) -> bool | None:
        """Whether the aim is reached; None where there is none."""
        if self.aim is None:
            return None
        return self.value >= self.aim if self.better == "higher" else self.value <= self.aim

    def document(self) -> dict[str, Any]:
        """For ``--json``."""
        return asdict(self) | {"ratio": round(self.ratio, 3), "met": self.met}

    def line(self) -> str:
        """For people."""
        aim = "" if self.aim is None else f"  aim {self.aim:g}: {'met' if self.met else 'MISSED'}"
        return (
            f"{self.name:<34} {_short(self.value):>8} {self.unit:<6} "
            f"{self.baseline_name:<52} {_short(self.baseline):>8}  × {self.ratio:.2f}{aim}"
        )


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of all lies, by the nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def in_turn(*runs: Callable[[int], float], rounds: int) -> list[float]:
    """Run each in turn, ``rounds`` times, so that whatever else loads the machine falls on all; medians.

    A run is given the number of its round and returns its own figure.
    """
    found: list[list[float]] = [[] for _ in runs]
    for number in range(rounds):
        for at, run in enumerate(runs):
            found[at].append(run(number))
    return [statistics.median(values) for values in found]


def spent(work: Callable[[], object]) -> float:
    """Seconds that the work took."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def each_ms(work: Callable[[str], object], texts: Iterable[str]) -> list[float]:
    """Milliseconds that the work took on each text."""
    return [1000 * spent(lambda text=text: work(text)) for text in texts]  # type: ignore[misc]
