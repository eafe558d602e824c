"""WeChat's stand-in calls a desk back with what residents do and what became of messages, signed as published."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

import httpx
import pytest
from defusedxml.ElementTree import fromstring
from wechatpy.crypto import PrpCrypto

from api.standins.wechat import WeChatServer
from tests.contract.desk_end import Came, DeskEnd, until
from tests.contract.wechat_caller import TEMPLATE, Desk

pytestmark = pytest.mark.timeout(60)

TOKEN = "callback-token"
KEY = "stand0stand0stand0stand0stand0stand0stand0s"


@pytest.fixture
def desk() -> Iterator[Desk]:
    with WeChatServer() as server:
        yield Desk(server)


def calls_back(desk: Desk, end: DeskEnd, **settings: Any) -> None:
    given = {"token": TOKEN, "app_id": "wx1", "original_id": "gh_1", **settings}
    desk.meddle("callback", to=end.url, **given)


def opened(came: Came) -> Element:
    """What came, its signature checked; both written from the platform's page."""
    query = came.query
    plain = hashlib.sha1("".join(sorted([TOKEN, query["timestamp"], query["nonce"]])).encode()).hexdigest()
    assert query["signature"] == plain
    root = fromstring(came.body)
    if (sealed := root.findtext("Encrypt")) is None:
        return root
    parts = sorted([TOKEN, query["timestamp"], query["nonce"], sealed])
    assert query["msg_signature"] == hashlib.sha1("".join(parts).encode()).hexdigest()
    return fromstring(PrpCrypto(base64.b64decode(KEY + "=")).decrypt(sealed, "wx1"))


@pytest.mark.parametrize("settings", [{}, {"encoding_aes_key": KEY}], ids=["plain", "aes"])
@pytest.mark.parametrize("status", ["success", "failed:user block", "failed: system failed"])
def test_what_became_of_a_template_message_is_called_back(desk: Desk, settings: dict[str, str], status: str) -> None:
    with DeskEnd(b"success") as end:
        calls_back(desk, end, **settings)
        desk.meddle("delivery", to="o_1", status=status)
        told = desk.template()
        assert told["errcode"] == 0
        until(lambda: end.came)
        event = opened(end.came[0])
        found = {name: event.findtext(name) for name in ("ToUserName", "FromUserName", "MsgType", "Event", "Status")}
        assert found == {
            "ToUserName": "gh_1",
            "FromUserName": "o_1",
            "MsgType": "event",
            "Event": "TEMPLATESENDJOBFINISH",
            "Status": status,
        }
        assert event.findtext("MsgID") == str(told["msgid"])
        assert len(desk.received()) == (status == "success")


def test_a_notice_that_went_out_is_called_back(desk: Desk) -> None:
    with DeskEnd(b"success") as end:
        calls_back(desk, end)
        desk.act("allow", template_id=TEMPLATE)
        assert desk.notice() == 0
        until(lambda: len(end.came) == 2)
        allowed, sent = (opened(came) for came in end.came)
        assert allowed.findtext("SubscribeMsgPopupEvent/List/SubscribeStatusString") == "accept"
        assert sent.findtext("Event") == "subscribe_msg_sent_event"
        assert sent.findtext("SubscribeMsgSentEvent/List/TemplateId") == TEMPLATE
        assert sent.findtext("SubscribeMsgSentEvent/List/ErrorStatus") == "success"


@pytest.mark.parametrize(
    ("act", "given", "expected"),
    [
        ("message", {"text": "路灯<不亮>]]>"}, {"MsgType": "text", "Content": "路灯<不亮>]]>"}),
        ("menu", {"key": "progress"}, {"Event": "CLICK", "EventKey": "progress"}),
        ("scan", {"scene": "12"}, {"Event": "SCAN", "EventKey": "12"}),
        ("subscribe", {"scene": "12"}, {"Event": "subscribe", "EventKey": "qrscene_12"}),
        ("unsubscribe", {}, {"Event": "unsubscribe"}),
        ("choose", {"id": "102", "text": "没有"}, {"MsgType": "text", "Content": "没有", "bizmsgmenuid": "102"}),
        ("message", {"payload": "<MsgType>image</MsgType><MediaId>m</MediaId>"}, {"MsgType": "image", "MediaId": "m"}),
    ],
)
def test_what_a_resident_does_is_called_back(
    desk: Desk, act: str, given: dict[str, str], expected: dict[str, str]
) -> None:
    with DeskEnd(b"") as end:
        calls_back(desk, end)
        assert desk.act(act, **given) == {"ok": True, "status": 200, "shown": None}
        event = opened(end.came[0])
        assert {name: event.findtext(name) for name in expected} == expected


def test_an_item_of_the_last_menu_is_chosen_by_its_id(desk: Desk) -> None:
    assert httpx.post(f"{desk.server.url}/standin/act", json={"who": "o_1", "act": "choose", "id": "102"}).is_error
    with DeskEnd(b"success") as end:
        calls_back(desk, end)
        assert desk.menu() == 0
        desk.act("choose", id="102")
        assert opened(end.came[0]).findtext("Content") == "没有"


def test_the_desk_s_answer_is_told_as_the_phone_shows_it(desk: Desk) -> None:
    answer = "<xml><ToUserName>o_1</ToUserName><FromUserName>gh_1</FromUserName><CreateTime>1</CreateTime>"
    answer += "<MsgType>text</MsgType><Content>已收到</Content></xml>"
    with DeskEnd(answer.encode()) as end:
        calls_back(desk, end)
        assert desk.act("message", text="路灯不亮")["shown"] == "已收到"


def test_a_callback_that_is_not_taken_is_tried_three_times_with_the_same_number(desk: Desk) -> None:
    with DeskEnd(b"", (500, b""), (502, b""), (500, b"")) as end:
        calls_back(desk, end)
        assert desk.act("message", text="路灯不亮")["status"] == 500
        assert len(end.came) == 3
        assert len({opened(came).findtext("MsgId") for came in end.came}) == 1


def test_without_a_callback_a_resident_s_act_opens_his_window_alone(desk: Desk) -> None:
    assert desk.act("menu", key="x") == {"ok": True}
    assert [desk.say() for _ in range(4)] == [0, 0, 0, 45047]
