"""Returns (退单), transfers (改派) and what they cost: counted to whoever made them, ended by 会商."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from api import returns_view
from casework import requests, returns
from casework.actors import Actor, Given
from casework.errors import AgainstDirectory, BadPeriod, DeadlinePassed, NotAllowed, RequestDecided, RequestPending
from casework.reading import Reader
from casework.tables import Case, Clock, Notice, Request, Step
from district.schemas import Role

from .conftest import AGENT, AUDITOR, CALLER, DISPATCHER, NOW, SUPERVISOR, Bench, category_of

DAY = timedelta(days=1)
OTHER = Actor("u-dispatcher-2", "另一派单员", Role.DISPATCHER)


def ask_back(bench: Bench, case_id: str, *, now: Any = None) -> str:
    """The lead asks to return its case; the request's id."""
    lead = bench.lead(case_id)
    line = next(iter(bench.district.directory)).line
    given = Given(reason="not_my_duty", proposed_unit=another(bench, lead.unit), directory_line=line)
    with bench.database.write.begin() as session:
        case = session.get_one(Case, case_id)
        return requests.ask(session, bench.district, case, "return", actor=lead, now=now or bench.now, given=given).id


def another(bench: Bench, unit: str) -> str:
    """Some bureau that is not this unit."""
    return next(each.code for each in bench.district.units if each.kind == "bureau" and each.code != unit)


def decide(bench: Bench, key: str, actor: Actor = DISPATCHER, *, approve: bool, now: Any = None, **more: Any) -> None:
    with bench.database.write.begin() as session:
        found = requests.get(session, key)
        requests.decide(session, bench.district, found, approve=approve, actor=actor, now=now or bench.now, **more)


def figures_of(session: Any, actor: Actor = SUPERVISOR, units: frozenset[str] = frozenset()) -> Any:
    return returns.figures(session, actor, start=NOW - DAY, end=NOW + DAY, units=units)


def pending(bench: Bench, case_id: str) -> list[Request]:
    query = select(Request).where(Request.case_id == case_id, Request.state == "pending")
    return bench.look(lambda session: list(session.scalars(query)))


def returned_twice(bench: Bench) -> str:
    case_id = bench.case()
    unit = category_of(bench.district)[1]
    decide(bench, ask_back(bench, case_id), approve=True)
    bench.do(case_id, "dispatch", OTHER, unit=unit, text="仍由该单位承办")
    decide(bench, ask_back(bench, case_id), approve=True)
    return case_id


def test_the_second_return_goes_to_arbitration_by_itself_and_holds_the_dispatch(bench: Bench) -> None:
    case_id = returned_twice(bench)
    (request,) = pending(bench, case_id)
    assert (request.kind, request.asked_by, request.proposed_unit) == ("arbitration", "system", request.proposed_unit)
    assert request.proposed_unit
    for actor in (DISPATCHER, SUPERVISOR):
        with pytest.raises(RequestPending):
            bench.do(case_id, "dispatch", actor, unit=request.proposed_unit, text="派")
    told = bench.look(
        lambda session: list(session.scalars(select(Notice).where(Notice.audience == "supervisor").order_by(Notice.id)))
    )
    assert any("会商" in notice.text for notice in told)


def test_who_arbitrates_may_give_the_case_to_a_third_unit(bench: Bench) -> None:
    case_id = returned_twice(bench)
    (request,) = pending(bench, case_id)
    third = [each.code for each in bench.district.units if each.kind == "bureau"][-1]
    for actor in (DISPATCHER, AGENT, CALLER, AUDITOR):
        with pytest.raises(NotAllowed):
            decide(bench, request.id, actor, approve=True, unit=third)
    decide(bench, request.id, SUPERVISOR, approve=True, text="会商决定", unit=third)
    case = bench.look(lambda session: session.get_one(Case, case_id))
    assert (case.state, case.lead_unit, case.returns) == ("dispatched", third, 2)


def test_a_refused_arbitration_gives_the_case_back_to_the_dispatcher(bench: Bench) -> None:
    case_id = returned_twice(bench)
    (request,) = pending(bench, case_id)
    decide(bench, request.id, SUPERVISOR, approve=False, text="职责清楚，按目录派单")
    bench.do(case_id, "dispatch", DISPATCHER, unit=category_of(bench.district)[1], text="按目录")
    assert bench.state(case_id) == "dispatched"


def test_the_supervisors_own_word_settles_the_arbitration_that_waits(bench: Bench) -> None:
    case_id = returned_twice(bench)
    (request,) = pending(bench, case_id)
    bench.do(case_id, "arbitrate", SUPERVISOR, unit=category_of(bench.district)[1], text="会商决定")
    kept = bench.look(lambda session: session.get_one(Request, request.id))
    assert (kept.state, kept.decided_by, kept.decision) == ("approved", SUPERVISOR.id, "会商决定")
    assert bench.state(case_id) == "dispatched"


def test_a_return_is_asked_within_the_time_for_signing(bench: Bench) -> None:
    case_id = bench.case()
    clock = bench.look(
        lambda session: session.scalars(select(Clock).where(Clock.case_id == case_id, Clock.name == "sign")).one()
    )
    ask_back(bench, case_id, now=clock.due_at)  # to the last moment
    late = bench.case("另一件事，井盖坏了")
    with pytest.raises(DeadlinePassed):
        ask_back(bench, late, now=clock.due_at + timedelta(seconds=1))


def test_a_wrong_dispatch_counts_to_who_made_it_and_a_wrongful_return_to_the_unit(bench: Bench) -> None:
    case_id = returned_twice(bench)
    kept = bench.case("楼道灯坏了没有人来修")
    unit = bench.lead(kept).unit
    decide(bench, ask_back(bench, kept), approve=False, text="属于你单位职责")
    found = bench.look(figures_of)
    (row,) = [each for each in found.units if each.unit == unit]
    assert (row.asked, row.approved, row.wrongful, row.pending) == (3, 2, 1, 0)
    desk = {each.by: (each.dispatched, each.wrong) for each in found.desk}
    assert desk == {DISPATCHER.id: (2, 1), OTHER.id: (1, 1)}
    assert bench.state(case_id) == "open"
    with pytest.raises(BadPeriod):
        bench.look(lambda session: returns.figures(session, SUPERVISOR, start=NOW, end=NOW - DAY, units=frozenset()))


def test_a_unit_sees_its_own_returns_and_nothing_of_the_desk(bench: Bench) -> None:
    kept = bench.case()
    lead = bench.lead(kept)
    ask_back(bench, kept)
    own = bench.look(lambda session: figures_of(session, lead, frozenset({lead.unit})))
    assert ([row.unit for row in own.units], own.desk) == ([lead.unit], ())
    assert bench.look(lambda session: figures_of(session, lead, frozenset({"U999"}))).units == []
    for actor in (AGENT, CALLER):
        with pytest.raises(NotAllowed):
            bench.look(lambda session, actor=actor: figures_of(session, actor))


def test_the_time_lost_runs_from_the_dispatch_that_was_taken_back_to_the_next(bench: Bench) -> None:
    """Tuesday 09:30 dispatched, taken back at 11:30, dispatched anew on Wednesday at 10:00."""
    case_id = bench.case()
    unit = bench.lead(case_id).unit
    decide(bench, ask_back(bench, case_id), approve=True, now=NOW + timedelta(hours=2))
    again = NOW + DAY + timedelta(minutes=30)

    def lost(now: Any) -> Any:
        def read(session: Any) -> Any:
            case = session.get_one(Case, case_id)
            return returns.lost(session, bench.district.calendars, case, now=now)

        return bench.look(read)

    (running,) = lost(NOW + timedelta(hours=2, minutes=30))
    assert (running.unit, running.end, running.office) == (unit, None, timedelta(hours=2, minutes=30))
    bench.do(case_id, "dispatch", DISPATCHER, unit=unit, text="仍由该单位承办", now=again)
    (over,) = lost(again + DAY)
    # 09:30–12:00 and 13:30–18:00 of Tuesday, 09:00–10:00 of Wednesday
    assert (over.end, over.wall, over.office) == (again, DAY + timedelta(minutes=30), timedelta(hours=8))


def test_a_transfer_starts_the_clocks_of_the_next_unit_and_counts_as_a_wrong_dispatch_of_the_desk(
    bench: Bench,
) -> None:
    case_id = bench.case()
    bench.do(case_id, "sign", bench.lead(case_id))
    to = another(bench, bench.lead(case_id).unit)
    with pytest.raises(NotAllowed):
        bench.do(case_id, "transfer", bench.lead(case_id), unit=to, text="给别人")
    later = NOW + timedelta(hours=1)
    bench.do(case_id, "transfer", DISPATCHER, unit=to, text="现场核实属另一部门", now=later)
    case = bench.look(lambda session: session.get_one(Case, case_id))
    assert (case.state, case.lead_unit, case.signed_at, case.dispatched_at) == ("dispatched", to, None, later)
    query = select(Clock).where(Clock.case_id == case_id, Clock.state == "running")
    clocks = bench.look(lambda session: {each.name: each.started_at for each in session.scalars(query)})
    assert clocks == dict.fromkeys(("sign", "contact", "answer"), later)
    found = bench.look(figures_of)
    (row,) = found.desk
    assert (row.dispatched, row.wrong, row.transferred) == (2, 0, 1)


def test_a_bureaus_work_goes_to_a_street_only_with_a_reason_and_is_reported(bench: Bench) -> None:
    case_id = bench.case()
    bench.do(case_id, "recall", DISPATCHER, text="派错")
    street = next(each.code for each in bench.district.units if each.kind == "street")
    with pytest.raises(AgainstDirectory):
        bench.do(case_id, "dispatch", DISPATCHER, unit=street)
    bench.do(case_id, "dispatch", DISPATCHER, unit=street, text="街道正在现场处置")
    (step,) = bench.look(lambda session: returns.pushed_down(session, SUPERVISOR, start=NOW - DAY, end=NOW + DAY))
    assert (step.unit, step.text, step.actor) == (street, "街道正在现场处置", DISPATCHER.id)
    told = bench.look(
        lambda session: list(
            session.scalars(select(Notice).where(Notice.template == "pushed_down").order_by(Notice.id))
        )
    )
    assert [notice.audience for notice in told] == ["supervisor"]
    (row,) = bench.look(figures_of).desk
    assert row.pushed_down == 1


def test_the_reason_of_pushed_down_work_is_masked_for_who_does_not_see_the_resident(bench: Bench) -> None:
    case_id = bench.case("我叫王小明，光明路的路灯坏了，电话13800005678")
    bench.do(case_id, "recall", DISPATCHER, text="派错")
    street = next(each.code for each in bench.district.units if each.kind == "street")
    bench.do(case_id, "dispatch", DISPATCHER, unit=street, text="王小明（13800005678）要求街道办理")

    def shown(actor: Actor) -> str:
        reader, around = Reader(bench.district, actor), {"start": NOW - DAY, "end": NOW + DAY}
        rows = bench.look(lambda session: returns_view.pushed_down(session, reader, **around))
        return str([row["reason"] for row in rows])

    for actor in (SUPERVISOR, AUDITOR):
        assert "王小明" not in shown(actor)
        assert "13800005678" not in shown(actor)
    assert "王小明" in shown(DISPATCHER)


def test_a_bureau_instead_of_another_is_against_the_directory_but_not_pushed_down(bench: Bench) -> None:
    case_id = bench.case()
    to = another(bench, bench.lead(case_id).unit)
    bench.do(case_id, "transfer", DISPATCHER, unit=to, text="另有分工")
    steps = bench.look(
        lambda session: list(session.scalars(select(Step.move).where(Step.move == "push_down").order_by(Step.id)))
    )
    assert steps == []
    assert bench.look(lambda session: session.get_one(Case, case_id)).against_directory


def test_a_return_lapses_when_the_case_is_given_to_another_unit_meanwhile(bench: Bench) -> None:
    case_id = bench.case()
    key = ask_back(bench, case_id)
    to = another(bench, bench.lead(case_id).unit)
    bench.do(case_id, "transfer", DISPATCHER, unit=to, text="另派")
    assert pending(bench, case_id) == []
    assert bench.look(lambda session: requests.get(session, key).state) == "lapsed"
    assert sign_clock(bench, case_id) == "running"
    with pytest.raises(RequestDecided):
        decide(bench, key, approve=True)


def test_the_sign_clock_stands_still_until_the_last_request_that_holds_it_is_decided(bench: Bench) -> None:
    case_id = bench.case()
    lead = bench.lead(case_id)
    first = ask_back(bench, case_id)
    given = Given(text="权责不清", proposed_unit=another(bench, lead.unit))
    with bench.database.write.begin() as session:
        case = session.get_one(Case, case_id)
        second = requests.ask(session, bench.district, case, "arbitration", actor=lead, now=NOW, given=given).id
    decide(bench, first, approve=False, text="应由你单位承办")
    assert sign_clock(bench, case_id) == "paused"
    decide(bench, second, SUPERVISOR, approve=False)
    assert sign_clock(bench, case_id) == "running"


def test_who_asked_for_arbitration_is_told_when_a_supervisor_decides_at_once(bench: Bench) -> None:
    case_id = bench.case()
    lead = bench.lead(case_id)
    given = Given(text="权责不清", proposed_unit=another(bench, lead.unit))
    with bench.database.write.begin() as session:
        case = session.get_one(Case, case_id)
        requests.ask(session, bench.district, case, "arbitration", actor=lead, now=NOW, given=given)
    bench.do(case_id, "arbitrate", SUPERVISOR, unit=given.proposed_unit, text="由牵头部门承办")
    told = select(Notice).where(Notice.template == "request_decided", Notice.unit == lead.unit)
    assert len(bench.look(lambda session: list(session.scalars(told)))) == 1


def sign_clock(bench: Bench, case_id: str) -> str:
    """The state of the sign clock that began last."""
    query = select(Clock.state).where(Clock.case_id == case_id, Clock.name == "sign").order_by(Clock.id.desc())
    return bench.look(lambda session: session.scalars(query).first())
