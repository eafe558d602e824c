"""个人信息申请: a resident asks for a copy of his data, or for their erasure; an agent writes it down, another decides.

The agent says how he knows that it is the person himself who asks. A supervisor or an administrator decides; an erasure
is carried out by the decision, cannot be taken back, and so must be confirmed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import erasure, joining
from casework.actors import Actor
from casework.errors import NeedMissing, NotAllowed
from casework.resident_errors import (
    NotConfirmed,
    PersonRequestDecided,
    PersonRequestPending,
    ResidentErased,
    UnknownGround,
    UnknownPersonRequest,
)
from casework.resident_tables import PersonRequest, Resident
from district.pack import District
from district.schemas import Role
from storage.database import is_id

KINDS = {"export": "查阅、复制个人信息", "erasure": "删除个人信息"}
STATES = {"pending": "待审批", "approved": "已批准", "refused": "未批准", "done": "已删除"}
ASKS = frozenset({Role.AGENT, Role.DISPATCHER})
DECIDES = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})
SEES = ASKS | DECIDES | {Role.AUDITOR}


def get(session: Session, key: str) -> PersonRequest:
    """The request, locked for this transaction. Raises ``UnknownPersonRequest``."""
    found = session.get(PersonRequest, key, with_for_update=True) if is_id(key) else None
    if found is None:
        raise UnknownPersonRequest(key)
    return found


def of(session: Session, resident: Resident) -> Sequence[PersonRequest]:
    """What was asked for this resident, the latest first."""
    query = select(PersonRequest).where(PersonRequest.resident_id == resident.id)
    return list(session.scalars(query.order_by(PersonRequest.asked_at.desc(), PersonRequest.id.desc())))


def pending(session: Session, actor: Actor, *, limit: int = 200) -> Sequence[PersonRequest]:
    """What waits for a decision, the oldest first. Raises ``NotAllowed``."""
    if actor.role not in SEES:
        raise NotAllowed("查看个人信息申请", "您的角色没有这项权限")
    query = select(PersonRequest).where(PersonRequest.state == "pending")
    return list(session.scalars(query.order_by(PersonRequest.asked_at, PersonRequest.id).limit(limit)))


def ask(
    session: Session,
    district: District,
    resident: Resident,
    kind: str,
    *,
    proof: str,
    ground: str = "",
    actor: Actor,
    now: datetime,
) -> PersonRequest:
    """Write down what he asks. ``proof`` says how it is known that it is he; ``ground`` why it is to be erased.

    Raises ``NotAllowed``, ``NeedMissing``, ``UnknownGround``, ``PersonRequestPending``, ``ResidentErased``, and for an
    erasure that cannot be ``StillInHand`` and ``WithinRetention``.
    """
    label = KINDS[kind]
    if actor.role not in ASKS:
        raise NotAllowed(f"申请{label}", "由坐席或派单员按居民本人的要求登记")
    if resident.erased_at is not None:
        raise ResidentErased(resident.id)
    if not proof.strip():
        raise NeedMissing(f"申请{label}", "proof")
    if any(each.kind == kind and each.state == "pending" for each in of(session, resident)):
        raise PersonRequestPending(label)
    if kind == "erasure":
        _check_ground(district, ground)
        erasure.check(session, district, resident, ground, now=now)
    made = PersonRequest(
        resident_id=resident.id,
        kind=kind,
        proof=proof.strip(),
        ground=ground if kind == "erasure" else "",
        asked_by=actor.id,
        asked_by_name=actor.name,
        asked_at=now,
    )
    session.add(made)
    session.flush()
    joining.record(
        session, resident, f"ask_{kind}", actor, now=now, details={"request": made.id, "ground": made.ground}
    )
    return made


def _check_ground(district: District, ground: str) -> None:
    rules = district.retention
    if rules.ground(ground) is None:
        raise UnknownGround(ground, {each.code: each.label for each in rules.grounds})


def decide(
    session: Session,
    district: District,
    request: PersonRequest,
    *,
    approve: bool,
    actor: Actor,
    now: datetime,
    text: str = "",
    confirmed: bool = False,
) -> str:
    """Approve or refuse. Return the receipt of an erasure, to be shown once; empty for anything else.

    Raises ``NotAllowed``, ``PersonRequestDecided``, ``NeedMissing`` for a refusal without a reason, ``NotConfirmed``
    for an erasure, and what ``erasure.check`` raises.
    """
    label = KINDS[request.kind]
    if actor.role not in DECIDES:
        raise NotAllowed(f"审批{label}", "由督办人员或管理员审批")
    if request.state != "pending":
        raise PersonRequestDecided(request.id, request.state)
    if not approve and not text.strip():
        raise NeedMissing(f"不批准{label}", "reason")
    resident, receipt = joining.get(session, request.resident_id), ""
    if approve and request.kind == "erasure":
        if not confirmed:
            raise NotConfirmed(label)
        receipt = erasure.erase(session, district, resident, request, now=now)
    request.state = ("done" if request.kind == "erasure" else "approved") if approve else "refused"
    request.decided_by, request.decided_by_name, request.decided_at = actor.id, actor.name, now
    request.decision = text.strip()
    act = f"{'approve' if approve else 'refuse'}_{request.kind}"
    joining.record(session, resident, act, actor, now=now, details={"request": request.id, "ground": request.ground})
    return receipt


def may_fetch(district: District, request: PersonRequest, actor: Actor, *, now: datetime) -> bool:
    """Whether this actor may fetch the export now: who hands it to the resident, for the pack's days."""
    until = request.decided_at + timedelta(days=district.retention.export_days) if request.decided_at else None
    return (
        request.kind == "export"
        and request.state == "approved"
        and actor.role in ASKS
        and until is not None
        and now <= until
    )


def fetch(session: Session, district: District, request: PersonRequest, *, actor: Actor, now: datetime) -> Resident:
    """The resident whose approved export is fetched, on record. Raises ``NotAllowed``, ``PersonRequestDecided``."""
    if actor.role not in ASKS:
        raise NotAllowed("取出个人信息副本", "由坐席或派单员交给居民本人")
    if not may_fetch(district, request, actor, now=now):
        raise PersonRequestDecided(request.id, request.state)
    resident = joining.get(session, request.resident_id)
    if resident.erased_at is not None:
        raise ResidentErased(resident.id)
    joining.record(session, resident, "fetch_export", actor, now=now, details={"request": request.id})
    return resident
