"""Places in a text: the longest name, house numbers, two places that narrow each other, none."""

from __future__ import annotations

import pytest

from district.gazetteer import Location
from district.pack import District


def places(district: District, text: str) -> list[tuple[str, int | None]]:
    return [(found.text, found.number) for found in district.gazetteer.find(text)]


def located(district: District, text: str) -> tuple[str | None, str | None]:
    found = district.gazetteer.locate(text)
    return found.street, found.community


def test_the_longest_name_wins(smallest: District) -> None:
    assert places(smallest, "我住长街北里3号楼") == [("长街北里", None)]
    assert located(smallest, "我住长街北里3号楼") == ("U100", "U1002")


@pytest.mark.parametrize(
    ("text", "number", "spot"),
    [
        ("长街20号门口", 20, ("U100", "U1001")),
        ("长街 120号门口", 120, ("U200", "U2001")),
        ("老长街甲20号", 20, ("U100", "U1001")),
        ("长街一百二十号院", 120, ("U200", "U2001")),
        ("长街九十九号", 99, ("U100", "U1001")),
        ("长街二〇号", 20, ("U100", "U1001")),
    ],
)
def test_a_house_number_tells_the_stretch_of_the_road(
    smallest: District, text: str, number: int, spot: tuple[str, str]
) -> None:
    ((_, found),) = places(smallest, text)
    assert found == number
    assert located(smallest, text) == spot


@pytest.mark.parametrize("text", ["长街2号楼", "长街上", "长街9999号"])
def test_without_a_number_of_the_road_every_stretch_is_left(smallest: District, text: str) -> None:
    assert located(smallest, text) == (None, None)
    assert len(smallest.gazetteer.locate(text).candidates) == 2


def test_two_places_narrow_each_other(smallest: District) -> None:
    assert located(smallest, "平安里") == (None, None)
    assert located(smallest, "平安里，就是双塔公园旁边那个") == ("U200", "U2001")
    assert located(smallest, "东门一带的平安里") == ("U100", "U1001")


def test_two_places_that_disagree_leave_the_more_specific_one(smallest: District) -> None:
    assert located(smallest, "东门街道的双塔") == ("U200", "U2001")


def test_a_street_alone_gives_no_community(smallest: District) -> None:
    assert located(smallest, "东门街道办事处") == ("U100", None)


def test_units_are_places_even_where_the_file_leaves_them_out(smallest: District) -> None:
    assert located(smallest, "西门街道没人管") == ("U200", None)
    assert located(smallest, "石桥社区") == ("U100", "U1002")


@pytest.mark.parametrize("text", ["", "街", "路灯坏了", "在我家楼下"])
def test_a_text_without_a_place_leaves_it_open(smallest: District, text: str) -> None:
    assert smallest.gazetteer.find(text) == []
    assert smallest.gazetteer.locate(text) == Location(None, None)


def test_places_are_told_with_their_offsets(smallest: District) -> None:
    text = "在双塔公园和长街20号之间"
    assert [text[found.start : found.end] for found in smallest.gazetteer.find(text)] == ["双塔公园", "长街"]
