"""The unit tree and the taxonomy: who is below whom, and who goes by which name."""

from __future__ import annotations

import pytest

from district.errors import UnknownName
from district.pack import District
from district.schemas import Unit
from district.units import UnitNotMeant, Units


def test_a_street_sees_itself_and_its_communities(smallest: District) -> None:
    assert smallest.units.descendants("U100") == {"U100", "U1001", "U1002"}
    assert smallest.units.descendants("U1001") == {"U1001"}
    assert smallest.units.descendants("U999") == frozenset()


def test_a_deeper_tree_is_walked_to_the_end() -> None:
    rows = [("U001", None), ("U002", "U001"), ("U003", "U002"), ("U004", "U002")]
    units = Units(Unit(code=code, name=f"单位{code}", kind="bureau", parent=parent) for code, parent in rows)
    assert units.descendants("U001") == {"U001", "U002", "U003", "U004"}
    assert units.descendants("U002") == {"U002", "U003", "U004"}


@pytest.mark.parametrize("name", ["区城市管理委", "城管委", "市容委", " 环卫处 "])
def test_a_unit_goes_by_its_name_short_name_and_aliases(smallest: District, name: str) -> None:
    found = smallest.units.by_name(name)
    assert found is not None
    assert found.code == "U002"


@pytest.fixture
def typed() -> Units:
    rows = [
        ("U001", "区水务局", "bureau", None),
        ("U002", "区水利设施所", "bureau", None),
        ("U100", "永济街道办事处", "street", None),
        ("U1001", "永济社区", "community", "U100"),
        ("U1002", "康泽社区", "community", "U100"),
    ]
    return Units(Unit(code=code, name=name, kind=kind, parent=parent) for code, name, kind, parent in rows)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("U001", "U001"),
        ("区水务局", "U001"),
        (" U001 区水务局 ", "U001"),
        ("水务", "U001"),
        ("永济", "U100"),
        ("永济社区", "U1001"),
        ("康泽", "U1002"),
    ],
)
def test_a_unit_is_understood_by_code_name_both_or_a_part_that_fits_one(typed: Units, words: str, code: str) -> None:
    assert typed.typed(words).code == code


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("区水", "责任单位“区水”可能是区水务局、区水利设施所，请写全名称"),
        ("没有这个局", "没有责任单位“没有这个局”，请填写单位的名称或代码"),
        (" ", "责任单位没有填写"),
    ],
)
def test_what_means_no_unit_or_several_is_refused_by_the_fields_label(typed: Units, words: str, told: str) -> None:
    with pytest.raises(UnitNotMeant) as refused:
        typed.typed(words)
    assert refused.value.sentence("责任单位") == told


def test_an_unknown_unit_or_category_is_refused(smallest: District) -> None:
    assert smallest.units.by_name("没有这个单位") is None
    with pytest.raises(UnknownName):
        smallest.units.get("U999")
    with pytest.raises(UnknownName):
        smallest.taxonomy.get("99")


def test_the_taxonomy_knows_its_third_level(smallest: District) -> None:
    assert [category.code for category in smallest.taxonomy.leaves] == ["010101", "010102", "020101"]
    assert "0101" in smallest.taxonomy
    assert smallest.taxonomy.get("010102").name == "桶站位置"


def test_a_unit_is_named_by_its_code_and_a_code_that_is_none_has_no_name(smallest: District) -> None:
    unit = next(iter(smallest.units))
    assert smallest.units.name_of(unit.code) == unit.name
    assert [smallest.units.name_of(code) for code in ("", None, "U999")] == ["", "", ""]
