"""Grouping a stream into events: what ties reports, what does not, and when an event is a mass event."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage import events
from triage.duplicates import Comparer
from triage.sides import Side, Whereabouts

NOON = datetime(2026, 3, 24, 4, tzinfo=UTC)
QUIET = timedelta(hours=72)


class ByThings(Comparer):
    """Two texts are one matter as far as they name the same things."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def probability(self, one: Side, other: Side) -> float:
        self.asked += 1
        every = one.objects | other.objects
        return len(one.objects & other.objects) / len(every) if every else 0.0


def report(*things: str, after: float = 0) -> Side:
    """A text that names these things, so many hours after noon."""
    return Side(text="".join(things), at=NOON + timedelta(hours=after), objects=frozenset(things))


def test_reports_of_one_thing_are_one_event_and_what_lies_between_them_is_none() -> None:
    stream = [report("停水"), report("噪声", after=1), report("停水", after=2), report("停水", "水黄", after=3)]
    assert events.grouped(ByThings(), stream, quiet=QUIET) == [0, 1, 0, 0]


def test_one_link_to_a_member_that_strayed_does_not_bring_a_newcomer_in() -> None:
    event = [report("水"), report("水"), report("水"), report("水"), report("水", "路"), report("水")]
    alone = report("路")
    assert events.joined(ByThings(), alone, [("e", event)]) is None
    assert events.joined(ByThings(), alone, [("e", event[4:5])]) == "e"


def test_a_report_that_only_some_members_know_joins() -> None:
    event = [report("停水"), report("停水"), report("停水"), report("水管爆"), report("水管爆"), report("水管爆")]
    assert events.joined(ByThings(), report("水管爆"), [("e", event)]) == "e"


def test_the_second_report_must_be_tied_more_surely_than_the_third() -> None:
    weakly = report("停水", "三楼", "孩子", "院里")
    assert events.joined(ByThings(), weakly, [("e", [report("停水")])]) is None
    assert events.joined(ByThings(), weakly, [("e", [report("停水"), report("停水")])]) == "e"


def test_the_event_that_speaks_for_a_report_most_gets_it() -> None:
    near, far = [report("停水", "三楼")], [report("停水")]
    assert events.joined(ByThings(), report("停水", "三楼"), [("far", far), ("near", near)]) == "near"


def test_a_link_fades_with_time() -> None:
    strong = events.strength(ByThings(), report("停水"), [report("停水")])
    later = events.strength(ByThings(), report("停水", after=7 * 24), [report("停水")])
    assert (strong, later) == (1.0, 0.5)


def test_an_event_that_was_quiet_too_long_takes_no_newcomer() -> None:
    late = QUIET.total_seconds() / 3600 + 1
    stream = [report("停水"), report("停水", after=late - 1), report("停水", after=2 * late)]
    assert events.grouped(ByThings(), stream, quiet=QUIET) == [0, 0, 2]


def test_texts_that_share_nothing_are_never_compared() -> None:
    comparer = ByThings()
    found = events.grouped(comparer, [report(f"物{number}") for number in range(500)], quiet=QUIET)
    assert (len(set(found)), comparer.asked) == (500, 0)


def test_a_long_stream_of_one_event_is_compared_with_its_latest_members_only() -> None:
    comparer = ByThings()
    events.grouped(comparer, [report("停水") for _ in range(500)], quiet=QUIET)
    assert comparer.asked <= 500 * events.COMPARED


def test_keys_name_places_things_and_long_numbers_and_no_settings() -> None:
    side = Side(
        text="226路",
        places=Whereabouts(names=frozenset({"康泽佳园"}), heads=frozenset({"康泽"}), communities=frozenset({"C01"})),
        objects=frozenset({"公交", "学校"}),
        settings=frozenset({"学校"}),
        strange=frozenset({"", "梧桐"}),
    )
    assert events.keys(side) == {
        "place:康泽佳园", "place:康泽", "community:C01", "figure:226", "thing:公交", "strange:梧桐",
    }  # fmt: skip
    assert not events.keys(Side(text=""))


def test_a_mass_event_begins_with_the_report_that_makes_enough_different_reporters_in_time() -> None:
    day = timedelta(hours=24)
    told = ((0, "a"), (1, "a"), (2, "b"), (30, "c"), (31, "d"))
    reports = [(NOON + timedelta(hours=hour), who) for hour, who in told]
    assert events.crowded(reports, reporters=3, within=day) is None
    reports.append((NOON + timedelta(hours=29), "e"))
    assert events.crowded(reports, reporters=3, within=day) == NOON + timedelta(hours=31)
    assert events.crowded([], reporters=2, within=day) is None


WORDS = st.frozensets(st.sampled_from(["停水", "停电", "噪声", "水黄", "路"]), max_size=3)


@given(st.lists(st.tuples(WORDS, st.floats(0, 300)), max_size=25))
def test_whatever_the_order_of_a_stream_each_text_is_of_one_event_begun_by_its_first(
    given_: list[tuple[frozenset[str], float]],
) -> None:
    found = events.grouped(ByThings(), [report(*words, after=hours) for words, hours in given_], quiet=QUIET)
    assert len(found) == len(given_)
    assert all(event <= place and found[event] == event for place, event in enumerate(found))


@pytest.mark.parametrize("members", [[], [Side(text="")], [Side(text="", at=NOON)] * 3])
def test_the_strength_of_nothing_is_nothing(members: list[Side]) -> None:
    assert math.isclose(events.strength(Comparer(), report("停水"), members), 0.0)
