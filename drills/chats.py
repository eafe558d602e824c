"""One resident's chat with the desk, acted out by hand on a real database: his messages, time, the people of the desk.

What triage and the search would say is given by whoever drives it (``Thinking``); all else is the desk's own. After
each act ``drills.chat_rules`` says what does not hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework import acts, alarms, desk_work, filing, intake, questionnaires
from casework.actors import Actor, Given
from casework.dialogue import keeping, notes, speaking, takeover, talking
from casework.dialogue.judging import Offer
from casework.dialogue.tables import Dialogue
from casework.errors import CaseworkError
from casework.intake import Receipt
from casework.tables import Ticket
from casework.tickets import OPEN_TICKETS
from channels.message import Attachment, GeoPoint, Ignored, InboundMessage, MessageKind, Sender
from district.dialogue import option
from district.pack import District
from district.schemas import Role
from drills.suggestions import suggestion
from storage.database import Database, new_id
from storage.deliveries import Delivery
from triage.assessment import Assessment, Entity

BEGIN = datetime(2026, 3, 24, 1, 30, tzinfo=UTC)
"""Tuesday 09:30 in China."""
SECRET = "内部备注甲乙丙"
"""Stands in every internal note, and in nothing that leaves."""
AGENTS = (Actor(new_id(), "坐席甲", Role.AGENT), Actor(new_id(), "坐席乙", Role.AGENT))
DISPATCHER = Actor(new_id(), "派单员", Role.DISPATCHER)
SILENCES = 12
"""Silences in a row after which a dialogue that still waits would wait for ever."""

By = Literal["resident", "time", "desk"]


@dataclass(frozen=True, slots=True)
class Thinking:
    """What triage and the search would say of whatever is judged now. ``place``: a place is found in the text."""

    category: str
    missing: tuple[str, ...] = ()
    request_type: str = "投诉"
    place: bool = False
    offer: Offer = field(default_factory=Offer)


@dataclass(frozen=True, slots=True)
class Heard:
    """A message and what became of it. ``reason``: why it is no part of a matter, empty where it is one.

    ``commanded``: it asks for a person, urges, answers a questionnaire or rewords what is over: that is kept elsewhere
    than in a ticket's text. ``beside``: an agent had the conversation. ``reworded``: the resident himself put other
    words in the place of these.
    """

    message_id: str
    external_id: str
    words: str
    at: datetime
    ticket_id: str
    reason: str
    alarming: bool
    commanded: bool
    beside: bool
    pause: float = 0
    reworded: bool = False


@dataclass(frozen=True, slots=True)
class Acted:
    """An act and what the desk said upon it; ``agent``: a person had the conversation before and after."""

    by: By
    what: str
    agent: bool
    said: tuple[Delivery, ...]


class _UndoneError(Exception):
    """Ends a transaction that is only looked at."""


@dataclass
class Chat:
    """One chat under way. Each act is a transaction of its own, at ``now``."""

    database: Database
    district: District
    thinking: Thinking
    channel: str = "telegram"
    now: datetime = BEGIN
    sender: str = field(default_factory=lambda: new_id()[-12:])
    heard: list[Heard] = field(default_factory=list)
    acted: list[Acted] = field(default_factory=list)
    due: dict[str, datetime] = field(default_factory=dict)
    """When each ticket that triage has not seen will be judged."""
    _seen: set[str] = field(default_factory=set)
    _count: int = 0

    # ---- what the resident does

    def write(self, text: str, *, kind: MessageKind = "text", after: float = 20, **more: Any) -> Receipt:
        """A message so many seconds after the last act; time passes meanwhile."""
        self.wait(timedelta(seconds=after))
        return self.send(self._message(text, kind, **more))

    def photo(self, caption: str = "", *, after: float = 20) -> Receipt:
        """A picture."""
        attached = (Attachment("a.jpg", "image/jpeg", reference=f"f{self._count}"),)
        return self.write(caption, kind="image", after=after, attachments=attached)

    def pin(self, label: str, *, after: float = 20) -> Receipt:
        """A pin on the map."""
        return self.write("", kind="location", after=after, place=GeoPoint(39.9, 116.3, label))

    def sticker(self) -> Receipt:
        """A sticker."""
        self._count += 1
        name = f"{self.sender}-{self._count}"
        return self.send(Ignored(self.channel, "drill", name, "贴纸，不建工单", sender=self.sender))

    def edit(self, number: int, text: str) -> Receipt | None:
        """Put other words in the place of a message; None before there is one."""
        if not self.heard:
            return None
        before = self.heard[number % len(self.heard)]
        return self.send(self._message(text, "text", external_id=before.external_id, revises=before.external_id))

    def redeliver(self, number: int) -> Receipt | None:
        """The platform delivers a message once more."""
        if not self.heard:
            return None
        before = self.heard[number % len(self.heard)]
        count = before.external_id.rpartition("-")[2]
        message = replace(self._message(before.words, "text"), delivery_id=f"{self.sender}-{count}")
        self._count -= 1
        return self.send(message)

    def send(self, message: InboundMessage | Ignored) -> Receipt:
        """One delivery, as the platform brings it."""
        with self._act("resident", getattr(message, "text", "") or type(message).__name__):
            with self.database.write.begin() as session:
                before = self._told(session)
                receipt = intake.receive(session, self.district, message, blob="b" * 64, now=self.now)
                session.flush()
                after = self._told(session)
            if isinstance(message, InboundMessage) and receipt.outcome != "repeated":
                self._keep(message, receipt, before, after)
            if receipt.fresh:
                self.due[receipt.ticket_id] = self.now + timedelta(seconds=receipt.pause)
            self._judge()
        return receipt

    def _message(self, text: str, kind: MessageKind, *, external_id: str = "", **more: Any) -> InboundMessage:
        self._count += 1
        name = f"{self.sender}-{self._count}"
        return InboundMessage(
            channel=self.channel,
            account="drill",
            delivery_id=name,
            kind=kind,
            sender=Sender(self.sender, "居民"),
            external_id=external_id or name,
            text=text,
            **more,
        )

    def _told(self, session: Session) -> tuple[int, str, bool, str, frozenset[str]]:
        """What a message may change beside a ticket's text, what was given that it may replace, and what is over."""
        tickets = self.tickets(session)
        row = self.row(session)
        state = keeping.state_of(row) if row is not None else None
        giving = state.given.get(state.asking, "") if state is not None and state.phase == "giving" else ""
        replies = "".join(
            each.said
            for each in session.scalars(
                select(questionnaires.QuestionnaireSent).where(
                    questionnaires.QuestionnaireSent.ticket_id.in_([each.id for each in tickets])
                )
            )
        )
        urged = sum(each.urgings for each in tickets)
        agent = row is not None and row.agent_id is not None
        return urged, replies, agent, giving, frozenset(each.id for each in tickets if each.state not in OPEN_TICKETS)

    def _keep(self, message: InboundMessage, receipt: Receipt, before: Any, after: Any) -> None:
        words = "\n".join(filter(None, (message.text.strip(), message.place.label if message.place else "")))
        rules, text = self.district.dialogue, message.text.strip()
        word = not text or rules.is_word(text) or option(text, 9) is not None
        alarming = not word and alarms.look(self.district, text).level == alarms.EMERGENCY
        if message.revises:
            self.heard = [
                replace(each, reworded=True) if each.external_id == message.revises else each for each in self.heard
            ]
        if before[3]:
            self.heard = [replace(each, reworded=True) if each.words in before[3] else each for each in self.heard]
        self.heard.append(
            Heard(
                message_id=receipt.message_id,
                external_id=message.external_id,
                words=words,
                at=self.now,
                ticket_id=receipt.ticket_id,
                reason=receipt.reason,
                alarming=alarming and not receipt.reason,
                commanded=rules.says("person", text)
                or before[:2] != after[:2]
                or (bool(message.revises) and receipt.ticket_id in before[4]),
                beside=before[2],
                pause=receipt.pause if receipt.fresh else 0,
            )
        )

    # ---- time, and what the desk's machines do in it

    def wait(self, length: timedelta) -> None:
        """Time passes: what was put off is judged when it is due, silences end, idle agents lose the conversation."""
        until = self.now + length
        for _ in range(SILENCES * 4):
            moment = self._next()
            if moment is None or moment > until:
                break
            self.now = max(self.now, moment)
            with self._act("time", f"{self.now:%d %H:%M:%S}"):
                self._judge()
                self._go_on()
        self.now = until
        with self._act("time", f"{self.now:%d %H:%M:%S}"), self.database.write.begin() as session:
            row = self.row(session)
            if row is not None and row.id in takeover.idle(session, self.district, now=self.now):
                takeover.release_idle(session, self.district, row.id, now=self.now)

    def ask_in_writing(self) -> None:
        """The job of questionnaires runs."""
        with self._act("desk", "questionnaires"), self.database.write.begin() as session:
            questionnaires.ask_due(session, self.district, now=self.now)

    def _next(self) -> datetime | None:
        with self.database.read() as session:
            silent = session.scalar(select(func.min(Dialogue.due_at)).where(Dialogue.sender == self.sender))
        return min([*self.due.values(), *([silent] if silent is not None else [])], default=None)

    def _go_on(self) -> None:
        with self.database.write.begin() as session:
            row = self.row(session)
            judge = talking.went_silent(session, self.district, row.id, now=self.now) if row is not None else ""
        if judge:
            self.due[judge] = self.now
            self._judge()

    def _judge(self) -> None:
        ready = [ticket for ticket, at in self.due.items() if at <= self.now]
        for ticket in ready:
            del self.due[ticket]
            with self.database.write.begin() as session:
                self.file(session, ticket)

    def file(self, session: Session, ticket_id: str, *, judged: str | None = None) -> None:
        """What triage thinks of a ticket is kept; of other words than it has now where ``judged`` names them."""
        row = self.row(session, hold=True)
        text = session.scalars(select(Ticket.text).where(Ticket.id == ticket_id)).one()
        filing.file(
            session,
            self.district,
            ticket_id,
            self.assessment(text if judged is None else judged),
            now=self.now,
            judged=text if judged is None else judged,
            dialogue=row,
            offer=self.thinking.offer,
        )

    def overtaken(self, text: str) -> None:
        """A message comes while triage thinks about the words before it."""
        with self.database.read() as session:
            waiting = {each.id: each.text for each in self.tickets(session) if each.assessed_at is None}
        self.send(self._message(text, "text"))
        for ticket_id, judged in waiting.items():
            with self._act("time", "filed late"), self.database.write.begin() as session:
                self.file(session, ticket_id, judged=judged)

    def assessment(self, text: str) -> Assessment:
        """As triage would make it; how urgent it is, the pack's own signs say."""
        made = suggestion(self.district, self.thinking.category, request_type=self.thinking.request_type)
        found = (Entity("place", "光明路", 0, 3),) if self.thinking.place else ()
        missing = () if self.thinking.place and "place" in self.thinking.missing else self.thinking.missing
        return replace(made, urgency=alarms.look(self.district, text), missing=missing, entities=found)

    # ---- what people of the desk do

    def agent(self, act: Literal["take", "say", "back", "note"], *, who: int = 0) -> None:
        """A person takes the conversation over, speaks, hands it back, writes a note for colleagues."""
        actor, words = AGENTS[who], f"您好，我是{AGENTS[who].name}，第{self._count}句。"

        def do(session: Session, ticket: Ticket) -> None:
            if act == "take":
                takeover.take(session, self.district, ticket, actor=actor, now=self.now)
            elif act == "say":
                speaking.speak(session, self.district, ticket, words, actor=actor, now=self.now, once=new_id())
            elif act == "back":
                takeover.hand_back(session, self.district, ticket, actor=actor, now=self.now)
            else:
                notes.note_internally(session, ticket, f"{SECRET}{self._count}", actor=actor, now=self.now)

        self._by_desk(f"agent {act}", do)

    def desk(self, act: Literal["accept", "answer_directly", "reject", "answer"]) -> None:
        """The desk decides about the ticket written to last, or its unit answers it."""

        def do(session: Session, ticket: Ticket) -> None:
            if act == "accept":
                desk_work.accept(session, self.district, ticket, actor=DISPATCHER, now=self.now)
            elif act == "answer":
                self._answer(session, ticket)
            else:
                given = Given(reason="court", text="请向有关部门反映。")
                desk_work.move(session, self.district, ticket, act, actor=DISPATCHER, now=self.now, given=given)

        self._by_desk(act, do)

    def _answer(self, session: Session, ticket: Ticket) -> None:
        case = ticket.case
        if case is None or not case.lead_unit:
            return
        lead = Actor(new_id(), "承办单位", Role.UNIT_LEAD, case.lead_unit)
        for name in ("sign", "answer"):
            given = Given(text="已处理。")
            acts.perform(session, self.district, case, name, actor=lead, now=self.now, given=given)

    def _by_desk(self, what: str, do: Callable[[Session, Ticket], object]) -> None:
        with self._act("desk", what), suppress(CaseworkError), self.database.write.begin() as session:
            row = self.row(session, hold=True)
            ticket = takeover.newest_ticket(session, row) if row is not None else None
            if ticket is not None:
                do(session, ticket)

    # ---- looking

    def row(self, session: Session, *, hold: bool = False) -> Dialogue | None:
        """The chat's row; None before it was heard of."""
        query = select(Dialogue).where(Dialogue.sender == self.sender, Dialogue.channel == self.channel)
        return session.scalar(query.with_for_update() if hold else query)

    def tickets(self, session: Session) -> list[Ticket]:
        """The resident's tickets, the oldest first."""
        query = select(Ticket).where(Ticket.sender == self.sender, Ticket.channel == self.channel)
        return list(session.scalars(query.order_by(Ticket.opened_at, Ticket.number)))

    def deliveries(self, session: Session) -> list[Delivery]:
        """What was said to him, in his order."""
        query = select(Delivery).where(Delivery.recipient == self.sender, Delivery.channel == self.channel)
        return list(session.scalars(query.order_by(Delivery.position)))

    @contextmanager
    def undone(self) -> Iterator[Session]:
        """A transaction of which nothing stays: to see what would follow."""
        now = self.now
        with suppress(_UndoneError), self.database.write.begin() as session:
            yield session
            raise _UndoneError
        self.now = now

    def would(self, session: Session, text: str) -> Receipt:
        """What a message would bring, judged at once, in a transaction of ``undone``."""
        message = replace(self._message(text, "text"), delivery_id=new_id(), external_id=new_id())
        self._count -= 1
        receipt = intake.receive(session, self.district, message, blob="b" * 64, now=self.now)
        if receipt.fresh:
            session.flush()
            self.file(session, receipt.ticket_id)
        return receipt

    @contextmanager
    def _act(self, by: By, what: str) -> Iterator[None]:
        before = self._has_agent()
        yield
        with self.database.read() as session:
            fresh = [each for each in self.deliveries(session) if each.id not in self._seen]
            session.expunge_all()
        self._seen |= {each.id for each in fresh}
        self.acted.append(Acted(by, what, before and self._has_agent(), tuple(fresh)))

    def _has_agent(self) -> bool:
        with self.database.read() as session:
            return keeping.has_agent(session, self.channel, "drill", self.sender)
