"""A live call's pieces, in whatever order they come."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from channels.hotline.segments import Segment, joined
from tests.unit.channels.hotline.calls import GREETING, message

PIECES = [
    Segment(1, "坐席", GREETING[1], 0.0, 2.0),
    Segment(2, "市民", "路灯不亮", 2.5, 4.0),
    Segment(3, "坐席", "请您提供地址", 4.2, 5.0),
    Segment(4, "市民", "槐安里", 5.5, 6.0),
]


@given(st.permutations([*PIECES, PIECES[1], PIECES[3]]))
def test_order_and_repetition_change_nothing(pieces):
    assert joined(pieces) == joined(PIECES)


def test_a_final_piece_beats_a_guess_whichever_comes_last():
    guess, final = Segment(2, "市民", "路等", final=False), Segment(2, "市民", "路灯不亮")
    assert joined([guess, final]) == joined([final, guess]) == joined([final])


def test_of_two_guesses_the_later_holds():
    assert (
        joined([Segment(1, "市民", "路", final=False), Segment(1, "市民", "路灯", final=False)])["turns"][0]["text"]
        == "路灯"
    )


def test_what_never_came_is_noted_and_holds_nothing_up():
    document = {
        **joined([PIECES[0], PIECES[3]]),
        "call_id": "live-1",
        "caller": "13800000000",
        "started_at": "2026-03-05 10:00:00",
    }
    made = message(json.dumps(document))
    assert made.text == "槐安里"
    assert "实时转写缺少 2 段" in made.notes


def test_a_mad_sequence_number_costs_no_memory():
    assert len(joined([Segment(1, "", "a"), Segment(10**12, "", "b")])["missing_segments"]) == 1000


def test_no_pieces_are_no_turns():
    assert joined([]) == {"turns": [], "missing_segments": []}
