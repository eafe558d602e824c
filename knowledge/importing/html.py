"""Web pages: sanitised first, then their headings, paragraphs, lists and tables as Markdown."""

from __future__ import annotations

import re
from dataclasses import replace

import nh3
from bs4 import BeautifulSoup, Tag
from markdownify import MarkdownConverter

from knowledge.errors import UnfitFile
from knowledge.importing import markdown
from knowledge.importing.charsets import decode
from knowledge.importing.cleaning import clean, one_line, tidy
from knowledge.importing.material import Reading
from knowledge.importing.passages import take
from knowledge.importing.tables import as_markdown

MAX_CHARACTERS = 2_000_000
MAX_TAGS = 120_000
"""Opening and closing ones: seven seconds of parsing."""
MAX_DEPTH = 300
"""Elements within one another: the time that parsers take grows with the square of it."""
_TAGS = {
    "h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "div", "section", "article",
    "ul", "ol", "li", "dl", "dt", "dd",
    "table", "thead", "tbody", "tfoot", "tr", "th", "td", "a", "strong", "b", "em", "i", "blockquote", "pre", "code",
}  # fmt: skip
_GONE = {
    "script", "style", "title", "noscript", "template", "iframe", "object", "embed", "svg", "math", "nav", "form",
    "textarea", "select", "button", "footer", "head",
}  # fmt: skip
_STATED = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?([A-Za-z0-9_-]{2,30})""", re.IGNORECASE)
_TOO_DEEP = "网页的标签嵌套过深，没有读取，请复制正文到 Word 后导入"
_TITLE = re.compile(r"<title\b[^>]{0,200}>([^<]{1,300})", re.IGNORECASE)
_SITE = re.compile(r"\s*(?:[-_|—–]+)\s*[^-_|—–]{2,40}(?:网|门户|平台|政府|局|委)\s*$")
_MARKUP = re.compile(r"</(?:p|div|span|table|a|li|b|strong|font|h[1-6]|script)\s*>|<br\s*/?>", re.IGNORECASE)
_MAX_SPAN = 100
_CONTAINER = re.compile(
    "<(/?)(?:div|section|article|main|table|ul|ol|dl|blockquote|span|font|center|form|pre|a|b|i|u|s|em|strong|small|big)"
    r"[\s/>]",
    re.IGNORECASE,
)


def read(file: str, payload: bytes) -> Reading:
    """The page as passages. Raises ``UnfitFile``."""
    stated = _STATED.search(payload[:4_000])
    text = decode(payload, stated=stated[1].decode("ascii") if stated else "")
    titled = _TITLE.search(text[:20_000])
    blocks = [replace(block, at=0) for block in markdown.blocks(to_markdown(text))]  # a page shows no lines
    has_own = sum(block.level == 1 for block in blocks) == 1
    title = one_line(nh3.clean(titled[1], tags=set())) if titled and not has_own else ""
    return take(file, blocks, title=_SITE.sub("", BeautifulSoup(title, "html.parser").get_text()) if title else "")


def looks_like_markup(text: str) -> bool:
    """Whether a cell holds HTML, as systems export it."""
    return "<" in text and _MARKUP.search(text) is not None


def to_markdown(text: str) -> str:
    """HTML as Markdown, sanitised: no scripts, no frames, links to pages, mail and telephones only.

    Raises ``UnfitFile`` for what is beyond the limits.
    """
    if len(text) > MAX_CHARACTERS:
        raise UnfitFile(f"网页超过 {MAX_CHARACTERS // 10_000} 万字，请分成几个文件")
    if text.count("<") > MAX_TAGS:
        raise UnfitFile("网页的标签过多，请分成几个文件，或复制正文到 Word 后导入")
    depth = 0
    for found in _CONTAINER.finditer(text):
        depth = max(0, depth - 1) if found[1] else depth + 1
        if depth > MAX_DEPTH:
            raise UnfitFile(_TOO_DEEP)
    safe = nh3.clean(
        text,
        tags=_TAGS,
        clean_content_tags=_GONE,
        attributes={"a": {"href"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}},
        url_schemes={"http", "https", "mailto", "tel"},
        url_relative="deny",
        link_rel=None,
    )
    try:
        page = BeautifulSoup(safe, "html.parser")
        return tidy(clean(_Converter(heading_style="ATX", bullets="-").convert_soup(page)))
    except RecursionError as problem:
        raise UnfitFile(_TOO_DEEP) from problem


class _Converter(MarkdownConverter):
    """markdownify with tables of merged cells."""

    def convert_table(self, element: Tag, text: str, parent_tags: set[str]) -> str:
        """A cell merged over rows says its text in each of them; one merged over columns in its first."""
        del text
        if element.find_parent("table") is not None:
            return " " + " ".join(element.get_text(" ").split()) + " "
        rows: list[list[str]] = []
        hanging: dict[int, tuple[int, str]] = {}
        for row in element.find_all("tr"):
            if row.find_parent("table") is not element:
                continue
            rows.append(self._row(row, hanging, parent_tags))
        return f"\n\n{as_markdown(rows)}\n\n"

    def _row(self, row: Tag, hanging: dict[int, tuple[int, str]], parent_tags: set[str]) -> list[str]:
        cells: list[str] = []
        for cell in row.find_all(["td", "th"], recursive=False):
            _fill(cells, hanging)
            inline = {*parent_tags, "table", "_inline"}
            said = self.process_tag(cell, parent_tags=inline)  # type: ignore[attr-defined]  # its stubs lack it
            text = one_line(said.replace("|", " "))
            across, down = _span(cell, "colspan"), _span(cell, "rowspan")
            if down > 1:
                hanging[len(cells)] = (down - 1, text)
            cells += [text, *[""] * (across - 1)]
            if len(cells) > 300:
                raise UnfitFile("有一张表格超过 300 列，请拆成几张表")
        _fill(cells, hanging)
        return cells


def _fill(cells: list[str], hanging: dict[int, tuple[int, str]]) -> None:
    """The cells that reach down from rows above, where the row has come to them."""
    while (found := hanging.pop(len(cells), None)) is not None:
        left, text = found
        if left > 1:
            hanging[len(cells)] = (left - 1, text)
        cells.append(text)


def _span(cell: Tag, name: str) -> int:
    given = str(cell.get(name, "1"))
    return max(1, min(int(given), _MAX_SPAN)) if given.isascii() and given.isdecimal() else 1
