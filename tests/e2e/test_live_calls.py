"""The agent's live page in a real browser: it follows the call by itself, and leads to the ticket."""

from __future__ import annotations

import json
import secrets
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from api.settings import DEMO_ACCOUNTS
from tests.e2e.browsing import Window

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(180), pytest.mark.xdist_group("live_calls")]


class Line:
    """The call platform, at whose other end somebody calls."""

    def __init__(self, url: str) -> None:
        self.call_id = f"e2e-{secrets.token_hex(6)}"
        self.path = f"{url}/calls/demo/{self.call_id}"
        self._address = f"{url}/channels/hotline/calls/{self.call_id}/segments"

    def send(self, **piece: Any) -> None:
        token = DEMO_ACCOUNTS["hotline"]["demo"]["token"]
        answer = httpx.post(
            self._address,
            params={"account": "demo"},
            content=json.dumps(piece, ensure_ascii=False).encode(),
            headers={"authorization": f"Bearer {token}"},
            timeout=30,
        )
        assert answer.status_code == 200, answer.text

    def say(self, sequence: int, text: str, speaker: str = "市民", **more: Any) -> None:
        self.send(sequence=sequence, speaker=speaker, text=text, start=sequence, **more)


def test_the_page_follows_the_call_and_what_the_agent_types_reaches_the_ticket(window: Window, url: str) -> None:
    line, page = Line(url), window.enter("agent")
    line.send(caller="13800138177")
    page.get_by_role("link", name="通话", exact=True).click()
    page.locator(f"a[href='/calls/demo/{line.call_id}']").click()
    expect(page.get_by_text("还没有人说话")).to_be_visible()
    line.say(1, "您好，请讲", "坐席")
    expect(page.locator("#turns article")).to_have_text(["您好，请讲坐席 · 00:01"])
    line.say(3, "<b>晚上看不清路</b>")
    line.say(2, "路登不亮", final=False)
    expect(page.locator("#turns article p")).to_have_text(["您好，请讲", "路登不亮", "<b>晚上看不清路</b>"])
    page.get_by_label("地点").fill("打到一半")
    line.say(2, "路灯不亮好几天了")
    expect(page.locator("#turns article p")).to_have_text(["您好，请讲", "路灯不亮好几天了", "<b>晚上看不清路</b>"])
    expect(page.locator("#call-panel")).to_contain_text("路灯不亮")
    expect(page.locator(".ask-for")).to_contain_text("具体位置")
    expect(page.get_by_label("地点")).to_have_value("打到一半")  # what is being typed stays
    page.get_by_label("地点").fill("惠风里小区5号楼")
    page.get_by_label("备注").click()
    expect(page.locator("#call-kept")).to_contain_text("已记下")
    expect(page.locator(".ask-for")).to_have_count(0)
    line.say(4, "楼下还闻到很浓的燃气味")
    expect(page.locator(".call-alarm")).to_contain_text("119")
    line.send(ended=True)
    page.get_by_role("link", name="去工单办理").click()
    expect(page.locator(".said.ask")).to_contain_text("坐席记录 地点：惠风里小区5号楼")


def test_a_page_that_lost_its_line_comes_back_to_the_call_as_it_stands(window: Window, url: str) -> None:
    line, page = Line(url), window.enter("agent")
    line.say(1, "您好，请讲", "坐席")
    page.goto(line.path)
    page.evaluate("window.dispatchEvent(new Event('pagehide'))")  # the browser closes the line, as when it sleeps
    line.say(2, "玉泉大街30号院门口的路灯不亮")
    page.reload()
    expect(page.locator("#turns article")).to_have_count(2)
    line.say(3, "一共五盏")
    expect(page.locator("#turns article")).to_have_count(3)


def test_a_sample_call_plays_at_its_pace(window: Window, url: str) -> None:
    page = window.page
    page.goto(f"{url}/simulator/hotline?person=wang")
    page.get_by_role("button", name="燃气味，突发").click()
    expect(page.locator(".bubble.in")).to_contain_text("12345热线")
    expect(page.locator(".bubble.out").last).to_contain_text("越来越重了", timeout=20_000)
    expect(page.get_by_role("status")).to_contain_text("已建工单", timeout=40_000)
