"""Which matter a message belongs to: a ticket it follows, an urging of one, or a new matter.

The rules are few and stated here, their numbers and words are the pack's; telling a greeting from a matter and asking
for what is missing is the dialogue's later work.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal

from sqlalchemy import Select, bindparam, or_, select
from sqlalchemy.orm import Session

from casework import alarms, questionnaires
from casework.holding import follow
from casework.message_tables import Message
from casework.tables import Ticket
from casework.tickets import OPEN_TICKETS
from channels.message import InboundMessage
from channels.registry import capabilities
from district.dialogue import letters
from district.pack import District
from district.schemas import Conversation
from district.taxonomy import Taxonomy
from knowledge.manner import manner_of
from storage.deliveries import Delivery
from triage.assessment import Urgency

ANSWERED = frozenset({"told", "answered_directly"})
"""The resident has his answer: what he writes now is about it."""

KEYWORD = 4
"""A taxonomy's keyword of this length names a matter; shorter ones (楼上, 老人, 小区) are in half of all additions."""

LONGEST_QUESTION = 60
"""Characters of a text that may only ask."""
_ASKS = re.compile(
    r"[?？]\s*$|[吗么呢]\W*$|怎么|如何|哪里|哪儿|多少|多久|几天|什么(?:时候|材料|条件|手续)|能不能|可不可以|需要(?:什么|哪些)"
)

_ABOUT_IT = re.compile(
    "你们|什么时候|几时|多久|处理|解决|派|来人|来修|维修|师傅|结果|进度|还要|这个|那个|这事|那边|这边"
)
"""A question with one of these is about what was said before."""
_ASKING = re.compile(
    "怎么|怎样|如何|哪里|哪儿|哪些|多少|多久|多长|几天|什么|能不能|可不可以|需要|可以|请问|办理|申请|手续|材料"
)
"""What any question to an office has in it: it tells of nothing."""
_PAIR = re.compile("[\u3400-\u9fff]{2}")
_SAID = re.compile(r"[^\W\d_]")
"""Letters and ideographs: a telephone number or the number of a door adds nothing to a text's length."""


@dataclass(frozen=True, slots=True)
class Belongs:
    """``new`` opens a ticket, which may follow one that is over; ``follow_up`` adds to one; ``urging`` asks again;
    ``reply`` is to the questionnaire about one; ``talk`` is kept with one and adds nothing to it.

    ``urgency`` is what a message that joins a ticket shows by itself; a new ticket's is judged with all of it.
    """

    how: Literal["new", "follow_up", "urging", "reply", "talk"]
    ticket: Ticket | None = None
    follows: Ticket | None = None
    urgency: Urgency = Urgency("normal")  # noqa: RUF009  (frozen)
    doubtful: Ticket | None = None
    """A new ticket may be about this one: the resident is to be asked."""

    @property
    def alarming(self) -> bool:
        """Whether the message by itself shows an emergency."""
        return self.urgency.level == alarms.EMERGENCY


NEW = Belongs("new")


def belongs(
    session: Session, district: District, message: InboundMessage, resident_id: str, *, now: datetime
) -> Belongs:
    """Find the ticket a message belongs to.

    Mail goes by its thread and the token in its subject, and only to a ticket its own sender opened. A chat message
    goes by time and content. What is written to a ticket that is over, or shows an emergency after the answer, is a
    new matter that follows it. Whoever was asked in writing about a matter replies to that first of all.
    """
    named = _named(session, message, resident_id)
    asked = _asked(session, district, message, resident_id, named, now)
    if asked is not None and still_open(session, asked):
        return Belongs("reply", asked)
    return _belongs(session, district, message, resident_id, named, now=now)


def _belongs(
    session: Session,
    district: District,
    message: InboundMessage,
    resident_id: str,
    named: Ticket | None,
    *,
    now: datetime,
) -> Belongs:
    if named is None and not capabilities(message.channel).unthreaded:
        return NEW
    last = named or latest(session, message, resident_id)
    if last is None:
        return NEW
    # The subject of a reply is that of the first letter, whatever this one says.
    urgency = alarms.look(district, message.text.strip() or message.title)
    alarming = urgency.level == alarms.EMERGENCY
    over = last.state not in OPEN_TICKETS or (alarming and last.state in ANSWERED)
    chat = None if named is not None else _Chat(session, district, message.text.strip(), message.kind, last, now)
    if over:
        return Belongs("new", follows=last) if chat is None or chat.replies() else NEW
    if chat is not None and not (chat.joins_alarming() if alarming else chat.joins()):
        return Belongs("new", doubtful=last) if not alarming and chat.is_doubtful() else NEW
    urges = chat.urges() if chat is not None else is_urging(district.manifest.conversation, message.text)
    if not still_open(session, last):
        return Belongs("new", follows=last)
    return Belongs("urging" if urges else "follow_up", last, urgency=urgency)


def _asked(
    session: Session, district: District, message: InboundMessage, resident_id: str, named: Ticket | None, now: datetime
) -> Ticket | None:
    """The ticket whose questionnaire the message replies to.

    What answers a question of it is a reply, in a letter of no thread too; else what speaks of the same things without
    saying which, is a mere word, or urges. An emergency is none, nor what names a further matter or could be one.
    """
    waiting = questionnaires.awaiting(session, district, message, resident_id)
    asked = next((ticket for ticket in waiting if named is None or named.id == ticket.id), None)
    if asked is None or message.kind != "text":
        return None
    text = message.text.strip()
    chat = _Chat(session, district, text, message.kind, asked, now)
    if alarms.look(district, text).level == alarms.EMERGENCY or chat.names_another():
        return None
    if questionnaires.answers(district, text):
        return asked
    talks = named is not None or capabilities(message.channel).unthreaded
    return asked if talks and (questionnaires.speaks_of_it(district, text) or chat.is_word() or chat.urges()) else None


def still_open(session: Session, ticket: Ticket) -> bool:
    """Take turns with whoever works on the ticket at this moment, and see whether he ended it."""
    follow(session, ticket)
    return ticket.state in OPEN_TICKETS


def is_urging(talk: Conversation, text: str) -> bool:
    """Whether a text only asks what has become of a matter."""
    return len(text) <= talk.urging_length and bool(_any_of(talk.urging).search(text))


@lru_cache(maxsize=8)
def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns) or "(?!)")


def is_question(text: str) -> bool:
    """Whether a text asks something and tells nothing."""
    return bool(_ASKS.search(text)) and len(text) <= LONGEST_QUESTION and not manner_of(text).own_trouble


def _share_a_word(one: str, other: str) -> bool:
    """Whether two ideographs in a row of one text stand in the other, but for what any question has."""
    one, other = _ASKING.sub(" ", one), _ASKING.sub(" ", other)
    return any(pair in other for pair in (one[at : at + 2] for at in range(len(one) - 1)) if _PAIR.fullmatch(pair))


def begins_another(talk: Conversation, text: str) -> bool:
    """Whether a text says that a further matter begins."""
    return _any_of(talk.another).search(text) is not None


def names_something(taxonomy: Taxonomy, text: str) -> bool:
    """Whether a text has any word of the taxonomy in it, however short."""
    return _words(taxonomy).search(text) is not None


def names_a_matter(taxonomy: Taxonomy, text: str) -> bool:
    """Whether a text has a word of the taxonomy that is no word of everyday."""
    return any(len(word) > 2 for word in _words(taxonomy).findall(text))


def names_other(taxonomy: Taxonomy, text: str, *, than: str) -> bool:
    """Whether a text has words of the taxonomy, and none that stands in the other text."""
    found = _words(taxonomy).findall(text)
    return bool(found) and all(word not in than for word in found)


@lru_cache(maxsize=4)
def _words(taxonomy: Taxonomy) -> re.Pattern[str]:
    words = {word for category in taxonomy for word in category.keywords if len(word) >= 2}
    return re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)) or "(?!)")


@lru_cache(maxsize=4)
def _matters(taxonomy: Taxonomy) -> re.Pattern[str]:
    words = {word for category in taxonomy for word in category.keywords if len(word) >= KEYWORD}
    return re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)) or "(?!)")


@dataclass(frozen=True, slots=True)
class _Chat:
    """A chat message beside the last ticket of who sent it."""

    session: Session
    district: District
    text: str
    kind: str
    last: Ticket
    now: datetime

    @property
    def talk(self) -> Conversation:
        return self.district.manifest.conversation

    def _within(self, **length: int) -> bool:
        return self.now - self.last.last_message_at <= timedelta(**length)

    def _is_bare(self) -> bool:
        return self.kind == "location" or len(self.text) < self.talk.fragment

    def _is_fragment(self) -> bool:
        return self._is_bare() or len(self.last.text.strip()) < self.talk.fragment

    def _adds(self) -> bool:
        """Short, and naming no other matter than the ticket does."""
        return len(_SAID.findall(self.text)) < self.talk.addition and not self.names_another()

    def names_another(self) -> bool:
        """Whether it says that a further matter begins, or names one that the ticket does not."""
        if _any_of(self.talk.another).search(self.text):
            return True
        return any(word not in self.last.text for word in _matters(self.district.taxonomy).findall(self.text))

    def asks_another(self) -> bool:
        """Whether it is a question about something of which the ticket has no word."""
        if not is_question(self.text) or _share_a_word(self.text, self.last.text):
            return False
        return names_something(self.district.taxonomy, self.text) or not _ABOUT_IT.search(self.text)

    def is_word(self) -> bool:
        """Whether it is too short to be a matter: 谢谢, 好的."""
        return self._is_bare()

    def urges(self) -> bool:
        """Whether it asks what has become of the ticket, in words of its own or in those said before."""
        return bool(self.text) and (is_urging(self.talk, self.text) or self._said_before())

    def _said_before(self) -> bool:
        if letters(self.text) < self.district.dialogue.bare:
            return False  # who sends a character a message writes some of them twice
        query = select(Message.id).where(Message.ticket_id == self.last.id, Message.text == self.text).limit(1)
        return self.session.scalar(query) is not None

    def replies(self) -> bool:
        """Whether it is about an answer, a refusal or an end that the resident was told not long ago."""
        told = max(filter(None, (self.last.last_message_at, self.last.told_at, self.last.closed_at)))
        if self.now - told > timedelta(days=self.talk.reply_days):
            return False
        return self._is_bare() or self._adds() or self.urges()

    def joins(self) -> bool:
        """Whether it belongs to the ticket, which is open."""
        if self.urges():
            return True
        if self.last.state in ANSWERED and self.replies():
            # An answered ticket stays open until he is called back: he may well ask about other things meanwhile.
            return not (self.asks_another() and names_something(self.district.taxonomy, self.text))
        if self.asks_another():
            return False
        if not self.last.text.strip() or _any_of(self.talk.adding).search(self.text):
            return self._within(hours=self.district.dialogue.unsure_hours)
        if self._is_fragment() and self._within(minutes=self.talk.fragment_minutes):
            return True
        return self._within(minutes=self.talk.addition_minutes) and self._adds()

    def is_doubtful(self) -> bool:
        """Whether it may be about the ticket or a new matter: it names none and asks nothing, a day after at most."""
        if self.now - self.last.last_message_at > timedelta(hours=self.district.dialogue.unsure_hours):
            return False
        return bool(self.text) and not self.names_another() and not is_question(self.text)

    def joins_alarming(self) -> bool:
        """An emergency is a matter by itself, unless the ticket is one, or it was written in the same breath."""
        if self.last.urgency == alarms.EMERGENCY:
            return self.urges() or self._within(minutes=self.talk.fragment_minutes)
        return self._within(minutes=self.talk.addition_minutes) and (self._is_fragment() or self._adds())


_LATEST = (
    select(Ticket)
    .where(
        Ticket.resident_id == bindparam("of_resident"),
        Ticket.channel == bindparam("of_channel"),
        Ticket.account == bindparam("of_account"),
    )
    .order_by(Ticket.state.in_(OPEN_TICKETS).desc(), Ticket.last_message_at.desc())
    .limit(1)
)


def latest(session: Session, message: InboundMessage, resident_id: str) -> Ticket | None:
    """The sender's open ticket that he wrote to last; without an open one, his last one."""
    his = {"of_resident": resident_id, "of_channel": message.channel, "of_account": message.account}
    return session.scalar(_LATEST, his)


def _newest(session: Session, query: Select[Ticket]) -> Ticket | None:
    return session.scalar(query.order_by(Ticket.last_message_at.desc()).limit(1))


def _named(session: Session, message: InboundMessage, resident_id: str) -> Ticket | None:
    """The ticket that a token or the thread names. Who did not open it cannot write into it."""
    mine = select(Ticket).where(Ticket.resident_id == resident_id)
    if message.ticket_token:
        token = message.ticket_token.upper()
        found = session.scalar(mine.where(or_(Ticket.code == token, Ticket.number == token)))
        if found is not None:
            return _continued(session, found)
    if not message.thread:
        return None
    earlier = select(Message.ticket_id).where(
        Message.channel == message.channel,
        Message.account == message.account,
        Message.external_id.in_(message.thread),
        Message.ticket_id.is_not(None),
    )
    sent = select(Delivery.ticket_id).where(Delivery.platform_id.in_(message.thread), Delivery.ticket_id.is_not(None))
    found = _newest(session, mine.where(or_(Ticket.id.in_(earlier), Ticket.id.in_(sent))))
    return _continued(session, found) if found is not None else None


def _continued(session: Session, ticket: Ticket) -> Ticket:
    """The ticket, or the one that follows it when it is over: a long thread names its first ticket for ever."""
    while ticket.state not in OPEN_TICKETS:
        following = session.scalar(
            select(Ticket).where(Ticket.follows == ticket.id).order_by(Ticket.opened_at.desc()).limit(1)
        )
        if following is None:
            return ticket
        ticket = following
    return ticket
