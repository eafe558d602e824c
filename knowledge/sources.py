"""An article as the bot reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.evidence import Source

if TYPE_CHECKING:
    from district.pack import District
    from knowledge.tables import Article


def source_of(article: Article, district: District | None = None) -> Source:
    """An article's version in force as the bot reads it; with a district its street is called by its name."""
    named = district is not None and article.street in district.units
    return Source(
        number=article.number,
        question=article.question,
        short_answer=article.short_answer,
        version=article.version,
        similar=tuple(article.similar),
        keywords=tuple(article.keywords),
        body=article.body,
        category=article.category,
        fee=article.fee,
        basis=tuple(article.basis),
        published=article.status == "published",
        valid_from=article.valid_from,
        valid_until=article.valid_until,
        street=article.street,
        area=district.units.get(article.street).name if named and district is not None else "",
    )
