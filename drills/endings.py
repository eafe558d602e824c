"""How a dialogue ended, as a value that is the same however often the desk died meanwhile; and what broke on the way.

Compared are the sentences that were said and to which turn, where the words of each turn stand, the tickets they made
and what the desk waits for: everything but keys, numbers and moments.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.dialogue import keeping
from casework.dialogue.state import Phase, State
from casework.dialogue.tables import Dialogue
from casework.message_tables import Message
from casework.tables import Ticket
from casework.tickets import OPEN_TICKETS
from storage.deliveries import Delivery

CHANNEL = "telegram"
_FIELDS = frozenset(each.name for each in fields(State))
_PHASES = frozenset(get_args(Phase))


@dataclass(frozen=True, slots=True)
class Heard:
    """A message of the resident: its words, the ticket that it is kept with (counted from 1; 0: none), or why none."""

    kind: str
    words: str
    ticket: int
    ignored: str


@dataclass(frozen=True, slots=True)
class Ending:
    """Where a dialogue stands. ``said`` are the templates of each message of ours with the turn that it answers."""

    said: tuple[tuple[int, str], ...]
    heard: tuple[Heard, ...]
    tickets: tuple[tuple[str, str, str, str], ...]
    """Words, state, urgency, why it is over."""
    phase: str
    asked: tuple[str, ...]
    given: Mapping[str, str]
    done: bool


def names(delivery: Delivery) -> list[str]:
    """The templates whose words stand in the message."""
    return str(delivery.details.get("said") or delivery.template).split()


def ending(session: Session, account: str, sender: str) -> Ending:
    """Of the dialogue with this name. Raises ``ValueError`` for a state that cannot be read."""
    messages = _heard(session, account, sender)
    tickets = _opened(session, account, sender)
    turns = {each.id: number for number, each in enumerate(messages, 1)}
    places = {each.id: number for number, each in enumerate(tickets, 1)}
    state = _state(session, account, sender)
    return Ending(
        said=tuple(
            (turns.get(each.reply_to_message or "", 0), " ".join(names(each)))
            for each in _said(session, account, sender)
        ),
        heard=tuple(
            Heard(each.kind, each.text, places.get(each.ticket_id or "", 0), _unnumbered(each.ignored, tickets))
            for each in messages
        ),
        tickets=tuple((each.text, *_standing(each)) for each in tickets),
        phase=state.phase,
        asked=state.asked,
        given=dict(state.given),
        done=state.done,
    )


def _unnumbered(words: str, tickets: Sequence[Ticket]) -> str:
    for at, ticket in enumerate(tickets, 1):
        words = words.replace(ticket.number, f"[{at}]")
    return words


def _standing(ticket: Ticket) -> tuple[str, str, str]:
    """State, urgency, why it is over. Whether one answered directly is called back all the same is drawn by its key."""
    drawn = ticket.state == "answered_directly"
    return ("closed", ticket.urgency, "close_direct") if drawn else (ticket.state, ticket.urgency, ticket.close_reason)


def _said(session: Session, account: str, sender: str) -> Sequence[Delivery]:
    query = select(Delivery).where(
        Delivery.channel == CHANNEL, Delivery.account == account, Delivery.recipient == sender
    )
    return list(session.scalars(query.order_by(Delivery.position)))


def _heard(session: Session, account: str, sender: str) -> Sequence[Message]:
    query = select(Message).where(Message.channel == CHANNEL, Message.account == account, Message.sender == sender)
    return list(session.scalars(query.order_by(Message.received_at, Message.id)))


def _opened(session: Session, account: str, sender: str) -> Sequence[Ticket]:
    query = select(Ticket).where(Ticket.channel == CHANNEL, Ticket.account == account, Ticket.sender == sender)
    return list(session.scalars(query.order_by(Ticket.opened_at, Ticket.id)))


def _state(session: Session, account: str, sender: str) -> State:
    name = (Dialogue.channel == CHANNEL, Dialogue.account == account, Dialogue.sender == sender)
    row = session.scalar(select(Dialogue).where(*name))
    if row is None:
        return State()
    if not isinstance(row.state, dict) or (unknown := row.state.keys() - _FIELDS):
        raise ValueError(f"a state nobody can read: {row.state if not isinstance(row.state, dict) else unknown}")
    state = keeping.state_of(row)
    if state.phase not in _PHASES:
        raise ValueError(f"a phase that is none: {state.phase}")
    return state


@dataclass(frozen=True, slots=True)
class Cast:
    """A resident of a drill: his name on the channel, and how his dialogue ends when nothing breaks."""

    account: str
    sender: str
    script: str
    expected: Ending


def faults(session: Session, casts: Iterable[Cast]) -> list[str]:
    """Everything in which the dialogues ended otherwise than they should, and what cannot be of any dialogue."""
    return [f"{cast.sender} “{cast.script}”: {fault}" for cast in casts for fault in _faults(session, cast)]


def _faults(session: Session, cast: Cast) -> Iterator[str]:
    try:
        found = ending(session, cast.account, cast.sender)
    except (TypeError, ValueError) as problem:
        yield f"its state: {problem}"
        return
    yield from _compared(found, cast.expected)
    for ticket in _opened(session, cast.account, cast.sender):
        if ticket.assessed_at is None and ticket.state in OPEN_TICKETS:
            yield f"ticket {ticket.number} was never judged"
    for message in _heard(session, cast.account, cast.sender):
        if not (message.ticket_id or message.ignored):
            yield f"a message is forgotten, on no ticket and without a reason: {message.text!r}"


def _compared(found: Ending, expected: Ending) -> Iterator[str]:
    said, wanted = Counter(found.said), Counter(expected.said)
    if twice := sorted((said - wanted).keys() & wanted.keys()):
        yield f"said twice: {twice}"
    if unsaid := wanted - said:
        yield f"never said: {sorted(unsaid.elements())}"
    if beyond := sorted((said - wanted).keys() - wanted.keys()):
        yield f"said and not due: {beyond}"
    if said == wanted and found.said != expected.said:
        yield f"said in another order: {found.said}, should be {expected.said}"
    for name in ("heard", "tickets", "phase", "asked", "given", "done"):
        here, there = getattr(found, name), getattr(expected, name)
        if here != there:
            yield f"{name}: {here}, should be {there}"


def misled(session: Session, account: str, arrived: Iterable[tuple[str, str]]) -> list[str]:
    """What reached residents, (name, text) each time it came, against the records: nothing that is on none, nothing
    twice, and all that is on record as sent. Only what was ``perhaps_sent`` may have come or not.
    """
    came = Counter(arrived)
    query = select(Delivery).where(Delivery.channel == CHANNEL, Delivery.account == account)
    rows = list(session.scalars(query))
    sent = Counter((each.recipient, each.text) for each in rows if each.state == "sent")
    perhaps = Counter((each.recipient, each.text) for each in rows if each.state == "perhaps_sent")
    found = [f"{each.recipient}: {names(each)} is {each.state}" for each in rows if each.state not in _LEFT]
    for (name, text), times in (came - sent - perhaps).items():
        found.append(f"{name} saw {times} times more than is on record: {text[:40]!r}")
    found += [f"{name} never saw what is on record as sent: {text[:40]!r}" for name, text in (sent - came)]
    return found


_LEFT = frozenset({"sent", "perhaps_sent"})
