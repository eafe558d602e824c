"""A turn of a resident carried out: what ``hearing`` says of it, on the tickets, in the caller's transaction."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import alarms, conversation, message_rows, questionnaires
from casework.actors import SYSTEM
from casework.calling_tables import QuestionnaireSent
from casework.conversation import Belongs
from casework.dialogue import acting, keeping, pressing
from casework.dialogue.hearing import Turn, View, hear, joined
from casework.dialogue.judging import lapse
from casework.dialogue.state import Say, State, Step
from casework.dialogue.tables import Dialogue
from casework.holding import follow
from casework.lifecycle import note
from casework.residents import Recognised
from casework.revisions import in_place_of
from casework.tables import Ticket
from casework.tickets import OPEN_TICKETS, UNDECIDED_STATES
from channels.message import InboundMessage
from channels.registry import capabilities
from district.dialogue import letters, option
from district.pack import District

_FIGURES = re.compile(r"\d[\d -]{3,}\d")
"""A number to call, a plate, an order: who writes one has a matter."""
_ENDED = ("。", "！", "!", "？", "?", "…", "；", ";")


@dataclass(slots=True)
class Talk:
    """One turn in a dialogue that is held. ``step`` is what follows; ``in_hand`` the open ticket there was before."""

    session: Session
    district: District
    row: Dialogue
    message_id: str
    resident_id: str
    message: InboundMessage
    now: datetime
    turn: Turn
    step: Step
    in_hand: Ticket | None

    @property
    def state(self) -> State:
        return self.step.state

    def belongs(self) -> Belongs | None:
        """Where the words go if the step says so; None: by the rules of ``casework.conversation``."""
        if self.step.to == "new":
            return conversation.NEW
        if self._goes_on() and self.in_hand is not None and conversation.still_open(self.session, self.in_hand):
            return Belongs("follow_up", self.in_hand)
        if self.step.to == "hand" and self.in_hand is not None and conversation.still_open(self.session, self.in_hand):
            return Belongs("talk" if self.step.talk else "follow_up", self.in_hand)
        return None

    def _goes_on(self) -> bool:
        """Whether the words follow others so closely that nothing was said to those yet: all are one matter."""
        if self.in_hand is None or self.state.received or self.state.phase != "idle" or self.step.to != "matter":
            return False
        if self.turn.emergency or self.turn.urging or self.turn.another:
            return False
        since = self.now - self.in_hand.last_message_at
        return since <= timedelta(seconds=self.district.dialogue.pause_seconds)

    def words(self) -> str:
        """The turn's words with those that were held until they make sense."""
        if self.step.act == "call_person" and self.step.to == "new":
            return self.district.dialogue.person_matter
        own = message_rows.words_of(self.message.text, self.message.place.label if self.message.place else "")
        return joined(self.state.held_words, own) if self.state.held else own

    def take(self, ticket: Ticket, found: Belongs) -> None:
        """The words went to this ticket: held ones go with them, the state follows, what is to be said is said."""
        for held in self.state.held:
            message_rows.settle(self.session, held, resident_id=self.resident_id, ticket_id=ticket.id)
        step = replace(self.step, state=replace(self.state, held=(), held_words="", held_since="", greeted=False))
        self.step = step
        if self.step.replaces:
            ticket.text = in_place_of(ticket.text, self.step.replaces, self.message.text.strip())
        state, says = self._followed(ticket, found)
        if found.how == "new" and (says or step.act):
            ticket = self.session.get_one(Ticket, ticket.id)  # what opened it handed on a value beside the session
        self.step = replace(step, state=state, says=says)
        self._do(ticket)

    def only(self) -> Ticket | None:
        """The words are no addition to a matter. Return the ticket that is in hand now, if one is.

        It is another than before when he said that the one in hand belongs to that.
        """
        if self.in_hand is not None and self.step.act:
            follow(self.session, self.in_hand)  # whoever works on it at this moment is waited for
        self._do(self.in_hand)
        return self.session.get(Ticket, self.state.ticket) if self.state.ticket else self.in_hand

    def _do(self, ticket: Ticket | None) -> None:
        self.step = acting.carry_out(
            self.session,
            self.district,
            self.row,
            self.step,
            ticket,
            resident_id=self.resident_id,
            message_id=self.message_id,
            now=self.now,
        )

    def _followed(self, ticket: Ticket, found: Belongs) -> tuple[State, tuple[Say, ...]]:
        """The state with this ticket in hand, and what is said of words that join one."""
        state, says = self.state, self.step.says
        if found.how == "new":
            fresh = replace(state.on(ticket.id), no_bot=state.no_bot and not state.ticket)
            if self.in_hand is not None:
                acting.leave(self.session, self.district, self.row, state, self.in_hand, now=self.now)
            if state.phase == "with_person":
                fresh = replace(state, ticket=ticket.id)
            if found.doubtful is not None and self.row.agent_id is None:
                asked = fresh.waits("unsure", now=self.now, options=("same", "new"), doubtful=found.doubtful.id)
                about = {"number": found.doubtful.number, "matter": acting.matter_of(found.doubtful)}
                return asked, (Say("new_or_same", about),)
            return fresh, says
        known = state.on(ticket.id)
        if known is not state:
            known = replace(known, received=True, done=True)
        quiet = found.how != "follow_up" or found.alarming or says or self.step.act or self.row.agent_id
        judged = ticket.state in UNDECIDED_STATES and known.phase == "idle" and not known.done
        if quiet or judged or not known.received or known.phase == "asking":
            return known, says  # of what is judged again the desk speaks then
        within = timedelta(minutes=self.district.dialogue.again_minutes)
        if known.was_said("addition_noted", within=within, now=self.now):
            return known, ()
        return known.saying("addition_noted", now=self.now), (Say("addition_noted"),)

    def pause(self, ticket: Ticket) -> float:
        """Seconds to wait before the ticket is judged: what reads like a part of a message may go on."""
        rules, text = self.district.dialogue, self.message.text.strip()
        if self.turn.emergency:
            return 0
        if self.message.attachments and not text and self.step.to == "matter":
            return rules.pause_seconds  # a picture comes before the words about it
        if self.message.kind != "text" or text.endswith(_ENDED):
            return 0
        if self.step.to == "hand":
            answers = self.step.act == "judge_again" and letters(text) < rules.bare
            return rules.pause_seconds if answers else 0
        short = rules.fragment * (2 if self._goes_on() else 1)
        since = (self.now - ticket.opened_at).total_seconds()
        if self.step.act is not None or letters(text) >= short or since >= rules.longest_pause_seconds:
            return 0
        return rules.pause_seconds


def begin(
    session: Session, district: District, message_id: str, who: Recognised, message: InboundMessage, *, now: datetime
) -> Talk | None:
    """The turn in the dialogue of who sent it, held and heard; None on a channel where the desk does not converse."""
    if not capabilities(message.channel).chats:
        return None
    row = keeping.held(session, message.channel, message.account, message.sender.id, now=now)
    state = keeping.state_of(row)
    in_hand = session.get(Ticket, state.ticket) if state.ticket else None
    if in_hand is not None and in_hand.state not in OPEN_TICKETS:
        in_hand = None
    # Who is first heard of now has no earlier matter, and was asked nothing.
    view = View(agent=row.agent_id is not None)
    if not who.new:
        view = _view(session, district, row, in_hand, message, who.resident_id, now=now)
    turn = _turn(district, message_id, message, in_hand, now=now)
    turn = replace(turn, stale=pressing.is_stale(session, message, state))
    step = hear(district.dialogue, state, turn, view)
    return Talk(session, district, row, message_id, who.resident_id, message, now, turn, step, in_hand)


def _turn(
    district: District, message_id: str, message: InboundMessage, in_hand: Ticket | None, *, now: datetime
) -> Turn:
    text, talk = message.text.strip(), district.manifest.conversation
    names = conversation.names_a_matter(district.taxonomy, text)
    return Turn(
        message_id=message_id,
        kind=message.kind,
        text=text,
        at=now,
        emergency=_alarming(district, text),
        strange=bool(text) and not names and not _FIGURES.search(text) and alarms.is_strange(district, text),
        asks=conversation.is_question(text),
        other=in_hand is not None and conversation.names_other(district.taxonomy, text, than=in_hand.text),
        another=conversation.begins_another(talk, text),
        known=conversation.names_something(district.taxonomy, text),
        urging=bool(text) and conversation.is_urging(talk, text),
    )


def _alarming(district: District, text: str) -> bool:
    """Whether the words show an emergency; what is a mere word or number to the desk does not."""
    rules = district.dialogue
    if not text or rules.is_word(text) or option(text, 9) is not None:
        return False
    return alarms.look(district, text).level == alarms.EMERGENCY


def _view(
    session: Session,
    district: District,
    row: Dialogue,
    in_hand: Ticket | None,
    message: InboundMessage,
    resident_id: str,
    *,
    now: datetime,
) -> View:
    last = in_hand or conversation.latest(session, message, resident_id)
    still = last is not None and last.state in OPEN_TICKETS
    minutes = timedelta(minutes=district.manifest.conversation.fragment_minutes)
    return View(
        agent=row.agent_id is not None,
        in_hand=in_hand is not None,
        undecided=in_hand is not None and in_hand.state in UNDECIDED_STATES,
        open=still,
        fresh=still and last is not None and now - last.last_message_at <= minutes,
        asked_elsewhere=_questionnaire(session, questionnaires.awaiting(session, district, message, resident_id)),
    )


def _questionnaire(session: Session, asked: Sequence[Ticket]) -> datetime | None:
    if not asked:
        return None
    sent = select(QuestionnaireSent.sent_at).where(
        QuestionnaireSent.ticket_id == asked[0].id, QuestionnaireSent.state == "open"
    )
    return session.scalar(sent.order_by(QuestionnaireSent.sent_at.desc()).limit(1))


def went_silent(session: Session, district: District, dialogue_id: str, *, now: datetime) -> str:
    """Go on in a dialogue in which silence has lasted long enough. Return the ticket to be judged, or empty."""
    row = keeping.held_by_id(session, dialogue_id)
    if row is None or row.due_at is None or row.due_at > now:
        return ""
    state = keeping.state_of(row)
    ticket = session.get(Ticket, state.ticket) if state.ticket else None
    if ticket is not None and not conversation.still_open(session, ticket):
        ticket = None
    step = lapse(district.dialogue, state, agent=row.agent_id is not None, now=now)
    if ticket is None and state.ticket:
        step = Step(state.rests(ticket=""))
    elif ticket is not None and ticket.state in conversation.ANSWERED and step.act == "judge_again":
        step = Step(state.rests(done=True))  # he has his answer: what was asked before it is asked no more
    step = acting.carry_out(
        session, district, row, step, ticket, resident_id="", message_id=f"{row.id}:{state.since}", now=now, silent=True
    )
    if ticket is not None and step.act == "judge_again":
        note(session, "gone_on", "居民未再回复，先行办理", actor=SYSTEM, now=now, ticket=ticket, case=ticket.case)
    return ticket.id if ticket is not None and ticket.assessed_at is None else ""
