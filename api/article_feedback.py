"""Readers' words on articles: an agent's with his ticket, and those of the public, who sign in nowhere."""

from __future__ import annotations

from sqlalchemy.orm import Session

from api.brake import Brake
from api.desk import Desk
from api.errors import TooOften
from casework import tickets
from casework.actors import Actor
from knowledge import articles, feedback
from knowledge.errors import ArticleNotFound
from knowledge.reader import ArticleReader
from knowledge.tables import ArticleFeedback

AN_ADDRESS = 30
"""Words of one address within the brake's window: a whole neighbourhood may stand behind it, a program more often."""

_brake = Brake()


def from_agent(
    session: Session, desk: Desk, key: str, kind: feedback.Kind, *, ticket: str, actor: Actor
) -> ArticleFeedback:
    """Of a member of staff; the ticket by number or id, if he was at one.

    Raises ``ArticleNotFound``, and ``UnknownTicket`` also for one that he may not see.
    """
    ArticleReader(desk.district, actor).article(session, key)
    number = tickets.get_ticket(session, desk.district, ticket, actor).number if ticket else ""
    return feedback.give(session, key, kind, source="agent", now=desk.now(), ticket=number)


def from_public(desk: Desk, key: str, kind: feedback.Kind, *, address: str) -> None:
    """Of whoever reads what is published. The address is counted, not kept.

    Raises ``TooOften``, and ``ArticleNotFound`` for what is not out as well.
    """
    if not _brake.count({address: AN_ADDRESS}, now=desk.now()):
        raise TooOften("反馈过于频繁，请稍后再试")
    with desk.database.write.begin() as session:
        if not articles.usable(articles.get(session, key), desk.today()):
            raise ArticleNotFound(key)
        feedback.give(session, key, kind, source="public", now=desk.now())
