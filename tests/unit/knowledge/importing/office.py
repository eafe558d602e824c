"""Files as offices make them, made here: nothing of them is anybody's."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Sequence
from typing import Any

from docx import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from openpyxl import Workbook

SUBJECTS = (
    "申请人",
    "用人单位",
    "物业服务企业",
    "街道办事处",
    "社区居民委员会",
    "主管部门",
    "养犬人",
    "经营者",
    "业主大会",
)
ACTS = ("应当在受理之日起", "须于办理完毕后", "可以在收到通知后", "应当自登记之日起")
THINGS = (
    "提交登记材料",
    "出具书面答复",
    "公示办理结果",
    "完成现场核查",
    "退还保证金",
    "更新台账",
    "告知相关权利",
    "组织复查",
)
PLACES = ("在政务服务窗口", "通过云川通平台", "在小区公示栏", "向所在街道")
CHAPTERS = ("总则", "登记与备案", "日常管理", "服务与保障", "监督检查", "法律责任", "附则")
DIGITS = "零一二三四五六七八九"


def chinese(number: int) -> str:
    """1 to 999 as a regulation counts."""
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    said = f"{DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        said += "十" if tens == 1 and not hundreds else f"{DIGITS[tens]}十"
    elif hundreds and ones:
        said += "零"
    return said + (DIGITS[ones] if ones else "")


def sentence(dice: random.Random) -> str:
    return (
        f"{dice.choice(SUBJECTS)}{dice.choice(ACTS)}{dice.randint(2, 60)}个工作日内{dice.choice(PLACES)}{dice.choice(THINGS)}，"
        f"并抄送{dice.choice(SUBJECTS)}，编号第{dice.randint(100, 9999)}号。"
    )


def regulation(clauses: int, *, seed: int = 1, chapters: int = 7) -> list[str]:
    """The lines of a regulation: title, chapters, clauses with one to four paragraphs, enumerations now and then."""
    dice = random.Random(seed)
    lines = ["云川市城市社区综合管理条例"]
    for number in range(1, clauses + 1):
        if (number - 1) % max(1, clauses // chapters) == 0:
            chapter = (number - 1) // max(1, clauses // chapters)
            lines.append(f"第{chinese(chapter + 1)}章　{CHAPTERS[min(chapter, len(CHAPTERS) - 1)]}")
        lines.append(f"第{chinese(number)}条　{sentence(dice)}{sentence(dice)}")
        lines += [sentence(dice) + sentence(dice) for _ in range(dice.randint(0, 2))]
        if number % 5 == 0:
            lines += [f"（{chinese(at)}）{sentence(dice)}" for at in range(1, 4)]
    return lines


def docx(*paragraphs: str | tuple[str, str] | Sequence[Sequence[str]]) -> bytes:
    """A Word document: text, (style, text), or a table of rows."""
    made = Document()
    for each in paragraphs:
        if isinstance(each, str):
            made.add_paragraph(each)
        elif isinstance(each, tuple) and len(each) == 2 and all(isinstance(part, str) for part in each):
            made.add_paragraph(str(each[1]), style=str(each[0]))
        else:
            rows = [list(row) for row in each]
            table = made.add_table(len(rows), len(rows[0]))
            for row, cells in zip(table.rows, rows, strict=True):
                for cell, text in zip(row.cells, cells, strict=True):
                    cell.text = text
    return saved(made)


def numbered_docx(style_of_number: str, pattern: str, *texts: str) -> bytes:
    """A document whose numbers Word writes itself."""
    made = Document()
    numbering = made.part.numbering_part.element
    abstract = OxmlElement("w:abstractNum")
    abstract.set(qn("w:abstractNumId"), "77")
    level = OxmlElement("w:lvl")
    level.set(qn("w:ilvl"), "0")
    for name, value in (("w:start", "1"), ("w:numFmt", style_of_number), ("w:lvlText", pattern)):
        child = OxmlElement(name)
        child.set(qn("w:val"), value)
        level.append(child)
    abstract.append(level)
    numbering.insert(0, abstract)
    number = OxmlElement("w:num")
    number.set(qn("w:numId"), "77")
    of = OxmlElement("w:abstractNumId")
    of.set(qn("w:val"), "77")
    number.append(of)
    numbering.append(number)
    for text in texts:
        properties = made.add_paragraph(text)._p.get_or_add_pPr()
        listed = properties.get_or_add_numPr()
        listed.get_or_add_ilvl().val = 0
        listed.get_or_add_numId().val = 77
    return saved(made)


def saved(document: Any) -> bytes:
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def xlsx(*rows: Sequence[Any], name: str = "问答", merged: Sequence[str] = ()) -> bytes:
    """A workbook with one sheet."""
    book = Workbook()
    sheet = book.active
    sheet.title = name
    for row in rows:
        sheet.append(list(row))
    for reference in merged:
        sheet.merge_cells(reference)
    return saved(book)


QUESTIONS_HEAD = ("编号", "标准问题", "相似问题", "答案", "责任单位", "办理材料")


def thousand_questions(count: int = 1_000) -> bytes:
    """A workbook of questions, each of its own number."""
    dice = random.Random(3)
    rows = [
        (
            f"WD-{number:04}",
            f"{dice.choice(SUBJECTS)}怎样{dice.choice(PLACES)}{dice.choice(THINGS)}（第{number}项）？",
            f"第{number}项怎么办\n第{number}项找谁",
            sentence(dice) + sentence(dice),
            "",
            "1.身份证\n2.申请表",
        )
        for number in range(1, count + 1)
    ]
    return xlsx(("云川市问答汇总",), QUESTIONS_HEAD, *rows)


def pdf(*pages: Sequence[str]) -> bytes:
    """A PDF with a line of text for each string, in a font that every reader knows by name and codes of UCS-2."""
    objects: list[bytes] = []

    def add(content: bytes) -> int:
        objects.append(content)
        return len(objects)

    cid = add(
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light "
        b"/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> /DW 1000 >>"
    )
    font = add(
        b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [%d 0 R] >>"
        % cid
    )
    kids = []
    parent = len(objects) + 2 * len(pages) + 1
    for lines in pages:
        shown = [b"BT /F1 12 Tf 14 TL 60 780 Td"]
        shown += [b"<%s> Tj T*" % line.encode("utf-16-be").hex().encode() for line in lines]
        stream = b"\n".join([*shown, b"ET"])
        content = add(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        kids.append(
            add(
                b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
                b"/Resources << /Font << /F1 %d 0 R >> >> >>" % (parent, content, font)
            )
        )
    add(b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(b"%d 0 R" % kid for kid in kids)))
    catalogue = add(b"<< /Type /Catalog /Pages %d 0 R >>" % parent)
    return _assembled(objects, b"/Root %d 0 R" % catalogue)


def encrypted_pdf() -> bytes:
    """A PDF that asks for a password: its entries are those of a standard handler, of which none opens it."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 0 /Kids [] >>",
        b"<< /Filter /Standard /V 1 /R 2 /P -4 /O <%s> /U <%s> >>" % (b"11" * 32, b"22" * 32),
    ]
    return _assembled(objects, b"/Root 1 0 R /Encrypt 3 0 R /ID [<00> <00>]")


def _assembled(objects: Sequence[bytes], trailer: bytes) -> bytes:
    made = io.BytesIO()
    made.write(b"%PDF-1.4\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(made.tell())
        made.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    start = made.tell()
    made.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    made.writelines(b"%010d 00000 n \n" % place for place in places)
    made.write(b"trailer\n<< /Size %d %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, start))
    return made.getvalue()


def zipped(**contents: bytes) -> bytes:
    """A ZIP with these members; two underscores in a name are a slash, one is a dot."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), content)
    return made.getvalue()
