"""Which call, and which wording of it."""

from __future__ import annotations

import pytest

from channels.errors import UnreadableMessage
from channels.message import Refused
from tests.unit.channels.hotline.calls import ACCOUNT, CHANNEL, GREETING, call, message, parsed

LAMP = ("市民", "路灯不亮")
LAMPS = ("市民", "路灯全不亮")


def test_the_first_of_numbered_wordings_is_the_call_itself_and_words_anew_what_its_pieces_said():
    first = message(call(GREETING, LAMP, revision=1))
    assert (first.delivery_id, first.external_id, first.revises) == ("call:c-1", "c-1", "c-1")


@pytest.mark.parametrize("revision", [2, "2", "v2", "终版"])
def test_a_later_numbered_wording_revises_the_call(revision):
    later = message(call(GREETING, LAMPS, revision=revision))
    assert (later.delivery_id, later.external_id, later.revises) == (f"call:c-1:{revision}", "c-1", "c-1")


def test_a_platform_that_does_not_number_gives_the_same_id_to_the_same_words():
    assert message(call(GREETING, LAMP)).delivery_id == message(call(GREETING, LAMP)).delivery_id


def test_and_another_one_to_other_words_which_revise_the_call():
    first, other = message(call(GREETING, LAMP)), message(call(GREETING, LAMPS))
    assert first.delivery_id != other.delivery_id
    assert other.delivery_id.startswith("call:c-1:")
    assert other.revises == other.external_id == first.external_id


def test_the_order_of_keys_and_blanks_in_the_file_make_no_other_wording():
    plain = call(GREETING, LAMP)
    assert message(plain.replace(b'", "', b'",\n    "')).delivery_id == message(plain).delivery_id


def test_a_transcript_said_to_be_corrected_is_never_the_first():
    assert message(call(GREETING, LAMP, revision=1, corrected=True)).revises == "c-1"


def test_a_silent_call_whose_correction_has_words_is_not_taken_for_a_redelivery():
    assert parsed(call(GREETING)).delivery_id != message(call(GREETING, LAMP)).delivery_id


@pytest.mark.parametrize("identity", ["", "   ", None, "c" * 129])
def test_a_call_without_a_usable_number_of_its_own_is_unreadable(identity):
    with pytest.raises(UnreadableMessage) as raised:
        parsed(call(GREETING, LAMP, identity=identity))
    assert raised.value.where == "呼叫编号"


def test_a_broken_line_is_refused_with_its_row_and_its_neighbours_pass():
    lines = [call(GREETING, LAMP), b'{"call_id": "c-2", ', b"", call(GREETING, LAMPS, identity="c-3")]
    first, broken, last = CHANNEL.parse(b"\r\n".join(lines), ACCOUNT)
    assert isinstance(broken, Refused)
    assert broken.row == 2
    assert (first.external_id, last.external_id) == ("c-1", "c-3")


def test_a_broken_first_line_is_refused_too():
    broken, good = CHANNEL.parse(b'{"call_id": \n' + call(GREETING, LAMP), ACCOUNT)
    assert isinstance(broken, Refused)
    assert broken.row == 1
    assert good.external_id == "c-1"


def test_a_refused_turn_says_which_one():
    line = call(GREETING, LAMP).replace("路灯不亮".encode(), b"").replace(b'"text": ""', b'"text": 5')
    good = call(GREETING, LAMPS, identity="c-2")
    refused, _ = CHANNEL.parse(line + b"\n" + good, ACCOUNT)
    assert isinstance(refused, Refused)
    assert (refused.where, refused.why) == ("第 2 句 text", "应为文字")


def test_one_broken_call_alone_is_unreadable_and_not_a_row():
    with pytest.raises(UnreadableMessage):
        parsed(call(GREETING, LAMP)[:-3])


def test_a_call_spread_over_lines_is_one_call():
    import json

    assert message(json.dumps(json.loads(call(GREETING, LAMP)), indent=0)).external_id == "c-1"
