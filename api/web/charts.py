"""Charts as points of an SVG that the server draws: nothing to load, and each stands beside its table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

WIDTH, HEIGHT = 640, 200
LEFT, RIGHT, TOP, BOTTOM = 40, 12, 10, 24
SQUARE = 260
MARGIN = 20
"""Right of the square, where 100 % must find room."""
LABELS = 6
"""Labels below the axis at most."""


@dataclass(frozen=True, slots=True)
class Line:
    """A course of shares from 0 to 1; None is a gap. ``kind`` is the class that colours and dashes it."""

    label: str
    kind: str
    shares: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Dot:
    """One point of a chart with what it says when pointed at."""

    x: float
    y: float
    says: str
    size: float = 3.0


@dataclass(frozen=True, slots=True)
class Drawn:
    """A line as drawn: its unbroken stretches as ``points`` of polylines, and its dots."""

    label: str
    kind: str
    stretches: Sequence[str]
    dots: Sequence[Dot]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a bar chart, with what it says when pointed at and where it leads."""

    x: float
    y: float
    width: float
    height: float
    says: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class BarPlot:
    """A bar chart: size, bars, and the labels of both axes with where they stand."""

    width: int
    height: int
    left: int
    right: int
    bars: Sequence[Bar]
    across: Sequence[tuple[float, str]] = ()
    up: Sequence[tuple[float, str]] = ()


@dataclass(frozen=True, slots=True)
class Plot:
    """A chart: size, lines, and the labels of both axes with where they stand."""

    width: int
    height: int
    left: int
    right: int
    lines: Sequence[Drawn]
    across: Sequence[tuple[float, str]] = field(default=())
    up: Sequence[tuple[float, str]] = field(default=())
    diagonal: tuple[float, float, float, float] | None = None


def _up(share: float, height: int) -> float:
    return round(TOP + (1 - share) * (height - TOP - BOTTOM), 1)


def _scale(height: int) -> list[tuple[float, str]]:
    return [(_up(each / 100, height), f"{each}%") for each in (0, 25, 50, 75, 100)]


def time_plot(labels: Sequence[str], lines: Sequence[Line]) -> Plot:
    """Shares over periods."""
    inner = WIDTH - LEFT - RIGHT
    xs = [round(LEFT + inner * (place + 0.5) / len(labels), 1) for place in range(len(labels))]
    every = -(-len(labels) // LABELS)
    across = [(x, label) for place, (x, label) in enumerate(zip(xs, labels, strict=True)) if place % every == 0]
    drawn = [_drawn(line, xs, labels) for line in lines]
    return Plot(WIDTH, HEIGHT, LEFT, RIGHT, drawn, across, _scale(HEIGHT))


def _drawn(line: Line, xs: Sequence[float], labels: Sequence[str]) -> Drawn:
    stretches: list[list[str]] = [[]]
    dots = []
    for x, share, label in zip(xs, line.shares, labels, strict=True):
        if share is None:
            stretches.append([])
            continue
        y = _up(share, HEIGHT)
        stretches[-1].append(f"{x},{y}")
        dots.append(Dot(x, y, f"{label} {line.label} {share * 100:.1f}%"))
    return Drawn(line.label, line.kind, [" ".join(each) for each in stretches if len(each) > 1], dots)


def reliability_plot(bins: Sequence[tuple[float, int, int]]) -> Plot | None:
    """Stated probability against the share right, of bins given as (sum stated, right, judged); None of nothing.

    A dot's area follows how many the bin holds. On the diagonal stated and right are one.
    """
    most = max((judged for _, _, judged in bins), default=0)
    if not most:
        return None
    inner = SQUARE - LEFT - MARGIN
    dots = []
    for stated, right, judged in bins:
        if judged:
            mean, share = stated / judged, right / judged
            says = f"把握 {mean * 100:.0f}%，实际 {share * 100:.0f}%，{judged} 件"
            x = round(LEFT + inner * mean, 1)
            dots.append(Dot(x, _up(share, SQUARE), says, round(3 + 9 * (judged / most) ** 0.5, 1)))
    across = [(round(LEFT + inner * each / 100, 1), f"{each}%") for each in (0, 50, 100)]
    diagonal = (LEFT, _up(0, SQUARE), LEFT + inner, _up(1, SQUARE))
    return Plot(SQUARE, SQUARE, LEFT, MARGIN, [Drawn("", "one", [], dots)], across, _scale(SQUARE), diagonal)


WIDEST_BAR = 40
EACH = 50
"""Room of a bar at most: a chart of few bars is seen whole on a phone."""
FEW, APART = 4, 72
"""So many bars have room at least, and so far apart are labels."""


def bar_plot(bars: Sequence[tuple[str, int, str, str]]) -> BarPlot:
    """Counts side by side, given as (label below, count, what it says, where it leads); nothing of a count of zero."""
    most = max((count for _, count, *_ in bars), default=0)
    inner = min(WIDTH - LEFT - RIGHT, EACH * max(FEW, len(bars)))
    room = inner / max(1, len(bars))
    every = -(-len(bars) // min(LABELS, inner // APART)) if bars else 1
    drawn, across = [], []
    for place, (label, count, says, href) in enumerate(bars):
        width = min(WIDEST_BAR, room * 0.8)
        middle = LEFT + room * (place + 0.5)
        top = _up(count / most if most else 0, HEIGHT)
        if count:
            height = round(HEIGHT - BOTTOM - top, 1)
            drawn.append(Bar(round(middle - width / 2, 1), top, round(width, 1), height, says, href))
        if place % every == 0:
            across.append((round(middle, 1), label))
    steps = sorted({0, most, *([most // 2] if most > 3 else [])})
    up = [(_up(each / most if most else 0, HEIGHT), str(each)) for each in steps]
    return BarPlot(LEFT + inner + RIGHT, HEIGHT, LEFT, RIGHT, drawn, across, up)


def sparkline(counts: Sequence[int], *, width: int = 120, height: int = 28) -> BarPlot:
    """The same, small and without axes, for a line of a list."""
    most = max(counts, default=0) or 1
    room = width / max(1, len(counts))
    bars = [
        Bar(
            round(room * place + room * 0.1, 1),
            round(height * (1 - count / most), 1),
            round(min(8, room * 0.8), 1),
            round(height * count / most, 1),
            "",
        )
        for place, count in enumerate(counts)
        if count
    ]
    return BarPlot(width, height, 0, 0, bars)
