"""Learning by the real commands: what people correct changes what is suggested, and nothing worse is put to use."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from api import learning, models
from api.desk import Desk
from casework.tables import Ticket
from tests.integration.commands import Command, look, worked_small_home
from tests.integration.commands import alone_on_small as alone
from tests.integration.stored_models import as_version, desk_of, forget_file, in_use, rewrite
from triage import promotion, training
from triage.errors import UnusableModel
from triage.examples import Labelled
from triage.model import Model

__all__ = ["alone", "worked_small_home"]


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
    samples = desk_of(alone).district.folder / "samples" / "tellings.jsonl"
    rows = random.Random(4).sample(samples.read_text(encoding="utf-8").splitlines(), 250)
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


# Nothing to compare with


def test_a_model_that_could_be_compared_on_no_text_is_put_to_use_and_called_not_compared(alone: Command) -> None:
    desk = desk_of(alone)
    version = in_use(desk)
    digests = [promotion.digest(row) for rows in learning.sources(desk).values() for row in rows]
    rewrite(desk.models / version, learning.SEEN, lambda _: {"learnt": digests, "answered": {}})

    done = alone("train", "--json")
    row = done.document
    assert row["promoted"]
    why = f"没有现用模型 {version} 和新模型都没学过的诉求"
    assert (row["data"]["compared_with"], row["data"]["verdict"], row["data"]["uncompared"]) == ("", None, why)
    assert f"未作比较：{why}" in done.err
    assert "条诉求" not in done.err, "no count where nothing was counted"
    assert f"未作比较：{why}" in alone("models").out


def test_a_verdict_over_no_text_that_was_stored_once_is_listed_as_no_comparison(alone: Command) -> None:
    desk = desk_of(alone)
    version = in_use(desk)

    def once(document: dict[str, Any]) -> dict[str, Any]:
        verdict = {"texts": 0, "before": 0, "now": 0, "p": 1.0, "losses": []}
        document["figures"]["data"] = {"compared_with": "2020-01-01.1", "verdict": verdict}
        return document

    rewrite(desk.models / version, "model.json", once)
    (row,) = alone("models", "--json").document
    assert (row["data"]["compared_with"], row["data"]["verdict"]) == ("", None)
    assert "未作比较" in alone("models").out


def test_a_model_in_use_that_kept_no_record_of_what_it_learnt_is_compared_with_on_nothing(alone: Command) -> None:
    desk = desk_of(alone)
    version = in_use(desk)
    forget_file(desk.models / version, learning.SEEN)
    rows = [Labelled("路灯不亮", "", "010101")]
    judged = learning._judged(desk, version, rows, {promotion.digest(rows[0]): "010101"})
    assert judged.verdict is None
    assert judged.uncompared == f"现用模型 {version} 没有记下它学过哪些诉求"


# More than one at a time


class Meanwhile:
    """Stands for training, which takes its time: the model in use once more, after something happened."""

    def __init__(self, desk: Desk, happens: Callable[[], object]) -> None:
        self.made = models.load_model(desk, in_use(desk))
        self._happens = happens

    def __call__(self, *_: object, **__: object) -> Model:
        self._happens()
        return self.made


def test_a_new_model_is_compared_with_the_one_that_was_promoted_while_it_was_trained(
    alone: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = desk_of(alone)
    as_version(desk, "2020-01-01.1")
    monkeypatch.setattr(training, "train", Meanwhile(desk, lambda: models.promote(desk, "2020-01-01.1")))
    made = learning.learn(desk, learning.sources(desk), lambda _: None)
    assert made.before == "2020-01-01.1"
    assert made.verdict is not None
    assert models.describe(desk, made.version, None)["data"]["compared_with"] == "2020-01-01.1"


def test_nothing_is_put_to_use_where_the_model_in_use_breaks_while_the_new_one_is_trained(
    alone: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = desk_of(alone)
    version = in_use(desk)
    harm = Meanwhile(desk, lambda: (desk.models / version / "manifest.json").unlink(missing_ok=True))
    monkeypatch.setattr(training, "train", harm)
    with pytest.raises(models.ModelInUseBroken, match=r"缺少文件 manifest\.json"):
        learning.learn(desk, learning.sources(desk), lambda _: None)
    assert [row["version"] for row in models.list_versions(desk)] == [version]
    assert models.promoted(desk) == version


def test_whatever_has_a_number_of_the_day_has_taken_it(alone: Command) -> None:
    desk = desk_of(alone)
    desk.now = lambda: datetime(2031, 5, 6, 4, tzinfo=UTC)
    assert models.next_version(desk) == "2031-05-06.1"
    (desk.models / "2031-05-07.8").mkdir()
    (desk.models / ".2031-05-06.7.part").mkdir()
    assert models.next_version(desk) == "2031-05-06.1"
    for number in ("9", "10"):
        (desk.models / f"2031-05-06.{number}").mkdir()
    assert models.next_version(desk) == "2031-05-06.11"
    (desk.models / models.PROMOTED).write_text("2031-05-06.12")
    assert models.next_version(desk) == "2031-05-06.13"


class Training:
    """The command in a process of its own, which says on stderr how far it is."""

    def __init__(self, command: Command, log: Path) -> None:
        self.log = log
        with log.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "api.cli", "train", "--json"],
                env=os.environ | command.environment | {"OMP_NUM_THREADS": "1"},
                stdout=subprocess.PIPE,
                stderr=errors,
            )

    def wait_for(self, line: str) -> None:
        until = time.monotonic() + 200
        while line not in self.log.read_text("utf-8"):
            assert self.process.poll() is None, self.log.read_text("utf-8")
            assert time.monotonic() < until
            time.sleep(0.1)

    def document(self) -> Any:
        out, _ = self.process.communicate(timeout=100)
        assert self.process.returncode == 0, self.log.read_text("utf-8")
        return json.loads(out)


def test_two_that_train_at_once_take_two_versions_and_nothing_is_stored_out_of_turn(
    alone: Command, tmp_path: Path
) -> None:
    desk = desk_of(alone)
    first = in_use(desk)
    left = desk.models / f".{first}.left"
    left.mkdir()
    with models.in_turn(desk):
        both = [Training(alone, tmp_path / f"{number}.log") for number in (1, 2)]
        for each in both:
            each.wait_for(learning.STORING)
        time.sleep(1)
        assert [path.name for path in desk.models.glob("2*")] == [first]
    made = sorted((each.document() for each in both), key=lambda row: models._order(row["version"]))
    one, other = (row["version"] for row in made)
    assert one != other
    assert [row["data"]["compared_with"] for row in made] == [first, one], "the later one with the earlier one"
    listed = alone("models", "--json").document
    assert [(row["version"], row["usable"], row["promoted"]) for row in listed] == [
        (first, True, False),
        (one, True, False),
        (other, True, True),
    ]
    assert not left.exists()
    assert [path.name for path in desk.models.glob(".*.*")] == []


# Stored models that are not as they should be


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
    desk = desk_of(alone)
    version = models.promoted(desk)
    assert version is not None
    foreign = desk.models / "2020-01-01.1"
    shutil.copytree(desk.models / version, foreign)
    with pytest.raises(UnusableModel, match="文件夹里是模型"):
        models.promote(desk, foreign.name)
    harm(foreign)
    with pytest.raises(UnusableModel, match=said):
        models.promote(desk, foreign.name)
    with pytest.raises(UnusableModel, match="没有这个版本的文件夹"):
        models.promote(desk, "2020-01-01.2")
    assert models.promoted(desk) == version


def test_a_running_desk_takes_a_promotion_up_and_keeps_its_engine_when_the_model_is_broken(alone: Command) -> None:
    running, other = desk_of(alone), desk_of(alone)
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
