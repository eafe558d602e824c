"""Word, web and PDF documents: what they say comes out as Markdown, and nothing that runs."""

from __future__ import annotations

from docx import Document

from knowledge.importing import reading
from knowledge.importing.material import Reading
from tests.unit.knowledge.importing import office


def bodies(taken: Reading) -> str:
    assert not taken.faults, taken.faults
    return "\n".join(str(each.fields["body"]) for each in taken.drafts)


def test_word_headings_lists_and_tables_come_out_as_markdown() -> None:
    made = office.docx(
        ("Title", "高龄津贴指南"),
        ("Heading 1", "发放标准"),
        [["年龄", "标准|元"], ["80至89岁", "100"]],
        ("List Bullet", "每月发放"),
        ("List Bullet", "次月到账"),
    )
    taken = reading.read("x.docx", made)
    (draft,) = taken.drafts
    assert draft.fields["question"] == "高龄津贴指南：发放标准"
    assert draft.fields["body"] == "| 年龄 | 标准\\|元 |\n| --- | --- |\n| 80至89岁 | 100 |\n\n- 每月发放\n- 次月到账"


def test_a_cell_merged_over_rows_says_its_text_in_each() -> None:
    made = Document()
    table = made.add_table(3, 2)
    for row, texts in zip(table.rows, (("类别", "标准"), ("津贴", "100"), ("", "200")), strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    assert "| 津贴 | 200 |" in bodies(reading.read("x.docx", office.saved(made)))


def test_numbers_that_word_writes_itself_are_part_of_the_text() -> None:
    made = office.numbered_docx("chineseCountingThousand", "第%1条", *["有关部门应当公示。"] * 12)
    taken = reading.read("x.docx", made)
    assert [each.fields["basis"][0][-4:] for each in taken.drafts][9:] == ["》第十条", "第十一条", "第十二条"]


def test_what_a_tracked_change_deleted_is_not_imported_and_what_it_put_in_is() -> None:
    made = Document()
    paragraph = made.add_paragraph("标准为")
    for tag, text in (("del", "旧"), ("ins", "新")):
        change = office.OxmlElement(f"w:{tag}")
        run = office.OxmlElement("w:r")
        words = office.OxmlElement("w:delText" if tag == "del" else "w:t")
        words.text = f"{text}标准"
        run.append(words)
        change.append(run)
        paragraph._p.append(change)
    assert bodies(reading.read("x.docx", office.saved(made))) == "标准为新标准"


def test_a_link_of_a_word_document_is_kept_only_if_it_leads_to_a_page() -> None:
    made = Document()
    for address in ("https://a.example/x", "javascript:alert(1)", "file:///etc/passwd"):
        link = office.OxmlElement("w:hyperlink")
        relation = made.part.relate_to(
            address, "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink", is_external=True
        )
        link.set(office.qn("r:id"), relation)
        run = office.OxmlElement("w:r")
        words = office.OxmlElement("w:t")
        words.text = "查看"
        run.append(words)
        link.append(run)
        made.add_paragraph()._p.append(link)
    text = bodies(reading.read("x.docx", office.saved(made)))
    assert text.count("查看") == 3
    assert text.count("](") == 1
    assert "[查看](https://a.example/x)" in text


PAGE = """<html><head><title>居住证办理 - 云川市人民政府网</title><style>p{}</style><script>steal()</script></head>
<body onload="steal()"><h2>一、条件</h2><p onclick="steal()">有<a href="JaVa&#115;cript:steal()">合法</a>住所，见
<a href="https://a.example/">说明</a>。</p><iframe src="//x"></iframe><svg><script>steal()</script></svg>
<h2>二、材料</h2><table><tr><th>名称</th><th>份数</th></tr><tr><td rowspan="2">身份证</td><td>1</td></tr>
<tr><td>2</td></tr></table></body></html>"""


def test_a_web_page_is_sanitised_and_keeps_its_tables() -> None:
    taken = reading.read("x.html", PAGE.encode())
    text = bodies(taken)
    assert taken.title == "居住证办理"
    assert "| 身份证 | 2 |" in text
    assert "[说明](https://a.example/)" in text
    for word in ("steal", "script", "onclick", "iframe", "p{}"):
        assert word not in text.lower()


def test_a_web_page_in_the_charset_of_offices_is_read() -> None:
    page = PAGE.replace("<head>", '<head><meta charset="gb2312">').encode("gb18030")
    assert "合法" in bodies(reading.read("x.htm", page))


def test_markdown_loses_scripts_and_links_that_run() -> None:
    source = "# 甲\n\n<script>steal()</script>看[这里](javascript:steal())和[那里](https://a.example/a_(1))。\n\n[x]: data:text/html,steal\n"
    assert bodies(reading.read("x.md", source.encode())) == "看这里和[那里](https://a.example/a_(1))。"


def test_a_hash_within_code_is_no_heading() -> None:
    taken = reading.read("x.md", "# 标题\n\n```\n# 不是标题\n```\n".encode())
    assert len(taken.drafts) == 1
    assert "# 不是标题" in bodies(taken)


def test_an_article_of_a_pack_comes_in_with_all_its_fields() -> None:
    article = "---\nid: KB-9\nquestion: 怎样办？\ncategory: ''\nunit: ''\nshort_answer: 这样办。\n---\n\n正文\n"
    (draft,) = reading.read("x.md", article.encode()).drafts
    assert (draft.fields["id"], draft.fields["body"], draft.whole) == ("KB-9", "正文", True)
    (fault,) = reading.read("x.md", article.replace("question", "frage").encode()).faults[:1]
    assert fault.place.row > 0


def test_pdf_lines_are_paragraphs_again_and_running_heads_are_gone() -> None:
    lines = office.regulation(40)
    short = [part for line in lines for part in _wrapped(line)]
    pages = [["云川市人民政府公报", *short[at : at + 30], f"- {at // 30 + 1} -"] for at in range(0, len(short), 30)]
    taken = reading.read("x.pdf", office.pdf(*pages))
    text = bodies(taken)
    assert len(taken.drafts) == 40
    assert lines[2] in text
    assert "公报" not in text


def _wrapped(line: str) -> list[str]:
    return [line[at : at + 36] for at in range(0, len(line), 36)]


def test_pages_of_a_pdf_without_text_are_named() -> None:
    taken = reading.read("x.pdf", office.pdf(["停水须知：请提前储水，来水后先放一分钟再饮用。"], []))
    assert "第 2 页" in taken.notes[0]
    assert len(taken.drafts) == 1


def test_a_place_is_told_as_the_file_shows_it() -> None:
    word = reading.read("x.docx", office.docx("须知办法", "第一条 甲。", "第二条 乙。")).drafts[1].place
    assert str(word) == "x.docx 第 3 段"
    paper = (
        reading.read("x.pdf", office.pdf(["第一条 停水前请先储水备用。"], ["第二条 来水后请先放一分钟。"]))
        .drafts[1]
        .place
    )
    assert str(paper) == "x.pdf 第 2 页"
