"""``yingsheng compare``: one verdict a line, bad lines named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.commands import Command, json_lines, run, worked_home

__all__ = ["run", "worked_home"]

LAMP: dict[str, Any] = {"channel": "web", "time": "2026-03-03T09:00:00+08:00", "text": "泉水街6号门口的路灯不亮了"}


def test_each_pair_has_a_verdict_with_its_id(run: Command, tmp_path: Path) -> None:
    other = LAMP | {"channel": "hotline", "time": "2026-03-03T20:00:00+08:00", "text": "来电反映泉水街6号路灯不亮"}
    elsewhere = LAMP | {"text": "云锦路的路灯不亮了"}
    path = tmp_path / "pairs.jsonl"
    path.write_bytes(json_lines({"id": "p1", "a": LAMP, "b": other}, {"id": 2, "a": LAMP, "b": elsewhere}))
    done = run("compare", "--lines", path)
    assert [(line["id"], line["same_matter"]) for line in done.lines] == [("p1", True), (2, False)]
    assert all(set(line) == {"id", "same_matter", "probability", "reasons"} for line in done.lines)
    assert done.lines[0]["probability"] > 0.5 > done.lines[1]["probability"]
    assert "地点不同" in done.lines[1]["reasons"]


def test_empty_texts_are_no_matter(run: Command) -> None:
    done = run("compare", "--lines", "-", stdin=json_lines({"id": 1, "a": {"text": ""}, "b": {}}))
    assert done.lines == [{"id": 1, "same_matter": False, "probability": 0.0, "reasons": []}]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"a": LAMP}, "b 应为 JSON 对象"),
        ({"a": "路灯不亮", "b": LAMP}, "a 应为 JSON 对象"),
        ({"a": LAMP, "b": {"text": 5}}, "b.text 应为文字"),
        ({"a": LAMP | {"channel": ["web"]}, "b": LAMP}, "a.channel 应为文字"),
        ({"a": LAMP | {"time": "昨天"}, "b": LAMP}, "a.time 应为 RFC 3339 时间"),
    ],
)
def test_a_bad_line_is_named_after_the_good_ones_are_answered(run: Command, row: dict[str, Any], said: str) -> None:
    done = run("compare", "--lines", "-", stdin=json_lines({"a": LAMP, "b": LAMP}, row))
    assert len(done.lines) == 1
    assert done.refused() == f"错误：-:2: {said}"
