"""The demo pack's golden dialogues hold, and an emergency told in any turn of a dialogue is answered as one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from sqlalchemy import or_, select

from api.desk import Desk
from api.golden import script as scripts
from api.golden.play import FIRST, play, scratch
from api.golden.script import AgentAct, Script, Turn
from api.settings import Settings
from casework.people_tables import Alert
from casework.tables import Ticket

EMERGENCIES = Path(__file__).parents[1] / "sets" / "dialogue" / "emergencies.jsonl"
APPEAL, PLACE = Turn(resident="我家门口的路灯坏了，请派人来修"), Turn(resident="望溪路12号")
LONG = "昨天跟老张老李他们几个坐着聊起来，大家伙都讲往后怕是越来越不好弄，也不知道从前定下的那些话还作不作数"
PHASES: Mapping[str, tuple[Turn, ...]] = {
    "first words": (),
    "asked where": (APPEAL,),
    "summed up": (APPEAL, PLACE),
    "asked what is wrong": (APPEAL, PLACE, Turn(resident="2")),
    "asked for the new place": (APPEAL, PLACE, Turn(resident="2"), Turn(resident="1")),
    "confirmed": (APPEAL, PLACE, Turn(resident="1")),
    "answered": (Turn(resident="居住证怎么办？"),),
    "asked which": (Turn(resident="怎么提取公积金？"),),
    "asked whether it is new": (APPEAL, PLACE, Turn(resident="1"), Turn(resident=LONG)),
    "asked to go on": (APPEAL, PLACE, Turn(resident="1"), Turn(resident="补充")),
    "waits for a person": (Turn(resident="转人工"),),
    "an agent speaks": (Turn(resident="转人工"), Turn(agent=AgentAct(take=True))),
    "greeted": (Turn(resident="你好"),),
}
"""How a dialogue comes to each place where it may be interrupted."""


@pytest.fixture(scope="module")
def desk(set_up_home: Path) -> Iterator[Desk]:
    desk = Desk(Settings(home=set_up_home, _env_file=None))  # type: ignore[call-arg]
    yield desk
    desk.close()


@pytest.fixture(scope="module")
def stage(desk: Desk) -> Iterator[Desk]:
    with scratch(desk) as made:
        yield made


def faults(stage: Desk) -> list[str]:
    found = scripts.read(stage.district.folder / "dialogues")
    assert len(found) >= 120
    played = play(stage, [each.script for each in found])
    return [f"{each.script.name}: {fault}" for each in played for fault in each.faults]


@pytest.mark.xdist_group("golden")
def test_every_golden_dialogue_of_the_demo_pack_goes_as_it_is_written(stage: Desk) -> None:
    assert faults(stage) == []


@pytest.mark.xdist_group("golden")
def test_they_go_so_too_where_everybody_who_was_answered_is_to_be_called_back(desk: Desk) -> None:
    """Their tickets stay open, and what is asked next is still a matter of its own."""
    with scratch(desk, called_back=True) as stage:
        assert faults(stage) == []


@pytest.mark.xdist_group("golden")
def test_a_script_that_expects_something_else_fails(stage: Desk) -> None:
    wrong = Script(name="错的", turns=(Turn(resident="谢谢", say=("menu",)), Turn(resident="你好", contains=("再见",))))
    (played,) = play(stage, [wrong], first=FIRST + 900_000)
    assert len(played.faults) == 2


def told() -> list[str]:
    rows = [json.loads(line) for line in EMERGENCIES.read_text(encoding="utf-8").splitlines()]
    return [row["text"] for row in rows if row["emergency"]]


@pytest.mark.xdist_group("golden")
def test_an_emergency_told_in_any_turn_is_answered_with_whom_to_call_and_alerts_somebody(stage: Desk) -> None:
    phrases, phases = told(), list(PHASES)
    assert len(phrases) >= 60
    cases = [(phrase, phases[(at * 2 + step) % len(phases)]) for at, phrase in enumerate(phrases) for step in range(2)]
    made = [
        Script(name=f"{phase}/{at}", turns=(*PHASES[phase], Turn(resident=phrase, contains=("110|119|120",))))
        for at, (phrase, phase) in enumerate(cases)
    ]
    first = FIRST + 500_000
    missed = []
    for at, played in enumerate(play(stage, made, first=first)):
        said = played.lines[-1].partition("→ ")[2]
        if played.faults or not said.startswith("emergency_advice") or not alerted(stage, str(first + at)):
            missed.append((cases[at], said))
    assert missed == []
    assert {phase for _, phase in cases} == set(PHASES)


def alerted(stage: Desk, sender: str) -> bool:
    """Whether an alert about a ticket of the resident waits for somebody to acknowledge it."""
    about = or_(Alert.ticket_id == Ticket.id, Alert.case_id == Ticket.case_id)
    query = select(Alert.id).join(Ticket, about).where(Ticket.sender == sender, Alert.state == "open")
    with stage.database.read() as session:
        return session.scalar(query.limit(1)) is not None
