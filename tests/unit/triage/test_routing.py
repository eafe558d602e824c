"""From categories and a place to units: the directory first."""

from __future__ import annotations

import pytest

from district.pack import District
from triage.routing import Route, route

LAMP, ROAD, RUBBISH, TOILET, DANCE = "010101", "010201", "020101", "020201", "030101"


def routed(district: District, *guesses: tuple[str, float], street: str = "", community: str = "") -> Route:
    return route(
        guesses, street=street or None, community=community or None, directory=district.directory, units=district.units
    )


def test_categories_of_one_unit_add_up(district: District) -> None:
    best = routed(district, (TOILET, 0.4), (LAMP, 0.35), (ROAD, 0.2), street="U100").units
    assert [(each.code, round(each.probability, 2)) for each in best] == [("U001", 0.55), ("U002", 0.4)]
    assert best[0].directory_line == "DL-0001"


def test_co_units_are_those_of_the_line_the_best_unit_cites(district: District) -> None:
    found = routed(district, (RUBBISH, 0.4), (LAMP, 0.35), (ROAD, 0.2), street="U100")
    assert found.units[0].code == "U001"
    assert found.co_units == ()
    found = routed(district, (RUBBISH, 0.9), (LAMP, 0.1), street="U100")
    assert [(each.code, each.name, each.directory_line) for each in found.co_units] == [
        ("U002", "区环卫中心", "DL-0003")
    ]


def test_without_a_place_an_area_rule_gives_no_unit_and_asks(district: District) -> None:
    found = routed(district, (RUBBISH, 0.8), (LAMP, 0.2))
    assert [each.code for each in found.units] == ["U001"]
    assert found.missing == ("place",)


@pytest.mark.parametrize(("community", "unit"), [("U1001", "U100"), ("", "U100")])
def test_a_street_rule_is_followed_with_or_without_the_community(district: District, community: str, unit: str) -> None:
    assert routed(district, (RUBBISH, 1.0), street="U100", community=community).units[0].code == unit


def test_a_community_rule_falls_back_to_the_street(district: District) -> None:
    assert routed(district, (DANCE, 1.0), street="U101", community="U1011").units[0].code == "U1011"
    assert routed(district, (DANCE, 1.0), street="U101").units[0].code == "U101"


def test_no_category_no_unit(district: District) -> None:
    assert routed(district) == Route((), (), ())
