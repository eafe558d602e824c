"""What the desk's own code names of the pack is what a pack is checked for, no more and no less."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import casework
from casework.supervision import LEVELS
from channels.registry import CHANNELS as ADAPTERS
from district.templates import AUDIENCES, CHANNELS, CODE_TEMPLATES
from district.workflow import CODE_MOVES

ROOM = Path(casework.__file__).parent


def calls(*names: str) -> Iterator[ast.Call]:
    for file in sorted(ROOM.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if called in names:
                    yield node


def words(call: ast.Call) -> set[str]:
    return {each.value for each in call.args if isinstance(each, ast.Constant) and isinstance(each.value, str)}


def test_templates_of_the_code_are_those_a_pack_must_have() -> None:
    said = (
        set().union(*(words(call) for call in calls("say", "notify", "render", "_tell_worker", "_tell_units")))
        - AUDIENCES
    )
    assert said | {f"clock_{level}" for level in (*LEVELS, "still_overdue")} == set(CODE_TEMPLATES)


def test_transitions_of_the_code_are_those_a_pack_must_have() -> None:
    made = set().union(*(words(call) for call in calls("move_ticket", "_leaves")))
    assert made == CODE_MOVES["ticket"]
    made = set().union(*(words(call) for call in calls("move_case", "_hand_over")))
    assert CODE_MOVES["case"] <= made


def test_the_code_starts_no_clock_that_the_pack_does_not_name() -> None:
    assert not {word for call in calls("start") for word in words(call)}


def test_every_adapter_is_a_channel_that_templates_may_name() -> None:
    assert ADAPTERS.keys() <= CHANNELS
