"""Knowledge of an office comes in by command and by page, and goes out again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from openpyxl import load_workbook
from sqlalchemy import func, select

from knowledge import articles
from knowledge.tables import Article
from tests.integration.commands import Command, Done, alone, json_lines, look, run, worked_home
from tests.unit.knowledge.importing import office

__all__ = ["alone", "run", "worked_home"]
ALL = select(func.count(Article.id))


def counts(done: Done) -> tuple[int, int, int, int]:
    told = json.loads(done.out)
    return told["added"], told["changed"], told["unchanged"], told["refused"]


@pytest.fixture(scope="module")
def office_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an office has: questions in a sheet, a guide with tables, a long regulation, and what is no knowledge."""
    folder = tmp_path_factory.mktemp("office")
    (folder / "政策").mkdir()
    (folder / "问答汇总.xlsx").write_bytes(office.thousand_questions())
    (folder / "政策" / "综合管理条例.docx").write_bytes(office.docx(*office.regulation(800)))
    guide = office.docx(
        "高龄津贴办理指南",
        ("Heading 1", "申请条件"),
        "具有本区户籍、年满八十周岁的老年人。",
        ("Heading 1", "发放标准"),
        [["年龄", "每月标准"], ["80至89岁", "100元"], ["90岁以上", "200元"]],
    )
    (folder / "政策" / "高龄津贴.docx").write_bytes(guide)
    (folder / "照片.jpg").write_bytes(b"\xff\xd8\xff")
    (folder / "~$高龄津贴.docx").write_bytes(b"x")
    (folder / "旧.doc").write_bytes(b"\xd0\xcf\x11\xe0")
    return folder


def test_an_office_folder_lands_whole_and_a_second_time_changes_nothing(alone: Command, office_folder: Path) -> None:
    before = look(alone, ALL)
    shown = alone("articles", "import", "--preview", "--json", office_folder)
    assert counts(shown) == (1_802, 0, 0, 1)
    assert look(alone, ALL) == before
    first = alone("articles", "import", "--json", office_folder)
    assert first.code == 1, "a file that could not be taken is told by the exit code"
    assert counts(first) == (1_802, 0, 0, 1)
    (fault,) = json.loads(first.out)["errors"]
    assert fault["file"].endswith("旧.doc")
    assert ".docx" in fault["message"]
    assert "照片.jpg" in first.err
    assert look(alone, ALL) == before + 1_802
    assert counts(alone("articles", "import", "--json", office_folder)) == (0, 0, 1_802, 1)
    assert look(alone, ALL) == before + 1_802
    assert (
        look(alone, select(func.count(Article.id)).where(Article.status != "draft", Article.number == "WD-0001")) == 0
    )


def test_an_import_that_was_stopped_goes_on_where_it_was(
    alone: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "questions.xlsx"
    file.write_bytes(office.thousand_questions(450))
    landed = articles.import_sources
    asked = []

    def stopped(*given: object, **named: object) -> object:
        asked.append(1)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return landed(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(articles, "import_sources", stopped)
    assert alone("articles", "import", file).code != 0
    monkeypatch.setattr(articles, "import_sources", landed)
    assert counts(alone("articles", "import", "--json", file)) == (250, 0, 200, 0)


def test_good_rows_land_and_the_others_are_named_with_sheet_row_and_column(alone: Command, tmp_path: Path) -> None:
    file = tmp_path / "kb.xlsx"
    rows = [
        ("编号", "问题", "答案"),
        ("A-1", "怎样办证？", "到窗口办。"),
        ("A-2", "怎样换证？", ""),
        ("A-1", "怎样退证？", "不能退。"),
    ]
    file.write_bytes(office.xlsx(*rows))
    done = alone("articles", "import", file)
    assert done.code == 1
    assert "工作表“问答” 第 3 行 “答案”：没有填写答案" in done.err
    assert "编号“A-1”与" in done.err
    assert "新增 1，更新 0，未变 0，保留 0，不能更新 0，未导入 2 处" in done.err
    assert look(alone, select(Article.short_answer).where(Article.number == "A-1")) == "到窗口办。"


def test_a_passage_that_vanished_is_told_and_stays(alone: Command, tmp_path: Path) -> None:
    file = tmp_path / "办法.docx"
    lines = [
        "玉泉区共享菜园管理办法",
        "第一条　为了规范菜园，制定本办法。",
        "第二条　每户一畦，抽签分配。",
        "第三条　弃种的收回。",
    ]
    file.write_bytes(office.docx(*lines))
    assert counts(alone("articles", "import", "--json", file)) == (3, 0, 0, 0)
    file.write_bytes(office.docx(lines[0], lines[1], "第二条　每户两畦，抽签分配。"))
    done = alone("articles", "import", "--json", file)
    assert counts(done) == (0, 1, 1, 0)
    (gone,) = json.loads(done.out)["vanished"]
    assert gone["question"] == "弃种的收回"
    assert look(alone, select(func.count(Article.id)).where(Article.number == gone["number"])) == 1


def test_nothing_is_imported_where_a_file_is_missing_or_none_is_given(run: Command, tmp_path: Path) -> None:
    assert "没有文件" in run("articles", "import", tmp_path / "no.docx").refused()
    (tmp_path / "empty").mkdir()
    assert "没有可以导入的文件" in run("articles", "import", tmp_path / "empty").refused()


@pytest.mark.parametrize("kind", ["jsonl", "md"])
def test_what_is_exported_comes_in_again_without_loss(alone: Command, tmp_path: Path, kind: str) -> None:
    strange = {
        "id": "S.1_甲-",
        "question": "带“引号”和 #井号 的问题？",
        "similar": ["- 一", "null", "2026-01-01", "a: b"],
        "short_answer": "yes",
        "category": "",
        "unit": "",
        "fee": "0: 免费 # 注",
        "body": "---\n\n第一段\n\n| 甲 | 乙 |\n| --- | --- |\n| 1 | 2 |\n\n---\n结尾",
        "valid_until": "2027-12-31",
    }
    source = tmp_path / "strange.jsonl"
    source.write_bytes(json_lines(strange))
    assert alone("articles", "import", source).code == 0
    target = tmp_path / ("out" if kind == "md" else "out.jsonl")
    assert alone("articles", "export", "--format", kind, target).code == 0
    total = look(alone, ALL)
    assert counts(alone("articles", "import", "--json", target)) == (0, 0, total, 0)


def test_without_a_target_json_lines_go_to_stdout(run: Command) -> None:
    rows = run("articles", "export").lines
    assert {"id", "question", "short_answer", "body"} <= set(rows[0])
    assert "标准输出" in run("articles", "export", "--format", "xlsx").refused()


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_a_formula_in_an_article_is_text_in_the_sheet_and_comes_back_as_it_was(
    alone: Command, tmp_path: Path, kind: str
) -> None:
    source, target = tmp_path / "s.jsonl", tmp_path / f"out.{kind}"
    question = '=HYPERLINK("http://x.example";"点我")'
    row = {"id": "F-1", "question": question, "short_answer": "答。", "body": "答。", "category": "", "unit": ""}
    source.write_bytes(json_lines(row))
    alone("articles", "import", source)
    assert alone("articles", "export", target).code == 0
    if kind == "xlsx":
        cells = [row[1] for row in load_workbook(target).active.iter_rows()]
        (cell,) = [each for each in cells if each.value == question]
        assert cell.data_type == "s"
        assert cell.quotePrefix
    else:
        assert "\"'=HYPERLINK" in target.read_text("utf-8-sig")
    done = json.loads(alone("articles", "import", "--preview", "--json", target).out)
    assert [each["change"] for each in done["rows"] if each["id"] == "F-1"] == ["unchanged"]


def test_markdown_of_the_export_is_what_packs_ship(run: Command, tmp_path: Path) -> None:
    run("articles", "export", "--format", "md", tmp_path / "out")
    text = (tmp_path / "out" / "KB-0001.md").read_text("utf-8")
    front = yaml.safe_load(text.split("---\n")[1])
    assert front["id"] == "KB-0001"
    assert "body" not in front


def test_an_article_too_long_for_a_cell_is_not_cut_in_silence(alone: Command, tmp_path: Path) -> None:
    source = tmp_path / "s.jsonl"
    row = {"id": "L-1", "question": "很长", "short_answer": "答。", "body": "长" * 40_000, "category": "", "unit": ""}
    source.write_bytes(json_lines(row))
    alone("articles", "import", source)
    assert "L-1" in alone("articles", "export", tmp_path / "out.xlsx").refused()
