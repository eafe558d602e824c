"""The whole day: a resident asks, an agent accepts by keys, a unit answers on a phone, a callback by keys, the board moves."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from api.setting_up import DEMO_PASSWORD
from api.settings import DEMO_ACCOUNTS
from tests.e2e.browsing import PHONE, Window
from tests.e2e.staff import Staff, eventually

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(240), pytest.mark.xdist_group("day")]

ANSWER = "您好，您反映的路灯不亮我单位已到现场查看，11月30日已更换灯泡并检查了线路，联系电话0999-5550-1007。"


@pytest.fixture
def phone(browser: Browser, url: str) -> Iterator[Window]:
    opened = Window(browser, url, PHONE)
    yield opened
    opened.close()
    assert opened.complaints == []


def ask(page: Page, url: str, words: str) -> None:
    """Be a resident in the simulator's phone."""
    page.goto(f"{url}/simulator")
    page.get_by_label("消息", exact=True).fill(words)
    page.get_by_role("button", name="发送").click()
    expect(page.locator("#chat .bubble.in").last).to_contain_text("工单编号", timeout=30_000)


def enter_by_keys(page: Page, url: str, login: str) -> None:
    """Sign in without a pointer: the entrance begins in its first field."""
    page.goto(f"{url}/login")
    expect(page.get_by_label("用户名")).to_be_focused()
    page.keyboard.type(login)
    page.keyboard.press("Tab")
    page.keyboard.type(DEMO_PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="退出").wait_for()
    page.wait_for_load_state()


def accept_by_keys(page: Page, number: str) -> None:
    """Find the ticket in the queue by its number, open it and accept what is suggested."""
    page.keyboard.press("/")
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    expect(page.locator("[data-rows] tbody tr")).to_have_count(1)
    page.wait_for_load_state()  # the keys work once the page's scripts have run
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("h1 .mono")).to_have_text(number)
    expect(page.locator("#accept .unit").first).to_contain_text("DL-")
    page.wait_for_load_state()
    page.keyboard.press("Enter")
    expect(page.locator(".notice")).to_contain_text(number)


def test_a_day_moves_from_the_residents_words_to_the_boards_numbers(
    window: Window, phone: Window, browser: Browser, url: str
) -> None:
    words = f"玉泉大街30号院门口的路灯三天不亮了，晚上看不清路，灯杆{secrets.randbelow(9000) + 1000}号"
    resident = Window(browser, url)
    board = window.enter("supervisor")
    closed = board.locator('[data-number="closed"]')
    expect(closed).to_have_text(re.compile(r"\d+"))
    before = int(closed.inner_text())

    ask(resident.page, url, words)
    dispatcher = Staff(url, "dispatcher")

    def judged() -> dict[str, str] | None:
        items = dispatcher.get("/tickets", q=words)["items"]
        return items[0] if items and items[0]["state"] == "assessed" else None

    number = eventually(judged, what="the judged ticket")["number"]
    desk = Window(browser, url)
    enter_by_keys(desk.page, url, "dispatcher")
    accept_by_keys(desk.page, number)
    case = dispatcher.get(f"/cases/{dispatcher.get(f'/tickets/{number}')['case_id']}")

    unit = phone.enter(f"lead-{case['lead_unit']['code']}")
    card = unit.locator("article.card").filter(has_text=case["number"])
    card.get_by_role("button", name="签收").click()
    card.get_by_role("link", name="联系居民").click()
    reached = unit.locator("#contact form")
    reached.get_by_label("联系方式").select_option(label="上门")
    reached.get_by_label("内容").fill("到场见到居民，告知两天内修好")
    reached.get_by_role("button", name="记下").click()
    expect(unit.locator(".timeline")).to_contain_text("联系居民")
    answer = unit.get_by_label("答复（公开，发给居民）")
    if not answer.is_visible():
        unit.locator("summary", has_text="答复").first.click()
    answer.fill(ANSWER)
    unit.locator("form[action$='/do/answer']").get_by_role("button", name="答复", exact=True).click()
    unit.locator("dialog").get_by_role("button", name="确定").click()
    expect(unit.locator(".state", has_text="已答复")).to_be_visible()

    expect(resident.page.locator("#chat .bubble.in").last).to_contain_text("更换灯泡", timeout=30_000)
    caller = desk.enter("callback")
    caller.goto(f"{url}/callbacks/{number}")
    for key in ("1", "1", "1", "1"):
        caller.keyboard.press(key)
    caller.keyboard.press("Enter")
    expect(caller.get_by_role("status")).to_contain_text("办结")

    expect(closed).to_have_text(str(before + 1), timeout=60_000)
    board.goto(f"{url}/board/behind?what=closed")
    expect(board.locator("main")).to_contain_text(number)
    for each in (resident, desk):
        each.close()
        assert each.complaints == []


def test_what_could_not_be_read_is_looked_at_and_read_again(window: Window, url: str) -> None:
    token = DEMO_ACCOUNTS["hotline"]["demo"]["token"]
    answer = httpx.post(
        f"{url}/channels/hotline/transcripts",
        params={"account": "demo"},
        content=f'{{"call_id": "torn-{secrets.token_hex(4)}", "turns": ['.encode(),
        headers={"authorization": f"Bearer {token}"},
        timeout=30,
    )
    assert answer.status_code in (200, 202, 400, 422), answer.text
    page = window.enter("admin")
    page.goto(f"{url}/trouble?show=held")
    row = page.locator("tbody tr").filter(has_text="热线").last
    row.get_by_role("button", name="重新读取").click()
    expect(page.get_by_role("status")).to_contain_text("仍")
    page.locator("tbody tr").filter(has_text="热线").last.get_by_role("link").first.click()
    expect(page.locator("main")).to_contain_text("torn-")


def test_an_article_is_changed_and_its_author_does_not_publish_it(window: Window, url: str) -> None:
    page = window.enter("editor")
    page.goto(f"{url}/articles")
    page.locator("main a[href^='/articles/']").filter(has_text="？").first.click()
    page.get_by_role("link", name="修改", exact=True).click()
    words = page.get_by_label("简答", exact=False).first
    added = f"（更新于 {secrets.token_hex(3)}）"
    words.fill(f"{words.input_value()[:200]}{added}")
    page.get_by_role("button", name="保存草稿").click()
    expect(page.get_by_role("status")).to_contain_text("已保存为草稿")
    page.get_by_role("link", name="与现行内容的差别").click()
    expect(page.locator("ins").first).to_contain_text("更新于")
    page.go_back()
    page.get_by_role("button", name="提交审核").click()
    expect(page.get_by_role("status")).to_contain_text("已提交审核")
    expect(page.locator(".note")).to_contain_text("须由另一名知识管理员发布")
    expect(page.get_by_role("button", name="立即发布")).to_have_count(0)
