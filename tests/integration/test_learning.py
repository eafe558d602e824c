"""Learning by the real commands: what people correct changes what is suggested, and nothing worse is put to use."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

import packs
from api import models
from api.desk import Desk, NotSetUp
from api.settings import Settings
from casework.tables import Ticket
from tests.integration.commands import Command, alone, look, worked_home
from triage.errors import UnusableModel

__all__ = ["alone", "worked_home"]

SAMPLES = Path(packs.__file__).parent / "demo" / "samples" / "appeals.jsonl"


def suggested(command: Command, text: str) -> dict[str, Any]:
    """The suggestion without the time it took, which differs each time."""
    document: dict[str, Any] = command("suggest", text, "--json").document
    document.pop("took_ms")
    return document


def other_than(code: str) -> str:
    return "100204" if code != "100204" else "010101"


def test_a_correction_changes_the_next_suggestion_and_a_model_rolled_back_to_answers_as_before(alone: Command) -> None:
    number, text = look(alone, select(Ticket.number)), look(alone, select(Ticket.text))
    first = alone("models", "--json").document[0]["version"]
    before = suggested(alone, text)
    wanted = other_than(before["category"][0]["code"])
    assert alone("correct", number, "--category", wanted, "--as", "agent").code == 0

    learnt = alone("train", "--json").document
    assert (learnt["promoted"], learnt["data"]["rows"]["corrections"]) == (True, 1)
    assert learnt["data"]["compared_with"] == first
    after = suggested(alone, text)
    assert (after["category"][0]["code"], after["model"]) == (wanted, learnt["version"])

    assert alone("promote", first).code == 0
    assert suggested(alone, text) == before


def test_a_model_that_learnt_from_a_wrong_file_is_stored_and_refused(alone: Command, tmp_path: Path) -> None:
    rows = random.Random(4).sample(SAMPLES.read_text(encoding="utf-8").splitlines(), 600)
    file = tmp_path / "wrong.jsonl"
    lines = [json.dumps({"text": json.loads(row)["text"], "category": "010101"}) for row in rows]
    file.write_text("\n".join(lines), encoding="utf-8")
    (first,) = alone("models", "--json").document

    done = alone("train", "--from", file)
    assert done.code == 1
    assert f"比现用的 {first['version']} 差，已存放、未启用：全部" in done.err
    old, new = alone("models", "--json").document
    assert (old["promoted"], new["promoted"]) == (True, False)
    assert "由答对" in new["data"]["refused"]
    assert alone("promote", new["version"]).code == 0  # a person may still want it


def _desk(command: Command) -> Desk:
    return Desk(Settings(home=command.home, _env_file=None))


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda folder: (folder / "model.json").write_text("{}"), "与清单不符"),
        (lambda folder: (folder / "added.py").write_text("print(1)"), "不在清单中"),
        (lambda folder: (folder / "manifest.json").unlink(), "manifest.json"),
    ],
    ids=["changed", "added", "without manifest"],
)
def test_a_damaged_or_foreign_model_is_refused_and_the_one_in_use_stays(alone: Command, harm: Any, said: str) -> None:
    desk = _desk(alone)
    version = models.promoted(desk)
    assert version is not None
    foreign = desk.models / "2020-01-01.1"
    shutil.copytree(desk.models / version, foreign)
    with pytest.raises(UnusableModel, match="文件夹里是模型"):
        models.promote(desk, foreign.name)
    harm(foreign)
    with pytest.raises(UnusableModel, match=said):
        models.promote(desk, foreign.name)
    with pytest.raises(NotSetUp):
        models.promote(desk, "2020-01-01.2")
    assert models.promoted(desk) == version


def test_a_running_desk_takes_a_promotion_up_and_keeps_its_engine_when_the_model_is_broken(alone: Command) -> None:
    running, other = _desk(alone), _desk(alone)
    first = running.engine
    version = first.model.version
    assert running.engine is first
    models.promote(other, version)
    assert running.engine is not first
    assert running.serving_model.trouble == ""

    second = running.engine
    weights = running.models / version / "category.weights.npy"
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(UnusableModel):
        models.promote(other, version)
    (running.models / models.PROMOTED).unlink()
    (running.models / models.PROMOTED).write_text(version, encoding="utf-8")
    assert running.engine is second
    assert "与清单不符" in running.serving_model.trouble
