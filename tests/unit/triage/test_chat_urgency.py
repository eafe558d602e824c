"""Urgency of what is typed in chats, by the demo pack: fragments raise no alarm, short cries do, whatever stands about.

The sets: ``tests/sets/dialogue/emergencies.jsonl`` and ``turns.jsonl``, the golden dialogues of the demo pack.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import packs
from district.examples import Example, Examples
from district.pack import load
from district.schemas import UrgencyRules
from triage.urgency import UrgencyJudge, judge_of

DEMO = Path(packs.__file__).parent / "demo"
SETS = Path(__file__).parents[2] / "sets"
ORDINARY = (
    "路灯不亮了\n",
    "路灯不亮了\n就在我家楼下\n第一个\n",
    "楼上天天拖椅子太吵了\n三号楼2单元\n晚上十一点以后\n1\n",
)
"""What was typed before, as the lines of one ticket."""


@pytest.fixture(scope="module")
def judge() -> UrgencyJudge:
    district = load(DEMO)
    return judge_of(district.urgency, district.examples)


def _rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SETS / name).read_text(encoding="utf-8").splitlines() if line]


def _golden() -> Iterator[list[tuple[str, list[str]]]]:
    """The residents' words, dialogue by dialogue, with what is to be said to each; none from an emergency on."""
    for file in sorted(DEMO.glob("dialogues/*.yaml")):
        for dialogue in yaml.safe_load(file.read_text(encoding="utf-8")) if file.stem != "emergencies" else ():
            turns: list[tuple[str, list[str]]] = []
            for turn in dialogue["turns"]:
                said = list(turn.get("say", ()))
                if "emergency_advice" in said:
                    break
                if text := turn.get("resident") or turn.get("voice"):
                    turns.append((str(text), said))
            yield turns


def _alarms(judge: UrgencyJudge, texts: list[str]) -> list[str]:
    return [text for text in texts if judge.judge(text).level == "emergency"]


def test_every_emergency_told_in_chat_is_called_one(judge: UrgencyJudge) -> None:
    told = [row["text"] for row in _rows("dialogue/emergencies.jsonl") if row["emergency"]]
    assert len(told) >= 60
    assert _alarms(judge, told) == told


@pytest.mark.parametrize("before", ORDINARY)
def test_ordinary_lines_before_it_drown_no_emergency(judge: UrgencyJudge, before: str) -> None:
    told = [before + row["text"] for row in _rows("dialogue/emergencies.jsonl") if row["emergency"]]
    assert _alarms(judge, told) == told


def test_of_what_only_sounds_like_danger_one_in_ten_is_called_an_emergency_at_most(judge: UrgencyJudge) -> None:
    harmless = [row["text"] for row in _rows("dialogue/emergencies.jsonl") if not row["emergency"]]
    assert len(_alarms(judge, harmless)) <= len(harmless) / 10


def test_of_the_golden_dialogues_turns_one_in_two_hundred_is_called_an_emergency_at_most(judge: UrgencyJudge) -> None:
    turns = list(dict.fromkeys(text for dialogue in _golden() for text, _ in dialogue))
    assert len(turns) >= 300
    assert len(_alarms(judge, turns)) <= len(turns) / 200


def test_of_a_tickets_lines_so_far_one_in_a_hundred_is_called_an_emergency_at_most(judge: UrgencyJudge) -> None:
    joined = [
        "\n".join(text for text, _ in dialogue[:end]) for dialogue in _golden() for end in range(2, len(dialogue) + 1)
    ]
    assert len(joined) >= 200
    assert len(_alarms(judge, joined)) <= len(joined) / 100


@pytest.mark.parametrize("before", ["", *ORDINARY])
def test_answers_small_talk_curses_and_fragments_are_no_emergency(judge: UrgencyJudge, before: str) -> None:
    turns = [before + row["text"] for row in _rows("dialogue/turns.jsonl")]
    assert len(turns) >= 300
    assert len(_alarms(judge, turns)) <= len(turns) / 100


@pytest.mark.parametrize("text", ["在", "了", "我", "他", "不", "人", "?", "好了", "刚才", "第一个", "就在我家楼下"])
def test_what_a_chat_is_full_of_is_normal(judge: UrgencyJudge, text: str) -> None:
    assert judge.judge(text).level == "normal"


@pytest.mark.parametrize(
    "text", ["火烧过来了", "爷爷没气了", "孩子掉池子里了", "我把药全吞了", "人掉缝里了", "弟弟不会动了", "娘吐血不止"]
)
def test_a_cry_of_a_few_letters_is_an_emergency(judge: UrgencyJudge, text: str) -> None:
    found = judge.judge(text)
    assert found.level == "emergency"
    assert found.advice


def test_one_letter_alarms_only_where_it_is_an_example_itself() -> None:
    rows = [("火", "emergency"), ("火大救人", "emergency"), ("人晕了", "emergency"), ("路灯不亮", "normal")]
    examples = Examples.of(tuple(Example(text, level) for text, level in rows))
    judge = UrgencyJudge(UrgencyRules(rules=(), negations=(), past=()), examples)
    assert judge.judge("火").level == "emergency"
    assert judge.judge("晕").level == "normal"
    assert judge.judge("人晕了").level == "emergency"


def test_a_line_that_alarms_is_the_reason_with_its_place_in_the_text(judge: UrgencyJudge) -> None:
    text = f"{ORDINARY[-1]}我爸倒地上了没反应"
    found = judge.judge(text)
    assert found.reasons == ("疑似险情：我爸倒地上了没反应",)
    assert [text[start:end] for start, end in found.spans] == ["我爸倒地上了没反应"]


def test_nine_in_ten_turns_that_nobody_could_understand_are_foreign(judge: UrgencyJudge) -> None:
    strange = [text for dialogue in _golden() for text, said in dialogue if "not_understood" in said and text != "1"]
    assert len(strange) >= 8
    assert sum(map(judge.foreign, strange)) >= 0.9 * len(strange)


def test_of_appeals_that_open_a_dialogue_one_in_fifty_is_foreign_at_most(judge: UrgencyJudge) -> None:
    first = [dialogue[0] for dialogue in _golden() if dialogue]
    appeals = [text for text, said in first if "received" in said]
    assert len(appeals) >= 80
    assert sum(map(judge.foreign, appeals)) <= len(appeals) / 50


def test_the_developed_set_is_told_apart_as_before(judge: UrgencyJudge) -> None:
    rows = _rows("urgency/develop.jsonl")
    said = [judge.judge(row["text"]).level == "emergency" for row in rows]
    wanted = [row["level"] == "emergency" for row in rows]
    both = sum(one and other for one, other in zip(said, wanted, strict=True))
    assert both >= 0.95 * sum(wanted)
    assert both >= 0.85 * sum(said)
