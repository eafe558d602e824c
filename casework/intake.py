"""The first transaction of a message's way: stored, and its ticket found or opened; ``casework.filing`` follows.

``receive`` is short, without triage, and idempotent on the delivery id.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from casework import (
    alarms,
    conversation,
    malicious,
    message_rows,
    questionnaires,
    receipts,
    resident_words,
    residents,
    revisions,
    urging,
    welcome,
    writing_back,
)
from casework.actors import SYSTEM
from casework.conversation import ANSWERED, Belongs
from casework.dialogue import keeping, talking
from casework.dialogue.hearing import joined
from casework.dialogue.talking import Talk
from casework.errors import WrongState
from casework.lifecycle import note
from casework.lookup_codes import new_code
from casework.message_tables import AttachedFile, Message
from casework.residents import Recognised
from casework.tables import Ticket
from casework.telling import notify
from casework.tickets import OPEN_TICKETS, UNDECIDED_STATES
from channels.message import Ignored, InboundMessage
from district.pack import District
from storage import change_log
from storage.database import new_id
from storage.deliveries import Delivery
from storage.numbers import short_number
from storage.statements import table_of

_OPEN = insert(table_of(Ticket))
UNSUPPORTED = "unsupported_message"
ASKED_AGAIN = timedelta(hours=1)

Outcome = Literal["accepted", "repeated", "ignored", "refused"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one delivery. ``ticket_id`` is empty when none belongs to it."""

    outcome: Outcome
    message_id: str
    ticket_id: str = ""
    fresh: bool = False
    """The ticket waits for triage."""
    reason: str = ""
    pause: float = 0
    """Seconds to wait before: what came reads like a part of a message."""
    answered: bool = False
    """Something was said to it already, whatever is thought of it later."""


def receive(
    session: Session, district: District, message: InboundMessage | Ignored, *, blob: str, now: datetime, sms: str = ""
) -> Receipt:
    """Store one delivery and find or open its ticket. The first transaction: short, and without triage.

    ``blob`` names the raw payload, stored before. The same delivery id again changes nothing and gives the same
    ticket, also when two processes receive it at once. ``sms`` is the account by which codes are texted.
    """
    message_id = message_rows.insert(session, message, blob=blob, now=now)
    if message_id is None:
        return _repeated(session, message)
    if isinstance(message, Ignored):
        if message.sender:
            _ask_for_words(session, district, message_id, message, now=now)
        return _ignore(session, message_id, message.reason, now=now)
    if message.automatic:
        return _ignore(session, message_id, _automatic(session, message, now=now), now=now)
    who = residents.recognise(session, message.channel, message.account, message.sender, now=now)
    if message.kind == "event":
        return _event(session, district, message_id, who, message, now=now)
    _attach(session, message_id, message, now=now)
    if done := resident_words.heard(session, district, message_id, who.resident_id, message, now=now, sms=sms):
        return _ignore(session, message_id, done, now=now, resident_id=who.resident_id)
    return _matter(session, district, message_id, who, message, now=now)


def _matter(
    session: Session, district: District, message_id: str, who: Recognised, message: InboundMessage, *, now: datetime
) -> Receipt:
    """Words of a person: about a matter, of a ticket that is there or of one that they open; or to the desk itself."""
    before = revisions.earlier(session, message)
    if before is not None and not _alarms_anew(session, district, before, message):
        return _revised(session, district, message_id, who.resident_id, before, message, now=now)
    talk = talking.begin(session, district, message_id, who, message, now=now)
    if talk is not None and talk.step.to == "nothing":
        return _talked(session, message_id, who.resident_id, talk, now=now)
    found = talk.belongs() if talk is not None else None
    if found is None:
        # Who is first heard of now has no earlier matter to go on with.
        known = not who.new
        found = (
            conversation.belongs(session, district, message, who.resident_id, now=now) if known else conversation.NEW
        )
    words = talk.words() if talk is not None else _words(message)
    if found.ticket is None:
        marked = not who.new and malicious.is_marked(session, who.resident_id, now=now)
        follows = found.follows
        ticket = _open(
            session, district, message, who.resident_id, words=words, follows=follows, marked=marked, now=now
        )
    else:
        ticket = found.ticket
        _continue(session, district, ticket, words, found, now=now)
    message_rows.settle(session, message_id, resident_id=who.resident_id, ticket_id=ticket.id)
    if who.phone_kept:
        note(session, "phone", "居民留下本人电话", actor=SYSTEM, now=now, ticket=ticket, case=ticket.case)
    if found.alarming:
        alarms.sound(session, district, ticket, found.urgency, purpose=f"emergency:{message_id}", now=now)
    if found.how == "urging":
        urging.urge(session, district, ticket, message.text, purpose=message_id, actor=SYSTEM, now=now)
    if found.how == "reply":
        questionnaires.take(session, district, ticket, message.text, now=now)
    if talk is not None:
        talk.take(ticket, found)
    change_log.record(session, "tickets", ticket.id, "message", now=now)
    fresh = ticket.assessed_at is None
    pause = talk.pause(ticket) if talk is not None and fresh and not found.alarming else 0
    answered = found.alarming or (talk is not None and bool(talk.step.says))
    return Receipt("accepted", message_id, ticket.id, fresh=fresh, pause=pause, answered=answered)


def add(
    session: Session, district: District, ticket: Ticket, message: InboundMessage, *, blob: str, now: datetime
) -> Receipt:
    """What its resident adds (补充) on the ticket's own page: to this matter, whatever the words are like.

    The same delivery again adds nothing. Raises ``WrongState`` when the matter is over.
    """
    message_id = message_rows.insert(session, message, blob=blob, now=now)
    if message_id is None:
        return _repeated(session, message)
    if not conversation.still_open(session, ticket):
        raise WrongState("补充", ticket.state, district.workflow.ticket.states[ticket.state])
    _attach(session, message_id, message, now=now)
    urgency = alarms.look(district, message.text)
    found = Belongs("follow_up", ticket, urgency=urgency)
    _continue(session, district, ticket, _words(message), found, now=now)
    message_rows.settle(session, message_id, resident_id=ticket.resident_id, ticket_id=ticket.id)
    if found.alarming:
        alarms.sound(session, district, ticket, urgency, purpose=f"emergency:{message_id}", now=now)
    change_log.record(session, "tickets", ticket.id, "message", now=now)
    return Receipt("accepted", message_id, ticket.id, fresh=ticket.assessed_at is None)


def _talked(session: Session, message_id: str, resident_id: str, talk: Talk, *, now: datetime) -> Receipt:
    """Words to the desk that add to no matter: kept with the ticket in hand, if there is one."""
    ticket = talk.in_hand
    message_rows.settle(
        session,
        message_id,
        resident_id=resident_id,
        ticket_id=ticket.id if ticket is not None else None,
        ignored=talk.step.ignored if ticket is None else "",
    )
    ticket = talk.only()
    if ticket is None:
        change_log.record(session, "messages", message_id, "ignored", now=now)
        return Receipt("ignored", message_id, reason=talk.step.ignored)
    change_log.record(session, "tickets", ticket.id, "message", now=now)
    fresh = ticket.assessed_at is None and ticket.state in OPEN_TICKETS
    return Receipt(
        "accepted", message_id, ticket.id, fresh=fresh, reason=talk.step.ignored, answered=bool(talk.step.says)
    )


def _alarms_anew(session: Session, district: District, before: Message, message: InboundMessage) -> bool:
    """Whether a message of a matter that is over was reworded to tell an emergency: nobody has heard that yet."""
    if before.text == message.text or alarms.look(district, message.text.strip()).level != alarms.EMERGENCY:
        return False
    return not conversation.still_open(session, session.get_one(Ticket, before.ticket_id))


def _revised(
    session: Session,
    district: District,
    message_id: str,
    resident_id: str,
    before: Message,
    message: InboundMessage,
    *,
    now: datetime,
) -> Receipt:
    ticket = session.get_one(Ticket, before.ticket_id)
    urgency = alarms.look(district, message.text.strip())
    still_open = conversation.still_open(session, ticket)
    revisions.revise(session, district, ticket, before, message, still_open=still_open, now=now)
    message_rows.settle(session, message_id, resident_id=resident_id, ticket_id=ticket.id)
    if still_open and urgency.level == alarms.EMERGENCY:
        alarms.sound(session, district, ticket, urgency, purpose=f"emergency:{message_id}", now=now)
    change_log.record(session, "tickets", ticket.id, "message", now=now)
    return Receipt("accepted", message_id, ticket.id, fresh=ticket.assessed_at is None)


def _repeated(session: Session, message: InboundMessage | Ignored) -> Receipt:
    first = message_rows.known(session, message.channel, message.account, message.delivery_id)
    if first is None:
        raise LookupError(message.delivery_id)
    return Receipt("repeated", first.id, first.ticket_id or "", reason=first.ignored)


def _ignore(
    session: Session, message_id: str, reason: str, *, now: datetime, resident_id: str | None = None
) -> Receipt:
    message_rows.settle(session, message_id, resident_id=resident_id, ignored=reason)
    change_log.record(session, "messages", message_id, "ignored", now=now)
    return Receipt("ignored", message_id, reason=reason)


_AUTOMATIC = {
    "auto_reply": "自动回复，不建工单",
    "bounce": "退信，不建工单",
    "list": "群发邮件，不建工单",
    "own": "本系统发出的邮件，不建工单",
    "receipt": "送达回执，不建工单",
}


def _automatic(session: Session, message: InboundMessage, *, now: datetime) -> str:
    """What no person wrote is stored and never answered; a report says what became of messages of ours."""
    receipts.take(session, message, now=now)
    return _AUTOMATIC[message.automatic]


def _event(
    session: Session, district: District, message_id: str, who: Recognised, message: InboundMessage, *, now: datetime
) -> Receipt:
    """Follow, unfollow, menu, scan, template result: on record, and no matter by themselves."""
    if message.event == "unsubscribe":
        residents.lost(session, message.channel, message.account, message.sender.id)
    if message.event == "subscribe":
        welcome.greet(session, district, message_id, message, returned=who.returned, now=now)
    return _ignore(session, message_id, f"事件 {message.event}，不建工单", now=now, resident_id=who.resident_id)


def _ask_for_words(session: Session, district: District, message_id: str, message: Ignored, *, now: datetime) -> None:
    """Tell a resident that what he sent cannot be read here, at most once in ``ASKED_AGAIN``."""
    sender = message.sender[:320]
    said = select(Delivery.id).where(
        Delivery.channel == message.channel,
        Delivery.account == message.account,
        Delivery.recipient == sender,
        Delivery.template == UNSUPPORTED,
        Delivery.created_at > now - ASKED_AGAIN,
    )
    if session.scalar(said.limit(1)) is not None:
        return
    if keeping.has_agent(session, message.channel, message.account, sender):
        return
    to = writing_back.Name(message.channel, message.account, sender, message_id)
    writing_back.say(session, district, to, UNSUPPORTED, purpose=f"unsupported:{message_id}", now=now)


def _attach(session: Session, message_id: str, message: InboundMessage, *, now: datetime) -> None:
    for position, file in enumerate(message.attachments):
        wanted = not file.blob and bool(file.reference)
        session.add(
            AttachedFile(
                message_id=message_id,
                position=position,
                name=file.name[:255],
                media_type=file.media_type[:120],
                size=file.size,
                blob=file.blob,
                reference=file.reference,
                inline=file.inline,
                fetch_state="wanted" if wanted else "",
                fetch_due_at=now if wanted else None,
            )
        )


def _open(
    session: Session,
    district: District,
    message: InboundMessage,
    resident_id: str,
    *,
    words: str,
    follows: Ticket | None,
    marked: bool,
    now: datetime,
) -> Ticket:
    local = now.astimezone(district.calendars.zone)
    values = dict(  # noqa: C408  (as the columns are named)
        id=new_id(),
        number=short_number(session, "", local.date()),
        code=new_code(),
        state=district.workflow.ticket.initial,
        channel=message.channel,
        account=message.account,
        sender=message.sender.id[:320],
        resident_id=resident_id,
        follows=follows.id if follows is not None else None,
        title=message.title,
        text=words,
        opened_at=now,
        last_message_at=now,
        urgency="normal",
        assess_failures=0,
        urgings=0,
        caller_marked=marked,
        version=1,
    )
    session.connection().execute(_OPEN, values)
    ticket = Ticket(**values)  # beside the session: a value for the caller
    note(session, "receive", "收到诉求", actor=SYSTEM, now=now, ticket=ticket, target=ticket.state)
    return ticket


def _words(message: InboundMessage) -> str:
    return message_rows.words_of(message.text, message.place.label if message.place else "")


def _continue(
    session: Session, district: District, ticket: Ticket, words: str, found: Belongs, *, now: datetime
) -> None:
    ticket.last_message_at = now
    if words and (found.how == "follow_up" or found.alarming):
        ticket.text = joined(ticket.text, words)
        if ticket.state in UNDECIDED_STATES:
            ticket.assessed_at = None  # the whole text is judged again
    if ticket.state in ANSWERED and found.how not in ("reply", "talk"):
        notify(session, district, "desk", "resident_replied", now=now, ticket=ticket)
    elif ticket.case is not None and found.how == "follow_up":
        unit = ticket.case.lead_unit
        audience = "unit" if unit else "desk"
        notify(session, district, audience, "resident_added", now=now, case=ticket.case, unit=unit)
