"""The unit tree and the taxonomy: who is below whom, and who goes by which name."""

from __future__ import annotations

import pytest

from district.errors import UnknownName
from district.pack import District
from district.schemas import Unit
from district.units import Units


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
