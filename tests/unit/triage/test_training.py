"""The desk's model: what it learns from, and what its probabilities and figures are measured on."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from district.pack import District
from district.taxonomy import Taxonomy
from triage import features, training
from triage.assess import Engine
from triage.calibration import NEVER
from triage.errors import TooFewExamples, UnreadableRow
from triage.examples import Labelled
from triage.model import Model
from triage.samples import pack_samples, told

SAID = {"010101": "路灯不亮", "010201": "路面有个大坑", "020101": "垃圾没清", "040101": "商家不退款"}
"""One saying of a category; nobody can tell the next category from what another says."""


def put(code: str, saying: str, *, count: int = 40, use: str = "both") -> list[Labelled]:
    """A category's texts, each in words of its own."""
    return [
        Labelled(f"{saying}{chr(0x4E00 + 97 * number)}{chr(0x5100 + 89 * number)}", "", code, use=use)  # type: ignore[arg-type]
        for number in range(count)
    ]


def swapped(share: int, *, use: str = "both") -> list[Labelled]:
    """Texts of four categories; of five texts, ``share`` bear the label of the next category."""
    codes = list(SAID)
    return [
        replace(row, category=codes[(at + (number % 5 < share)) % 4])
        for at, (code, saying) in enumerate(SAID.items())
        for number, row in enumerate(put(code, saying, use=use))
    ]


def first(model: Model, rows: Iterable[Labelled]) -> np.ndarray:
    counts = [model.vocabulary.counts(features.prepared(row.title, row.text)) for row in rows]
    return np.array([model.category.probabilities(each).max() for each in counts])


@pytest.fixture(scope="module")
def made_only(district: District, word_cache: Path) -> Model:
    return training.train(district, swapped(0, use="made"), version="1", cache=word_cache)


def test_probabilities_mean_on_natural_texts_what_they_say(district: District, word_cache: Path) -> None:
    natural = swapped(2, use="kept")
    model = training.train(district, [*swapped(0, use="made"), *natural], version="1", cache=word_cache)
    assert model.figures["natural_accuracy"] == pytest.approx(0.6)
    assert first(model, natural).mean() == pytest.approx(0.6, abs=0.05)
    assert model.figures["natural_ece"] < model.figures["natural_ece_floor"] + 0.05


def test_right_made_texts_do_not_make_up_for_wrong_natural_ones(district: District, word_cache: Path) -> None:
    natural = swapped(2, use="kept")
    with_few = training.train(district, natural, version="1", cache=word_cache)
    with_many = training.train(district, [*swapped(0, use="made"), *natural], version="1", cache=word_cache)
    assert with_many.figures["natural_accuracy"] == with_few.figures["natural_accuracy"] == pytest.approx(0.6)
    assert with_many.category.thresholds.min() > 1


def test_corrections_are_natural_and_are_learnt_from(district: District, word_cache: Path) -> None:
    corrected = [*put("040101", "电瓶车乱停", count=60), *put("020201", "野狗追人", count=60)]
    model = training.train(district, corrected, version="1", cache=word_cache)
    assert (model.figures["n_train"], model.figures["n_natural"]) == (120, 120)
    assert Engine(district, model).assess("电瓶车乱停").category[0].code == "040101"
    assert Engine(district, model).assess("野狗追人").category[0].code == "020201"


def test_texts_kept_are_measured_on_and_never_learnt_from(district: District, word_cache: Path) -> None:
    kept = [*put("040101", "电瓶车乱停", count=60, use="kept"), *put("020201", "野狗追人", count=60, use="kept")]
    with_them = training.train(district, kept, version="1", cache=word_cache)
    without = training.train(district, [], version="1", cache=word_cache)
    assert (with_them.figures["n_train"], with_them.figures["n_natural"]) == (0, 120)
    assert with_them.vocabulary.features == without.vocabulary.features
    assert np.array_equal(with_them.category.scorer.linear.weights, without.category.scorer.linear.weights)


def test_a_kept_text_is_not_measured_by_a_model_that_read_its_correction(district: District, word_cache: Path) -> None:
    rng = np.random.default_rng(5)
    kept = [
        Labelled("".join(map(chr, rng.integers(0x4E00, 0x9F00, 30))), "", list(SAID)[number % 4], use="kept")
        for number in range(120)
    ]
    copies = [replace(row, use="both") for row in kept]
    model = training.train(district, [*kept, *copies], version="1", cache=word_cache)
    assert model.figures["n_natural"] == 240
    assert model.figures["natural_accuracy"] < 0.7  # with the corrections read it would be right nearly always


def test_without_enough_natural_texts_nothing_is_measured_and_nothing_trusted(made_only: Model) -> None:
    assert made_only.figures["n_natural"] == 0
    assert made_only.figures["natural_accuracy"] is None
    assert made_only.figures["natural_ece"] is None
    assert (made_only.category.thresholds == NEVER).all()
    assert made_only.category.calibration == training.GUESSED


def test_of_made_texts_a_few_of_each_category_are_learnt_from(made_only: Model) -> None:
    assert made_only.figures["n_train"] == training.MADE_EACH * len(SAID)


def test_easy_texts_earn_no_trust_in_the_unsure(model: Model) -> None:
    assert model.figures["natural_accuracy"] > 0.99
    assert model.category.thresholds.min() >= 0.9


def test_training_twice_gives_the_same_model(district: District, word_cache: Path) -> None:
    one, other = (training.train(district, swapped(1), version="1", cache=word_cache) for _ in range(2))
    assert np.array_equal(one.category.scorer.linear.weights, other.category.scorer.linear.weights)
    assert one.category.calibration == other.category.calibration
    assert one.figures == other.figures


def test_the_taxonomys_own_words_are_enough_to_begin(district: District, word_cache: Path) -> None:
    made = training.train(district, [], version="1", cache=word_cache)
    found = Engine(district, made).assess("青溪路12号的路灯不亮")
    assert found.category[0].code == "010101"
    assert found.decision == "review"  # nothing was measured, so nothing goes out by itself


def test_each_keyword_of_the_taxonomy_is_a_text_of_its_own(district: District) -> None:
    texts = [row.text for row in told(district) if row.category == "010101"]
    assert texts[1:4] == ["路灯", "灯杆", "不亮"]
    assert "一排灯杆晚上全黑着" in texts


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


def test_one_label_is_too_few_to_learn_from(district: District, word_cache: Path) -> None:
    single = replace(district, taxonomy=Taxonomy([district.taxonomy.get("010101")]))
    with pytest.raises(TooFewExamples):
        training.train(single, [], version="1", cache=word_cache)


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    (tmp_path / "samples").mkdir()
    return tmp_path / "samples"


def lines(*rows: dict[str, str]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def test_a_pack_without_samples_has_none(tmp_path: Path) -> None:
    assert pack_samples(tmp_path) == []


def test_what_people_wrote_is_natural_and_what_the_demo_plays_is_kept(samples: Path) -> None:
    (samples / "appeals.jsonl").write_text(lines({"text": "灯", "category": "01", "request_type": "投诉"}))
    (samples / "natural.jsonl").write_text(lines({"title": "桶", "text": "满了", "category": "02"}))
    (samples / "chats.jsonl").write_text(
        lines({"text": "坑", "category": "03"}, {"text": "您好"}, {"text": "", "category": "03", "kind": "image"})
    )
    (samples / "letters.yaml").write_text("- {subject: 来信, text: 狗, category: '04'}\n- {text: 自动回复}\n")
    assert pack_samples(samples.parent) == [
        Labelled("灯", "", "01", "投诉", use="made"),
        Labelled("满了", "桶", "02"),
        Labelled("坑", "", "03", use="kept"),
        Labelled("狗", "来信", "04", use="kept"),
    ]


@pytest.mark.parametrize(
    ("name", "content", "where"),
    [
        ("appeals.jsonl", '{"text": "灯", "category": "01"}\n{"text": "灯"}\n', "appeals.jsonl:2: 缺少 category"),
        ("natural.jsonl", '\n{"text": 5, "category": "01"}\n', "natural.jsonl:2: text 应为文字"),
        ("chats.jsonl", "{", "chats.jsonl:1: 不是 JSON"),
        ("chats.jsonl", "[1]", "chats.jsonl:1: 应为一个对象"),
        ("letters.yaml", "- {text: 灯}\n- 灯\n", "letters.yaml:2: 应为一个对象"),
        ("letters.yaml", "text: 灯\n", "letters.yaml:1: 应为来信的列表"),
        ("letters.yaml", "- {text: 灯}\n- {text: '灯\n", "letters.yaml:3: 不是 YAML"),
    ],
)
def test_a_bad_line_of_the_samples_is_named(samples: Path, name: str, content: str, where: str) -> None:
    (samples / name).write_text(content)
    with pytest.raises(UnreadableRow) as raised:
        pack_samples(samples.parent)
    assert where in str(raised.value)
