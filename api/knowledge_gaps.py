"""What was asked of the desk, read for ``knowledge.gaps``: the tickets that ask, with the article found for each.

What residents wrote is stripped of personal data before anything is counted or shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from api.answering import LOOKED_AT, source_of
from casework.privacy import hide_text
from casework.tables import Ticket
from knowledge import answers, articles
from knowledge.analysis import Analyzer
from knowledge.evidence import Found, Source, Told, describe
from knowledge.gaps import Asked, Cut
from knowledge.tables import Article
from knowledge.weights import shipped

if TYPE_CHECKING:
    from api.desk import Desk

QUESTION = "咨询"
BATCH = 500


def published(desk: Desk) -> list[Source]:
    """The articles that may be used today."""
    today = desk.today()
    with desk.database.read() as session:
        rows = session.scalars(select(Article).where(Article.status == "published").order_by(Article.number))
        return [source for row in rows if (source := source_of(row)).in_force(today)]


def asked(desk: Desk, *, since: datetime) -> Iterator[Asked]:
    """Every ticket of the type 咨询 opened since, the oldest first, with the article that would be found today."""
    after = ""
    with desk.database.read() as session:
        while True:
            wanted = select(Ticket).where(Ticket.opened_at >= since, Ticket.request_type == QUESTION)
            query = wanted.where(Ticket.id > after).order_by(Ticket.id).limit(BATCH).options(selectinload(Ticket.case))
            tickets = list(session.scalars(query))
            if not tickets:
                return
            for ticket in tickets:
                yield _asked(desk, ticket)
            after = tickets[-1].id


def _asked(desk: Desk, ticket: Ticket) -> Asked:
    text = hide_text(f"{ticket.title}\n{ticket.text}".strip())
    hits = answers.find(desk.index, text, limit=LOOKED_AT, on=desk.today())
    with desk.database.read() as session:
        rows = articles.by_numbers(session, [hit.id for hit in hits])
    found = [Found(hit, source_of(rows[hit.id])) for hit in hits if hit.id in rows]
    reply = ticket.answer or (ticket.case.answer if ticket.case else "")
    return Asked(
        text=text,
        at=ticket.opened_at.astimezone(desk.district.calendars.zone),
        channel=ticket.channel,
        best=found[0].article.number if found else "",
        probability=shipped().probability(describe(text, found, Told(QUESTION, 1.0))) if found else 0.0,
        reply=hide_text(reply),
    )


def cut(desk: Desk) -> Cut:
    """The words of a text, by the desk's own dictionary."""
    analyzer = Analyzer(desk.home / "words")
    return lambda text: analyzer.terms(text).words
