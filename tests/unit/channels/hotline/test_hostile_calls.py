"""Whatever comes, messages or ``UnreadableMessage`` come out, soon."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.errors import UnreadableMessage
from channels.message import Ignored, InboundMessage, Parsed, Refused
from tests.unit.channels.hotline.calls import ACCOUNT, CHANNEL, GREETING, call, message

SAMPLES = sorted(
    file
    for file in (Path(__file__).parents[3] / "contract" / "samples" / "hotline").iterdir()
    if not file.name.endswith(".expected.json")
)
PIECES = [
    b"\0",
    b"\xff\xfe",
    b"{",
    b"}",
    b"[",
    b'"',
    b"\n",
    b"\r",
    b"[00:00] ",
    "：".encode(),
    b" --> ",
    b'"call_id":',
    b"NaN",
    b"-1",
    b"1e999",
    b"\\ud800",
    b"\\u0000",
    "呼叫编号：".encode(),
    "客户".encode(),
    "打错了".encode("gbk"),
    b"9" * 400,
]
STEPS = st.tuples(
    st.sampled_from(["insert", "delete", "repeat", "swap"]),
    st.floats(0, 1),
    st.integers(0, 60),
    st.sampled_from(PIECES),
)


def mutated(payload: bytes, steps: list[tuple[str, float, int, bytes]]) -> bytes:
    for step, where, length, piece in steps:
        at = int(where * len(payload))
        head, middle, tail = payload[:at], payload[at : at + length], payload[at + length :]
        payload = {
            "insert": head + piece + middle + tail,
            "delete": head + tail,
            "repeat": head + middle + middle + tail,
            "swap": tail + middle + head,
        }[step]
    return payload


def outcome(payload: bytes) -> list[Parsed] | UnreadableMessage:
    try:
        return CHANNEL.parse(payload, ACCOUNT)
    except UnreadableMessage as unreadable:
        return unreadable


@settings(
    max_examples=100, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
@given(file=st.sampled_from(SAMPLES), steps=st.lists(STEPS, min_size=1, max_size=6))
def test_a_mutated_call_gives_messages_or_is_unreadable_and_nothing_else(file, steps):
    found = outcome(mutated(file.read_bytes(), steps))
    if isinstance(found, UnreadableMessage):
        assert found.why
        assert f"{found.where}{found.why}".encode()
        return
    assert found
    for one in found:
        assert isinstance(one, InboundMessage | Ignored | Refused)
        assert 0 < len(one.delivery_id) <= 255
        if isinstance(one, InboundMessage):
            assert one.text
            assert one.full_text


def big(text: str, times: int = 98, speakers: tuple[str, str] = ("0", "1")) -> bytes:
    return call(*((speakers[number % 2], text) for number in range(times)))


HEAVY = {
    "a line of 10 MB": b"x" * 10_000_000,
    "a JSON text of 10 MB": b'{"call_id":"' + b"x" * 10_000_000 + b'"}',
    "a million brackets": b"[" * 1_000_000,
    "a million lines": b"{\n" * 1_000_000,
    "stutters": big("我那个" * 6000),
    "fillers": big("嗯，" * 9000),
    "commas": big("，" * 19_000),
    "formulas": big("请您" * 9000),
    "almost wrong numbers": big("打" * 19_000),
    "blanks in brackets": "呼叫编号：1\n".encode() + (b"[" + b" " * 90 + b"\n") * 19_000,
    "a paragraph without end": "呼叫编号：1\n[00:01] 客户：好\n".encode() + (b"1" * 19_000 + b"\n") * 95,
}


@pytest.mark.parametrize("payload", HEAVY.values(), ids=HEAVY)
def test_a_heavy_payload_holds_nobody_up(payload):
    begun = time.monotonic()
    assert outcome(payload)
    assert time.monotonic() - begun < 15  # two seconds on the machine it was written on


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-8-sig", "utf-16"])
def test_a_text_of_windows_is_read_in_its_encoding(encoding):
    text = "呼叫编号：E-1\r\n主叫号码：13800000000\r\n[00:01] 客户：井盖丢了，滹沱河边的\r\n"
    assert message(text.encode(encoding)).text == "井盖丢了，滹沱河边的"


def test_utf_8_with_a_few_broken_bytes_is_not_taken_for_gbk():
    payload = call(GREETING, ("市民", "路灯不亮" * 40)).replace("路".encode(), "路".encode()[:2], 1)
    with pytest.raises(UnreadableMessage) as raised:
        CHANNEL.parse(payload, ACCOUNT)
    assert raised.value.where == "第 1 行"


def test_a_nul_written_as_an_escape_is_taken_out_and_noted():
    made = message(call(GREETING, ("市民", "路灯\0不亮")))
    assert made.text == "路灯不亮"
    assert "文字中有空字符，已去掉" in made.notes


@pytest.mark.parametrize("seed", range(20))
def test_noise_is_unreadable(seed):
    with pytest.raises(UnreadableMessage):
        CHANNEL.parse(random.Random(seed).randbytes(2000), ACCOUNT)
