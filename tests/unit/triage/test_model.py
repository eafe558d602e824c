"""A stored model answers as the one trained, and a damaged one is refused whole."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from district.pack import District
from triage import model as store
from triage import training
from triage.assess import Engine
from triage.errors import TooFewExamples, UnreadableRow, UnusableModel
from triage.examples import Labelled
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


def test_easy_samples_earn_no_trust_in_the_unsure(model: Model) -> None:
    assert model.figures["accuracy"] == 1
    assert model.category.thresholds.min() >= 0.9


def test_training_twice_gives_the_same_model(district: District, model: Model, word_cache: Path) -> None:
    rows = [Labelled(f"{said}{number}号", "", code) for code, said in (("010101", "路灯不亮"), ("020101", "垃圾没清"))
            for number in range(20)]  # fmt: skip
    one, other = (training.train(district, rows, version="1", cache=word_cache) for _ in range(2))
    assert np.array_equal(one.category.linear.weights, other.category.linear.weights)
    assert one.category.calibration == other.category.calibration


def test_the_taxonomys_own_words_are_enough_to_begin(district: District, word_cache: Path) -> None:
    made = training.train(district, [], version="1", cache=word_cache)
    found = Engine(district, made).assess("青溪路12号的路灯不亮")
    assert found.category[0].code == "010101"
    assert found.decision == "review"  # nothing was measured, so nothing goes out by itself
    assert made.figures["accuracy"] is None


def test_examples_of_unknown_categories_are_left_out(district: District, word_cache: Path) -> None:
    made = training.train(district, [Labelled("飞机晚点", "", "990101")], version="1", cache=word_cache)
    assert "990101" not in made.category.labels
    assert made.figures["n_train"] == 0


def test_request_types_are_learnt_where_they_are_labelled(district: District, word_cache: Path) -> None:
    rows = [Labelled(f"{said}{number}", "", "010101", kind)
            for said, kind in (("请问路灯几点亮", "咨询"), ("路灯又坏了投诉", "投诉")) for number in range(12)]  # fmt: skip
    made = training.train(district, rows, version="1", cache=word_cache)
    assert made.request_type is not None
    assert Engine(district, made).assess("请问几点亮灯").request_type.value == "咨询"
    assert training.train(district, rows[:12], version="1", cache=word_cache).request_type is None


def test_a_pack_without_samples_has_none_and_a_bad_line_is_named(tmp_path: Path) -> None:
    assert training.pack_samples(tmp_path) == []
    (tmp_path / "samples").mkdir()
    (tmp_path / "samples" / "appeals.jsonl").write_text('{"text": "灯", "category": "01"}\n{"text": "灯"}\n')
    with pytest.raises(UnreadableRow, match=r"appeals\.jsonl:2"):
        training.pack_samples(tmp_path)


def test_one_label_is_too_few_to_learn_from(district: District, word_cache: Path) -> None:
    from dataclasses import replace

    from district.taxonomy import Taxonomy

    single = replace(district, taxonomy=Taxonomy([district.taxonomy.get("010101")]))
    with pytest.raises(TooFewExamples):
        training.train(single, [], version="1", cache=word_cache)
