"""Draws the demo district's streets: fifteen made-up areas that fill one outline without gap or overlap.

    python -m drills.street_map packs/demo

writes ``map.geojson`` beside the pack's ``units.csv``. Nothing of it is taken from any real place: rows of cells are
cut out of a rectangle in the open sea off 0° N 0° E, corners are moved by chance, and each border is bent by chance
too, the same for both of its sides. The same pack gives the same file.
"""

from __future__ import annotations

import itertools
import json
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from district.pack import load

SEED = 12345
WEST, SOUTH, WIDTH, HEIGHT = 0.01, 0.01, 0.12, 0.075
"""Degrees; about thirteen by eight kilometres."""
ROWS = (4, 6, 5)
"""Streets side by side, from the north; packs with another number of streets get rows of about as many."""
BENDS = 3
"""How often a border is halved and its middle moved."""
DIGITS = 5

Point = tuple[float, float]


class Drawing:
    """Points of a unit square that neighbours share: asked for twice, a corner or a border is the same."""

    def __init__(self, rows: Sequence[int], chance: random.Random) -> None:
        self._chance = chance
        self.rows = rows
        self._cuts = [self._cut(count) for count in rows]
        self._corners: dict[tuple[int, float], Point] = {}
        self._borders: dict[tuple[Point, Point], list[Point]] = {}

    def _cut(self, count: int) -> list[float]:
        inner = [(each + self._chance.uniform(-0.18, 0.18)) / count for each in range(1, count)]
        return [0.0, *inner, 1.0]

    def _corner(self, level: int, across: float) -> Point:
        """A point of a horizontal line; those of the outline are moved along with the rest."""
        if (level, across) not in self._corners:
            east = across + self._chance.uniform(-0.012, 0.012)
            down = level / len(self.rows) + self._chance.uniform(-0.035, 0.035)
            self._corners[level, across] = (east, down)
        return self._corners[level, across]

    def _border(self, start: Point, end: Point) -> list[Point]:
        """From ``start`` to before ``end``, bent."""
        if (end, start) in self._borders:
            return [start, *reversed(self._borders[end, start][1:])]
        if (start, end) not in self._borders:
            line = [start, end]
            reach = 0.09
            for _ in range(BENDS):
                halved = [line[0]]
                for before, after in itertools.pairwise(line):
                    halved += [self._moved(before, after, reach), after]
                line, reach = halved, reach * 0.7
            self._borders[start, end] = line[:-1]
        return self._borders[start, end]

    def _moved(self, start: Point, end: Point, reach: float) -> Point:
        by = self._chance.uniform(-reach, reach)
        return (start[0] + end[0]) / 2 - by * (end[1] - start[1]), (start[1] + end[1]) / 2 + by * (end[0] - start[0])

    def _line(self, level: int, west: float, east: float) -> list[Point]:
        """The corners on a horizontal line, of the rows above and below it, from west to east."""
        cuts = {each for row in (level - 1, level) if 0 <= row < len(self.rows) for each in self._cuts[row]}
        return [self._corner(level, each) for each in sorted(cuts) if west <= each <= east]

    def cell(self, row: int, place: int) -> list[Point]:
        """The ring of one street."""
        west, east = self._cuts[row][place : place + 2]
        above, below = self._line(row, west, east), self._line(row + 1, west, east)
        around = [*above, *reversed(below)]
        ring = [point for pair in zip(around, [*around[1:], around[0]], strict=True) for point in self._border(*pair)]
        return [*ring, ring[0]]


def rows_of(streets: int) -> tuple[int, ...]:
    """How many streets stand in each row."""
    if sum(ROWS) == streets:
        return ROWS
    count = max(1, round((streets / 2) ** 0.5))
    return tuple(streets // count + (each < streets % count) for each in range(count))


def collection(streets: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The GeoJSON of streets given as (code, name)."""
    drawing = Drawing(rows_of(len(streets)), random.Random(SEED))
    cells = [drawing.cell(row, place) for row, count in enumerate(drawing.rows) for place in range(count)]
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"code": code, "name": name},
                "geometry": {"type": "Polygon", "coordinates": [_placed(ring)]},
            }
            for (code, name), ring in zip(streets, cells, strict=True)
        ],
    }


def _placed(ring: Sequence[Point]) -> list[list[float]]:
    """In degrees, anticlockwise as RFC 7946 wants an outer ring."""
    turned = reversed(ring)
    return [[round(WEST + WIDTH * x, DIGITS), round(SOUTH + HEIGHT * (1 - y), DIGITS)] for x, y in turned]


def written(document: dict[str, Any]) -> str:
    """The file's text, a feature in each line: a breach is told with its line."""
    features = ",\n".join(json.dumps(each, ensure_ascii=False) for each in document["features"])
    return f'{{"type": "FeatureCollection", "features": [\n{features}\n]}}\n'


def main(folder: Path) -> None:
    streets = [(unit.code, unit.name) for unit in load(folder).units.streets]
    (folder / "map.geojson").write_text(written(collection(streets)), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
