"""A stored model answers as the one trained, and a damaged one is refused whole."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from district.pack import District
from triage import model as store
from triage.assess import Engine
from triage.errors import UnusableModel
from triage.model import Model


@pytest.fixture
def stored(model: Model, tmp_path: Path) -> Path:
    store.save(model, tmp_path / "m")
    return tmp_path / "m"


def test_what_is_loaded_answers_like_what_was_saved(district: District, model: Model, stored: Path) -> None:
    before, after = Engine(district, model), Engine(district, store.load(stored))
    for text in ("青溪路路灯不亮", "商家不退款", "垃圾", ""):
        one, other = before.assess(text), after.assess(text)
        assert one.category[0].code == other.category[0].code
        assert one.category[0].probability == pytest.approx(other.category[0].probability, abs=0.01)
    assert store.load(stored).figures == model.figures


def test_no_file_of_a_model_can_run_code(stored: Path) -> None:
    assert {path.suffix for path in stored.iterdir()} == {".json", ".npy"}
    for array in stored.glob("*.npy"):
        assert np.load(array, allow_pickle=False).dtype != object


@pytest.mark.parametrize("name", ["model.json", "category.weights.npy", "category.bias.npy", "manifest.json"])
def test_a_damaged_or_missing_file_is_refused(stored: Path, name: str) -> None:
    whole = (stored / name).read_bytes()
    (stored / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnusableModel):
        store.load(stored)
    (stored / name).unlink()
    with pytest.raises(UnusableModel):
        store.load(stored)


def test_a_model_of_another_format_is_refused(model: Model, stored: Path) -> None:
    document = json.loads((stored / "model.json").read_text(encoding="utf-8"))
    (stored / "model.json").write_text(json.dumps(document | {"format": 99}), encoding="utf-8")
    manifest = json.loads((stored / "manifest.json").read_text(encoding="utf-8"))
    manifest.pop("model.json")
    (stored / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(UnusableModel, match="99"):
        store.load(stored)
