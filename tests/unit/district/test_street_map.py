"""The pack's map: each street once, a breach with its line, and a demo map that fills its outline."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import packs
from district.checks import check
from district.pack import load
from district.street_map import FILE
from drills import street_map as drawing

DEMO = Path(packs.__file__).parent / "demo"
SMALLEST = Path(__file__).parent / "smallest"
SQUARE = [[0.0, 0.0], [0.1, 0.0], [0.1, 0.1], [0.0, 0.0]]


def feature(code: Any = "U100", kind: str = "Polygon", coordinates: Any = None) -> dict[str, Any]:
    shape = {"type": kind, "coordinates": [SQUARE] if coordinates is None else coordinates}
    return {"type": "Feature", "properties": {"code": code}, "geometry": shape}


SOUND = [feature("U100"), feature("U200", "MultiPolygon", [[SQUARE]])]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SMALLEST, tmp_path / "pack"))


def write(folder: Path, features: Any, text: str = "") -> None:
    lines = ",\n".join(json.dumps(each) for each in features)
    (folder / FILE).write_text(text or f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}', "utf-8")


def test_a_pack_without_a_map_is_sound(copy: Path) -> None:
    assert load(copy).street_map is None


def test_a_sound_map_is_loaded_with_the_streets_names(copy: Path) -> None:
    write(copy, SOUND)
    found = load(copy).street_map
    assert found is not None
    document = found.geojson({"U100": "东门街道"})
    assert [each["properties"] for each in document["features"]] == [
        {"code": "U100", "name": "东门街道"},
        {"code": "U200", "name": "U200"},
    ]
    assert {each["geometry"]["type"] for each in document["features"]} == {"MultiPolygon"}


@pytest.mark.parametrize(
    ("features", "line", "words"),
    [
        (SOUND[:1], 1, "缺少街道 U200"),
        ([*SOUND, feature("U200")], 4, "街道“U200”重复，第 3 行已有"),
        ([*SOUND, feature("U003")], 4, "没有编号为“U003”的街道"),
        ([SOUND[0], feature("")], 3, "第 2 个区域的 properties 缺少街道编号"),
        ([SOUND[0], 7], 3, "第 2 个区域"),
        ([SOUND[0], feature("U200", "Point", [0, 0])], 3, "形状应是 Polygon 或 MultiPolygon"),
        ([SOUND[0], feature("U200", coordinates=[SQUARE[:3]])], 3, "街道“U200”的边界不对"),
        ([SOUND[0], feature("U200", coordinates=[[*SQUARE[:3], [0.5, 0.5]]])], 3, "首尾相同"),
        ([SOUND[0], feature("U200", coordinates=[[[0, 0], [190, 0], [1, 1], [0, 0]]])], 3, "经度在 ±180"),
        ([SOUND[0], feature("U200", coordinates=[[[0, 0], ["x", 0], [1, 1], [0, 0]]])], 3, "边界不对"),
        ([SOUND[0], feature("U200", coordinates=None) | {"geometry": None}], 3, "形状应是"),
        ([SOUND[0], feature("U200", coordinates=7)], 3, "边界不对"),
        ([SOUND[0], feature("U200", coordinates=[])], 3, "边界不对"),
    ],
)
def test_a_breach_of_the_map_is_told_with_the_features_line(copy: Path, features: Any, line: int, words: str) -> None:
    write(copy, features)
    found = [problem for problem in check(copy).problems if words in problem.message]
    assert [(problem.file, problem.line) for problem in found] == [(FILE, line)]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('{"type": "FeatureCollection",\n "features": [}', 2, "不是 JSON"),
        ("[]", 1, "FeatureCollection"),
        ('{"type": "FeatureCollection", "features": 3}', 1, "FeatureCollection"),
        ("[" * 100_000, 1, "不是 JSON"),
        (" " * 2_000_001, 1, "超过 2 MB"),
    ],
)
def test_a_file_that_is_no_map_is_told_once(copy: Path, text: str, line: int, words: str) -> None:
    write(copy, (), text)
    problems = check(copy).problems
    assert [(each.file, each.line) for each in problems] == [(FILE, line)]
    assert words in problems[0].message


def test_lines_are_found_where_a_feature_holds_a_list_of_features_itself(copy: Path) -> None:
    nested = feature("U100")
    nested["properties"]["features"] = [1]
    write(copy, [nested, feature("U003")])
    assert [each.line for each in check(copy).problems if "U003" in each.message] == [3]


# The demo's map


def test_the_demos_map_is_what_its_script_draws() -> None:
    streets = [(unit.code, unit.name) for unit in load(DEMO).units.streets]
    assert (DEMO / FILE).read_text("utf-8") == drawing.written(drawing.collection(streets))


def test_the_demos_streets_fill_one_outline_without_gap_or_overlap() -> None:
    """Each border is two neighbours', in opposite directions, or the outline's; and the areas add up to its area."""
    rings = [each["geometry"]["coordinates"][0] for each in json.loads((DEMO / FILE).read_text("utf-8"))["features"]]
    edges = Counter((tuple(start), tuple(end)) for ring in rings for start, end in pairwise(ring))
    assert set(edges.values()) == {1}
    outline = {start: end for start, end in edges if (end, start) not in edges}
    around = [next(iter(outline))]
    while (following := outline[around[-1]]) != around[0]:
        around.append(following)
    assert len(around) == len(outline), "one closed outline, no hole"
    assert all(area(ring) > 0 for ring in rings), "outer rings run anticlockwise"
    assert sum(map(area, rings)) == pytest.approx(area([*around, around[0]]))


def area(ring: Any) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring)) / 2


@pytest.mark.parametrize("streets", [1, 2, 7, 15, 23])
def test_any_number_of_streets_is_drawn(streets: int) -> None:
    named: list[tuple[str, str]] = [(f"U{100 + each}", f"第{each}街道") for each in range(streets)]
    assert len(drawing.collection(named)["features"]) == streets


@pytest.mark.parametrize("days", ["[]", "[3, 1]", "[0, 3]", "[1, 1]"])
def test_days_of_ageing_that_do_not_rise_are_refused(copy: Path, days: str) -> None:
    file = copy / "formulas.yaml"
    file.write_text(file.read_text("utf-8") + f"\nageing: {days}\n", "utf-8")
    found = [each for each in check(copy).problems if "由小到大" in each.message]
    assert [each.file for each in found] == ["formulas.yaml"]
    assert found[0].line > 1
