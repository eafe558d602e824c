"""A resident writes by Telegram, an agent takes over in a browser and speaks, the bot is silent, and is given the word
back."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from playwright.sync_api import expect

from api.standins.telegram import TelegramServer
from drills.served import Served
from tests.conftest import missing
from tests.e2e.browsing import CHROMIUM, PHONE, Window, chromium
from tests.e2e.conftest import Home
from tests.e2e.staff import Staff, eventually

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(240)]

TOKEN, SECRET, CHAT = "900000011:e2e", "takeover-secret", 700000011
MATTER = "兴业里小区门口的路灯坏了三天，晚上老人出门看不清路"


@dataclass
class Line:
    """The resident's telephone: what he writes by the webhook, and what he is sent."""

    url: str
    telegram: TelegramServer
    written: int = 0

    def write(self, text: str) -> None:
        self.written += 1
        sender = {"id": CHAT, "is_bot": False, "first_name": "林"}
        chat = {"id": CHAT, "type": "private"}
        message = {"message_id": self.written, "from": sender, "chat": chat, "date": int(time.time()), "text": text}
        payload = json.dumps({"update_id": self.written, "message": message}).encode()
        headers = {"x-telegram-bot-api-secret-token": SECRET, "content-type": "application/json"}
        answer = httpx.post(f"{self.url}/channels/telegram/main", content=payload, headers=headers, timeout=20)
        assert answer.status_code == 200

    def heard(self) -> list[str]:
        return self.telegram.sent(CHAT)


@pytest.fixture
def line(desk_home: Home) -> Iterator[Line]:
    if not CHROMIUM.exists():
        missing("chromium", "Chromium")
    with TelegramServer() as telegram:
        account = {"token": TOKEN, "secret_token": SECRET, "base_url": telegram.url}
        with Served(desk_home.folder, {"telegram": {"main": account}}, **desk_home.environment) as served:
            yield Line(served.url, telegram)


def test_an_agent_takes_over_speaks_and_hands_back_while_the_bot_is_silent(line: Line) -> None:
    line.write(MATTER)
    eventually(lambda: len(line.heard()) == 1, what="the number")
    ticket = eventually(lambda: Staff(line.url, "agent").ticket_of(str(CHAT)), what="the judged ticket")

    with chromium() as browser:
        window = Window(browser, line.url)
        page = window.enter("agent")
        page.goto(f"{line.url}/tickets/{ticket['number']}")
        expect(page.locator(".speaker")).to_contain_text("现在由 机器人 应答")
        page.get_by_role("button", name="接管", exact=True).click()
        expect(page.get_by_role("button", name="交回机器人")).to_be_visible()

        # What is being typed stays while the resident writes, and the bot says nothing to it.
        field = page.get_by_label("写给居民")
        field.fill("请问具体在")
        line.write("怎么还没有人来处理")
        expect(page.locator("#talk-lines .bubble.in").last).to_contain_text("怎么还没有人来处理")
        expect(field).to_have_value("请问具体在")
        expect(page.locator(".speaker")).to_contain_text("还没有回复")
        field.press_sequentially("哪里？")
        field.press("Control+Enter")
        expect(page.locator("#talk-lines .bubble.out").last).to_contain_text("请问具体在哪里？")
        expect(field).to_have_value("")

        # One that is taken back never leaves; one from the phrases does.
        field.fill("说错了")
        field.press("Control+Enter")
        expect(page.locator("#talk-lines .bubble.out").last).to_contain_text("说错了")
        page.locator("#talk-lines .bubble.out").last.get_by_role("button", name="撤回").click()
        expect(page.locator("#talk-lines .bubble.gone")).to_contain_text("已撤回，没有发出")
        field.press("Alt+1")
        expect(field).to_have_value("请稍等，我帮您查一下。")
        field.press("Control+Enter")
        eventually(lambda: len(line.heard()) == 3, what="both sentences")
        assert line.heard()[1:] == ["请问具体在哪里？", "请稍等，我帮您查一下。"]
        expect(page.locator("#talk-lines .bubble.out").last).to_contain_text("已发送")

        page.get_by_text("写内部备注").click()
        page.get_by_label("内部备注").fill("居民情绪激动")
        page.get_by_role("button", name="保存备注").click()
        expect(page.locator("#talk-lines .bubble.inner")).to_contain_text("内部备注，居民看不到")

        page.get_by_role("button", name="交回机器人").click()
        expect(page.locator(".speaker")).to_contain_text("现在由 机器人 应答")
        eventually(lambda: len(line.heard()) == 4, what="the word that the agent is gone")
        assert "坐席已结束" in line.heard()[-1]
        line.write("到底管不管")
        eventually(lambda: len(line.heard()) == 5, what="the bot's word again")
        assert "催办" in line.heard()[-1]
        assert not any("说错了" in each or "情绪激动" in each for each in line.heard())
        window.close()
        assert window.complaints == []


def test_a_conversation_is_found_in_the_list_and_new_ones_do_not_move_it(line: Line) -> None:
    line.write(MATTER)
    ticket = eventually(lambda: Staff(line.url, "agent").ticket_of(str(CHAT)), what="the judged ticket")
    with chromium() as browser:
        window = Window(browser, line.url, PHONE)
        page = window.enter("dispatcher")
        page.goto(f"{line.url}/conversations")
        expect(page.get_by_text("现在没有居民在等坐席")).to_be_visible()
        Staff(line.url, "agent").post(f"/tickets/{ticket['id']}/take")
        expect(page.get_by_role("button", name="1 个新会话")).to_be_visible()
        assert page.locator(".talk-card").count() == 0
        page.get_by_role("button", name="1 个新会话").click()
        expect(page.locator(".talk-card")).to_contain_text("应答")
        line.write("在吗")
        expect(page.locator(".talk-card")).to_contain_text("还没有回复")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        window.close()
        assert window.complaints == []
