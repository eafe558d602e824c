"""What the doors of ``role_duties`` are tried on: one real thing of each kind, made by people who may."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import absences, desk_work, duty, joining, leaders_notes, opinions, person_requests, supervision_orders
from casework.actors import Actor
from casework.calling_tables import CallerMark, CallerMarkEvidence
from casework.duty import Shift
from casework.event_tables import Event, EventTicket
from casework.inspection_tables import Inspection
from casework.leaders_notes import Written
from casework.opinions import Asked
from casework.people_tables import Alert, HandOver
from casework.tables import Case, Ticket
from district.process import Role
from storage import identity
from storage.database import new_id
from storage.deliveries import Delivery
from storage.quarantine import Quarantined
from tests.integration.role_desk import NOW, RoleDesk, role_desk
from tests.integration.role_matters import Bringing
from tests.integration.role_rules import Place, Standing

__all__ = ["role_desk", "things"]

AGENT = Actor("u-agent", "准备", Role.AGENT)
DISPATCHER = Actor("u-dispatcher", "准备", Role.DISPATCHER)
SUPERVISOR = Actor("u-supervisor", "准备", Role.SUPERVISOR)
ADMINISTRATOR = Actor("u-administrator", "准备", Role.ADMINISTRATOR)


@pytest.fixture(scope="module")
def things(role_desk: RoleDesk) -> dict[str, str]:
    """By the names that doors use; the desk goes back to where they are."""
    with role_desk.desk.database.write.begin() as session:
        made = _things(role_desk, session)
    role_desk.keep()
    return made


def _things(desk: RoleDesk, session: Session) -> dict[str, str]:
    bringing = Bringing(session, desk.desk.district, desk.book, desk.units, now=NOW)
    case, other_case = (
        session.get_one(Case, desk.keys["case", "at", state]) for state in ("in_progress", "dispatched")
    )
    second = bringing.ticket("received")
    desk_work.merge(session, desk.desk.district, second, case, actor=DISPATCHER, now=NOW)
    session.flush()
    ticket = session.get_one(Ticket, desk.keys["ticket", "at", "on_case"])
    assessed = session.get_one(Ticket, desk.keys["ticket", "at", "assessed"])
    known = {
        "ticket": ticket.id,
        "assessed": assessed.id,
        "told": desk.keys["ticket", "at", "told"],
        "second": second.id,
        "case_ticket": case.tickets[0].id,
        "case": case.id,
        "other_case": other_case.id,
        "open_case": desk.keys["case", "at", "open"],
        "resident": ticket.resident_id,
        "other_resident": assessed.resident_id,
        "unit": desk.units.lead,
        "stranger": desk.units.stranger,
        "officer": Standing(Role.UNIT_OFFICER, Place.LEAD).login,
        "lead": Standing(Role.UNIT_LEAD, Place.LEAD).login,
        "category": case.category,
        "nothing": new_id(),
        "number": case.number,
        "ticket_number": ticket.number,
    }
    return (
        known
        | _of_people(desk, session)
        | _of_supervision(desk, session, known)
        | _of_residents(desk, session, known)
        | _rows(session, known)
        | _asked(desk, session)
    )


def _of_people(desk: RoleDesk, session: Session) -> dict[str, str]:
    district, day = desk.desk.district, timedelta(days=1)
    # Of other people than those whose absence is tried: nobody is away twice at a time.
    away = absences.enter(
        session,
        district,
        Standing(Role.UNIT_OFFICER, Place.LEAD).login,
        Standing(Role.UNIT_LEAD, Place.LEAD).login,
        starts=NOW + 10 * day,
        ends=NOW + 11 * day,
        actor=ADMINISTRATOR,
        now=NOW,
    )
    handed = HandOver(  # of no case: what is another unit's stays so
        at=NOW, kind="by_hand", source=desk.units.co, target=desk.units.stranger, reason="测试", by=ADMINISTRATOR.id
    )
    session.add(handed)
    shift = Shift(starts=NOW + 10 * day, ends=NOW + 11 * day, login="agent", position=1)
    (row,) = duty.enter(session, [("", shift)], actor=ADMINISTRATOR, now=NOW)
    session.flush()
    newcomer = identity.add_user(
        session, login="newcomer-1", name="新", role="agent", password="so long a one", now=NOW
    )
    return {"absence": away.id, "hand_over": handed.id, "shift": row.id, "user": newcomer.id}


def _asked(desk: RoleDesk, session: Session) -> dict[str, str]:
    """An opinion collection in each state."""
    asked = Asked("改单行", "请说说看法", NOW + timedelta(days=30))
    made = [opinions.create(session, desk.desk.district, asked, actor=SUPERVISOR, now=NOW) for _ in range(3)]
    for each in made[1:]:
        opinions.publish(session, each, actor=SUPERVISOR, now=NOW)
    opinions.close(session, made[2], actor=SUPERVISOR, now=NOW)
    session.flush()
    names = ("consultation_draft", "consultation", "consultation_over")
    return {name: each.id for name, each in zip(names, made, strict=True)}


def _of_supervision(desk: RoleDesk, session: Session, known: dict[str, str]) -> dict[str, str]:
    district, case = desk.desk.district, session.get_one(Case, known["case"])
    answering = Actor("u-lead", "准备", Role.UNIT_LEAD, desk.units.lead)
    suspended = session.get_one(Case, desk.keys["case", "at", "suspended"])
    orders = [
        supervision_orders.issue(session, district, each, level="yellow", text="限期办结", actor=SUPERVISOR, now=NOW)
        for each in (case, suspended)
    ]
    session.flush()
    supervision_orders.answer(session, district, orders[1], text="已办", actor=answering, now=NOW)
    written = Written("王区长", "区政府", NOW.date(), "请速办", asks_answer=True)
    note = leaders_notes.enter(session, district, case, written, actor=SUPERVISOR, now=NOW)
    session.flush()
    return {"order": orders[0].id, "answered_order": orders[1].id, "note": note.id} | _inspected(desk, session, known)


def _inspected(desk: RoleDesk, session: Session, known: dict[str, str]) -> dict[str, str]:
    """One drawn, one scored, one objected to; all of the agent's work."""
    worker = identity.find_user(session, Standing(Role.AGENT).login)
    sheet = desk.desk.district.inspection.sheets[0]
    made = {}
    for state in ("drawn", "scored", "objected"):
        row = Inspection(
            kind=sheet.kind,
            work=new_id(),
            ticket_id=known["ticket"],
            worker=worker.id,
            worker_name=worker.name,
            worked_at=NOW,
            week=NOW.date(),
            drawn_at=NOW,
            state=state,
            sheet=sheet.model_dump(mode="json"),
        )
        if state != "drawn":
            row.score, row.scored_at, row.scored_by = 60, NOW, SUPERVISOR.id
            row.objection_until = NOW + timedelta(days=5)
        session.add(row)
        session.flush()
        made[state] = row.id
    return made


def _of_residents(desk: RoleDesk, session: Session, known: dict[str, str]) -> dict[str, str]:
    district = desk.desk.district
    kept, lost = (
        session.get_one(Ticket, desk.keys["ticket", "at", state]).resident_id for state in ("closed", "withdrawn")
    )
    join = joining.join(session, district, kept, lost, proof="called", actor=AGENT, now=NOW, reason="已回拨")
    asker = joining.get(session, session.get_one(Ticket, desk.keys["ticket", "at", "rejected"]).resident_id)
    asked = person_requests.ask(session, district, asker, "export", proof="已核对证件", ground="", actor=AGENT, now=NOW)
    mark = CallerMark(
        resident_id=known["resident"],
        text="反复辱骂",
        days=7,
        proposed_by=AGENT.id,
        proposed_at=NOW,
        evidence=[CallerMarkEvidence(ticket_id=known["ticket"])],
    )
    session.add(mark)
    session.flush()
    return {"join": join.id, "person_request": asked.id, "mark": mark.id}


def _rows(session: Session, known: dict[str, str]) -> dict[str, str]:
    event = Event(number="SJ-1", first_at=NOW, last_at=NOW, tickets=2, reporters=2, mass_at=NOW)
    alert = Alert(
        key="k", kind="emergency", text="燃气泄漏", case_id=None, ticket_id=known["ticket"], raised_at=NOW, due_at=None
    )
    held = Quarantined(
        channel="wechat",
        account="main",
        delivery_id="q-1",
        blob=hashlib.sha256(b"nothing").hexdigest(),
        size=7,
        where="body",
        why="测试",
        received_at=NOW,
    )
    session.add_all((event, alert, held))
    session.flush()
    for key in (known["ticket"], known["assessed"]):
        session.add(EventTicket(ticket_id=key, event_id=event.id, opened_at=NOW, by="system"))
    unsent = session.scalars(select(Delivery).order_by(Delivery.id)).first()
    assert unsent is not None
    unsent.state = "dead"
    return {"event": event.id, "alert": alert.id, "quarantined": held.id, "delivery": unsent.id}
