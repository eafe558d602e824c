"""What must hold of a chat at every moment, whatever was said and done in it. ``breaches`` names what does not.

``dead_ends`` looks ahead: what would follow if the resident went on, in transactions of which nothing stays.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from casework import questionnaires
from casework.dialogue import state as states
from casework.dialogue import takeover, talking
from casework.dialogue.state import Phase, State
from casework.message_tables import Message
from casework.people_tables import Alert
from casework.tables import Ticket
from casework.tickets import OPEN_TICKETS
from channels.message import InboundMessage, Sender
from district.pack import District
from drills.chats import SECRET, SILENCES, Acted, Chat, Heard
from storage.deliveries import Delivery

ADVICE = "emergency_advice"
ASKS = frozenset({"ask_place", "ask_time", "ask_object", "ask_contact"})
ONCE = ASKS | {"new_or_same"}
"""What no ticket hears twice."""
OPENINGS = frozenset({"received", "other_language"})
BOTS_OWN = ONCE | OPENINGS | frozenset(
    {
        *("menu", "thanks_back", "calm", "say_more", "not_understood", "choice_over", "progress", "progress_none"),
        "file_noted",
        *("bot_answer", "bot_notice", "bot_clarify", "answer_closed", "summary", "received_complete", "confirmed"),
        *("edit_ask", "edit_give", "gone_on", "addition_noted", "supplement_ask", "person_called", "urging_noted"),
        *("unsupported_message",),
    }
)  # fmt: skip
"""What the bot says of itself: nothing of it while a person has the conversation."""
OFFERING: frozenset[Phase] = frozenset({"confirming", "editing", "answered", "choosing", "unsure"})
WAITING_FOR: Mapping[Phase, frozenset[str]] = {
    "asking": ASKS,
    "confirming": frozenset({"summary"}),
    "editing": frozenset({"edit_ask"}),
    "giving": frozenset({"edit_give"}),
    "answered": frozenset({"bot_answer", "bot_notice"}),
    "choosing": frozenset({"bot_clarify"}),
    "unsure": frozenset({"new_or_same"}),
    "supplementing": frozenset({"supplement_ask"}),
    "with_person": frozenset({"person_called", "agent_left"}),
}
"""The words with which the desk began to wait."""
COMMANDS = ("查进度", "转人工")
"""What gets words out of the bot wherever the chat stands."""
PATIENCE = timedelta(days=3)
"""After so long whatever he writes is a matter of its own."""


def said(delivery: Delivery) -> list[str]:
    """The templates whose words stand in a message, in order."""
    return str(delivery.details.get("said") or delivery.template).split()


@dataclass(frozen=True)
class Records:
    """All that is kept of a chat."""

    district: District
    chat: Chat
    state: State
    kept: Mapping[str, Any]
    due_at: Any
    agent: bool
    tickets: Mapping[str, Ticket]
    messages: Mapping[str, Message]
    deliveries: Sequence[Delivery]
    alerts: Sequence[Alert]

    @classmethod
    def of(cls, session: Session, chat: Chat) -> Records:
        """As they stand."""
        row = chat.row(session)
        tickets = {each.id: each for each in chat.tickets(session)}
        about = or_(
            Alert.ticket_id.in_(tickets), Alert.case_id.in_([each.case_id for each in tickets.values() if each.case_id])
        )
        mine = (Message.sender == chat.sender, Message.channel == chat.channel)
        return cls(
            district=chat.district,
            chat=chat,
            state=states.read(row.state) if row is not None else State(),
            kept=row.state if row is not None else {},
            due_at=row.due_at if row is not None else None,
            agent=row is not None and row.agent_id is not None,
            tickets=tickets,
            messages={each.id: each for each in session.scalars(select(Message).where(*mine))},
            deliveries=chat.deliveries(session),
            alerts=list(session.scalars(select(Alert).where(about))) if tickets else [],
        )


def breaches(records: Records) -> list[str]:
    """Everything that does not hold, by what is on record now."""
    found = [*_waiting(records), *_words(records), *_asked_again(records), *_said_again(records.chat.acted)]
    found += [*_silent(records.chat.acted), *_emergencies(records), *_notes(records), *_stored(records)]
    return found


def _waiting(records: Records) -> Iterator[str]:
    """Whoever waits knows for what and until when, and has said so."""
    state, phase = records.state, records.state.phase
    if records.agent:
        if phase != "idle":
            yield f"an agent has the conversation and the bot waits too ({phase})"
        return
    due = states.due_at(records.district.dialogue, state)
    if due is None and phase != "idle":
        yield f"nothing ends the phase {phase}"
    if due != records.due_at:
        yield f"{phase} is due at {due}, the row says {records.due_at}"
    if bool(state.options) is not (phase in OFFERING):
        yield f"{phase} offers {state.options}"
    if bool(state.asking) is not (phase in ("asking", "giving")):
        yield f"{phase} asks for “{state.asking}”"
    if phase == "idle":
        return
    wanted = {f"ask_{state.asking}"} if phase == "asking" else WAITING_FOR[phase]
    began = [each for each in records.deliveries if each.created_at.isoformat() == state.since]
    words = [each for each in began if wanted & set(said(each))]
    if not words:
        yield f"the desk waits ({phase}) and has not said for what"
    if state.options and not any(len(each.choices) == len(state.options) for each in words):
        yield f"{phase} offers {len(state.options)}, which were not shown"


def _words(records: Records) -> Iterator[str]:
    """What he wrote stands in a ticket, or on a message with a reason, or is held until more comes."""
    texts = "\n".join(each.text for each in records.tickets.values())
    for heard in records.chat.heard:
        row = records.messages.get(heard.message_id)
        if row is None:
            yield f"“{heard.words}” is on no message"
            continue
        held = row.id in records.state.held
        if row.ticket_id is None and not row.ignored and not held:
            yield f"“{heard.words}” is on no ticket and says not why"
        if row.ticket_id is None or heard.reason or heard.commanded or heard.reworded:
            continue
        talk = heard.beside and sum(each.isalnum() for each in heard.words) < records.district.dialogue.bare
        if heard.words not in texts and not talk:
            yield f"“{heard.words}” was taken for a matter and stands in no ticket"


def _asked_again(records: Records) -> Iterator[str]:
    told = [(name, each.ticket_id) for each in records.deliveries for name in said(each)]
    for (name, _), count in Counter(told).items():
        if name in ONCE and count > 1:
            yield f"{name} was said {count} times of one ticket"
    opened = Counter(ticket for name, ticket in told if name in OPENINGS)
    yield from (f"a ticket was received {count} times" for count in opened.values() if count > 1)
    questions = Counter(ticket for name, ticket in told if name in ASKS)
    most = records.district.dialogue.questions
    yield from (f"{count} questions about one ticket" for count in questions.values() if count > most)
    purposes = Counter(each.purpose for each in records.deliveries)
    yield from (f"two deliveries for {purpose}" for purpose, count in purposes.items() if count > 1)


def _said_again(acted: Sequence[Acted]) -> Iterator[str]:
    """The bot says nothing twice upon one message of the resident."""
    turn, spoken = 0, list[tuple[int, str, str | None]]()
    for act in acted:
        turn += act.by != "time"
        spoken += [(turn, name, each.ticket_id) for each in act.said for name in said(each) if name in BOTS_OWN]
    for (_, name, _), same in groupby(sorted(spoken, key=str)):
        if len(list(same)) > 1:
            yield f"{name} was said twice upon one message"


def _silent(acted: Sequence[Acted]) -> Iterator[str]:
    for act in acted:
        words = {name for each in act.said for name in said(each)} & BOTS_OWN
        if act.agent and words:
            yield f"the bot said {', '.join(sorted(words))} upon “{act.what}” beside an agent"


def _emergencies(records: Records) -> Iterator[str]:
    for heard in records.chat.heard:
        ticket = records.tickets.get(_ticket_of(records, heard))
        if not heard.alarming or ticket is None or heard.ticket_id in records.chat.due:
            if heard.alarming and heard.pause:
                yield f"“{heard.words}” waits {heard.pause} s for advice"
            continue
        if ticket.state == "withdrawn" and not ticket.case_id:
            continue
        advised = [each for each in records.deliveries if ADVICE in said(each) and each.created_at >= heard.at]
        if not advised:
            yield f"nobody advised him upon “{heard.words}”"
        if not any(each.ticket_id == ticket.id or each.case_id == (ticket.case_id or "-") for each in records.alerts):
            yield f"nobody was alerted upon “{heard.words}”"


def _ticket_of(records: Records, heard: Heard) -> str:
    row = records.messages.get(heard.message_id)
    return (row.ticket_id if row is not None else "") or heard.ticket_id


def _notes(records: Records) -> Iterator[str]:
    yield from (f"{each.template} tells an internal note" for each in records.deliveries if SECRET in each.text)


def _stored(records: Records) -> Iterator[str]:
    again = json.loads(json.dumps(records.state.as_json()))
    if again != records.kept:
        yield f"the state reads back as {again}, and is {records.kept}"
    unread = [each for each in records.state.held if each not in records.messages]
    yield from (f"{each} is held and no message" for each in unread)


# ---- looking ahead


def dead_ends(chat: Chat, *, far: bool = False) -> Iterator[str]:
    """Options that lead nowhere, a chat that no longer answers; ``far``: also after all silences have ended."""
    with chat.database.read() as session:
        row = chat.row(session)
        if row is None:
            return
        state, agent = states.read(row.state), row.agent_id is not None
        is_open = any(each.id == state.ticket and each.state in OPEN_TICKETS for each in chat.tickets(session))
        options = state.options if is_open and not _asked_in_writing(chat, session) else ()
    if not agent:
        for number in range(1, len(options) + 1):
            yield from _leads(chat, str(number), f"option {number} of {state.options}", but="not_understood")
        for word in COMMANDS if far else ():
            yield from _leads(chat, word, word)
    if far:
        yield from _ends(chat)


def _asked_in_writing(chat: Chat, session: Session) -> bool:
    """Whether a questionnaire waits, whose numbers go before those of the bot."""
    probe = InboundMessage(chat.channel, "drill", "probe", "text", Sender(chat.sender))
    tickets = chat.tickets(session)
    return bool(tickets and questionnaires.awaiting(session, chat.district, probe, tickets[0].resident_id))


def _leads(chat: Chat, text: str, what: str, *, but: str = "") -> Iterator[str]:
    found = ""
    with chat.undone() as session:
        before = len(chat.deliveries(session))
        chat.would(session, text)
        session.flush()
        words = {name for each in chat.deliveries(session)[before:] for name in said(each)}
        if not words - {but}:
            found = f"nothing follows from {what}"
    if found:
        yield found


def _ends(chat: Chat) -> Iterator[str]:
    """Left alone the bot waits for nothing in the end; and who writes anew some days later hears that he was heard."""
    found = ""
    with chat.undone() as session:
        _all_silent(chat, session)
        row = chat.row(session)
        if row is not None and (row.due_at is not None or row.agent_id is not None):
            found = f"after {SILENCES} silences {row.state.get('phase')} still waits"
        chat.now += PATIENCE
        before = len(chat.deliveries(session))
        chat.would(session, "另外还有一件事：第七中学门口的窨井盖丢了，很危险，请尽快补上。")
        session.flush()
        words = {name for each in chat.deliveries(session)[before:] for name in said(each)}
        if not words & (BOTS_OWN | {ADVICE}):
            found = found or f"who writes anew days later hears nothing ({row.state if row is not None else {}})"
    if found:
        yield found


def _all_silent(chat: Chat, session: Session) -> None:
    for _ in range(SILENCES):
        row = chat.row(session)
        if row is None:
            return
        if row.agent_id is not None:
            chat.now += timedelta(minutes=chat.district.manifest.conversation.agent_idle_minutes + 1)
            takeover.release_idle(session, chat.district, row.id, now=chat.now)
        elif row.due_at is not None:
            chat.now = max(chat.now, row.due_at)
            judge = talking.went_silent(session, chat.district, row.id, now=chat.now)
            session.flush()
            if judge:
                chat.file(session, judge)
        else:
            return
        session.flush()
