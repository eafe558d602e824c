"""Messages of a bot: their text as it arrives, long ones in order, and what a person reads when one does not."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from api.standins.telegram import TelegramServer
from api.standins.telegram.faults import MIGRATED_TO, RETRY_AFTER
from channels.errors import ChannelMisconfigured, SendDelayed, SendFailed, SendUncertain
from channels.message import Account, OutboundMessage
from channels.telegram import CHANNEL
from channels.telegram.length import LIMIT_UNITS, split, units
from tests.contract.faults_telegram import TOKEN
from tests.contract.memory_state import MemoryState

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
LONG = "".join(f"第{number}条：您反映的事项已经转给承办单位核实办理😀。\n" for number in range(1, 400))


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    with TelegramServer() as server:
        yield server


def send(
    server: TelegramServer, text: str, state: MemoryState | None = None, *, to: str = "5", **settings: object
) -> str:
    given = {"token": TOKEN, "base_url": server.url, "timeout_seconds": 2}
    message = OutboundMessage(id="delivery-1", channel="telegram", account="unit", recipient=to, text=text)
    account = Account("telegram", "unit", given | settings)
    return asyncio.run(CHANNEL.send(message, account, state or MemoryState(), now=NOW))


@pytest.mark.parametrize("text", ["您好，已受理", '引号"和<b>&amp;', "表情😀", "两\n行", "加号+百分号%20", "*星*_线_"])
def test_a_text_arrives_as_it_was_written(telegram: TelegramServer, text: str) -> None:
    assert send(telegram, text) == "5:1"
    assert telegram.sent(5) == [text]


def test_what_utf8_cannot_carry_is_replaced_and_the_rest_arrives(telegram: TelegramServer) -> None:
    send(telegram, "停水\ud83d了\0")
    assert telegram.sent(5) == ["停水?了"]


def test_a_long_text_arrives_whole_and_in_order_in_parts_that_end_with_a_line(telegram: TelegramServer) -> None:
    state = MemoryState()
    ids = send(telegram, LONG, state).split(",")
    parts = telegram.sent(5)
    assert len(parts) == len(ids) > 1
    assert "\n".join(parts) == LONG.strip()
    assert json.loads(state.values["send_progress"]) == {}


@pytest.mark.parametrize("text", ["😀" * 5000, "字" * 9000, "a。" * 5000, "x" + "😀" * 4096, "", " \n "])
def test_no_part_is_longer_than_the_platform_counts(text: str) -> None:
    parts = split(text)
    assert "".join(parts) == text.strip()
    assert all(0 < units(part) <= LIMIT_UNITS and units(part) == len(part.encode("utf-16-le")) // 2 for part in parts)


def test_a_text_delayed_in_the_middle_goes_on_with_the_part_not_sent(telegram: TelegramServer) -> None:
    state = MemoryState()
    telegram.inject("too many requests", after=1)
    with pytest.raises(SendDelayed) as raised:
        send(telegram, LONG, state)
    assert raised.value.retry_after == RETRY_AFTER
    assert len(telegram.sent(5)) == 1
    telegram.inject("")
    ids = send(telegram, LONG, state)
    assert "\n".join(telegram.sent(5)) == LONG.strip()
    assert len(ids.split(",")) == len(telegram.sent(5))


def test_a_part_whose_answer_was_lost_is_in_doubt_and_so_is_one_that_cannot_be_noted(telegram: TelegramServer) -> None:
    telegram.inject("cut", after=1)
    with pytest.raises(SendUncertain):
        send(telegram, LONG)

    class Away(MemoryState):
        def compare_and_set(self, key: str, expected: str | None, value: str) -> bool:
            raise OSError

    telegram.inject("")
    with pytest.raises(SendUncertain, match="没能记下"):
        send(telegram, LONG, Away())


def test_a_group_that_became_a_supergroup_is_written_to_under_its_new_number(telegram: TelegramServer) -> None:
    telegram.platform.block(-77, "migrated")
    assert send(telegram, "您好", to="-77") == f"{MIGRATED_TO}:1"
    assert telegram.sent(MIGRATED_TO) == ["您好"]


@pytest.mark.parametrize(
    ("why", "word"),
    [("blocked", "停用"), ("deactivated", "注销"), ("cannot initiate", "私聊"), ("chat not found", "找不到")],
)
def test_a_resident_who_cannot_be_written_to_is_a_failure_that_says_why(
    telegram: TelegramServer, why: str, word: str
) -> None:
    telegram.platform.block(5, why)
    with pytest.raises(SendFailed, match=word):
        send(telegram, "您好")


@pytest.mark.parametrize("recipient", ["", "o_openid", "@name", "5; drop", "５", "9" * 40])
def test_what_is_no_number_of_a_chat_is_not_tried(telegram: TelegramServer, recipient: str) -> None:
    with pytest.raises(SendFailed):
        send(telegram, "您好", to=recipient)
    assert telegram.platform.calls == {}


def test_a_text_without_words_is_not_sent(telegram: TelegramServer) -> None:
    with pytest.raises(SendFailed, match="没有内容"):
        send(telegram, " \n\0")


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        ({"token": ""}, "token"),
        ({"token": "no token"}, "token"),
        ({"token": "1:a/../x"}, "token"),
        ({"base_url": "ftp://example.com"}, "base_url"),
        ({"base_url": "http://bot-api.example.com"}, "base_url"),
        ({"base_url": "https://[::1"}, "base_url"),
        ({"timeout_seconds": -1}, "timeout_seconds"),
        ({"poll_seconds": "soon"}, "poll_seconds"),
    ],
)
def test_a_wrong_setting_is_named_and_nothing_is_called(
    telegram: TelegramServer, settings: dict[str, object], wrong: str
) -> None:
    with pytest.raises(ChannelMisconfigured) as raised:
        send(telegram, "您好", **settings)
    assert raised.value.setting == wrong
    assert telegram.platform.calls == {}


def test_the_check_asks_for_a_token_and_one_way_of_receiving() -> None:
    CHANNEL.check(Account("telegram", "d", {"token": TOKEN, "polling": True}))
    CHANNEL.check(Account("telegram", "d", {"token": TOKEN, "secret_token": "s-1"}))
    for settings, wrong in (
        ({"polling": True}, "token"),
        ({"token": TOKEN}, "secret_token"),
        ({"token": TOKEN, "secret_token": "有空格 的"}, "secret_token"),
    ):
        with pytest.raises(ChannelMisconfigured) as raised:
            CHANNEL.check(Account("telegram", "d", settings))
        assert raised.value.setting == wrong


@pytest.mark.parametrize("fault", ["", "unauthorized", "garbage", "cut", "blocked"])
def test_the_token_stands_in_no_log_and_in_no_error(
    telegram: TelegramServer, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    telegram.inject(fault)
    said = ""
    with caplog.at_level(logging.DEBUG):
        try:
            send(telegram, "您好")
        except Exception as problem:
            said = f"{problem!r} {problem.__cause__!r}"
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("uvicorn")]
    assert any("/bot***/sendMessage" in line for line in ours)
    assert "not-a-secret" not in "".join(ours) + said
