"""The contract of every channel. The layout that it reads is described in ``conftest.py``."""

from __future__ import annotations

import random
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.base import Channel
from channels.errors import ChannelError, UnreadableMessage
from channels.message import Ignored, InboundMessage, OutboundMessage, Parsed, Refused
from channels.registry import CHANNELS

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)

# The same examples at every run: what is found once is written down as a sample.
FAIR = settings(
    max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
# For each sample a few: deeper wounds, and many more, are in test_mutated_samples.py.
FEW = settings(FAIR, max_examples=8)
CUTS = 20
SPLINTERS = [
    b"\0",
    b"\xff",
    b"<",
    b"\x1b",
    b"&",
    b"]]>",
    b"\r\n",
    b"\n\n",
    b'"',
    b"=?",
    b"\\u0000",
    b"\\ud800",
    b"&#0;",
]


def plain(value: Any) -> Any:
    """What ``parse`` gives, in the shapes of JSON."""
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    return value


def assert_holds(expected: Any, found: Any, where: str) -> None:
    """Each thing expected is there; things that were not asked for may be anything."""
    if isinstance(expected, dict):
        assert isinstance(found, dict), where
        for key, value in expected.items():
            assert key in found, f"{where}: no {key}"
            assert_holds(value, found[key], f"{where}.{key}")
    elif isinstance(expected, list):
        assert isinstance(found, list), where
        assert len(found) == len(expected), f"{where}: {found}"
        for number, (one, other) in enumerate(zip(expected, found, strict=True)):
            assert_holds(one, other, f"{where}[{number}]")
    else:
        assert found == expected, where


def parsed(subject, payload: bytes) -> list[Parsed] | UnreadableMessage:
    try:
        return subject.channel.parse(payload, subject.account)
    except UnreadableMessage as unreadable:
        return unreadable


def described(result: list[Parsed] | UnreadableMessage) -> list[dict[str, Any]]:
    if isinstance(result, UnreadableMessage):
        return [{"type": "unreadable", "where": result.where, "why": result.why}]
    return [{"type": KINDS[type(one)], **plain(one)} for one in result]


KINDS = {InboundMessage: "message", Ignored: "ignored", Refused: "refused"}


def assert_storable(value: Any) -> None:
    """A database takes no NUL and no half surrogate; an id longer than its column is refused."""
    for one in value:
        for text in texts(one):
            assert "\0" not in text
            text.encode("utf-8")
        assert 0 < len(one.delivery_id) <= 255


def texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if is_dataclass(value):
        return [text for one in fields(value) for text in texts(getattr(value, one.name))]
    return [text for one in value for text in texts(one)] if isinstance(value, tuple) else []


def nothing_else(subject, payload: bytes) -> list[Parsed]:
    """Parse; ``UnreadableMessage`` is a fair answer, another exception fails the test."""
    result = parsed(subject, payload)
    return [] if isinstance(result, UnreadableMessage) else result


def test_a_channel_is_registered_under_its_own_name(subject):
    assert isinstance(subject.channel, Channel)
    assert CHANNELS.get(subject.name, subject.channel) is subject.channel
    assert subject.channel.name == subject.name
    assert subject.channel.label


def test_a_channel_has_recorded_samples(subject):
    assert subject.samples, f"tests/contract/samples/{subject.name}/ holds no sample"


@pytest.mark.line_back
def test_a_channel_has_a_table_of_the_platform_s_faults(subject):
    assert subject.faults is not None, f"tests/contract/faults_{subject.name}.py is missing"
    kinds = {error.__name__ for _, error in subject.faults.FAULTS}
    assert {"SendDelayed", "SendFailed"} <= kinds


def test_a_sample_becomes_what_is_written_beside_it(subject, sample):
    assert_holds(sample.results, described(parsed(subject, sample.payload)), sample.name)


def test_parsing_the_same_bytes_twice_gives_the_same(subject, sample):
    assert described(parsed(subject, sample.payload)) == described(parsed(subject, sample.payload))


def test_a_message_names_its_channel_its_account_and_its_delivery(subject, sample):
    for one in nothing_else(subject, sample.payload):
        assert (one.channel, one.account) == (subject.name, subject.account.name)
        assert one.delivery_id
        assert len(one.delivery_id) <= 255
        if isinstance(one, InboundMessage):
            assert one.sent_at is None or one.sent_at.tzinfo is not None


def test_an_ignored_delivery_says_why_in_chinese(subject, sample):
    for one in nothing_else(subject, sample.payload):
        if isinstance(one, Ignored):
            assert any("\u4e00" <= character <= "\u9fff" for character in one.reason)


def test_different_samples_have_different_delivery_ids_and_redeliveries_the_same(subject):
    ids = {one.name: [each.delivery_id for each in nothing_else(subject, one.payload)] for one in subject.samples}
    seen: dict[str, str] = {}
    for sample in subject.samples:
        if sample.redelivery_of:
            assert ids[sample.name] == ids[sample.redelivery_of], sample.name
            continue
        for identifier in ids[sample.name]:
            assert identifier not in seen, f"{sample.name} and {seen[identifier]}"
            seen[identifier] = sample.name


@pytest.mark.parametrize(
    "garbage",
    [b"", b" \n", b"\0" * 64, b"\xff\xfe", b"\xef\xbb\xbf", bytes(range(256)), random.Random(7).randbytes(4096)],
    ids=["empty", "blank", "nul", "utf16-bom", "utf8-bom", "all-bytes", "random"],
)
def test_garbage_is_unreadable_or_ignored(subject, garbage):
    assert not [one for one in nothing_else(subject, garbage) if isinstance(one, InboundMessage)]


@FAIR
@given(garbage=st.binary(max_size=600))
def test_random_bytes_raise_nothing_but_unreadable(subject, garbage):
    assert_storable(nothing_else(subject, garbage))


def test_a_truncated_payload_raises_nothing_but_unreadable(subject, sample):
    strict = getattr(subject.faults, "TRUNCATED_IS_GARBAGE", False)
    whole = sample.payload.rstrip()
    for cut in sorted({*range(0, len(whole), max(1, len(whole) // CUTS)), len(whole) - 1}):
        found = nothing_else(subject, whole[:cut])
        assert not (strict and found), f"cut at {cut}: {found}"


@FEW
@given(
    wounds=st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 40), st.sampled_from(SPLINTERS) | st.binary(max_size=4)),
        min_size=1,
        max_size=4,
    )
)
def test_a_damaged_payload_raises_nothing_but_unreadable(subject, sample, wounds):
    damaged = bytearray(sample.payload)
    for where, length, splinter in wounds:
        at = int(where * len(damaged))
        damaged[at : at + length] = splinter
    assert_storable(nothing_else(subject, bytes(damaged)))


def test_what_a_sample_becomes_can_be_stored(subject, sample):
    assert_storable(nothing_else(subject, sample.payload))


@pytest.mark.line_back
async def test_a_message_is_sent(subject):
    async with subject.faults.bench() as bench:
        platform_id = await subject.channel.send(outbound(subject), bench.account, bench.state, now=NOW)
    assert isinstance(platform_id, str)


@pytest.mark.line_back
async def test_a_fault_of_the_platform_is_told_apart(subject, fault):
    name, expected = fault
    async with subject.faults.bench() as bench:
        await bench.inject(name)
        with pytest.raises(ChannelError) as raised:
            await subject.channel.send(outbound(subject), bench.account, bench.state, now=NOW)
    assert type(raised.value) is expected, raised.value
    assert any("\u4e00" <= character <= "\u9fff" for character in str(raised.value))
    if hasattr(raised.value, "retry_after"):
        assert raised.value.retry_after > 0


@pytest.mark.line_back
async def test_after_a_delay_the_same_message_can_be_sent(subject):
    from channels.errors import SendDelayed

    delaying = [name for name, error in subject.faults.FAULTS if error is SendDelayed]
    async with subject.faults.bench() as bench:
        await bench.inject(delaying[0])
        with pytest.raises(SendDelayed):
            await subject.channel.send(outbound(subject), bench.account, bench.state, now=NOW)
        await bench.inject("")
        await subject.channel.send(outbound(subject), bench.account, bench.state, now=NOW)


def outbound(subject) -> OutboundMessage:
    return OutboundMessage(
        id="01930000-0000-7000-8000-000000000001",
        channel=subject.name,
        account=subject.account.name,
        recipient=subject.faults.RECIPIENT,
        title="您的诉求已受理",
        text="您反映的路灯不亮一事已受理，将在五个工作日内答复。",
        **getattr(subject.faults, "OUTBOUND", {}),
    )
