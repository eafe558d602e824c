"""The answer bot put together: triage says what a message is, the search what is found, ``knowledge.bot`` decides.

Nothing is stored and nothing is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from knowledge import answers, articles, bot, day_notices, grievance, weights
from knowledge.evidence import Found, Told
from knowledge.notices import Notice
from knowledge.sources import source_of

if TYPE_CHECKING:
    from api.desk import Desk
    from district.pack import District
    from triage.assessment import Assessment

LOOKED_AT = 10
"""Articles found of which the best are weighed against each other."""
WHERE_STREETS_DIFFER = 30
"""Articles looked at where the best are for other streets than the message's: a question may have one of each."""
PLACES = frozenset({"address", "place", "plate"})
"""Entities that make a text one of a certain place or car."""


def answer(desk: Desk, message: str, *, notices: Sequence[Notice] = ()) -> bot.Reply:
    """What the bot says to a message now, by the stored notices in force and those given.

    Raises ``NotSetUp``, ``UnusableModel``, ``IndexMissing``.
    """
    return reply(desk, message, desk.engine.assess(message), notices=notices)


def reply(desk: Desk, message: str, assessment: Assessment, *, notices: Sequence[Notice] = ()) -> bot.Reply:
    """The same for a message that triage has assessed. Raises ``IndexMissing``."""
    now = desk.now().astimezone(desk.district.calendars.zone)
    told = told_of(message, assessment, desk.district)
    with desk.database.read() as session:
        found = _found(session, desk, message, told, now.date())
        current = [*day_notices.in_force(session, desk.district, now), *notices]
        confidence = weights.in_use(session)
    return bot.decide(message, found, told, now=now, confidence=confidence, notices=current)


def _found(session: Session, desk: Desk, message: str, told: Told, today: date) -> list[Found]:
    """The best articles that serve the message's streets, looked for farther down where others were among them."""
    for limit in (LOOKED_AT, WHERE_STREETS_DIFFER):
        hits = answers.find(desk.index, message, limit=limit, on=today)
        rows = articles.by_numbers(session, [hit.id for hit in hits])
        found = [Found(hit, source_of(rows[hit.id], desk.district)) for hit in hits if hit.id in rows]
        serving = [one for one in found if one.article.serves(told.streets)]
        if len(serving) == len(found):
            break
    return serving[:LOOKED_AT]


def told_of(message: str, assessment: Assessment, district: District) -> Told:
    """What the bot is told of a message and its assessment."""
    named = [entity.text for entity in assessment.entities if entity.kind in PLACES]
    codes = [code for code in (assessment.street, assessment.community) if code]
    streets = [str(each.value["street"]) for each in assessment.entities if each.value.get("street")]
    units = [district.units.get(code).name for code in codes if code in district.units]
    return Told(
        kind=assessment.request_type.value,
        sure=assessment.request_type.probability,
        urgency=assessment.urgency.level,
        matters=max(1, len(assessment.matters)),
        places=tuple(dict.fromkeys([*named, *units])),
        streets=tuple(dict.fromkeys([*filter(None, [assessment.street]), *streets])),
        categories=tuple((guess.code, guess.probability) for guess in assessment.category),
        grievance=grievance.shipped().log_odds(message),
    )
