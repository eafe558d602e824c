"""Requests not yet decided: until when an extension would run, and who takes one back."""

from __future__ import annotations

from typing import Any

import pytest

from casework import open_requests, requests
from casework.actors import Actor, Given
from casework.errors import NotAllowed, RequestDecided
from casework.rules import of
from casework.tables import Case, Clock, Request
from casework.tickets import timeline
from district.schemas import Role

from .conftest import DISPATCHER, NOW, SUPERVISOR, Bench

MISTAKEN = {"reason": "not_my_duty", "text": "不归我单位"}


def asked(bench: Bench, kind: str = "extension", *, sign: bool = True, **given: Any) -> tuple[str, str, Actor]:
    """A case, the request that its officer made, and the officer."""
    case_id = bench.case()
    officer = bench.lead(case_id, Role.UNIT_OFFICER)
    if sign:
        bench.do(case_id, "sign", officer)
    with bench.database.write.begin() as session:
        case = session.get_one(Case, case_id)
        made = requests.ask(session, bench.district, case, kind, actor=officer, now=NOW, given=Given(**given))
        return case_id, made.id, officer


def withdraw(bench: Bench, key: str, actor: Actor) -> None:
    with bench.database.write.begin() as session:
        open_requests.withdraw(session, bench.district, requests.get(session, key), actor=actor, now=NOW)


def state(bench: Bench, key: str) -> str:
    return str(bench.look(lambda session: session.get_one(Request, key).state))


def answer_clock(session: Any, case_id: str) -> Clock:
    return next(each for each in session.get_one(Case, case_id).clocks if each.name == "answer")


def test_what_is_promised_of_an_extension_is_what_its_approval_gives(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    case_id, key, _ = asked(bench, reason="等配件")

    def read(session: Any) -> open_requests.Extended:
        case = session.get_one(Case, case_id)
        kind = requests.kind_of(of(session, bench.district, case).workflow, "extension")
        found = open_requests.if_approved(session, bench.district, case, kind)
        assert found is not None
        return found

    told, before = bench.look(read), bench.look(lambda session: answer_clock(session, case_id).due_at)
    assert told.due_at == before
    assert told.until > before
    assert bench.look(lambda session: answer_clock(session, case_id).due_at) == before, "asking changes nothing"
    with bench.database.write.begin() as session:
        request = requests.get(session, key)
        requests.decide(session, bench.district, request, approve=True, actor=DISPATCHER, now=NOW)
    assert bench.look(lambda session: answer_clock(session, case_id).due_at) == told.until


def test_the_asker_takes_his_request_back_and_may_ask_again(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    case_id, key, officer = asked(bench, reason="等配件")
    withdraw(bench, key, officer)
    assert state(bench, key) == "withdrawn"
    labels = bench.look(lambda session: [step.label for step in timeline(session, case=session.get_one(Case, case_id))])
    assert "撤回延期申请" in labels
    assert bench.look(lambda session: requests.queue(session, bench.district, DISPATCHER, now=NOW)) == []
    with bench.database.write.begin() as session:
        case = session.get_one(Case, case_id)
        requests.ask(session, bench.district, case, "extension", actor=officer, now=NOW, given=Given(reason="还是要等"))
    with pytest.raises(RequestDecided):
        withdraw(bench, key, officer)
    with bench.database.write() as session, pytest.raises(RequestDecided):
        request = requests.get(session, key)
        requests.decide(session, bench.district, request, approve=True, actor=DISPATCHER, now=NOW)


def test_nobody_else_takes_it_back(sqlite_bench: Bench) -> None:
    case_id, key, _ = asked(sqlite_bench, reason="等配件")
    for other in (sqlite_bench.lead(case_id), DISPATCHER, SUPERVISOR):
        with pytest.raises(NotAllowed):
            withdraw(sqlite_bench, key, other)
    assert state(sqlite_bench, key) == "pending"


def test_a_request_that_holds_a_clock_is_not_its_askers_to_stop_and_start(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    line = next(iter(bench.district.directory)).line
    given = MISTAKEN | {"proposed_unit": "U002", "directory_line": line}
    _, key, officer = asked(bench, "return", sign=False, **given)
    with pytest.raises(NotAllowed, match="停表"):
        withdraw(bench, key, officer)
    assert state(bench, key) == "pending"


def test_an_answer_taken_back_before_its_approval_goes_nowhere(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    case_id = bench.case()
    officer = bench.lead(case_id, Role.UNIT_OFFICER)
    bench.do(case_id, "sign", officer)
    made = bench.do(case_id, "answer", officer, text="您好，路灯已修好。")
    assert isinstance(made, Request)
    withdraw(bench, made.id, officer)
    assert (bench.state(case_id), state(bench, made.id)) == ("in_progress", "withdrawn")
    assert isinstance(bench.do(case_id, "answer", officer, text="您好，路灯已修好，请查看。"), Request)
