"""What an import would do is known before it does it, and doing it twice does it once."""

from __future__ import annotations

from datetime import datetime

import pytest

from knowledge import articles
from knowledge.importing import reading
from storage.database import Database
from tests.unit.knowledge.importing import office
from tests.unit.knowledge.importing.planning import counts, landed, planned, sheet


def test_what_is_new_changed_and_as_it_was_is_told_apart(database: Database, now: datetime) -> None:
    landed(database, now, sheet(("A-1", "怎样办？", "这样。"), ("B-1", "怎样退？", "那样。")))
    made = planned(
        database, sheet(("A-1", "怎样办？", "这样。"), ("B-1", "怎样退？", "改了。"), ("C-1", "怎样换？", "又一样。"))
    )
    assert counts(made) == (1, 1, 1, 0)
    (changed,) = [row for row in made.rows if row.change == "changed"]
    assert changed.fields == ("short_answer", "body")


def test_a_plan_writes_nothing_and_a_second_import_changes_nothing(database: Database, now: datetime) -> None:
    document = reading.read("办法.docx", office.docx(*office.regulation(30)))
    assert counts(planned(database, document)) == (30, 0, 0, 0)
    with database.read() as session:
        assert articles.count(session) == 0
    landed(database, now, document)
    assert counts(planned(database, document)) == (0, 0, 30, 0)


def test_what_an_editor_completed_survives_an_import_that_says_nothing_of_it(database: Database, now: datetime) -> None:
    landed(database, now, sheet(("A-1", "路灯不亮找谁？", "报修即可。")))
    completed = sheet(
        ("A-1", "路灯不亮找谁？", "报修即可。", "路灯不亮", "区城管委", "您好，请报修。"),
        head=("编号", "问题", "答案", "分类", "责任单位", "简短答复"),
    )
    landed(database, now, completed)
    landed(database, now, sheet(("A-1", "路灯不亮找谁？", "请拨打热线报修。")))
    with database.read() as session:
        article = articles.get(session, "A-1")
        assert (article.category, article.unit, article.short_answer) == ("030401", "U012", "您好，请报修。")
        assert article.body == "请拨打热线报修。"


def test_a_short_answer_cut_from_the_text_follows_the_text(database: Database, now: datetime) -> None:
    landed(database, now, sheet(("A-1", "怎样办？", "旧规定。")))
    made = planned(database, sheet(("A-1", "怎样办？", "新规定。" * 200)))
    short = made.rows[0].source.short_answer
    assert short.startswith("新规定。")
    assert short.endswith("。")
    assert len(short) <= 300


@pytest.mark.parametrize(
    ("category", "unit", "codes"),
    [
        ("030401", "U012", ("030401", "U012")),
        ("30401", "区城管委", ("030401", "U012")),
        ("市政/照明/灯杆倾斜", "城管委", ("030402", "U012")),
        ("市政 > 照明", " 区城市管理委 ", ("0304", "U012")),
    ],
)
def test_categories_and_units_are_known_by_code_name_and_path(
    database: Database, category: str, unit: str, codes: tuple[str, str]
) -> None:
    made = planned(
        database,
        sheet(("A-1", "怎样办？", "这样。", category, unit), head=("编号", "问题", "答案", "分类编码", "责任单位")),
    )
    (row,) = made.rows
    assert (row.source.category, row.source.unit) == codes
    assert not row.hints


def test_a_category_that_is_not_known_is_left_to_the_editor_with_a_hint(database: Database) -> None:
    (row,) = planned(database, sheet(("A-1", "怎样办？", "这样。", "火星"), head=("编号", "问题", "答案", "分类"))).rows
    assert row.source.category == ""
    assert "没有分类“火星”" in row.hints[0]


def test_of_two_rows_with_one_number_the_second_is_refused_with_both_places(database: Database) -> None:
    made = planned(database, sheet(("A-1", "怎样办？", "这样。"), ("A-1", "怎样退？", "那样。")))
    assert counts(made) == (1, 0, 0, 1)
    assert str(made.faults[0]) == "a.xlsx 工作表“问答” 第 3 行：编号“A-1”与 a.xlsx 工作表“问答” 第 2 行 重复"


def test_two_documents_of_one_title_are_not_mixed(database: Database) -> None:
    one, two = (reading.read(file, "# 停水须知\n\n请储水。".encode()) for file in ("a.md", "b.md"))
    made = planned(database, one, two)
    assert counts(made) == (1, 0, 0, 1)
    assert "标题“停水须知”与 a.md 相同" in str(made.faults[0])


def test_a_question_asked_already_is_hinted_at(database: Database, now: datetime) -> None:
    landed(database, now, sheet(("A-1", "怎样办理居住证的续签手续？", "这样。")))
    made = planned(
        database,
        sheet(
            ("B-1", "怎样办理居住证的续签手续", "这样。"),
            ("C-1", "怎样办理居住证续签手续？", "那样。"),
            ("D-1", "路灯坏了找谁？", "城管。"),
        ),
    )
    hints = {row.source.id: row.hints for row in made.rows}
    assert hints["B-1"] == ("与 A-1 的问题相同",)
    assert "相近" in hints["C-1"][0]
    assert hints["D-1"] == ()


def test_passages_that_vanished_are_listed_and_those_of_other_documents_are_not(
    database: Database, now: datetime
) -> None:
    lines = office.regulation(10)
    landed(database, now, reading.read("a.docx", office.docx(*lines)), sheet(("A-1", "怎样办？", "这样。")))
    last = max(number for number, line in enumerate(lines) if line.startswith("第十条"))
    made = planned(database, reading.read("a.docx", office.docx(*lines[:last])))
    (gone,) = made.vanished
    with database.read() as session:
        assert "第十条" in articles.get(session, gone.number).basis[0]


def test_what_the_database_would_not_hold_is_refused_with_the_name_of_the_column(database: Database) -> None:
    long = sheet(("A1" * 33, "怎样办？", "这样。", "居民" * 40), head=("编号", "问题", "答案", "适用对象"))
    assert "“编号”太长，至多 64 个字" in str(planned(database, long).faults[0])
    audience = sheet(("A-1", "怎样办？", "这样。", "居民" * 40), head=("编号", "问题", "答案", "适用对象"))
    assert "“适用人群”太长，至多 60 个字" in str(planned(database, audience).faults[0])
    dates = sheet(
        ("A-1", "怎样办？", "这样。", "2026-05-01", "2026-04-01"), head=("编号", "问题", "答案", "有效期起", "有效期止")
    )
    assert "失效日期早于生效日期" in str(planned(database, dates).faults[0])


def test_a_plan_as_json_names_file_sheet_row_and_column(database: Database) -> None:
    made = planned(database, sheet(("A-1", "怎样办？", "这样。"), ("B-1", "怎样退？", None)))
    document = made.document()
    assert (document["added"], document["refused"]) == (1, 1)
    assert document["errors"] == [
        {"file": "a.xlsx", "sheet": "问答", "row": 3, "column": "答案", "message": "没有填写答案"}
    ]
    assert document["rows"][0]["id"] == "A-1"


def test_a_change_to_what_is_published_is_brought_once(database: Database, now: datetime) -> None:
    published = [row.source for row in planned(database, sheet(("A-1", "怎样办？", "这样。"))).rows]
    with database.write.begin() as session:
        articles.import_sources(session, published, actor="pack", now=now, publish_them=True)
    changed = sheet(("A-1", "怎样办？", "改了。"))
    assert counts(landed(database, now, changed)) == (0, 1, 0, 0)
    assert counts(planned(database, changed)) == (0, 0, 1, 0)
