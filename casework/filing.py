"""The second transaction of a message's way: what was thought about tickets is kept, told and acted on.

``file`` may be run again after a crash: ``unassessed`` finds what was left between it and ``intake.receive``.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session, selectinload

from casework import alarms, call_notes, dispatch, facts, judgements, registering, suggestion
from casework.actors import SYSTEM
from casework.city_tables import CityOrder
from casework.dialogue import answering, keeping
from casework.dialogue.judging import Offer
from casework.dialogue.tables import Dialogue
from casework.holding import hold_all
from casework.lifecycle import move_ticket, note
from casework.tables import Case, Ticket
from casework.telling import reports_up, say
from casework.tickets import OPEN_TICKETS
from district.pack import District
from triage.assessment import Assessment

MAX_ASSESS_FAILURES = 3
NO_OFFER = Offer()


def unassessed(session: Session, *, before: datetime, limit: int = 200) -> Sequence[Ticket]:
    """Tickets left between the two transactions before that moment, oldest first; not those triage gave up on.

    Nor those that were withdrawn meanwhile: nothing is to be decided about them.
    """
    query = (
        select(Ticket)
        .where(
            Ticket.assessed_at.is_(None),
            Ticket.state.in_(OPEN_TICKETS),
            Ticket.last_message_at < before,
            Ticket.assess_failures < MAX_ASSESS_FAILURES,
        )
        .order_by(Ticket.last_message_at)
        .limit(limit)
    )
    return list(session.scalars(query))


def hold(session: Session, ticket_ids: Sequence[str]) -> dict[str, Ticket]:
    """Lock tickets for this transaction, in the order of their ids, and see them as they now stand.

    The cases that some of them hang on are held before, as whoever acts on those holds them before their tickets.

    Raises ``NoResultFound`` when one is gone.
    """
    if session.get_bind().dialect.name != "sqlite":
        hold_all(session, session.scalars(select(Case).join(Case.tickets).where(Ticket.id.in_(ticket_ids))).unique())
    query = select(Ticket).where(Ticket.id.in_(ticket_ids)).order_by(Ticket.id).with_for_update()
    query = query.options(selectinload(Ticket.facts))
    found = {ticket.id: ticket for ticket in session.scalars(query.execution_options(populate_existing=True))}
    if len(found) != len(set(ticket_ids)):
        raise NoResultFound
    return found


def file(
    session: Session,
    district: District,
    of: str | Ticket,
    assessment: Assessment,
    *,
    now: datetime,
    judged: str | None = None,
    automatic_categories: Collection[str] = (),
    dialogue: Dialogue | None = None,
    offer: Offer = NO_OFFER,
) -> Ticket:
    """Keep the assessment, tell the resident his number, and act where nothing may wait. The second transaction.

    ``judged`` is the text triage saw: when more was written meanwhile, the ticket stays to be judged again, and no
    case is opened on the old words. An emergency tells the resident whom to call, alerts the supervisors and opens
    the case at once. A category that is switched on is dispatched when triage is sure. What a person has
    corrected stays as he left it. With its ``dialogue``, held before, the resident is answered out of the articles if
    the ``offer`` says so, or asked for what is missing, and the ticket goes nowhere by itself while he is waited for.
    Safe to run twice; a ticket that is over is left alone. ``of`` is the ticket's id,
    or the ticket as ``hold`` gave it in this transaction.
    """
    ticket = of if isinstance(of, Ticket) else hold(session, [of])[of]
    if ticket.assessed_at is not None or ticket.state not in OPEN_TICKETS:
        return ticket
    whole = judged is None or judged == ticket.text
    corrected = suggestion.corrected(session, ticket)
    ticket.assessed_at = now if whole else None
    new_alarm = suggestion.take_over(ticket, assessment, corrected, stated=_stated_category(session, ticket))
    ticket.needs_review |= ticket.caller_marked
    first = ticket.state == "received"
    if first:
        move_ticket(session, district, ticket, "assess", actor=SYSTEM, now=now, refresh=False)  # once, below
    if call_notes.take_category(session, district, ticket, first=first, now=now):
        corrected |= {call_notes.CATEGORY}
    if registering.take(session, district, ticket, now=now):
        corrected |= {call_notes.CATEGORY}
    if new_alarm:
        alarms.advise(session, district, ticket, assessment.urgency, purpose=f"emergency:{ticket.id}", now=now)
    waits = _answered(session, district, dialogue, ticket, assessment, offer, whole=whole, now=now)
    if whole and ticket.case_id is None and ticket.state == "assessed":
        if ticket.urgency == alarms.EMERGENCY and ticket.category:
            dispatch.open_case(session, district, ticket, actor=SYSTEM, now=now)
        elif (
            not (corrected or ticket.caller_marked or waits)
            and ticket.category in automatic_categories
            and judgements.may_go(district, ticket)
        ):
            dispatch.without_a_person(session, district, ticket, now=now)
    if new_alarm:
        alarms.alert(session, district, ticket, assessment.urgency, now=now)
    facts.refresh(session, district, ticket, now=now)
    return ticket


def _answered(
    session: Session,
    district: District,
    dialogue: Dialogue | None,
    ticket: Ticket,
    assessment: Assessment,
    offer: Offer,
    *,
    whole: bool,
    now: datetime,
) -> bool:
    """Tell the resident what follows from the judgement. Return whether the ticket waits for him.

    Of words that were not yet whole nothing is said in a dialogue: the whole is judged in a moment.
    """
    if dialogue is None or keeping.state_of(dialogue).ticket != ticket.id:
        _say_received(session, district, ticket, now=now)
        return False
    return whole and answering.answer(session, district, dialogue, ticket, assessment, offer, now=now)


def _stated_category(session: Session, ticket: Ticket) -> str:
    """Ours for the category that the city gave its order; empty where there is none."""
    if not reports_up(ticket.channel):
        return ""
    return session.scalar(select(CityOrder.mapped).where(CityOrder.ticket_id == ticket.id)) or ""


def assess_failed(session: Session, district: District, ticket_id: str, *, why: str, now: datetime) -> None:
    """Triage could not judge: counted, and after the last try a person takes the ticket as it is."""
    ticket = session.get_one(Ticket, ticket_id, with_for_update=True)
    if ticket.state not in OPEN_TICKETS:
        return
    ticket.assess_failures += 1
    urgency = alarms.look(district, ticket.text, title=ticket.title)
    if urgency.level == alarms.EMERGENCY and ticket.urgency != alarms.EMERGENCY:
        alarms.sound(session, district, ticket, urgency, purpose=f"emergency:{ticket.id}", now=now)
    note(session, "assess_failed", "研判失败", actor=SYSTEM, now=now, ticket=ticket, text=why[:200])
    if ticket.assess_failures >= MAX_ASSESS_FAILURES and ticket.state == "received":
        ticket.needs_review, ticket.assessed_at = True, now
        move_ticket(session, district, ticket, "assess", actor=SYSTEM, now=now)
        _say_received(session, district, ticket, now=now)


def _say_received(session: Session, district: District, ticket: Ticket, *, now: datetime) -> None:
    """The number of the matter, unless a person speaks to the resident, who says it himself."""
    if not keeping.has_agent(session, ticket.channel, ticket.account, ticket.sender):
        say(session, district, ticket, "received", purpose=f"received:{ticket.id}", now=now)
