"""Holding more than one case (``lifecycle.hold``): several at once, the one of a ticket, one that a ticket goes to.

SQLite's writers have the whole database, one after another; all this is for PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from casework.errors import CaseChanged
from casework.lifecycle import HELD, hold, last_words
from casework.tables import Case, Step, Ticket
from storage import gathered


def hold_all(session: Session, cases: Iterable[Case], tickets: Iterable[Ticket] = ()) -> None:
    """``hold`` several: tickets that hang on no case first, then cases, those of the other tickets too.

    Everybody who holds several goes in the order of their ids, and takes all before the first is changed; else two who
    hold one each would wait for each other. Raises ``CaseChanged`` where a ticket went to another case meanwhile.
    """
    if session.get_bind().dialect.name == "sqlite":
        return
    session.flush()
    found = [(ticket, ticket.case) for ticket in tickets]
    loose = {ticket.id: ticket for ticket, case in found if case is None}
    for key in sorted(loose):
        session.refresh(loose[key], with_for_update=HELD)
        _check_there(session, loose[key], None)  # before a case is waited for: who has that one may want this ticket
    every = {case.id: case for case in (*cases, *(case for _, case in found if case is not None))}
    for key in sorted(every):
        hold(session, every[key])
    for ticket, case in found:
        if case is not None:
            session.refresh(ticket)
            _check_there(session, ticket, case)


def _check_there(session: Session, ticket: Ticket, case: Case | None) -> None:
    if ticket.case is not case:
        raise CaseChanged((case or ticket).number, last_words(session, Step.ticket_id == ticket.id))


def hold_ticket(session: Session, ticket: Ticket) -> None:
    """``hold`` the case that the ticket hangs on, or the ticket itself where it has none. Raises ``CaseChanged``."""
    hold_all(session, (), (ticket,))


def follow(session: Session, ticket: Ticket) -> None:
    """``hold_ticket`` for what is never refused, a resident's words: they go after the ticket wherever it went."""
    if session.get_bind().dialect.name == "sqlite":
        return
    gathered.write(session)
    while True:
        try:
            with session.begin_nested():  # what is held there is let go again where the ticket is not found
                hold_ticket(session, ticket)
        except CaseChanged:
            session.refresh(ticket)
        else:
            return
