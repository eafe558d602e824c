"""重办 at the resident's word: within the pack's days after the end he may ask; later it is a new matter after the old.

What he asks for is a request of the kind ``reopening``, decided as the workflow says. A matter that never was a case,
or whose case others keep open, has nothing to be reopened: it goes on as a new ticket at once.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from casework import intake, requests
from casework.actors import Given
from casework.calling_errors import TooLateToReopen
from casework.errors import NeedMissing, WrongState
from casework.intake import Receipt
from casework.questionnaires import himself
from casework.tables import Request, Ticket
from channels.message import InboundMessage, Sender
from district.pack import District

KIND = "reopening"
LABEL = "重办"


def last_day(district: District, ticket: Ticket) -> date | None:
    """The last day on which he may ask; None for a matter that did not end by being dealt with."""
    if ticket.state != "closed" or ticket.closed_at is None:
        return None
    ended = ticket.closed_at.astimezone(district.calendars.zone).date()
    return ended + timedelta(days=district.callback.reopen_days)


def has_case_to_reopen(district: District, ticket: Ticket) -> bool:
    """Whether the ticket's case is over with it."""
    return ticket.case is not None and ticket.case.state in district.workflow.case.final


def asked(ticket: Ticket) -> Request | None:
    """What he last asked for himself."""
    his = [each for each in (ticket.case.requests if ticket.case else []) if each.asked_by == ticket.resident_id]
    return next((each for each in reversed(his) if each.kind == KIND), None)


def ask(session: Session, district: District, ticket: Ticket, text: str, *, now: datetime) -> Request:
    """Ask, as the ticket's resident, that the case be taken up again.

    Raises ``WrongState`` for a matter that is not over or has no case, ``TooLateToReopen``, ``NeedMissing`` without
    his reason, and what ``requests.ask`` raises.
    """
    last = last_day(district, ticket)
    if last is None or ticket.case is None:
        raise WrongState(LABEL, ticket.state, district.workflow.ticket.states[ticket.state])
    if now.astimezone(district.calendars.zone).date() > last:
        raise TooLateToReopen(ticket.number, district.callback.reopen_days, last)
    if not text.strip():
        raise NeedMissing(LABEL, "text")
    given = Given(text=text.strip())
    return requests.ask(session, district, ticket.case, KIND, actor=himself(ticket), now=now, given=given)


def again(
    session: Session, district: District, ticket: Ticket, text: str, *, key: str, blob: str, now: datetime
) -> Receipt:
    """His matter once more, when it is too late to reopen it: a new ticket that follows the old one (承接工单).

    It comes by the channel of the old one, so that he hears of it there. ``key`` makes it once only, ``blob`` names
    what he sent. Raises ``WrongState`` for a matter that is not over, and ``NeedMissing`` without words.
    """
    if ticket.state not in district.workflow.ticket.final:
        raise WrongState("再次反映", ticket.state, district.workflow.ticket.states[ticket.state])
    if not text.strip():
        raise NeedMissing("再次反映", "text")
    message = InboundMessage(
        channel=ticket.channel,
        account=ticket.account,
        delivery_id=f"again:{ticket.id}:{key}",
        external_id="",
        kind="text",
        sender=Sender(ticket.sender, ticket.resident.name),
        text=text.strip(),
        ticket_token=ticket.code,
    )
    return intake.receive(session, district, message, blob=blob, now=now)
