"""接管与交回: a person speaks to a resident in the bot's place, and gives the conversation back.

While he has it the bot is silent but for emergencies (``keeping.has_agent``). What he says is a delivery like any
other, in the resident's order, and leaves a few seconds later so that it can be taken back (``speaking``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework import absences
from casework.actors import DESK, SYSTEM, Actor
from casework.dialogue import keeping
from casework.dialogue import state as states
from casework.dialogue.errors import NotAChat, SpokenToByOther
from casework.dialogue.tables import Dialogue
from casework.errors import NotAllowed
from casework.lifecycle import note
from casework.message_tables import Message
from casework.people_tables import DutyShift
from casework.resident_tables import Identity
from casework.tables import Ticket
from casework.telling import notify, say
from casework.tickets import OPEN_TICKETS
from channels.registry import capabilities
from district.pack import District
from district.schemas import Role
from storage import change_log
from storage.deliveries import Delivery
from storage.identity import User

SAID = "agent_said"
"""The template of what a person says."""
TAKES = DESK
"""Who may speak to residents in a conversation."""
MAY_END = frozenset({Role.SUPERVISOR, Role.SYSTEM})
"""Who may give back what another has taken."""
_OF_THE_BOT = frozenset({"phase", "asking", "options", "since", "doubtful", "waiting_since"})
"""Parts of a state that say what the bot waits for (``casework.dialogue.state.State``); without them it waits for
nothing."""


def check_may_take(actor: Actor) -> None:
    """Raises ``NotAllowed`` for other roles than the desk's."""
    if actor.role not in TAKES:
        raise NotAllowed("接管会话", "由坐席、派单员或督办应答居民")


def of_ticket(session: Session, ticket: Ticket) -> Dialogue | None:
    """The conversation that the ticket is of; None where none was kept yet."""
    return session.scalar(
        select(Dialogue).where(
            Dialogue.channel == ticket.channel, Dialogue.account == ticket.account, Dialogue.sender == ticket.sender
        )
    )


def hold(session: Session, ticket: Ticket, *, now: datetime) -> Dialogue:
    """The ticket's conversation, made where there was none, and nobody else's until the commit.

    Raises ``NotAChat``. It is held before the ticket is.
    """
    if not capabilities(ticket.channel).chats:
        raise NotAChat(ticket.number)
    return keeping.held(session, ticket.channel, ticket.account, ticket.sender, now=now)


def take(session: Session, district: District, ticket: Ticket, *, actor: Actor, now: datetime) -> Dialogue:
    """Speak to the resident from now on (接管), also in the place of a colleague, who is told.

    A resident who waited for a person hears that one is there. Whoever has it already keeps it, and nothing is said.
    Raises ``NotAllowed`` and ``NotAChat``.
    """
    check_may_take(actor)
    dialogue = hold(session, ticket, now=now)
    if dialogue.agent_id == actor.id:
        return dialogue
    waited = dialogue.waiting_since is not None
    if dialogue.agent_id:
        person, fields = dialogue.agent_id, {"agent": actor.name}
        notify(session, district, "person", "conversation_taken", now=now, ticket=ticket, person=person, fields=fields)
    dialogue.agent_id, dialogue.agent_name, dialogue.agent_since = actor.id, actor.name, now
    _settle(session, district, dialogue, _rested(dialogue.state), "taken", now=now)
    note(session, "take", "接管会话", actor=actor, now=now, ticket=ticket)
    if waited:
        once = f"person_here:{dialogue.id}:{now.isoformat()}"
        say(session, district, ticket, "person_here", purpose=once, now=now, fields={"agent": actor.name})
    return dialogue


def hand_back(session: Session, district: District, ticket: Ticket, *, actor: Actor, now: datetime) -> bool:
    """Let the bot go on (交回); the resident hears it. False when nobody had the conversation.

    Raises ``NotAllowed``, ``NotAChat``, and ``SpokenToByOther`` for another's, unless a supervisor ends it.
    """
    check_may_take(actor)
    dialogue = hold(session, ticket, now=now)
    if not dialogue.agent_id:
        return False
    if dialogue.agent_id != actor.id and actor.role not in MAY_END:
        raise SpokenToByOther(ticket.number, dialogue.agent_name)
    since = dialogue.agent_since or now
    _free(session, district, dialogue, _rested(dialogue.state), now=now)
    note(session, "hand_back", "交回会话", actor=actor, now=now, ticket=ticket)
    say(session, district, ticket, "back_to_bot", purpose=f"back:{dialogue.id}:{since.isoformat()}", now=now)
    return True


def idle(session: Session, district: District, *, now: datetime) -> Sequence[str]:
    """The ids of conversations whose person says nothing any more, or is not there: ``release_idle`` each."""
    taken = session.scalars(select(Dialogue).where(Dialogue.agent_id.is_not(None)))
    return [each.id for each in taken if _why_over(session, district, each, now=now)]


def release_idle(session: Session, district: District, dialogue_id: str, *, now: datetime) -> bool:
    """Give back what its person left lying; False where he is at it after all.

    The resident is told only if he waits for an answer; then the desk is told too, and he waits for a person as one
    who asked for it.
    """
    dialogue = keeping.held_by_id(session, dialogue_id)
    if dialogue is None or not (why := _why_over(session, district, dialogue, now=now)):
        return False
    ticket = newest_ticket(session, dialogue)
    if ticket is None:
        return False
    unanswered = unanswered_since(session, dialogue, ticket)
    gone, since = dialogue.agent_name, dialogue.agent_since or now
    state = _rested(dialogue.state)
    if unanswered is not None:
        state |= {"phase": "with_person", "since": now.isoformat(), "waiting_since": unanswered.isoformat()}
    _free(session, district, dialogue, state, now=now)
    note(session, "release", "会话自动交回", actor=SYSTEM, now=now, ticket=ticket, text=f"{gone}{why}")
    if unanswered is not None:
        say(session, district, ticket, "agent_left", purpose=f"left:{dialogue.id}:{since.isoformat()}", now=now)
        notify(session, district, "desk", "resident_waits", now=now, ticket=ticket, fields={"agent": gone})
    return True


def _why_over(session: Session, district: District, dialogue: Dialogue, *, now: datetime) -> str:
    """Why its person has the conversation no longer, in Chinese; empty: he has it."""
    if dialogue.agent_id is None:
        return ""
    user = session.get(User, dialogue.agent_id)
    if user is None or user.disabled or Role(user.role) not in TAKES:
        return "的账号已停用"
    if _off_duty(session, dialogue, now=now):
        return "已下班或请假"
    minutes = district.manifest.conversation.agent_idle_minutes
    return f"已 {minutes} 分钟没有应答" if now - last_word(session, dialogue) >= timedelta(minutes=minutes) else ""


def _off_duty(session: Session, dialogue: Dialogue, *, now: datetime) -> bool:
    """Whether he is away (请假), or the shift is over in which he took the conversation and none of his has begun.

    Whom the roster does not know has no shift to end.
    """
    user = dialogue.agent_id or ""
    if absences.is_away(session, user, now=now):
        return True

    def on_shift(at: datetime) -> bool:
        covers = select(DutyShift.id).where(DutyShift.user_id == user, DutyShift.starts <= at, DutyShift.ends > at)
        return session.scalar(covers.limit(1)) is not None

    return on_shift(dialogue.agent_since or now) and not on_shift(now)


_SAID_LAST = (
    select(func.max(Delivery.created_at))
    .where(
        Delivery.channel == Dialogue.channel,
        Delivery.account == Dialogue.account,
        Delivery.recipient == Dialogue.sender,
        Delivery.template == SAID,
        Delivery.state != "withdrawn",
    )
    .correlate(Dialogue)
    .scalar_subquery()
)
"""When somebody of the desk said something last in a conversation."""

_BEGAN = func.coalesce(Dialogue.agent_since, Dialogue.updated_at)

UNANSWERED_SINCE = (
    select(func.min(Message.received_at))
    .where(
        Message.resident_id == Ticket.resident_id,
        Message.channel == Dialogue.channel,
        Message.account == Dialogue.account,
        Message.sender == Dialogue.sender,
        Message.kind != "event",
        Message.received_at > _BEGAN,
        Message.received_at > func.coalesce(_SAID_LAST, _BEGAN),
    )
    .correlate(Dialogue, Ticket)
    .scalar_subquery()
)
"""Of a conversation and its ticket: when the resident wrote first after the last word of the person who has it."""

NEWEST_TICKET = (
    select(Ticket.id)
    .join(Identity, Identity.resident_id == Ticket.resident_id)
    .where(
        Identity.channel == Dialogue.channel,
        Identity.account == Dialogue.account,
        Identity.external == Dialogue.sender,
        Ticket.channel == Dialogue.channel,
        Ticket.account == Dialogue.account,
    )
    .order_by(Ticket.state.in_(OPEN_TICKETS).desc(), Ticket.last_message_at.desc(), Ticket.id.desc())
    .limit(1)
    .correlate(Dialogue)
    .scalar_subquery()
)
"""Of a conversation: its ticket (``newest_ticket``)."""


def last_word(session: Session, dialogue: Dialogue) -> datetime:
    """When its person said something last; before the first word, when he took the conversation over."""
    last: datetime | None = session.scalar(select(_SAID_LAST).where(Dialogue.id == dialogue.id))
    return max(filter(None, (last, dialogue.agent_since or dialogue.updated_at)))


def unanswered_since(session: Session, dialogue: Dialogue, ticket: Ticket) -> datetime | None:
    """When the resident wrote first after the last word of the person who has the conversation; None: he did not."""
    query = select(UNANSWERED_SINCE).select_from(Dialogue).join(Ticket, Ticket.id == ticket.id)
    since: datetime | None = session.scalar(query.where(Dialogue.id == dialogue.id))
    return since


def newest_ticket(session: Session, dialogue: Dialogue) -> Ticket | None:
    """The ticket that the conversation is about: the open one that the resident wrote to last, else his last one."""
    key = session.scalar(select(NEWEST_TICKET).where(Dialogue.id == dialogue.id))
    return session.get(Ticket, key) if key is not None else None


def _rested(state: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in state.items() if name not in _OF_THE_BOT}


def _free(session: Session, district: District, dialogue: Dialogue, state: dict[str, Any], *, now: datetime) -> None:
    dialogue.agent_id, dialogue.agent_name, dialogue.agent_since = None, "", None
    _settle(session, district, dialogue, state, "handed_back", now=now)


def _settle(
    session: Session, district: District, dialogue: Dialogue, state: dict[str, Any], what: str, *, now: datetime
) -> None:
    dialogue.state, dialogue.updated_at = state, now
    dialogue.due_at = states.due_at(district.dialogue, states.read(state))  # fragments that it holds, or a person
    session.flush()
    change_log.record(session, "dialogues", dialogue.id, what, now=now)
