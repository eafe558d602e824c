"""Weights of the duplicate scorer, fitted on judged pairs and on tellings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from district.pack import District
from triage import pair_fitting
from triage.model import Model
from triage.pair_likeness import AGAINST, FOR, SIGNS
from triage.sides import SideReader


@pytest.fixture(scope="module")
def reader(district: District, model: Model) -> SideReader:
    return SideReader(district, model)


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def telling(group: str, matter: str, text: str) -> dict[str, str]:
    return {"group": group, "matter": matter, "time": "2026-03-05T09:00:00+08:00", "text": text}


TOLD = [
    telling("g1", "a", "青溪路路灯不亮"),
    telling("g1", "a", "青溪路晚上灯杆全黑"),
    telling("g1", "b", "青溪路路面有个大坑"),
    telling("g2", "c", "望塔花园垃圾没清"),
    telling("g2", "d", "望塔花园公厕太脏"),
]


def test_any_two_tellings_of_a_group_are_a_pair_and_none_of_two_groups(tmp_path: Path, reader: SideReader) -> None:
    rows, same, texts = pair_fitting.read(written(tmp_path / "t.jsonl", TOLD), reader)
    assert rows.shape == (4, len(SIGNS))
    assert same.tolist() == [True, False, False, False]
    assert texts == 5


def test_judged_pairs_are_read_as_they_are(tmp_path: Path, reader: SideReader) -> None:
    pair = {"a": TOLD[0], "b": TOLD[2], "same_matter": False}
    rows, same, texts = pair_fitting.read(written(tmp_path / "p.jsonl", [pair, pair]), reader)
    assert (rows.shape[0], same.tolist(), texts) == (2, [False, False], 4)


def test_pairs_of_one_matter_count_as_much_as_the_others_together() -> None:
    same = np.array([True] + [False] * 9)
    counts = pair_fitting.even(same, 3)
    assert counts[same].sum() == pytest.approx(counts[~same].sum()) == pytest.approx(1.5)


def test_no_sign_is_turned_round_by_the_pairs_it_is_fitted_on() -> None:
    rng = np.random.default_rng(1)
    rows = rng.random((300, len(SIGNS)))
    same = rows[:, SIGNS.index("shared")] < rows[:, SIGNS.index("apart")]  # the wrong way round
    fitted = pair_fitting.fit(rows, same)
    assert all(fitted[name] >= 0 for name in FOR)
    assert all(fitted[name] <= 0 for name in AGAINST)


def test_the_command_prints_weights_for_every_sign(
    district: District,
    model: Model,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("district.pack.load", lambda _: district)
    monkeypatch.setattr("triage.model.load", lambda _: model)
    pair_fitting.main("model", "pack", str(written(tmp_path / "t.jsonl", TOLD)))
    said = capsys.readouterr().out
    assert said.startswith("weights:\n")
    assert {line.split(":")[0].strip() for line in said.splitlines()[1:]} == {*SIGNS, "bias"}
