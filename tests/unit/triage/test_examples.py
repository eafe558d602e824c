"""The files of labelled texts and taxonomies, as the interface page describes them."""

from __future__ import annotations

import gzip
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from triage import examples
from triage.errors import UnknownTarget, UnreadableFile, UnreadableRow


def lines(path: Path, *rows: Any) -> Path:
    content = "\n".join(row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_bytes(gzip.compress(content.encode()) if path.suffix == ".gz" else content.encode())
    return path


@pytest.mark.parametrize("name", ["texts.jsonl", "texts.jsonl.gz"])
def test_plain_and_packed_files_are_read_alike(tmp_path: Path, name: str) -> None:
    file = lines(tmp_path / name, {"title": "", "text": "路灯不亮", "category": "市政/路灯", "unit": "区城管委"}, "")
    assert list(examples.read(file)) == [examples.Labelled("路灯不亮", "", "市政/路灯", "", "区城管委")]


def test_body_and_type_are_other_names_of_text_and_request_type(tmp_path: Path) -> None:
    file = lines(tmp_path / "a.jsonl", {"title": "灯", "body": "不亮", "type": "投诉"})
    assert list(examples.read(file, need="request_type")) == [examples.Labelled("不亮", "灯", "", "投诉", "")]


def test_a_title_alone_is_a_text(tmp_path: Path) -> None:
    file = lines(tmp_path / "a.jsonl", {"title": "路灯不亮", "category": "市政"})
    assert next(examples.read(file)).title == "路灯不亮"


def test_rows_without_the_label_asked_for_are_left_out(tmp_path: Path) -> None:
    file = lines(tmp_path / "a.jsonl", {"text": "一", "unit": None}, {"text": "二", "unit": " 城管 "}, {"text": "三"})
    assert [row.unit for row in examples.read(file, need="unit")] == ["城管"]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("{", "不是 JSON"),
        ("[1]", "JSON 对象"),
        ({"title": "", "text": None}, "都为空"),
        ({"text": 5}, "应为文字"),
        ({"text": "路", "category": ["市政"]}, "category"),
        ("[" * 100_000, "不是 JSON"),
    ],
)
def test_a_bad_line_is_named_with_its_number(tmp_path: Path, row: Any, why: str) -> None:
    file = lines(tmp_path / "a.jsonl", {"text": "好"}, row)
    with pytest.raises(UnreadableRow) as raised:
        list(examples.read(file))
    assert raised.value.line == 2
    assert str(file) in str(raised.value)
    assert why in str(raised.value)


def test_text_that_is_not_utf8_names_its_line(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(b'{"text": "ok"}\n{"text": "\xc2\xb7\xc0"}')
    with pytest.raises(UnreadableRow, match=r"a\.jsonl:2: 不是 UTF-8"):
        list(examples.read(file))


def test_missing_and_cut_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"none\.jsonl"):
        list(examples.read(tmp_path / "none.jsonl"))
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(gzip.compress(b'{"text": "ok"}\n' * 500)[:-12])
    with pytest.raises(UnreadableFile, match=r"cut\.jsonl\.gz"):
        list(examples.read(cut))
    fake = tmp_path / "fake.jsonl.gz"
    fake.write_bytes(b'{"text": "ok"}')
    with pytest.raises(UnreadableFile, match=r"fake\.jsonl\.gz"):
        list(examples.read(fake))


def test_an_unknown_target_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownTarget, match="colour"):
        list(examples.read(lines(tmp_path / "a.jsonl", {"text": "一"}), need="colour"))


def test_a_taxonomy_has_a_column_a_level_and_lists_split_at_bars(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text(
        "\ufeff一级分类,二级分类,三级分类,keywords,description\n市政,路灯,路灯不亮,灯|杆,照明\n市政,道路,,,\n"
    )
    assert examples.read_taxonomy(file) == [
        examples.Heading(("市政", "路灯", "路灯不亮"), "照明", ("灯", "杆")),
        examples.Heading(("市政", "道路")),
    ]


@pytest.mark.parametrize(
    ("content", "why"),
    [("甲,乙\n1,2\n", "表头"), ("一级分类,二级分类\n,路灯\n", "为空"), ("一级分类\n", "分类表为空")],
)
def test_a_taxonomy_that_cannot_be_used_is_named(tmp_path: Path, content: str, why: str) -> None:
    file = tmp_path / "t.csv"
    file.write_text(content)
    with pytest.raises((UnreadableFile, UnreadableRow), match=why):
        examples.read_taxonomy(file)


def test_a_reply_alone_is_a_text_only_where_no_label_is_needed(tmp_path: Path) -> None:
    file = lines(tmp_path / "replies.jsonl", {"reply": "已派人修复路灯", "category": "市政"})
    assert [row.reply for row in examples.read(file)] == ["已派人修复路灯"]
    with pytest.raises(UnreadableRow):
        list(examples.read(file, need="category"))


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-03-05T09:12:00", date(2026, 3, 5)),
        ("2026-03-05", date(2026, 3, 5)),
        ("昨天", None),
        ("", None),
        (7, None),
    ],
)
def test_the_day_of_a_row_is_read_where_it_is_one(tmp_path: Path, written: object, day: date | None) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps({"text": "路灯不亮", "asked_at": written}), encoding="utf-8")
    assert [row.day for row in examples.read(file)] == [day]
