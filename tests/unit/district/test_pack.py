"""Packs as a whole: the demo district is sound and large enough, loading is quick to refuse, the command tells."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

import packs
from api.cli import app
from api.cli.output import Refused
from api.cli.pack import COUNTED
from district.checks import check
from district.errors import PackNotFound
from district.pack import load

DEMO = Path(packs.__file__).parent / "demo"
AT_LEAST = {
    "streets": 15,
    "communities": 100,
    "categories_1": 12,
    "categories_2": 80,
    "categories_3": 400,
    "articles": 120,
    "request_types": 7,
}


def test_the_demo_district_is_sound_and_as_large_as_promised() -> None:
    report = check(DEMO)
    assert report.problems == ()
    assert {name: report.counts[name] for name, least in AT_LEAST.items() if report.counts[name] < least} == {}
    assert report.counts["bureaus"] + report.counts["utilities"] >= 40


def test_every_third_level_category_of_the_demo_district_is_described_and_dispatched() -> None:
    district = load(DEMO)
    for category in district.taxonomy.leaves:
        assert category.description, category
        assert category.keywords, category
        line = district.directory.line_for(category.code, None)
        assert line is not None
        assert line.clause


def test_a_folder_that_is_not_there_is_no_pack(tmp_path: Path) -> None:
    with pytest.raises(PackNotFound, match="nowhere"):
        load(tmp_path / "nowhere")


def test_the_version_of_the_rules_follows_their_content_only(copy: Path, edit: Callable[[str, str, str], int]) -> None:
    before = load(copy)
    edit("gazetteer.csv", "塔园", "塔林")
    assert load(copy).rule_version == before.rule_version
    edit("clocks.yaml", "standard: 2 h desk", "standard: 3 h desk")
    assert load(copy).rule_version != before.rule_version


def test_the_version_of_the_directory_follows_its_content(copy: Path, edit: Callable[[str, str, str], int]) -> None:
    before = load(copy).directory.version
    edit("directory.csv", "环卫第2条", "环卫第5条")
    assert load(copy).directory.version != before


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["pack", "check", *arguments])
    refused = str(result.exception) if isinstance(result.exception, Refused) else ""
    assert result.exception is None or refused or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, refused


def test_the_command_counts_a_sound_pack(copy: Path) -> None:
    code, out, _ = run(str(copy))
    assert code == 0
    assert "街道\t2\n" in out


def test_the_command_tells_each_breach_with_file_and_line_and_refuses(
    copy: Path, edit: Callable[[str, str, str], int]
) -> None:
    line = edit("units.csv", "U003,样区供电公司", "U003,区城市管理委")
    code, out, refused = run(str(copy))
    assert code == 1
    assert out.startswith(f"units.csv:{line}: 单位名称")
    assert "1 处问题" in refused


def test_the_command_gives_one_json_document(copy: Path, edit: Callable[[str, str, str], int]) -> None:
    line = edit("units.csv", "U003,样区供电公司", "U003,区城市管理委")
    code, out, _ = run(str(copy), "--json")
    report = json.loads(out)
    assert code == 1
    assert [(each["file"], each["line"]) for each in report["problems"]] == [("units.csv", line)]
    assert report["counts"].keys() == COUNTED.keys()


def test_the_command_refuses_a_folder_that_is_not_there(tmp_path: Path) -> None:
    code, out, refused = run(str(tmp_path / "nowhere"))
    assert (code, out) == (1, "")
    assert "nowhere" in refused
