"""JSON Lines: an article a line, with the fields of ``ArticleSource``; what the export writes."""

from __future__ import annotations

import json
from typing import Any

from district.reading import Problems, build
from district.schemas import ArticleSource
from knowledge.importing.charsets import decode
from knowledge.importing.cleaning import clean
from knowledge.importing.material import Draft, Place, Reading


def read(file: str, payload: bytes) -> Reading:
    """The articles; a line that is none is named. Raises ``UnfitFile``."""
    reading = Reading(file)
    for number, line in enumerate(decode(payload).split("\n"), 1):
        if line.strip():
            _line(reading, number, line)
    if not reading.drafts and not reading.faults:
        reading.refuse("文件是空的")
    return reading


def _line(reading: Reading, number: int, line: str) -> None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        reading.refuse("不是有效的 JSON", row=number)
        return
    if not isinstance(row, dict):
        reading.refuse("应为 JSON 对象", row=number)
        return
    problems = Problems()
    article = build(ArticleSource, _cleaned(row), lambda _loc: (reading.file, number), problems)
    for problem in problems.sorted():
        reading.refuse(problem.message, row=number)
    if article is not None:
        reading.drafts.append(Draft(article.model_dump(), Place(reading.file, row=number), whole=True))


def _cleaned(value: Any) -> Any:
    """The record without control characters, which no database stores and no reader sees."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_cleaned(each) if isinstance(each, str) else each for each in value]
    return (
        {key: _cleaned(each) if isinstance(each, str | list) else each for key, each in value.items()}
        if isinstance(value, dict)
        else value
    )
