"""The district's own map (``map.geojson`` of the pack) as residents tap it: the outlines of its streets, drawn here.

No tile and no point of his leaves the box: what his browser says of his position is looked up in these outlines by his
browser itself, and goes out with the form if he sends it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import cos, radians
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from api.desk import Desk

log = logging.getLogger(__name__)

FILE = "map.geojson"
WIDTH = 600
Ring = Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class Street:
    """One street: its outline as the path of an SVG, where its name stands, and the rings in degrees."""

    code: str
    name: str
    path: str
    x: float
    y: float
    rings: str


@dataclass(frozen=True, slots=True)
class StreetMap:
    """All streets in a picture of this size."""

    width: int
    height: int
    streets: tuple[Street, ...]


def streets_of(desk: Desk) -> StreetMap | None:
    """The pack's map; None where it has none, or one that cannot be drawn."""
    names = {unit.code: unit.short_name or unit.name for unit in desk.district.units.streets}
    return _read(desk.district.folder / FILE, tuple(sorted(names.items())))


@lru_cache(maxsize=4)
def _read(path: Path, names: tuple[tuple[str, str], ...]) -> StreetMap | None:
    if not path.exists():
        return None
    try:
        found = list(_features(json.loads(path.read_text("utf-8")), dict(names)))
        return _drawn(found) if found else None
    except (ValueError, KeyError, TypeError, IndexError) as problem:
        log.warning("the pack's map cannot be drawn: %s", type(problem).__name__)
        return None


def _features(collection: Any, names: dict[str, str]) -> Iterator[tuple[str, str, list[Ring]]]:
    for feature in collection["features"]:
        properties = feature.get("properties") or {}
        code = str(properties.get("code") or properties.get("street") or feature.get("id") or "")
        shape = feature["geometry"]
        parts = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
        if code in names:
            yield code, names[code], [part[0] for part in parts]


def _drawn(found: Sequence[tuple[str, str, list[Ring]]]) -> StreetMap:
    points = [point for _, _, rings in found for ring in rings for point in ring]
    left, right = min(each[0] for each in points), max(each[0] for each in points)
    bottom, top = min(each[1] for each in points), max(each[1] for each in points)
    scale = WIDTH / (right - left)
    stretch = 1 / cos(radians((bottom + top) / 2))  # a degree of longitude is the shorter, the nearer to the pole
    height = round((top - bottom) * scale * stretch)

    def at(point: Sequence[float]) -> tuple[float, float]:
        return round((point[0] - left) * scale, 1), round((top - point[1]) * scale * stretch, 1)

    made = []
    for code, name, rings in found:
        path = "".join("M" + "L".join(f"{x} {y}" for x, y in map(at, ring)) + "Z" for ring in rings)
        x, y = at(_middle(max(rings, key=len)))
        made.append(Street(code, name, path, x, y, json.dumps(rings)))
    return StreetMap(WIDTH, height, tuple(made))


def _middle(ring: Ring) -> tuple[float, float]:
    """The centroid of the outline."""
    area = x = y = 0.0
    for one, other in zip(ring, [*ring[1:], ring[0]], strict=True):
        part = one[0] * other[1] - other[0] * one[1]
        area += part
        x += (one[0] + other[0]) * part
        y += (one[1] + other[1]) * part
    return (x / (3 * area), y / (3 * area)) if area else (ring[0][0], ring[0][1])
