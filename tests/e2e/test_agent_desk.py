"""The agent's desk in a real browser: what comes in, two at one ticket, keys without a pointer, drafts, a sign-in over."""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.contract.broken_line import Proxy
from tests.e2e.axe import violations
from tests.e2e.browsing import DESKTOP, PHONE, Window, say
from tests.e2e.staff import Staff, eventually

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(180), pytest.mark.xdist_group("agent_desk")]

SEVERAL = "苑墙街75号前面的路，补了又破，一下雨全是坑。还有那个公交站的顶棚也漏，等车淋一身。再就是路口卖煎饼的占着盲道"


def judged(url: str, words: str) -> dict[str, Any]:
    """The ticket of a fresh message, once it waits for the desk."""
    say(url, words)
    dispatcher = Staff(url, "dispatcher")

    def look() -> dict[str, Any] | None:
        items = dispatcher.get("/tickets", q=words[:12])["items"]
        return items[0] if items and items[0]["state"] == "assessed" else None

    return eventually(look, what=f"the judged ticket of “{words}”")


def lamp(place: str) -> str:
    return f"{place}{secrets.randbelow(900) + 100}号楼前的路灯坏了三天，晚上看不清路"


def opened(window: Window, login: str, ticket: dict[str, Any]) -> Page:
    page = window.enter(login)
    page.goto(f"{window.url}/tickets/{ticket['number']}")
    expect(page.locator("#accept")).to_be_visible()
    return page


@contextmanager
def cut_line(url: str) -> Iterator[tuple[str, Callable[[], None], Callable[[], None]]]:
    """An address before the desk's whose line is cut by the first of two acts and mended by the second."""
    loop, port = asyncio.new_event_loop(), urlsplit(url).port or 0
    running = threading.Thread(target=loop.run_forever, daemon=True)
    running.start()
    proxy = Proxy(port)

    def do(act: Coroutine[Any, Any, Any]) -> None:
        asyncio.run_coroutine_threadsafe(act, loop).result(20)

    async def cut() -> None:
        proxy.target = 1  # nobody listens there
        proxy.cut()

    async def mend() -> None:
        proxy.target = port

    do(proxy.__aenter__())
    yield f"http://127.0.0.1:{proxy.port}", lambda: do(cut()), lambda: do(mend())
    do(proxy.__aexit__())
    loop.call_soon_threadsafe(loop.stop)
    running.join(20)
    loop.close()


def test_what_comes_in_while_the_line_is_cut_is_told_and_moves_nothing(browser: Browser, url: str) -> None:
    judged(url, lamp("兴业里小区"))
    with cut_line(url) as (address, cut, mend):
        window = Window(browser, address)
        _told_after_a_cut(window, url, cut, mend)
        window.close()


def _told_after_a_cut(window: Window, url: str, cut: Callable[[], None], mend: Callable[[], None]) -> None:
    page = window.enter("agent")
    first = page.locator("[data-rows] tbody tr").first.inner_text()
    rows = page.locator("[data-rows] tbody tr").count()
    say(url, lamp("翠微亭小区"))
    expect(page.locator("#arrivals button")).to_contain_text("1 条新来件")
    cut()
    expect(page.locator("[data-line]").first).to_contain_text("连接中断")
    for place in ("柳荫街", "鼓楼前大街"):
        say(url, lamp(place))
    mend()
    expect(page.locator("[data-line]").first).to_contain_text("连接已恢复", timeout=15_000)
    expect(page.locator("#arrivals button")).to_contain_text("3 条新来件")
    assert page.locator("[data-rows] tbody tr").count() == rows
    assert page.locator("[data-rows] tbody tr").first.inner_text() == first
    page.keyboard.press("r")
    expect(page.locator("[data-rows] tbody tr")).to_have_count(rows + 3)


def test_two_at_one_ticket_see_each_other_and_the_second_to_decide_overwrites_nothing(
    window: Window, browser: Browser, url: str
) -> None:
    ticket = judged(url, lamp("惠风里"))
    judged(url, lamp("文昌路"))  # the way on
    second = Window(browser, url)
    mine, his = opened(window, "agent", ticket), opened(second, "dispatcher", ticket)
    expect(mine.locator("#at-desk")).to_contain_text("派单员·何立")
    expect(his.locator("#at-desk")).to_contain_text("坐席·周敏")
    his.keyboard.press("2")  # whoever begins to act has it
    expect(his.locator("#at-desk")).to_contain_text("您已领取")
    expect(mine.locator("#at-desk")).to_contain_text("派单员·何立 已领取")
    mine.keyboard.press("Enter")
    expect(mine.get_by_role("heading", level=1)).to_have_text("您的操作没有生效")
    mine.goto(f"{url}/tickets?queue=1&q={ticket['number']}")
    expect(mine.locator(".list .holder")).to_contain_text("何立 处理中")
    mine.goto(f"{url}/tickets/{ticket['number']}")
    his.keyboard.press("1")
    his.keyboard.press("Enter")
    expect(his.locator(".notice")).to_contain_text(ticket["number"])
    expect(mine.locator("#at-desk")).to_contain_text("派单员·何立")
    decided = Staff(url, "dispatcher").get(f"/tickets/{ticket['id']}")
    mine.locator("#accept button.primary").click()  # the page is still as it was
    expect(mine.get_by_role("heading", level=1)).to_contain_text("派单员·何立")
    expect(mine.locator("main")).to_contain_text("原来的决定没有改动")
    assert violations(mine) == []
    assert Staff(url, "dispatcher").get(f"/tickets/{ticket['id']}")["timeline"] == decided["timeline"]
    mine.get_by_role("link", name="下一条").click()
    expect(mine.locator("#accept")).to_be_visible()
    assert {each for each in window.complaints if "409" not in each} == set()
    window.complaints.clear()
    second.close()
    assert second.complaints == []


def test_a_supervisor_gives_back_what_another_has_claimed(window: Window, browser: Browser, url: str) -> None:
    ticket = judged(url, lamp("古井园"))
    holder = Window(browser, url)
    his = opened(holder, "agent", ticket)
    his.keyboard.press("g")
    expect(his.locator("#at-desk")).to_contain_text("您已领取")
    page = opened(window, "supervisor", ticket)
    page.get_by_role("button", name="放回（督办）").click()
    expect(page.get_by_role("button", name="领取")).to_be_visible()
    expect(his.get_by_role("button", name="领取")).to_be_visible()
    holder.close()
    assert holder.complaints == []


def test_a_ticket_is_worked_without_a_pointer(window: Window, url: str) -> None:
    ticket = judged(url, "渠北路66号的居住证到期了怎么续签，要带什么材料")
    page = opened(window, "dispatcher", ticket)
    line = page.locator("p[data-keys]")
    for words in ("采纳并下一条", "选分类", "改", "引用知识", "下一条", "全部快捷键", "回到列表"):
        expect(line).to_contain_text(words)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="本页的快捷键")
    expect(dialog).to_contain_text("写直接答复")
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    answer = page.locator("#move-answer_directly textarea")
    page.keyboard.press("k")
    expect(answer).not_to_have_value("")
    first = answer.input_value()
    page.keyboard.press("k")
    expect(answer).not_to_have_value(first)
    page.keyboard.press("a")
    expect(answer).to_be_focused()
    page.keyboard.type("另附")
    page.keyboard.press("Escape")
    expect(answer).not_to_be_focused()
    page.keyboard.press("e")
    expect(page.get_by_label("三级分类")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.get_by_label("查知识")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="待处理")).to_be_visible()


def test_keys_are_given_back_at_once_however_quickly_one_thinks_better_of_a_correction(
    window: Window, url: str
) -> None:
    page = opened(window, "dispatcher", judged(url, lamp("桂影里")))
    field = page.get_by_label("三级分类")
    page.evaluate("""() => {
      const press = (key) => (document.activeElement || document.body)
        .dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
      press("e");
      press("Escape");
      return new Promise((done) => setTimeout(done, 200));  // until all that the opening tells of itself was told
    }""")
    expect(field).to_be_visible()
    expect(field).not_to_be_focused()
    summary = page.locator("#correct summary")
    summary.click()
    expect(field).to_be_hidden()
    summary.click()
    expect(field).to_be_focused()


def test_a_dispatch_is_undone_by_a_key_while_the_seconds_run(window: Window, url: str) -> None:
    ticket = judged(url, lamp("柳荫湖"))
    page = opened(window, "dispatcher", ticket)
    page.keyboard.press("Enter")
    expect(page.locator(".notice")).to_contain_text(ticket["number"])
    expect(page.locator(".notice [data-left]")).to_contain_text("秒")
    page.keyboard.press("z")
    expect(page.locator("#case .state")).to_have_text("待派单")


def test_who_signs_out_ends_what_the_page_was_asking(window: Window) -> None:
    page = window.enter("agent")
    page.route("**/notices/unread", lambda _asked: None)  # asked as the page comes, and never answered
    page.reload()
    expect(page.locator('[hx-get="/notices/unread"].htmx-request')).to_have_count(1)
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/notices/unread")):
        page.evaluate("""() => {
          window.addEventListener("submit", (e) => e.preventDefault(), { once: true });  // the page stays, to be looked at
          document.querySelector("form.whoami").requestSubmit();
        }""")


def test_what_was_typed_is_there_again_until_it_is_sent_or_thrown_away(window: Window, url: str) -> None:
    ticket = judged(url, lamp("金枫小区"))
    page = opened(window, "agent", ticket)
    page.keyboard.press("a")
    page.keyboard.type("请把灯杆编号告诉我们")
    page.close()  # what is typed is kept as the page goes
    again = window.tab()
    again.goto(f"{url}/tickets/{ticket['number']}")
    answer = again.locator("#move-answer_directly textarea")
    expect(answer).to_have_value("请把灯杆编号告诉我们")
    expect(again.locator(".draft-line")).to_contain_text("已恢复未发送的草稿")
    again.get_by_role("button", name="丢弃").click()
    expect(answer).to_have_value("")
    answer.fill("已转路灯所，今晚来修")
    again.locator("#move-answer_directly button").click()
    again.get_by_role("dialog").get_by_role("button", name="确定").click()
    expect(again.locator("h1 .state")).not_to_have_text("待处理")
    assert again.evaluate("Object.keys(localStorage).filter(key => key.startsWith('desk:draft:'))") == []
    again.get_by_text("写内部备注").click()
    again.get_by_label("内部备注").fill("居民姓名写在这里")
    again.get_by_role("button", name="退出").click()
    again.get_by_role("dialog").get_by_role("button", name="删除草稿并退出").click()
    expect(again.get_by_label("用户名")).to_be_visible()
    assert again.evaluate("Object.keys(localStorage).filter(key => key.startsWith('desk:draft:'))") == []


def test_a_sign_in_that_is_over_costs_no_words(window: Window, url: str) -> None:
    ticket = judged(url, lamp("荷韵新居"))
    page = opened(window, "agent", ticket)
    page.keyboard.press("a")
    page.keyboard.type("今晚来修，谢谢您的耐心")
    [token] = [each["value"] for each in page.context.cookies() if each["name"] == "yingsheng_session"]
    ended = httpx.delete(f"{url}/api/v1/sessions", headers={"authorization": f"Bearer {token}"})
    assert ended.is_success
    page.locator("#move-answer_directly button").click()
    dialog = page.get_by_role("dialog", name="登录已过期")
    expect(dialog).to_contain_text("您写的内容还在")
    with page.expect_popup() as shown:
        dialog.get_by_role("link", name="登录").click()
    door = shown.value
    door.get_by_label("用户名").fill("agent")
    door.get_by_label("密码").fill("yuquan-demo")
    door.get_by_role("button", name="登录").click()
    expect(dialog).to_be_hidden()
    page.get_by_role("dialog").get_by_role("button", name="确定").click()
    expect(page.locator("#talk-lines")).to_contain_text("今晚来修，谢谢您的耐心")
    answered = Staff(url, "dispatcher").get(f"/tickets/{ticket['id']}")
    assert answered["answer"] == "今晚来修，谢谢您的耐心"
    window.complaints.clear()  # the refusals of the session that was over


def test_a_form_sent_without_scripts_leads_back_to_its_page_after_signing_in(url: str) -> None:
    with httpx.Client(base_url=url) as client:
        answer = client.post("/tickets/1/do/reject", data={"text": "x"}, headers={"referer": f"{url}/tickets/1"})
        assert answer.headers["location"] == "/login?next=/tickets/1"
        answer = client.post("/tickets/1/say", data={"text": "x"}, headers={"hx-request": "true"})
        assert answer.status_code == 401, "a script must not take the entrance for an answer"


def test_a_message_of_several_matters_is_split_and_put_back(window: Window, url: str) -> None:
    ticket = judged(url, SEVERAL)
    page = opened(window, "agent", ticket)
    expect(page.locator("[data-split] li")).to_have_count(3)
    page.keyboard.press("s")
    expect(page.locator(".notice")).to_contain_text("已拆分")
    assert violations(page) == []
    parts = page.locator(".asked-for .head a[href^='/tickets/']")
    expect(parts).to_have_count(2)
    expect(page.locator(".said.ask")).to_contain_text("全是坑")
    expect(page.locator(".said.ask")).not_to_contain_text("公交站")
    page.keyboard.press("z")
    expect(page.locator(".notice")).to_contain_text("已并回")
    expect(page.locator(".said.ask")).to_contain_text("公交站")


def test_what_is_wrong_with_a_page_reaches_the_administrator(window: Window, url: str) -> None:
    page = window.enter("callback")
    page.goto(f"{url}/callbacks?q=刘先生")
    page.get_by_text("报告本页问题").click()
    page.get_by_label("哪里不对").fill("第二列太窄，看不清诉求")
    page.get_by_role("button", name="报告给管理员").click()
    expect(page.get_by_role("heading", name="已报告给管理员")).to_be_visible()
    page = window.enter("admin")
    page.goto(f"{url}/page-reports")
    row = page.get_by_role("row").filter(has_text="第二列太窄")
    expect(row).to_contain_text("/callbacks")
    expect(row).not_to_contain_text("刘先生")
    assert violations(page) == []
    row.get_by_role("button", name="已处理").click()
    expect(page.get_by_role("row").filter(has_text="第二列太窄")).to_have_count(0)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_queue_and_ticket_have_no_fault_for_eyes_or_ears_in_light_and_dark(
    browser: Browser, url: str, size: dict[str, int]
) -> None:
    ticket = judged(url, SEVERAL.replace("苑墙街75号", f"苑墙街{secrets.randbelow(900) + 100}号"))
    window = Window(browser, url, size)
    page = window.enter("agent")
    for address, scheme in (("/tickets?queue=1", "light"), (f"/tickets/{ticket['number']}", "dark")):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.goto(f"{url}{address}")
        assert violations(page) == []
        inner, whole = page.evaluate("[innerWidth, document.documentElement.scrollWidth]")
        assert whole <= inner
    window.close()
    assert window.complaints == []
