"""Messages of the group robot: within the published limits, and what a person reads when one does not arrive."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from api.standins.wecom import WecomServer
from api.standins.wecom.platform import ERRORS, PER_MINUTE
from channels.errors import ChannelMisconfigured, SendDelayed, SendFailed
from channels.message import Account, OutboundMessage
from channels.registry import CHANNELS
from channels.robots import ROBOTS, SENDERS
from channels.wecom_robot import ROBOT, pacing
from channels.wecom_robot.account import calling
from channels.wecom_robot.send import LIMITS, SHORTENED, shortened
from tests.contract.memory_state import MemoryState

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
KEY = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
LINK = "https://desk.example/alerts/1"


@pytest.fixture
def wecom() -> Iterator[WecomServer]:
    with WecomServer() as server:
        yield server


def send(
    server: WecomServer,
    text: str,
    state: MemoryState | None = None,
    *,
    mention: str = "",
    now: datetime = NOW,
    **settings: object,
) -> str:
    details = {"mention": mention} if mention else {}
    message = OutboundMessage("d-1", "wecom_robot", "duty", "alert-1", text, details=details)
    account = Account("wecom_robot", "duty", {"key": KEY, "api_base": server.url, "timeout_seconds": 1} | settings)
    return asyncio.run(ROBOT.send(message, account, state or MemoryState(), now=now))


def test_residents_neither_write_to_a_robot_nor_are_written_to_by_one() -> None:
    assert not ROBOTS.keys() & CHANNELS.keys()
    assert SENDERS.keys() == ROBOTS.keys() | CHANNELS.keys()
    assert not hasattr(ROBOT, "parse")


@pytest.mark.parametrize("text", ["【突发】燃气泄漏", '引号"和<b>&amp;', "表情😀", "两\n行", "加号+百分号%20"])
def test_a_text_arrives_as_it_was_written_and_calls_the_phones(wecom: WecomServer, text: str) -> None:
    assert send(wecom, text, mention="13800000001,@all") == "d-1"
    (said,) = wecom.platform.said(KEY)
    assert (said.kind, said.content, said.mentioned) == ("text", text, ("13800000001", "@all"))


def test_markdown_is_sent_where_the_account_says_so_and_calls_no_phones(wecom: WecomServer) -> None:
    send(wecom, "**突发**", mention="13800000001", format="markdown")
    (said,) = wecom.platform.said()
    assert (said.kind, said.mentioned) == ("markdown", ())


@pytest.mark.parametrize("format_", ["text", "markdown"])
def test_what_is_too_long_is_shortened_in_bytes_and_keeps_its_link(wecom: WecomServer, format_: str) -> None:
    send(wecom, "急" * 3000 + "\n" + LINK, format=format_)
    (said,) = wecom.platform.said()
    assert LIMITS[format_] - 3 < len(said.content.encode()) <= LIMITS[format_]
    assert said.content.endswith(f"{SHORTENED}\n{LINK}")


@pytest.mark.parametrize("over", [-1, 0, 1, 2, 3])
def test_the_published_limit_is_met_to_the_byte(over: int) -> None:
    words = "a" * (2048 + over)
    cut = shortened(words, 2048)
    assert (cut == words) is (over <= 0)
    assert len(cut.encode()) <= 2048


def test_words_that_are_none_are_refused_before_they_leave(wecom: WecomServer) -> None:
    with pytest.raises(SendFailed, match="没有内容"):
        send(wecom, " \n\0")
    assert wecom.platform.said() == []


def test_the_twenty_first_message_of_a_minute_waits_for_the_first_to_be_a_minute_old(wecom: WecomServer) -> None:
    state = MemoryState()
    for number in range(PER_MINUTE):
        send(wecom, f"第{number}条", state, now=NOW + timedelta(seconds=number))
    with pytest.raises(SendDelayed) as delayed:
        send(wecom, "太多", state, now=NOW + timedelta(seconds=30))
    assert delayed.value.retry_after == 30
    assert len(wecom.platform.said()) == PER_MINUTE, "it is not even tried"
    with pytest.raises(SendDelayed, match="45009"):  # the platform's own count, in real time
        send(wecom, "一分钟后", state, now=NOW + timedelta(seconds=61))


def test_a_count_that_cannot_be_read_begins_anew(wecom: WecomServer) -> None:
    send(wecom, "您好", MemoryState({pacing._KEY: "{"}))
    assert len(wecom.platform.said()) == 1


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        ("93000", ChannelMisconfigured, "key: Webhook 地址无效，或机器人已被移出群（93000）"),
        ("45009", SendDelayed, "发送过于频繁"),
        ("-1", SendDelayed, "系统繁忙"),
        ("40008", SendFailed, "消息类型不被接受（40008）"),
        ("40033", SendFailed, "40033"),
        ("40058", SendFailed, "参数不合规定"),
        ("44004", SendFailed, "没有内容"),
        ("http 500", SendDelayed, "HTTP 500"),
        ("http 429", SendDelayed, "HTTP 429"),
        ("http 404", ChannelMisconfigured, "api_base"),
        ("http 403", SendFailed, "HTTP 403"),
        ("garbage", SendDelayed, "中间设备"),
        ("cut", SendDelayed, "没有得到企业微信的答复"),
        ("hang", SendDelayed, "没有得到企业微信的答复"),
    ],
)
def test_each_answer_means_what_the_published_table_says(
    wecom: WecomServer, fault: str, error: type[Exception], words: str
) -> None:
    wecom.platform.inject(fault)
    with pytest.raises(error, match=words.replace("（", ".").replace("）", ".")):
        send(wecom, "您好")


def test_a_refused_connection_is_a_delay(wecom: WecomServer) -> None:
    with pytest.raises(SendDelayed):
        send(wecom, "您好", api_base="http://127.0.0.1:9")


def test_a_robot_taken_out_of_its_group_names_the_key(wecom: WecomServer) -> None:
    send(wecom, "您好")
    wecom.platform.remove(KEY)
    with pytest.raises(ChannelMisconfigured, match="93000"):
        send(wecom, "还在吗")


def test_the_key_stands_in_no_log_and_no_error(wecom: WecomServer, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        send(wecom, "您好")
        with pytest.raises(SendDelayed) as delayed:
            send(wecom, "您好", api_base="http://127.0.0.1:9")
    assert "webhook/send" in caplog.text
    assert KEY not in "".join(record.getMessage() for record in caplog.records if record.name == "httpx")
    assert KEY not in str(delayed.value)


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({}, "key"),
        ({"key": "short"}, "key"),
        ({"key": KEY, "api_base": "qyapi"}, "api_base"),
        ({"key": KEY, "api_base": "http://qyapi.weixin.qq.com"}, "api_base"),
        ({"key": KEY, "format": "html"}, "format"),
        ({"key": KEY, "timeout_seconds": "soon"}, "timeout_seconds"),
    ],
)
def test_a_setting_that_is_missing_or_wrong_is_named(settings: dict[str, object], names: str) -> None:
    with pytest.raises(ChannelMisconfigured) as problem:
        ROBOT.check(Account("wecom_robot", "duty", settings))
    assert problem.value.setting == names


def test_the_whole_address_of_the_group_s_page_serves_as_key() -> None:
    whole = f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}"
    found = calling(Account("wecom_robot", "duty", {"key": whole}))
    assert (found.key, found.api_base) == (KEY, "https://qyapi.weixin.qq.com")
    assert KEY not in repr(found)


def test_chinese_leaves_as_itself_for_escapes_are_refused(wecom: WecomServer) -> None:
    escaped = json.dumps({"msgtype": "text", "text": {"content": "您好"}}).encode()
    assert wecom.platform.send(KEY, json.loads(escaped), raw=escaped) == 40033
    assert ERRORS[40033]
    send(wecom, "您好")
    assert [each.content for each in wecom.platform.said()] == ["您好"]
