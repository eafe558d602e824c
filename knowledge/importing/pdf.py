"""PDF text: lines put together to paragraphs again, running heads and page numbers left out."""

from __future__ import annotations

import json
import re
import subprocess
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from knowledge.errors import UnfitFile
from knowledge.importing.blocks import Block
from knowledge.importing.cleaning import clean
from knowledge.importing.material import Reading
from knowledge.importing.passages import begins_part, take
from storage import watched

_PROGRAM = Path(__file__).with_name("pdf_text.py")
_SECONDS = 60
_WITHIN = 90.0
_SCANNED_BELOW = 5
"""Characters a page on average below which the file is pictures of pages."""
_PAGE_NUMBER = re.compile(r"[-—–\s·]*(?:第\s*)?\d{1,4}\s*(?:页)?(?:\s*[/共]\s*(?:共\s*)?\d{1,4}\s*页?)?[-—–\s·]*")
_ENDS = "。；：！？!?;:"
_FULL = 0.85
"""A line of this part of the usual length is full: the paragraph goes on in the next."""


def read(file: str, payload: bytes) -> Reading:
    """The text as passages; pages without any are named. Raises ``UnfitFile``."""
    if not payload[:1_024].lstrip().startswith(b"%PDF") and b"%PDF" not in payload[:1_024]:
        raise UnfitFile("不是 PDF 文件，请确认文件内容与后缀一致")
    pages = [_lines(text) for text in _pages(payload)]
    sizes = [sum(len(line) for line in lines) for lines in pages]
    if sum(sizes) < _SCANNED_BELOW * max(1, len(pages)):
        raise UnfitFile("PDF 里没有文字，可能是扫描件，请先做文字识别（OCR），或导入 Word 原稿")
    _check_readable("".join(line for lines in pages for line in lines))
    reading = take(file, list(_blocks(pages)))
    blank = [str(number) for number, size in enumerate(sizes, 1) if size == 0]
    if blank:
        shown = "、".join(blank[:10]) + ("等" if len(blank) > 10 else "")
        reading.notes.append(f"第 {shown} 页没有文字（可能是图片），没有导入")
    return reading


def _pages(payload: bytes) -> list[str]:
    try:
        done = watched.run(_PROGRAM, content=payload, seconds=_SECONDS, within=_WITHIN)
    except subprocess.TimeoutExpired as problem:
        raise UnfitFile("PDF 过于复杂，没有读取，请导入 Word 原稿") from problem
    if done.returncode == watched.REFUSED:
        raise UnfitFile(done.stderr.decode("utf-8", "replace"))
    try:
        found = json.loads(done.stdout)
    except ValueError as problem:
        raise UnfitFile("PDF 不能读取，请导入 Word 原稿") from problem
    return [str(text) for text in found]


def _lines(text: str) -> list[str]:
    return [line for line in (each.strip(" \t\u3000") for each in clean(text).split("\n")) if line]


def _check_readable(text: str) -> None:
    """Fonts without a table of characters give signs of private use, or none that are letters."""
    unknown = sum(each == "\ufffd" or unicodedata.category(each) in {"Co", "Cn"} for each in text)
    if unknown * 5 > len(text):
        raise UnfitFile("PDF 的字体没有文字编码，读出来是乱码，请导入 Word 原稿，或先做文字识别（OCR）")


def _blocks(pages: Sequence[Sequence[str]]) -> Iterator[Block]:
    running = _running(pages)
    lines = [
        (number, line)
        for number, page in enumerate(pages, 1)
        for place, line in enumerate(page)
        if not _is_margin(line, place, len(page), running)
    ]
    usual = _usual_length([line for _, line in lines])
    paragraph, start, before = "", 0, ""
    for number, line in lines:
        goes_on = before and before[-1] not in _ENDS and len(before) >= usual * _FULL and not begins_part(line)
        if goes_on:
            gap = (
                " " if before[-1].isascii() and before[-1].isalnum() and line[0].isascii() and line[0].isalnum() else ""
            )
            paragraph += gap + line
        else:
            if paragraph:
                yield Block(paragraph, at=start)
            paragraph, start = line, number
        before = line
    if paragraph:
        yield Block(paragraph, at=start)


def _running(pages: Sequence[Sequence[str]]) -> frozenset[str]:
    """Lines that stand at the edge of half of the pages or more, whatever number is in them."""
    edges = Counter(key for page in pages for key in {_numberless(line) for line in (*page[:2], *page[-2:])})
    return frozenset(key for key, count in edges.items() if count >= max(3, len(pages) / 2))


def _numberless(line: str) -> str:
    return re.sub(r"\d+", "0", line)


def _is_margin(line: str, place: int, count: int, running: frozenset[str]) -> bool:
    at_edge = place < 2 or place >= count - 2
    return at_edge and (_PAGE_NUMBER.fullmatch(line) is not None or _numberless(line) in running)


def _usual_length(lines: Sequence[str]) -> int:
    """The length of a full line: nine of ten are no longer."""
    lengths = sorted(len(line) for line in lines)
    return lengths[len(lengths) * 9 // 10] if lengths else 0
