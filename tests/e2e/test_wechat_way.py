"""From a signed and encrypted callback to the answer on the resident's phone and the closed case."""

from __future__ import annotations

import time

import httpx
import pytest

from api.standins.wechat import Signer, WeChatServer
from drills.served import Served
from tests.e2e.conftest import Home
from tests.e2e.staff import call_back, check_closed, eventually, handle

ACCOUNT = {
    "token": "e2e-token",
    "app_id": "wx0000000000000e2e",
    "app_secret": "e2e-secret",
    "encoding_aes_key": "e2e0e2e0e2e0e2e0e2e0e2e0e2e0e2e0e2e0e2e0e2e",
    "mode": "aes",
}
RESIDENT = "o-e2e-resident"
MATTER = "兴业里小区门口的路灯坏了三天，晚上老人出门看不清路，请派人来修"
ANSWER = "路灯已于今天下午修复，并检查了整条路的线路。"


def _callback() -> bytes:
    return (
        f"<xml><ToUserName>gh_e2e</ToUserName><FromUserName>{RESIDENT}</FromUserName>"
        f"<CreateTime>{int(time.time())}</CreateTime><MsgType>text</MsgType>"
        f"<Content>{MATTER}</Content><MsgId>6300000001</MsgId></xml>"
    ).encode()


def _post(served: Served, payload: bytes) -> httpx.Response:
    signed = Signer(ACCOUNT).request(payload)
    return httpx.post(f"{served.url}/channels/wechat/main", params=dict(signed.query), content=signed.body, timeout=10)


@pytest.mark.timeout(180)
def test_a_wechat_message_becomes_a_closed_case_and_its_answer_comes_back_by_wechat(desk_home: Home) -> None:
    with (
        WeChatServer() as wechat,
        Served(
            desk_home.folder, {"wechat": {"main": ACCOUNT | {"api_base": wechat.url}}}, **desk_home.environment
        ) as served,
    ):
        payload = _callback()
        began = time.monotonic()
        first = _post(served, payload)
        assert time.monotonic() - began < 5
        assert first.status_code == 200
        said = Signer(ACCOUNT).shown(first.content) or ""
        assert "工单编号" in said
        assert "路灯" in said
        assert _post(served, payload).content == first.content, "a redelivery gets the bytes of the first answer"

        handle(served.url, RESIDENT, ANSWER)
        sent = eventually(
            lambda: [text for text in wechat.sent(RESIDENT) if ANSWER in text], what="the answer by WeChat"
        )
        assert len(sent) == 1
        check_closed(served.url, call_back(served.url, RESIDENT))
