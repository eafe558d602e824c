"""docs/dialogue.md names every key of dialogue.yaml and of a script, docs/pack.md every template that the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from api.golden.script import AgentAct, Edit, End, Pin, Script, Turn
from district.dialogue import WORDS, DialogueRules
from district.templates import CODE_TEMPLATES

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "dialogue.md").read_text("utf-8")
PACK = (DOCS / "pack.md").read_text("utf-8")


def part(heading: str) -> str:
    """What stands under a heading of the page."""
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, heading
    return found[1]


@pytest.mark.parametrize("name", [*DialogueRules.model_fields, *WORDS])
def test_every_key_of_the_file_is_explained(name: str) -> None:
    assert f"`{name}`" in part("dialogue.yaml")


@pytest.mark.parametrize("kind", [Script, Turn, Pin, Edit, AgentAct, End])
def test_every_key_of_a_script_is_explained(kind: type[Script]) -> None:
    words = set(re.findall(r"\w+", part("Golden dialogues: `dialogues/*.yaml`")))
    assert set(kind.model_fields) <= words


def test_the_example_is_a_script() -> None:
    (written,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (script,) = [Script.model_validate(each) for each in yaml.safe_load(written)]
    assert {name for turn in script.turns for name in turn.say or ()} <= set(CODE_TEMPLATES)


def test_every_default_is_the_one_that_is_said() -> None:
    rules = DialogueRules()
    for names, said in re.findall(r"^\| (`.+?`) \| ([\d, ]+)(?:,|\|| )", part("dialogue.yaml"), re.MULTILINE):
        keys, numbers = re.findall(r"`(\w+)`", names), re.findall(r"\d+", said)
        assert [f"{getattr(rules, key):g}" for key, _ in zip(keys, numbers, strict=False)] == numbers, names


@pytest.mark.parametrize("name", sorted(CODE_TEMPLATES))
def test_every_template_of_the_code_stands_in_the_table_of_the_pack(name: str) -> None:
    assert f"`{name}`" in PACK
