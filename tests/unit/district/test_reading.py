"""Files of a pack: lines of YAML and CSV, byte order mark, encodings, and what is no such file at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from district.articles import read_article
from district.errors import Problem
from district.reading import Document, Problems, build_items, read_document, read_rows
from district.schemas import Rule


class Thing(Rule):
    name: str
    size: int = 0


def document(folder: Path, text: str | bytes) -> tuple[Document | None, list[Problem]]:
    (folder / "file.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    problems = Problems()
    return read_document(folder, "file.yaml", problems), problems.found


def rows(folder: Path, text: str | bytes) -> tuple[list[tuple[int, str, str]], list[tuple[int, str]]]:
    (folder / "file.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    problems = Problems()
    found = read_rows(folder, "file.csv", ("code", "name"), problems)
    return [(row.line, row.cells["code"], row.cells["name"]) for row in found], [each[1:] for each in problems.found]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: [1, 2\nc: 3\n", 3, "YAML 语法错误"),
        ("a: 1\n\nb: 2026-13-01\n", 3, "2026-13-01"),
        ("a: 1\na: 2\n", 2, "键“a”重复"),
        ("a: 1\n? [b]\n: 2\n", 2, "写成字符串"),
        ("a: &x [*x]\n", 1, "YAML 语法错误"),
        ("a: 1\x00\n", 1, "YAML 语法错误"),
        ("a: !!python/object:os.system 1\n", 1, "YAML 语法错误"),
        ("名: 一\n称: 二\n".encode("gb18030"), 1, "不是 UTF-8 编码"),
        (b"a: 1\nb: 2\nc: \xff\n", 3, "不是 UTF-8 编码"),
    ],
)
def test_what_is_not_yaml_is_told_with_its_line(tmp_path: Path, text: str | bytes, line: int, words: str) -> None:
    _, found = document(tmp_path, text)
    assert [(each.file, each.line) for each in found] == [("file.yaml", line)]
    assert words in found[0].message


def test_a_byte_order_mark_is_no_part_of_the_first_word(tmp_path: Path) -> None:
    read, found = document(tmp_path, b"\xef\xbb\xbfname: x\n")
    assert found == []
    assert read is not None
    assert read.data == {"name": "x"}
    assert rows(tmp_path, b"\xef\xbb\xbfcode,name\n1,x\n") == ([(2, "1", "x")], [])


def test_every_key_and_item_has_its_line_and_else_the_one_above_it(tmp_path: Path) -> None:
    read, _ = document(tmp_path, "a:\n  - b: 1\n    c:\n      d: 2\n  - {b: 3}\n")
    assert read is not None
    assert [read.line("a", 0, "c", "d"), read.line("a", 1, "b"), read.line("a", 0, "nothing", "there")] == [4, 5, 2]


def test_broken_items_are_told_and_sound_ones_kept(tmp_path: Path) -> None:
    read, _ = document(tmp_path, "things:\n  - {name: a}\n  - {name: b, size: big}\n  - {nam: c}\n  - d\n")
    problems = Problems()
    made = build_items(Thing, read, "things", problems)
    assert [each.rule.name for each in made] == ["a"]
    assert [each.line for each in problems.found] == [3, 4, 4, 5]
    assert all("字段" in each.message or "应是" in each.message for each in problems.found)


def test_a_row_has_the_line_it_starts_on_even_after_a_quoted_line_break(tmp_path: Path) -> None:
    text = 'code,name\n1,"two\nlines"\n\n2,x\r\n3,"three\n\nlines"\n4,y\n'
    assert rows(tmp_path, text) == (
        [(2, "1", "two\nlines"), (5, "2", "x"), (6, "3", "three\n\nlines"), (9, "4", "y")],
        [],
    )


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("code\n1\n", 1, "缺少列：name"),
        ("", 1, "缺少列：code、name"),
        ("code,name,more\n1,x,y\n", 1, "不认识的列：more"),
        ("code,name,name\n1,x,y\n", 1, "列重复：name"),
        ("code,name\n1\n", 2, "应有 2 列，实有 1 列"),
        ('code,name\n1,x\n2,"never closed\n3,y\n', 4, "请检查引号"),
        ("code,name\n1,编\n".encode("gb18030"), 2, "不是 UTF-8 编码"),
    ],
)
def test_what_is_not_the_table_is_told_with_its_line(tmp_path: Path, text: str | bytes, line: int, words: str) -> None:
    _, ((found_line, message),) = rows(tmp_path, text)
    assert found_line == line
    assert words in message


def test_a_folder_in_place_of_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file.csv").mkdir()
    problems = Problems()
    assert read_rows(tmp_path, "file.csv", ("code",), problems) == []
    assert "无法读取" in problems.found[0].message


ARTICLE = "---\nid: KB-1\nquestion: 怎么办？\ncategory: '010101'\nunit: U001\nshort_answer: 这样办。\n---\n\n正文\n"


def test_one_article_is_read_by_itself_and_named_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "one.md"
    path.write_text(ARTICLE.replace("\n", "\r\n"), encoding="utf-8")
    problems = Problems()
    article = read_article(path, problems)
    assert problems.found == []
    assert article is not None
    assert (article.id, article.body) == ("KB-1", "正文")
    path.write_text(ARTICLE.replace("short_answer: 这样办。", "short_answer: ''"), encoding="utf-8")
    assert read_article(path, problems) is None
    assert problems.found[0][:2] == (str(path), 6)
