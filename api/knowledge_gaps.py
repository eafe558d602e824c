"""What was asked of the desk, read for ``knowledge.gaps``: tickets that ask, and what was searched for.

What people wrote is stripped of personal data before anything is counted or shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from api import nameless
from api.answering import LOOKED_AT
from casework.tables import Ticket
from knowledge import answers, articles, grievance, search_log, searching, weights
from knowledge.confidence import Confidence
from knowledge.evidence import Found, Source, Told, describe, weighed
from knowledge.gap_tables import SearchEntry
from knowledge.gaps import GOOD, Asked
from knowledge.operators import parse
from knowledge.sources import source_of
from knowledge.tables import Article

if TYPE_CHECKING:
    from api.desk import Desk

QUESTION = "咨询"
BATCH = 500
MOST_SEARCHES = 50_000
"""The newest searches that are looked at."""
OFTEN = 3
"""Searches after which a good article that nobody opened is held for none."""


def published(desk: Desk) -> list[Source]:
    """The articles that may be used today."""
    today = desk.today()
    with desk.database.read() as session:
        rows = session.scalars(select(Article).where(Article.status == "published").order_by(Article.number))
        return [source for row in rows if (source := source_of(row)).in_force(today)]


def asked(desk: Desk, *, since: datetime, limit: int | None = None) -> Iterator[Asked]:
    """The tickets of the type 咨询 opened since, the newest first, with the article that would be found today."""
    before = ""
    left = limit
    while left is None or left > 0:
        wanted = select(Ticket).where(Ticket.opened_at >= since, Ticket.request_type == QUESTION)
        if before:
            wanted = wanted.where(Ticket.id < before)
        query = wanted.order_by(Ticket.id.desc()).limit(BATCH if left is None else min(BATCH, left))
        with desk.database.read() as session:
            tickets = list(session.scalars(query.options(selectinload(Ticket.case))))
            confidence = weights.in_use(session)
        if not tickets:
            return
        for ticket in tickets:
            yield _asked(desk, ticket, confidence)
        before = tickets[-1].id
        left = None if left is None else left - len(tickets)


def _asked(desk: Desk, ticket: Ticket, confidence: Confidence) -> Asked:
    text = nameless.nameless(f"{ticket.title}\n{ticket.text}".strip(), desk.words)
    hits = answers.find(desk.index, text, limit=LOOKED_AT, on=desk.today())
    with desk.database.read() as session:
        rows = articles.by_numbers(session, [hit.id for hit in hits])
    categories = ((ticket.category, 1.0),) if ticket.category else ()
    told = Told(QUESTION, 1.0, categories=categories, grievance=grievance.shipped().log_odds(text))
    found = weighed([Found(hit, source_of(rows[hit.id])) for hit in hits if hit.id in rows], told)
    sure = confidence.probability(describe(text, found, told)) if found else 0.0
    reply = ticket.answer or (ticket.case.answer if ticket.case else "")
    return Asked(
        text=text,
        at=ticket.opened_at.astimezone(desk.district.calendars.zone),
        channel=ticket.channel,
        best=found[0].article.number if found else "",
        probability=sure,
        reply=nameless.nameless(reply, desk.words),
    )


def searched(desk: Desk, *, since: datetime) -> list[Asked]:
    """What was searched for since, the newest first."""
    with desk.database.read() as session:
        return of_searches(search_log.since(session, since, limit=MOST_SEARCHES), desk.district.calendars.zone)


def of_searches(entries: Iterable[SearchEntry], zone: tzinfo) -> list[Asked]:
    """Searches as questions. The article that was opened served; one that is relevant did, unless ``OFTEN`` searches
    of the same words on a page found it and none of them opened anything. A query of fields alone asks nothing.
    """
    known = [(entry, text) for entry in entries if (text := parse(entry.query).text)]
    seen = Counter(text for entry, text in known if entry.page != "api")
    opened = {text for entry, text in known if entry.opened}
    return [
        Asked(
            text=text,
            at=entry.at.astimezone(zone),
            channel=f"search_{'public' if entry.role == 'public' else entry.page}",
            best=entry.opened or entry.first,
            probability=GOOD if entry.relevance >= searching.GOOD else 0.0,
            used=bool(entry.opened),
            passed_over=seen[text] >= OFTEN and text not in opened and entry.relevance >= searching.GOOD,
        )
        for entry, text in known
    ]
