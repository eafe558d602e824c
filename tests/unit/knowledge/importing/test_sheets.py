"""Sheets of questions and answers: columns in any order, rows that say why they are not taken."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from knowledge.content import LABELS
from knowledge.importing import reading
from knowledge.importing.columns import HEADINGS, fields_of
from knowledge.importing.material import Reading
from tests.unit.knowledge.importing import office

CSV = "答案,问法,问题,关键词\n到窗口办理。,怎么办证；如何办证,怎样办证？,证件|窗口\n"


def only(taken: Reading) -> dict[str, Any]:
    assert not taken.faults, [str(each) for each in taken.faults]
    (draft,) = taken.drafts
    return dict(draft.fields)


def test_columns_are_found_by_their_headings_in_any_order_below_titles() -> None:
    taken = reading.read(
        "x.xlsx",
        office.xlsx(
            ("2026年问答汇总",),
            (),
            (
                "序号",
                "* 答案（必填）",
                "相似问题",
                "标准问题",
                "责任单位",
                "有效期起",
                "有效期止",
                "法律依据",
                "收费",
                "适用对象",
            ),
            (
                1,
                "带证件到窗口。",
                "怎么办\n如何办",
                "怎样办证？",
                "区公安分局",
                datetime(2026, 1, 2),
                "长期",
                "某办法第三条",
                "不收费",
                "居民",
            ),
        ),
    )
    fields = only(taken)
    assert (fields["question"], fields["body"], fields["similar"]) == (
        "怎样办证？",
        "带证件到窗口。",
        ("怎么办", "如何办"),
    )
    assert (fields["valid_from"], fields["valid_until"], fields["basis"]) == (date(2026, 1, 2), None, ("某办法第三条",))
    assert "“序号”" in taken.notes[0]


def test_of_two_columns_for_one_field_the_surer_word_has_it() -> None:
    fields = only(reading.read("x.csv", "标题,正文,答复\n路灯不亮,门口的灯坏了。,已修好。\n".encode()))
    assert fields["body"] == "已修好。"


def test_every_field_is_read_under_the_name_that_pages_and_export_give_it() -> None:
    names = [words[0] for words in HEADINGS.values()]
    assert list(fields_of(names)) == list(HEADINGS)
    assert names == ["编号", *(LABELS[name] for name in HEADINGS if name != "id")]


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_is_read_in_the_charsets_of_offices(charset: str) -> None:
    fields = only(reading.read("x.csv", CSV.encode(charset)))
    assert fields["similar"] == ("怎么办证", "如何办证")
    assert fields["keywords"] == ("证件", "窗口")


@pytest.mark.parametrize("delimiter", ["\t", ";"])
def test_csv_may_be_parted_by_tabs_or_semicolons(delimiter: str) -> None:
    text = f"Question{delimiter}Answer\n怎样办？{delimiter}这样办。\n"
    assert only(reading.read("x.csv", text.encode()))["body"] == "这样办。"


def test_a_sheet_of_two_hundred_columns_is_read_by_those_it_knows() -> None:
    extra = [f"备用{number}" for number in range(198)]
    taken = reading.read("x.xlsx", office.xlsx((*extra, "问题", "答案"), (*extra, "怎样办？", "这样办。")))
    assert only(taken)["question"] == "怎样办？"
    assert "等 198 列" in taken.notes[0]


def test_a_sheet_wider_than_any_form_is_refused_with_the_number_of_columns() -> None:
    for file, content in (
        ("x.xlsx", office.xlsx(("问题", "答案", *["x"] * 300), ("甲", "乙"))),
        ("x.csv", ("问题,答案" + ",x" * 300 + "\n甲,乙\n").encode()),
    ):
        (fault,) = reading.read(file, content).faults
        assert "超过 256 列" in fault.message


def test_rows_without_question_or_answer_are_named_and_the_others_taken() -> None:
    rows = [
        ("问题", "答案"),
        ("甲怎么办？", "办。"),
        ("乙怎么办？", None),
        (None, "丙。"),
        (None, None),
        ("丁怎么办？", "办。"),
    ]
    taken = reading.read("x.xlsx", office.xlsx(*rows))
    assert [str(each) for each in taken.faults] == [
        "x.xlsx 工作表“问答” 第 3 行 “答案”：没有填写答案",
        "x.xlsx 工作表“问答” 第 4 行 “问题”：没有填写问题",
    ]
    assert [each.place.row for each in taken.drafts] == [2, 6]


def test_a_formula_counts_as_its_value_and_one_without_a_value_is_named() -> None:
    taken = reading.read("x.xlsx", office.xlsx(("问题", "答案"), ("甲怎么办？", '="办"&"理"')))
    (fault,) = taken.faults
    assert "公式没有算出的值" in fault.message
    assert fault.place.row == 2


def test_an_error_value_is_no_answer() -> None:
    made = office.xlsx(("问题", "答案"), ("甲怎么办？", "#N/A"))
    (fault,) = reading.read("x.xlsx", made).faults
    assert "#N/A" in fault.message


def test_a_cell_merged_over_rows_counts_for_each() -> None:
    rows = [("分类", "问题", "答案"), ("市政", "甲怎么办？", "办。"), (None, "乙怎么办？", "办。")]
    taken = reading.read("x.xlsx", office.xlsx(*rows, merged=("A2:A3",)))
    assert [each.fields["category"] for each in taken.drafts] == ["市政", "市政"]


def test_html_in_a_cell_becomes_markdown_without_scripts() -> None:
    cell = '<p>第一步<br>到窗口</p><ul><li>带证</li></ul><script>x()</script><a href="javascript:x()">点</a>'
    body = only(reading.read("x.xlsx", office.xlsx(("问题", "答案"), ("甲？", cell))))["body"]
    assert "- 带证" in body
    assert "x()" not in body
    assert "<" not in body


def test_a_question_without_number_has_the_same_number_whatever_its_answer() -> None:
    first = only(reading.read("a.csv", "问题,答案\n怎样办证？,甲。\n".encode()))
    second = only(reading.read("b.csv", "答案,问题\n乙。,怎样办证\n".encode()))
    assert first["id"] == second["id"]


def test_entries_of_materials_lose_the_numbers_before_them() -> None:
    fields = only(
        reading.read(
            "x.xlsx", office.xlsx(("问题", "答案", "办理材料"), ("甲？", "乙。", "1.身份证\n2、申请表\n③照片"))
        )
    )
    assert fields["materials"] == ("身份证", "申请表", "照片")


def test_sheets_without_questions_are_left_out_with_a_word() -> None:
    book = office.Workbook()
    book.active.title = "说明"
    book.active.append(["本表由各单位填写"])
    second = book.create_sheet("问答")
    second.append(["问题", "答案"])
    second.append(["甲？", "乙。"])
    taken = reading.read("x.xlsx", office.saved(book))
    assert only(taken)["question"] == "甲？"
    assert "“说明”" in taken.notes[0]


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("x.xlsx", office.xlsx(), "表格是空的"),
        ("x.xlsx", office.xlsx(("姓名", "电话"), ("甲", "1")), "找不到表头"),
        ("x.xlsx", office.xlsx(("问题", "答案")), "表头下面没有内容"),
        ("x.csv", "姓名,电话\n甲,1\n".encode(), "找不到表头"),
        ("x.csv", '问题,答案\n甲？,"乙\n丙？,丁\n'.encode(), "双引号"),
    ],
)
def test_a_sheet_that_holds_no_questions_says_what_it_lacks(file: str, content: bytes, said: str) -> None:
    taken = reading.read(file, content)
    assert not taken.drafts
    assert said in taken.faults[0].message


def test_a_workbook_of_very_many_sheets_is_refused() -> None:
    book = office.Workbook()
    for _ in range(100):
        book.create_sheet()
    (fault,) = reading.read("x.xlsx", office.saved(book)).faults
    assert "101 个工作表" in fault.message
