"""Merging cases (并单) and taking apart what was merged (拆单).

``desk_work.merge`` hangs one ticket on a case that is under way. Here a whole case goes into a master case (主办件), or
a ticket leaves a case that it does not belong to. Whatever is merged, each resident is answered, called back and
counted by himself.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from casework import automatic, city_deadlines, dispatch, events, facts, supervision_orders
from casework.actors import SYSTEM, Actor
from casework.desk_work import check_desk, joinable
from casework.errors import AloneOnCase, MergeRing, WrongState
from casework.holding import hold_all, hold_ticket
from casework.lifecycle import lapse, move_case, note
from casework.rules import of
from casework.tables import Case, Step, Ticket
from casework.telling import notify
from district.pack import District


def merge_case(session: Session, district: District, case: Case, master: Case, *, actor: Actor, now: datetime) -> Step:
    """All tickets of ``case`` go to ``master``, and the case itself is closed as merged (并入).

    Its unit is told; its pending requests lapse with it. Raises ``NotAllowed`` for other roles than the desk's,
    ``MergeRing`` where the master was itself merged into this case, ``WrongState`` where either is answered or over.
    """
    check_desk(actor, "并单")
    hold_all(session, (case, master))
    _check_ring(session, case, master)
    for each in (case, master):
        if not joinable(of(session, district, each).workflow, each):
            raise WrongState("并单", each.state, district.workflow.case.states.get(each.state, each.state))
    moved = list(case.tickets)
    for ticket in moved:
        ticket.case, ticket.unit = master, master.lead_unit or master.proposed_unit
    session.flush()
    session.expire(case, ["tickets"])
    case.merged_into = master.id
    _end_requests(session, district, case, actor=actor, now=now)
    supervision_orders.follow(session, case, master, actor=actor, now=now)
    unit, fields = master.lead_unit, {"master": master.number}
    step = note(session, "merge_case", f"并入办件 {master.number}", actor=actor, now=now, case=case, unit=unit)
    move_case(session, district, case, "close", actor=SYSTEM, now=now)
    note(session, "take_in", f"并入办件 {case.number}", actor=actor, now=now, case=master, unit=unit)
    for ticket in moved:
        city_deadlines.rebind(session, district, master, ticket)
        events.follow_case(session, district, ticket, master, actor=actor, now=now)
        facts.refresh(session, district, ticket, now=now)
    automatic.decided(session, district, moved, actor=actor, now=now, unit=unit)
    for each in (case, master):
        if told := each.lead_unit:
            notify(session, district, "unit", "case_merged", now=now, case=each, unit=told, fields=fields)
    return step


def _end_requests(session: Session, district: District, case: Case, *, actor: Actor, now: datetime) -> None:
    """What was asked for the case is over with it; for the master case it is asked anew."""
    rules = of(session, district, case)
    kinds = {kind.name: kind for kind in rules.workflow.requests}
    for request in case.requests:
        if request.state == "pending":
            lapse(session, rules, case, request, kinds[request.kind], actor=actor, now=now)


def _check_ring(session: Session, case: Case, master: Case) -> None:
    """Raises ``MergeRing`` where following what the master was merged into comes back to the case."""
    here: Case | None = master
    while here is not None:
        if here.id == case.id:
            raise MergeRing(case.number, master.number)
        here = session.get(Case, here.merged_into) if here.merged_into else None


def unmerge(session: Session, district: District, ticket: Ticket, *, actor: Actor, now: datetime, text: str) -> Case:
    """The ticket leaves its case for one of its own (拆单), which waits for its dispatch; its clocks begin now.

    Only while its resident was not yet told the case's answer. Raises ``NotAllowed``, ``WrongState``,
    ``AloneOnCase`` and ``CaseChanged``.
    """
    check_desk(actor, "拆单")
    hold_ticket(session, ticket)
    case = ticket.case
    if case is None or ticket.state != "on_case" or not joinable(of(session, district, case).workflow, case):
        state = ticket.state
        raise WrongState("拆单", state, district.workflow.ticket.states.get(state, state))
    if len(case.tickets) == 1:
        raise AloneOnCase(ticket.number)
    own = dispatch.begin(session, district, ticket, now=now)
    ticket.case, ticket.unit = own, own.proposed_unit
    session.flush()
    session.expire(case, ["tickets"])
    note(session, "unmerge", f"拆出工单 {ticket.number}", actor=actor, now=now, case=case, text=text)
    note(session, "split_off", f"自办件 {case.number} 拆出", actor=actor, now=now, case=own, ticket=ticket, text=text)
    for each in (case, own):
        city_deadlines.rebind(session, district, each, ticket)
    facts.refresh(session, district, ticket, now=now)
    return own
