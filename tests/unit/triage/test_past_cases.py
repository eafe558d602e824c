"""What became of past cases speaks for units and against them, and is stored without their words."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from district.pack import District
from tests.unit.triage.conftest import written
from triage import model as store
from triage import past_cases, past_storage, training
from triage.assess import Engine
from triage.errors import UnusableModel
from triage.model import Model
from triage.past_cases import PastCase, PastCases, doubt

LAMP, RUBBISH = "010101", "020101"
PLACES = ("青溪路", "柳叶巷", "河沿", "后街", "校门口", "站前", "菜场边", "桥头", "楼后", "公园")


def lamps(unit: str, *, returned_by: tuple[str, ...] = (), times: int = 3) -> list[PastCase]:
    return [
        PastCase(
            f"{unit}-{number}", LAMP, unit, returned_by, "", f"{PLACES[number % 10]}的路灯坏了没人修", date(2026, 3, 1)
        )
        for number in range(times)
    ]


def rubbish(times: int) -> list[PastCase]:
    return [
        PastCase(f"r-{number}", RUBBISH, "U100", (), "", f"{PLACES[number % 10]}的垃圾桶满了没人清", date(2026, 3, 2))
        for number in range(times)
    ]


@pytest.fixture(scope="module")
def taught(district: District, word_cache: Path) -> Model:
    past = [*lamps("U002", returned_by=("U001",), times=30), *rubbish(30)]
    return training.train(district, written(), version="1", past=past, cache=word_cache)


def test_a_unit_that_gave_such_cases_back_is_put_behind_the_one_that_answered_them(
    district: District, taught: Model
) -> None:
    found = Engine(district, taught).assess("桥头的路灯坏了没人修")
    assert [(each.code, each.basis) for each in found.unit[:2]] == [("U002", "returns"), ("U001", "directory")]
    assert found.unit[1].returns
    assert {each.unit for each in found.past_cases} == {"U002"}
    assert found.decision == "review"


def test_an_unlike_text_of_the_same_category_is_not_touched(district: District, taught: Model) -> None:
    found = Engine(district, taught).assess("灯泡一闪一闪的")
    assert found.category[0].code == LAMP
    assert found.unit[0].code == "U001"
    assert not found.unit[0].returns


def test_a_model_with_past_cases_answers_the_same_when_loaded(
    district: District, taught: Model, tmp_path: Path
) -> None:
    store.save(taught, tmp_path / "m")
    loaded = store.load(tmp_path / "m")
    assert loaded.units is not None
    for text in ("桥头的路灯坏了没人修", "楼后的垃圾桶满了", "退款", ""):
        one, other = (Engine(district, each).assess(text) for each in (taught, loaded))
        assert [each.code for each in one.unit] == [each.code for each in other.unit]
        assert [each.probability for each in one.unit] == pytest.approx([u.probability for u in other.unit], abs=0.02)
        scores = [[each.score for each in found.past_cases] for found in (one, other)]
        assert scores[0] == pytest.approx(scores[1], abs=0.01)


def test_no_words_of_past_cases_are_stored(taught: Model, tmp_path: Path) -> None:
    store.save(taught, tmp_path / "m")
    document = json.loads((tmp_path / "m" / past_storage.FILE).read_text(encoding="utf-8"))
    assert "柳叶巷" not in json.dumps(document["cases"], ensure_ascii=False)


@pytest.mark.parametrize("name", [past_storage.FILE, "past.values.npy", "units.weights.npy", "units.days.npy"])
def test_a_model_whose_past_is_damaged_is_refused(taught: Model, tmp_path: Path, name: str) -> None:
    store.save(taught, tmp_path / "m")
    path = tmp_path / "m" / name
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(UnusableModel, match=name):
        store.load(tmp_path / "m")


def test_few_cases_teach_nothing_of_units_but_are_remembered(district: District, word_cache: Path) -> None:
    made = training.train(district, written(), version="1", past=lamps("U001"), cache=word_cache)
    assert made.units is None
    assert made.past is not None
    assert len(made.past.cases) == 3
    assert (made.figures["n_past"], made.figures["unit_accuracy"]) == (3, None)


def test_cases_of_units_and_categories_that_are_gone_are_left_out() -> None:
    cases = [PastCase("a", LAMP, "U001"), PastCase("b", LAMP, "U999"), PastCase("c", "999999", "U001")]
    assert [each.case_id for each in past_cases.known(cases, ["U001"], [LAMP])] == ["a"]


def test_only_cases_of_a_possible_kind_are_looked_at() -> None:
    cases = PastCases([PastCase("a", LAMP, "U001"), PastCase("b", RUBBISH, "U100")], csr_matrix(np.eye(2, dtype="f4")))
    columns, values = np.array([0, 1], dtype=np.int32), np.array([1, 1], dtype=np.float32)
    assert [each.case_id for each in cases.like(columns, values, [LAMP])] == ["a"]
    assert [each.case_id for each in cases.like(columns, values, [LAMP, RUBBISH, LAMP])] == ["a", "b"]
    assert cases.like(columns, values * 0, [LAMP]) == []


def test_a_unit_that_gave_nothing_back_is_not_doubted() -> None:
    likes = [past_cases.Like("a", "U001", (), 0.9)]
    assert doubt("U001", likes) is None
    against = doubt("U002", [*likes, replace(likes[0], returned_by=("U002",))])
    assert against is not None
    assert against.answered_by == {"U001": pytest.approx(1.0)}
