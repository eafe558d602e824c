"""回访问卷: the resident is asked in writing on his own channel, and his reply is a callback by himself.

Whom the pack says is asked some while after his answer, once a round, in the calling hours. A reply that cannot be read
is asked about once more; after that, or when he does not write, he is left to the callers, who have him all along.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, exists, select, update
from sqlalchemy.orm import Session

from casework import callbacks
from casework.actors import SYSTEM, Actor, CallbackResult
from casework.callbacks import TO_CALL, round_of
from casework.calling_tables import QuestionnaireSent
from casework.lifecycle import note
from casework.tables import Ticket
from casework.telling import has_line_back, notify, say
from channels.message import InboundMessage
from district.pack import District
from district.questionnaire import Reply, read, touches
from district.schemas import Role
from storage.database import new_id

AT_ONCE = 200


def himself(ticket: Ticket) -> Actor:
    """The resident of the ticket, as one who acts."""
    return Actor(ticket.resident_id, "居民", Role.RESIDENT)


def ask_due(session: Session, district: District, *, now: datetime) -> int:
    """Ask whoever was told his answer long enough ago and not yet been asked this round. Return how many.

    Nothing is sent outside the calling hours. What waited longer than the pack's days is no more asked about.
    """
    rules = district.callback.questionnaire
    _end_silent(session, district, now=now)
    if not rules.channels or not district.callback.may_call_at(now.astimezone(district.calendars.zone)):
        return 0
    asked = exists().where(QuestionnaireSent.ticket_id == Ticket.id, QuestionnaireSent.sent_at >= Ticket.told_at)
    query = (
        select(Ticket)
        .where(
            TO_CALL,
            Ticket.channel.in_([channel for channel in rules.channels if has_line_back(channel)]),
            Ticket.told_at <= now - timedelta(minutes=rules.delay_minutes),
            Ticket.told_at > now - timedelta(days=rules.days),
            ~asked,
        )
        .order_by(Ticket.told_at)
        .limit(AT_ONCE)
    )
    found = list(session.scalars(query))
    for ticket in found:
        _ask(session, district, ticket, now=now)
    return len(found)


def _ask(session: Session, district: District, ticket: Ticket, *, now: datetime) -> None:
    sent = QuestionnaireSent(id=new_id(), ticket_id=ticket.id, round=round_of(ticket), sent_at=now, state="open")
    session.add(sent)
    session.flush()
    fields = {"options": district.callback.questionnaire.options}
    say(session, district, ticket, "questionnaire", purpose=f"questionnaire:{sent.id}", now=now, fields=fields)
    note(session, "ask_in_writing", "已发回访问卷", actor=SYSTEM, now=now, ticket=ticket)


def _end_silent(session: Session, district: District, *, now: datetime) -> None:
    before = now - timedelta(days=district.callback.questionnaire.days)
    silent = (QuestionnaireSent.state == "open", QuestionnaireSent.sent_at <= before)
    session.execute(update(QuestionnaireSent).where(*silent).values(state="over", ended_at=now))


_AWAITING = (
    select(Ticket)
    .join(QuestionnaireSent, QuestionnaireSent.ticket_id == Ticket.id)
    .where(
        Ticket.resident_id == bindparam("of_resident"),
        Ticket.channel == bindparam("of_channel"),
        Ticket.account == bindparam("of_account"),
        TO_CALL,
        QuestionnaireSent.state == "open",
    )
    .order_by(QuestionnaireSent.sent_at.desc())
)


def awaiting(session: Session, district: District, message: InboundMessage, resident_id: str) -> Sequence[Ticket]:
    """The sender's tickets on this channel about which a questionnaire waits for his reply, the last asked first."""
    if message.channel not in district.callback.questionnaire.channels:
        return ()
    his = {"of_resident": resident_id, "of_channel": message.channel, "of_account": message.account}
    return list(session.scalars(_AWAITING, his))


def answers(district: District, text: str) -> bool:
    """Whether a text says, in full or in part, what the questionnaire asks."""
    return read(district.callback.questionnaire, text) is not None


def speaks_of_it(district: District, text: str) -> bool:
    """Whether a text is about what the questionnaire asks, though it cannot be read what it says."""
    return touches(district.callback.questionnaire, text)


def take(session: Session, district: District, ticket: Ticket, text: str, *, now: datetime) -> None:
    """His reply: recorded when it is whole, asked about once more when it is not, then left to a caller."""
    sent = _open(session, ticket)
    if sent is None:
        notify(session, district, "desk", "resident_replied", now=now, ticket=ticket)
        return
    sent.said = f"{sent.said}\n{text.strip()}".strip()
    reply = read(district.callback.questionnaire, text) or Reply()
    whole = reply.beside(Reply(sent.resolved, sent.satisfaction, sent.contacted))
    sent.contacted, sent.resolved, sent.satisfaction = whole.contacted, whole.resolved, whole.satisfaction
    if whole.complete:
        _record(session, district, ticket, sent, now=now)
    elif not sent.asked_again:
        sent.asked_again = True
        fields = {"options": district.callback.questionnaire.options}
        purpose = f"questionnaire_again:{sent.id}"
        say(session, district, ticket, "questionnaire_again", purpose=purpose, now=now, fields=fields)
    else:
        sent.state, sent.ended_at = "unclear", now
        note(session, "reply_unclear", "问卷回复不明，转人工回访", actor=himself(ticket), now=now, ticket=ticket)
        notify(session, district, "desk", "resident_replied", now=now, ticket=ticket)


def _record(session: Session, district: District, ticket: Ticket, sent: QuestionnaireSent, *, now: datetime) -> None:
    contacted = sent.contacted
    if contacted is None and district.callback.questionnaire.contacted_unless_said:
        contacted = True
    sent.state, sent.ended_at = "answered", now
    session.flush()
    result = CallbackResult(True, contacted, sent.resolved, sent.satisfaction, sent.said)
    by_himself(session, district, ticket, result, purpose=sent.id, now=now)


def by_himself(
    session: Session, district: District, ticket: Ticket, result: CallbackResult, *, purpose: str, now: datetime
) -> None:
    """The resident's own verdict, by a reply or on his page. Raises as ``callbacks.record`` does."""
    callbacks.record(session, district, ticket, result, actor=himself(ticket), now=now)
    if ticket.state in district.workflow.ticket.final:  # else he was told that it goes back to the unit
        say(session, district, ticket, "callback_thanks", purpose=f"callback_thanks:{purpose}", now=now)


def _open(session: Session, ticket: Ticket) -> QuestionnaireSent | None:
    return session.scalar(
        select(QuestionnaireSent)
        .where(QuestionnaireSent.ticket_id == ticket.id, QuestionnaireSent.state == "open")
        .order_by(QuestionnaireSent.sent_at.desc())
        .limit(1)
    )
