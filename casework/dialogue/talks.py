"""The list of conversations for the desk: who waits for a person, who has whom, who has just written."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session, selectinload

from casework.actors import Actor
from casework.dialogue import takeover
from casework.dialogue.tables import Dialogue
from casework.errors import NotAllowed
from casework.message_tables import Message
from casework.resident_tables import Identity
from casework.tables import Case, Ticket
from casework.tickets import OPEN_TICKETS
from district.schemas import Role

SEES = takeover.TAKES | {Role.AUDITOR}
"""Who sees the list; an auditor as he sees everything, masked."""
MOST = 200
"""Conversations listed at most: nobody has more in hand, and those who wait longest come first."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One conversation of the list. ``waiting_since``: a person was asked for and nobody has come yet.

    ``unanswered_since``: the resident has written since the last word of the person who has it. ``last_words`` and
    ``last_at`` are of the resident's last message.
    """

    dialogue: Dialogue
    ticket: Ticket
    last_words: str
    last_kind: str
    last_at: datetime | None
    waiting_since: datetime | None
    unanswered_since: datetime | None

    @property
    def since(self) -> datetime | None:
        """Since when the resident waits; None: he does not."""
        return self.waiting_since or self.unanswered_since


_HAS_OPEN = (
    exists()
    .where(
        Identity.channel == Dialogue.channel,
        Identity.account == Dialogue.account,
        Identity.external == Dialogue.sender,
        Ticket.resident_id == Identity.resident_id,
        Ticket.channel == Dialogue.channel,
        Ticket.state.in_(OPEN_TICKETS),
    )
    .correlate(Dialogue)
)
_WAITS = and_(Dialogue.agent_id.is_(None), Dialogue.waiting_since.is_not(None), _HAS_OPEN)
"""Who asked for a person, whom nobody has, and whose matter is not over."""


def check_sees(actor: Actor) -> None:
    """Raises ``NotAllowed`` for who has nothing to do with conversations."""
    if actor.role not in SEES:
        raise NotAllowed("查看会话", "由热线中心的坐席、派单员和督办应答居民")


def count_waiting(session: Session) -> int:
    """How many residents wait for a person."""
    return session.scalar(select(func.count(Dialogue.id)).where(_WAITS)) or 0


def listed(session: Session, actor: Actor, *, mine: bool = False) -> Sequence[Listed]:
    """Conversations that wait for a person, the longest first; then those that one has, the unanswered ones first.

    ``mine``: those alone that the actor has. Raises ``NotAllowed``.
    """
    check_sees(actor)
    taken = Dialogue.agent_id == actor.id if mine else or_(_WAITS, Dialogue.agent_id.is_not(None))
    query = select(Dialogue, takeover.NEWEST_TICKET).where(taken).limit(MOST)
    found = session.execute(query.order_by(Dialogue.agent_id.is_(None).desc(), Dialogue.waiting_since)).all()
    about = {dialogue.id: key for dialogue, key in found if key is not None}
    tickets = _tickets(session, about.values())
    last, unanswered = _last_messages(session, tickets), _unanswered(session, about)
    listed = [
        _listed(dialogue, tickets[key], last.get(key), unanswered.get(dialogue.id))
        for dialogue, key in found
        if key is not None
    ]
    return sorted(listed, key=_urgency)


def _urgency(talk: Listed) -> tuple[int, datetime]:
    since = talk.since
    rank = 0 if talk.waiting_since else 1 if since else 2
    return rank, since or talk.dialogue.updated_at


def _listed(dialogue: Dialogue, ticket: Ticket, last: Message | None, unanswered: datetime | None) -> Listed:
    return Listed(
        dialogue,
        ticket,
        last.text if last is not None else "",
        last.kind if last is not None else "",
        last.received_at if last is not None else None,
        dialogue.waiting_since if dialogue.agent_id is None else None,
        unanswered if dialogue.agent_id else None,
    )


def _tickets(session: Session, keys: Collection[str]) -> dict[str, Ticket]:
    """These tickets with all that masking them in a list asks."""
    people = selectinload(Ticket.case).selectinload(Case.tickets).selectinload(Ticket.resident)
    query = select(Ticket).where(Ticket.id.in_(keys)).options(selectinload(Ticket.resident), people)
    return {each.id: each for each in session.scalars(query)}


def _last_messages(session: Session, keys: Collection[str]) -> dict[str, Message]:
    """What each ticket's resident wrote last under its name, on whichever matter."""
    last = (
        select(Message.id)
        .where(
            Message.resident_id == Ticket.resident_id,
            Message.channel == Ticket.channel,
            Message.account == Ticket.account,
            Message.sender == Ticket.sender,
            Message.kind != "event",
        )
        .order_by(Message.received_at.desc(), Message.id.desc())
        .limit(1)
        .correlate(Ticket)
        .scalar_subquery()
    )
    query = select(Ticket.id, Message).join(Message, Message.id == last).where(Ticket.id.in_(keys))
    return dict(session.execute(query).all())


def _unanswered(session: Session, about: Collection[str]) -> dict[str, datetime | None]:
    """Since when each conversation's resident waits for its person's next word, by the conversation's key."""
    query = select(Dialogue.id, takeover.UNANSWERED_SINCE).join(Ticket, Ticket.id == takeover.NEWEST_TICKET)
    query = query.where(Dialogue.id.in_(about), Dialogue.agent_id.is_not(None))
    return dict(session.execute(query).all())
