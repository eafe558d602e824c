"""Who handles what where: area before general, the street and community of the place, what is missing."""

from __future__ import annotations

import pytest

from district.directory import Resolution
from district.errors import UnknownName
from district.pack import District


def resolve(district: District, category: str, street: str | None = None, community: str | None = None) -> Resolution:
    return district.directory.resolve(category, street=street, community=community)


def test_the_street_of_the_place_leads_where_the_line_says_so(smallest: District) -> None:
    found = resolve(smallest, "010101", "U100", "U1001")
    assert found.line is not None
    assert (found.line.line, found.lead, found.co_units, found.missing) == ("DL-0001", "U100", ("U002",), ())


def test_a_line_of_the_street_goes_before_the_general_one(smallest: District) -> None:
    found = resolve(smallest, "010101", "U200")
    assert found.line is not None
    assert (found.line.line, found.lead, found.co_units) == ("DL-0003", "U002", ("U200",))


def test_the_community_leads_where_the_line_says_so_and_its_street_stands_in_for_it(smallest: District) -> None:
    assert resolve(smallest, "010102", "U100", "U1002").lead == "U1002"
    assert resolve(smallest, "010102", "U100", "U1002").co_units == ("U100",)
    fallen_back = resolve(smallest, "010102", "U100")
    assert (fallen_back.lead, fallen_back.co_units) == ("U100", ())


def test_without_a_place_an_area_rule_asks_for_it(smallest: District) -> None:
    found = resolve(smallest, "010102")
    assert (found.lead, found.missing) == (None, ("place",))


def test_without_a_place_a_category_that_some_street_handles_otherwise_asks_for_it(smallest: District) -> None:
    assert resolve(smallest, "010101").missing == ("place",)


def test_a_category_without_a_line_of_its_own_follows_the_one_above(smallest: District) -> None:
    found = resolve(smallest, "020101")
    assert found.line is not None
    assert (found.line.line, found.lead, found.missing) == ("DL-0004", "U003", ())


def test_a_category_nobody_handles_gives_no_unit(smallest: District) -> None:
    assert resolve(smallest, "990101") == Resolution(None, None)


def test_a_line_is_found_by_its_number(smallest: District) -> None:
    assert smallest.directory.get("DL-0004").clause == "供电第1条"
    with pytest.raises(UnknownName):
        smallest.directory.get("DL-9999")
