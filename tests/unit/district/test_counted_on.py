"""What the desk's own code names of the pack is what a pack is checked for, no more and no less."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import casework
from casework.dialogue.judging import ASK
from casework.supervision import LEVELS
from channels.registry import CHANNELS as ADAPTERS
from district.templates import AUDIENCES, CHANNELS, CODE_TEMPLATES
from district.workflow import CODE_MOVES

ROOM = Path(casework.__file__).parent


def named(module: ast.Module) -> dict[str, str]:
    """The texts that a module gives a name of its own (``WELCOME = "welcome"``)."""
    return {
        each.targets[0].id: each.value.value
        for each in module.body
        if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name)
        if isinstance(each.value, ast.Constant) and isinstance(each.value.value, str)
    }


def calls(*names: str) -> Iterator[set[str]]:
    """The texts handed to each call of one of ``names``, spelt out or by the name of a constant."""
    modules = [ast.parse(file.read_text(encoding="utf-8")) for file in sorted(ROOM.rglob("*.py"))]
    everywhere = {name: text for module in modules for name, text in named(module).items()}
    for module in modules:
        constants = everywhere | named(module)
        for node in ast.walk(module):
            if isinstance(node, ast.Call):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if called in names:
                    yield set(words(node, constants))


def words(call: ast.Call, constants: dict[str, str]) -> Iterator[str]:
    arms = [(each.body, each.orelse) if isinstance(each, ast.IfExp) else (each,) for each in call.args]
    for each in (arm for both in arms for arm in both):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value
        elif isinstance(each, ast.Name) and each.id in constants:
            yield constants[each.id]
        elif isinstance(each, ast.Attribute) and each.attr in constants and each.attr.isupper():
            yield constants[each.attr]


def test_templates_of_the_code_are_those_a_pack_must_have() -> None:
    said = set().union(*calls("say", "notify", "render", "_tell_worker", "_tell_units", "_tell_called")) - AUDIENCES
    said |= set().union(*calls("Say", "once"), ASK.values())
    assert said | {f"clock_{level}" for level in (*LEVELS, "still_overdue")} == set(CODE_TEMPLATES)


def test_transitions_of_the_code_are_those_a_pack_must_have() -> None:
    made = set().union(*calls("move_ticket", "_leaves")) | (set().union(*calls("move")) & {"bot_answer"})
    assert made == CODE_MOVES["ticket"]
    made = set().union(*calls("move_case", "_hand_over"))
    assert CODE_MOVES["case"] <= made


def test_the_code_starts_no_clock_that_the_pack_does_not_name() -> None:
    assert not set().union(*calls("start"))


def test_every_adapter_is_a_channel_that_templates_may_name() -> None:
    assert ADAPTERS.keys() <= CHANNELS
