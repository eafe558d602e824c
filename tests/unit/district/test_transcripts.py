"""``hotline.yaml``: every breach with its file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

import packs
from district.checks import examine
from district.errors import PackError
from district.reading import Problems
from district.transcripts import FILE, check_transcripts, line_pattern, load_transcripts

DEMO = Path(packs.__file__).parent / "demo"
TEXT = (DEMO / FILE).read_text("utf-8")

BREACHES = [
    ('turns: ["{speaker} {at}"]', 'turns: ["{speaker} {when}"]', "不认识 {when}"),
    ('turns: ["{speaker} {at}"]', 'turns: ["{text}"]', "分不出一句从哪里开始"),
    ('turns: ["{speaker} {at}"]', 'turns: ["{at} {offset} {text}"]', "只能有一个"),
    ('turns: ["{speaker} {at}"]', 'turns: ["{at} {at}"]', "写了两次"),
    ('turns: ["{speaker} {at}"]', 'turns: ["{speaker} {at}"]\n    header: "{key}"', "{key} 和 {value}"),
    ("{pattern: '[，、,]([。！？!?])', becomes: '\\1'}", "{pattern: 'a', becomes: '\\1'}", "不能替换"),
    ("name: stamped", "naem: stamped", "缺少字段“name”"),
    ("    - 很高兴为您", "    - 很高兴为您(", "不是正则表达式"),
    ("    - 很高兴为您", "    - (很)高兴\\1", "不能引用分组"),
    ("    - 很高兴为您", "    - 高兴(?i)", "不"),
    ("    silence: [无声", "    quiet: [无声", "不认识的标记“quiet”"),
]


def breaches(tmp_path: Path, text: str) -> list[tuple[str, int, str]]:
    (tmp_path / FILE).write_text(text, "utf-8")
    problems = Problems()
    check_transcripts(tmp_path, problems)
    return [tuple(each) for each in problems.sorted()]


@pytest.mark.parametrize(("was", "now", "words"), BREACHES, ids=[words for _, _, words in BREACHES])
def test_a_breach_is_named_with_its_line(tmp_path, was, now, words):
    assert TEXT.count(was) == 1
    line = TEXT[: TEXT.index(was)].count("\n") + 1
    found = breaches(tmp_path, TEXT.replace(was, now))
    assert [file for file, _, _ in found] == [FILE] * len(found)
    told = [at for _, at, message in found if words in message]
    assert told
    assert min(abs(at - line) for at in told) <= 1


def test_needed_names_may_not_be_missing(tmp_path):
    found = breaches(tmp_path, TEXT.replace("  call_id: [", "  call_ids: ["))
    assert any("call_id" in message for _, _, message in found)


def test_two_layouts_have_two_names(tmp_path):
    assert any(
        "不能重复" in message for _, _, message in breaches(tmp_path, TEXT.replace("name: stamped", "name: arrowed"))
    )


def test_a_broken_file_is_refused_on_load(tmp_path):
    (tmp_path / FILE).write_text("fields: [", "utf-8")
    with pytest.raises(PackError):
        load_transcripts(tmp_path)


def test_a_pack_needs_none(tmp_path):
    assert load_transcripts(tmp_path) is None


def test_the_check_of_a_pack_looks_at_it():
    _, problems = examine(DEMO)
    assert problems.found == []


def test_a_pack_with_a_broken_one_is_refused(tmp_path):
    import shutil

    folder = tmp_path / "pack"
    shutil.copytree(DEMO, folder)
    (folder / FILE).write_text(TEXT.replace("name: stamped", "naem: stamped"), "utf-8")
    _, problems = examine(folder)
    assert {each.file for each in problems.found} == {FILE}


@pytest.mark.parametrize(
    ("template", "line"),
    [
        ("[{offset}] {speaker}：{text}", "[00:03] 坐席：您好"),
        ("[{offset}] {speaker}：{text}", "【1:00:03.5】坐席 : 您好"),
        ("{speaker} {at}", "坐席(1001) 2026-03-05 10:02:11"),
        ("{speaker} {at}", "坐席（1001）   2026/3/5 10:02"),
        ("{offset} --> {end} {speaker}: {text}", "0:00:03.120 --> 0:00:06.400 客户: 您好"),
    ],
)
def test_a_template_takes_its_lines(template, line):
    assert line_pattern(template).fullmatch(line)


@pytest.mark.parametrize("line", ["坐席：您好", "[xx:03] 坐席：您好", "", "[00:03]"])
def test_and_no_others(line):
    assert not line_pattern("[{offset}] {speaker}：{text}").fullmatch(line)
