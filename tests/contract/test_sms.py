"""短信: each rule of the channel by its name, over HTTP against the provider's stand-in."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from channels.errors import ChannelMisconfigured, ForgedMessage, SendDelayed, SendFailed, SendUncertain
from channels.message import Account, InboundMessage, OutboundMessage, WebhookRequest
from channels.registry import CHANNELS, capabilities
from channels.sms import CHANNEL, provider
from channels.sms.length import parts_of
from channels.sms.signing import signature
from tests.contract.faults_sms import NOW, RECIPIENT, SETTINGS, bench
from tests.contract.memory_state import MemoryState

CODE = {"phone_code": {"id": "SMS_1001", "params": {"code": "code", "minutes": "minutes"}}}


def outbound(**changes: Any) -> OutboundMessage:
    given = {
        "id": "01930000-0000-7000-8000-000000000001",
        "channel": "sms",
        "account": "main",
        "recipient": RECIPIENT,
        "text": "您反映的路灯不亮一事已受理，将在五个工作日内答复。",
    }
    return OutboundMessage(**{**given, **changes})


async def shown(message: OutboundMessage, **settings: Any) -> list[str]:
    async with bench(**settings) as running:
        await CHANNEL.send(message, running.account, running.state, now=NOW)
        return running.sent()


def test_sms_is_counted_in_parts_of_67():
    assert [parts_of("字" * length) for length in (1, 70, 71, 134, 135, 201)] == [1, 1, 2, 2, 3, 3]
    assert parts_of("😀" * 35) == 1
    assert parts_of("😀" * 36) == 2


async def test_the_provider_counts_parts_as_we_do():
    for length in (66, 67, 130, 131):
        text = "字" * length
        async with bench() as running:
            await CHANNEL.send(outbound(text=text), running.account, running.state, now=NOW)
            (sent,) = running.server.platform.sent(RECIPIENT)
        assert sent.parts == parts_of(f"【应声】{text}")


async def test_the_heading_stands_in_front_once_whoever_puts_it():
    assert await shown(outbound(text="已受理。")) == ["【应声】已受理。"]
    with gateway({"code": "OK", "id": "g-1"}) as taken:
        account = Account("sms", "own", own(taken, heading="【玉泉区】"))
        await CHANNEL.send(outbound(text="已受理。"), account, MemoryState(), now=NOW)
    assert taken.got[0]["content"] == "【玉泉区】已受理。"


async def test_a_code_goes_by_the_provider_s_template_with_its_parameters():
    message = outbound(template="phone_code", fields={"code": "482113", "minutes": "10"}, text="不会发出")
    assert await shown(message, templates=CODE, free_text=False) == [
        "【应声】您的验证码是482113，10分钟内有效，请勿告诉他人。"
    ]


async def test_where_only_templates_are_taken_other_words_fail_and_say_which_template_is_missing():
    async with bench(templates=CODE, free_text=False) as running:
        with pytest.raises(SendFailed, match="received"):
            await CHANNEL.send(outbound(template="received"), running.account, running.state, now=NOW)
        with pytest.raises(SendFailed, match="minutes"):
            await CHANNEL.send(
                outbound(template="phone_code", fields={"code": "1"}), running.account, running.state, now=NOW
            )
        assert running.sent() == []


async def test_one_sms_never_carries_a_name_or_an_address_to_the_door():
    text = "王秀兰女士您好，翠微亭小区3号楼2单元501室漏水（身份证110101199003078515）已处理。王秀兰家的水表一并更换。"
    (sent,) = await shown(outbound(text=text, recipient_name="王秀兰"))
    assert "王女士您好" in sent
    for secret in ("秀兰", "501", "2单元", "19900307"):
        assert secret not in sent
    fields = {"number": "20260310-0007", "text": "3号楼2单元501室漏水已处理"}
    templates = {"answered": {"id": "SMS_1002", "params": {"number": "number", "text": "text"}}}
    (sent,) = await shown(outbound(template="answered", fields=fields), templates=templates)
    assert sent == "【应声】您反映的事项20260310-0007：**漏水已处理"


async def test_a_text_beyond_the_longest_leaves_in_several_and_goes_on_where_it_stopped():
    text = "。".join(f"第{number}句话说的是这件事情的经过" for number in range(60))
    async with bench() as running:
        with pytest.raises(SendDelayed) as raised:  # the provider takes one a minute to a number
            await CHANNEL.send(outbound(text=text), running.account, running.state, now=NOW)
        assert 0 < raised.value.retry_after <= 60
        assert len(running.sent()) == 1
        await running.control("limits", {"minute": 0, "hour": 0, "day": 0})
        ids = await CHANNEL.send(outbound(text=text), running.account, running.state, now=NOW)
        sent = running.sent()
    assert len(sent) == len(ids.split(",")) == 2
    assert "".join(each.removeprefix("【应声】") for each in sent) == text
    assert all(len(each) <= capabilities("sms").longest for each in sent)


async def test_the_wait_is_the_one_the_provider_asks_for():
    async with bench() as running:
        await CHANNEL.send(outbound(), running.account, running.state, now=NOW)
        with pytest.raises(SendDelayed) as raised:
            await CHANNEL.send(outbound(id="other"), running.account, running.state, now=NOW)
    assert 1 <= raised.value.retry_after <= 60
    assert "一分钟内已发过" in raised.value.reason


async def test_a_line_that_broke_is_tried_again_and_the_telephone_shows_one_text():
    async with bench() as running:
        await running.inject("cut")
        with pytest.raises(SendDelayed):
            await CHANNEL.send(outbound(), running.account, running.state, now=NOW)
        await running.inject("")
        assert await CHANNEL.send(outbound(), running.account, running.state, now=NOW)
        assert len(running.sent()) == 1


async def test_where_the_provider_knows_no_copies_a_broken_line_is_for_a_person():
    async with bench(knows_repeats=False) as running:
        await running.inject("cut")
        with pytest.raises(SendUncertain):
            await CHANNEL.send(outbound(), running.account, running.state, now=NOW)


async def test_who_left_the_list_is_not_written_to():
    async with bench() as running:
        await running.control("act", {"who": RECIPIENT, "act": "blacklist"})
        with pytest.raises(SendFailed, match="黑名单") as refused:
            await CHANNEL.send(outbound(), running.account, running.state, now=NOW)
    assert refused.value.why == "blocked"


@pytest.mark.parametrize("recipient", ["", "02088886666", "1380000000", "o-openid", "12800000000"])
async def test_only_a_mobile_number_is_written_to(recipient):
    async with bench() as running:
        with pytest.raises(SendFailed, match="号码"):
            await CHANNEL.send(outbound(recipient=recipient), running.account, running.state, now=NOW)
        assert running.server.platform.sent(None) == []


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"provider": "aliyun"}, "provider"),
        ({"url": ""}, "url"),
        ({"url": "http://sms.example/send"}, "url"),
        ({"account": ""}, "account"),
        ({"secret": ""}, "secret"),
        ({"heading": ""}, "heading"),
        ({"headding": "应声"}, "headding"),
        ({"method": "PUT"}, "method"),
        ({"fields": {"mobile": "{phon}"}}, "fields.mobile"),
        ({"fields": {"content": "{text}", "sign": "{signature}"}}, "fields"),
        ({"fields": {"mobile": "{phone}", "content": "{text}"}}, "fields"),
        ({"signing": {"method": "md5", "over": "{secret}{phones}"}}, "signing.over"),
        ({"signing": {"method": "rsa"}}, "signing.method"),
        ({"answer": {"id": "message_id"}}, "answer.ok"),
        ({"templates": {"phone_code": {"params": ["code"]}}}, "templates.phone_code.id"),
        ({"callback": {"signature": "", "token": "short"}}, "callback.token"),
        ({"callback": {"receipt": {"id": "x"}}}, "callback.receipt.status"),
        ({"longest": 10}, "longest"),
    ],
)
def test_a_wrong_setting_is_named_before_the_first_text(settings, named):
    with pytest.raises(ChannelMisconfigured) as raised:
        CHANNEL.check(Account("sms", "main", {**SETTINGS, **settings}))
    assert raised.value.setting == named
    assert "demo-sms-secret" not in str(raised.value)


def test_four_values_suffice_for_the_generic_provider_and_the_secret_is_in_no_repr():
    account = Account("sms", "main", SETTINGS)
    CHANNEL.check(account)
    found = provider.read(account)
    assert SETTINGS["secret"] not in repr(found) + repr(account)


def test_the_signature_is_the_published_example_s():
    fields = {
        "account": "demo",
        "params": {"code": "4821", "minutes": "5"},
        "phone": "13800000000",
        "template_id": "SMS_1001",
        "timestamp": 1767225600,
    }
    found = signature(provider.read(Account("sms", "main", SETTINGS)), {}, fields)
    assert found == "8bfa0dc48494e06805364f6f5b7d7cb99faf3d8131929ebe91fc9908ad7ab740"


# A provider of another make: a form, a signature in a header, codes of its own.


class Gateway(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self.server.got.append({key: values[0] for key, values in parse_qs(body).items()})
        self._answer()

    def do_GET(self) -> None:
        self.server.got.append({key: values[0] for key, values in parse_qs(urlsplit(self.path).query).items()})
        self._answer()

    def _answer(self) -> None:
        self.server.headers.append(dict(self.headers))
        body = json.dumps(self.server.answer).encode()
        self.send_response_only(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def gateway(answer: dict[str, Any], handler: type[BaseHTTPRequestHandler] = Gateway) -> Iterator[Any]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.answer, server.got, server.headers = answer, [], []
        threading.Thread(target=server.serve_forever, args=(0.05,)).start()
        try:
            yield server
        finally:
            server.shutdown()


def own(server: Any, **more: Any) -> dict[str, Any]:
    return {
        "url": f"http://127.0.0.1:{server.server_port}/send",
        "account": "qu",
        "secret": "own-secret-not-for-use",
        "heading": "玉泉区",
        "content": "form",
        "time": "%Y%m%d%H%M%S",
        "headers": {"X-Sign": "{signature}"},
        "fields": {
            "mobile": "{phone}",
            "content": "{text}",
            "tpl": "{template}",
            "vars": "{params}",
            "ts": "{timestamp}",
        },
        "signing": {"method": "md5", "over": "{account}{secret}{timestamp}", "written": "HEX"},
        "answer": {
            "ok": {"path": "code", "equals": "OK"},
            "id": "id",
            "delayed": ["BUSY"],
            "failed": ["NUMBER"],
            "misconfigured": {"KEY": "secret"},
        },
        **more,
    }


async def test_another_provider_is_a_mapping_in_the_settings():
    templates = {"phone_code": {"id": "T7", "params": ["minutes", "code"]}}
    message = outbound(template="phone_code", fields={"code": "482113", "minutes": "10"})
    with gateway({"code": "OK", "id": "g-1"}) as taken:
        account = Account("sms", "own", own(taken, templates=templates))
        CHANNEL.check(account)
        assert await CHANNEL.send(message, account, MemoryState(), now=NOW) == "g-1"
    assert taken.got == [{"mobile": RECIPIENT, "tpl": "T7", "vars": '["10","482113"]', "ts": "20261124100000"}]
    # printf 'quown-secret-not-for-use20261124100000' | md5sum
    assert taken.headers[0]["X-Sign"] == "42C3A98CECFCF2A2CE6F8A4BBE554564"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"code": "BUSY"}, SendDelayed),
        ({"code": "NUMBER"}, SendFailed),
        ({"code": "KEY"}, ChannelMisconfigured),
        ({"code": "NEVER HEARD OF"}, SendUncertain),
        ({}, SendUncertain),
        ([], SendUncertain),
    ],
)
async def test_a_code_that_the_mapping_does_not_list_is_for_a_person(answer, error):
    with gateway(answer) as taken, pytest.raises(error):
        await CHANNEL.send(outbound(), Account("sms", "own", own(taken)), MemoryState(), now=NOW)


async def test_a_provider_called_by_get_finds_everything_in_the_address():
    with gateway({"code": "OK", "id": "g-2"}) as taken:
        account = Account("sms", "own", own(taken, method="GET"))
        await CHANNEL.send(outbound(text="已受理。"), account, MemoryState(), now=NOW)
    assert (taken.got[0]["mobile"], taken.got[0]["content"]) == (RECIPIENT, "【玉泉区】已受理。")


# What the provider posts to us.


def posted(body: bytes, **query: str) -> WebhookRequest:
    return WebhookRequest("POST", query, {"content-type": "application/json"}, body)


def signed(given: dict[str, Any], secret: str = SETTINGS["secret"]) -> bytes:
    found = provider.read(Account("sms", "main", {**SETTINGS, "secret": secret}))
    return json.dumps({**given, "sign": signature(found, {}, given)}).encode()


REPLY = {
    "account": "demo",
    "timestamp": 1767225600,
    "kind": "replies",
    "items": [{"reply_id": "up-1", "phone": RECIPIENT, "text": "井盖松动", "at": "2026-03-10 09:12:30"}],
}


def test_a_call_of_the_provider_is_let_in_by_its_signature_alone():
    account = Account("sms", "main", SETTINGS)
    body = signed(REPLY)
    opened = CHANNEL.open(posted(body), account, now=NOW)
    assert opened.payload == body
    assert CHANNEL.passive_reply(posted(body), body, None, account, now=NOW) == (b'{"code": 0}', "application/json")
    forged = [
        signed(REPLY, "another-secret"),
        json.dumps(REPLY).encode(),
        body.replace(b"up-1", b"up-2"),
        b"[]",
    ]
    for each in forged:
        with pytest.raises(ForgedMessage):
            CHANNEL.open(posted(each), account, now=NOW)


def test_a_provider_that_signs_nothing_is_let_in_by_a_token_in_the_address():
    token = "a-token-of-sixteen-or-more"
    callback = {
        "content": "form",
        "token": token,
        "reply": {"id": "id", "phone": "mobile", "text": "content", "at": "time"},
        "answer": "ok",
    }
    with gateway({}) as taken:
        account = Account("sms", "own", own(taken, callback=callback))
    body = b"id=7&mobile=13800000000&content=%E4%BA%95%E7%9B%96&time=20260310091230"
    assert CHANNEL.open(posted(body, token=token), account, now=NOW).payload == body
    with pytest.raises(ForgedMessage):
        CHANNEL.open(posted(body, token="wrong"), account, now=NOW)
    (message,) = CHANNEL.parse(body, account)
    assert isinstance(message, InboundMessage)
    assert (message.text, message.sender.id, message.delivery_id) == ("井盖", RECIPIENT, "reply:7")
    assert CHANNEL.passive_reply(posted(body), body, None, account, now=NOW) == (b"ok", "text/plain")


async def test_what_the_stand_in_posts_is_let_in_and_read():
    got: list[bytes] = []

    class Desk(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response_only(200)
            self.end_headers()
            self.wfile.write(b'{"code": 0}')

    with gateway({}, Desk) as desk:
        url = f"http://127.0.0.1:{desk.server_port}/"
        async with bench() as running:
            await running.control("callback", {"account": "demo", "receipts": url, "replies": url})
            sent = await CHANNEL.send(outbound(), running.account, running.state, now=NOW + timedelta(seconds=2))
            await running.control("act", {"who": RECIPIENT, "act": "reply", "text": "满意"})
            async with asyncio.timeout(5):
                while len(got) < 2:
                    await asyncio.sleep(0.02)
            account = running.account
    found = [
        one for body in got for one in CHANNEL.parse(CHANNEL.open(posted(body), account, now=NOW).payload, account)
    ]
    receipts = [one for one in found if one.automatic == "receipt"]
    assert [(one.thread, one.report.outcome, one.report.reference) for one in receipts] == [
        ((sent,), "delivered", outbound().id)
    ]
    assert [one.text for one in found if not one.automatic] == ["满意"]


def test_sms_says_what_it_can_do():
    can = capabilities("sms")
    assert (can.longest, can.unit, can.proves_phone, can.machines) == (500, "utf16", True, True)
    assert (can.chats, can.html, can.threads, can.choices) == (False, False, False, 0)
    assert CHANNELS["sms"].label == "短信"
