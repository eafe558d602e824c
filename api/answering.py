"""The answer bot put together: triage says what a message is, the search what is found, ``knowledge.bot`` decides.

Nothing is stored and nothing is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from knowledge import answers, articles, bot
from knowledge.confidence import Confidence
from knowledge.evidence import Found, Source, Told
from knowledge.notices import Notice

if TYPE_CHECKING:
    from api.desk import Desk
    from district.pack import District
    from knowledge.tables import Article
    from triage.assessment import Assessment

LOOKED_AT = 5
"""Articles found that are weighed against each other."""
PLACES = frozenset({"address", "place", "plate"})
"""Entities that make a text one of a certain place or car."""


@lru_cache(maxsize=1)
def shipped() -> Confidence:
    """The weights as shipped, read once."""
    return Confidence.default()


def answer(desk: Desk, message: str, *, notices: Sequence[Notice] = ()) -> bot.Reply:
    """What the bot says to a message now. Raises ``NotSetUp``, ``UnusableModel``, ``IndexMissing``."""
    now = desk.now().astimezone(desk.district.calendars.zone)
    told = told_of(desk.engine.assess(message), desk.district)
    hits = answers.find(desk.index, message, limit=LOOKED_AT, on=now.date())
    with desk.database.read() as session:
        rows = articles.by_numbers(session, [hit.id for hit in hits])
        found = [Found(hit, source_of(rows[hit.id])) for hit in hits if hit.id in rows]
    return bot.decide(message, found, told, now=now, confidence=shipped(), notices=notices)


def told_of(assessment: Assessment, district: District) -> Told:
    """What the bot is told of an assessment."""
    named = [entity.text for entity in assessment.entities if entity.kind in PLACES]
    codes = [code for code in (assessment.street, assessment.community) if code]
    units = [district.units.get(code).name for code in codes if code in district.units]
    return Told(
        kind=assessment.request_type.value,
        sure=assessment.request_type.probability,
        urgency=assessment.urgency.level,
        matters=max(1, len(assessment.matters)),
        places=tuple(dict.fromkeys([*named, *units])),
    )


def source_of(article: Article) -> Source:
    """An article's version in force as the bot reads it."""
    return Source(
        number=article.number,
        question=article.question,
        short_answer=article.short_answer,
        version=article.version,
        similar=tuple(article.similar),
        keywords=tuple(article.keywords),
        body=article.body,
        fee=article.fee,
        basis=tuple(article.basis),
        published=article.status == "published",
        valid_from=article.valid_from,
        valid_until=article.valid_until,
    )
