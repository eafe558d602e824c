"""What units answer and give back changes which unit is suggested next, by the real acts and the real commands."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from api import pipeline
from api.desk import Desk
from casework import acts, desk_work, past_cases, requests
from casework.actors import Actor, Given
from casework.tables import Case, Request, Ticket
from district.schemas import Role
from drills.payloads import wechat_text
from tests.integration.commands import DISPATCHER, MAIN, Command, worked_small_home
from tests.integration.commands import alone_on_small as alone
from tests.integration.stored_models import desk_of

__all__ = ["alone", "worked_small_home"]

LAMPS, ROADS = "U064", "U002"
LINE = "DL-0246"
TEXTS = (
    "书院路的路灯不亮了，晚上黑得很",
    "书院路这边路灯全灭，晚上走路害怕",
    "书院路路灯坏了好几盏，晚上没法走",
)


def officer(unit: str, role: Role = Role.UNIT_OFFICER) -> Actor:
    return Actor(f"{role}-{unit}", "承办人", role, unit)


def taken(desk: Desk, number: int, text: str) -> str:
    """The id of a ticket that a message of this text opens."""
    return pipeline.take(desk, MAIN, wechat_text(number, text)).receipts[0].ticket_id


def given_back(session: Session, desk: Desk, case: Case, unit: str, to: str) -> None:
    """The unit returns the case, the desk agrees and hands it to another."""
    asked = Given(reason="not_my_duty", proposed_unit=to, directory_line=LINE)
    request = requests.ask(session, desk.district, case, "return", actor=officer(unit), now=desk.now(), given=asked)
    requests.decide(session, desk.district, request, approve=True, actor=DISPATCHER, now=desk.now())
    onward = Given(unit=to, text="按退单意见改派")
    acts.perform(session, desk.district, case, "dispatch", actor=DISPATCHER, now=desk.now(), given=onward)


def answer(session: Session, desk: Desk, case: Case, unit: str) -> None:
    for name, given in (("sign", Given()), ("answer", Given(text="已经修好，请查看"))):
        asked = acts.perform(session, desk.district, case, name, actor=officer(unit), now=desk.now(), given=given)
        if isinstance(asked, Request):
            lead = officer(unit, Role.UNIT_LEAD)
            requests.decide(session, desk.district, asked, approve=True, actor=lead, now=desk.now())


def handle(desk: Desk, number: int, text: str, *, first: str, then: str = "") -> str:
    """A case from message to answer; where ``then`` is given, the first unit gave it back. The case's id."""
    ticket_id = taken(desk, number, text)
    with desk.database.write.begin() as session:
        ticket = session.get_one(Ticket, ticket_id)
        case = desk_work.accept(
            session,
            desk.district,
            ticket,
            actor=DISPATCHER,
            now=desk.now(),
            category="100201",
            unit=first,
            reason="测试",
        )
        if then:
            given_back(session, desk, case, first, then)
        answer(session, desk, case, then or first)
        return case.id


def units(command: Command, text: str) -> list[tuple[str, str]]:
    document: dict[str, Any] = command("suggest", text, "--json").document
    return [(each["code"], each["basis"]) for each in document["unit"]]


@pytest.fixture
def desk(alone: Command) -> Desk:
    return desk_of(alone)


def test_a_unit_that_gave_such_cases_back_is_suggested_after_the_one_that_answered_them(
    alone: Command, desk: Desk
) -> None:
    assert units(alone, TEXTS[0])[0] == (LAMPS, "directory")
    cases = [handle(desk, 20 + at, text, first=LAMPS, then=ROADS) for at, text in enumerate(TEXTS)]
    with desk.database.read() as session:
        known = {each.case_id: each for each in past_cases.answered(session)}
    assert [(known[each].unit, known[each].returned_by) for each in cases] == [(ROADS, (LAMPS,))] * 3
    desk.close()

    learnt = alone("train", "--json").document
    assert learnt["data"]["rows"]["answered"] == 3
    text = "书院路路灯又不亮了，晚上太黑"
    found = alone("suggest", text, "--json").document
    order = [each["code"] for each in found["unit"]]
    assert order.index(ROADS) < order.index(LAMPS)
    assert {*found["unit"][order.index(LAMPS)]["returns"]} == {*cases}
    assert {each["case_id"] for each in found["past_cases"]} == {*cases}
    assert found["decision"] == "review"
    assert units(alone, "商场里的衣服起球不给退")[0][1] == "directory"
