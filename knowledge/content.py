"""What an article says: its fields, their names for people, and how a version keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from district.schemas import ArticleSource
from knowledge.tables import Article

LABELS = {
    "question": "标准问题",
    "similar": "相似问题",
    "category": "分类",
    "unit": "责任单位",
    "street": "适用街道",
    "audience": "适用人群",
    "keywords": "关键词",
    "materials": "所需材料",
    "steps": "办理步骤",
    "fee": "费用",
    "basis": "依据",
    "short_answer": "简答",
    "body": "正文",
    "valid_from": "生效日期",
    "valid_until": "失效日期",
}
"""The fields in the order in which they are shown and compared."""
QUESTION, AUDIENCE, BODY = 500, 60, 200_000
"""Characters that people may write there at most; ``ArticleSource`` says it of the other fields."""
CONTENT = tuple(LABELS)
LISTS = frozenset({"similar", "keywords", "materials", "steps", "basis"})
DAYS = frozenset({"valid_from", "valid_until"})


def of_source(source: ArticleSource) -> dict[str, Any]:
    """The content as an import or a form brings it."""
    given = source.model_dump(exclude={"id"})
    return {name: list(given[name]) if name in LISTS else given[name] for name in CONTENT}


def of_article(article: Article) -> dict[str, Any]:
    """The content that the article's row holds."""
    return {name: getattr(article, name) for name in CONTENT}


def plain(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content as JSON, as a version keeps it."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in content.items()}


def of_version(kept: Mapping[str, Any]) -> dict[str, Any]:
    """The content that a version kept; a field that it did not know yet is empty."""
    found: dict[str, Any] = {}
    for name in CONTENT:
        value = kept.get(name)
        if name in DAYS:
            found[name] = date.fromisoformat(value) if value else None
        else:
            found[name] = value if value is not None else [] if name in LISTS else ""
    return found


def fill(article: Article, content: Mapping[str, Any]) -> None:
    """Write the content into the article's row."""
    for name in CONTENT:
        setattr(article, name, content[name])


def in_force(content: Mapping[str, Any], on: date) -> bool:
    """Whether the day lies within the validity; its first and its last day do."""
    first, last = content["valid_from"], content["valid_until"]
    return (first is None or first <= on) and (last is None or on <= last)
