"""Word documents: headings, paragraphs, lists and tables as blocks of Markdown.

The XML is read here: which number Word writes before a paragraph, what a tracked change has deleted and what a merged
cell says in each of its rows is asked of no library. Pictures, macros and embedded files are never opened.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from knowledge.errors import UnfitFile
from knowledge.importing.blocks import Block
from knowledge.importing.cleaning import is_safe_link, one_line, tidy
from knowledge.importing.material import Reading
from knowledge.importing.package import open_package
from knowledge.importing.passages import take
from knowledge.importing.tables import as_markdown
from knowledge.importing.word_lists import BULLET, W, WordLists, read_lists

_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_MAIN = re.compile(rb'<Relationship\b[^>]*?/officeDocument"[^>]*?>')
_TARGET = re.compile(rb'Target="/?([^"]+)"')
_UNSEEN = frozenset(
    f"{W}{name}"
    for name in ("del", "moveFrom", "pPr", "rPr", "instrText", "delText", "sdtPr", "sdtEndPr", "footnoteReference")
) | {"{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"}
_HEADING = re.compile(r"(?:heading|标题)\s*([1-9])", re.IGNORECASE)
_SPECIAL = re.compile(r"([*`\\])")
_MAX_SPAN, _MAX_COLUMNS = 100, 300


@dataclass(frozen=True, slots=True)
class _Style:
    name: str = ""
    level: int = 0
    list_number: str = ""
    list_level: int = 0


@dataclass(frozen=True, slots=True)
class _Document:
    styles: Mapping[str, _Style]
    lists: WordLists
    links: Mapping[str, str]


def read(file: str, payload: bytes) -> Reading:
    """The document as passages. Raises ``UnfitFile``."""
    parts = open_package(payload, "word/", "DOCX 文档")
    try:
        main = _main_part(parts)
        body = fromstring(parts[main]).find(f"{W}body")
        if body is None:
            raise UnfitFile("文件里没有正文")
        document = _Document(_styles(parts), read_lists(_part(parts, "word/numbering.xml")), _links(parts, main))
        titles: list[str] = []
        blocks = list(_blocks(body, document, titles))
    except (ParseError, DefusedXmlException, RecursionError, ValueError, KeyError) as problem:
        raise UnfitFile("文件已损坏，不是完整的 DOCX 文档，请用办公软件打开另存后再导入") from problem
    reading = take(file, blocks, title=titles[0] if titles else "")
    if b"<w:drawing" in parts[main] or b"<w:pict" in parts[main]:
        reading.notes.append("图片没有导入，只取了文字和表格")
    return reading


def _main_part(parts: Mapping[str, bytes]) -> str:
    relation = _MAIN.search(parts.get("_rels/.rels", b""))
    target = _TARGET.search(relation[0]) if relation else None
    name = target[1].decode("utf-8", "replace") if target else "word/document.xml"
    if name not in parts:
        raise UnfitFile("文件里没有正文，不是完整的 DOCX 文档")
    return name


def _part(parts: Mapping[str, bytes], name: str) -> Element | None:
    return fromstring(parts[name]) if name in parts else None


def _links(parts: Mapping[str, bytes], main: str) -> Mapping[str, str]:
    folder, _, name = main.rpartition("/")
    relations = _part(parts, f"{folder}/_rels/{name}.rels")
    return {} if relations is None else {each.get("Id", ""): each.get("Target", "") for each in relations}


def _styles(parts: Mapping[str, bytes]) -> Mapping[str, _Style]:
    found = _part(parts, "word/styles.xml")
    if found is None:
        return {}
    own = {each.get(f"{W}styleId", ""): each for each in found.iter(f"{W}style")}
    return {key: _style(each, own, depth=0) for key, each in own.items()}


def _style(style: Element, own: Mapping[str, Element], *, depth: int) -> _Style:
    """A style with what it has from those that it is based on."""
    parent = own.get(_value(style, "basedOn"))
    base = _style(parent, own, depth=depth + 1) if parent is not None and depth < 10 else _Style()
    name = _value(style, "name")
    heading = _HEADING.fullmatch(name.strip())
    outline = _value(style, "pPr/outlineLvl")
    level = int(heading[1]) if heading else int(outline) + 1 if outline in set("012345678") else base.level
    number = _value(style, "pPr/numPr/numId") or base.list_number
    depth_of_list = _value(style, "pPr/numPr/ilvl")
    return _Style(name, level, number, int(depth_of_list) if depth_of_list.isdecimal() else base.list_level)


def _value(parent: Element, path: str) -> str:
    found = parent.find("/".join(f"{W}{name}" for name in path.split("/")))
    return "" if found is None else found.get(f"{W}val", "")


def _blocks(body: Element, document: _Document, titles: list[str]) -> Iterator[Block]:
    for at, element in enumerate(_flat(body), 1):
        if element.tag == f"{W}tbl":
            text = as_markdown(_rows(element, document))
            if text:
                yield Block(text, at=at, is_table=True)
        else:
            block = _paragraph(element, document, at, titles)
            if block is not None:
                yield block


def _flat(parent: Element) -> Iterator[Element]:
    """Paragraphs and tables, those within content controls and insertions as well."""
    for element in parent:
        if element.tag in (f"{W}p", f"{W}tbl"):
            yield element
        elif element.tag in (f"{W}sdt", f"{W}sdtContent", f"{W}ins", f"{W}smartTag", f"{W}customXml"):
            yield from _flat(element)


def _paragraph(element: Element, document: _Document, at: int, titles: list[str]) -> Block | None:
    style = document.styles.get(_value(element, "pPr/pStyle"), _Style())
    name = style.name.strip().lower()
    label, depth = _label(element, style, document)
    text = tidy(_SPECIAL.sub(r"\\\1", "".join(_texts(element, document)))).strip(" \t\u3000")
    if not text or name.startswith("toc "):
        return None
    if name in {"title", "标题"}:
        titles.append(one_line(text))
        return None
    outline = _value(element, "pPr/outlineLvl")
    level = int(outline) + 1 if outline in set("012345678") else style.level
    if label == BULLET:
        return Block(f"{'  ' * depth}- {one_line(text)}", at=at, is_item=True)
    gap = "" if not label or label[-1] in "、．）)。" else " "
    return Block(f"{label}{gap}{text}", level=level, at=at)


def _label(element: Element, style: _Style, document: _Document) -> tuple[str, int]:
    number = _value(element, "pPr/numPr/numId") or style.list_number
    level = _value(element, "pPr/numPr/ilvl")
    depth = int(level) if level.isdecimal() else style.list_level
    return (document.lists.label(number, depth) if number and number != "0" else ""), depth


def _texts(element: Element, document: _Document) -> Iterator[str]:
    for child in element:
        if child.tag in _UNSEEN:
            continue
        if child.tag == f"{W}t":
            yield child.text or ""
        elif child.tag == f"{W}tab":
            yield " "
        elif child.tag in (f"{W}br", f"{W}cr"):
            yield "\n\n"
        elif child.tag == f"{W}noBreakHyphen":
            yield "-"
        elif child.tag == f"{W}hyperlink":
            yield _link("".join(_texts(child, document)), document.links.get(child.get(f"{_R}id", ""), ""))
        else:
            yield from _texts(child, document)


def _link(text: str, address: str) -> str:
    outside = "://" in address or address.lower().startswith(("mailto:", "tel:"))
    if not outside or not is_safe_link(address) or re.search(r"[\s()<>]", address) or not text.strip():
        return text
    return f"[{text}]({address})"


def _rows(table: Element, document: _Document) -> Sequence[Sequence[str]]:
    """The cells. One merged over rows says its text in each of them; one merged over columns in its first."""
    rows: list[list[str]] = []
    above: dict[int, str] = {}
    for row in _children(table, "tr"):
        before = _value(row, "trPr/gridBefore")
        cells = [""] * _span(before, 0)
        for cell in _children(row, "tc"):
            column = len(cells)
            merge = cell.find(f"{W}tcPr/{W}vMerge")
            goes_on = merge is not None and merge.get(f"{W}val", "continue") == "continue"
            text = above.get(column, "") if goes_on else _cell(cell, document)
            if merge is not None:
                above[column] = text
            else:
                above.pop(column, None)
            cells += [text, *[""] * (_span(_value(cell, "tcPr/gridSpan"), 1) - 1)]
            if len(cells) > _MAX_COLUMNS:
                raise UnfitFile(f"有一张表格超过 {_MAX_COLUMNS} 列，请拆成几张表，或另存为 XLSX 导入")
        rows.append(cells)
    return rows


def _children(parent: Element, name: str) -> Iterator[Element]:
    for element in parent:
        if element.tag == f"{W}{name}":
            yield element
        elif element.tag in (f"{W}sdt", f"{W}sdtContent", f"{W}ins"):
            yield from _children(element, name)


def _span(text: str, otherwise: int) -> int:
    return min(int(text), _MAX_SPAN) if text.isascii() and text.isdecimal() else otherwise


def _cell(cell: Element, document: _Document) -> str:
    """The paragraphs of a cell, and those of tables within it, in one line."""
    paragraphs = (paragraph for paragraph in cell.iter(f"{W}p"))
    parts = (one_line(_SPECIAL.sub(r"\\\1", "".join(_texts(each, document)))) for each in paragraphs)
    return " ".join(part for part in parts if part)
