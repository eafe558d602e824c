"""Handing open work over (移交): somebody leaves, or a unit's work moves to another unit.

Parts change hands, lead and co-handling alike; states, clocks and requests stay as they are, and run on. It can be
undone on its own day. Closed cases keep the unit that closed them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from casework import ended_units, facts, recording
from casework.actors import Actor
from casework.dispatch import find_unit
from casework.errors import NotAllowed
from casework.holding import hold_all
from casework.lifecycle import note
from casework.people_errors import (
    HandOverMovedOn,
    HandOverTooOld,
    HandOverUndone,
    UnfitHandOver,
    UnknownHandOver,
)
from casework.people_tables import HandedCase, HandOver
from casework.tables import Case, CaseUnit, Step
from casework.telling import notify
from district.pack import District
from district.schemas import Role
from storage.database import is_id
from storage.identity import User

HANDS_OVER = frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR, Role.SYSTEM})
READS = HANDS_OVER | {Role.AUDITOR}


def _check(actor: Actor, what: str) -> None:
    if actor.role not in HANDS_OVER:
        raise NotAllowed(what, "由督办或管理员办理")


def open_work(session: Session, district: District, unit: str) -> list[Case]:
    """Cases that are not over in which the unit leads, co-handles, or is proposed; the oldest first."""
    part = exists().where(CaseUnit.case_id == Case.id, CaseUnit.unit == unit)
    query = (
        select(Case)
        .where(Case.state.not_in(district.workflow.case.final), or_(part, Case.proposed_unit == unit))
        .order_by(Case.opened_at, Case.id)
    )
    return list(session.scalars(query))


def open_work_of(session: Session, district: District, user: User) -> list[Case]:
    """Open cases of his unit on which this member of staff has acted: what he would leave behind."""
    acted = exists().where(Step.case_id == Case.id, Step.actor == user.id)
    has_part = exists().where(CaseUnit.case_id == Case.id, CaseUnit.unit == user.unit)
    query = (
        select(Case)
        .where(Case.state.not_in(district.workflow.case.final), acted, has_part)
        .order_by(Case.opened_at, Case.id)
    )
    return list(session.scalars(query))


def part_of(case: Case, unit: str) -> str:
    """``lead``, ``co`` or ``proposed``; empty where the unit has no part."""
    own = next((row.part for row in case.units if row.unit == unit), "")
    return own or ("proposed" if unit and case.proposed_unit == unit else "")


def hand_over(
    session: Session,
    district: District,
    source: str,
    target: str,
    *,
    actor: Actor,
    now: datetime,
    reason: str,
    numbers: Sequence[str] | None = None,
    kind: str = "by_hand",
) -> HandOver:
    """Hand open cases of ``source`` over to ``target``: all, or those of the ``numbers``.

    Raises ``NotAllowed``, ``UnknownUnit``, ``UnitEnded``, and ``UnfitHandOver`` without a reason, without work, for
    one and the same unit, or a number that is none of the unit's open cases.
    """
    _check(actor, "移交办件")
    left, taken = find_unit(district, source, "移出单位"), find_unit(district, target, "移入单位")
    ended_units.check(district, taken, now=now)
    if left == taken:
        raise UnfitHandOver("移出和移入是同一个单位，请另选")
    if not reason.strip():
        raise UnfitHandOver("移交需要填写原因")
    cases = _chosen(open_work(session, district, left), numbers)
    hold_all(session, cases)
    final = district.workflow.case.final
    cases = [case for case in cases if case.state not in final and part_of(case, left)]  # as they stand, being held
    if not cases:
        raise UnfitHandOver(f"{district.units.get(left).name}没有可移交的在办件")
    made = HandOver(
        at=now, kind=kind, source=left, target=taken, reason=reason.strip(), by=actor.id, by_name=actor.name
    )
    session.add(made)
    session.flush()
    for case in sorted(cases, key=lambda each: each.id):  # as all who hold several cases do
        _hand(session, district, made, case, actor=actor, now=now)
    session.flush()
    _record(session, made, "hand_over", actor, now=now, cases=len(cases))
    return made


def _chosen(found: list[Case], numbers: Sequence[str] | None) -> list[Case]:
    if numbers is None:
        return found
    by_number = {case.number: case for case in found}
    unknown = [number for number in numbers if number not in by_number]
    if unknown:
        raise UnfitHandOver(f"{'、'.join(unknown[:5])}不是该单位的在办件，请刷新后再选")
    return [by_number[number] for number in dict.fromkeys(numbers)]


def parts(case: Case) -> dict[str, Any]:
    """Who has which part, as a document."""
    units = {
        row.unit: {
            "part": row.part,
            "answer": row.answer,
            "answered_at": row.answered_at.isoformat() if row.answered_at else "",
            "answered_by": row.answered_by,
        }
        for row in case.units
    }
    return {"lead": case.lead_unit, "proposed": case.proposed_unit, "units": units}


def _set_parts(case: Case, wanted: dict[str, Any]) -> None:
    case.lead_unit, case.proposed_unit = wanted["lead"], wanted["proposed"]
    there = {row.unit: row for row in case.units}
    for unit, row in there.items():
        if unit not in wanted["units"]:
            case.units.remove(row)
    for unit, said in wanted["units"].items():
        row = there.get(unit) or CaseUnit(unit=unit)
        if unit not in there:
            case.units.append(row)
        row.part, row.answer, row.answered_by = said["part"], said["answer"], said["answered_by"]
        row.answered_at = datetime.fromisoformat(said["answered_at"]) if said["answered_at"] else None


def _moved(before: dict[str, Any], source: str, target: str) -> dict[str, Any]:
    """The parts with the one unit in the other's place; who leads leads on, and a co-handler's answer goes along."""
    units = {unit: dict(said) for unit, said in before["units"].items() if unit != source}
    if (gone := before["units"].get(source)) is not None:
        kept = units.get(target, {})
        answer = gone if gone["answer"] or not kept else kept
        part = "lead" if "lead" in (gone["part"], kept.get("part")) else "co"
        units[target] = {**answer, "part": part}
    lead, proposed = (target if code == source else code for code in (before["lead"], before["proposed"]))
    return {"lead": lead, "proposed": proposed, "units": units}


def _hand(session: Session, district: District, made: HandOver, case: Case, *, actor: Actor, now: datetime) -> None:
    before, part = parts(case), part_of(case, made.source)
    after = _moved(before, made.source, made.target)
    session.add(HandedCase(hand_over_id=made.id, case_id=case.id, part=part, before=before, after=after))
    _put(session, district, case, after, now=now)
    names = [district.units.get(code).name for code in (made.source, made.target)]
    text = f"由{names[0]}移交{names[1]}：{made.reason}"
    note(session, "hand_over", "移交", actor=actor, now=now, case=case, unit=made.target, text=text)
    if part != "proposed":
        fields = {"unit": names[0], "reason": made.reason}
        notify(session, district, "unit", "handed_over", now=now, case=case, unit=made.target, fields=fields)


def _put(session: Session, district: District, case: Case, wanted: dict[str, Any], *, now: datetime) -> None:
    _set_parts(case, wanted)
    session.flush()
    for ticket in case.tickets:
        ticket.unit = case.lead_unit or case.proposed_unit
        facts.refresh(session, district, ticket, now=now)


def get(session: Session, key: str) -> HandOver:
    """The hand-over. Raises ``UnknownHandOver``."""
    found = session.get(HandOver, key) if is_id(key) else None
    if found is None:
        raise UnknownHandOver(key)
    return found


def listed(session: Session, actor: Actor, *, limit: int = 50) -> list[HandOver]:
    """The latest hand-overs. Raises ``NotAllowed`` for a role that has nothing to do with them."""
    if actor.role not in READS:
        raise NotAllowed("查看移交记录", "由督办、管理员或审计员查看")
    return list(session.scalars(select(HandOver).order_by(HandOver.at.desc(), HandOver.id.desc()).limit(limit)))


def may_undo(district: District, made: HandOver, *, now: datetime) -> bool:
    """Whether it was done today, by a person, and is not undone."""
    zone = district.calendars.zone
    return made.undone_at is None and made.at.astimezone(zone).date() == now.astimezone(zone).date()


def undo(session: Session, district: District, key: str, *, actor: Actor, now: datetime) -> int:
    """撤销移交, on its own day: each case that was left as handed goes back. Return how many did.

    A case that was closed, or whose units were changed meanwhile, stays where it is. Raises ``NotAllowed``,
    ``UnknownHandOver``, ``HandOverUndone``, ``HandOverTooOld``, ``UnitEnded`` for a unit that is no more, and
    ``HandOverMovedOn`` when no case can go back.
    """
    _check(actor, "撤销移交")
    made = get(session, key)
    if made.undone_at is not None:
        raise HandOverUndone
    if not may_undo(district, made, now=now):
        raise HandOverTooOld(f"{made.at.astimezone(district.calendars.zone):%Y-%m-%d}")
    ended_units.check(district, made.source, now=now)
    back = 0
    hold_all(session, [session.get_one(Case, handed.case_id) for handed in made.cases])
    for handed in made.cases:
        case = session.get_one(Case, handed.case_id)
        if case.state in district.workflow.case.final or _who(parts(case)) != _who(handed.after):
            continue
        _put(session, district, case, _with_answers(handed, parts(case), made), now=now)
        handed.undone = True
        back += 1
        text = f"撤销移交，退回{district.units.get(made.source).name}"
        note(session, "undo_hand_over", "撤销移交", actor=actor, now=now, case=case, unit=made.source, text=text)
    if not back:
        raise HandOverMovedOn
    made.undone_at, made.undone_by = now, actor.id
    _record(session, made, "undo_hand_over", actor, now=now, cases=back)
    return back


def _who(document: dict[str, Any]) -> tuple[str, str, dict[str, str]]:
    units = {unit: said["part"] for unit, said in document["units"].items()}
    return document["lead"], document["proposed"], units


def _with_answers(handed: HandedCase, current: dict[str, Any], made: HandOver) -> dict[str, Any]:
    """The parts of before, with what co-handlers answered since: the words of the one that took over go back too."""
    units = {unit: {**said, **_answer(current["units"].get(unit))} for unit, said in handed.before["units"].items()}
    if made.source in units and made.target not in handed.before["units"]:
        units[made.source] |= _answer(current["units"].get(made.target))
    return {**handed.before, "units": units}


def _answer(said: dict[str, Any] | None) -> dict[str, Any]:
    return {name: said[name] for name in ("answer", "answered_at", "answered_by")} if said else {}


def _record(session: Session, made: HandOver, act: str, actor: Actor, *, now: datetime, cases: int) -> None:
    recording.record(
        session,
        actor,
        act,
        "hand_over",
        made.id,
        now=now,
        topic="hand_overs",
        details={"from": made.source, "to": made.target, "kind": made.kind, "cases": cases},
    )
