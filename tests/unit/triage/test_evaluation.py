"""``evaluate triage``: every field of the interface page, and nothing but title and text of a test row looked at."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from triage.calibration import NEVER
from triage.errors import TooFewExamples, UnknownLabels, UnknownTarget
from triage.evaluation import evaluate_triage, measures

FIELDS = {
    "n_train", "n_test", "accuracy", "macro_f1", "top3_accuracy", "ece", "ece_floor", "coverage_at_99",
    "precision_at_threshold", "fit_seconds", "ms_per_text", "per_class",
}  # fmt: skip
SAYINGS = {
    "市政/路灯": ("路灯不亮", "灯杆倒了", "灯泡坏了", "晚上没有照明"),
    "环卫/垃圾": ("垃圾没清", "垃圾桶满了", "清运车没来", "门口一堆垃圾"),
    "市场/退款": ("商家不退款", "办卡不退钱", "退费被拒绝", "店家欺诈消费者"),
}
WHERE = ("小区门口", "学校对面", "菜场旁边", "公园里", "河边", "车站前")
WAYS = ("{}{}，请处理", "反映{}{}的问题", "{}{}好几天了", "{}{}，没人管")


def rows(*, odd: bool) -> list[dict[str, Any]]:
    """Rows of every label; the odd ones and the even ones share no text."""
    made = [
        {
            "title": said if number % 3 == 0 else "",
            "text": way.format(where, said),
            "category": label,
            "unit": label[:2],
        }
        for label, sayings in SAYINGS.items()
        for number, (said, where, way) in enumerate(product(sayings, WHERE, WAYS))
    ]
    return [row for number, row in enumerate(made) if number % 2 == odd]


def written(path: Path, content: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in content), encoding="utf-8")
    return path


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return written(tmp_path / "train.jsonl", rows(odd=False)), written(tmp_path / "test.jsonl", rows(odd=True))


def test_the_document_has_every_field_and_plain_numbers(files: tuple[Path, Path]) -> None:
    train, test = files
    document = evaluate_triage([train], test)
    assert set(document) >= FIELDS
    assert json.loads(json.dumps(document)) == document
    assert (document["n_train"], document["n_test"]) == (144, 144)
    assert document["accuracy"] > 0.95
    assert set(document["per_class"]) == set(SAYINGS)
    assert set(document["per_class"]["市政/路灯"]) == {"precision", "recall", "f1", "n"}
    assert set(document["ms_per_text"]) == {"p50", "p99"}


def test_other_targets_are_measured_alike(files: tuple[Path, Path]) -> None:
    train, test = files
    document = evaluate_triage([train], test, target="unit")
    assert set(document["per_class"]) == {"市政", "环卫", "市场"}
    assert document["accuracy"] > 0.95


def test_labels_of_the_test_do_not_reach_the_classifier(files: tuple[Path, Path], tmp_path: Path) -> None:
    train, test = files
    wrong = [row | {"category": "市场/退款", "reply": row["category"]} for row in rows(odd=True)]
    honest, turned = evaluate_triage([train], test), evaluate_triage([train], written(tmp_path / "w.jsonl", wrong))
    assert turned["accuracy"] == pytest.approx(1 / 3, abs=0.05)
    assert turned["threshold"] == honest["threshold"]
    assert turned["coverage_at_99"] == honest["coverage_at_99"]


def test_a_label_never_trained_counts_as_wrong(files: tuple[Path, Path], tmp_path: Path) -> None:
    train, _ = files
    strange = written(tmp_path / "s.jsonl", [{"text": "路灯不亮", "category": "文体"}])
    document = evaluate_triage([train], strange)
    assert document["accuracy"] == 0
    assert document["per_class"]["文体"]["n"] == 1


def test_many_labels_are_calibrated_too(tmp_path: Path) -> None:
    train = [
        {"text": f"{name}{where}的事请处理{number}", "unit": f"单位{name}"}
        for name in "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"
        for number, where in enumerate(WHERE)
    ]
    document = evaluate_triage([written(tmp_path / "a.jsonl", train)], tmp_path / "a.jsonl", target="unit")
    assert document["accuracy"] > 0.9


def test_cold_start_needs_the_taxonomy_alone(files: tuple[Path, Path], tmp_path: Path) -> None:
    train, test = files
    taxonomy = tmp_path / "t.csv"
    taxonomy.write_text(
        "一级分类,二级分类,三级分类,keywords\n市政,路灯,路灯不亮,灯杆|照明|灯泡\n环卫,垃圾,垃圾没清,清运|垃圾桶\n市场,退款,不退款,商家|退钱|退费\n",
        encoding="utf-8",
    )
    for unlabelled in ([], [train]):
        document = evaluate_triage([], test, taxonomy=taxonomy, labels=["市政", "环卫", "市场"], unlabelled=unlabelled)
        assert document["n_train"] == 0
        assert document["n_test"] == 144
        assert document["accuracy"] > 0.6
        assert document["coverage_at_99"] == 0
        assert document["precision_at_threshold"] is None
    with pytest.raises(UnknownLabels, match="文体"):
        evaluate_triage([], written(tmp_path / "s.jsonl", [{"text": "球场", "category": "文体"}]), taxonomy=taxonomy,
                        labels=["市政", "文体"])  # fmt: skip


def test_what_cannot_be_measured_is_refused_with_a_reason(files: tuple[Path, Path], tmp_path: Path) -> None:
    train, test = files
    with pytest.raises(UnknownTarget, match="colour"):
        evaluate_triage([train], test, target="colour")
    with pytest.raises(TooFewExamples, match="request_type"):
        evaluate_triage([train], test, target="request_type")
    single = written(tmp_path / "one.jsonl", [{"text": "路灯不亮", "category": "市政"}] * 30)
    with pytest.raises(TooFewExamples, match="类别"):
        evaluate_triage([single], test)


def test_figures_are_those_of_a_hand_count() -> None:
    best = np.array([[0, 1, 2], [1, 0, 2], [0, 2, 1], [2, 1, 0]])
    first = np.array([0.9, 0.8, 0.7, 0.6])
    document = measures(["a", "b", "c"], best, first, ["a", "a", "a", "c"], np.full(4, 0.75))
    assert document["accuracy"] == 0.75
    assert document["per_class"]["a"] == {"precision": 1.0, "recall": 0.6667, "f1": 0.8, "n": 3}
    assert document["macro_f1"] == 0.9  # a: 0.8, c: 1.0; b is no label of the test
    assert document["top3_accuracy"] == 1
    assert (document["coverage_at_99"], document["precision_at_threshold"]) == (0.5, 0.5)
    never = measures(["a", "b", "c"], best, first, ["a", "a", "a", "c"], np.full(4, NEVER))
    assert (never["coverage_at_99"], never["threshold"]) == (0, None)


def test_titles_and_bodies_are_trusted_by_thresholds_of_their_own() -> None:
    best, first = np.zeros((4, 3), int), np.array([0.95, 0.95, 0.99, 0.99])
    document = measures(["a", "b", "c"], best, first, ["a"] * 4, np.array([0.9, 0.98, 0.9, 0.98]))
    assert document["coverage_at_99"] == 0.75
    assert document["threshold"] == 0.9
