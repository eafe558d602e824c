"""Markdown: an article with the front matter of packs, or a document with headings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from district.articles import has_front_matter, parse_article
from district.reading import Problems
from knowledge.importing.blocks import Block
from knowledge.importing.charsets import decode
from knowledge.importing.cleaning import clean
from knowledge.importing.material import Draft, Place, Reading
from knowledge.importing.passages import take

_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_ITEM = re.compile(r"\s*[-*+][ \t]+")


def read(file: str, payload: bytes) -> Reading:
    """One article where there is front matter, else the document's passages. Raises ``UnfitFile``."""
    text = clean(decode(payload))
    if has_front_matter(text):
        return _article(file, text)
    return take(file, list(blocks(text)))


def _article(file: str, text: str) -> Reading:
    reading, problems = Reading(file), Problems()
    article = parse_article(file, text, problems)
    for problem in problems.sorted():
        reading.refuse(problem.message, row=problem.line)
    if article is not None and not problems.found:
        reading.drafts.append(Draft(article.model_dump(), Place(file, row=1), whole=True))
    return reading


def blocks(text: str) -> Iterator[Block]:
    """Paragraphs, tables, lists and headings with the line on which they stand; code is one block."""
    paragraph: list[str] = []
    fence = ""
    start = 0
    for at, line in enumerate([*text.split("\n"), ""], 1):
        marked = _FENCE.match(line)
        if fence:
            fence = "" if marked and marked[1].startswith(fence) else fence
        elif marked:
            fence = marked[1]
        heading = None if fence else _HEADING.fullmatch(line)
        under = None if fence or len(paragraph) != 1 else _UNDERLINE.fullmatch(line)
        if heading is None and under is None and (line.strip() or fence):
            start = start if paragraph else at
            paragraph.append(line)
            continue
        if under is not None:
            yield Block(paragraph[0].strip(), level=1 if under[1][0] == "=" else 2, at=start)
        elif paragraph:
            yield _block(paragraph, start)
        paragraph = []
        if heading is not None:
            yield Block(heading[2], level=len(heading[1]), at=at)
    if paragraph:
        yield _block(paragraph, start)


def _block(lines: list[str], at: int) -> Block:
    is_table = lines[0].lstrip().startswith("|") or lines[0].lstrip().startswith(("```", "~~~"))
    return Block("\n".join(lines), at=at, is_table=is_table, is_item=bool(_ITEM.match(lines[0])))
