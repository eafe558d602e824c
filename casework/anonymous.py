"""匿名件: whoever left no way to be asked is not called back; his ticket is closed as such once it is answered.

The answer stands on his page under his lookup code. Without a callback the ticket counts in none of the three rates;
it counts as accepted, answered and closed. The callback queue holds nobody who cannot be called.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from casework import rules
from casework.actors import SYSTEM
from casework.lifecycle import move_case, move_ticket
from casework.resident_tables import Identity
from casework.tables import Case, Notice, Ticket
from casework.telling import reports_up
from district.pack import District
from storage import change_log
from storage.deliveries import Delivery

REASON = "anonymous"
NOBODY = ("form:", "call:", "counter:")
"""How the channels ``web``, ``hotline`` and ``walk_in`` name a sender who left neither telephone nor mail address."""
UNTOLD = "匿名诉求没有联系方式，答复只在查询页面上"
ANSWERED = ("told", "answered_directly")


def cannot_be_asked(session: Session, ticket: Ticket) -> bool:
    """Whether all that is known of the reporter is the number of his form, his call or his record at the counter.

    A telephone in his words is a way to reach him. An order of the city's is called back by the city.
    """
    if reports_up(ticket.channel):
        return False
    resident = ticket.resident
    named = any(each.get("kind") == "phone" for each in ticket.suggestion.get("entities", []))
    if resident.phone or resident.verified_phone or named:
        return False
    names = session.scalars(select(Identity.external).where(Identity.resident_id == resident.id))
    return all(name.startswith(NOBODY) for name in names)


def close(session: Session, district: District, tickets: Iterable[Ticket], *, now: datetime) -> int:
    """Close those that are answered and whose reporters cannot be asked; a case that is over with them is closed too.

    A case in flight under an older workflow without that move is left to the callback desk. Return how many.
    """
    done = 0
    cases: dict[str, Case] = {}
    for ticket in tickets:
        if ticket.state not in ANSWERED or not _may(session, district, ticket) or not cannot_be_asked(session, ticket):
            continue
        ticket.close_reason = REASON
        move_ticket(session, district, ticket, "close_anonymous", actor=SYSTEM, now=now)
        _settle_untold(session, ticket, now=now)
        done += 1
        if ticket.case is not None:
            cases[ticket.case.id] = ticket.case
    final = district.workflow.ticket.final
    for case in cases.values():
        session.flush()
        if case.state == "answered" and all(each.state in final for each in case.tickets):
            move_case(session, district, case, "close", actor=SYSTEM, now=now)
    return done


def _may(session: Session, district: District, ticket: Ticket) -> bool:
    book = rules.of(session, district, ticket.case) if ticket.case is not None else rules.today(district)
    return any(
        each.name == "close_anonymous" and ticket.state in each.sources for each in book.workflow.ticket.transitions
    )


def _settle_untold(session: Session, ticket: Ticket, *, now: datetime) -> None:
    """Nobody can tell him by word of mouth: what waited for that is put on record, and no notice asks for it."""
    waiting = select(Delivery).where(Delivery.ticket_id == ticket.id, Delivery.state == "to_tell")
    for delivery in session.scalars(waiting):
        delivery.state, delivery.reason, delivery.followed = "failed", UNTOLD, "none"
        change_log.record(session, "deliveries", delivery.id, "failed", now=now)
    asking = (Notice.ticket_id == ticket.id, Notice.template == "to_tell", Notice.read_at.is_(None))
    session.execute(update(Notice).where(*asking).values(read_at=now).execution_options(synchronize_session=False))
