"""What a reader of a running call is sent, and that it brings him to the call as it stands."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from api.live_views import changed_turns


def turns(numbers: list[int], words: str = "") -> list[dict[str, Any]]:
    return [{"sequence": number, "text": f"{number}{words}"} for number in numbers]


def applied(before: list[dict[str, Any]], change: dict[str, Any]) -> list[dict[str, Any]]:
    """As live.js does it."""
    if change["whole"]:
        return list(change["turns"])
    shown = [each for each in before if each["sequence"] not in change["gone"]]
    for each in change["turns"]:
        made = {name: value for name, value in each.items() if name != "after"}
        places = {one["sequence"]: at for at, one in enumerate(shown)}
        if made["sequence"] in places:
            shown[places[made["sequence"]]] = made
        else:
            shown.insert(places[each["after"]] + 1 if each["after"] is not None else 0, made)
    return shown


NUMBERS = st.lists(st.integers(1, 12), unique=True, max_size=10)


@given(NUMBERS, NUMBERS, st.sets(st.integers(1, 12)))
def test_whatever_changed_the_reader_has_the_call_as_it_stands(
    before: list[int], after: list[int], reworded: set[int]
) -> None:
    old = turns(before)
    new = [each | {"text": "改"} if each["sequence"] in reworded else each for each in turns(after)]
    assert applied(old, changed_turns(old, new)) == new


def test_a_word_more_sends_one_turn() -> None:
    change = changed_turns(turns([1, 2]), turns([1, 2, 3]))
    assert (change["whole"], [each["sequence"] for each in change["turns"]]) == (False, [3])


def test_a_corrected_turn_sends_that_one_alone() -> None:
    change = changed_turns(turns([1, 2, 3]), [*turns([1]), *turns([2], "改"), *turns([3])])
    assert [(each["sequence"], each["after"]) for each in change["turns"]] == [(2, 1)]


def test_who_has_nothing_and_who_has_another_order_is_sent_the_whole() -> None:
    assert changed_turns(None, turns([1]))["whole"]
    assert changed_turns(turns([1, 2]), turns([2, 1]))["whole"]
