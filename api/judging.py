"""Thinking about texts: triage, articles of what they are about, what the answer bot could say. Nothing is stored."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from api import answering
from api.desk import Desk
from casework.dialogue import keeping
from casework.dialogue.judging import Offer
from casework.tables import Case, Ticket
from channels.registry import capabilities
from knowledge import answers
from knowledge.answers import Matter
from triage.assessment import ArticleCandidate, Assessment, Context, OpenCase

log = logging.getLogger(__name__)

CANDIDATES = 40
"""Open cases handed to triage for comparison: the latest of the same street or category would be better indexed
than filtered, so the latest open ones are taken."""


_LATEST_OPEN = (
    select(Case.id, Ticket.text, Case.category, Case.street, Case.opened_at)
    .join(Ticket, Ticket.case_id == Case.id)
    .where(Case.state.in_(("open", "dispatched", "in_progress")))
    .order_by(Case.opened_at.desc())
    .limit(CANDIDATES)
)

FAIRLY_SURE = 0.3
"""Probability of a category from which its articles are shown first."""


def think(desk: Desk, text: str, context: Context = Context()) -> Assessment:  # noqa: B008  (frozen)
    """Triage a text beside the open cases, then find the articles of what it is about. Nothing is stored."""
    return think_all(desk, [(text, context)])[0]


def think_all(desk: Desk, asked: Sequence[tuple[str, Context]]) -> list[Assessment]:
    """``think`` of several texts together, beside the same open cases."""
    with desk.database.read() as session:
        cases = open_cases(session)
    return _assessed(desk, [(text, replace(context, open_cases=cases)) for text, context in asked])


def _assessed(desk: Desk, asked: Sequence[tuple[str, Context]]) -> list[Assessment]:
    found = desk.engine.assess_all(asked)
    matters = [
        Matter(text, _fairly_sure(assessment), context.title)
        for (text, context), assessment in zip(asked, found, strict=True)
    ]
    articles = answers.beside(desk.index, matters, limit=3, on=desk.today())
    return [
        replace(assessment, articles=tuple(ArticleCandidate(hit.id, hit.title, hit.score) for hit in hits))
        for assessment, hits in zip(found, articles, strict=True)
    ]


def _fairly_sure(assessment: Assessment) -> str:
    best = assessment.category[0]
    return best.code if best.probability >= FAIRLY_SURE else ""


def open_cases(session: Session) -> tuple[OpenCase, ...]:
    """The latest open cases as triage compares with them."""
    return tuple(
        OpenCase(id_, text, category, street, at) for id_, text, category, street, at in session.execute(_LATEST_OPEN)
    )


@dataclass(frozen=True, slots=True)
class Question:
    """What triage is asked about a ticket. A value: it may be judged in another process."""

    ticket_id: str
    text: str
    context: Context
    for_bot: bool = True
    """Whether the bot may answer it, where it converses."""


@dataclass(frozen=True, slots=True)
class NotJudged:
    """Triage failed on a text; ``why`` names the kind of failure."""

    why: str


@dataclass(frozen=True, slots=True)
class Thought:
    """The assessment of a ticket's words, and what the answer bot could say to them; None where it was not asked."""

    assessment: Assessment
    offer: Offer | None = None


Answer = Thought | NotJudged
Judged = Sequence[tuple[Question, Answer]]


def questions(desk: Desk, ticket_ids: Sequence[str]) -> list[Question]:
    """What to ask about those of the tickets that are not judged; all beside the same open cases."""
    if not ticket_ids:
        return []
    waiting = select(Ticket.id, Ticket.text, Ticket.title, Ticket.channel, Ticket.opened_at).where(
        Ticket.id.in_(ticket_ids), Ticket.assessed_at.is_(None)
    )
    with desk.database.read() as session:
        found = session.execute(waiting).all()
        cases = open_cases(session) if found else ()
        chats = [id_ for id_, _, _, channel, _ in found if capabilities(channel).chats]
        not_asked = keeping.not_to_be_answered(session, chats) if chats else frozenset()
    return [
        Question(id_, text, Context(title=title, channel=channel, at=at, open_cases=cases), id_ not in not_asked)
        for id_, text, title, channel, at in found
    ]


def judge(desk: Desk, asked: Sequence[Question]) -> Judged:
    """The answer to each question. Reads the model and the index, no table; never raises for a text."""
    if not asked:
        return []
    try:
        found = _assessed(desk, [(each.text, each.context) for each in asked])
        return [(each, Thought(one, _offer(desk, each, one))) for each, one in zip(asked, found, strict=True)]
    except Exception as problem:  # noqa: BLE001  whichever it was: each by itself
        if len(asked) > 1:
            return [each for question in asked for each in judge(desk, [question])]
        # Whatever triage fails on, the ticket goes on to a person.
        log.warning("triage failed on ticket %s: %s", asked[0].ticket_id, type(problem).__name__)
        return [(asked[0], NotJudged(type(problem).__name__))]


def _offer(desk: Desk, asked: Question, assessment: Assessment) -> Offer | None:
    """What the bot could say where it converses; a failure of it leaves the answer to a person."""
    if not asked.for_bot:
        return None
    if not (desk.district.dialogue.answers and capabilities(asked.context.channel).chats):
        return Offer()
    try:
        reply = answering.reply(desk, f"{asked.context.title}\n{asked.text}".strip(), assessment)
    except Exception as problem:  # noqa: BLE001  told in the log; the ticket goes its way without an answer
        log.warning("the bot failed on ticket %s: %s", asked.ticket_id, type(problem).__name__)
        return Offer()
    return Offer(reply.act, reply.text, reply.options, notice=reply.why == "notice")
