"""Long documents are parted at their own headings, and every passage keeps the path to it."""

from __future__ import annotations

from knowledge.importing import reading
from knowledge.importing.blocks import Block
from knowledge.importing.material import Reading
from knowledge.importing.passages import Passage, split
from tests.unit.knowledge.importing import office

RULES = (
    "玉泉区养犬登记管理办法",
    "第一章　总则",
    "第一条　为了规范养犬行为，制定本办法。",
    "第二条　本办法适用于本区建成区。",
    "第二章　保障",
    "第八条　区公安分局负责登记。",
    "登记自受理之日起五个工作日内办结。",
)


def parted(*lines: str) -> list[Passage]:
    return split([Block(line) for line in lines])


def took(*lines: str, file: str = "a.txt") -> Reading:
    return reading.read(file, "\n\n".join(lines).encode())


def test_a_regulation_is_parted_at_its_clauses_with_the_path_kept() -> None:
    passages = parted(*RULES[1:])
    assert [" > ".join(each.path) for each in passages] == [
        "第一章 总则 > 第一条",
        "第一章 总则 > 第二条",
        "第二章 保障 > 第八条",
    ]
    assert passages[-1].text.endswith("登记自受理之日起五个工作日内办结。")


def test_the_title_and_the_clause_are_the_basis_and_the_first_sentence_is_the_question() -> None:
    taken = took(*RULES)
    last = taken.drafts[-1].fields
    assert taken.title == RULES[0]
    assert last["basis"] == ("《玉泉区养犬登记管理办法》第二章 保障 > 第八条",)
    assert last["question"] == "区公安分局负责登记"


def test_no_paragraph_of_a_long_regulation_is_lost() -> None:
    lines = office.regulation(120)
    text = "".join(draft.fields["body"] for draft in took(*lines).drafts)
    assert all(line in text for line in lines[1:] if not (line.startswith("第") and "章" in line[:6]))


def test_a_line_that_only_refers_to_a_clause_begins_none() -> None:
    passages = parted(
        "第一条　处罚按照", "第三条的规定执行，并参照", "第九条、第十条办理。", "第二条　本办法自公布之日起施行。"
    )
    assert [each.path for each in passages] == [("第一条",), ("第二条",)]
    assert "第九条、第十条办理" in passages[0].text


def test_clauses_without_a_blank_behind_their_number_are_found_by_their_order() -> None:
    assert len(parted("第一条为了加强管理，制定本办法。", "第二条本区适用。", "第四条款项另行规定。")) == 2


def test_a_clause_put_in_later_is_a_passage_of_its_own() -> None:
    passages = parted("第一条 甲方负责。", "第一条之一 乙方协助。", "第二条 丙方监督。")
    assert [each.path[-1] for each in passages] == ["第一条", "第一条之一", "第二条"]


def test_an_enumeration_within_a_clause_stays_with_it() -> None:
    passages = parted(
        "第一条 有下列情形之一的，不予登记：", "（一）烈性犬；", "（二）未免疫的犬。", "第二条 其余可以登记。"
    )
    assert len(passages) == 2
    assert "（二）未免疫的犬" in passages[0].text


def test_a_notice_is_parted_at_its_two_orders_of_headings() -> None:
    filling = "符合条件的申请人应当在规定期限内提出申请，并按要求提交材料，由社区初审后报街道复核。" * 5
    passages = parted("一、申请条件", "（一）本区户籍", filling, "（二）外地户籍", filling, "二、发放标准", filling)
    assert [" > ".join(each.path) for each in passages] == [
        "一、申请条件 > （一）本区户籍",
        "一、申请条件 > （二）外地户籍",
        "二、发放标准",
    ]


def test_a_list_of_things_numbered_like_headings_is_one_passage() -> None:
    (only,) = parted("请带齐以下材料：", "一、身份证", "二、户口簿", "三、照片两张")
    assert "三、照片两张" in only.text


def test_headings_of_the_document_part_it_whatever_they_say() -> None:
    blocks = [
        Block("受理", level=1),
        Block("窗口受理。"),
        Block("办结", level=1),
        Block("当场", level=2),
        Block("当场办结。"),
    ]
    assert [each.path for each in split(blocks)] == [("受理",), ("办结", "当场")]


def test_a_table_of_contents_gives_no_passages() -> None:
    passages = parted(
        "第一章　总则 ……………… 1",
        "第一章 总则",
        "第二章 附则",
        "第一章 总则",
        "第一条 甲。",
        "第二章 附则",
        "第二条 乙。",
    )
    assert [each.path for each in passages] == [("第一章 总则", "第一条"), ("第二章 附则", "第二条")]


def test_a_text_without_headings_is_one_article_and_a_very_long_one_several() -> None:
    (only,) = took("停水时请先储水。", "来水后先放一分钟。", file="停水须知.txt").drafts
    assert only.fields["question"] == "停水须知"
    many = parted(*["没有标题的一段文字。" * 40] * 40)
    assert len(many) > 1
    assert [each.path for each in many[:2]] == [("第 1 部分",), ("第 2 部分",)]


def test_numbers_stay_over_revisions_of_text_chapter_titles_and_file_name() -> None:
    before = took(*RULES, file="办法.txt")
    after = took(*RULES[:4], "第二章　服务与保障", "第八条　区公安分局办理登记。", file="办法（修订）.txt")
    assert [each.fields["id"] for each in before.drafts] == [each.fields["id"] for each in after.drafts]


def test_two_passages_of_one_path_have_numbers_of_their_own() -> None:
    taken = took("甲乙说明", "# 说明\n\n甲。\n\n# 说明\n\n乙。")
    numbers = [each.fields["id"] for each in taken.drafts]
    assert len(set(numbers)) == len(numbers) >= 2


def test_an_annex_begins_its_own_count_of_clauses() -> None:
    passages = parted("第一条 甲。", "第二条 乙。", "附件1 收费标准", "第一条 每次十元。")
    assert passages[-1].path == ("附件1 收费标准", "第一条")


def test_entries_counted_on_over_their_headings_are_found() -> None:
    text = "由区卫生健康委会同有关单位组织实施，按月通报进展，年底前完成评估并向社会公布结果。" * 8
    passages = parted(
        "一、环境",
        f"（一）改善设施。{text}",
        f"（二）安排休息。{text}",
        "二、待遇",
        f"（三）发放补助。{text}",
        f"（四）落实保险。{text}",
    )
    assert [each.path[-1] for each in passages] == [
        "（一）改善设施",
        "（二）安排休息",
        "（三）发放补助",
        "（四）落实保险",
    ]
    assert passages[0].text.startswith("（一）改善设施。由区")


def test_the_list_of_annexes_before_the_signature_begins_none() -> None:
    (only,) = parted("现将名单公布如下。", "附件：1.名单", "玉泉区民政局", "2026年3月1日")
    assert "玉泉区民政局" in only.text


def test_a_document_of_questions_and_answers_gives_an_article_for_each() -> None:
    taken = took(
        "政策问答",
        "问：谁可以申请？",
        "答：本区居民。",
        "须年满八十周岁。",
        "2. 问：怎样申请？",
        "答：到社区。",
        "问：何时发放？",
    )
    assert [(each.fields["question"], each.fields["body"]) for each in taken.drafts] == [
        ("谁可以申请？", "本区居民。\n\n须年满八十周岁。"),
        ("怎样申请？", "到社区。"),
    ]
    assert "没有答案" in taken.faults[0].message
    assert taken.notes
