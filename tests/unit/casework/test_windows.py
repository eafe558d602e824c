"""When a channel takes a message: by the resident's acts and what was sent after them, values alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.windows import Closed, Done, closed
from channels.capabilities import Act, Window

NOON = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
LONG, SHORT = Window(timedelta(hours=48), 5), Window(timedelta(minutes=1), 3)
WINDOWS: dict[Act, Window] = {"message": LONG, "menu": SHORT, "scan": SHORT}


def at(**time: float) -> datetime:
    return NOON + timedelta(**time)


def ask(acts: list[Done], sent: list[datetime], now: datetime, needed: int = 1) -> Closed | None:
    return closed(WINDOWS, acts, sent, needed=needed, now=now)


def test_a_window_is_open_up_to_its_end_and_not_at_it() -> None:
    wrote = [Done("message", NOON)]
    assert ask(wrote, [], at(hours=48) - timedelta(microseconds=1)) is None
    assert ask(wrote, [], at(hours=48)) == Closed("window", LONG)


def test_who_never_wrote_is_not_written_to() -> None:
    found = ask([], [], NOON)
    assert found is not None
    assert found.reason("某渠道") == "超出 48 小时，某渠道不再允许发送"


def test_each_act_counts_anew() -> None:
    sent = [at(minutes=number) for number in range(1, 6)]
    assert ask([Done("message", NOON)], sent, at(minutes=9)) == Closed("count", LONG)
    assert ask([Done("message", NOON), Done("message", at(minutes=8))], sent, at(minutes=9)) is None


def test_a_message_is_taken_from_the_window_that_lasts_longest() -> None:
    acts = [Done("message", NOON), Done("menu", at(seconds=1))]
    sent = [at(seconds=2 + number) for number in range(5)]
    assert ask(acts, sent, at(seconds=10), needed=3) is None
    assert ask(acts, sent, at(seconds=10), needed=4) == Closed("count", LONG)
    assert ask(acts, sent, at(seconds=62)) == Closed("count", LONG)


def test_what_was_sent_before_the_act_does_not_count() -> None:
    assert ask([Done("message", NOON)], [at(minutes=-number) for number in range(1, 9)], at(minutes=1)) is None


def test_a_text_of_more_parts_than_are_left_is_not_begun() -> None:
    sent = [at(minutes=1), at(minutes=2), at(minutes=3)]
    assert ask([Done("message", NOON)], sent, at(minutes=4), needed=2) is None
    found = ask([Done("message", NOON)], sent, at(minutes=4), needed=3)
    assert found is not None
    assert (found.why, found.reason("某渠道")) == ("count", "本轮客服消息已满 5 条")


@pytest.mark.parametrize(("act", "words"), [("menu", "1 分钟"), ("message", "48 小时")])
def test_the_reason_names_the_window_that_was_opened_last(act: Act, words: str) -> None:
    found = ask([Done(act, NOON)], [], at(hours=50))
    assert found is not None
    assert words in found.reason("某渠道")


def test_an_act_of_which_no_window_is_known_opens_none() -> None:
    assert ask([Done("subscribe", NOON)], [], at(seconds=1)) is not None


@given(
    acts=st.lists(st.tuples(st.sampled_from(["message", "menu", "scan"]), st.integers(0, 400_000))),
    asked=st.lists(st.integers(0, 400_000), max_size=40),
)
def test_who_asks_before_each_message_never_sends_more_than_the_acts_allow(
    acts: list[tuple[Act, int]], asked: list[int]
) -> None:
    done = [Done(act, at(seconds=seconds)) for act, seconds in acts]
    sent: list[datetime] = []
    for seconds in sorted(asked):
        now = at(seconds=seconds)
        heard = [each for each in done if each.at <= now]
        if closed(WINDOWS, heard, sent, needed=1, now=now) is None:
            sent.append(now)
            assert any(each.at + WINDOWS[each.act].length > now for each in heard)
    assert len(sent) <= sum(WINDOWS[each.act].messages for each in done)
