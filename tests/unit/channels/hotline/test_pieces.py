"""Pieces of a running call: what each body says, and the transcript they make."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from channels.errors import ChannelMisconfigured, UnreadableMessage
from channels.hotline import CHANNEL
from channels.message import Account, Ignored, InboundMessage

ACCOUNT = Account("hotline", "line-1")
CALL = "live-7"


def piece(sequence: int | None = None, speaker: str = "", text: str = "", **more: object) -> bytes:
    given = {"sequence": sequence, "speaker": speaker, "text": text} if sequence is not None else {}
    return json.dumps(given | more, ensure_ascii=False).encode()


BEGAN = piece(caller="13800138007", started_at="2026-03-05 10:00:00")
ASKS = piece(1, "坐席", "您好，这里是12345热线，请讲", start=0.5)
SAYS = piece(2, "市民", "惠风里小区的路灯不亮", start=3)
OVER = piece(ended=True)


def made(*pieces: bytes, late: tuple[bytes, ...] = ()) -> InboundMessage | Ignored:
    (found,) = CHANNEL.parse(CHANNEL.whole(CALL, pieces, late, ACCOUNT), ACCOUNT)
    assert isinstance(found, InboundMessage | Ignored)
    return found


def message(*pieces: bytes, late: tuple[bytes, ...] = ()) -> InboundMessage:
    found = made(*pieces, late=late)
    assert isinstance(found, InboundMessage)
    return found


def test_pieces_make_the_message_that_a_whole_transcript_makes() -> None:
    found = message(BEGAN, SAYS, OVER, ASKS)
    assert (found.external_id, found.revises, found.sender.id) == (CALL, CALL, "13800138007")
    assert found.text == "惠风里小区的路灯不亮"
    assert found.sent_at is not None
    assert found.full_text.index("您好") < found.full_text.index("路灯")


def test_the_order_in_which_pieces_come_makes_no_other_wording() -> None:
    assert message(BEGAN, ASKS, SAYS, OVER).delivery_id == message(SAYS, OVER, ASKS, BEGAN).delivery_id


def test_a_late_piece_makes_another_wording_of_the_same_call() -> None:
    first, later = message(BEGAN, SAYS, OVER), message(BEGAN, SAYS, OVER, late=(piece(3, "市民", "在3号楼前面"),))
    assert first.delivery_id != later.delivery_id
    assert later.revises == first.external_id
    assert later.text == "惠风里小区的路灯不亮\n在3号楼前面"


def test_who_called_is_settled_when_the_call_is_over() -> None:
    late = (piece(3, "市民", "在3号楼前面", caller="13800138099"),)
    assert message(BEGAN, SAYS, OVER, late=late).sender.phone == "13800138007"
    assert message(SAYS, OVER, late=late).sender.phone == ""


def test_what_the_agent_notes_after_the_call_is_taken() -> None:
    assert "路灯在小区外" in message(BEGAN, SAYS, OVER, late=(piece(remark="路灯在小区外"),)).full_text


def test_a_higher_revision_of_a_piece_holds_whichever_comes_last() -> None:
    wrong = piece(2, "市民", "辉风里小区的路灯不亮", revision=1)
    right = piece(2, "市民", "惠风里小区的路灯不亮", revision=2)
    assert message(BEGAN, wrong, right).text == message(BEGAN, right, wrong).text == "惠风里小区的路灯不亮"


def test_a_piece_with_a_time_of_day_stands_in_seconds_of_the_call() -> None:
    found = message(BEGAN, piece(2, "市民", "路灯不亮", at="2026-03-05 10:00:09"))
    assert "[00:09]" in found.full_text


def test_a_call_in_which_nobody_spoke_is_ignored_with_its_reason() -> None:
    found = made(BEGAN, ASKS, OVER)
    assert isinstance(found, Ignored)
    assert "无声" in found.reason


@pytest.mark.parametrize(("body", "ended"), [(SAYS, False), (OVER, True), (piece(4, "市民", "好", ended=True), True)])
def test_a_piece_says_whether_the_call_is_over(body: bytes, ended: bool) -> None:
    assert CHANNEL.piece(body, CALL, ACCOUNT).ended is ended


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"\xff\xfe", "字节"),
        (b"[1]", ""),
        (b'{"text": "a", "text": "b"}', "text"),
        (piece(), "text"),
        (json.dumps({"text": "路灯"}).encode(), "sequence"),
        (json.dumps({"sequence": 1}).encode(), "text"),
        (piece(-1, "市民", "路灯"), "sequence"),
        (piece(1, "市民", "路灯", final="perhaps"), "final"),
        (piece(ended="yes"), "ended"),
        (piece(1, "市民", "路灯", call_id="another"), "call_id"),
        (piece(1, "市民", "路" * 30_000), "text"),
        (piece(1, "市民", "路" * 90_000), ""),
    ],
)
def test_a_piece_that_cannot_be_read_is_refused_by_its_field(body: bytes, where: str) -> None:
    with pytest.raises(UnreadableMessage) as raised:
        CHANNEL.piece(body, CALL, ACCOUNT)
    assert where in raised.value.where


@pytest.mark.parametrize("call_id", ["", " live-7", "live\x007", "l" * 129])
def test_a_call_needs_a_number_that_can_be_kept(call_id: str) -> None:
    with pytest.raises(UnreadableMessage):
        CHANNEL.piece(SAYS, call_id, ACCOUNT)


def test_another_platforms_words_are_read_by_the_accounts_rules() -> None:
    body = json.dumps({"序号": 2, "角色": "市民", "内容": "路灯不亮", "定稿": True}, ensure_ascii=False).encode()
    assert message(BEGAN, body).text == "路灯不亮"


def test_silence_is_the_accounts_own_and_must_be_minutes() -> None:
    assert CHANNEL.silence(ACCOUNT) == timedelta(minutes=10)
    assert CHANNEL.silence(Account("hotline", "l", {"silence_minutes": 30})) == timedelta(minutes=30)
    with pytest.raises(ChannelMisconfigured):
        CHANNEL.check(Account("hotline", "l", {"silence_minutes": "soon"}))
