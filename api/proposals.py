"""What the answer bot proposes for a ticket, and a person's judgement of it, from which its weights are learnt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api import answering
from casework import lifecycle
from casework.actors import Actor
from casework.errors import NotAllowed
from knowledge import weights
from knowledge.bot import Reply
from knowledge.errors import ProposalChanged

if TYPE_CHECKING:
    from api.desk import Desk
    from casework.tables import Ticket

DIRECTLY = "answer_directly"


def may_judge(desk: Desk, ticket: Ticket, actor: Actor) -> bool:
    """Whether the actor can answer the ticket directly now: only he is proposed how."""
    moves = lifecycle.moves(desk.district.workflow.ticket, ticket.state, actor)
    return any(move.name == DIRECTLY for move in moves)


def proposed(desk: Desk, ticket: Ticket) -> Reply | None:
    """The answer out of an article that the bot would give to the ticket's words; None for anything else it would say.

    Raises ``NotSetUp``, ``UnusableModel``, ``IndexMissing``.
    """
    reply = answering.answer(desk, f"{ticket.title}\n{ticket.text}".strip())
    return reply if reply.act == "answer" and reply.article else None


def judge(desk: Desk, ticket: Ticket, article: str, version: int, *, accepted: bool, actor: Actor) -> Reply:
    """Keep the judgement, with the evidence as it is now. Raises ``NotAllowed``, and ``ProposalChanged`` where the bot
    proposes something else by now.
    """
    if not may_judge(desk, ticket, actor):
        raise NotAllowed("判断建议答复", "您的角色或工单的状态不允许直接答复")
    reply = proposed(desk, ticket)
    if reply is None or (reply.article, reply.version) != (article, version):
        raise ProposalChanged(ticket.number)
    with desk.database.write.begin() as session:
        weights.judge(
            session,
            ticket_id=ticket.id,
            article=article,
            version=version,
            evidence=reply.evidence,
            accepted=accepted,
            actor=actor,
            now=desk.now(),
        )
    return reply
