"""The acts that follow from a step, on its ticket: answered, handed to a person, joined to another, judged again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from casework import desk_work, telling
from casework.actors import SYSTEM, Given
from casework.dialogue import keeping, saying
from casework.dialogue.state import Say, State, Step
from casework.dialogue.tables import Dialogue
from casework.holding import follow
from casework.lifecycle import move_ticket, note
from casework.message_tables import Message
from casework.tables import Ticket
from casework.telling import matter, notify
from casework.tickets import OPEN_TICKETS, UNDECIDED_STATES
from district.pack import District
from knowledge import articles, bot
from knowledge.sources import source_of
from storage import change_log

JOINED = "joined"
"""Why a ticket is over whose words turned out to be an addition to another."""
COURTESIES = frozenset({"menu", "thanks_back", "not_understood", "progress", "progress_none", "supplement_ask"})
"""Answers that change nothing: a machine may ask for them for ever."""
SHOWN = 5
"""Tickets whose progress is told at most."""


def carry_out(
    session: Session,
    district: District,
    row: Dialogue,
    step: Step,
    ticket: Ticket | None,
    *,
    resident_id: str,
    message_id: str,
    now: datetime,
    silent: bool = False,
) -> Step:
    """Do the step's act, say its words, keep its state. Return the step as it came to be.

    ``message_id`` makes what is said once only; with ``silent`` it is no message.
    """
    if step.act is not None:
        step, ticket = _ACTS[step.act](_Acting(session, district, row, step, ticket, resident_id, now, silent=silent))
    step = _in_measure(district, step, now=now)
    saying.say_all(
        session,
        district,
        row,
        ticket,
        step.says,
        state=step.state,
        purpose=f"turn:{message_id}",
        now=now,
        message_id=None if silent else message_id,
    )
    keeping.put(session, district.dialogue, row, step.state, now=now)
    return step


def _in_measure(district: District, step: Step, *, now: datetime) -> Step:
    """Without a courtesy that was said too often: two machines that thank each other would never end."""
    if not step.says or any(each.template not in COURTESIES for each in step.says):
        return step
    rules = district.dialogue
    within = timedelta(minutes=rules.again_minutes)
    state = step.state.being_civil(most=rules.courtesies, within=within, now=now)
    return replace(step, says=()) if state is None else replace(step, state=state)


class _Acting:
    """What an act is done with."""

    def __init__(
        self,
        session: Session,
        district: District,
        row: Dialogue,
        step: Step,
        ticket: Ticket | None,
        resident_id: str,
        now: datetime,
        *,
        silent: bool = False,
    ) -> None:
        self.session, self.district, self.row, self.step = session, district, row, step
        self.ticket, self.resident_id, self.now, self.silent = ticket, resident_id, now, silent

    @property
    def undecided(self) -> Ticket | None:
        """The ticket in hand, if nobody has decided about it yet."""
        return self.ticket if self.ticket is not None and self.ticket.state in UNDECIDED_STATES else None

    def judged_again(self, step: Step) -> tuple[Step, Ticket | None]:
        if self.undecided is not None:
            self.undecided.assessed_at = None
        return step, self.ticket


def leave(session: Session, district: District, row: Dialogue, state: State, ticket: Ticket, *, now: datetime) -> None:
    """He speaks of something else: an answer that he had was enough, what he was still asked goes on as it is."""
    if not state.holds:
        return
    follow(session, ticket)  # whoever works on it at this moment is waited for
    acting = _Acting(session, district, row, Step(state), ticket, ticket.resident_id, now)
    if state.phase == "answered":
        _solved(acting)
    else:
        acting.judged_again(acting.step)


def _judge_again(acting: _Acting) -> tuple[Step, Ticket | None]:
    step = acting.step
    if acting.undecided is None and acting.ticket is not None and not step.says:
        step = replace(step, state=replace(step.state, done=True), says=(Say("addition_noted"),))
    return acting.judged_again(step)


def _solved(acting: _Acting) -> tuple[Step, Ticket | None]:
    """He has his answer: the ticket is answered directly, by the article that answered it."""
    ticket = acting.undecided
    if ticket is not None:
        if ticket.state == "received":
            move_ticket(acting.session, acting.district, ticket, "assess", actor=SYSTEM, now=acting.now)
        given = Given(text=acting.step.state.answer or "机器人已答复")
        desk_work.move(acting.session, acting.district, ticket, "bot_answer", actor=SYSTEM, now=acting.now, given=given)
        ticket.needs_review = False
    return acting.step, acting.ticket


def _unsolved(acting: _Acting) -> tuple[Step, Ticket | None]:
    """The answer did not help: a person answers; he hears his number when the ticket was judged again."""
    if acting.undecided is None:
        return _with_the_desk(acting, acting.step)
    acting.undecided.needs_review = True
    return acting.judged_again(acting.step)


def _with_the_desk(acting: _Acting, step: Step) -> tuple[Step, Ticket | None]:
    """Somebody has decided about the ticket meanwhile, and it is not judged again: he hears that it is in hand."""
    if acting.ticket is None or (acting.silent and step.state.received):
        return step, acting.ticket
    heard = Say("addition_noted" if step.state.received else "received")
    return replace(step, state=replace(step.state, received=True, done=True), says=(*step.says, heard)), acting.ticket


def _call_person(acting: _Acting) -> tuple[Step, Ticket | None]:
    ticket = acting.ticket
    if ticket is None:
        return acting.step, None
    step = replace(acting.step, state=replace(acting.step.state, ticket=ticket.id, received=True))
    within = timedelta(minutes=acting.district.dialogue.again_minutes)
    if step.state.was_said("person_called", within=within, now=acting.now) and ticket.needs_review:
        return step, ticket  # he and the desk have heard it a moment ago
    ticket.needs_review = True
    notify(acting.session, acting.district, "desk", "person_wanted", now=acting.now, ticket=ticket)
    note(
        acting.session, "want_person", "居民要求人工服务", actor=SYSTEM, now=acting.now, ticket=ticket, case=ticket.case
    )
    state = step.state.saying("person_called", now=acting.now)
    return replace(step, state=state, says=(Say("person_called"),)), ticket


def _progress(acting: _Acting) -> tuple[Step, Ticket | None]:
    his = select(Ticket).where(Ticket.resident_id == acting.resident_id, Ticket.state.in_(OPEN_TICKETS))
    found = list(acting.session.scalars(his.order_by(Ticket.last_message_at.desc()).limit(SHOWN)))
    lines = "\n".join(_standing(acting, each) for each in found)
    says = (Say("progress", {"lines": lines}) if found else Say("progress_none"),)
    # The numbers offered before stay on offer: they are not repeated on this message.
    step = replace(acting.step, says=says)
    return step, acting.ticket


def _standing(acting: _Acting, ticket: Ticket) -> str:
    words = acting.district.dialogue.states.get(ticket.state, ticket.state)
    told = telling.offer(acting.district, now=acting.now, ticket=ticket)
    case = ticket.case
    if case is None or not case.lead_unit or ticket.state != "on_case":
        return f"{ticket.number}（{told['matter']}）：{words}"
    return f"{ticket.number}（{told['matter']}）：{told['unit']}{words}，时限 {told['deadline']}"


def _choose(acting: _Acting) -> tuple[Step, Ticket | None]:
    """The article he meant, as the bot tells it; a person where it is gone meanwhile."""
    number = acting.step.choice
    row = articles.by_numbers(acting.session, [number]).get(number)
    if row is None:
        return _unsolved(_again(acting, replace(acting.step, state=acting.step.state.rests(no_bot=True))))
    text = bot.answer_of(source_of(row, acting.district))
    state = replace(acting.step.state, answer=text)
    return replace(acting.step, state=state, says=(Say("bot_answer", {"text": text}),)), acting.ticket


def _again(acting: _Acting, step: Step) -> _Acting:
    about = (acting.ticket, acting.resident_id, acting.now)
    return _Acting(acting.session, acting.district, acting.row, step, *about, silent=acting.silent)


def _part_doubtful(acting: _Acting) -> tuple[Step, Ticket | None]:
    """A matter of its own: it is judged as any new one."""
    step = replace(acting.step, state=replace(acting.step.state, received=False))
    return acting.judged_again(step) if acting.undecided is not None else _with_the_desk(acting, step)


def _join_doubtful(acting: _Acting) -> tuple[Step, Ticket | None]:
    """An addition after all: its words and messages go to the ticket before, and its own number ends there."""
    new, old = acting.ticket, acting.session.get(Ticket, acting.step.state.doubtful)
    if new is None or old is None or new.state not in UNDECIDED_STATES:
        return _with_the_desk(acting, replace(acting.step, state=acting.step.state.rests()))
    follow(acting.session, old)
    if old.state not in OPEN_TICKETS:
        return _part_doubtful(_again(acting, replace(acting.step, state=acting.step.state.rests())))
    old.text = f"{old.text}\n{new.text}".strip()
    old.last_message_at = acting.now
    acting.session.flush()
    messages = update(Message).where(Message.ticket_id == new.id).values(ticket_id=old.id)
    acting.session.execute(messages.execution_options(synchronize_session=False))
    move_ticket(
        acting.session,
        acting.district,
        new,
        "join_matter",
        actor=SYSTEM,
        now=acting.now,
        given=Given(text=f"居民说明是工单 {old.number} 的补充"),
    )
    new.assessed_at, new.needs_review, new.close_reason = new.assessed_at or acting.now, False, JOINED
    if old.state in UNDECIDED_STATES:
        old.assessed_at = None
    elif old.case is not None:
        unit = old.case.lead_unit
        notify(
            acting.session,
            acting.district,
            "unit" if unit else "desk",
            "resident_added",
            now=acting.now,
            case=old.case,
            unit=unit,
        )
    change_log.record(acting.session, "tickets", old.id, "message", now=acting.now)
    state = replace(acting.step.state.on(old.id), received=True, done=True)
    return replace(acting.step, state=state, says=(Say("addition_noted"),)), old


def matter_of(ticket: Ticket) -> str:
    """The ticket's matter in a few words."""
    return matter(ticket.title, ticket.text) or "附件内容"


_ACTS = {
    "solved": _solved,
    "unsolved": _unsolved,
    "call_person": _call_person,
    "progress": _progress,
    "join_doubtful": _join_doubtful,
    "part_doubtful": _part_doubtful,
    "choose": _choose,
    "judge_again": _judge_again,
}
