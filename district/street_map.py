"""The outlines of a district's streets (街道边界): the pack's ``map.geojson``, where it has one.

GeoJSON as RFC 7946 has it: a ``FeatureCollection``, a ``Polygon`` or ``MultiPolygon`` for each street, which names its
unit in ``properties.code``. Positions are longitude and latitude; what else a feature says is kept out of the pages.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from district.reading import Problems, read_text, shown

FILE = "map.geojson"
LARGEST = 2_000_000
"""Bytes: more than any page should ask a phone to load, and ample for outlines that a screen can show."""
SHAPES = ("Polygon", "MultiPolygon")
_LIST = re.compile(r'"features"\s*:\s*\[')
_BETWEEN = re.compile(r"[\s,]*")

Ring = tuple[tuple[float, float], ...]
"""Positions (longitude, latitude), the first and the last the same."""


@dataclass(frozen=True, slots=True)
class Area:
    """One street: the code of its unit, and its polygons, each an outer ring and the holes in it."""

    code: str
    polygons: tuple[tuple[Ring, ...], ...]
    line: int


@dataclass(frozen=True, slots=True)
class StreetMap:
    """All streets of a district as areas. Read only."""

    areas: tuple[Area, ...]

    def geojson(self, names: Mapping[str, str]) -> dict[str, Any]:
        """A collection for a chart: each feature has the street's ``code`` and its ``name``, and no more."""
        return {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "properties": {"code": area.code, "name": names.get(area.code, area.code)},
                    "geometry": {"type": "MultiPolygon", "coordinates": area.polygons},
                }
                for area in self.areas
            ],
        }


def read_street_map(folder: Path, problems: Problems) -> StreetMap | None:
    """The pack's file; None where it has none or one that cannot be read, which is noted."""
    path = folder / FILE
    if not path.exists():
        return None
    if path.stat().st_size > LARGEST:
        problems.add(FILE, 1, f"文件超过 {LARGEST // 1_000_000} MB，请先简化边界")
        return None
    text = read_text(path, FILE, problems)
    document = _parsed(text, problems) if text is not None else None
    if text is None or document is None:
        return None
    features = document.get("features")
    if document.get("type") != "FeatureCollection" or not isinstance(features, list):
        problems.add(FILE, 1, "应是 GeoJSON 的 FeatureCollection，带列表“features”")
        return None
    lines = _lines(text, features)
    areas = [_area(feature, at, line, problems) for at, (feature, line) in enumerate(zip(features, lines, strict=True))]
    return StreetMap(tuple(area for area in areas if area is not None))


def _parsed(text: str, problems: Problems) -> dict[str, Any] | None:
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        problems.add(FILE, error.lineno, f"不是 JSON：{error.msg}")
        return None
    except (ValueError, RecursionError) as error:
        problems.add(FILE, 1, f"不是 JSON：{error}")
        return None
    return document if isinstance(document, dict) else {}


def _lines(text: str, features: Sequence[Any]) -> list[int]:
    """The line that each feature begins on; 1 for all where the file is written in a way that this does not find."""
    for found in _LIST.finditer(text):
        places = list(_places(text, found.end()))
        if [value for _, value in places] == features:
            return [text.count("\n", 0, at) + 1 for at, _ in places]
    return [1] * len(features)


def _places(text: str, at: int) -> Iterator[tuple[int, Any]]:
    decoder = json.JSONDecoder()
    while True:
        skipped = _BETWEEN.match(text, at)
        at = skipped.end() if skipped else at
        if text[at : at + 1] in ("]", ""):
            return
        value, end = decoder.raw_decode(text, at)
        yield at, value
        at = end


def _area(feature: Any, at: int, line: int, problems: Problems) -> Area | None:
    feature = feature if isinstance(feature, dict) else {}
    properties = feature.get("properties")
    code = properties.get("code") if isinstance(properties, dict) else None
    if not isinstance(code, str) or not code:
        problems.add(FILE, line, f"第 {at + 1} 个区域的 properties 缺少街道编号“code”")
        return None
    geometry = feature.get("geometry")
    geometry = geometry if isinstance(geometry, dict) else {}
    kind: Any = geometry.get("type")
    coordinates: Any = geometry.get("coordinates")
    if kind not in SHAPES:
        problems.add(FILE, line, f"街道“{shown(code)}”的形状应是 {' 或 '.join(SHAPES)}")
        return None
    try:
        return Area(code, tuple(map(_polygon, [coordinates] if kind == "Polygon" else coordinates)), line)
    except (TypeError, ValueError, LookupError):
        told = "每一圈至少四个点，首尾相同，经度在 ±180、纬度在 ±90 之内"
        problems.add(FILE, line, f"街道“{shown(code)}”的边界不对：{told}")
        return None


def _polygon(rings: Any) -> tuple[Ring, ...]:
    """Raises ``ValueError``, ``TypeError`` and ``LookupError`` for what is no polygon."""
    made = tuple(tuple(_position(each) for each in ring) for ring in rings)
    if not made or any(len(ring) < 4 or ring[0] != ring[-1] for ring in made):
        raise ValueError
    return made


def _position(given: Any) -> tuple[float, float]:
    east, north = float(given[0]), float(given[1])
    if not (math.isfinite(east) and math.isfinite(north) and abs(east) <= 180 and abs(north) <= 90):
        raise ValueError
    return east, north


def check_street_map(
    found: StreetMap | None, streets: Mapping[str, str], ended: frozenset[str], problems: Problems
) -> None:
    """Each street of the pack (name by code) has one area, and each area is a street's; one that ended needs none."""
    if found is None:
        return
    seen: dict[str, int] = {}
    for area in found.areas:
        if area.code not in streets:
            problems.add(FILE, area.line, f"没有编号为“{shown(area.code)}”的街道（units.csv）")
        elif area.code in seen:
            problems.add(FILE, area.line, f"街道“{area.code}”重复，第 {seen[area.code]} 行已有")
        seen.setdefault(area.code, area.line)
    for code, name in streets.items():
        if code not in seen and code not in ended:
            problems.add(FILE, 1, f"缺少街道 {code} {name} 的区域")
