"""拆分: a message that tells of several matters becomes a ticket for each; the first words stay with the ticket it was.

Each further matter is a ticket of its own, of the same resident, received when the message was, and waits for the desk
like any other. He is told all numbers in one message, which leaves after ``UNDO``: until then the parts can be put back
together (撤回拆分) as if nothing had been.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import alarms, claims, dispatch, facts, suggestion
from casework.actors import DESK, SYSTEM, Actor, Given
from casework.desk_work import check_desk
from casework.dialogue.errors import TooLateToTakeBack
from casework.errors import NotAllowed, NothingToSplit, WordsChanged, WrongState
from casework.holding import hold_all, hold_ticket
from casework.lifecycle import move_ticket, note
from casework.lookup_codes import new_code
from casework.tables import Ticket
from casework.telling import matter, reports_up, say
from casework.tickets import UNDECIDED_STATES
from district.pack import District
from storage import deliveries
from storage.database import new_id
from storage.deliveries import Delivery
from storage.numbers import short_number
from triage.assessment import Assessment

UNDO = timedelta(seconds=10)
"""So long the resident is not told yet."""
_ENDS = "。，、；！？.,;!? "
TOLD = "split_told"
"""The template of what he is told."""


@dataclass(frozen=True, slots=True)
class Part:
    """The words of one matter, with what triage makes of them by themselves."""

    text: str
    assessment: Assessment


def spans(text: str, cuts: Sequence[int]) -> list[str]:
    """The text cut at these places, in order; nothing is lost. The whole where a part would be empty."""
    places = sorted({at for at in cuts if 0 < at < len(text)})
    found = [text[start:end] for start, end in pairwise([0, *places, len(text)])]
    return found if all(each.strip() for each in found) else [text]


def may_split(ticket: Ticket, actor: Actor) -> bool:
    """Whether the actor may split this ticket now, if it tells of several matters."""
    open_ = ticket.state in UNDECIDED_STATES and ticket.case_id is None and ticket.erased_at is None
    return open_ and actor.role in DESK and not reports_up(ticket.channel)


def split(
    session: Session, district: District, ticket: Ticket, parts: Sequence[Part], *, actor: Actor, now: datetime
) -> list[Ticket]:
    """Make a ticket of each part but the first, whose words the ticket keeps. Return the new ones.

    Raises ``NotAllowed``, ``NothingToSplit`` for fewer than two parts, ``WordsChanged`` where the parts are not the
    ticket's words (any more), ``WrongState`` for one that is decided, ``ClaimedByOther`` and ``CaseChanged``.
    """
    check_desk(actor, "拆分")
    hold_ticket(session, ticket)
    claims.check(session, ticket, actor, now=now)
    _check(district, ticket, parts)
    made = [_open(session, district, ticket, part, now=now) for part in parts[1:]]
    _rewrite(session, ticket, parts[0].text, parts[0].assessment, now=now)
    numbers = "、".join(each.number for each in made)
    step = note(session, "split", "拆分", actor=actor, now=now, ticket=ticket, text=f"拆出工单 {numbers}")
    for each, part in zip(made, parts[1:], strict=True):
        words = f"自工单 {ticket.number} 拆出"
        note(session, "split_off", "拆出", actor=actor, now=now, ticket=each, text=words)
        _alarm(session, district, each, part.assessment, now=now)
        facts.refresh(session, district, each, now=now)
    facts.refresh(session, district, ticket, now=now)
    _tell(session, district, ticket, made, purpose=f"{TOLD}:{ticket.id}:{step.id}", now=now)
    return made


def _check(district: District, ticket: Ticket, parts: Sequence[Part]) -> None:
    if reports_up(ticket.channel):
        raise NotAllowed("拆分", "市平台的工单只能整件办理或退回")
    if ticket.state not in UNDECIDED_STATES or ticket.case_id is not None:
        raise WrongState("拆分", ticket.state, district.workflow.ticket.states.get(ticket.state, ticket.state))
    if len(parts) < 2:
        raise NothingToSplit(ticket.number)
    if "".join(part.text for part in parts) != ticket.text:
        raise WordsChanged(ticket.number)


def _open(session: Session, district: District, ticket: Ticket, part: Part, *, now: datetime) -> Ticket:
    made = Ticket(
        id=new_id(),
        number=short_number(session, "", now.astimezone(district.calendars.zone).date()),
        code=new_code(),
        state=district.workflow.ticket.initial,
        channel=ticket.channel,
        account=ticket.account,
        sender=ticket.sender,
        resident_id=ticket.resident_id,
        split_from=ticket.id,
        text=part.text,
        opened_at=ticket.opened_at,
        last_message_at=ticket.last_message_at,
        urgency="normal",
        confidential=ticket.confidential,
        caller_marked=ticket.caller_marked,
        assessed_at=now,
    )
    session.add(made)
    session.flush()
    note(session, "receive", "收到诉求", actor=SYSTEM, now=now, ticket=made, target=made.state)
    suggestion.take_over(made, part.assessment, frozenset())
    made.needs_review = True
    move_ticket(session, district, made, "assess", actor=SYSTEM, now=now, refresh=False)
    return made


def _rewrite(session: Session, ticket: Ticket, text: str, assessment: Assessment, *, now: datetime) -> None:
    """The ticket has other words now, and what triage makes of those; what a person corrected stays."""
    kept = suggestion.corrected(session, ticket)
    ticket.text, ticket.assessed_at = text, now
    suggestion.take_over(ticket, assessment, kept)
    session.flush()


def _alarm(session: Session, district: District, ticket: Ticket, assessment: Assessment, *, now: datetime) -> None:
    """An emergency that the whole text hid is one as any: its case is opened at once."""
    if ticket.urgency != alarms.EMERGENCY:
        return
    alarms.advise(session, district, ticket, assessment.urgency, purpose=f"emergency:{ticket.id}", now=now)
    if ticket.category:
        dispatch.open_case(session, district, ticket, actor=SYSTEM, now=now)
    alarms.alert(session, district, ticket, assessment.urgency, now=now)


def _tell(
    session: Session, district: District, ticket: Ticket, made: Sequence[Ticket], *, purpose: str, now: datetime
) -> None:
    lines = [
        f"{at} {matter('', each.text).rstrip(_ENDS)}：工单编号 {each.number}，查询码 {each.code}"
        for at, each in enumerate((ticket, *made), 1)
    ]
    fields = {"count": str(len(lines)), "lines": "\n".join(lines)}
    key = say(session, district, ticket, TOLD, purpose=purpose, now=now, fields=fields)
    delivery = session.get(Delivery, key) if key else None
    if delivery is not None and delivery.state in ("queued", "waiting"):
        delivery.state, delivery.due_at = "queued", max(delivery.due_at, now + UNDO)


def parts_of(session: Session, ticket: Ticket) -> Sequence[Ticket]:
    """What was split off this ticket and was not put back, in the order of the words."""
    query = select(Ticket).where(Ticket.split_from == ticket.id, Ticket.close_reason != "join_matter")
    return list(session.scalars(query.order_by(Ticket.id)))


def put_back(
    session: Session, district: District, ticket: Ticket, whole: Assessment, *, actor: Actor, now: datetime
) -> Ticket:
    """Undo a split: the parts' words are the ticket's again, and the parts end as merged into it (撤回拆分).

    Only while the resident was not told of it. Raises ``NotAllowed``, ``NothingToSplit`` where no part is left,
    ``WrongState`` where one of them was decided meanwhile, and ``TooLateToTakeBack``.
    """
    check_desk(actor, "撤回拆分")
    parts = parts_of(session, ticket)
    if not parts:
        raise NothingToSplit(ticket.number)
    hold_all(session, (), (ticket, *parts))
    for each in (ticket, *parts):
        if each.state not in UNDECIDED_STATES or each.case_id is not None:
            raise WrongState("撤回拆分", each.state, district.workflow.ticket.states.get(each.state, each.state))
        claims.check(session, each, actor, now=now)
    _take_back(session, ticket, now=now)
    for each in parts:
        given = Given(text=f"撤回拆分，并回工单 {ticket.number}")
        move_ticket(session, district, each, "join_matter", actor=SYSTEM, now=now, given=given)
        claims.drop(session, each)
    _rewrite(session, ticket, together(ticket, parts), whole, now=now)
    note(session, "unsplit", "撤回拆分", actor=actor, now=now, ticket=ticket)
    facts.refresh(session, district, ticket, now=now)
    return ticket


def together(ticket: Ticket, parts: Sequence[Ticket]) -> str:
    """The words as they were before they were cut."""
    return "".join(each.text for each in (ticket, *parts))


def _take_back(session: Session, ticket: Ticket, *, now: datetime) -> None:
    told = select(Delivery.id).where(Delivery.ticket_id == ticket.id, Delivery.template == TOLD)
    for key in session.scalars(told.where(Delivery.state.not_in(("withdrawn", "to_tell")))).all():
        if not deliveries.withdraw(session, key, now=now):
            raise TooLateToTakeBack
