"""Short words for what tests of automatic dispatch do again and again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from casework import automatic, automatic_figures, desk_work, requests, spot_checks
from casework.actors import Actor, Given
from casework.automatic_figures import Figures
from casework.judgements import AutomaticSwitch, Judgement
from casework.tables import Case, Ticket
from district.schemas import Role

from .conftest import DISPATCHER, SUPERVISOR, Bench, assessment, category_of

ADMINISTRATOR = Actor("u-administrator", "管理员", Role.ADMINISTRATOR)
OFFICER = Actor("u-officer", "承办人", Role.UNIT_OFFICER, "U001")


def category(bench: Bench) -> str:
    return category_of(bench.district)[0]


def other_category(bench: Bench) -> str:
    return next(each.code for each in bench.district.taxonomy.leaves if each.code != category(bench))


def act(bench: Bench, work: Callable[[Session, Ticket], Any], ticket_id: str) -> Any:
    with bench.database.write.begin() as session:
        return work(session, session.get_one(Ticket, ticket_id))


def accept(bench: Bench, ticket_id: str, actor: Actor = DISPATCHER, **given: Any) -> None:
    act(bench, lambda s, t: desk_work.accept(s, bench.district, t, actor=actor, now=bench.now, **given), ticket_id)


def review(bench: Bench, ticket_id: str, *, right: bool, actor: Actor = DISPATCHER) -> None:
    check = spot_checks.confirm if right else spot_checks.reject
    act(bench, lambda s, t: check(s, bench.district, t, actor=actor, now=bench.now), ticket_id)


def turn(bench: Bench, *, on: bool, actor: Actor = SUPERVISOR, of: str = "", reason: str = "对照合格") -> None:
    with bench.database.write.begin() as session:
        code = of or category(bench)
        automatic.turn(session, bench.district, code, on=on, reason=reason, actor=actor, now=bench.now)


def switch_on(bench: Bench) -> None:
    """Without asking for figures."""
    with bench.database.write.begin() as session:
        session.add(
            AutomaticSwitch(category=category(bench), is_on=True, by="u", by_name="督办", at=bench.now, reason="测试")
        )


def alone(bench: Bench) -> str:
    """A ticket that the desk sent by itself if its category is on; its id."""
    receipt_id = bench.ticket_unfiled()
    on = bench.look(automatic.switched_on)
    bench.file(receipt_id, assessment(bench.district, decision="auto"), automatic_categories=on)
    return receipt_id


def judgement(bench: Bench, ticket_id: str) -> Judgement | None:
    found: Judgement | None = bench.look(lambda session: session.get(Judgement, ticket_id))
    return found


def outcome(bench: Bench, ticket_id: str) -> str:
    row = judgement(bench, ticket_id)
    return row.outcome if row is not None else ""


def figures(bench: Bench) -> Figures:
    found: Figures = bench.look(
        lambda session: automatic_figures.figures(session, category=category(bench))[category(bench)]
    )
    return found


def is_on(bench: Bench) -> bool:
    return category(bench) in bench.look(automatic.switched_on)


def shadow(bench: Bench, *, right: int, wrong: int = 0, decision: str = "auto") -> None:
    """Persons' decisions, written as ``judgements`` keeps them."""
    unit = category_of(bench.district)[1]
    keys = [bench.ticket_unfiled() for _ in range(right + wrong)]
    with bench.database.write.begin() as session:
        for number, key in enumerate(keys):
            session.add(
                Judgement(
                    ticket_id=key,
                    at=bench.now,
                    suggested_category=category(bench),
                    suggested_unit=unit,
                    decision=decision,
                    mode="person",
                    outcome="right" if number < right else "wrong",
                    by="u-dispatcher",
                    decided_at=bench.now,
                )
            )


def returned(bench: Bench, case_id: str) -> None:
    """The unit's return is asked for and accepted."""
    line = next(iter(bench.district.directory)).line
    asked = {"reason": "not_my_duty", "proposed_unit": "U001", "directory_line": line}
    with bench.database.write.begin() as session:
        case = session.get_one(Case, case_id)
        request = requests.ask(
            session, bench.district, case, "return", actor=bench_lead(case), now=bench.now, given=Given(**asked)
        )
        requests.decide(session, bench.district, request, approve=True, actor=DISPATCHER, now=bench.now)


def bench_lead(case: Case) -> Actor:
    return Actor("u-lead", "负责人", Role.UNIT_LEAD, case.lead_unit)


def case_of(bench: Bench, ticket_id: str) -> str:
    return str(bench.look(lambda session: session.get_one(Ticket, ticket_id).case_id))
