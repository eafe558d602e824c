"""Files that are broken, hostile or something else: a sentence in Chinese, and no more time than a sound one."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from api.article_imports import read_file, read_found, walk
from knowledge.importing import reading
from knowledge.importing.material import MAX_BYTES
from tests.unit.knowledge.importing import office

SOUND = office.docx("停水须知", "请先储水。")


def with_member(name: str, content: bytes, payload: bytes = SOUND) -> bytes:
    made = io.BytesIO(payload)
    with zipfile.ZipFile(made, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return made.getvalue()


def with_document(xml: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(SOUND)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            new.writestr(info.filename, xml if info.filename == "word/document.xml" else old.read(info))
    return made.getvalue()


DEEP = b"<w:p>" * 50_000
ENTITY = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'
HEAD = b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
CASES = [
    ("cut.docx", SOUND[: len(SOUND) // 2], "已损坏"),
    ("other.docx", office.zipped(readme_txt=b"hello"), "不是 DOCX 文档"),
    ("sheet.docx", office.xlsx(("问题", "答案")), "不是 DOCX 文档"),
    ("text.docx", "普通文字".encode(), "已损坏"),
    ("old.docx", OLE, "旧版格式或加了密码"),
    ("bomb.docx", with_document(HEAD + b" " * 50_000_000), "压缩炸弹"),
    ("nested.docx", with_member("word/embeddings/a.zip", b"PK"), "套着压缩包"),
    ("macro.docx", with_member("word/vbaProject.bin", b"x"), "宏"),
    ("entity.docx", with_document(ENTITY), "实体"),
    ("malformed.docx", with_document(HEAD + b"<w:p>"), "已损坏"),
    ("deep.docx", with_document(HEAD + DEEP + b"</w:p>" * 50_000 + b"</w:body></w:document>"), "已损坏"),
    ("empty.docx", office.docx(), "没有可以导入的文字"),
    ("cut.xlsx", office.thousand_questions(5)[:3_000], "已损坏"),
    ("word.xlsx", SOUND, "不是 XLSX 表格"),
    ("secret.pdf", office.encrypted_pdf(), "加了密码"),
    ("scan.pdf", office.pdf([], []), "扫描件"),
    ("cut.pdf", b"%PDF-1.7\n" + b"x" * 500, "已损坏"),
    ("text.pdf", b"hello world", "不是 PDF"),
    ("deep.html", b"<div>" * 50_000, "嵌套过深"),
    ("tags.html", b"<p>a</p>" * 100_000, "标签过多"),
    ("binary.md", b"\x00\x01\x02" * 500, "不是文字文件"),
    ("bad.txt", b"\xff\xfa\x81" * 500, "编码无法识别"),
    ("bad.jsonl", b"{\n", "不是有效的 JSON"),
    ("list.jsonl", b"[1]\n", "JSON 对象"),
    ("nothing.csv", b" \n", "文件是空的"),
    ("big.pdf", b"%PDF" + b"0" * MAX_BYTES, "超过上限 20 MB"),
    ("letter.wps", b"x", "另存为 .docx"),
    ("table.xls", b"x", "另存为 .xlsx"),
    ("photo.jpg", b"x", "不支持这种格式"),
    ("noending", b"x", "不支持这种格式"),
]


@pytest.mark.parametrize(("file", "content", "said"), [pytest.param(*case, id=case[0]) for case in CASES])
def test_what_cannot_be_read_is_told_in_a_sentence_that_says_what_to_do(file: str, content: bytes, said: str) -> None:
    taken = reading.read(file, content)
    assert not taken.drafts
    assert said in taken.faults[0].message
    assert taken.faults[0].place.file == file


@pytest.mark.parametrize(
    "text",
    [
        "[" * 300_000,
        "[a](" * 100_000,
        "<script>" * 50_000,
        "*" * 300_000,
        "|a" * 100_000,
        "一、" * 100_000,
        "第一条\n\n" * 20_000,
    ],
    ids=["brackets", "links", "scripts", "stars", "cells", "labels", "clauses"],
)
def test_a_text_made_to_take_long_is_read_like_any_other(text: str) -> None:
    taken = reading.read("x.md", text.encode())
    assert taken.drafts or taken.faults


def test_a_sheet_in_a_part_of_another_name_is_measured_like_any() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(office.thousand_questions(3))) as old, zipfile.ZipFile(made, "w") as new:
        for info in old.infolist():
            name = info.filename.replace("sheet1.xml", "sheet1.dat")
            content = old.read(info).replace(b"sheet1.xml", b"sheet1.dat")
            new.writestr(name, content.replace(b"<worksheet", b"<!DOCTYPE x><worksheet"))
    (fault,) = reading.read("x.xlsx", made.getvalue()).faults
    assert "实体" in fault.message


def test_every_line_of_a_broken_jsonl_is_named_and_the_sound_ones_are_taken() -> None:
    good = b'{"id":"A1","question":"\xe6\x80\x8e\xe6\xa0\xb7","short_answer":"b","category":"","unit":""}\n'
    taken = reading.read("x.jsonl", good + b"{\n" + b'{"id":"B1"}\n')
    assert [each.fields["id"] for each in taken.drafts] == ["A1"]
    assert {each.place.row for each in taken.faults} == {2, 3}


def test_a_file_beyond_the_limit_is_not_loaded(tmp_path: pytest.TempPathFactory) -> None:
    file = tmp_path / "large.docx"  # type: ignore[operator]
    with file.open("wb") as opened:
        opened.truncate(50_000_000)
    (fault,) = read_file(file).faults
    assert "50 MB" in fault.message


def test_folders_are_walked_without_hidden_and_half_open_files(tmp_path: pytest.TempPathFactory) -> None:
    folder = tmp_path / "in"  # type: ignore[operator]
    for name in ("b/一.docx", "a.md", "~$a.docx", ".git/c.md", "d.jpg", "e.doc"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    found = walk([folder, folder / "a.md"])
    assert [each.name for each in found.files] == ["a.md", "一.docx", "e.doc"]
    assert [each.name for each in found.left_out] == ["d.jpg"]
    assert found.outside == []


def test_a_link_that_leads_out_of_the_folder_is_named_and_not_read(tmp_path: Path) -> None:
    folder, secret = tmp_path / "in", tmp_path / "secret.md"
    folder.mkdir()
    secret.write_text("# 内部\n\n不给人看。", "utf-8")
    (folder / "a.md").write_text("# 公开\n\n给人看。", "utf-8")
    (folder / "b.md").symlink_to(secret)
    (folder / "c.md").symlink_to("a.md")
    (folder / "loop.md").symlink_to("loop.md")
    (folder / "sub").symlink_to(tmp_path)
    found = walk([folder])
    assert [each.name for each in found.files] == ["a.md", "c.md"]
    (refused,) = [each for each in read_found(found) if each.faults]
    assert refused.file.endswith("b.md")
    assert "是链接" in refused.faults[0].message
    assert not refused.drafts


def test_control_marks_of_a_file_s_name_reach_no_message(tmp_path: Path) -> None:
    file = tmp_path / "a\x1b[2J\n\u202e.docx"
    file.write_bytes(b"x")
    (fault,) = read_file(file).faults
    assert fault.place.file.endswith("a\\x1b[2J\\n\\u202e.docx")
    assert str(fault).isprintable()
