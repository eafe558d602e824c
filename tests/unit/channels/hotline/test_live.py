"""A running call as it has been heard so far, from its pieces."""

from __future__ import annotations

import json
from typing import Any

from channels.hotline import CHANNEL
from channels.message import Account, InboundMessage

ACCOUNT = Account("hotline", "line-1")
CALL = "live-7"


def piece(**given: Any) -> bytes:
    return json.dumps(given, ensure_ascii=False).encode()


def said(sequence: int, text: str, speaker: str = "市民", **more: Any) -> bytes:
    return piece(sequence=sequence, speaker=speaker, text=text, start=sequence, **more)


ASKS = said(1, "您好，这里是12345热线，请讲", "坐席")
SAYS = said(2, "惠风里小区的路灯不亮")


def texts(*pieces: bytes, late: tuple[bytes, ...] = ()) -> list[str]:
    return [turn.text for turn in CHANNEL.heard(CALL, pieces, late, ACCOUNT).turns]


def test_nothing_was_heard_of_a_call_that_only_began() -> None:
    heard = CHANNEL.heard(CALL, [piece(caller="13800138007", started_at="2026-03-05 10:00:00")], (), ACCOUNT)
    assert (heard.turns, heard.words, heard.phone) == ((), "", "13800138007")
    assert heard.started is not None


def test_turns_stand_in_their_order_whatever_the_order_in_which_they_came() -> None:
    assert texts(said(3, "晚上看不清"), SAYS, ASKS) == texts(ASKS, SAYS, said(3, "晚上看不清"))


def test_a_guess_is_shown_as_one_until_its_final_wording_comes_and_never_takes_that_ones_place() -> None:
    guess = said(2, "惠风里小区的陆登", final=False)
    assert [turn.final for turn in CHANNEL.heard(CALL, [guess], (), ACCOUNT).turns] == [False]
    assert texts(guess, SAYS) == texts(SAYS, guess) == ["惠风里小区的路灯不亮"]


def test_a_correction_to_nothing_takes_the_turn_out() -> None:
    assert texts(ASKS, SAYS, said(2, " ", revision=2)) == ["您好，这里是12345热线，请讲"]


def test_both_sides_written_apart_are_merged_by_their_times() -> None:
    def at(sequence: int, speaker: str, start: float) -> bytes:
        return piece(sequence=sequence, speaker=speaker, text=f"{speaker}{start}", start=start)

    apart = [at(1, "坐席", 1), at(2, "坐席", 8), at(3, "市民", 4), at(4, "市民", 12)]
    assert texts(*apart) == ["坐席1", "市民4", "坐席8", "市民12"]


def test_what_is_heard_is_what_the_ticket_will_say() -> None:
    pieces = [ASKS, SAYS, said(3, "嗯，那个，晚上看不清路"), said(4, "好的谢谢")]
    (message,) = CHANNEL.parse(CHANNEL.whole(CALL, pieces, (), ACCOUNT), ACCOUNT)
    assert isinstance(message, InboundMessage)
    assert CHANNEL.heard(CALL, pieces, (), ACCOUNT).words == message.text


def test_late_turns_are_known_as_such() -> None:
    heard = CHANNEL.heard(CALL, [SAYS], [said(3, "一共五盏")], ACCOUNT)
    assert [turn.late for turn in heard.turns] == [False, True]


def test_what_the_agent_stated_stands_below_the_callers_words_and_makes_another_wording() -> None:
    plain, stated = (
        CHANNEL.whole(CALL, [SAYS], (), ACCOUNT, stated=lines) for lines in ((), ["坐席记录 地点：惠风里"])
    )
    (before,), (after,) = CHANNEL.parse(plain, ACCOUNT), CHANNEL.parse(stated, ACCOUNT)
    assert isinstance(before, InboundMessage)
    assert isinstance(after, InboundMessage)
    assert after.text == f"{before.text}\n坐席记录 地点：惠风里"
    assert after.delivery_id != before.delivery_id
