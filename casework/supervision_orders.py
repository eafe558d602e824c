"""Supervision orders (督办): issued on a case, acknowledged and answered by its unit, accepted, upgraded or withdrawn.

Levels, terms and who issues are the pack's (``district.supervision``). An order goes with its case: whoever leads the
case answers, co-handlers see it. Every act is a step of the case, so that earlier answers stay readable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import lifecycle
from casework.actors import SYSTEM, Actor
from casework.errors import NeedMissing, NotAllowed, WrongState
from casework.lifecycle import in_unit, note
from casework.rules import of
from casework.supervision_errors import (
    HighestLevel,
    NobodyToOrder,
    OrderOpen,
    OrderStands,
    UnknownLevel,
    UnknownOrder,
)
from casework.supervision_tables import SupervisionOrder
from casework.tables import Case
from casework.telling import notify
from casework.tickets import sees_case
from district.pack import District
from district.schemas import Role
from district.supervision import OrderLevel
from district.timing import Allowance
from storage.database import is_id

OPEN = ("issued", "acknowledged", "answered")
"""States of an order that is not over."""
UNANSWERED = ("issued", "acknowledged")
STATES: Mapping[str, str] = {
    "issued": "待签阅",
    "acknowledged": "已签阅",
    "answered": "已答复",
    "accepted": "已办结",
    "upgraded": "已升级",
    "withdrawn": "已撤回",
}


def of_case(session: Session, case: Case) -> Sequence[SupervisionOrder]:
    """All orders on the case, the newest first."""
    query = select(SupervisionOrder).where(SupervisionOrder.case_id == case.id)
    return list(session.scalars(query.order_by(SupervisionOrder.issued_at.desc(), SupervisionOrder.id.desc())))


def get(session: Session, district: District, key: str, actor: Actor) -> SupervisionOrder:
    """The order. Raises ``UnknownOrder`` also for one on a case the actor may not see."""
    order = session.get(SupervisionOrder, key) if is_id(key) else None
    if order is None or not sees_case(session, district, order.case_id, actor):
        raise UnknownOrder(key)
    return order


def may_issue(district: District, actor: Actor) -> bool:
    """Whether the actor's role issues orders and decides about their answers."""
    return actor.role in district.supervision.issued_by


def may_answer(district: District, case: Case, actor: Actor) -> bool:
    """Whether the actor answers orders and notes on this case: the lead of the unit that leads it, or of one above."""
    return actor.role is Role.UNIT_LEAD and in_unit(district, actor, case)


def needs_reason(session: Session, district: District, case: Case, level: str) -> bool:
    """Whether an order of this level needs a reason: none of the level before it was issued and stood on this case."""
    before = district.supervision.below(level)
    if before is None:
        return False
    return all(each.level != before.name or each.state == "withdrawn" for each in of_case(session, case))


def issue(
    session: Session,
    district: District,
    case: Case,
    *,
    level: str,
    text: str,
    actor: Actor,
    now: datetime,
    reason: str = "",
    term: int | None = None,
) -> SupervisionOrder:
    """Issue an order to the case's lead unit; ``term`` is its length in the level's unit, else the pack's.

    Raises ``NotAllowed``, ``UnknownLevel``, ``WrongState`` for a case that is over, ``NobodyToOrder``, ``OrderOpen``,
    and ``NeedMissing`` without a text, or without a reason where the level before was skipped.
    """
    if not may_issue(district, actor):
        raise NotAllowed("签发督办", "您的角色没有这项权限")
    chosen = _level(district, level)
    lifecycle.hold(session, case)
    _check_case(session, district, case)
    standing = next((each for each in of_case(session, case) if each.state in OPEN), None)
    if standing is not None:
        raise OrderOpen(case.number, standing.label)
    if needs_reason(session, district, case, level) and not reason.strip():
        raise NeedMissing(f"直接签发{chosen.label}", "reason")
    return _issued(session, district, case, chosen, text=text, reason=reason, term=term, actor=actor, now=now)


def _level(district: District, name: str) -> OrderLevel:
    found = district.supervision.level(name)
    if found is None:
        raise UnknownLevel(name, {each.name: each.label for each in district.supervision.levels})
    return found


def _check_case(session: Session, district: District, case: Case) -> None:
    life = of(session, district, case).workflow.case
    if case.state in life.final:
        raise WrongState("签发督办", case.state, life.states.get(case.state, case.state))
    if not case.lead_unit:
        raise NobodyToOrder(case.number)


def _issued(
    session: Session,
    district: District,
    case: Case,
    level: OrderLevel,
    *,
    text: str,
    reason: str,
    term: int | None,
    actor: Actor,
    now: datetime,
    follows: SupervisionOrder | None = None,
) -> SupervisionOrder:
    if not text.strip():
        raise NeedMissing(level.label, "text")
    allowance = level.term if term is None else level.term.model_copy(update={"amount": term})
    deadline = district.calendars.add(now, allowance)
    order = SupervisionOrder(
        case_id=case.id,
        level=level.name,
        label=level.label,
        state="issued",
        text=text.strip(),
        reason=reason.strip(),
        unit=case.lead_unit,
        term=str(allowance),
        due_at=deadline.due_at,
        provisional=deadline.provisional,
        follows=follows.id if follows is not None else None,
        issued_by=actor.id,
        issued_by_name=actor.name,
        issued_at=now,
    )
    session.add(order)
    session.flush()
    _note(session, order, "order", f"签发{level.label}", actor=actor, now=now, text=order.text)
    _tell_units(session, district, order, "order_issued", now=now, text=order.text)
    return order


def acknowledge(
    session: Session, district: District, order: SupervisionOrder, *, actor: Actor, now: datetime
) -> SupervisionOrder:
    """The unit has read it (签阅). Raises ``NotAllowed`` and ``OrderStands``."""
    _begin(session, district, order, "签阅督办", ("issued",), actor, unit=True)
    order.state, order.acknowledged_by, order.acknowledged_at = "acknowledged", actor.id, now
    _note(session, order, "order_acknowledge", f"签阅{order.label}", actor=actor, now=now)
    return order


def answer(
    session: Session, district: District, order: SupervisionOrder, *, text: str, actor: Actor, now: datetime
) -> SupervisionOrder:
    """The unit answers; what it had not yet acknowledged it has thereby. The supervisors are told.

    Raises ``NotAllowed``, ``OrderStands`` and ``NeedMissing``.
    """
    _begin(session, district, order, "答复督办", UNANSWERED, actor, unit=True)
    if not text.strip():
        raise NeedMissing("答复督办", "text")
    if order.acknowledged_at is None:
        order.acknowledged_by, order.acknowledged_at = actor.id, now
    order.state, order.answer, order.answered_at = "answered", text.strip(), now
    order.answered_by, order.answered_by_name = actor.id, actor.name
    _note(session, order, "order_answer", f"答复{order.label}", actor=actor, now=now, text=order.answer)
    fields = {"level": order.label, "text": order.answer}
    notify(session, district, "supervisor", "order_answered", now=now, case=order.case, fields=fields)
    return order


def accept(
    session: Session, district: District, order: SupervisionOrder, *, actor: Actor, now: datetime, text: str = ""
) -> SupervisionOrder:
    """The supervisor is content with the answer: the order is over. Raises ``NotAllowed`` and ``OrderStands``."""
    _begin(session, district, order, "办结督办", ("answered",), actor)
    return _decided(session, district, order, "accepted", "order_accept", "办结", text, actor=actor, now=now)


def send_back(
    session: Session, district: District, order: SupervisionOrder, *, text: str, actor: Actor, now: datetime
) -> SupervisionOrder:
    """The answer does not do: the unit answers again, within the same length from now.

    Raises ``NotAllowed``, ``OrderStands`` and ``NeedMissing``.
    """
    _begin(session, district, order, "退回督办答复", ("answered",), actor)
    if not text.strip():
        raise NeedMissing("退回督办答复", "text")
    deadline = district.calendars.add(now, Allowance.model_validate(order.term))
    order.due_at, order.provisional, order.told_overdue_at = deadline.due_at, deadline.provisional, None
    return _decided(
        session, district, order, "acknowledged", "order_send_back", "答复退回，请重新答复", text, actor=actor, now=now
    )


def upgrade(
    session: Session,
    district: District,
    order: SupervisionOrder,
    *,
    text: str,
    actor: Actor,
    now: datetime,
    term: int | None = None,
) -> SupervisionOrder:
    """Issue the next level in place of this one. Return the new order.

    Raises ``NotAllowed``, ``OrderStands``, ``HighestLevel``, ``NeedMissing``, and what ``issue`` says of the case.
    """
    _begin(session, district, order, "升级督办", OPEN, actor)
    above = district.supervision.above(order.level)
    if above is None:
        raise HighestLevel(order.label)
    _check_case(session, district, order.case)
    order.state, order.decided_by, order.decided_at = "upgraded", actor.id, now
    return _issued(
        session, district, order.case, above, text=text, reason="", term=term, actor=actor, now=now, follows=order
    )


def withdraw(
    session: Session, district: District, order: SupervisionOrder, *, reason: str, actor: Actor, now: datetime
) -> SupervisionOrder:
    """Take the order back (撤回). Raises ``NotAllowed``, ``OrderStands`` and ``NeedMissing`` without a reason."""
    _begin(session, district, order, "撤回督办", OPEN, actor)
    if not reason.strip():
        raise NeedMissing("撤回督办", "reason")
    return _decided(session, district, order, "withdrawn", "order_withdraw", "撤回", reason, actor=actor, now=now)


def follow(session: Session, case: Case, master: Case, *, actor: Actor, now: datetime) -> None:
    """The case was merged into a master case: what stands there of orders goes with it, and its term runs on.

    Where an order stands on the master case already, that one is answered, and this is withdrawn.
    """
    stands = any(each.state in OPEN for each in of_case(session, master))
    for order in of_case(session, case):
        if order.state not in OPEN:
            continue
        if stands:
            order.state, order.decided_by, order.decided_at = "withdrawn", actor.id, now
            order.decision = f"并入办件 {master.number}"
            _note(session, order, "order_withdraw", f"撤回{order.label}", actor=actor, now=now)
        else:
            order.case_id, order.case, stands = master.id, master, True
            _note(session, order, "order_follow", f"{order.label}随办件转来", actor=actor, now=now)


def check_overdue(session: Session, district: District, *, now: datetime, limit: int | None = None) -> int:
    """Tell the supervisors of each unanswered order whose term is over, once. Return how many were told.

    With a ``limit`` of so many: who acts on an order meanwhile has its case, and is waited for.
    """
    query = (
        select(SupervisionOrder)
        .where(
            SupervisionOrder.state.in_(UNANSWERED),
            SupervisionOrder.due_at < now,
            SupervisionOrder.told_overdue_at.is_(None),
        )
        .order_by(SupervisionOrder.due_at, SupervisionOrder.id)
        .limit(limit)
    )
    told = 0
    for order in list(session.scalars(query)):
        lifecycle.hold(session, order.case)
        session.refresh(order)
        if order.state not in UNANSWERED or order.due_at >= now or order.told_overdue_at is not None:
            continue
        order.told_overdue_at = now
        told += 1
        fields = {"level": order.label, "deadline": _due(district, order)}
        notify(session, district, "supervisor", "order_overdue", now=now, case=order.case, fields=fields)
        _note(session, order, "order_overdue", f"{order.label}逾期未答复", actor=SYSTEM, now=now)
    return told


def _begin(
    session: Session,
    district: District,
    order: SupervisionOrder,
    act: str,
    states: tuple[str, ...],
    actor: Actor,
    *,
    unit: bool = False,
) -> None:
    """Acts on one case take turns: the order is seen as it now stands. Then: may this actor, and from this state?"""
    lifecycle.hold(session, order.case)
    session.refresh(order)
    if unit and not may_answer(district, order.case, actor):
        raise NotAllowed(act, "由主办单位负责人操作")
    if not unit and not may_issue(district, actor):
        raise NotAllowed(act, "您的角色没有这项权限")
    if order.state not in states:
        raise OrderStands(act, order.state, STATES[order.state])


def _decided(
    session: Session,
    district: District,
    order: SupervisionOrder,
    state: str,
    move: str,
    verdict: str,
    text: str,
    *,
    actor: Actor,
    now: datetime,
) -> SupervisionOrder:
    order.state, order.decided_by, order.decided_at, order.decision = state, actor.id, now, text.strip()
    _note(session, order, move, f"{order.label}{verdict}", actor=actor, now=now, text=order.decision)
    _tell_units(session, district, order, "order_decided", now=now, text=order.decision, decision=verdict)
    return order


def _note(
    session: Session,
    order: SupervisionOrder,
    move: str,
    label: str,
    *,
    actor: Actor,
    now: datetime,
    text: str = "",
) -> None:
    note(session, move, label, actor=actor, now=now, case=order.case, text=text, unit=order.case.lead_unit)


def _tell_units(
    session: Session, district: District, order: SupervisionOrder, template: str, *, now: datetime, **fields: str
) -> None:
    """The lead is told, and the co-handlers beside it."""
    offered = {"level": order.label, "deadline": _due(district, order)} | fields
    for unit in sorted(({part.unit for part in order.case.units} | {order.case.lead_unit}) - {""}):
        notify(session, district, "unit", template, now=now, case=order.case, unit=unit, fields=offered)


def _due(district: District, order: SupervisionOrder) -> str:
    return f"{order.due_at.astimezone(district.calendars.zone):%m月%d日 %H:%M}"
