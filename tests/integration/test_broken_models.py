"""Where the model in use is broken: nothing is compared or put to use by mistake, and the desk goes on with another."""

from __future__ import annotations

import json
import logging
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from api import models
from api.app import create_app
from api.desk import Desk
from api.setting_up import set_up
from api.standins.background import BackgroundServer
from drills.served import Served
from storage.audit import AuditRow
from tests.integration.commands import Command, look, worked_small_home
from tests.integration.commands import alone_on_small as alone
from tests.integration.stored_models import HARMS, as_version, desk_of, in_use
from triage.errors import UnusableModel

__all__ = ["alone", "worked_small_home"]

OLDER, OLDEST, NEWER = "2020-01-02.1", "2020-01-01.1", "2099-01-01.1"


@pytest.fixture
def desk(alone: Command) -> Any:
    made = desk_of(alone)
    yield made
    made.close()


def damage(desk: Desk, version: str) -> Callable[[], None]:
    """Cut a file of the model; what is returned mends it."""
    weights = desk.models / version / "category.weights.npy"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-1])
    return lambda: weights.write_bytes(whole) and None


@pytest.mark.parametrize("harm", HARMS)
def test_nothing_is_trained_where_the_model_in_use_is_broken(alone: Command, desk: Desk, harm: str) -> None:
    version = in_use(desk)
    as_version(desk, OLDER)
    do, said = HARMS[harm]
    do(desk.models / version)
    before = sorted(path.name for path in desk.models.iterdir())

    told = alone("train").refused()
    assert f"现用模型 {version} 不可用" in told
    assert said in told
    assert f"yingsheng promote {OLDER}" in told
    assert "yingsheng train --without-comparison" in told
    assert str(alone.home) not in told
    assert sorted(path.name for path in desk.models.iterdir()) == before
    assert models.promoted(desk) == version


def test_no_way_is_named_that_is_not_there(alone: Command, desk: Desk) -> None:
    damage(desk, in_use(desk))
    told = alone("train").refused()
    assert "没有别的可用版本" in told
    assert "yingsheng promote" not in told
    as_version(desk, OLDER)  # as broken as what it is the like of
    assert "yingsheng promote" not in alone("train").refused()


def test_a_pointer_that_names_nothing_is_a_model_that_is_broken(alone: Command, desk: Desk) -> None:
    version = in_use(desk)
    (desk.models / models.PROMOTED).write_text("")
    assert f"yingsheng promote {version}" in alone("train").refused()
    assert alone("promote", version).code == 0
    assert [row["usable"] for row in alone("models", "--json").document] == [True]


def test_without_comparison_a_new_model_takes_the_place_of_a_broken_one_and_says_so(alone: Command, desk: Desk) -> None:
    broken = in_use(desk)
    shutil.rmtree(desk.models / broken)
    done = alone("train", "--without-comparison", "--json")
    row = done.document
    assert row["promoted"]
    assert row["version"] != broken, "a number that was taken is not given again"
    assert (row["data"]["compared_with"], row["data"]["verdict"]) == ("", None)
    assert "未作比较：按要求不作比较（--without-comparison）" in done.err
    assert alone("suggest", "路灯不亮", "--json").document["model"] == row["version"]

    kept = look(alone, select(AuditRow.details).where(AuditRow.act == "train_model"))
    assert (kept["before"], kept["compared"]) == (broken, 0)
    listed = alone("models").out.splitlines()[1:]
    assert [line.split("\t")[0] for line in listed] == ["*"], "what is gone and not in use is not listed"
    assert "未作比较" in listed[0]


# Serving


def answer(url: str) -> tuple[int, dict[str, Any]]:
    got = httpx.get(f"{url}/health/ready", timeout=30)
    return got.status_code, got.json()


def eventually_ready(url: str, within: float = 60) -> dict[str, Any]:
    until = time.monotonic() + within
    while time.monotonic() < until:
        code, document = answer(url)
        if code == 200:
            return document
        time.sleep(0.1)
    raise AssertionError(document)


def test_a_process_that_starts_on_a_broken_model_serves_the_newest_older_one_until_it_is_mended(
    alone: Command, desk: Desk
) -> None:
    version = in_use(desk)
    as_version(desk, OLDEST)
    as_version(desk, OLDER)
    as_version(desk, "2020-01-03.1", refused="全部 100 条由答对 90 条降为 10 条")
    as_version(desk, NEWER)
    mend = damage(desk, version)
    with Served(alone.home, {}, more=("--no-jobs",), YINGSHENG_PACK=alone.environment["YINGSHENG_PACK"]) as served:
        code, told = answer(served.url)
        assert (code, told["status"]) == (200, "ready")
        assert told["model_trouble"] == (f"模型 {version} 不可用：文件 category.weights.npy 与清单不符；暂用 {OLDER}")
        log = served.log.read_text("utf-8")
        assert "the promoted model cannot be used" in log
        assert f"{OLDER} is in use" in log
        mend()
        assert "model_trouble" not in answer(served.url)[1]

        damage(desk, version)
        assert "model_trouble" not in answer(served.url)[1], "what is in memory is as good as before"
        assert alone("promote", OLDEST).code == 0
        assert "model_trouble" not in answer(served.url)[1]


def test_another_promotion_ends_the_trouble(alone: Command, desk: Desk) -> None:
    as_version(desk, OLDER)
    damage(desk, in_use(desk))
    assert desk.engine.model.version == OLDER
    assert "暂用" in desk.serving_model.trouble
    as_version(desk, OLDEST, like=OLDER)
    assert alone("promote", OLDEST).code == 0
    assert desk.engine.model.version == OLDEST
    assert desk.serving_model.trouble == ""


def test_a_desk_with_no_model_to_go_on_with_says_why_and_takes_up_the_mended_one(desk: Desk) -> None:
    """Not a newer one, from which somebody may have rolled back."""
    version = in_use(desk)
    as_version(desk, NEWER)
    mend = damage(desk, version)
    with BackgroundServer(create_app(desk), lifespan="on") as server:
        until = time.monotonic() + 60
        while not (got := answer(server.url))[1].get("model_trouble"):
            assert time.monotonic() < until
            time.sleep(0.1)
        code, told = got
        assert (code, told["model"]) == (503, False)
        assert version in told["model_trouble"]
        mend()
        assert "model_trouble" not in eventually_ready(server.url)
        assert desk.engine.model.version == version


@pytest.mark.parametrize("harm", HARMS)
def test_the_trouble_that_is_told_names_version_and_fault_but_no_path(desk: Desk, harm: str) -> None:
    version = in_use(desk)
    do, said = HARMS[harm]
    do(desk.models / version)
    with pytest.raises(UnusableModel):
        _ = desk.engine
    assert version in desk.serving_model.trouble
    assert said in desk.serving_model.trouble
    assert "/" not in desk.serving_model.trouble


def test_what_fails_in_no_foreseen_way_is_told_without_its_words(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    engine = desk.engine
    (desk.models / models.PROMOTED).unlink()
    (desk.models / models.PROMOTED).mkdir()
    with caplog.at_level(logging.ERROR):
        assert desk.engine is engine
    assert desk.serving_model.trouble == (
        f"启用的模型装不进来（IsADirectoryError）；暂用内存中的 {engine.model.version}"
    )
    assert caplog.records[0].exc_info


def test_an_engine_that_is_put_in_by_hand_is_in_no_trouble(desk: Desk) -> None:
    as_version(desk, OLDER)
    damage(desk, in_use(desk))
    engine = desk.engine
    assert desk.serving_model.trouble
    desk.serving_model.use(engine)
    assert desk.serving_model.trouble == ""
    assert desk.engine is engine


def test_what_is_promoted_is_read_once(desk: Desk) -> None:
    as_version(desk, OLDER)
    models.promote(desk, OLDER)
    shutil.rmtree(desk.models / OLDER)
    assert desk.engine.model.version == OLDER
    assert desk.serving_model.trouble == ""


# Told by commands


def test_the_doctor_says_what_is_broken_what_serves_and_the_ways_out(alone: Command, desk: Desk) -> None:
    version = in_use(desk)
    as_version(desk, OLDER)
    damage(desk, version)
    (found,) = [row for row in _examined(alone) if row["check"] == "研判模型"]
    assert found["level"] == "error"
    assert f"启用的模型 {version} 不可用：文件 category.weights.npy 与清单不符" in found["words"]
    assert f"暂用 {OLDER}" in found["words"]
    assert f"yingsheng promote {OLDER}" in found["mend"]
    assert "yingsheng train --without-comparison" in found["mend"]
    damage(desk, OLDER)
    (found,) = [row for row in _examined(alone) if row["check"] == "研判模型"]
    assert "没有可以代替的旧版本" in found["words"]
    assert "promote" not in found["mend"]


def _examined(command: Command) -> list[dict[str, Any]]:
    done = command("doctor", "--json")
    assert done.code == 1
    found: list[dict[str, Any]] = json.loads(done.out)
    return found


def test_unusable_versions_are_listed_as_such(alone: Command, desk: Desk) -> None:
    version = in_use(desk)
    for number, (do, _) in enumerate(HARMS.values(), start=1):
        do(as_version(desk, f"2020-01-01.{number}"))
    rows = {row["version"]: row for row in alone("models", "--json").document}
    whys = [said for name, (_, said) in HARMS.items() if name != "without folder"]
    broken = [row for name, row in rows.items() if name != version]
    assert len(broken) == len(whys)
    for row, said in zip(broken, whys, strict=True):
        assert not row["usable"]
        assert said in row["why"]
    assert (rows[version]["usable"], rows[version]["why"]) == (True, "")
    lines = alone("models").out.splitlines()[1:]
    assert [line.split("\t")[0] for line in lines] == ["✗"] * len(broken) + ["*"]
    assert "不可用：文件 category.bias.npy 与清单不符" in lines[0]

    shutil.rmtree(desk.models / version)
    last = alone("models", "--json").document[-1]
    assert (last["version"], last["promoted"], last["usable"]) == (version, True, False)
    assert "可选：(无)" in alone("promote", version).refused()
    assert "与清单不符" in alone("promote", "2020-01-01.1").refused()


def test_set_up_leaves_a_broken_model_to_a_person_while_another_stands_in(desk: Desk) -> None:
    version = in_use(desk)
    as_version(desk, OLDER)
    damage(desk, version)
    before = sorted(path.name for path in desk.models.iterdir())
    said: list[str] = []
    set_up(desk, said.append)
    assert sorted(path.name for path in desk.models.iterdir()) == before
    assert any(f"暂用 {OLDER}" in line for line in said)
    assert models.promoted(desk) == version


def test_set_up_trains_where_no_model_is_left_to_serve(desk: Desk) -> None:
    broken = in_use(desk)
    shutil.rmtree(desk.models / broken)
    said: list[str] = []
    set_up(desk, said.append)
    row = models.list_versions(desk)[-1]
    assert row["promoted"]
    assert row["usable"]
    assert row["version"] != broken
    assert row["data"]["uncompared"] == f"启用的模型 {broken} 不可用"
    assert any("没有可以代替的版本" in line for line in said)
    assert Path(desk.models / row["version"]).is_dir()
