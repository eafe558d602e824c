"""Records of a counter's screen as JSON."""

from __future__ import annotations

import pytest

from channels.errors import UnreadableMessage
from channels.message import InboundMessage, Refused


@pytest.mark.parametrize(
    "given", ['{"text": "一"}', '[{"text": "一"}]', '{"records": [{"text": "一"}]}', '\ufeff{"诉求内容": "一"}']
)
def test_one_record_a_list_and_a_wrapped_list_are_read_alike(read, given):
    assert [said.text for said in read(given)] == ["一"]


def test_a_key_named_twice_refuses_its_record_only(read):
    refused, said = read('[{"text": "一", "text": "二"}, {"text": "三"}]')
    assert (type(refused), said.text) == (Refused, "三")
    assert "“text”写了两遍" in refused.why


def test_a_nested_value_refuses_its_record_only(read):
    refused, said = read('[{"text": ["一"]}, {"text": "二"}]')
    assert (refused.row, refused.where, said.text) == (1, "text", "二")


def test_forty_levels_are_one_refused_record(read):
    (refused,) = read('{"text": ' + "[" * 39 + "]" * 39 + "}")
    assert isinstance(refused, Refused)


@pytest.mark.parametrize("depth", [1_000, 100_000])
def test_a_bottomless_document_is_unreadable_or_refused(read, depth):
    try:
        found = read('{"text": ' + "[" * depth + "]" * depth + "}")
    except UnreadableMessage:
        return
    assert not any(isinstance(each, InboundMessage) for each in found)


def test_half_a_surrogate_is_replaced_and_told(read):
    (said,) = read(r'{"text": "路灯\ud83d不亮"}')
    assert said.text == "路灯\ufffd不亮"
    assert "有无法识别的字" in said.notes


@pytest.mark.parametrize(
    "given", ["[]", "{}", "[{}]", "[1, 2]", '{"text"', '{"text": NaN}', '[{"name": "甲"}]', "{" * 70_000]
)
def test_what_holds_no_record_is_unreadable(read, given):
    with pytest.raises(UnreadableMessage):
        read(given)


def test_absurd_numbers_are_refused(read):
    assert all(
        isinstance(each, Refused) for each in read('[{"text": "一", "phone": 1e300}, {"text": "一", "phone": 1e18}]')
    )
    with pytest.raises(UnreadableMessage):
        read('{"text": "一", "phone": ' + "9" * 5_000 + "}")


def test_a_record_sent_again_is_the_same_delivery(read):
    record = '{"time": "2026-03-05T09:00:00+08:00", "phone": "13900000101", "text": "一"}'
    again = '{"text":"一","phone":13900000101,"time":"2026-03-05 09:00"}'
    assert read(record)[0].delivery_id == read(again)[0].delivery_id
