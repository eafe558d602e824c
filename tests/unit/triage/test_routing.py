"""From categories and a place to units: the directory first."""

from __future__ import annotations

import pytest

from district.pack import District
from triage.past_cases import Like
from triage.routing import NO_PAST, Past, Route, route

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


def after(district: District, past: Past, *guesses: tuple[str, float], street: str = "") -> Route:
    return route(
        guesses,
        street=street or None,
        community=None,
        directory=district.directory,
        units=district.units,
        past=past,
    )


def like(unit: str, *returned_by: str, score: float = 0.5, case_id: str = "c1") -> Like:
    return Like(case_id, unit, returned_by, score)


def test_what_the_directory_leaves_open_goes_to_those_who_answered_such_letters(district: District) -> None:
    past = Past({"U001": 0.25, "U002": 0.75}, ())
    found = after(district, past, (RUBBISH, 0.8), (LAMP, 0.2)).units
    assert [(each.code, round(each.probability, 2), each.basis) for each in found] == [
        ("U002", 0.6, "history"),
        ("U001", 0.4, "directory"),
    ]
    assert not found[0].directory_line


def test_where_the_directory_is_sure_history_changes_nothing(district: District) -> None:
    assert after(district, Past({"U002": 1.0}, ()), (LAMP, 1.0)) == after(district, NO_PAST, (LAMP, 1.0))


def test_another_street_s_units_have_no_part_in_what_lies_in_this_one(district: District) -> None:
    past = Past({"U101": 0.9, "U100": 0.1}, ())
    found = after(district, past, ("999999", 1.0), street="U100").units
    assert [(each.code, each.probability) for each in found] == [("U100", 1.0)]


def test_a_guess_at_large_is_not_named(district: District) -> None:
    past = Past({"U001": 0.1, "U002": 0.1, "U100": 0.4, "U101": 0.4}, ())
    assert {each.code for each in after(district, past, ("999999", 1.0)).units} == {"U100", "U101"}


def test_one_return_makes_a_unit_doubtful_and_several_put_another_before_it(district: District) -> None:
    once = after(district, Past({}, [like("U002", "U001")]), (LAMP, 1.0)).units
    assert [(each.code, each.returns) for each in once][:1] == [("U001", ("c1",))]
    assert 0.4 < once[0].probability <= 0.5
    thrice = [like("U002", "U001", case_id=f"c{number}") for number in range(3)]
    found = after(district, Past({}, thrice), (LAMP, 1.0)).units
    assert [(each.code, each.basis) for each in found] == [("U002", "returns"), ("U001", "directory")]
    assert sum(each.probability for each in found) == pytest.approx(1)


def test_cases_that_a_unit_kept_speak_for_it(district: District) -> None:
    kept = [like("U001", case_id=f"k{number}") for number in range(8)]
    found = after(district, Past({}, [*kept, like("U002", "U001")]), (LAMP, 1.0)).units
    assert found[0].code == "U001"
    assert found[0].probability > 0.85


def test_a_return_after_which_the_same_unit_answered_says_nothing(district: District) -> None:
    (only,) = after(district, Past({}, [like("U001", "U001")]), (LAMP, 1.0)).units
    assert (only.probability, only.returns) == (1.0, ())


def test_units_that_are_gone_since_the_model_learnt_have_no_part_in_it(district: District) -> None:
    found = after(district, Past({"U999": 0.9, "U002": 0.1}, [like("U999", "U001")]), (LAMP, 0.5)).units
    assert [(each.code, round(each.probability, 2)) for each in found] == [("U001", 0.5), ("U002", 0.5)]


def test_no_co_units_of_a_line_that_is_not_followed(district: District) -> None:
    thrice = [like("U001", "U100", case_id=f"c{number}") for number in range(3)]
    found = after(district, Past({}, thrice), (RUBBISH, 0.9), street="U100")
    assert (found.units[0].code, found.units[0].basis) == ("U001", "returns")
    assert found.co_units == ()
