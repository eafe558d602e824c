"""walk_in.yaml: the district's own headings for counters' sheets, checked with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

import packs
from district.errors import PackError
from district.pack import load

SOUND = "headings:\n  text: [群众诉求]\n  name: [办事人]\n"


def test_a_pack_without_headings_adds_no_settings(copy: Path) -> None:
    assert load(copy).channel_settings == {}


def test_headings_become_settings_of_the_counter(copy: Path) -> None:
    (copy / "walk_in.yaml").write_text(SOUND, "utf-8")
    assert load(copy).channel_settings == {"walk_in": {"headings": {"text": ("群众诉求",), "name": ("办事人",)}}}


def test_the_demo_district_has_headings_of_its_own() -> None:
    settings = load(Path(packs.__file__).parent / "demo").channel_settings["walk_in"]
    assert settings["headings"]


@pytest.mark.parametrize(
    ("written", "line", "told"),
    [
        ("headings:\n  texts: [群众诉求]\n", 2, "texts"),
        ("headings:\n  text: 群众诉求\n", 2, "应是列表"),
        ("headings:\n  text: [群众诉求]\n  name: [' 群众 诉求（必填）']\n", 3, "已属于字段“text”"),
        ("headings:\n  text: ['：']\n", 2, "空的表头"),
        ("heading:\n  text: [群众诉求]\n", 1, "heading"),
        ("headings: [\n", 2, "YAML 语法错误"),
    ],
)
def test_a_breach_is_told_with_its_line(copy: Path, written: str, line: int, told: str) -> None:
    (copy / "walk_in.yaml").write_text(written, "utf-8")
    with pytest.raises(PackError) as refused:
        load(copy)
    assert any(
        each.file == "walk_in.yaml" and each.line == line and told in each.message for each in refused.value.problems
    )
