"""What a resident, a join, a request about personal data look like as JSON, masked for who has no business with him."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from api import views
from api.desk import Desk
from api.opening import READ, is_open
from casework import person_requests, resident_history
from casework.actors import Actor
from casework.reading import Reader
from casework.resident_history import History, PersonView
from casework.resident_tables import PersonRequest, ResidentJoin
from storage import audit


def resident_json(
    session: Session, desk: Desk, actor: Actor, found: History, sees: PersonView, *, now: datetime
) -> dict[str, Any]:
    """A resident with all that is on record of him."""
    resident = found.resident
    reader = Reader(desk.district, actor)
    asked = person_requests.of(session, resident) if actor.role in person_requests.SEES else []
    return {
        "id": resident.id,
        "name": sees.name(resident.name),
        "phone": sees.number(resident.phone),
        "verified_phone": sees.number(resident.verified_phone),
        "wishes": resident.wishes,
        "erased_at": resident.erased_at,
        "person_shown": sees.open,
        "identities": [
            {
                "id": each.id,
                "channel": each.channel,
                "account": each.account,
                "external": sees.address(each.external),
                "name": sees.name(each.name),
                "reachable": each.reachable,
            }
            for each in found.identities
        ],
        "tickets": [views.ticket_brief(reader, each) for each in found.tickets],
        "tickets_count": found.count,
        "joins": [join_json(sees, each) for each in found.joins],
        "alike": [
            {
                "id": each.resident.id,
                "name": sees.name(each.resident.name),
                "proof": each.proof,
                "proof_label": each.label,
                "shared": sees.address(each.shared) if "@" in each.shared else sees.number(each.shared),
            }
            for each in found.alike
        ],
        "requests": [request_json(desk, sees, actor, each, now=now) for each in asked],
    }


def join_json(sees: PersonView, made: ResidentJoin) -> dict[str, Any]:
    """A join of two residents."""
    return {
        "id": made.id,
        "lost_id": made.lost_id,
        "proof": made.proof,
        "reason": sees.words(made.reason),
        "by": made.by_name,
        "at": made.at,
        "identities": len(made.moved.get("identities", ())),
        "tickets": len(made.moved.get("tickets", ())),
        "undone_at": made.undone_at,
        "undone_reason": sees.words(made.undone_reason),
    }


def request_json(desk: Desk, sees: PersonView, actor: Actor, asked: PersonRequest, *, now: datetime) -> dict[str, Any]:
    """A request about personal data."""
    ground = desk.district.retention.ground(asked.ground)
    return {
        "id": asked.id,
        "resident_id": asked.resident_id,
        "kind": asked.kind,
        "kind_label": person_requests.KINDS[asked.kind],
        "state": asked.state,
        "state_label": person_requests.STATES[asked.state],
        "proof": sees.words(asked.proof),
        "ground": asked.ground,
        "ground_label": ground.label if ground is not None else asked.ground,
        "basis": ground.basis if ground is not None else "",
        "asked_by": asked.asked_by_name,
        "asked_at": asked.asked_at,
        "decided_by": asked.decided_by_name,
        "decided_at": asked.decided_at,
        "decision": sees.words(asked.decision),
        "result": asked.result,
        "may_fetch": person_requests.may_fetch(desk.district, asked, actor, now=now),
    }


def shown(session: Session, desk: Desk, actor: Actor, key: str, *, now: datetime) -> dict[str, Any]:
    """The resident, and that he was shown is put on record in the same transaction. Raises as ``look`` does.

    Who works with people reads him in his work; a supervisor has him shown with a reason first.
    """
    found = resident_history.look(session, actor, key)
    sees = PersonView.of(actor)
    if sees.open:
        audit.record(
            session,
            actor=actor.id,
            role=actor.role,
            act=READ,
            subject="resident",
            subject_id=found.resident.id,
            now=now,
        )
    elif is_open(session, actor, found.resident.id, now=now):
        sees = PersonView.of(actor, opened=True)
    session.flush()
    return resident_json(session, desk, actor, found, sees, now=now)
