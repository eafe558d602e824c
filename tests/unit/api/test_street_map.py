"""The pack's map as residents tap it: each street that the pack knows, in a picture of its own proportions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from api.web import street_map

NAMES = (("U100", "玉泉"), ("U101", "云溪"))


def square(code: str, left: float, **more: Any) -> dict[str, Any]:
    ring = [[left, 0.0], [left + 0.1, 0.0], [left + 0.1, 0.1], [left, 0.1], [left, 0.0]]
    return {"properties": {"code": code}, "geometry": {"type": "Polygon", "coordinates": [ring]}} | more


def drawn(folder: Path, text: str) -> street_map.StreetMap | None:
    path = folder / street_map.FILE
    path.write_text(text, encoding="utf-8")
    return street_map._read(path, NAMES)


def test_each_known_street_has_its_outline_and_its_name_in_the_middle(tmp_path: Path) -> None:
    features = [square("U100", 0.0), square("U101", 0.1), square("U999", 0.2)]
    made = drawn(tmp_path, json.dumps({"features": features}))
    assert made is not None
    assert [(each.code, each.name) for each in made.streets] == [("U100", "玉泉"), ("U101", "云溪")]
    assert (made.width, made.height) == (600, 300)
    assert (made.streets[0].x, made.streets[0].y) == (150.0, 150.0)


def test_a_street_of_several_parts_is_drawn_whole(tmp_path: Path) -> None:
    ring = square("U100", 0.0)["geometry"]["coordinates"]
    parts = {"type": "MultiPolygon", "coordinates": [ring, square("U100", 0.3)["geometry"]["coordinates"]]}
    made = drawn(tmp_path, json.dumps({"features": [square("U100", 0.0, geometry=parts)]}))
    assert made is not None
    assert made.streets[0].path.count("M") == 2


@pytest.mark.parametrize("text", ["{", "[]", '{"features": [{}]}', '{"features": []}'])
def test_a_map_that_cannot_be_drawn_is_left_out(tmp_path: Path, text: str) -> None:
    assert drawn(tmp_path, text) is None


def test_a_pack_without_map_has_none(tmp_path: Path) -> None:
    assert street_map._read(tmp_path / "nothing", NAMES) is None
